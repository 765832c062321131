// SPDX-License-Identifier: GPL-2.0-only
#include "pattern.h"

#include <endian.h>
#include <string.h>

#define WORD		sizeof(uint64_t)
#define TOP_BITS	0x8080808080808080ULL

/* Eight bytes of the pattern; any odd multipliers with well mixed bits will do */
static uint64_t pattern_word(const struct pattern *pattern, uint64_t index)
{
	uint64_t word = (index + pattern->key) * 0xd6e8feb86659fd93ULL;

	word = (word ^ word >> 32) * 0xa0761d6478bd642fULL;
	word ^= word >> 29;
	return htole64(pattern->poison ? word | TOP_BITS : word & ~TOP_BITS);
}

/* The bytes at a position, up to the next multiple of a word; returns how many */
static size_t pattern_piece(const struct pattern *pattern, uint64_t position, size_t length,
			    uint8_t piece[WORD])
{
	uint64_t word = pattern_word(pattern, position / WORD);
	size_t skip = position % WORD;
	size_t n = WORD - skip;

	memcpy(piece, (const uint8_t *)&word + skip, n);
	return n < length ? n : length;
}

uint8_t pattern_byte(const struct pattern *pattern, uint64_t position)
{
	uint8_t piece[WORD];

	pattern_piece(pattern, position, 1, piece);
	return piece[0];
}

void pattern_fill(const struct pattern *pattern, uint64_t position, uint8_t *bytes, size_t length)
{
	uint8_t piece[WORD];

	for (size_t done = 0, n; done < length; done += n) {
		n = pattern_piece(pattern, position + done, length - done, piece);
		memcpy(bytes + done, piece, n);
	}
}

bool pattern_check(const struct pattern *pattern, uint64_t position, const uint8_t *bytes,
		   size_t length, struct mismatch *mismatch)
{
	uint8_t piece[WORD];

	for (size_t done = 0, n; done < length; done += n) {
		n = pattern_piece(pattern, position + done, length - done, piece);
		if (!memcmp(bytes + done, piece, n))
			continue;
		for (size_t i = 0; i < n; i++) {
			if (bytes[done + i] == piece[i])
				continue;
			*mismatch = (struct mismatch){
				.offset = done + i,
				.expected = piece[i],
				.got = bytes[done + i],
			};
			return false;
		}
	}
	return true;
}
