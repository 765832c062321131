// SPDX-License-Identifier: GPL-2.0-only
/* edudma bench: which kind of memory for DMA? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_load.h"
#include "commands.h"
#include "number.h"
#include "output.h"
#include "say.h"

/*
 * How many commands a row may cost unless the user says how many iterations.
 * With a virtual clock one takes 1 to 2 ms of the user's time; a device that
 * is slow for the user as well is asked for the least that has a median.
 */
#define COMMANDS_MAX	600
#define ITERATIONS_MIN	3
#define ITERATIONS_MAX	P99_SAMPLES

#define WARMUP		1

#define QUOTA_SPARE (64 * 1024)	/* besides two buffers; a quota may count whole pages */

static const struct size_list default_sizes = { 3, { 4 << 10, 64 << 10, 1 << 20 } };
static const struct size_list slow_sizes = { 2, { 4 << 10, 64 << 10 } };

static struct size_list sizes;
static struct name_list method_names;
static struct name_list direction_names;
static uint64_t iterations;
static uint64_t warmup = WARMUP;
static const char *json_path;
static const char *csv_path;
static struct load_settings load;

static const struct setting settings[] = {
	{ "methods", 'm', "NAME,...", "only these kinds of memory", &type_names, &method_names },
	{ "directions", 'D', "NAME,...", "only to, from or copy", &type_names, &direction_names },
	{ "sizes", 's', "SIZE,...", "bytes of a transfer (4K,64K,1M; slow: 4K,64K)",
	  &type_sizes, &sizes },
	{ "iterations", 'n', "N", "measure every row N times (3 to 100, by its cost;\n"
	  "                             slow: 3)",
	  &type_positive, &iterations },
	{ "warmup", 'w', "N", "iterations before that which do not count (1)",
	  &type_count, &warmup },
	{ "json", 0, "FILE", "write JSON, too; - for standard output, and no table",
	  &type_text, &json_path },
	{ "csv", 0, "FILE", "write CSV, too; - for standard output, and no table",
	  &type_text, &csv_path },
	{ "depth", 0, "N,...", "load: requests that each thread keeps outstanding (1)",
	  &type_counts, &load.depths },
	{ "batch", 0, "N,...", "load: requests that one call submits at most (all that\n"
	  "                             are ready)",
	  &type_counts, &load.batches },
	{ "threads", 0, "N,...", "load: threads of a process (1)", &type_counts, &load.threads },
	{ "processes", 0, "N,...", "load: processes (1)", &type_counts, &load.processes },
	{ "channels", 0, "N,...", "load: use only so many of the device's (all)",
	  &type_counts, &load.channels },
	{ "blocking", 0, NULL, "load: wait for each request in the call that makes it",
	  &type_flag, &load.blocking },
	{ "map-each", 0, NULL, "load: allocate, transfer and free for every request",
	  &type_flag, &load.map_each },
	{ "completion", 0, "MODE", "load: interrupt, hybrid or poll, while this runs",
	  &type_text, &load.completion },
	{ "seconds", 0, "S", "load: measure every row for so long (0.3)",
	  &type_seconds, &load.row_ns },
};

static const struct usage usage = {
	.subcommand = "bench",
	.arguments = "",
	.about = "Measure every phase of a transfer: for each kind of memory, direction and size.\n"
		 "The table shows medians; the files have minimum, median, p99 (from 100\n"
		 "iterations on) and maximum. Data is verified, outside of the times. A device is\n"
		 "slow if a command takes 100 ms and the clock is real.\n\n"
		 "Any of the options marked load measures instead what the device does when it is\n"
		 "kept busy: a row for every combination of what the lists name.",
	.settings = settings,
	.nr_settings = sizeof(settings) / sizeof(settings[0]),
	.more = "Examples:\n"
		"  edudma bench\n"
		"  edudma bench -m vmalloc -D copy -s 64K -n 100  one row, with p99\n"
		"  edudma bench --json run.json --csv run.csv\n"
		"  edudma bench -D from -s 4K,128K --depth 1,8,32  requests a second\n"
		"  edudma bench -s 1M --depth 4 --processes 1,2,4  who gets how much\n",
};

/* An estimate, before anything is measured: for contiguous memory */
static uint32_t expected_commands(const struct device *device, const struct direction *direction,
				  uint64_t bytes)
{
	uint64_t window = device->info.window;
	uint32_t ways = is_copy(direction) ? 2 : 1;

	return device->info.command_ns ? ways * (uint32_t)((bytes + window - 1) / window) : 1;
}

static uint64_t choose_iterations(const struct bench_result *result, uint64_t commands)
{
	uint64_t n = COMMANDS_MAX / commands;

	if (iterations)
		return iterations;
	if (device_is_slow(result->device, &result->environment))
		return ITERATIONS_MIN;
	return n < ITERATIONS_MIN ? ITERATIONS_MIN : n > ITERATIONS_MAX ? ITERATIONS_MAX : n;
}

static bool fits(const struct device *device, const struct edudma_method_info *method,
		 uint64_t bytes)
{
	return bytes <= method->max_length &&
	       2 * bytes + QUOTA_SPARE <= device->info.quota_bytes;
}

static bool fits_any(const struct device *device, uint64_t bytes)
{
	for (uint32_t m = 0; m < device->nr_methods; m++)
		if (fits(device, &device->methods[m], bytes))
			return true;
	return false;
}

static void note_left_out(const struct device *device)
{
	for (size_t s = 0; s < sizes.n; s++)
		for (uint32_t m = 0; m < device->nr_methods; m++)
			if (!fits(device, &device->methods[m], sizes.values[s]))
				note("%s of %s is left out: more than it or the quota allows",
				     format_size(sizes.values[s]).s, device->methods[m].name);
}

/* Kinds of memory that should be compared stand side by side */
static void plan_rows(struct bench_result *result)
{
	const struct device *device = result->device;

	for (size_t d = 0; d < NR_DIRECTIONS; d++) {
		if (!name_chosen(&direction_names, directions[d].name))
			continue;
		for (size_t s = 0; s < sizes.n; s++) {
			for (uint32_t m = 0; m < device->nr_methods; m++) {
				struct bench_row *row = &result->rows[result->nr_rows];

				if (!fits(device, &device->methods[m], sizes.values[s]))
					continue;
				row->method = &device->methods[m];
				row->direction = &directions[d];
				row->bytes = sizes.values[s];
				row->commands = expected_commands(device, row->direction,
								  row->bytes);
				row->iterations = choose_iterations(result, row->commands);
				result->nr_rows++;
			}
		}
	}
}

static void plan_cpu_copies(struct bench_result *result)
{
	const struct device *device = result->device;

	for (size_t s = 0; s < sizes.n; s++) {
		for (uint32_t m = 0; m <= device->nr_methods; m++) {
			bool is_malloc = m == device->nr_methods;
			struct cpu_copy_row *row;

			if (is_malloc ? !fits_any(device, sizes.values[s]) :
					!fits(device, &device->methods[m], sizes.values[s]))
				continue;
			row = &result->cpu_copies[result->nr_cpu_copies++];
			snprintf(row->memory, sizeof(row->memory), "%s",
				 is_malloc ? "malloc" : device->methods[m].name);
			row->bytes = sizes.values[s];
			row->iterations = iterations ? iterations : ITERATIONS_MAX;
		}
	}
}

/* This can be long: say so before it begins */
static void announce(const struct bench_result *result)
{
	uint64_t commands = 0;

	for (size_t i = 0; i < result->nr_rows; i++)
		commands += (warmup + result->rows[i].iterations) * result->rows[i].commands;
	if (device_is_slow(result->device, &result->environment))
		note("the clock is real: %s, with at least %s in all, last %s or more; "
		     "--sizes and --iterations change that",
		     format_number(result->nr_rows, "row").s, format_number(commands, "command").s,
		     format_time(commands * result->device->info.command_ns).s);
}

static bool table_wanted(void)
{
	return !is_standard_output(json_path) && !is_standard_output(csv_path);
}

static int measure(struct bench_result *result)
{
	const struct device *device = result->device;

	if (table_wanted())
		bench_table_begin(stdout, result);
	for (size_t i = 0; i < result->nr_rows; i++) {
		struct bench_row *row = &result->rows[i];

		progress("%zu/%zu %s %s %s, %s", i + 1, result->nr_rows,
			 row->method->name, row->direction->name, format_size(row->bytes).s,
			 format_number(row->iterations, "iteration").s);
		if (bench_measure(device, row, warmup))
			return EXIT_FAILURE;
		progress_clear();
		if (table_wanted())
			bench_table_row(stdout, result, i);
	}
	progress("CPU copies");
	for (size_t i = 0; i < result->nr_cpu_copies; i++) {
		struct cpu_copy_row *row = &result->cpu_copies[i];
		const struct edudma_method_info *method = NULL;

		for (uint32_t m = 0; m < device->nr_methods; m++)
			if (!strcmp(row->memory, device->methods[m].name))
				method = &device->methods[m];
		if (bench_measure_cpu(device, method, row))
			return EXIT_FAILURE;
	}
	progress_clear();
	return 0;
}

static int write_result(const struct bench_result *result)
{
	int status = 0;

	if (table_wanted())
		bench_table_end(stdout, result);
	if (ferror(stdout) || fflush(stdout))
		status = fail("cannot write standard output: %s", strerror(errno));
	status |= output_write(json_path, bench_write_json, result);
	status |= output_write(csv_path, bench_write_csv, result);
	for (size_t i = 0; i < result->nr_rows; i++)
		if (!result->rows[i].verified)
			status = fail("%s %s %s: wrong data arrived; `edudma test` says where",
				      result->rows[i].method->name,
				      result->rows[i].direction->name,
				      format_size(result->rows[i].bytes).s);
	return status;
}

static int bench(struct device *device)
{
	struct bench_result result = { .device = device };
	int status;

	if (!device_choose_methods(device, "bench", &method_names))
		return fail("nothing is left to measure; `edudma info` shows what the device "
			    "reaches");
	environment_read(&result.environment);
	if (!sizes.n)
		sizes = device_is_slow(device, &result.environment) ? slow_sizes : default_sizes;
	result.rows = calloc(device->nr_methods * NR_DIRECTIONS * sizes.n, sizeof(*result.rows));
	result.cpu_copies = calloc((device->nr_methods + 1) * sizes.n, sizeof(*result.cpu_copies));
	if (!result.rows || !result.cpu_copies) {
		status = fail("out of memory");
	} else {
		note_left_out(device);
		plan_rows(&result);
		plan_cpu_copies(&result);
		announce(&result);
		status = result.nr_rows ? measure(&result) : fail("there is nothing to measure");
		if (!status)
			status = write_result(&result);
	}
	bench_free(&result);
	return status;
}

/* The same lists and files mean the same for a load */
static void check_load(void)
{
	if (iterations || warmup != WARMUP)
		bad_usage("bench", "a load is measured for some --seconds, without --iterations "
			  "and --warmup");
	if (load.blocking && (load.depths.n || load.batches.n))
		bad_usage("bench", "--blocking has one request at a time, without --depth and "
			  "--batch");
	load.methods = method_names;
	load.directions = direction_names;
	load.sizes = sizes;
	load.json_path = json_path;
	load.csv_path = csv_path;
}

int bench_main(int argc, char **argv)
{
	struct device device;
	int status;

	options_parse(&usage, argc, argv);
	directions_check("bench", &direction_names);
	if (is_standard_output(json_path) && is_standard_output(csv_path))
		bad_usage("bench", "--json and --csv cannot both be standard output");
	if (load_wanted(&load))
		check_load();
	if (device_open(&device))
		return EXIT_FAILURE;
	status = load_wanted(&load) ? bench_load(&device, &load) : bench(&device);
	device_close(&device);
	return status;
}
