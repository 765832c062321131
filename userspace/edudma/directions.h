/* SPDX-License-Identifier: GPL-2.0-only */
/* The three things that a transfer can do */
#ifndef EDUDMA_DIRECTIONS_H
#define EDUDMA_DIRECTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <edudma.h>

#include "options.h"

#define NR_DIRECTIONS 3

/**
 * struct direction - one of them
 * @name: for people
 * @has_src: it reads a buffer
 * @has_dst: it writes a buffer
 * @prepare: describes the transfer; ignores what the direction has not
 */
struct direction {
	const char *name;
	bool has_src;
	bool has_dst;
	void (*prepare)(struct edudma_transfer *transfer,
			const struct edudma_buffer *src, uint64_t src_offset,
			const struct edudma_buffer *dst, uint64_t dst_offset,
			uint64_t device_offset, uint64_t length);
};

/* From buffer to buffer: on-board memory is not looked at */
static inline bool is_copy(const struct direction *direction)
{
	return direction->has_src && direction->has_dst;
}

/* By enum edudma_op */
extern const struct direction directions[NR_DIRECTIONS];

/* Exits with EXIT_USAGE if a name is unknown */
void directions_check(const char *subcommand, const struct name_list *names);

#endif /* EDUDMA_DIRECTIONS_H */
