/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * On-board memory, which only transfers reach
 *
 * Transfers use it in a circle: byte k of one is at (device_offset + k) modulo
 * its size. A ring is a buffer to write and read the part of it that a transfer
 * is about to use: all of it, or less where there is much of it. In both cases
 * byte k of the transfer is at (lead + k) modulo the ring's length.
 */
#ifndef EDUDMA_ONBOARD_H
#define EDUDMA_ONBOARD_H

#include "area.h"
#include "device.h"
#include "pattern.h"

/**
 * struct ring - a part of on-board memory, as a circle
 * @area: the buffer for its bytes
 * @start: where the part begins in on-board memory
 * @lead: where in the part the transfer begins
 */
struct ring {
	struct area area;
	uint64_t start;
	uint64_t lead;
};

/**
 * onboard_open() - get ready to write and read what a transfer will use
 * @ring: filled in; area_close() of its area ends it
 * @device: where
 * @method: kind of memory of the buffer, which may be as long as @length
 * @device_offset: where the transfer begins
 * @length: the transfer's bytes
 * @guard: bytes before and after it to be looked at, too, as far as a buffer goes
 *
 * Return: 0 or a negative errno.
 */
int onboard_open(struct ring *ring, const struct device *device,
		 const struct edudma_method_info *method, uint64_t device_offset,
		 uint64_t length, uint64_t guard);

/* Give that part of on-board memory a pattern; 0 or a negative errno */
int onboard_write(struct ring *ring, const struct pattern *pattern);

/* Read it into the ring's area; 0 or a negative errno */
int onboard_read(struct ring *ring);

/**
 * onboard_check_to() - does on-board memory hold what a transfer sent there?
 * @ring: content of the ring
 * @size: how much that is
 * @lead: where in it the transfer began
 * @length: the transfer's bytes; of a longer one the last @size are checked
 * @src: the source's pattern
 * @src_offset: the transfer's first byte in the source
 * @before: what was there before and must still be around the transfer; NULL
 *	if that does not matter
 * @mismatch: where not, as an offset in the ring
 */
bool onboard_check_to(const uint8_t *ring, size_t size, uint64_t lead, uint64_t length,
		      const struct pattern *src, uint64_t src_offset,
		      const struct pattern *before, struct mismatch *mismatch);

/**
 * onboard_check_from() - did a destination get what is in on-board memory?
 * @bytes: the destination
 * @length: the transfer's bytes
 * @onboard: the pattern that the ring has
 * @size: how long the ring is
 * @lead: where in it the transfer began
 * @mismatch: where not, as an offset from @bytes
 */
bool onboard_check_from(const uint8_t *bytes, uint64_t length, const struct pattern *onboard,
			size_t size, uint64_t lead, struct mismatch *mismatch);

/* Give bytes what a transfer from on-board memory would bring, as above */
void onboard_fill_from(uint8_t *bytes, uint64_t length, const struct pattern *onboard,
		       size_t size, uint64_t lead);

#endif /* EDUDMA_ONBOARD_H */
