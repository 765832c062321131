/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPU's turn with a buffer
 */
#ifndef EDUDMA_SYNC_H
#define EDUDMA_SYNC_H

struct edudma_cpu;
struct edudma_file;
struct edudma_sync;

int edudma_buffer_sync(struct edudma_file *file, struct edudma_sync *arg);
int edudma_buffer_cpu(struct edudma_file *file, struct edudma_cpu *arg);

#endif /* EDUDMA_SYNC_H */
