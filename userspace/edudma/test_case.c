// SPDX-License-Identifier: GPL-2.0-only
/* Which transfers are worth testing: those around every boundary */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "number.h"
#include "say.h"

#define GUARD	64			/* bytes around a transfer that must not change */
#define SMALL	(8 * 1024)		/* up to here with every layout, and --quick */
#define DEFAULT_MAX_BYTES (8 * 1024 * 1024)	/* more than once around 4 MiB on board */
#define DEFAULT_MAX_COMMANDS 1100	/* what the largest kmalloc() needs, and a few more */
#define QUOTA_SPARE (64 * 1024)		/* for what a test needs besides its buffers */

/* Where in the buffers a transfer begins, and what follows it there */
struct layout {
	uint64_t src_offset;
	uint64_t dst_offset;
	uint64_t device_offset;
	uint64_t tail;
};

static void add_size(struct size_list *list, uint64_t size)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->values[i] == size)
			return;
	if (size && list->n < LIST_MAX)
		list->values[list->n++] = size;
}

static struct size_list boundary_sizes(const struct device *device)
{
	const uint64_t boundaries[] = { device->info.window, 4095, 4096,
					(uint64_t)sysconf(_SC_PAGESIZE), 64 * 1024 };
	struct size_list list = { .n = 2, .values = { 1, 3 } };

	for (size_t i = 0; i < sizeof(boundaries) / sizeof(boundaries[0]); i++)
		for (uint64_t size = boundaries[i] - 1; size <= boundaries[i] + 1; size++)
			add_size(&list, size);
	return list;
}

/* The most important first: --quick takes two, and so do large sizes */
static size_t boundary_layouts(const struct device *device, struct layout layouts[LIST_MAX])
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t onboard = device->info.device_bytes;

	/* buffers that end with the transfer */
	layouts[0] = (struct layout){ 0, 0, 0, 0 };
	/* across pages and the end of on-board memory at once, all at odds */
	layouts[1] = (struct layout){ page - 1, 1, onboard - 1, GUARD };
	layouts[2] = (struct layout){ 3, page - 2, onboard / 2, GUARD };
	layouts[3] = (struct layout){ 1, page, 1, 1 };
	return 4;
}

static size_t chosen_layouts(const struct device *device, const struct size_list *offsets,
			     struct layout layouts[LIST_MAX])
{
	for (size_t i = 0; i < offsets->n; i++) {
		uint64_t offset = offsets->values[i];

		layouts[i] = (struct layout){ offset, offset, offset % device->info.device_bytes,
					      GUARD };
	}
	return offsets->n ? offsets->n : boundary_layouts(device, layouts);
}

static void add_case(struct test_list *list, const struct test_case *test)
{
	/* grow when the number is a power of two, or nothing */
	if (!(list->n & (list->n - 1))) {
		size_t room = list->n ? 2 * list->n : 1;

		list->cases = reallocarray(list->cases, room, sizeof(*list->cases));
		if (!list->cases)
			exit(fail("out of memory"));
	}
	list->cases[list->n++] = *test;
}

static bool buffer_fits(const struct edudma_method_info *method, const struct test_case *test,
			uint64_t offset)
{
	return test->length <= method->max_length &&
	       offset + test->tail <= method->max_length - test->length;
}

static bool fits(const struct test_case *test)
{
	return buffer_fits(test->src, test, test->src_offset) &&
	       buffer_fits(test->dst, test, test->dst_offset);
}

/* Neither the user's memory nor the user's patience is endless: windows may be small */
static uint64_t max_bytes(const struct device *device, const struct test_selection *selection)
{
	uint64_t most = DEFAULT_MAX_BYTES;

	if (selection->max_bytes)
		return selection->max_bytes;
	if (device->info.command_ns)
		most = least(most, DEFAULT_MAX_COMMANDS * (uint64_t)device->info.window);
	return most;
}

/* What all cases of a group share is in *group */
static void add_sizes(struct test_list *list, const struct device *device,
		      const struct test_selection *selection, const struct test_case *group)
{
	struct size_list sizes = selection->sizes;
	struct layout layouts[LIST_MAX];
	size_t nr_layouts = chosen_layouts(device, &selection->offsets, layouts);
	uint64_t most = max_bytes(device, selection);
	bool has_src = group->direction->has_src;
	bool has_dst = group->direction->has_dst;

	if (!sizes.n)
		sizes = boundary_sizes(device);
	for (size_t s = 0; s < sizes.n; s++) {
		uint64_t size = sizes.values[s];
		bool few = !selection->offsets.n && (selection->quick || size > SMALL);

		/* sizes that somebody asked for are not too long */
		if (!selection->sizes.n && size > (selection->quick ? least(SMALL, most) : most))
			continue;
		for (size_t l = 0; l < (few ? 2 : nr_layouts); l++) {
			struct test_case test = *group;

			test.length = size;
			test.tail = layouts[l].tail;
			if (has_src)
				test.src_offset = layouts[l].src_offset;
			if (has_dst)
				test.dst_offset = layouts[l].dst_offset;
			if (!is_copy(group->direction))
				test.device_offset = layouts[l].device_offset;
			if (fits(&test))
				add_case(list, &test);
		}
	}
}

/* The longest transfer of one kind of memory, and the far end of its longest buffer */
static void add_largest(struct test_list *list, const struct device *device,
			const struct test_selection *selection, const struct test_case *group,
			const struct edudma_method_info *method)
{
	unsigned int buffers = is_copy(group->direction) ? 2 : 1;
	struct test_case test = *group;

	test.length = least(method->max_length, max_bytes(device, selection));
	test.length = least(test.length, (device->info.quota_bytes - QUOTA_SPARE) / buffers);
	add_case(list, &test);

	if (buffers == 2) {
		test.one_buffer = true;
		test.length = least(least(test.length, SMALL - 1), method->max_length / 2);
		add_case(list, &test);
	}
}

static void add_group(struct test_list *list, const struct device *device,
		      const struct test_selection *selection, const struct direction *direction,
		      const struct edudma_method_info *src, const struct edudma_method_info *dst)
{
	struct test_case group = { .direction = direction, .src = src, .dst = dst };

	add_sizes(list, device, selection, &group);
	if (src == dst && !selection->quick && !selection->sizes.n && !selection->offsets.n)
		add_largest(list, device, selection, &group, src);
}

struct test_list test_cases(const struct device *device, const struct test_selection *selection)
{
	struct test_list list = { 0 };

	for (size_t d = 0; d < NR_DIRECTIONS; d++) {
		const struct direction *direction = &directions[d];

		if (!name_chosen(&selection->directions, direction->name))
			continue;
		for (uint32_t s = 0; s < device->nr_methods; s++)
			for (uint32_t t = 0; t < device->nr_methods; t++)
				if (is_copy(direction) || s == t)
					add_group(&list, device, selection, direction,
						  &device->methods[s], &device->methods[t]);
	}
	return list;
}

void test_group_name(const struct test_case *test, char name[64])
{
	const struct direction *direction = test->direction;

	snprintf(name, 64, "%s %s%s%s", direction->name, test->src->name,
		 is_copy(direction) ? " -> " : "", is_copy(direction) ? test->dst->name : "");
}

void test_case_name(const struct test_case *test, char name[128])
{
	const struct direction *direction = test->direction;
	struct text source = { "" }, destination = { "" }, onboard = { "" };

	if (test->one_buffer) {
		snprintf(name, 128, "%s, from one end of the largest buffer to the other",
			 format_number(test->length, "byte").s);
		return;
	}
	if (direction->has_src)
		snprintf(source.s, sizeof(source.s), ", source +%llu",
			 (unsigned long long)test->src_offset);
	if (direction->has_dst)
		snprintf(destination.s, sizeof(destination.s), ", destination +%llu",
			 (unsigned long long)test->dst_offset);
	if (!is_copy(direction))
		snprintf(onboard.s, sizeof(onboard.s), ", device +%llu",
			 (unsigned long long)test->device_offset);
	snprintf(name, 128, "%s%s%s%s", format_number(test->length, "byte").s, source.s,
		 destination.s, onboard.s);
}
