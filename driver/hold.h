/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: who owns which range of a buffer
 */
#ifndef EDUDMA_HOLD_H
#define EDUDMA_HOLD_H

#include <linux/list.h>
#include <linux/types.h>

struct edudma_buffer;
struct edudma_file;

/**
 * struct edudma_hold - a range of a buffer in use
 * @node: in the buffer's holds; under the file's lock
 * @buf: the buffer, which cannot be freed meanwhile
 * @offset: first byte
 * @length: bytes
 * @cpu: the CPU has it; else the device
 * @writes: it is written, else only read
 * @sync: EDUDMA_SYNC_* if user space has borrowed it, else 0
 */
struct edudma_hold {
	struct hlist_node node;
	struct edudma_buffer *buf;
	u64 offset;
	u64 length;
	bool cpu;
	bool writes;
	u32 sync;
};

/* Under the file's lock: give back a range that __edudma_hold_take() took. */
static inline void __edudma_hold_drop(struct edudma_hold *hold)
{
	hlist_del(&hold->node);
}

int __edudma_hold_take(struct edudma_file *file, struct edudma_hold *hold, u32 handle);

#endif /* EDUDMA_HOLD_H */
