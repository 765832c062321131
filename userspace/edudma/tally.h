/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting requests without slowing them down
 *
 * Times are added up for every request; for percentiles some are kept, so few
 * that this costs next to nothing. Which ones is left to chance, as requests
 * that are submitted in batches take turns in waiting.
 */
#ifndef EDUDMA_TALLY_H
#define EDUDMA_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "statistics.h"

#define TALLY_SAMPLES 4096

/* The times of a request, which have names in files: "queue_ns", for instance */
enum tally_time {
	TALLY_QUEUE,
	TALLY_DEVICE,
	TALLY_TOTAL,
	TALLY_TIMES
};

extern const char *const tally_names[TALLY_TIMES];

/**
 * struct tally - what one thread counts
 * @started_ns: when it began
 * @ended_ns: when it ended; what was still outstanding then does not count, and
 *	what was outstanding in the beginning does
 * @ops: requests
 * @calls: system calls that submitted them
 * @sums: of their times
 * @gap: requests from one sample to the next, on average
 * @countdown: requests until the next sample
 * @chance: the state of a random generator
 * @nr_samples: how many there are
 * @samples: times of some requests
 */
struct tally {
	uint64_t started_ns;
	uint64_t ended_ns;
	uint64_t ops;
	uint64_t calls;
	uint64_t sums[TALLY_TIMES];
	uint64_t gap;
	uint64_t countdown;
	uint32_t chance;
	uint32_t nr_samples;
	uint64_t samples[TALLY_SAMPLES][TALLY_TIMES];
};

/* Start from zero; some @expected requests will be counted */
void tally_begin(struct tally *tally, uint64_t now, uint64_t expected);

/* Keep the times of a request, if there is room, and choose the next one */
void tally_sample(struct tally *tally, const uint64_t times[TALLY_TIMES]);

/* Is the next request a sample? */
static inline bool tally_is_due(const struct tally *tally)
{
	return tally->countdown == 1;
}

static inline void tally_add(struct tally *tally, uint64_t queue_ns, uint64_t device_ns,
			     uint64_t total_ns)
{
	tally->ops++;
	tally->sums[TALLY_QUEUE] += queue_ns;
	tally->sums[TALLY_DEVICE] += device_ns;
	tally->sums[TALLY_TOTAL] += total_ns;
	if (--tally->countdown == 0)
		tally_sample(tally, (uint64_t[]){ queue_ns, device_ns, total_ns });
}

/**
 * struct tally_sum - the tallies of several threads together
 * @ns: from the first one's beginning to the last one's end
 * @ops: requests
 * @calls: system calls that submitted them
 * @sums: of their times
 * @times: summaries of the samples
 */
struct tally_sum {
	uint64_t ns;
	uint64_t ops;
	uint64_t calls;
	uint64_t sums[TALLY_TIMES];
	struct summary times[TALLY_TIMES];
};

/* False if there is no memory for it. Each thread has had at least one request. */
bool tally_add_up(const struct tally *tallies, size_t n, struct tally_sum *sum);

/* The mean time of a request */
uint64_t tally_mean(const struct tally_sum *sum, enum tally_time time);

#endif /* EDUDMA_TALLY_H */
