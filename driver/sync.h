/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU's turn with a buffer
 */
#ifndef EDUDMA_SYNC_H
#define EDUDMA_SYNC_H

struct edudma_file;

int edudma_buffer_sync(struct edudma_file *file, void *data);
int edudma_buffer_cpu(struct edudma_file *file, void *data);

#endif /* EDUDMA_SYNC_H */
