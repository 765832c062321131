// SPDX-License-Identifier: GPL-2.0-only
#include "tally.h"

#include <stdlib.h>

const char *const tally_names[TALLY_TIMES] = {
	[TALLY_QUEUE] = "queue_ns",
	[TALLY_DEVICE] = "device_ns",
	[TALLY_TOTAL] = "total_ns",
};

/* Marsaglia's xorshift: short, and random enough to fall out of step */
static uint32_t draw(struct tally *tally)
{
	tally->chance ^= tally->chance << 13;
	tally->chance ^= tally->chance >> 17;
	tally->chance ^= tally->chance << 5;
	return tally->chance;
}

/* From 1 to twice the mean, so that the mean is what it should be */
static void choose_next(struct tally *tally)
{
	tally->countdown = 1 + draw(tally) % (2 * tally->gap - 1);
}

void tally_begin(struct tally *tally, uint64_t now, uint64_t expected)
{
	/* room for twice as many as expected */
	*tally = (struct tally){
		.started_ns = now,
		.gap = 1 + expected / (TALLY_SAMPLES / 2),
		.chance = 1,
	};
	choose_next(tally);
}

void tally_sample(struct tally *tally, const uint64_t times[TALLY_TIMES])
{
	choose_next(tally);
	if (tally->nr_samples == TALLY_SAMPLES)
		return;
	for (size_t t = 0; t < TALLY_TIMES; t++)
		tally->samples[tally->nr_samples][t] = times[t];
	tally->nr_samples++;
}

static void summarize_times(const struct tally *tallies, size_t n, struct tally_sum *sum,
			    uint64_t *column)
{
	for (size_t t = 0; t < TALLY_TIMES; t++) {
		size_t used = 0;

		for (size_t i = 0; i < n; i++)
			for (size_t s = 0; s < tallies[i].nr_samples; s++)
				column[used++] = tallies[i].samples[s][t];
		sum->times[t] = summarize(column, used);
	}
}

bool tally_add_up(const struct tally *tallies, size_t n, struct tally_sum *sum)
{
	uint64_t *column = calloc(n, TALLY_SAMPLES * sizeof(*column));
	uint64_t started_ns = tallies[0].started_ns;
	uint64_t ended_ns = tallies[0].ended_ns;

	if (!column)
		return false;
	*sum = (struct tally_sum){ 0 };
	for (size_t i = 0; i < n; i++) {
		const struct tally *tally = &tallies[i];

		if (tally->started_ns < started_ns)
			started_ns = tally->started_ns;
		if (tally->ended_ns > ended_ns)
			ended_ns = tally->ended_ns;
		sum->ops += tally->ops;
		sum->calls += tally->calls;
		for (size_t t = 0; t < TALLY_TIMES; t++)
			sum->sums[t] += tally->sums[t];
	}
	sum->ns = ended_ns - started_ns;
	summarize_times(tallies, n, sum, column);
	free(column);
	return true;
}

uint64_t tally_mean(const struct tally_sum *sum, enum tally_time time)
{
	return (sum->sums[time] + sum->ops / 2) / sum->ops;
}
