/* SPDX-License-Identifier: GPL-2.0-only */
/* Three ways to tell how a test goes */
#ifndef EDUDMA_TEST_REPORT_H
#define EDUDMA_TEST_REPORT_H

#include <stdio.h>

#include "test_case.h"

/**
 * struct test_totals - the sum of all verdicts
 * @outcomes: how many of each enum test_outcome
 * @commands: that the device was given for the transfers under test
 */
struct test_totals {
	size_t outcomes[3];
	uint64_t commands;
};

/**
 * struct test_report - a format
 * @begin: before the first case
 * @one: after each case; with @ends_group after the last of its group
 * @end: after the last
 */
struct test_report {
	void (*begin)(FILE *stream, const struct device *device, const struct test_list *list);
	void (*one)(FILE *stream, size_t index, const char *group, const char *name,
		    const struct test_verdict *verdict, bool ends_group);
	void (*end)(FILE *stream, const struct device *device, const struct test_totals *totals);
};

extern const struct test_report test_report_human;
extern const struct test_report test_report_ktap;
extern const struct test_report test_report_json;

#endif /* EDUDMA_TEST_REPORT_H */
