/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that know where they belong
 *
 * A byte of a pattern depends on its position and on the pattern's key, so that
 * a chunk which was shifted, repeated, swapped or taken from another buffer
 * does not match where it ended up. The top bit tells data from poison, so that
 * a byte which nobody wrote is never taken for one that arrived.
 */
#ifndef EDUDMA_PATTERN_H
#define EDUDMA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pattern {
	uint64_t key;
	bool poison;
};

/**
 * struct mismatch - the first byte that is not what it should be
 * @offset: where, from the start of what was compared
 * @expected: what should be there
 * @got: what is there
 */
struct mismatch {
	size_t offset;
	uint8_t expected;
	uint8_t got;
};

/* The byte of a pattern at a position */
uint8_t pattern_byte(const struct pattern *pattern, uint64_t position);

/* Write the pattern's bytes from a position on */
void pattern_fill(const struct pattern *pattern, uint64_t position, uint8_t *bytes, size_t length);

/* Compare with the pattern's bytes from a position on; true: all the same */
bool pattern_check(const struct pattern *pattern, uint64_t position, const uint8_t *bytes,
		   size_t length, struct mismatch *mismatch);

#endif /* EDUDMA_PATTERN_H */
