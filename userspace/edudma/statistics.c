// SPDX-License-Identifier: GPL-2.0-only
#include "statistics.h"

#include <stdlib.h>

static int ascending(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Nearest rank, of n sorted samples */
static uint64_t percentile(const uint64_t *samples, size_t n, size_t percent)
{
	return samples[(n * percent + 99) / 100 - 1];
}

struct summary summarize(uint64_t *samples, size_t n)
{
	if (!n)
		return (struct summary){ 0 };
	qsort(samples, n, sizeof(*samples), ascending);
	return (struct summary){
		.n = n,
		.min = samples[0],
		.p10 = percentile(samples, n, 10),
		.median = percentile(samples, n, 50),
		.p90 = percentile(samples, n, 90),
		.p99 = n >= P99_SAMPLES ? percentile(samples, n, 99) : 0,
		.max = samples[n - 1],
	};
}
