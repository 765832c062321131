/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as people type them, and as they like to read them */
#ifndef EDUDMA_NUMBER_H
#define EDUDMA_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Each wants the whole text to be one number; false, and *value kept, if not */
bool parse_count(const char *text, uint64_t *value);	/* 12, 0x1f */
bool parse_size(const char *text, uint64_t *value);	/* 4095, 64K, 1M, 2G; powers of 1024 */
bool parse_time(const char *text, uint64_t *value);	/* 5s, 250ms, 1.5s; ns; needs a unit */
bool parse_seconds(const char *text, uint64_t *value);	/* 1, 0.3; ns */

static inline uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline double bytes_per_second(uint64_t bytes, uint64_t ns)
{
	return (double)bytes * 1e9 / (double)ns;
}

/* A short text that lives as long as the expression which asked for it */
struct text {
	char s[48];
};

struct text format_size(uint64_t bytes);		/* "4097 B", "64 KiB" */
struct text format_rough_size(uint64_t bytes);		/* "163 MiB" */
struct text format_time(uint64_t ns);			/* "812 ns", "99.1 ms" */
struct text format_rate(double bytes_per_second);	/* "40.9 kB/s" */
struct text format_count(double number);		/* "4.99", "612 k" */
struct text format_number(uint64_t number, const char *unit);	/* "1 byte", "17 bytes" */

#endif /* EDUDMA_NUMBER_H */
