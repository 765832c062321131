// SPDX-License-Identifier: GPL-2.0-only
#include "directions.h"

#include <string.h>

#include "say.h"

static void prepare_to(struct edudma_transfer *transfer,
		       const struct edudma_buffer *src, uint64_t src_offset,
		       const struct edudma_buffer *dst, uint64_t dst_offset,
		       uint64_t device_offset, uint64_t length)
{
	(void)dst;
	(void)dst_offset;
	edudma_prepare_to_device(transfer, src, src_offset, device_offset, length);
}

static void prepare_from(struct edudma_transfer *transfer,
			 const struct edudma_buffer *src, uint64_t src_offset,
			 const struct edudma_buffer *dst, uint64_t dst_offset,
			 uint64_t device_offset, uint64_t length)
{
	(void)src;
	(void)src_offset;
	edudma_prepare_from_device(transfer, dst, dst_offset, device_offset, length);
}

static void prepare_copy(struct edudma_transfer *transfer,
			 const struct edudma_buffer *src, uint64_t src_offset,
			 const struct edudma_buffer *dst, uint64_t dst_offset,
			 uint64_t device_offset, uint64_t length)
{
	(void)device_offset;
	edudma_prepare_copy(transfer, src, src_offset, dst, dst_offset, length);
}

const struct direction directions[NR_DIRECTIONS] = {
	[EDUDMA_TO_DEVICE] = { "to", true, false, prepare_to },
	[EDUDMA_FROM_DEVICE] = { "from", false, true, prepare_from },
	[EDUDMA_COPY] = { "copy", true, true, prepare_copy },
};

void directions_check(const char *subcommand, const struct name_list *names)
{
	for (size_t i = 0; i < names->n; i++) {
		bool known = false;

		for (size_t d = 0; d < NR_DIRECTIONS; d++)
			known |= !strcmp(names->names[i], directions[d].name);
		if (!known)
			bad_usage(subcommand, "no direction is called '%s'; there are to, from "
				  "and copy", names->names[i]);
	}
}
