// SPDX-License-Identifier: GPL-2.0-only
/* The result for people */
#include "bench.h"
#include "number.h"
#include "pci.h"

static void write_heading(FILE *stream, const struct bench_result *result)
{
	const struct environment *environment = &result->environment;
	const struct edudma_info *info = &result->device->info;
	char slot[24];

	pci_slot(info, slot);
	fprintf(stream, "Device   %s %s, window %u bytes, interrupt %s, %s\n", info->engine, slot,
		info->window, irq_mode_name(info->irq_mode),
		info->flags & EDUDMA_INFO_IOMMU ? "behind an IOMMU" : "no IOMMU");
	fprintf(stream, "Machine  %s, accelerator %s, QEMU %s, kernel %s\n", environment->machine,
		environment->accel, environment->qemu, environment->kernel);
	if (clock_is_virtual(environment))
		fputs("Clock    virtual: CPU phases count instructions, 8 ns each; "
		      "they repeat exactly\n", stream);
	else
		fprintf(stream, "Clock    %s: times depend on what else the machine does\n",
			environment->clock);
}

/* An empty line between directions */
static void write_row_name(FILE *stream, const struct bench_result *result, size_t i)
{
	const struct bench_row *row = &result->rows[i];

	if (i && row->direction != row[-1].direction)
		fputc('\n', stream);
	fprintf(stream, "%-4s %8s %-9s", row->direction->name, format_size(row->bytes).s,
		row->method->name);
}

static void write_cpu_work(FILE *stream, const struct bench_result *result)
{
	static const struct {
		enum phase phase;
		const char *title;
	} columns[] = {
		{ PHASE_ALLOC, "alloc" },
		{ PHASE_MAP, "map" },
		{ PHASE_MMAP, "mmap" },
		{ PHASE_FILL_KERNEL, "fill-k" },
		{ PHASE_FILL_USER, "fill-u" },
		{ PHASE_SYNC, "sync" },
		{ PHASE_READ_KERNEL, "read-k" },
		{ PHASE_READ_USER, "read-u" },
		{ PHASE_UNMAP, "unmap" },
		{ PHASE_FREE, "free" },
	};
	const size_t nr_columns = sizeof(columns) / sizeof(columns[0]);

	fprintf(stream, "\nThe CPU's work around them (medians; a copy has two buffers)\n"
		"%-4s %8s %-9s", "way", "size", "memory");
	for (size_t c = 0; c < nr_columns; c++)
		fprintf(stream, " %7s", columns[c].title);
	fputc('\n', stream);
	for (size_t i = 0; i < result->nr_rows; i++) {
		write_row_name(stream, result, i);
		for (size_t c = 0; c < nr_columns; c++) {
			const struct summary *summary =
				&result->rows[i].phases[columns[c].phase];

			fprintf(stream, " %7s", summary->n ? format_time(summary->median).s : "-");
		}
		fputc('\n', stream);
	}
	fputs("-k: through the kernel's own mapping, -u: through mmap()\n", stream);
}

static void write_cpu_copies(FILE *stream, const struct bench_result *result)
{
	fprintf(stream, "\nThe same copied by the CPU, for comparison (memcpy(), through mmap())\n"
		"%-4s %8s %-9s %4s %8s %11s\n", "way", "size", "memory", "n", "time", "throughput");
	for (size_t i = 0; i < result->nr_cpu_copies; i++) {
		const struct cpu_copy_row *row = &result->cpu_copies[i];

		fprintf(stream, "%-4s %8s %-9s %4llu %8s %11s\n", "CPU", format_size(row->bytes).s,
			row->memory, (unsigned long long)row->iterations,
			format_time(row->copy_ns.median).s, format_rate(row->throughput_Bps).s);
	}
}

void bench_table_begin(FILE *stream, const struct bench_result *result)
{
	write_heading(stream, result);
	fprintf(stream, "\nTransfers, from call to return (medians of n)\n"
		"%-4s %8s %-9s %4s %8s %8s %8s %11s %11s %10s %s\n", "way", "size", "memory", "n",
		"segments", "commands", "time", "throughput", "limit", "efficiency", "verified");
	fflush(stream);
}

void bench_table_row(FILE *stream, const struct bench_result *result, size_t i)
{
	const struct bench_row *row = &result->rows[i];

	write_row_name(stream, result, i);
	fprintf(stream, " %4llu %8u %8u %8s %11s", (unsigned long long)row->iterations,
		row->segments, row->commands, format_time(row->phases[PHASE_REQUEST].median).s,
		format_rate(row->throughput_Bps).s);
	if (row->limit_Bps > 0)
		fprintf(stream, " %11s %10.4f", format_rate(row->limit_Bps).s, row->efficiency);
	else
		fprintf(stream, " %11s %10s", "-", "-");
	fprintf(stream, " %s\n", row->verified ? "yes" : "NO");
	fflush(stream);
}

void bench_table_end(FILE *stream, const struct bench_result *result)
{
	if (result->device->info.command_ns)
		fprintf(stream, "limit: the device's own, %s for each command; it ends some a "
			"little earlier\n", format_time(result->device->info.command_ns).s);
	write_cpu_work(stream, result);
	write_cpu_copies(stream, result);
	bench_write_answer(stream, result);
}
