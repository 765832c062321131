/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The completion ring of an open file
 */
#ifndef EDUDMA_RING_H
#define EDUDMA_RING_H

#include <linux/poll.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "uapi/linux/edudma.h"

struct edudma_file;
struct eventfd_ctx;
struct vm_area_struct;

/**
 * struct edudma_file_ring - an open file's side of its ring
 * @shared: what user space maps; NULL until EDUDMA_RING, then for ever
 * @bytes: its size, whole pages
 * @entries: its length, a power of two
 * @tail: completions added; under the file's lock, as is the next
 * @notified: the same, when user space was last told
 * @eventfd: told as well; or NULL
 * @wait: who waits for completions
 * @batch: where EDUDMA_SUBMIT copies entries to; NULL while a caller has it
 */
struct edudma_file_ring {
	struct edudma_ring *shared;
	size_t bytes;
	u32 entries;
	u32 tail;
	u32 notified;
	struct eventfd_ctx *eventfd;
	wait_queue_head_t wait;
	struct edudma_entry *batch;
};

void edudma_ring_init(struct edudma_file *file);
void edudma_ring_free(struct edudma_file *file);
int edudma_ring_setup(struct edudma_file *file, void *data);
int edudma_ring_mmap(struct edudma_file *file, struct vm_area_struct *vma);
int edudma_ring_submit(struct edudma_file *file, void *data);
__poll_t edudma_ring_poll(struct edudma_file *file, struct file *filp, poll_table *table);
void edudma_ring_notify(struct edudma_file *file);
void edudma_ring_hang_up(struct edudma_file *file);

#endif /* EDUDMA_RING_H */
