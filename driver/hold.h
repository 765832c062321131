/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: a range of a buffer has one owner at a time
 *
 * All of it is inline: each request takes and gives back one or two.
 */
#ifndef EDUDMA_HOLD_H
#define EDUDMA_HOLD_H

#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/types.h>

#include "buffer.h"

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

/*
 * Where DMA is not coherent, caches are written back and invalidated by whole lines. So the
 * CPU shares no line of a buffer: neither with the device, nor with another of its holds.
 */
static inline bool holds_conflict(const struct edudma_hold *a,
				  const struct edudma_hold *b)
{
	u64 line = (a->cpu || b->cpu) && !a->buf->ops->coherent ? dma_get_cache_alignment() : 1;
	bool overlap = round_down(a->offset, line) < round_up(b->offset + b->length, line) &&
		       round_down(b->offset, line) < round_up(a->offset + a->length, line);

	return overlap && (a->writes || b->writes || a->cpu != b->cpu);
}

/**
 * __edudma_hold_take - make a range one's own
 * @file: the open file
 * @hold: its @offset, @length, @cpu and @writes say what for
 * @handle: the buffer
 *
 * Ranges that overlap are refused, except for two that the same side only reads.
 *
 * Context: under the file's lock.
 * Return: 0, -ENOENT, -EINVAL if the range is not in the buffer, or -EBUSY.
 */
static inline int __edudma_hold_take(struct edudma_file *file, struct edudma_hold *hold,
				     u32 handle)
{
	struct edudma_hold *other;

	hold->buf = edudma_find_buffer(file, handle);
	if (!hold->buf)
		return -ENOENT;
	if (!edudma_range_is_inside(hold->offset, hold->length, hold->buf->length))
		return -EINVAL;
	hlist_for_each_entry(other, &hold->buf->holds, node) {
		if (holds_conflict(hold, other))
			return -EBUSY;
	}
	hlist_add_head(&hold->node, &hold->buf->holds);
	return 0;
}

/* Under the file's lock: give back a range that __edudma_hold_take() took. */
static inline void __edudma_hold_drop(struct edudma_hold *hold)
{
	hlist_del(&hold->node);
}

#endif /* EDUDMA_HOLD_H */
