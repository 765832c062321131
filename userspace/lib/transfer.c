// SPDX-License-Identifier: GPL-2.0-only
/* Transfers: describe one, then have it done */
#include "call.h"
#include "edudma.h"

void edudma_prepare_to_device(struct edudma_transfer *transfer,
			      const struct edudma_buffer *src, uint64_t src_offset,
			      uint64_t device_offset, uint64_t length)
{
	*transfer = (struct edudma_transfer){
		.op = EDUDMA_TO_DEVICE,
		.src = src->handle,
		.src_offset = src_offset,
		.device_offset = device_offset,
		.length = length,
	};
}

void edudma_prepare_from_device(struct edudma_transfer *transfer,
				const struct edudma_buffer *dst, uint64_t dst_offset,
				uint64_t device_offset, uint64_t length)
{
	*transfer = (struct edudma_transfer){
		.op = EDUDMA_FROM_DEVICE,
		.dst = dst->handle,
		.dst_offset = dst_offset,
		.device_offset = device_offset,
		.length = length,
	};
}

void edudma_prepare_copy(struct edudma_transfer *transfer,
			 const struct edudma_buffer *src, uint64_t src_offset,
			 const struct edudma_buffer *dst, uint64_t dst_offset,
			 uint64_t length)
{
	*transfer = (struct edudma_transfer){
		.op = EDUDMA_COPY,
		.src = src->handle,
		.dst = dst->handle,
		.src_offset = src_offset,
		.dst_offset = dst_offset,
		.length = length,
	};
}

int edudma_transfer(int fd, struct edudma_transfer *transfer)
{
	return edudma_call(fd, EDUDMA_TRANSFER, transfer);
}
