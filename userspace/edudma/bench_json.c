// SPDX-License-Identifier: GPL-2.0-only
/* The result as JSON, written and read */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "number.h"
#include "pci.h"
#include "say.h"

#define SCHEMA 1

static struct json_object *json_summary(const struct summary *summary)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "min", summary->min);
	json_add_number(object, "p10", summary->p10);
	json_add_number(object, "median", summary->median);
	json_add_number(object, "p90", summary->p90);
	json_add(object, "p99",
		 summary->n >= P99_SAMPLES ? json_object_new_uint64(summary->p99) : NULL);
	json_add_number(object, "max", summary->max);
	return object;
}

static struct json_object *json_phases(const struct bench_row *row)
{
	struct json_object *object = json_object_new_object();

	for (enum phase phase = 0; phase < NR_PHASES; phase++)
		json_add(object, phase_names[phase],
			 row->phases[phase].n ? json_summary(&row->phases[phase]) : NULL);
	return object;
}

static struct json_object *json_row(const struct bench_row *row)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "method", row->method->name);
	json_add_string(object, "direction", row->direction->name);
	json_add_number(object, "bytes", row->bytes);
	json_add_number(object, "segments", row->segments);
	json_add_number(object, "commands", row->commands);
	json_add_number(object, "iterations", row->iterations);
	json_add(object, "all_segments", json_summary(&row->all_segments));
	json_add(object, "all_commands", json_summary(&row->all_commands));
	json_add(object, "phases", json_phases(row));
	json_add_decimal(object, "throughput_Bps", row->throughput_Bps, 3);
	json_add_decimal(object, "limit_Bps", row->limit_Bps, 3);
	json_add_decimal(object, "efficiency", row->efficiency, 6);
	json_add_bool(object, "verified", row->verified);
	return object;
}

static struct json_object *json_method(const struct edudma_method_info *method)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "name", method->name);
	json_add_number(object, "max_length", method->max_length);
	json_add_bool(object, "coherent", method->flags & EDUDMA_METHOD_COHERENT);
	return object;
}

static struct json_object *json_cpu_copy(const struct cpu_copy_row *row)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "memory", row->memory);
	json_add_number(object, "bytes", row->bytes);
	json_add_number(object, "iterations", row->iterations);
	json_add(object, "copy_ns", json_summary(&row->copy_ns));
	json_add_decimal(object, "throughput_Bps", row->throughput_Bps, 3);
	return object;
}

struct json_object *bench_json_begin(const struct environment *environment,
				     const struct device *device)
{
	const struct edudma_info *info = &device->info;
	struct json_object *object = json_object_new_object();
	struct json_object *methods = json_object_new_array();
	char name[64], slot[24];

	pci_slot(info, slot);
	snprintf(name, sizeof(name), "%s %s", info->engine, slot);
	for (uint32_t i = 0; i < device->nr_methods; i++)
		json_object_array_add(methods, json_method(&device->methods[i]));

	json_add_number(object, "schema", SCHEMA);
	json_add_environment(object, environment);
	json_add_string(object, "device", name);
	json_add_number(object, "window", info->window);
	json_add_bool(object, "smbios", info->flags & EDUDMA_INFO_SMBIOS);
	json_add_number(object, "command_ns", info->command_ns);
	json_add_string(object, "irq", irq_mode_name(info->irq_mode));
	json_add_bool(object, "iommu", info->flags & EDUDMA_INFO_IOMMU);
	json_add(object, "methods", methods);
	return object;
}

void bench_write_json(FILE *stream, const void *data)
{
	const struct bench_result *result = data;
	struct json_object *object = bench_json_begin(&result->environment, result->device);
	struct json_object *rows = json_object_new_array();
	struct json_object *cpu_copies = json_object_new_array();

	for (size_t i = 0; i < result->nr_rows; i++)
		json_object_array_add(rows, json_row(&result->rows[i]));
	for (size_t i = 0; i < result->nr_cpu_copies; i++)
		json_object_array_add(cpu_copies, json_cpu_copy(&result->cpu_copies[i]));
	json_add(object, "rows", rows);
	json_add(object, "cpu_copy", cpu_copies);
	json_finish(stream, object);
}

/**
 * struct reader - a file being read
 * @path: of the file
 * @place: where in it: "rows[3]", or "" at the top
 * @bad: something is wrong with it, and has been said; what is read since is zero
 */
struct reader {
	const char *path;
	char place[32];
	bool bad;
};

static void reject(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The first complaint is the one that helps */
static void reject(struct reader *reader, const char *format, ...)
{
	char reason[128];
	va_list arguments;

	if (reader->bad)
		return;
	reader->bad = true;
	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	fail("%s: %s%s%s; `edudma bench --json FILE` writes what can be read here", reader->path,
	     reader->place, *reader->place ? ": " : "", reason);
}

static void enter(struct reader *reader, const char *array, size_t i)
{
	snprintf(reader->place, sizeof(reader->place), "%s[%zu]", array, i);
}

static void leave(struct reader *reader)
{
	*reader->place = '\0';
}

/* Whatever type it has; null is NULL, too */
static struct json_object *get_any(struct reader *reader, struct json_object *object,
				   const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		reject(reader, "there is no \"%s\"", key);
	return value;
}

static struct json_object *get(struct reader *reader, struct json_object *object, const char *key,
			       enum json_type type)
{
	struct json_object *value = get_any(reader, object, key);

	if (json_object_is_type(value, type))
		return value;
	reject(reader, "\"%s\" is not of type %s", key, json_type_to_name(type));
	return NULL;
}

static void get_string(struct reader *reader, struct json_object *object, const char *key,
		       char *into, size_t size)
{
	struct json_object *value = get(reader, object, key, json_type_string);

	snprintf(into, size, "%s", value ? json_object_get_string(value) : "");
}

static uint64_t get_number(struct reader *reader, struct json_object *object, const char *key)
{
	return json_object_get_uint64(get(reader, object, key, json_type_int));
}

/* @other is for files of earlier versions */
static uint64_t get_number_or(struct reader *reader, struct json_object *object, const char *key,
			      const char *other)
{
	return get_number(reader, object, json_object_object_get_ex(object, key, NULL) ? key : other);
}

static uint32_t get_positive(struct reader *reader, struct json_object *object, const char *key)
{
	uint64_t number = get_number(reader, object, key);

	if (!number || number > UINT32_MAX)
		reject(reader, "\"%s\" is not from 1 to %u", key, UINT32_MAX);
	return (uint32_t)number;
}

static bool get_bool(struct reader *reader, struct json_object *object, const char *key)
{
	return json_object_get_boolean(get(reader, object, key, json_type_boolean));
}

static size_t get_array(struct reader *reader, struct json_object *object, const char *key,
			struct json_object **array)
{
	*array = get(reader, object, key, json_type_array);
	return *array ? json_object_array_length(*array) : 0;
}

/* Null where nothing was measured */
static struct summary get_summary(struct reader *reader, struct json_object *object,
				  const char *key, size_t n)
{
	struct json_object *value = get_any(reader, object, key);

	if (!value)
		return (struct summary){ 0 };
	return (struct summary){
		.n = n,
		.min = get_number(reader, value, "min"),
		.p10 = get_number_or(reader, value, "p10", "min"),
		.median = get_number(reader, value, "median"),
		.p90 = get_number_or(reader, value, "p90", "max"),
		.p99 = n >= P99_SAMPLES ? get_number(reader, value, "p99") : 0,
		.max = get_number(reader, value, "max"),
	};
}

static void read_method(struct reader *reader, struct json_object *object,
			struct edudma_method_info *method)
{
	get_string(reader, object, "name", method->name, sizeof(method->name));
	method->max_length = get_number(reader, object, "max_length");
	if (get_bool(reader, object, "coherent"))
		method->flags = EDUDMA_METHOD_COHERENT;
}

static void read_device(struct reader *reader, struct json_object *object, struct device *device)
{
	struct edudma_info *info = &device->info;
	unsigned int slot, function;
	struct json_object *methods;
	char name[64], irq[16];
	size_t n;

	get_string(reader, object, "device", name, sizeof(name));
	if (sscanf(name, "%15s %x:%x:%x.%x", info->engine, &info->pci_domain, &info->pci_bus,
		   &slot, &function) == 5)
		info->pci_devfn = slot << 3 | function;
	else
		reject(reader, "\"device\" is not a name and a PCI function");
	get_string(reader, object, "irq", irq, sizeof(irq));
	while (strcmp(irq_mode_name(info->irq_mode), irq) && info->irq_mode <= EDUDMA_IRQ_MSIX)
		info->irq_mode++;
	info->window = get_positive(reader, object, "window");
	info->command_ns = get_number(reader, object, "command_ns");
	if (get_bool(reader, object, "smbios"))
		info->flags |= EDUDMA_INFO_SMBIOS;
	if (get_bool(reader, object, "iommu"))
		info->flags |= EDUDMA_INFO_IOMMU;

	n = get_array(reader, object, "methods", &methods);
	if (n > METHODS_MAX)
		reject(reader, "there are more than %d methods", METHODS_MAX);
	for (size_t i = 0; i < n && !reader->bad; i++) {
		enter(reader, "methods", i);
		read_method(reader, json_object_array_get_idx(methods, i), &device->methods[i]);
		device->nr_methods++;
	}
	leave(reader);
}

static void read_environment(struct reader *reader, struct json_object *object,
			     struct environment *environment)
{
	get_string(reader, object, "kernel", environment->kernel, sizeof(environment->kernel));
	get_string(reader, object, "qemu", environment->qemu, sizeof(environment->qemu));
	get_string(reader, object, "machine", environment->machine, sizeof(environment->machine));
	get_string(reader, object, "accel", environment->accel, sizeof(environment->accel));
	get_string(reader, object, "clock", environment->clock, sizeof(environment->clock));
}

/* Rates are not read: they follow from the rest. Older files have no sums of phases. */
static void read_row(struct reader *reader, struct json_object *object,
		     const struct device *device, struct bench_row *row)
{
	struct json_object *phases = get(reader, object, "phases", json_type_object);
	char method[EDUDMA_NAME_LEN], direction[8];

	get_string(reader, object, "method", method, sizeof(method));
	for (uint32_t m = 0; m < device->nr_methods; m++)
		if (!strcmp(device->methods[m].name, method))
			row->method = &device->methods[m];
	if (!row->method)
		reject(reader, "\"%s\" is not among the methods", method);
	get_string(reader, object, "direction", direction, sizeof(direction));
	for (size_t d = 0; d < NR_DIRECTIONS; d++)
		if (!strcmp(directions[d].name, direction))
			row->direction = &directions[d];
	if (!row->direction)
		reject(reader, "\"%s\" is no direction", direction);
	row->bytes = get_positive(reader, object, "bytes");
	row->segments = get_positive(reader, object, "segments");
	row->commands = get_positive(reader, object, "commands");
	row->iterations = get_positive(reader, object, "iterations");
	row->all_segments = get_summary(reader, object, "all_segments", row->iterations);
	row->all_commands = get_summary(reader, object, "all_commands", row->iterations);
	for (enum phase phase = 0; phase < NR_PHASES; phase++)
		if (phase < PHASE_CPU || json_object_object_get_ex(phases, phase_names[phase], NULL))
			row->phases[phase] = get_summary(reader, phases, phase_names[phase],
							 row->iterations);
	if (!row->phases[PHASE_REQUEST].median)
		reject(reader, "there is no time of the request");
	row->verified = get_bool(reader, object, "verified");
	bench_set_rates(row, device->info.command_ns);
}

static void read_cpu_copy(struct reader *reader, struct json_object *object,
			  struct cpu_copy_row *row)
{
	get_string(reader, object, "memory", row->memory, sizeof(row->memory));
	row->bytes = get_positive(reader, object, "bytes");
	row->iterations = get_positive(reader, object, "iterations");
	row->copy_ns = get_summary(reader, object, "copy_ns", row->iterations);
	row->throughput_Bps = bytes_per_second(row->bytes, row->copy_ns.median);
}

static void read_rows(struct reader *reader, struct json_object *object,
		      struct bench_result *result)
{
	struct json_object *rows, *cpu_copies;
	size_t nr_rows = get_array(reader, object, "rows", &rows);
	size_t nr_cpu_copies = get_array(reader, object, "cpu_copy", &cpu_copies);

	if (!nr_rows)
		reject(reader, "\"rows\" is empty");
	result->rows = calloc(nr_rows + 1, sizeof(*result->rows));
	result->cpu_copies = calloc(nr_cpu_copies + 1, sizeof(*result->cpu_copies));
	if (!result->rows || !result->cpu_copies) {
		reject(reader, "out of memory");
		return;
	}
	for (size_t i = 0; i < nr_rows && !reader->bad; i++) {
		enter(reader, "rows", i);
		read_row(reader, json_object_array_get_idx(rows, i), result->device,
			 &result->rows[result->nr_rows++]);
	}
	for (size_t i = 0; i < nr_cpu_copies && !reader->bad; i++) {
		enter(reader, "cpu_copy", i);
		read_cpu_copy(reader, json_object_array_get_idx(cpu_copies, i),
			      &result->cpu_copies[result->nr_cpu_copies++]);
	}
	leave(reader);
}

static struct json_object *parse(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct json_object *object = NULL;

	if (fd < 0) {
		fail("cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	object = json_object_from_fd(fd);
	if (!json_object_is_type(object, json_type_object)) {
		fail("%s is not a JSON object; `edudma bench --json FILE` writes one", path);
		json_object_put(object);
		object = NULL;
	}
	close(fd);
	return object;
}

int bench_read_json(const char *path, struct bench_result *result, struct device *device)
{
	struct json_object *object = parse(path);
	struct reader reader = { .path = path };
	uint64_t schema;

	if (!object)
		return EXIT_FAILURE;
	*device = (struct device){ .fd = -1 };
	*result = (struct bench_result){ .device = device };
	schema = get_number(&reader, object, "schema");
	if (schema != SCHEMA)
		reject(&reader, "\"schema\" is %llu, and this program knows %d",
		       (unsigned long long)schema, SCHEMA);
	read_environment(&reader, object, &result->environment);
	read_device(&reader, object, device);
	read_rows(&reader, object, result);
	json_object_put(object);
	if (!reader.bad)
		return 0;
	bench_free(result);
	return EXIT_FAILURE;
}
