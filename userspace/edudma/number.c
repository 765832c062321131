// SPDX-License-Identifier: GPL-2.0-only
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define NS_PER_S 1000000000ULL

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "K", 1ULL << 10 },
	{ "KiB", 1ULL << 10 },
	{ "M", 1ULL << 20 },
	{ "MiB", 1ULL << 20 },
	{ "G", 1ULL << 30 },
	{ "GiB", 1ULL << 30 },
};

static const struct unit time_units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", NS_PER_S },
};

/* Signs and leading blanks, which strtoull() lets pass, are no numbers here */
static bool parse_digits(const char *text, uint64_t *value, const char **end)
{
	char *rest;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &rest, 0);
	*end = rest;
	return !errno;
}

static const struct unit *find_unit(const struct unit *units, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcasecmp(units[i].name, name))
			return &units[i];
	return NULL;
}

bool parse_count(const char *text, uint64_t *value)
{
	const char *end;
	uint64_t count;

	if (!parse_digits(text, &count, &end) || *end)
		return false;
	*value = count;
	return true;
}

bool parse_size(const char *text, uint64_t *value)
{
	const struct unit *unit;
	const char *end;
	uint64_t size;

	if (!parse_digits(text, &size, &end))
		return false;
	unit = find_unit(size_units, sizeof(size_units) / sizeof(size_units[0]), end);
	if (!unit || __builtin_mul_overflow(size, unit->factor, &size))
		return false;
	*value = size;
	return true;
}

static bool parse_decimal(const char *text, double *value, char **end)
{
	if (!isdigit((unsigned char)*text))
		return false;
	*value = strtod(text, end);
	return true;
}

static bool set_ns(uint64_t *ns, double value)
{
	/* 2^63 ns are 292 years, and the conversion below is exact enough there */
	if (!(value < 0x1p63))
		return false;
	*ns = (uint64_t)(value + 0.5);
	return true;
}

bool parse_time(const char *text, uint64_t *value)
{
	const struct unit *unit;
	double time;
	char *end;

	if (!parse_decimal(text, &time, &end))
		return false;
	unit = find_unit(time_units, sizeof(time_units) / sizeof(time_units[0]), end);
	return unit && set_ns(value, time * (double)unit->factor);
}

bool parse_seconds(const char *text, uint64_t *value)
{
	double seconds;
	char *end;

	return parse_decimal(text, &seconds, &end) && !*end && set_ns(value, seconds * 1e9);
}

/* Three significant digits and a unit */
static struct text format_scaled(double value, const char *const *units, size_t n, double step)
{
	struct text text;
	size_t i = 0;

	/* 999.5 would print as 1000 */
	while (i + 1 < n && value >= 0.9995 * step) {
		value /= step;
		i++;
	}
	snprintf(text.s, sizeof(text.s), "%.*f%s%s",
		 i == 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value,
		 *units[i] ? " " : "", units[i]);
	return text;
}

struct text format_time(uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };

	return format_scaled((double)ns, units, 4, 1000);
}

struct text format_rate(double bytes_per_second)
{
	static const char *const units[] = { "B/s", "kB/s", "MB/s", "GB/s" };

	return format_scaled(bytes_per_second, units, 4, 1000);
}

struct text format_count(double number)
{
	static const char *const units[] = { "", "k", "M", "G" };
	struct text text;

	if (number < 99.5) {
		snprintf(text.s, sizeof(text.s), "%.2f", number);
		return text;
	}
	return format_scaled(number, units, 4, 1000);
}

/* Exact: a size that is not a whole number of a larger unit stays in bytes */
struct text format_size(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB" };
	struct text text;
	size_t i = 0;

	while (i < 3 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	snprintf(text.s, sizeof(text.s), "%llu %s", (unsigned long long)bytes, units[i]);
	return text;
}

/* For what nobody wants to know to the byte */
struct text format_rough_size(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB" };

	return format_scaled((double)bytes, units, 4, 1024);
}

struct text format_number(uint64_t number, const char *unit)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%llu %s%s", (unsigned long long)number, unit,
		 number == 1 ? "" : "s");
	return text;
}
