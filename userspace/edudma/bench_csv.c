// SPDX-License-Identifier: GPL-2.0-only
/* One table: CPU copies are rows of direction "cpu"; what is unknown stays empty */
#include "bench.h"

static void write_header(FILE *stream)
{
	fputs("method,direction,bytes,segments,commands,iterations", stream);
	for (enum phase phase = 0; phase < NR_PHASES; phase++)
		fprintf(stream, ",%1$s_min,%1$s_median,%1$s_p99,%1$s_max", phase_names[phase]);
	fputs(",throughput_Bps,limit_Bps,efficiency,verified\n", stream);
}

static void write_summary(FILE *stream, const struct summary *summary)
{
	if (!summary->n) {
		fputs(",,,,", stream);
		return;
	}
	fprintf(stream, ",%llu,%llu,", (unsigned long long)summary->min,
		(unsigned long long)summary->median);
	if (summary->n >= P99_SAMPLES)
		fprintf(stream, "%llu", (unsigned long long)summary->p99);
	fprintf(stream, ",%llu", (unsigned long long)summary->max);
}

static void write_decimal(FILE *stream, double value, int decimals)
{
	fputc(',', stream);
	if (value > 0)
		fprintf(stream, "%.*f", decimals, value);
}

static void write_row(FILE *stream, const struct bench_row *row)
{
	fprintf(stream, "%s,%s,%llu,%u,%u,%llu", row->method->name, row->direction->name,
		(unsigned long long)row->bytes, row->segments, row->commands,
		(unsigned long long)row->iterations);
	for (enum phase phase = 0; phase < NR_PHASES; phase++)
		write_summary(stream, &row->phases[phase]);
	write_decimal(stream, row->throughput_Bps, 3);
	write_decimal(stream, row->limit_Bps, 3);
	write_decimal(stream, row->efficiency, 6);
	fprintf(stream, ",%s\n", row->verified ? "true" : "false");
}

/* A CPU copy is all request and no device */
static void write_cpu_copy(FILE *stream, const struct cpu_copy_row *row)
{
	const struct summary none = { 0 };

	fprintf(stream, "%s,cpu,%llu,,,%llu", row->memory, (unsigned long long)row->bytes,
		(unsigned long long)row->iterations);
	for (enum phase phase = 0; phase < NR_PHASES; phase++)
		write_summary(stream, phase == PHASE_REQUEST ? &row->copy_ns : &none);
	write_decimal(stream, row->throughput_Bps, 3);
	fputs(",,,\n", stream);
}

void bench_write_csv(FILE *stream, const void *data)
{
	const struct bench_result *result = data;

	write_header(stream);
	for (size_t i = 0; i < result->nr_rows; i++)
		write_row(stream, &result->rows[i]);
	for (size_t i = 0; i < result->nr_cpu_copies; i++)
		write_cpu_copy(stream, &result->cpu_copies[i]);
}
