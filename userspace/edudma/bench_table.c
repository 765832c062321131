// SPDX-License-Identifier: GPL-2.0-only
/* The result for people */
#include "bench.h"

#include "number.h"
#include "pci.h"

/**
 * struct column - what a table shows of a row
 * @title: at its head
 * @cell: the figure
 * @width: in text; markdown needs none
 * @phase: whose, for cell_phase()
 */
struct column {
	const char *title;
	struct text (*cell)(const struct bench_row *row, enum phase phase);
	int width;
	enum phase phase;
};

static const struct text cell_empty = { "-" };

static struct text cell_number(uint64_t number)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%llu", (unsigned long long)number);
	return text;
}

static struct text cell_iterations(const struct bench_row *row, enum phase phase)
{
	(void)phase;
	return cell_number(row->iterations);
}

static struct text cell_segments(const struct bench_row *row, enum phase phase)
{
	(void)phase;
	return cell_number(row->segments);
}

static struct text cell_commands(const struct bench_row *row, enum phase phase)
{
	(void)phase;
	return cell_number(row->commands);
}

static struct text cell_phase(const struct bench_row *row, enum phase phase)
{
	const struct summary *summary = &row->phases[phase];

	return summary->n ? format_time(summary->median) : cell_empty;
}

static struct text cell_cpu(const struct bench_row *row, enum phase phase)
{
	(void)phase;
	return format_time(bench_cpu_ns(row));
}

static struct text cell_throughput(const struct bench_row *row, enum phase phase)
{
	(void)phase;
	return format_rate(row->throughput_Bps);
}

static struct text cell_limit(const struct bench_row *row, enum phase phase)
{
	(void)phase;
	return row->limit_Bps > 0 ? format_rate(row->limit_Bps) : cell_empty;
}

static struct text cell_efficiency(const struct bench_row *row, enum phase phase)
{
	struct text text = cell_empty;

	(void)phase;
	if (row->limit_Bps > 0)
		snprintf(text.s, sizeof(text.s), "%.4f", row->efficiency);
	return text;
}

static struct text cell_verified(const struct bench_row *row, enum phase phase)
{
	static const struct text words[] = { { "NO" }, { "yes" } };

	(void)phase;
	return words[row->verified];
}

static const struct column transfer_columns[] = {
	{ "n", cell_iterations, 4, 0 },
	{ "segments", cell_segments, 8, 0 },
	{ "commands", cell_commands, 8, 0 },
	{ "time", cell_phase, 8, PHASE_REQUEST },
	{ "throughput", cell_throughput, 11, 0 },
	{ "limit", cell_limit, 11, 0 },
	{ "efficiency", cell_efficiency, 10, 0 },
	{ "verified", cell_verified, 0, 0 },
};

static const struct column cpu_columns[] = {
	{ "alloc", cell_phase, 7, PHASE_ALLOC },
	{ "map", cell_phase, 7, PHASE_MAP },
	{ "mmap", cell_phase, 7, PHASE_MMAP },
	{ "fill-k", cell_phase, 7, PHASE_FILL_KERNEL },
	{ "fill-u", cell_phase, 7, PHASE_FILL_USER },
	{ "sync", cell_phase, 7, PHASE_SYNC },
	{ "read-k", cell_phase, 7, PHASE_READ_KERNEL },
	{ "read-u", cell_phase, 7, PHASE_READ_USER },
	{ "unmap", cell_phase, 7, PHASE_UNMAP },
	{ "free", cell_phase, 7, PHASE_FREE },
};

static const struct column markdown_columns[] = {
	{ "segments", cell_segments, 0, 0 },
	{ "commands", cell_commands, 0, 0 },
	{ "device time", cell_phase, 0, PHASE_DEVICE },
	{ "throughput", cell_throughput, 0, 0 },
	{ "efficiency", cell_efficiency, 0, 0 },
	{ "allocate", cell_phase, 0, PHASE_ALLOC },
	{ "map", cell_phase, 0, PHASE_MAP },
	{ "sync", cell_phase, 0, PHASE_SYNC },
	{ "CPU total", cell_cpu, 0, 0 },
};

#define NR_COLUMNS(columns) (sizeof(columns) / sizeof((columns)[0]))

static const char *clock_meaning(const struct environment *environment)
{
	return clock_is_virtual(environment) ?
	       "CPU phases count instructions, 8 ns each; they repeat exactly" :
	       "times depend on what else the machine does";
}

static const char *iommu_text(const struct edudma_info *info)
{
	return info->flags & EDUDMA_INFO_IOMMU ? "behind an IOMMU" : "no IOMMU";
}

void bench_table_heading(FILE *stream, const struct environment *environment,
			 const struct edudma_info *info)
{
	char slot[24];

	pci_slot(info, slot);
	fprintf(stream, "Device   %s %s, window %s, interrupt %s, %s\n", info->engine, slot,
		format_size(info->window).s, irq_mode_name(info->irq_mode), iommu_text(info));
	fprintf(stream, "Machine  %s, accelerator %s, QEMU %s, kernel %s\n", environment->machine,
		environment->accel, environment->qemu, environment->kernel);
	fprintf(stream, "Clock    %s: %s\n", environment->clock, clock_meaning(environment));
}

static void write_titles(FILE *stream, const struct column *columns, size_t n)
{
	fprintf(stream, "%-4s %8s %-9s", "way", "size", "memory");
	for (size_t c = 0; c < n; c++)
		fprintf(stream, " %*s", columns[c].width, columns[c].title);
	fputc('\n', stream);
}

/* An empty line between directions */
static void write_row(FILE *stream, const struct bench_result *result, size_t i,
		      const struct column *columns, size_t n)
{
	const struct bench_row *row = &result->rows[i];

	if (i && row->direction != row[-1].direction)
		fputc('\n', stream);
	fprintf(stream, "%-4s %8s %-9s", row->direction->name, format_size(row->bytes).s,
		row->method->name);
	for (size_t c = 0; c < n; c++)
		fprintf(stream, " %*s", columns[c].width,
			columns[c].cell(row, columns[c].phase).s);
	fputc('\n', stream);
}

static void write_cpu_work(FILE *stream, const struct bench_result *result)
{
	fputs("\nThe CPU's work around them (medians; a copy has two buffers)\n", stream);
	write_titles(stream, cpu_columns, NR_COLUMNS(cpu_columns));
	for (size_t i = 0; i < result->nr_rows; i++)
		write_row(stream, result, i, cpu_columns, NR_COLUMNS(cpu_columns));
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
	bench_table_heading(stream, &result->environment, &result->device->info);
	fputs("\nTransfers, from call to return (medians of n)\n", stream);
	write_titles(stream, transfer_columns, NR_COLUMNS(transfer_columns));
	fflush(stream);
}

void bench_table_row(FILE *stream, const struct bench_result *result, size_t i)
{
	write_row(stream, result, i, transfer_columns, NR_COLUMNS(transfer_columns));
	fflush(stream);
}

void bench_table_end(FILE *stream, const struct bench_result *result)
{
	if (result->device->info.command_ns)
		fprintf(stream, "limit: the device's own, %s for each command; it ends some a "
			"little earlier\n", format_time(result->device->info.command_ns).s);
	write_cpu_work(stream, result);
	write_cpu_copies(stream, result);
	bench_write_answer(stream, result, false);
}

/* What somebody wants to see at a glance: one way, to the device if it was measured */
void bench_table_markdown(FILE *stream, const struct bench_result *result)
{
	const struct environment *environment = &result->environment;
	const struct edudma_info *info = &result->device->info;
	const size_t n = NR_COLUMNS(markdown_columns);

	fputs("| size | memory |", stream);
	for (size_t c = 0; c < n; c++)
		fprintf(stream, " %s |", markdown_columns[c].title);
	fputs("\n|--:|:--|", stream);
	for (size_t c = 0; c < n; c++)
		fputs("--:|", stream);
	fputc('\n', stream);
	for (size_t i = 0; i < result->nr_rows; i++) {
		const struct bench_row *row = &result->rows[i];

		if (row->direction != result->rows->direction)
			continue;
		fprintf(stream, "| %s | %s |", format_size(row->bytes).s, row->method->name);
		for (size_t c = 0; c < n; c++)
			fprintf(stream, " %s |",
				markdown_columns[c].cell(row, markdown_columns[c].phase).s);
		fputc('\n', stream);
	}
	fprintf(stream, "\nDirection `%s`, medians. Throughput is from call to return; CPU total: "
		"allocate, map, sync, unmap and free. Device %s, window %s, interrupt %s, %s; "
		"Linux %s, QEMU %s, machine %s, %s. Clock %s: %s.\n",
		result->rows->direction->name, info->engine, format_size(info->window).s,
		irq_mode_name(info->irq_mode), iommu_text(info), environment->kernel,
		environment->qemu, environment->machine, environment->accel, environment->clock,
		clock_meaning(environment));
	bench_write_answer(stream, result, true);
}
