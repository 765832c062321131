// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds: a range of a buffer has one owner at a time
 */
#include <linux/list.h>

#include "buffer.h"
#include "device.h"
#include "hold.h"

static bool holds_conflict(const struct edudma_hold *a,
			   const struct edudma_hold *b)
{
	bool overlap = a->offset < b->offset + b->length &&
		       b->offset < a->offset + a->length;

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
int __edudma_hold_take(struct edudma_file *file, struct edudma_hold *hold, u32 handle)
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
