// SPDX-License-Identifier: GPL-2.0-only
/* Transfers that nobody waits for: batches go in by a call, completions come back in memory */
#include <stddef.h>
#include <sys/mman.h>

#include "call.h"
#include "edudma.h"

int edudma_queue_init(int fd, uint32_t entries, int eventfd, struct edudma_queue *queue)
{
	struct edudma_ring_setup setup = { .entries = entries, .eventfd = eventfd };
	int error = edudma_call(fd, EDUDMA_RING, &setup);
	void *mapped;

	if (error)
		return error;
	mapped = mmap(NULL, setup.mmap_length, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		      (off_t)setup.mmap_offset);
	if (mapped == MAP_FAILED)
		return -errno;
	*queue = (struct edudma_queue){
		.fd = fd,
		.entries = setup.entries,
		.length = setup.mmap_length,
		.ring = mapped,
	};
	return 0;
}

int edudma_queue_exit(struct edudma_queue *queue)
{
	int error = munmap(queue->ring, queue->length) < 0 ? -errno : 0;

	queue->ring = NULL;
	return error;
}

void edudma_prepare_entry(struct edudma_entry *entry, const struct edudma_transfer *transfer,
			  uint64_t user_data)
{
	*entry = (struct edudma_entry){
		.op = transfer->op,
		.flags = transfer->flags,
		.src = transfer->src,
		.dst = transfer->dst,
		.src_offset = transfer->src_offset,
		.dst_offset = transfer->dst_offset,
		.length = transfer->length,
		.device_offset = transfer->device_offset,
		.user_data = user_data,
	};
}

int edudma_submit(const struct edudma_queue *queue, const struct edudma_entry *entries,
		  uint32_t count, uint32_t min_complete, uint64_t timeout_ns)
{
	struct edudma_submit submit = {
		.entries = (uintptr_t)entries,
		.count = count,
		.min_complete = min_complete,
		.timeout_ns = timeout_ns,
	};
	int error = edudma_call(queue->fd, EDUDMA_SUBMIT, &submit);

	return error ? error : (int)submit.submitted;
}

uint32_t edudma_reap(const struct edudma_queue *queue, struct edudma_completion *completions,
		     uint32_t max)
{
	struct edudma_ring *ring = queue->ring;
	uint32_t mask = queue->entries - 1;
	uint32_t head = ring->head;
	uint32_t n = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) - head;

	if (n > max)
		n = max;
	for (uint32_t i = 0; i < n; i++)
		completions[i] = ring->completions[(head + i) & mask];
	__atomic_store_n(&ring->head, head + n, __ATOMIC_RELEASE);
	return n;
}
