// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"

#include <string.h>
#include <unistd.h>

#include "number.h"
#include "paragraph.h"

/**
 * struct contender - a kind of memory, at the size that the answer is about
 * @method: which
 * @name: its name
 * @row: one of its rows, of one buffer
 * @commands: that a transfer takes
 * @request_ns: that a transfer takes
 * @cpu_ns: what the CPU does for every buffer: allocate, map, sync, unmap, free
 * @alloc_ns: of that, allocate
 * @map_ns: of that, map for the device
 * @sync_ns: of that, sync
 * @read_ns: to read it through the kernel's mapping; zero: not measured
 * @ties: the run does not show that the best is better
 */
struct contender {
	const struct edudma_method_info *method;
	const char *name;
	const struct bench_row *row;
	uint32_t commands;
	uint64_t request_ns;
	uint64_t cpu_ns;
	uint64_t alloc_ns;
	uint64_t map_ns;
	uint64_t sync_ns;
	uint64_t read_ns;
	bool ties;
};

/* From a row of one buffer: from the device if possible, for that is read as well */
static const struct bench_row *reference_row(const struct bench_result *result,
					     const struct edudma_method_info *method,
					     uint64_t bytes)
{
	const struct bench_row *found = NULL;

	for (size_t i = 0; i < result->nr_rows; i++) {
		const struct bench_row *row = &result->rows[i];

		if (row->method != method || row->bytes != bytes || is_copy(row->direction))
			continue;
		if (!found || row->direction->has_dst)
			found = row;
	}
	return found;
}

static size_t find_contenders(const struct bench_result *result, uint64_t bytes,
			      struct contender contenders[METHODS_MAX])
{
	size_t n = 0;

	for (uint32_t m = 0; m < result->device->nr_methods; m++) {
		const struct edudma_method_info *method = &result->device->methods[m];
		const struct bench_row *row = reference_row(result, method, bytes);
		const struct summary *phases = row ? row->phases : NULL;

		if (!row)
			continue;
		contenders[n++] = (struct contender){
			.method = method,
			.name = method->name,
			.row = row,
			.commands = row->commands,
			.request_ns = phases[PHASE_REQUEST].median,
			.cpu_ns = bench_cpu_ns(row),
			.alloc_ns = phases[PHASE_ALLOC].median,
			.map_ns = phases[PHASE_MAP].median,
			.sync_ns = phases[PHASE_SYNC].median,
			.read_ns = phases[PHASE_READ_KERNEL].median,
		};
	}
	return n;
}

/* "1 piece", "17 commands", "2 to 16 pieces" */
static void append_range(struct paragraph *paragraph, const struct summary *range,
			 const char *unit)
{
	append(paragraph, "%llu", (unsigned long long)range->min);
	if (range->min != range->max)
		append(paragraph, " to %llu", (unsigned long long)range->max);
	append(paragraph, " %s%s", unit, range->max == 1 ? "" : "s");
}

/* Where commands have a price, and separate pages need more of them */
static void explain_commands(struct paragraph *why, const struct edudma_info *info, uint64_t bytes)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
	unsigned long window = info->window;
	unsigned long pages = (bytes + page - 1) / page;
	unsigned long whole = (bytes + window - 1) / window;
	unsigned long page_commands = (page + window - 1) / window;
	const struct text size = format_size(bytes);

	append(why, "Why that many commands? One moves at most %lu bytes", window);
	if (window == 4095 && !(info->flags & EDUDMA_INFO_SMBIOS))
		append(why, " here, because QEMU before 9.0 may abort at one more");
	if (page_commands == 1)
		append(why, ", a whole page of %lu: %s are %s in one piece, and no more "
		       "than %lu in separate pages.", page, size.s,
		       format_number(whole, "command").s, pages);
	else
		append(why, ". %s in one piece are %lu / %lu, rounded up: %s; but a "
		       "page of %lu that lies alone needs %lu, so that separate pages need up to "
		       "%lu.", size.s, (unsigned long)bytes, window,
		       format_number(whole, "command").s, page, page_commands,
		       page_commands * pages);
	append(why, " Here");
}

static void write_why(FILE *stream, const struct bench_result *result, uint64_t bytes,
		      const struct contender *contenders, size_t n, bool markdown)
{
	const struct edudma_info *info = &result->device->info;
	struct paragraph why = { 0 };

	if (info->command_ns)
		explain_commands(&why, info, bytes);
	else
		append(&why, "What makes the difference? A command has no price here, and the "
		       "device finds a buffer's pieces by itself. What counts is the CPU's work: "
		       "to allocate, and to map every piece, which the device then fetches one "
		       "by one. At %s", format_size(bytes).s);
	for (size_t i = 0; i < n; i++) {
		append(&why, "%s %s came in ", i ? "," : "", contenders[i].name);
		append_range(&why, &contenders[i].row->all_segments, "piece");
		append(&why, " (");
		if (info->command_ns)
			append_range(&why, &contenders[i].row->all_commands, "command");
		else
			append(&why, "map %s", format_time(contenders[i].map_ns).s);
		append(&why, ")");
	}
	append(&why, ".");
	fputc('\n', stream);
	print_paragraph(stream, &why, markdown);
}

/* With a price on commands they come first; else it is the time of it all */
static bool is_better(const struct contender *a, const struct contender *b, uint64_t command_ns)
{
	if (!command_ns)
		return a->request_ns + a->cpu_ns < b->request_ns + b->cpu_ns;
	if (a->commands != b->commands)
		return a->commands < b->commands;
	return a->cpu_ns < b->cpu_ns;
}

/* How many times the best; the best may be nothing */
static void write_ratio(FILE *stream, uint64_t value, uint64_t best)
{
	if (best)
		fprintf(stream, " (%5.2fx)", (double)value / (double)best);
	else
		fprintf(stream, " %8s", "");
}

static void write_time(FILE *stream, uint64_t ns, uint64_t best)
{
	fprintf(stream, " %8s", ns ? format_time(ns).s : "-");
	write_ratio(stream, ns, best);
}

static void write_comparison(FILE *stream, const struct bench_result *result, uint64_t bytes,
			     const struct contender *contenders, size_t n,
			     const struct contender *best)
{
	bool count = result->device->info.command_ns;

	fprintf(stream, "\nWhich memory for DMA, at %s? (in brackets: against %s)\n"
		"%-9s %8s %17s %17s %17s %17s\n", format_size(bytes).s, best->name,
		"memory", count ? "commands" : "transfer", "alloc", "map", "read-k", "CPU*");
	for (size_t i = 0; i < n; i++) {
		const struct contender *contender = &contenders[i];

		fprintf(stream, "%-9s", contender->name);
		if (count) {
			fprintf(stream, " %8u", contender->commands);
			write_ratio(stream, contender->commands, best->commands);
		} else {
			write_time(stream, contender->request_ns, best->request_ns);
		}
		write_time(stream, contender->alloc_ns, best->alloc_ns);
		write_time(stream, contender->map_ns, best->map_ns);
		write_time(stream, contender->read_ns, best->read_ns);
		write_time(stream, contender->cpu_ns, best->cpu_ns);
		fputc('\n', stream);
	}
	fputs("*: allocate, map, sync, unmap and free\n", stream);
}

/* The kind that goes furthest, if that is further than this one */
static const struct edudma_method_info *find_longer(const struct device *device,
						    const struct edudma_method_info *than)
{
	const struct edudma_method_info *longest = than;

	for (uint32_t m = 0; m < device->nr_methods; m++)
		if (device->methods[m].max_length > longest->max_length)
			longest = &device->methods[m];
	return longest == than ? NULL : longest;
}

/* What the recommended kind has before each of the others, where commands have a price */
static void compare_commands(struct paragraph *verdict, const struct contender *contenders,
			     size_t n, const struct contender *best)
{
	for (size_t i = 0; i < n; i++) {
		const struct summary *commands = &contenders[i].row->all_commands;
		double cpu_ratio = (double)contenders[i].cpu_ns / (double)best->cpu_ns;

		if (&contenders[i] == best || contenders[i].ties)
			continue;
		if (commands->max == best->commands)
			append(verdict, " %s takes the device as long, and the CPU %.1f times.",
			       contenders[i].name, cpu_ratio);
		else
			append(verdict, " %s takes the device up to %.2f times as long, and the "
			       "CPU %.1f times.", contenders[i].name,
			       (double)commands->max / (double)best->commands, cpu_ratio);
	}
}

static void judge_commands(struct paragraph *verdict, const struct contender *contenders, size_t n,
			   const struct contender *best)
{
	append(verdict, "Take %s: nothing needs fewer commands, and of what needs as few it costs "
	       "the CPU least. The commands decide: beside them the CPU's work is %.2g %%.",
	       best->name, 100.0 * (double)best->cpu_ns / (double)best->request_ns);
	compare_commands(verdict, contenders, n, best);
}

/* Where time does: a buffer for one transfer, and one that is kept for many */
static void judge_times(struct paragraph *verdict, const struct contender *contenders, size_t n,
			const struct contender *best)
{
	append(verdict, "Take %s: of a buffer for one transfer, allocated, mapped and freed, "
	       "nothing takes less time in all (", best->name);
	for (size_t i = 0; i < n; i++)
		append(verdict, "%s%s %s", i ? ", " : "", contenders[i].name,
		       format_time(contenders[i].request_ns + contenders[i].cpu_ns).s);
	append(verdict, "). A buffer that is kept costs only transfer and sync each time (");
	for (size_t i = 0; i < n; i++)
		append(verdict, "%s%s %s", i ? ", " : "", contenders[i].name,
		       format_time(contenders[i].request_ns + contenders[i].sync_ns).s);
	append(verdict, ").");
}

/* "kmalloc 41.2 us (38.1 us to 97.0 us)": what the iterations of a row took */
static void append_spread(struct paragraph *verdict, const struct bench_row *row, enum phase phase)
{
	const struct summary *summary = &row->phases[phase];

	append(verdict, " %s %s (%s to %s)", row->method->name, format_time(summary->median).s,
	       format_time(summary->p10).s, format_time(summary->p90).s);
}

/* "kmalloc, vmalloc and coherent": the best and those that tie with it */
static void append_ties(struct paragraph *verdict, const struct contender *contenders, size_t n,
			const struct contender *best)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		left += contenders[i].ties;
	append(verdict, "%s", best->name);
	for (size_t i = 0; i < n; i++)
		if (contenders[i].ties)
			append(verdict, "%s %s", --left ? "," : " and", contenders[i].name);
}

/* The best in this run, but maybe not in the next */
static void judge_nothing(struct paragraph *verdict, const struct bench_result *result,
			  uint64_t bytes, const struct contender *contenders, size_t n,
			  const struct contender *best)
{
	bool commands = result->device->info.command_ns;
	const struct direction *last = NULL;

	append(verdict, "Between ");
	append_ties(verdict, contenders, n, best);
	append(verdict, " there is no difference that this run can show. %s took, in the median "
	       "and in 80 %% of the iterations,", commands ? "The CPU's work" :
	       "A buffer for one transfer, allocated, mapped and freed,");
	for (size_t i = 0; i < result->nr_rows; i++) {
		const struct bench_row *row = &result->rows[i];

		if (row->bytes != bytes || is_copy(row->direction))
			continue;
		append(verdict, "%s", last == row->direction ? "," : last ? ";" : "");
		if (last != row->direction)
			append(verdict, " %s the device:", row->direction->name);
		append_spread(verdict, row, commands ? PHASE_CPU : PHASE_WHOLE);
		last = row->direction;
	}
	append(verdict, ". A difference must be beyond that in both directions.");
	if (commands)
		compare_commands(verdict, contenders, n, best);
}

static void write_verdict(FILE *stream, const struct bench_result *result, uint64_t bytes,
			  const struct contender *contenders, size_t n,
			  const struct contender *best, bool tie, bool markdown)
{
	const struct device *device = result->device;
	const struct edudma_method_info *longer = find_longer(device, best->method);
	struct paragraph verdict = { 0 };

	if (tie)
		judge_nothing(&verdict, result, bytes, contenders, n, best);
	else
		(device->info.command_ns ? judge_commands : judge_times)(&verdict, contenders, n,
									 best);
	if (longer && !markdown)
		append(&verdict, " %s ends at %s; %s may go further (up to %s).", best->name,
		       format_size(best->method->max_length).s, longer->name,
		       format_size(longer->max_length).s);
	for (uint32_t m = 0; m < device->nr_methods && !markdown; m++)
		if (device->methods[m].flags & EDUDMA_METHOD_COHERENT)
			append(&verdict, " %s needs no SYNC, which suits what CPU and device touch "
			       "in turn all the time; this machine keeps it in the CPU's caches, "
			       "but where one cannot, reading it is slow.",
			       device->methods[m].name);
	print_paragraph(stream, &verdict, markdown);
}

void bench_write_answer(FILE *stream, const struct bench_result *result, bool markdown)
{
	uint64_t bytes = bench_reference_bytes(result);
	struct contender contenders[METHODS_MAX];
	size_t n = find_contenders(result, bytes, contenders);
	const struct contender *best = contenders;
	bool tie = false;

	if (!n)
		return;
	for (size_t i = 1; i < n; i++)
		if (is_better(&contenders[i], best, result->device->info.command_ns))
			best = &contenders[i];
	for (size_t i = 0; i < n; i++) {
		contenders[i].ties = &contenders[i] != best &&
			!bench_shows(result, bytes, best->method, contenders[i].method);
		tie |= contenders[i].ties;
	}
	write_why(stream, result, bytes, contenders, n, markdown);
	if (n < 2)
		return;
	if (markdown)
		fputc('\n', stream);
	else
		write_comparison(stream, result, bytes, contenders, n, best);
	write_verdict(stream, result, bytes, contenders, n, best, tie, markdown);
}
