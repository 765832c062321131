// SPDX-License-Identifier: GPL-2.0-only
/* Kinds of memory: where they lie, what they cost, and why */
#include "answer.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/memlab.h>

#include "number.h"
#include "say.h"
#include "statistics.h"

#define SMALLEST	64
#define LARGEST		(64ULL << 20)
#define PAGE		4096
#define ROUNDS_MAX	33
#define STRIDE_BYTES	(4ULL << 20)

const char *const kind_names[] = {
	[MEMLAB_KMALLOC] = "kmalloc",
	[MEMLAB_KVMALLOC] = "kvmalloc",
	[MEMLAB_VMALLOC] = "vmalloc",
	[MEMLAB_VMALLOC_HUGE] = "vmalloc_huge",
	[MEMLAB_PAGES] = "pages",
	[MEMLAB_COHERENT] = "coherent",
};

static int lab_failed(const char *experiment)
{
	return fail("%s: " MEMLAB_DEVICE ": %s", experiment, strerror(errno));
}

static void note_layout(struct figures *figures, const struct memlab_layout *layout,
			const char *prefix)
{
	const struct {
		const char *name;
		uint64_t value;
	} seen[] = {
		{ "runs", layout->runs },
		{ "leaves", layout->leaves },
		{ "leaves_made", layout->leaves - layout->leaves_left },
		{ "largest_leaf", layout->largest_leaf },
		{ "direct_map", layout->direct_map },
		{ "vmalloc_range", layout->vmalloc_range },
	};

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		if (layout->got)
			figures_set(figures, seen[i].value, "%s.%s", prefix, seen[i].name);
		else
			figures_set_none(figures, "%s.%s", prefix, seen[i].name);
	}
}

int measure_layout(struct machine *machine)
{
	for (uint32_t kind = 0; kind < MEMLAB_NR_KINDS; kind++) {
		for (uint64_t size = SMALLEST; size <= LARGEST; size *= 4) {
			struct memlab_layout layout = { .kind = kind, .size = size };
			char prefix[64];

			if (ioctl(machine->lab, MEMLAB_LAYOUT, &layout))
				return lab_failed("layout");
			snprintf(prefix, sizeof(prefix), "layout.%s.%llu", kind_names[kind],
				 (unsigned long long)size);
			note_layout(&machine->figures, &layout, prefix);
		}
	}
	return 0;
}

/* As often as is quick enough; what comes once is not typical */
static size_t rounds(uint64_t size)
{
	uint64_t n = LARGEST / size;

	return n < 3 ? 3 : n > ROUNDS_MAX ? ROUNDS_MAX : (size_t)n;
}

static int measure_cost_of(struct machine *machine, uint32_t kind, uint64_t size)
{
	uint64_t alloc_ns[ROUNDS_MAX], free_ns[ROUNDS_MAX];
	size_t n = rounds(size);
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "cost.%s.%llu", kind_names[kind],
		 (unsigned long long)size);
	for (size_t i = 0; i < n; i++) {
		struct memlab_alloc alloc = { .kind = kind, .size = size, .attempts = 1 };

		if (ioctl(machine->lab, MEMLAB_ALLOC, &alloc))
			return lab_failed("cost");
		if (!alloc.got) {
			figures_set_none(&machine->figures, "%s.alloc_ns", prefix);
			figures_set_none(&machine->figures, "%s.free_ns", prefix);
			figures_set_none(&machine->figures, "%s.both_ns", prefix);
			return 0;
		}
		alloc_ns[i] = alloc.alloc_ns;
		free_ns[i] = alloc.free_ns;
	}
	alloc_ns[0] = summarize(alloc_ns, n).median;
	free_ns[0] = summarize(free_ns, n).median;
	figures_set(&machine->figures, alloc_ns[0], "%s.alloc_ns", prefix);
	figures_set(&machine->figures, free_ns[0], "%s.free_ns", prefix);
	figures_set(&machine->figures, alloc_ns[0] + free_ns[0], "%s.both_ns", prefix);
	return 0;
}

int measure_cost(struct machine *machine)
{
	for (uint32_t kind = 0; kind < MEMLAB_NR_KINDS; kind++)
		for (uint64_t size = SMALLEST; size <= LARGEST; size *= 4)
			if (measure_cost_of(machine, kind, size))
				return EXIT_FAILURE;
	return 0;
}

#define NR_STEPS 6

static void note_steps(struct figures *figures, uint64_t size, uint64_t ns[NR_STEPS][ROUNDS_MAX],
		       size_t n)
{
	static const char *const names[NR_STEPS] = {
		"pages", "clear", "map", "unmap", "flush", "free"
	};

	for (size_t step = 0; step < NR_STEPS; step++)
		figures_set(figures, summarize(ns[step], n).median, "steps.%llu.%s_ns",
			    (unsigned long long)size, names[step]);
}

int measure_steps(struct machine *machine)
{
	for (uint64_t size = PAGE; size <= LARGEST; size *= 4) {
		uint64_t ns[NR_STEPS][ROUNDS_MAX];
		size_t n = rounds(size);

		for (size_t i = 0; i < n; i++) {
			struct memlab_steps steps = { .size = size };

			if (ioctl(machine->lab, MEMLAB_STEPS, &steps))
				return lab_failed("steps");
			ns[0][i] = steps.pages_ns;
			ns[1][i] = steps.clear_ns;
			ns[2][i] = steps.map_ns;
			ns[3][i] = steps.unmap_ns;
			ns[4][i] = steps.flush_ns;
			ns[5][i] = steps.free_ns;
		}
		note_steps(&machine->figures, size, ns, n);
	}
	return 0;
}

/* Counts the kernel's misses of the data TLB; negative if this machine cannot */
static int open_tlb_counter(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HW_CACHE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_OP_READ << 8 |
			  PERF_COUNT_HW_CACHE_RESULT_MISS << 16,
		.exclude_user = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static uint64_t read_counter(int counter)
{
	uint64_t value = 0;

	return counter >= 0 && read(counter, &value, sizeof(value)) == sizeof(value) ? value : 0;
}

static int measure_stride_of(struct machine *machine, uint32_t kind, int counter)
{
	struct memlab_stride stride = {
		.kind = kind, .size = STRIDE_BYTES, .stride = PAGE, .passes = 64,
	};
	const char *name = kind_names[kind];
	uint64_t misses = read_counter(counter);

	if (ioctl(machine->lab, MEMLAB_STRIDE, &stride))
		return lab_failed("stride");
	misses = read_counter(counter) - misses;
	if (!stride.got)
		return fail("stride: no %s memory of %s", name, format_size(STRIDE_BYTES).s);
	figures_set(&machine->figures, stride.reads, "stride.%s.reads", name);
	figures_set(&machine->figures, stride.ns, "stride.%s.ns", name);
	if (counter < 0)
		figures_set_none(&machine->figures, "stride.%s.tlb_misses", name);
	else
		figures_set(&machine->figures, misses, "stride.%s.tlb_misses", name);
	return 0;
}

int measure_stride(struct machine *machine)
{
	int counter = open_tlb_counter();
	int status = measure_stride_of(machine, MEMLAB_KMALLOC, counter);

	figures_set(&machine->figures, counter >= 0, "stride.counters");
	if (!status)
		status = measure_stride_of(machine, MEMLAB_VMALLOC, counter);
	if (!status)
		status = measure_stride_of(machine, MEMLAB_VMALLOC_HUGE, counter);
	if (counter >= 0)
		close(counter);
	return status;
}
