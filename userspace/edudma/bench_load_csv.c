// SPDX-License-Identifier: GPL-2.0-only
/* The load as one table: CPU copies are rows of direction "cpu"; what is unknown stays empty */
#include "bench_load.h"

static void write_header(FILE *stream)
{
	fputs("method,direction,bytes,depth,batch,threads,processes,channels,mode,map_each,"
	      "segments,completion,ops,calls,seconds,ops_per_second,throughput_Bps,busy_fraction",
	      stream);
	for (size_t t = 0; t < TALLY_TIMES; t++)
		fprintf(stream, ",%1$s_mean,%1$s_p50,%1$s_p99", tally_names[t]);
	fputs(",verified\n", stream);
}

static void write_time(FILE *stream, const struct tally_sum *tally, enum tally_time time)
{
	const struct summary *summary = &tally->times[time];

	fprintf(stream, ",%llu,", (unsigned long long)tally_mean(tally, time));
	if (summary->n)
		fprintf(stream, "%llu", (unsigned long long)summary->median);
	fputc(',', stream);
	if (summary->n >= P99_SAMPLES)
		fprintf(stream, "%llu", (unsigned long long)summary->p99);
}

static void write_row(FILE *stream, const struct load_row *row, const char *completion)
{
	fprintf(stream, "%s,%s,%llu,%u,%u,%u,%u,%u,%s,%s,%.3f,%s,%llu,%llu,%.9f,%.3f,%.3f,%.6f",
		row->method->name, row->direction->name, (unsigned long long)row->bytes,
		row->depth, row->batch, row->threads, row->processes, row->channels,
		row->blocking ? "blocking" : "queue", row->map_each ? "true" : "false",
		row->segments, completion, (unsigned long long)row->tally.ops,
		(unsigned long long)row->tally.calls, (double)row->tally.ns / 1e9,
		row->ops_per_second, row->throughput_Bps, row->busy_fraction);
	for (size_t t = 0; t < TALLY_TIMES; t++)
		write_time(stream, &row->tally, t);
	fprintf(stream, ",%s\n", row->verified ? "true" : "false");
}

static void write_cpu_copy(FILE *stream, const struct load_cpu_copy *copy)
{
	double seconds = (double)copy->ns / 1e9;

	fprintf(stream, ",cpu,%llu,%u,,1,1,,,,,,%llu,,%.9f,%.3f,%.3f,,,,,,,,,,,\n",
		(unsigned long long)copy->bytes, copy->depth, (unsigned long long)copy->copies,
		seconds, (double)copy->copies / seconds, copy->throughput_Bps);
}

void load_write_csv(FILE *stream, const void *data)
{
	const struct load_result *result = data;

	write_header(stream);
	for (size_t i = 0; i < result->nr_rows; i++)
		write_row(stream, &result->rows[i], result->completion);
	for (size_t i = 0; i < result->nr_cpu_copies; i++)
		write_cpu_copy(stream, &result->cpu_copies[i]);
}
