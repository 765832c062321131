/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many transfers in flight from one thread, and their completions
 */
#ifndef BATCH_H
#define BATCH_H

#include "device.h"

/* Get a ring for @fd's completions. */
struct edudma_ring *open_ring(int fd);
/* Returns EDUDMA_SUBMIT's result: -1, or 0 if all were submitted. */
long submit(int fd, const struct edudma_entry *entries, unsigned int count);
/* Consume the next completion; waits for it at most a minute. */
struct edudma_completion next_completion(struct edudma_ring *ring);

#endif /* BATCH_H */
