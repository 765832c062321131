// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"

#include <stdlib.h>

#include "number.h"

#define REFERENCE_BYTES (64 * 1024)

const char *const phase_names[NR_PHASES] = {
	[PHASE_ALLOC] = "alloc_ns",
	[PHASE_MAP] = "map_ns",
	[PHASE_MMAP] = "mmap_ns",
	[PHASE_FILL_KERNEL] = "fill_kernel_ns",
	[PHASE_FILL_USER] = "fill_user_ns",
	[PHASE_SYNC] = "sync_ns",
	[PHASE_REQUEST] = "request_ns",
	[PHASE_QUEUE] = "queue_ns",
	[PHASE_DEVICE] = "device_ns",
	[PHASE_READ_KERNEL] = "read_kernel_ns",
	[PHASE_READ_USER] = "read_user_ns",
	[PHASE_UNMAP] = "unmap_ns",
	[PHASE_FREE] = "free_ns",
	[PHASE_CPU] = "cpu_ns",
	[PHASE_WHOLE] = "whole_ns",
};

void bench_set_rates(struct bench_row *row, uint64_t command_ns)
{
	row->throughput_Bps = bytes_per_second(row->bytes, row->phases[PHASE_REQUEST].median);
	if (!command_ns)
		return;
	row->limit_Bps = bytes_per_second(row->bytes, row->commands * command_ns);
	row->efficiency = row->throughput_Bps / row->limit_Bps;
}

uint64_t bench_cpu_ns(const struct bench_row *row)
{
	return row->phases[PHASE_ALLOC].median + row->phases[PHASE_MAP].median +
	       row->phases[PHASE_SYNC].median + row->phases[PHASE_UNMAP].median +
	       row->phases[PHASE_FREE].median;
}

/* 64 KiB, or the largest that was measured */
uint64_t bench_reference_bytes(const struct bench_result *result)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < result->nr_rows; i++) {
		if (result->rows[i].bytes == REFERENCE_BYTES)
			return REFERENCE_BYTES;
		if (result->rows[i].bytes > largest)
			largest = result->rows[i].bytes;
	}
	return largest;
}

void bench_free(struct bench_result *result)
{
	free(result->rows);
	free(result->cpu_copies);
}
