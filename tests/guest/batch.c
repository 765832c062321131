// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "batch.h"

struct edudma_ring *open_ring(int fd)
{
	struct edudma_ring_setup setup = { .entries = 64, .eventfd = -1 };
	void *ring;

	ASSERT_OK(ioctl(fd, EDUDMA_RING, &setup));
	ring = mmap(NULL, setup.mmap_length, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, setup.mmap_offset);
	ASSERT(ring != MAP_FAILED);
	return ring;
}

long submit(int fd, const struct edudma_entry *entries, unsigned int count)
{
	struct edudma_submit batch = { .entries = (uintptr_t)entries, .count = count };

	if (ioctl(fd, EDUDMA_SUBMIT, &batch))
		return -1;
	ASSERT_EQ(batch.submitted, count);
	return 0;
}

struct edudma_completion next_completion(struct edudma_ring *ring)
{
	struct edudma_completion completion;

	for (unsigned int tries = 0; ring->head == __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
	     tries++) {
		ASSERT(tries < 60000);
		usleep(1000);
	}
	completion = ring->completions[ring->head & ring->mask];
	__atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
	return completion;
}
