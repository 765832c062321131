// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"

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
};
