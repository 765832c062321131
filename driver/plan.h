/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The planner cuts a transfer into commands.
 *
 * It is pure: it calls nothing, allocates nothing and knows no device. It
 * compiles into the kernel module and into a host program that tests it.
 */
#ifndef EDUDMA_PLAN_H
#define EDUDMA_PLAN_H

#include <linux/types.h>
#ifndef __KERNEL__
#include <stdbool.h>
#endif

#include "uapi/linux/edudma.h"

/**
 * struct edudma_segment - bytes of a buffer that are contiguous for the device
 * @offset: where in the buffer they begin
 * @addr: their bus address
 * @len: how many; never zero
 *
 * A buffer's segments come in the order of @offset, without gaps.
 */
struct edudma_segment {
	__u64 offset;
	__u64 addr;
	__u64 len;
};

/**
 * struct edudma_command - what a device with one command at a time is told
 * @addr: bus address of the memory
 * @device: offset in on-board memory
 * @len: bytes; @device + @len never exceeds the window
 * @to_device: the direction
 */
struct edudma_command {
	__u64 addr;
	__u32 device;
	__u32 len;
	bool to_device;
};

/**
 * struct edudma_cursor - a place in a buffer, and what is still to do there
 * @seg: the segment
 * @pos: bytes of @seg that are behind the cursor
 * @device: the place in on-board memory opposite the cursor
 * @left: bytes to go in this round
 */
struct edudma_cursor {
	const struct edudma_segment *seg;
	__u64 pos;
	__u32 device;
	__u32 left;
};

/**
 * struct edudma_plan - a transfer, half cut
 * @src: where the source goes on
 * @dst: where the destination goes on
 * @left: bytes that no round has taken yet
 * @window: bytes of on-board memory
 * @device: where in on-board memory the next round begins
 * @reads: memory is read (TO_DEVICE and COPY)
 * @writes: memory is written (FROM_DEVICE and COPY)
 *
 * A round fills on-board memory once: it brings in what the source has for it,
 * then takes out what the destination wants. Cutting each side by its own
 * segments only makes a copy between different layouts cost no more commands
 * than its two halves.
 */
struct edudma_plan {
	struct edudma_cursor src;
	struct edudma_cursor dst;
	__u64 left;
	__u32 window;
	__u32 device;
	bool reads;
	bool writes;
};

/**
 * struct edudma_range - a part of a mapped buffer
 * @segs: the buffer's segments
 * @nr_segs: how many
 * @offset: the part's first byte
 */
struct edudma_range {
	const struct edudma_segment *segs;
	unsigned int nr_segs;
	__u64 offset;
};

const struct edudma_segment *
edudma_find_segment(const struct edudma_segment *segs, unsigned int nr_segs,
		    __u64 offset);
unsigned int edudma_count_segments(const struct edudma_range *range, __u64 length);
void edudma_plan_init(struct edudma_plan *plan, enum edudma_op op,
		      const struct edudma_range *src,
		      const struct edudma_range *dst,
		      __u64 length, __u32 device_offset, __u32 window);
bool edudma_plan_next(struct edudma_plan *plan, struct edudma_command *cmd);

#endif /* EDUDMA_PLAN_H */
