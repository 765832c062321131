// SPDX-License-Identifier: GPL-2.0-only
#include "onboard.h"

#include "number.h"

int onboard_write(struct area *ring, const struct pattern *pattern)
{
	struct edudma_transfer transfer;
	uint64_t size = ring->buffer.length;
	int error = area_begin(ring, EDUDMA_SYNC_WRITE, NULL);

	if (error)
		return error;
	pattern_fill(pattern, 0, ring->bytes, size);
	error = area_end(ring, EDUDMA_SYNC_WRITE, NULL);
	if (error)
		return error;
	edudma_prepare_to_device(&transfer, &ring->buffer, 0, 0, size);
	return edudma_transfer(ring->fd, &transfer);
}

int onboard_read(struct area *ring)
{
	const struct pattern unread = { .key = UINT64_MAX, .poison = true };
	struct edudma_transfer transfer;
	uint64_t size = ring->buffer.length;
	int error = area_begin(ring, EDUDMA_SYNC_WRITE, NULL);

	if (error)
		return error;
	pattern_fill(&unread, 0, ring->bytes, size);
	error = area_end(ring, EDUDMA_SYNC_WRITE, NULL);
	if (error)
		return error;
	edudma_prepare_from_device(&transfer, &ring->buffer, 0, 0, size);
	return edudma_transfer(ring->fd, &transfer);
}

/* Compare a piece that begins at an offset, and report mismatches from offset 0 */
static bool check_at(const struct pattern *pattern, uint64_t position, const uint8_t *bytes,
		     uint64_t offset, uint64_t length, struct mismatch *mismatch)
{
	if (pattern_check(pattern, position, bytes + offset, length, mismatch))
		return true;
	mismatch->offset += offset;
	return false;
}

bool onboard_check_to(const uint8_t *ring, size_t size, uint64_t device_offset, uint64_t length,
		      const struct pattern *src, uint64_t src_offset,
		      const struct pattern *before, struct mismatch *mismatch)
{
	uint64_t visible = least(length, size);
	uint64_t hidden = length - visible;
	uint64_t first = (device_offset + hidden) % size;
	uint64_t until_wrap = least(visible, size - first);
	uint64_t wrapped = visible - until_wrap;

	if (!check_at(src, src_offset + hidden, ring, first, until_wrap, mismatch) ||
	    !check_at(src, src_offset + hidden + until_wrap, ring, 0, wrapped, mismatch))
		return false;
	if (!before || visible == size)
		return true;
	/* what is left is one piece if the transfer wrapped, else two */
	if (wrapped)
		return check_at(before, wrapped, ring, wrapped, first - wrapped, mismatch);
	return check_at(before, 0, ring, 0, first, mismatch) &&
	       check_at(before, first + visible, ring, first + visible, size - first - visible,
			mismatch);
}

bool onboard_check_from(const uint8_t *bytes, uint64_t length, const struct pattern *onboard,
			size_t size, uint64_t device_offset, struct mismatch *mismatch)
{
	for (uint64_t done = 0, n; done < length; done += n) {
		uint64_t place = (device_offset + done) % size;

		n = least(length - done, size - place);
		if (!check_at(onboard, place, bytes, done, n, mismatch))
			return false;
	}
	return true;
}
