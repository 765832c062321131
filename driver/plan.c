// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner: an iterator over (source, destination, window) that gives the
 * next command. It walks DMA segments, never pages, because an IOMMU merges
 * pages into longer segments.
 */
#include "plan.h"

/* The kernel's min() is not there on the host. */
static __u64 smaller(__u64 a, __u64 b)
{
	if (a < b)
		return a;
	return b;
}

/**
 * edudma_find_segment - find the segment that holds a byte
 * @segs: a buffer's segments
 * @nr_segs: how many; not zero
 * @offset: the byte; must lie within the buffer
 *
 * Context: any.
 * Return: the segment.
 */
const struct edudma_segment *
edudma_find_segment(const struct edudma_segment *segs, unsigned int nr_segs,
		    __u64 offset)
{
	unsigned int low = 0, high = nr_segs;

	while (high - low > 1) {
		unsigned int mid = low + (high - low) / 2;

		if (segs[mid].offset <= offset)
			low = mid;
		else
			high = mid;
	}
	return &segs[low];
}

/**
 * edudma_count_segments - count the segments that a range touches
 * @range: where the range begins
 * @length: its length in bytes; not zero, and within the buffer
 *
 * Context: any.
 * Return: the number of segments, at least 1.
 */
unsigned int edudma_count_segments(const struct edudma_range *range, __u64 length)
{
	const struct edudma_segment *first, *last;

	first = edudma_find_segment(range->segs, range->nr_segs, range->offset);
	last = edudma_find_segment(range->segs, range->nr_segs,
				   range->offset + length - 1);
	return last - first + 1;
}

static void cursor_init(struct edudma_cursor *cursor,
			const struct edudma_range *range)
{
	cursor->seg = edudma_find_segment(range->segs, range->nr_segs,
					  range->offset);
	cursor->pos = range->offset - cursor->seg->offset;
}

/*
 * Take the longest command that stays in one segment. The step into the next
 * segment waits until it is known that there is one.
 */
static void cursor_take(struct edudma_cursor *cursor, struct edudma_command *cmd)
{
	__u64 here;

	if (cursor->pos == cursor->seg->len) {
		cursor->seg++;
		cursor->pos = 0;
	}
	here = cursor->seg->len - cursor->pos;

	cmd->addr = cursor->seg->addr + cursor->pos;
	cmd->device = cursor->device;
	cmd->len = smaller(here, cursor->left);

	cursor->pos += cmd->len;
	cursor->device += cmd->len;
	cursor->left -= cmd->len;
}

static void cursor_begin_round(struct edudma_cursor *cursor, __u32 device,
			       __u32 bytes)
{
	cursor->device = device;
	cursor->left = bytes;
}

/**
 * edudma_plan_init - begin to cut a transfer
 * @plan: the plan
 * @op: the operation
 * @src: where the source begins; NULL for FROM_DEVICE
 * @dst: where the destination begins; NULL for TO_DEVICE
 * @length: bytes; not zero, and within both buffers
 * @device_offset: where in on-board memory to begin; below @window
 * @window: bytes of on-board memory; not zero
 *
 * The segments must stay as they are until the plan has been walked.
 *
 * Context: any.
 */
void edudma_plan_init(struct edudma_plan *plan, enum edudma_op op,
		      const struct edudma_range *src,
		      const struct edudma_range *dst,
		      __u64 length, __u32 device_offset, __u32 window)
{
	*plan = (struct edudma_plan) {
		.left = length,
		.window = window,
		.device = device_offset,
		.reads = op != EDUDMA_FROM_DEVICE,
		.writes = op != EDUDMA_TO_DEVICE,
	};
	if (plan->reads)
		cursor_init(&plan->src, src);
	if (plan->writes)
		cursor_init(&plan->dst, dst);
}

static void plan_begin_round(struct edudma_plan *plan)
{
	__u32 room = plan->window - plan->device;
	__u32 bytes = smaller(plan->left, room);

	if (plan->reads)
		cursor_begin_round(&plan->src, plan->device, bytes);
	if (plan->writes)
		cursor_begin_round(&plan->dst, plan->device, bytes);
	plan->left -= bytes;
	plan->device = 0;
}

/**
 * edudma_plan_next - cut off the next command
 * @plan: the plan
 * @cmd: where to put it
 *
 * Context: any.
 * Return: true, or false when the transfer is complete.
 */
bool edudma_plan_next(struct edudma_plan *plan, struct edudma_command *cmd)
{
	if (!plan->src.left && !plan->dst.left && plan->left)
		plan_begin_round(plan);

	if (plan->src.left) {
		cmd->to_device = true;
		cursor_take(&plan->src, cmd);
		return true;
	}
	if (plan->dst.left) {
		cmd->to_device = false;
		cursor_take(&plan->dst, cmd);
		return true;
	}
	return false;
}
