// SPDX-License-Identifier: GPL-2.0-only
#include "onboard.h"

#include "number.h"

int onboard_open(struct ring *ring, const struct device *device,
		 const struct edudma_method_info *method, uint64_t device_offset,
		 uint64_t length, uint64_t guard)
{
	uint64_t onboard = device->info.device_bytes;
	uint64_t most = method->max_length;

	guard = least(guard, (most - least(length, most)) / 2);
	if (length + 2 * guard < onboard)
		*ring = (struct ring){
			.start = (device_offset + onboard - guard) % onboard,
			.lead = guard,
		};
	else
		*ring = (struct ring){ .start = 0, .lead = device_offset };
	return area_open(&ring->area, device->fd, method->index, least(length + 2 * guard, onboard));
}

static int fill(struct area *area, const struct pattern *pattern)
{
	int error = area_begin(area, EDUDMA_SYNC_WRITE, NULL);

	if (error)
		return error;
	pattern_fill(pattern, 0, area->bytes, area->buffer.length);
	return area_end(area, EDUDMA_SYNC_WRITE, NULL);
}

int onboard_write(struct ring *ring, const struct pattern *pattern)
{
	struct edudma_buffer *buffer = &ring->area.buffer;
	struct edudma_transfer transfer;
	int error = fill(&ring->area, pattern);

	if (error)
		return error;
	edudma_prepare_to_device(&transfer, buffer, 0, ring->start, buffer->length);
	return edudma_transfer(ring->area.fd, &transfer);
}

int onboard_read(struct ring *ring)
{
	const struct pattern unread = { .key = UINT64_MAX, .poison = true };
	struct edudma_buffer *buffer = &ring->area.buffer;
	struct edudma_transfer transfer;
	int error = fill(&ring->area, &unread);

	if (error)
		return error;
	edudma_prepare_from_device(&transfer, buffer, 0, ring->start, buffer->length);
	return edudma_transfer(ring->area.fd, &transfer);
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

bool onboard_check_to(const uint8_t *ring, size_t size, uint64_t lead, uint64_t length,
		      const struct pattern *src, uint64_t src_offset,
		      const struct pattern *before, struct mismatch *mismatch)
{
	uint64_t visible = least(length, size);
	uint64_t hidden = length - visible;
	uint64_t first = (lead + hidden) % size;
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
			size_t size, uint64_t lead, struct mismatch *mismatch)
{
	for (uint64_t done = 0, n; done < length; done += n) {
		uint64_t place = (lead + done) % size;

		n = least(length - done, size - place);
		if (!check_at(onboard, place, bytes, done, n, mismatch))
			return false;
	}
	return true;
}

void onboard_fill_from(uint8_t *bytes, uint64_t length, const struct pattern *onboard,
		       size_t size, uint64_t lead)
{
	for (uint64_t done = 0, n; done < length; done += n) {
		uint64_t place = (lead + done) % size;

		n = least(length - done, size - place);
		pattern_fill(onboard, place, bytes + done, n);
	}
}
