/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asynchronous transfers
 */
#ifndef EDUDMA_URING_H
#define EDUDMA_URING_H

struct edudma_file;
struct io_uring_cmd;

int edudma_uring_submit(struct edudma_file *file, struct io_uring_cmd *cmd,
			unsigned int issue_flags);

#endif /* EDUDMA_URING_H */
