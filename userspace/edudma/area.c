// SPDX-License-Identifier: GPL-2.0-only
#include "area.h"

#include <stddef.h>

#include "now.h"

int area_open(struct area *area, int fd, uint32_t method, uint64_t length)
{
	uint64_t start;
	void *address;
	int error;

	*area = (struct area){ .fd = fd };
	error = edudma_buffer_alloc(fd, method, length, &area->buffer);
	if (error)
		return error;
	start = now_ns();
	error = edudma_buffer_map(fd, &area->buffer, true, &address);
	area->mmap_ns = now_ns() - start;
	if (error) {
		edudma_buffer_free(fd, &area->buffer);
		return error;
	}
	area->bytes = address;
	return 0;
}

int area_close(struct area *area)
{
	int error = 0;

	if (area->bytes)
		error = edudma_buffer_unmap(&area->buffer, area->bytes);
	area->bytes = NULL;
	if (!error && area->buffer.handle)
		error = edudma_buffer_free(area->fd, &area->buffer);
	return error;
}

int area_begin(struct area *area, uint32_t sync_flags, uint64_t *sync_ns)
{
	uint64_t ns = 0;
	int error = edudma_sync_begin(area->fd, &area->buffer, sync_flags, 0,
				      area->buffer.length, &ns);

	if (sync_ns)
		*sync_ns += ns;
	return error;
}

int area_end(struct area *area, uint32_t sync_flags, uint64_t *sync_ns)
{
	uint64_t ns = 0;
	int error = edudma_sync_end(area->fd, &area->buffer, sync_flags, 0,
				    area->buffer.length, &ns);

	if (sync_ns)
		*sync_ns += ns;
	return error;
}
