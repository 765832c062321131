/* SPDX-License-Identifier: GPL-2.0-only */
/* What `edudma test` tests: a list of transfers, how one is judged, and who tells it */
#ifndef EDUDMA_TEST_H
#define EDUDMA_TEST_H

#include <stdio.h>

#include "device.h"
#include "directions.h"

/**
 * struct test_case - one transfer
 * @direction: what it does
 * @src: the source's kind of memory, if @direction has one
 * @dst: the destination's kind of memory; the same as @src unless both exist
 * @length: bytes
 * @src_offset: first byte in the source
 * @dst_offset: first byte in the destination
 * @device_offset: first byte in on-board memory
 * @tail: bytes that the buffers have after the transfer's
 * @one_buffer: source and destination are the two ends of the largest buffer that
 *	can be had; the offsets are not used
 */
struct test_case {
	const struct direction *direction;
	const struct edudma_method_info *src;
	const struct edudma_method_info *dst;
	uint64_t length;
	uint64_t src_offset;
	uint64_t dst_offset;
	uint64_t device_offset;
	uint64_t tail;
	bool one_buffer;
};

struct test_list {
	size_t n;
	struct test_case *cases;
};

/**
 * struct test_selection - which cases
 * @directions: named ones; empty: all
 * @sizes: these instead of those around the boundaries; empty: those
 * @offsets: these instead of the built-in ones; empty: those
 * @max_bytes: the most that one transfer may move; zero: a sensible amount
 * @quick: few layouts, no large sizes
 */
struct test_selection {
	struct name_list directions;
	struct size_list sizes;
	struct size_list offsets;
	uint64_t max_bytes;
	bool quick;
};

/* All cases for the device's methods, those of a group together; the caller frees list.cases */
struct test_list test_cases(const struct device *device, const struct test_selection *selection);

/* "copy kmalloc -> vmalloc": same for all cases of a group */
void test_group_name(const struct test_case *test, char name[64]);

/* "4097 bytes, source +1, destination +3": different for each in a group */
void test_case_name(const struct test_case *test, char name[128]);

enum test_outcome { TEST_PASSED, TEST_FAILED, TEST_SKIPPED };

/**
 * struct test_verdict - how a case went
 * @outcome: in a word
 * @why: in words, unless it passed
 * @commands: that the device was given for the transfer under test
 */
struct test_verdict {
	enum test_outcome outcome;
	char why[256];
	uint64_t commands;
};

/* Patterns depend on the key: give every case its own */
struct test_verdict test_run(const struct device *device, const struct test_case *test,
			     uint64_t key);

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

#endif /* EDUDMA_TEST_H */
