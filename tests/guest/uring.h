/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef URING_H
#define URING_H

#include <liburing.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "uapi/linux/edudma.h"

/*
 * Fill an entry of a ring with IORING_SETUP_SQE128. Such an entry is twice as long as its
 * type says, so it is written as a whole: a compiler that sees 80 bytes written to
 * @sqe->cmd takes 64 of them to be beyond the entry.
 */
static inline void prepare_transfer(struct io_uring_sqe *sqe, int fd, uint32_t op,
				    const struct edudma_transfer *transfer)
{
	union {
		struct io_uring_sqe narrow;
		struct {
			char head[offsetof(struct io_uring_sqe, cmd)];
			struct edudma_transfer transfer;
		};
	} wide = {
		.narrow = { .opcode = IORING_OP_URING_CMD, .fd = fd, .cmd_op = op }
	};

	_Static_assert(sizeof(wide) == 2 * sizeof(*sqe), "a transfer fills the entry");
	wide.transfer = *transfer;
	memcpy(sqe, &wide, sizeof(wide));
}

#endif /* URING_H */
