// SPDX-License-Identifier: GPL-2.0-only
/* Which rows there are, and all of them one after another */
#include "bench_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "completion.h"
#include "now.h"
#include "number.h"
#include "output.h"
#include "say.h"

#define DEFAULT_ROW_NS	300000000
#define CPU_COPY_NS	50000000
#define MEMORY_MAX	(256ull << 20)	/* of all buffers of a row */

static const struct size_list default_sizes = { 3, { 4 << 10, 64 << 10, 1 << 20 } };

bool load_wanted(const struct load_settings *settings)
{
	return settings->depths.n || settings->batches.n || settings->threads.n ||
	       settings->processes.n || settings->channels.n || settings->blocking ||
	       settings->map_each || settings->completion || settings->row_ns;
}

const char *load_row_name(const struct load_row *row)
{
	static char name[LOAD_NAME_LEN];

	snprintf(name, sizeof(name), "%s %s %s, %s%sdepth %u, batch %u, %u x %u threads, "
		 "channels %u", row->method->name, row->direction->name,
		 format_size(row->bytes).s, row->blocking ? "blocking, " : "",
		 row->map_each ? "map each, " : "", row->depth, row->batch, row->processes,
		 row->threads, row->channels);
	return name;
}

static uint64_t buffers_of(const struct load_row *row)
{
	return is_copy(row->direction) ? 2 : 1;
}

/* Whole pages, as a quota counts them */
static uint64_t stream_memory(const struct load_row *row)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return row->depth * buffers_of(row) * ((row->bytes + page - 1) / page * page);
}

/* A guest that runs out of memory kills somebody */
static uint64_t memory_limit(void)
{
	uint64_t available = (uint64_t)sysconf(_SC_AVPHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

	return least(available / 2, MEMORY_MAX);
}

static bool batch_too_large(const struct load_row *row, const struct edudma_info *info)
{
	(void)info;
	return row->batch > row->depth;
}

static bool depth_too_large(const struct load_row *row, const struct edudma_info *info)
{
	return row->depth > info->max_transfers;
}

static bool channels_missing(const struct load_row *row, const struct edudma_info *info)
{
	return row->channels > info->nr_channels;
}

static bool channels_uncertain(const struct load_row *row, const struct edudma_info *info)
{
	return is_copy(row->direction) && row->channels < info->nr_channels;
}

static bool channels_unused(const struct load_row *row, const struct edudma_info *info)
{
	(void)info;
	return !is_copy(row->direction) && row->channels > load_streams(row);
}

static bool buffer_too_large(const struct load_row *row, const struct edudma_info *info)
{
	(void)info;
	return row->bytes > row->method->max_length;
}

static bool quota_too_small(const struct load_row *row, const struct edudma_info *info)
{
	return stream_memory(row) > info->quota_bytes;
}

static bool memory_too_small(const struct load_row *row, const struct edudma_info *info)
{
	(void)info;
	return load_streams(row) * (stream_memory(row) + sizeof(struct tally)) > memory_limit();
}

/* Why a row may be impossible; each may rely on those before it */
static const struct obstacle {
	bool (*is_met)(const struct load_row *row, const struct edudma_info *info);
	const char *why;
} obstacles[] = {
	{ batch_too_large, "a batch is a part of the depth" },
	{ depth_too_large, "an open file may not have so many transfers outstanding" },
	{ channels_missing, "the device has not so many channels" },
	{ channels_uncertain, "copies take whichever channel has least to do" },
	{ channels_unused, "more channels than open files to use them" },
	{ buffer_too_large, "more than this kind of memory allows" },
	{ quota_too_small, "more than an open file's quota of memory; see quota_mb" },
	{ memory_too_small, "more memory than 256 MiB, or half of what is free" },
};

#define NR_OBSTACLES (sizeof(obstacles) / sizeof(obstacles[0]))

static size_t find_obstacle(const struct load_row *row, const struct edudma_info *info)
{
	size_t o = 0;

	while (o < NR_OBSTACLES && !obstacles[o].is_met(row, info))
		o++;
	return o;
}

/* One of a list; what is left of the index chooses from the next list */
static uint64_t pick(const struct size_list *list, size_t *index)
{
	uint64_t value = list->values[*index % list->n];

	*index /= list->n;
	return value;
}

static size_t count_combinations(const struct load_settings *settings, const struct device *device)
{
	return settings->channels.n * settings->processes.n * settings->threads.n *
	       settings->batches.n * settings->depths.n * settings->sizes.n * NR_DIRECTIONS *
	       device->nr_methods;
}

/* Kinds of memory that should be compared stand side by side */
static struct load_row combine(const struct load_settings *settings, const struct device *device,
			       size_t index)
{
	struct load_row row = { .blocking = settings->blocking, .map_each = settings->map_each };
	uint32_t useful;

	row.method = &device->methods[index % device->nr_methods];
	index /= device->nr_methods;
	row.channels = (uint32_t)pick(&settings->channels, &index);
	row.threads = (uint32_t)pick(&settings->threads, &index);
	row.processes = (uint32_t)pick(&settings->processes, &index);
	row.batch = (uint32_t)pick(&settings->batches, &index);
	row.depth = (uint32_t)pick(&settings->depths, &index);
	row.bytes = pick(&settings->sizes, &index);
	row.direction = &directions[index];

	useful = is_copy(row.direction) ? device->info.nr_channels : load_streams(&row);
	if (!row.channels)
		row.channels = (uint32_t)least(useful, device->info.nr_channels);
	if (!row.batch)
		row.batch = row.depth;
	return row;
}

static void note_left_out(size_t n, const char *first, const char *why)
{
	if (n == 1)
		note("%s is left out: %s", first, why);
	else if (n)
		note("%zu rows are left out, %s for one: %s", n, first, why);
}

/* All rows that can be; says which cannot */
static int plan_rows(const struct load_settings *settings, struct load_result *result)
{
	size_t n = count_combinations(settings, result->device);
	struct {
		size_t n;
		char first[LOAD_NAME_LEN];
	} left_out[NR_OBSTACLES] = { 0 };

	result->rows = calloc(n, sizeof(*result->rows));
	if (!result->rows)
		return fail("out of memory");
	for (size_t i = 0; i < n; i++) {
		struct load_row row = combine(settings, result->device, i);
		size_t o;

		if (!name_chosen(&settings->directions, row.direction->name))
			continue;
		o = find_obstacle(&row, &result->device->info);
		if (o == NR_OBSTACLES)
			result->rows[result->nr_rows++] = row;
		else if (!left_out[o].n++)
			snprintf(left_out[o].first, LOAD_NAME_LEN, "%s", load_row_name(&row));
	}
	for (size_t o = 0; o < NR_OBSTACLES; o++)
		note_left_out(left_out[o].n, left_out[o].first, obstacles[o].why);
	return result->nr_rows ? 0 : fail("there is nothing to measure");
}

static bool table_wanted(const struct load_settings *settings)
{
	return !is_standard_output(settings->json_path) &&
	       !is_standard_output(settings->csv_path);
}

/* A row whose memory cannot be had now is left out, too */
static int measure_rows(const struct load_settings *settings, struct load_result *result)
{
	size_t nr_planned = result->nr_rows;

	result->nr_rows = 0;
	for (size_t i = 0; i < nr_planned; i++) {
		struct load_row *row = &result->rows[result->nr_rows];
		int status;

		*row = result->rows[i];
		progress("%zu/%zu %s", i + 1, nr_planned, load_row_name(row));
		status = load_measure(result->device, row, result->row_ns);
		if (status > 0)
			return status;
		if (status < 0) {
			note("%s is left out: %s", load_row_name(row), edudma_strerror(status));
			continue;
		}
		progress_clear();
		if (table_wanted(settings))
			load_table_row(stdout, result, result->nr_rows);
		result->nr_rows++;
	}
	return result->nr_rows ? 0 : fail("nothing could be measured");
}

/* As many copies as fit the time, in turns over all buffers */
static void time_cpu_copy(struct load_cpu_copy *copy, uint8_t *src, uint8_t *dst)
{
	uint64_t start = now_ns();

	do {
		for (uint32_t i = 0; i < copy->depth; i++)
			memcpy(dst + i * copy->bytes, src + i * copy->bytes, copy->bytes);
		/* or the compiler may take the copies for one */
		__asm__ volatile("" : : "r"(dst) : "memory");
		copy->copies += copy->depth;
		copy->ns = now_ns() - start;
	} while (copy->ns < CPU_COPY_NS);
	copy->throughput_Bps = bytes_per_second(copy->copies * copy->bytes, copy->ns);
}

static int measure_cpu_copy(struct load_cpu_copy *copy)
{
	size_t bytes = copy->bytes * copy->depth;
	uint8_t *src = malloc(bytes);
	uint8_t *dst = malloc(bytes);

	if (src && dst) {
		/* touch every page, untimed */
		memset(src, 1, bytes);
		memset(dst, 2, bytes);
		time_cpu_copy(copy, src, dst);
	}
	free(src);
	free(dst);
	return src && dst ? 0 : fail("out of memory");
}

/* One for each depth and size that was measured */
static int measure_cpu_copies(const struct load_settings *settings, struct load_result *result)
{
	result->cpu_copies = calloc(settings->sizes.n * settings->depths.n,
				    sizeof(*result->cpu_copies));
	if (!result->cpu_copies)
		return fail("out of memory");
	progress("CPU copies");
	for (size_t s = 0; s < settings->sizes.n; s++) {
		for (size_t d = 0; d < settings->depths.n; d++) {
			struct load_cpu_copy *copy = &result->cpu_copies[result->nr_cpu_copies];

			copy->bytes = settings->sizes.values[s];
			copy->depth = (uint32_t)settings->depths.values[d];
			/* what was too much for the device is left out here, too */
			if (copy->bytes > memory_limit() / 2 / copy->depth)
				continue;
			if (measure_cpu_copy(copy))
				return EXIT_FAILURE;
			result->nr_cpu_copies++;
		}
	}
	progress_clear();
	return 0;
}

static int write_result(const struct load_settings *settings, const struct load_result *result)
{
	int status = 0;

	if (table_wanted(settings))
		load_table_end(stdout, result);
	if (ferror(stdout) || fflush(stdout))
		status = fail("cannot write standard output: %s", strerror(errno));
	status |= output_write(settings->json_path, load_write_json, result);
	status |= output_write(settings->csv_path, load_write_csv, result);
	for (size_t i = 0; i < result->nr_rows; i++)
		if (!result->rows[i].verified)
			status = fail("%s: wrong data arrived; `edudma test` says where",
				      load_row_name(&result->rows[i]));
	return status;
}

static int measure(const struct load_settings *settings, struct load_result *result)
{
	int status;

	completion_read(result->completion, sizeof(result->completion));
	if (table_wanted(settings))
		load_table_begin(stdout, result);
	status = measure_rows(settings, result);
	return status ? status : measure_cpu_copies(settings, result);
}

/* Whatever the user has not said */
static struct load_settings with_defaults(const struct load_settings *settings)
{
	static const struct size_list as_fits = { 1, { 0 } };
	static const struct size_list only_one = { 1, { 1 } };
	struct load_settings full = *settings;

	if (!full.sizes.n)
		full.sizes = default_sizes;
	if (!full.depths.n)
		full.depths = only_one;
	if (!full.batches.n)
		full.batches = as_fits;
	if (!full.threads.n)
		full.threads = only_one;
	if (!full.processes.n)
		full.processes = only_one;
	if (!full.channels.n)
		full.channels = as_fits;
	if (!full.row_ns)
		full.row_ns = DEFAULT_ROW_NS;
	return full;
}

int bench_load(struct device *device, const struct load_settings *wanted)
{
	struct load_settings settings = with_defaults(wanted);
	struct load_result result = { .device = device, .row_ns = settings.row_ns };
	int status;

	if (!device_choose_methods(device, "bench", &settings.methods))
		return fail("nothing is left to measure; `edudma info` shows what the device "
			    "reaches");
	environment_read(&result.environment);
	status = plan_rows(&settings, &result);
	if (!status && settings.completion)
		status = completion_set(settings.completion);
	if (!status)
		status = measure(&settings, &result);
	completion_restore();
	if (!status)
		status = write_result(&settings, &result);
	free(result.rows);
	free(result.cpu_copies);
	return status;
}
