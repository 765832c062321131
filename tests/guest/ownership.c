// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who owns which range, and that each side sees what the other wrote. In a
 * guest whose memory is bounced (swiotlb=force) a forgotten synchronisation
 * is wrong data here.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#define LENGTH	(4 * PAGE)

#define READ	EDUDMA_SYNC_READ
#define WRITE	EDUDMA_SYNC_WRITE
#define END	EDUDMA_SYNC_END

TEST_EACH(end_needs_its_beginning)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);

	EXPECT_ERRNO(sync_range(&buffer, READ | END, 0, LENGTH), EINVAL);
	ASSERT_OK(sync_range(&buffer, READ, 100, 200));
	EXPECT_ERRNO(sync_range(&buffer, WRITE | END, 100, 200), EINVAL);
	EXPECT_ERRNO(sync_range(&buffer, READ | WRITE | END, 100, 200), EINVAL);
	EXPECT_ERRNO(sync_range(&buffer, READ | END, 100, 199), EINVAL);
	EXPECT_ERRNO(sync_range(&buffer, READ | END, 101, 199), EINVAL);
	EXPECT_ERRNO(sync_range(&buffer, READ | END, 0, LENGTH), EINVAL);
	EXPECT_OK(sync_range(&buffer, READ | END, 100, 200));
	EXPECT_ERRNO(sync_range(&buffer, READ | END, 100, 200), EINVAL);
}

TEST_EACH(readers_overlap_and_writers_do_not)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);

	ASSERT_OK(sync_range(&buffer, READ, 0, 200));
	EXPECT_OK(sync_range(&buffer, READ, 0, 200));
	EXPECT_OK(sync_range(&buffer, READ, 199, 10));
	EXPECT_ERRNO(sync_range(&buffer, WRITE, 0, 200), EBUSY);
	EXPECT_ERRNO(sync_range(&buffer, READ | WRITE, 208, 1), EBUSY);
	EXPECT_OK(sync_range(&buffer, WRITE, 209, 10));
	EXPECT_ERRNO(sync_range(&buffer, WRITE, 209, 10), EBUSY);
	EXPECT_ERRNO(sync_range(&buffer, READ, 218, 1), EBUSY);
	EXPECT_ERRNO(sync_range(&buffer, READ, 209, 1), EBUSY);
	EXPECT_OK(sync_range(&buffer, READ, 219, 1));

	/* Twice begun is twice to be ended. */
	EXPECT_OK(sync_range(&buffer, READ | END, 199, 10));
	EXPECT_OK(sync_range(&buffer, READ | END, 0, 200));
	EXPECT_ERRNO(sync_range(&buffer, WRITE, 0, 200), EBUSY);
	EXPECT_OK(sync_range(&buffer, READ | END, 0, 200));
	EXPECT_OK(sync_range(&buffer, WRITE, 0, 200));
}

TEST_EACH(borrowed_ranges_are_not_moved)
{
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
	struct buffer other = alloc_buffer(fd, variant, LENGTH);
	static const uint32_t flags[] = { READ, WRITE, READ | WRITE };

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		ASSERT_OK(sync_range(&buffer, flags[i], 100, 100));
		EXPECT_ERRNO(to_device(&buffer, 199, 1, 0), EBUSY);
		EXPECT_ERRNO(from_device(&buffer, 0, 101, 0), EBUSY);
		EXPECT_ERRNO(copy(&buffer, 150, &other, 0, 10), EBUSY);
		EXPECT_ERRNO(copy(&other, 0, &buffer, 0, LENGTH), EBUSY);
		EXPECT_ERRNO(free_handle(fd, buffer.handle), EBUSY);
		EXPECT_OK(to_device(&buffer, 0, 100, 0));
		EXPECT_OK(from_device(&buffer, 200, 100, 0));
		EXPECT_OK(copy(&buffer, 0, &buffer, 200, 100));
		ASSERT_OK(sync_range(&buffer, flags[i] | END, 100, 100));
		EXPECT_OK(from_device(&buffer, 100, 100, 0));
	}
	/* A refused copy has let go of its other half. */
	ASSERT_OK(sync_range(&other, WRITE, 0, LENGTH));
	EXPECT_ERRNO(copy(&buffer, 0, &other, 0, LENGTH), EBUSY);
	EXPECT_OK(cpu_fill(&buffer, 0, LENGTH, 1));
	ASSERT_OK(sync_range(&other, WRITE | END, 0, LENGTH));
	free_buffer(&buffer);
	free_buffer(&other);
}

TEST_EACH(cpu_access_is_a_bracket)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);

	ASSERT_OK(sync_range(&buffer, READ, 100, 100));
	EXPECT_EQ(cpu_sum(&buffer, 0, LENGTH), 0);
	EXPECT_ERRNO(cpu_fill(&buffer, 0, 101, 1), EBUSY);
	EXPECT_OK(cpu_fill(&buffer, 0, 100, 1));
	ASSERT_OK(sync_range(&buffer, READ | END, 100, 100));
	EXPECT_OK(cpu_fill(&buffer, 0, 101, 1));
	EXPECT_EQ(cpu_sum(&buffer, 0, LENGTH), 101);
}

/* The device begins with the zeros that the CPU was promised. */
TEST_EACH(device_sees_zeros_first)
{
	int fd = open_device();
	struct buffer dirty = alloc_buffer(fd, variant, LENGTH), buffer;
	struct buffer check = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);

	write_byte(&dirty, 0, LENGTH, 0x5a);
	ASSERT_OK(copy(&dirty, 0, &check, 0, LENGTH));
	free_buffer(&dirty);
	buffer = alloc_buffer(fd, variant, LENGTH);
	ASSERT_OK(copy(&buffer, 0, &check, 0, LENGTH));
	EXPECT(has_byte(&check, 0, LENGTH, 0));
}

/* User space writes, the device reads. */
TEST_EACH(device_sees_what_user_space_wrote)
{
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
	struct buffer check = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);

	for (unsigned int seed = 0; seed < 3; seed++) {
		write_pattern(&buffer, 0, LENGTH, seed);
		ASSERT_OK(copy(&buffer, 0, &check, 0, LENGTH));
		EXPECT(has_pattern(&check, 0, LENGTH, seed));
	}
}

/* The device writes, user space reads, and reads again. */
TEST_EACH(user_space_sees_what_the_device_wrote)
{
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
	struct buffer source = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);

	for (unsigned int seed = 0; seed < 3; seed++) {
		write_pattern(&source, 0, LENGTH, seed);
		ASSERT_OK(copy(&source, 0, &buffer, 0, LENGTH));
		EXPECT(has_pattern(&buffer, 0, LENGTH, seed));
	}
}

TEST_EACH(kernel_and_device_see_each_other)
{
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
	struct buffer other = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);

	ASSERT_OK(cpu_fill(&buffer, 0, LENGTH, 3));
	ASSERT_OK(copy(&buffer, 0, &other, 0, LENGTH));
	EXPECT(has_byte(&other, 0, LENGTH, 3));

	ASSERT_OK(cpu_fill(&other, 0, LENGTH, 5));
	ASSERT_OK(copy(&other, 0, &buffer, 0, LENGTH));
	EXPECT_EQ(cpu_sum(&buffer, 0, LENGTH), 5 * LENGTH);
}

/* The user changes some bytes of what the device wrote; the others stay. */
TEST_EACH(read_and_write_changes_a_part)
{
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
	struct buffer other = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);

	write_byte(&other, 0, LENGTH, 0x11);
	ASSERT_OK(copy(&other, 0, &buffer, 0, LENGTH));
	ASSERT_OK(sync_range(&buffer, READ | WRITE, 0, LENGTH));
	EXPECT(memory_is(memory, LENGTH, 0x11));
	memset(memory + PAGE - 3, 0x22, PAGE);
	ASSERT_OK(sync_range(&buffer, READ | WRITE | END, 0, LENGTH));

	ASSERT_OK(copy(&buffer, 0, &other, 0, LENGTH));
	EXPECT(has_byte(&other, 0, PAGE - 3, 0x11));
	EXPECT(has_byte(&other, PAGE - 3, PAGE, 0x22));
	EXPECT(has_byte(&other, 2 * PAGE - 3, 2 * PAGE + 3, 0x11));
}

/*
 * While the CPU writes one range the device moves its neighbours, and other
 * CPU ranges come and go: nobody undoes anyone's bytes.
 */
TEST_EACH(only_the_range_is_synchronised)
{
	const uint64_t from = PAGE - 7, length = PAGE + 20;
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
	struct buffer other = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);

	write_byte(&other, 0, LENGTH, 0x33);
	ASSERT_OK(sync_range(&buffer, WRITE, from, length));
	memset(memory + from, 0x44, length);

	ASSERT_OK(copy(&other, 0, &buffer, 0, from));
	ASSERT_OK(copy(&other, 0, &buffer, from + length, LENGTH - from - length));
	ASSERT_OK(sync_range(&buffer, READ, 0, from));
	EXPECT(memory_is(memory, from, 0x33));
	ASSERT_OK(sync_range(&buffer, READ | END, 0, from));
	ASSERT_OK(cpu_fill(&buffer, from + length, 10, 0x55));
	EXPECT(memory_is(memory + from, length, 0x44));

	ASSERT_OK(sync_range(&buffer, WRITE | END, from, length));
	ASSERT_OK(copy(&buffer, 0, &other, 0, LENGTH));
	EXPECT(has_byte(&other, 0, from, 0x33));
	EXPECT(has_byte(&other, from, length, 0x44));
	EXPECT(has_byte(&other, from + length, 10, 0x55));
	EXPECT(has_byte(&other, from + length + 10, LENGTH - from - length - 10, 0x33));
}

/* The CPU gives back one range while the device's bytes in the next are newer. */
TEST_EACH(giving_back_keeps_the_device_s_bytes)
{
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
	struct buffer other = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);

	ASSERT_OK(sync_range(&buffer, WRITE, 1000, 5000));
	memset(memory + 1000, 0x66, 5000);
	write_byte(&other, 0, LENGTH, 0x77);
	ASSERT_OK(copy(&other, 0, &buffer, 0, 1000));
	ASSERT_OK(copy(&other, 0, &buffer, 6000, LENGTH - 6000));
	ASSERT_OK(sync_range(&buffer, WRITE | END, 1000, 5000));

	ASSERT_OK(copy(&buffer, 0, &other, 0, LENGTH));
	EXPECT(has_byte(&other, 0, 1000, 0x77));
	EXPECT(has_byte(&other, 1000, 5000, 0x66));
	EXPECT(has_byte(&other, 6000, LENGTH - 6000, 0x77));
}

int main(void)
{
	ktap_promised = "ownership";
	add_method_variants();
	return ktap_run();
}
