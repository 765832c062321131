/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EDUDMA_NOW_H
#define EDUDMA_NOW_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since some time in the past */
static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif /* EDUDMA_NOW_H */
