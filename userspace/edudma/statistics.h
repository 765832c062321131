/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EDUDMA_STATISTICS_H
#define EDUDMA_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#define P99_SAMPLES 100		/* with fewer, the 99th percentile is the maximum */

/**
 * struct summary - what is worth knowing about some samples
 * @n: how many there were; with none the rest is zero
 * @min: the smallest
 * @p10: the smallest that 10 % do not exceed
 * @median: the smallest that at least half of them do not exceed
 * @p90: the smallest that 90 % do not exceed; the maximum of fewer than ten
 * @p99: the smallest that 99 % do not exceed; zero below %P99_SAMPLES
 * @max: the largest
 *
 * Each figure is one of the samples, never a mean of two.
 */
struct summary {
	size_t n;
	uint64_t min;
	uint64_t p10;
	uint64_t median;
	uint64_t p90;
	uint64_t p99;
	uint64_t max;
};

/* Sorts the samples */
struct summary summarize(uint64_t *samples, size_t n);

#endif /* EDUDMA_STATISTICS_H */
