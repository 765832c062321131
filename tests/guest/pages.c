// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scattered memory of more segments than a page of the device's list has room for
 */
#include "device.h"

#define FAULTS	"/sys/kernel/debug/fail_page_alloc/"
#define IN_PAGE	255	/* segments; and then a link */
#define LENGTH	((3 * IN_PAGE + 4) * PAGE)

static struct buffer alloc_scattered(int fd)
{
	struct buffer buffer = alloc_buffer(fd, find_method(fd, "scattered"), LENGTH);

	EXPECT_EQ(buffer.segments, LENGTH / PAGE);
	return buffer;
}

static void expect_copied(const struct buffer *src, const struct buffer *dst,
			  uint64_t offset, uint64_t length)
{
	write_pattern(src, offset, length, 1);
	write_byte(dst, offset, length, 0);
	ASSERT_OK(copy(src, offset, dst, offset, length));
	EXPECT(has_pattern(dst, offset, length, 1));
}

TEST(lists_of_many_pages)
{
	int fd = open_device();
	struct buffer src = alloc_scattered(fd), dst = alloc_scattered(fd);

	expect_copied(&src, &dst, 0, LENGTH);
	/* Around the end of a page of the list, which is that many bytes on */
	for (uint64_t end = IN_PAGE * PAGE; end < LENGTH; end += IN_PAGE * PAGE)
		for (uint64_t offset = end - PAGE - 1; offset <= end + PAGE; offset += PAGE / 2)
			for (uint64_t bytes = 1; bytes <= 2 * PAGE; bytes += PAGE - 1)
				expect_copied(&src, &dst, offset, bytes);
}

/* Of four pages or more: that kernel's slabs need two. */
static void refuse_long_allocations(bool refuse)
{
	write_file(FAULTS "min-order", "2");
	write_file(FAULTS "ignore-gfp-wait", "N");
	write_file(FAULTS "verbose", "0");
	write_file(FAULTS "task-filter", "Y");
	write_file(FAULTS "times", "-1");
	write_file(FAULTS "probability", refuse ? "100" : "0");
	write_file("/proc/self/make-it-fail", refuse ? "1" : "0");
}

/* Neither the bytes nor what tells the device where they are need pages side by side. */
TEST(no_pages_side_by_side)
{
	struct buffer src, dst;
	int fd = open_device();

	refuse_long_allocations(true);
	src = alloc_scattered(fd);
	dst = alloc_scattered(fd);
	refuse_long_allocations(false);
	expect_copied(&src, &dst, 0, LENGTH);
}

int main(void)
{
	return ktap_run();
}
