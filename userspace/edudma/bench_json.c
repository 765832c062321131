// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"
#include "json.h"
#include "pci.h"

/* More decimals than are known would only look precise; zero is what is unknown */
static void add_decimal(struct json_object *object, const char *key, double value, int decimals)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*f", decimals, value);
	json_add(object, key, value > 0 ? json_object_new_double_s(value, text) : NULL);
}

static struct json_object *json_summary(const struct summary *summary)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "min", summary->min);
	json_add_number(object, "median", summary->median);
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
	json_add(object, "phases", json_phases(row));
	add_decimal(object, "throughput_Bps", row->throughput_Bps, 3);
	add_decimal(object, "limit_Bps", row->limit_Bps, 3);
	add_decimal(object, "efficiency", row->efficiency, 6);
	json_add_bool(object, "verified", row->verified);
	return object;
}

static struct json_object *json_cpu_copy(const struct cpu_copy_row *row)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "memory", row->memory);
	json_add_number(object, "bytes", row->bytes);
	json_add_number(object, "iterations", row->iterations);
	json_add(object, "copy_ns", json_summary(&row->copy_ns));
	add_decimal(object, "throughput_Bps", row->throughput_Bps, 3);
	return object;
}

void bench_write_json(FILE *stream, const struct bench_result *result)
{
	const struct environment *environment = &result->environment;
	const struct edudma_info *info = &result->device->info;
	struct json_object *object = json_object_new_object();
	struct json_object *rows = json_object_new_array();
	struct json_object *cpu_copies = json_object_new_array();
	char device[64], slot[24];

	pci_slot(info, slot);
	snprintf(device, sizeof(device), "%s %s", info->engine, slot);
	for (size_t i = 0; i < result->nr_rows; i++)
		json_object_array_add(rows, json_row(&result->rows[i]));
	for (size_t i = 0; i < result->nr_cpu_copies; i++)
		json_object_array_add(cpu_copies, json_cpu_copy(&result->cpu_copies[i]));

	json_add_number(object, "schema", 1);
	json_add_string(object, "kernel", environment->kernel);
	json_add_string(object, "qemu", environment->qemu);
	json_add_string(object, "machine", environment->machine);
	json_add_string(object, "accel", environment->accel);
	json_add_string(object, "clock", environment->clock);
	json_add_string(object, "device", device);
	json_add_number(object, "window", info->window);
	json_add_string(object, "irq", irq_mode_name(info->irq_mode));
	json_add_bool(object, "iommu", info->flags & EDUDMA_INFO_IOMMU);
	json_add(object, "rows", rows);
	json_add(object, "cpu_copy", cpu_copies);
	json_finish(stream, object);
}
