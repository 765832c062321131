/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers that are the same for the same seed, everywhere
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* splitmix64: any seed is good, also that of a neighbour */
static inline uint64_t random_number(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static inline uint64_t below(uint64_t *state, uint64_t limit)
{
	return random_number(state) % limit;
}

static inline bool one_in(uint64_t *state, unsigned int n)
{
	return !below(state, n);
}

#endif /* RANDOM_H */
