// SPDX-License-Identifier: GPL-2.0-only
/* The load as JSON */
#include "bench_load.h"

#include "bench.h"
#include "json.h"

static struct json_object *json_time(const struct tally_sum *tally, enum tally_time time)
{
	const struct summary *summary = &tally->times[time];
	struct json_object *object = json_object_new_object();

	json_add_number(object, "mean", tally_mean(tally, time));
	json_add(object, "p50", summary->n ? json_object_new_uint64(summary->median) : NULL);
	json_add(object, "p99",
		 summary->n >= P99_SAMPLES ? json_object_new_uint64(summary->p99) : NULL);
	return object;
}

static struct json_object *json_row(const struct load_row *row, const char *completion)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "method", row->method->name);
	json_add_string(object, "direction", row->direction->name);
	json_add_number(object, "bytes", row->bytes);
	json_add_number(object, "depth", row->depth);
	json_add_number(object, "batch", row->batch);
	json_add_number(object, "threads", row->threads);
	json_add_number(object, "processes", row->processes);
	json_add_number(object, "channels", row->channels);
	json_add_string(object, "mode", row->blocking ? "blocking" : "queue");
	json_add_bool(object, "map_each", row->map_each);
	json_add_decimal(object, "segments", row->segments, 3);
	json_add(object, "completion", *completion ? json_object_new_string(completion) : NULL);
	json_add_number(object, "ops", row->tally.ops);
	json_add_number(object, "calls", row->tally.calls);
	json_add_decimal(object, "seconds", (double)row->tally.ns / 1e9, 9);
	json_add_decimal(object, "ops_per_second", row->ops_per_second, 3);
	json_add_decimal(object, "throughput_Bps", row->throughput_Bps, 3);
	json_add_decimal(object, "busy_fraction", row->busy_fraction, 6);
	for (size_t t = 0; t < TALLY_TIMES; t++)
		json_add(object, tally_names[t], json_time(&row->tally, t));
	json_add_bool(object, "verified", row->verified);
	return object;
}

static struct json_object *json_cpu_copy(const struct load_cpu_copy *copy)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "bytes", copy->bytes);
	json_add_number(object, "depth", copy->depth);
	json_add_number(object, "copies", copy->copies);
	json_add_decimal(object, "seconds", (double)copy->ns / 1e9, 9);
	json_add_decimal(object, "throughput_Bps", copy->throughput_Bps, 3);
	return object;
}

void load_write_json(FILE *stream, const void *data)
{
	const struct load_result *result = data;
	struct json_object *object = bench_json_begin(&result->environment, result->device);
	struct json_object *rows = json_object_new_array();
	struct json_object *cpu_copies = json_object_new_array();

	for (size_t i = 0; i < result->nr_rows; i++)
		json_object_array_add(rows, json_row(&result->rows[i], result->completion));
	for (size_t i = 0; i < result->nr_cpu_copies; i++)
		json_object_array_add(cpu_copies, json_cpu_copy(&result->cpu_copies[i]));
	json_add_number(object, "nr_channels", result->device->info.nr_channels);
	json_add(object, "rows", rows);
	json_add(object, "cpu_copy", cpu_copies);
	json_finish(stream, object);
}
