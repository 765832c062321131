// SPDX-License-Identifier: GPL-2.0-only
/* The load for people */
#include "bench_load.h"

#include "bench.h"
#include "number.h"

static const char *mode_name(const struct load_row *row)
{
	return row->blocking ? "block" : "queue";
}

static void write_times(FILE *stream, const struct load_row *row)
{
	for (size_t t = 0; t < TALLY_TIMES; t++)
		fprintf(stream, " %8s", format_time(tally_mean(&row->tally, t)).s);
	if (row->tally.times[TALLY_TOTAL].n >= P99_SAMPLES)
		fprintf(stream, " %8s", format_time(row->tally.times[TALLY_TOTAL].p99).s);
	else
		fprintf(stream, " %8s", "-");
}

void load_table_begin(FILE *stream, const struct load_result *result)
{
	bench_table_heading(stream, &result->environment, &result->device->info);
	fprintf(stream, "Load     %s, completion %s, %s a row\n\n",
		format_number(result->device->info.nr_channels, "channel").s,
		*result->completion ? result->completion : "unknown",
		format_time(result->row_ns).s);
	fprintf(stream, "%-4s %8s %-9s %-5s %5s %5s %4s %4s %2s %7s %10s %5s %8s %8s %8s %8s %s\n",
		"way", "size", "memory", "mode", "depth", "batch", "proc", "thr", "ch", "ops/s",
		"throughput", "busy", "queue", "device", "total", "p99", "verified");
	fflush(stream);
}

void load_table_row(FILE *stream, const struct load_result *result, size_t i)
{
	const struct load_row *row = &result->rows[i];

	if (i && row->direction != row[-1].direction)
		fputc('\n', stream);
	fprintf(stream, "%-4s %8s %-9s %-5s %5u %5u %4u %4u %2u %7s %10s %5.3f",
		row->direction->name, format_size(row->bytes).s, row->method->name,
		mode_name(row), row->depth, row->batch, row->processes, row->threads,
		row->channels, format_count(row->ops_per_second).s,
		format_rate(row->throughput_Bps).s, row->busy_fraction);
	write_times(stream, row);
	fprintf(stream, " %s%s\n", row->verified ? "yes" : "NO",
		row->map_each ? ", with a map each" : "");
	fflush(stream);
}

void load_table_end(FILE *stream, const struct load_result *result)
{
	fputs("busy: the device's time over wall time and channels (ch); queue, device, total: "
	      "mean times of a\nrequest; p99: of total\n"
	      "\nThe same copied by one CPU of the guest, for comparison (memcpy())\n", stream);
	fprintf(stream, "%-4s %8s %5s %7s %10s\n", "way", "size", "depth", "ops/s", "throughput");
	for (size_t i = 0; i < result->nr_cpu_copies; i++) {
		const struct load_cpu_copy *copy = &result->cpu_copies[i];

		fprintf(stream, "%-4s %8s %5u %7s %10s\n", "CPU", format_size(copy->bytes).s,
			copy->depth,
			format_count(copy->throughput_Bps / (double)copy->bytes).s,
			format_rate(copy->throughput_Bps).s);
	}
}
