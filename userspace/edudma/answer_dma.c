// SPDX-License-Identifier: GPL-2.0-only
/* What the device does with each kind of memory */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "say.h"

#define LONG_ENOUGH (64 << 10)	/* from there on, one of edu's transfers says as much as three */

static const uint64_t sizes[] = { 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20 };

static void note_row(struct figures *figures, const char *prefix, const struct bench_row *row)
{
	const struct summary *phases = row->phases;

	figures_set(figures, row->segments, "%s.segments", prefix);
	figures_set(figures, row->commands, "%s.commands", prefix);
	figures_set(figures, phases[PHASE_REQUEST].median, "%s.request_ns", prefix);
	figures_set(figures, (uint64_t)row->throughput_Bps, "%s.throughput", prefix);
	figures_set(figures, phases[PHASE_ALLOC].median, "%s.alloc_ns", prefix);
	figures_set(figures, phases[PHASE_MAP].median, "%s.map_ns", prefix);
	figures_set(figures, phases[PHASE_SYNC].median, "%s.sync_ns", prefix);
	figures_set(figures, phases[PHASE_UNMAP].median, "%s.unmap_ns", prefix);
	figures_set(figures, phases[PHASE_FREE].median, "%s.free_ns", prefix);
	figures_set(figures, phases[PHASE_READ_KERNEL].median, "%s.read_ns", prefix);
}

/* What takes no time can be repeated until its median is worth something */
static uint64_t choose_iterations(const struct device *device, uint64_t bytes)
{
	if (!device->info.command_ns)
		return 30;
	return bytes < LONG_ENOUGH ? 3 : 1;
}

/* From the device, which is read and verified, and to it, for the CPU's writing */
static int measure_size(struct machine *machine, const struct edudma_method_info *method,
			uint64_t bytes, const char *prefix)
{
	struct bench_row from = {
		.method = method, .direction = &directions[EDUDMA_FROM_DEVICE], .bytes = bytes,
		.iterations = choose_iterations(machine->device, bytes),
	};
	struct bench_row to = from;

	to.direction = &directions[EDUDMA_TO_DEVICE];
	if (bench_measure(machine->device, &from, 1) || bench_measure(machine->device, &to, 0))
		return EXIT_FAILURE;
	note_row(&machine->figures, prefix, &from);
	figures_set(&machine->figures, to.phases[PHASE_FILL_KERNEL].median, "%s.write_ns", prefix);
	figures_set(&machine->figures, from.verified && to.verified, "%s.verified", prefix);
	return 0;
}

static const struct edudma_method_info *find_method(const struct machine *machine, const char *name)
{
	for (uint32_t m = 0; m < machine->device->nr_methods; m++)
		if (!strcmp(machine->device->methods[m].name, name))
			return &machine->device->methods[m];
	return NULL;
}

static int measure_methods(struct machine *machine, const char *experiment)
{
	static const char *const methods[] = { "kmalloc", "vmalloc", "coherent" };
	const struct device *device = machine->device;
	size_t nr_sizes = sizeof(sizes) / sizeof(sizes[0]);

	for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++) {
		const struct edudma_method_info *method = find_method(machine, methods[m]);

		if (!method || method->flags & EDUDMA_METHOD_UNREACHABLE)
			return fail("%s: this device does not reach %s", experiment, methods[m]);
		for (size_t s = 0; s < nr_sizes; s++) {
			char prefix[64];

			/* nobody waits minutes for what 64 KiB show as well */
			if (sizes[s] > LONG_ENOUGH && device_is_slow(device, &machine->environment))
				break;
			snprintf(prefix, sizeof(prefix), "%s.%s.%llu", experiment, methods[m],
				 (unsigned long long)sizes[s]);
			progress("%s", prefix);
			if (measure_size(machine, method, sizes[s], prefix))
				return EXIT_FAILURE;
		}
	}
	progress_clear();
	return 0;
}

int measure_dma(struct machine *machine)
{
	return measure_methods(machine, "dma");
}

int measure_iommu(struct machine *machine)
{
	return measure_methods(machine, "iommu");
}

int measure_fast(struct machine *machine)
{
	return measure_methods(machine, "fast");
}

/* Longer than the page allocator's longest piece */
#define BIG (8ULL << 20)

static int measure_big(struct machine *machine, const char *method_name, const char *experiment)
{
	const struct edudma_method_info *method = find_method(machine, method_name);

	if (!method)
		return fail("%s: this driver has no kind of memory called %s", experiment,
			    method_name);
	if (method->max_length < BIG)
		return fail("%s: %s memory ends at %llu bytes", experiment, method_name,
			    (unsigned long long)method->max_length);
	figures_set(&machine->figures, BIG, "%s.bytes", experiment);
	return measure_size(machine, method, BIG, experiment);
}

int measure_cma(struct machine *machine)
{
	return measure_big(machine, "coherent", "cma");
}

int measure_reserved(struct machine *machine)
{
	return measure_big(machine, "reserved", "reserved");
}
