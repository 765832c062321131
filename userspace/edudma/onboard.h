/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * On-board memory, which only transfers reach
 *
 * Transfers use it in a circle: byte k of one is at (device_offset + k) modulo
 * its size. A ring is an area of exactly that size, to write and read it whole.
 */
#ifndef EDUDMA_ONBOARD_H
#define EDUDMA_ONBOARD_H

#include "area.h"
#include "pattern.h"

/* Give all of on-board memory a pattern; 0 or a negative errno */
int onboard_write(struct area *ring, const struct pattern *pattern);

/* Read all of it into the ring; 0 or a negative errno */
int onboard_read(struct area *ring);

/**
 * onboard_check_to() - does on-board memory hold what a transfer sent there?
 * @ring: its content
 * @size: how much that is
 * @device_offset: where the transfer began
 * @length: the transfer's bytes; of a longer one the last @size are checked
 * @src: the source's pattern
 * @src_offset: the transfer's first byte in the source
 * @before: what was there before and must still be around the transfer; NULL
 *	if that does not matter
 * @mismatch: where not, as an offset in on-board memory
 */
bool onboard_check_to(const uint8_t *ring, size_t size, uint64_t device_offset, uint64_t length,
		      const struct pattern *src, uint64_t src_offset,
		      const struct pattern *before, struct mismatch *mismatch);

/**
 * onboard_check_from() - did a destination get what is in on-board memory?
 * @bytes: the destination
 * @length: the transfer's bytes
 * @onboard: the pattern that on-board memory has
 * @size: how much of it there is
 * @device_offset: where the transfer began
 * @mismatch: where not, as an offset from @bytes
 */
bool onboard_check_from(const uint8_t *bytes, uint64_t length, const struct pattern *onboard,
			size_t size, uint64_t device_offset, struct mismatch *mismatch);

#endif /* EDUDMA_ONBOARD_H */
