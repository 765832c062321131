// SPDX-License-Identifier: GPL-2.0-only
/* Whether what one kind of memory has before another is more than chance */
#include "bench.h"

#define ITERATIONS_MIN 3	/* with fewer there is no spread to speak of */

static const struct bench_row *find_row(const struct bench_result *result,
					const struct bench_row *like,
					const struct edudma_method_info *method)
{
	for (size_t i = 0; i < result->nr_rows; i++) {
		const struct bench_row *row = &result->rows[i];

		if (row->method == method && row->direction == like->direction &&
		    row->bytes == like->bytes)
			return row;
	}
	return NULL;
}

/* What nine of ten iterations do not exceed is less than what nine of ten of the other's do */
static bool is_apart(const struct summary *better, const struct summary *other)
{
	return better->n >= ITERATIONS_MIN && other->n >= ITERATIONS_MIN &&
	       better->p90 < other->p10;
}

static bool row_shows(const struct bench_row *better, const struct bench_row *other,
		      uint64_t command_ns)
{
	const struct summary *few = &better->all_commands, *many = &other->all_commands;

	if (!command_ns)
		return is_apart(&better->phases[PHASE_WHOLE], &other->phases[PHASE_WHOLE]);
	if (few->min == many->max && few->max == many->min)
		return is_apart(&better->phases[PHASE_CPU], &other->phases[PHASE_CPU]);
	/* a count: never more, and mostly fewer */
	return few->max <= many->min && few->median < many->median;
}

bool bench_shows(const struct bench_result *result, uint64_t bytes,
		 const struct edudma_method_info *better, const struct edudma_method_info *other)
{
	bool shown = false;

	if (clock_is_virtual(&result->environment))
		return true;
	for (size_t i = 0; i < result->nr_rows; i++) {
		const struct bench_row *row = &result->rows[i], *against;

		if (row->method != better || row->bytes != bytes || is_copy(row->direction))
			continue;
		against = find_row(result, row, other);
		if (!against || !row_shows(row, against, result->device->info.command_ns))
			return false;
		shown = true;
	}
	return shown;
}
