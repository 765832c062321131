// SPDX-License-Identifier: GPL-2.0-only
/* Transfers: the right bytes, no others, in as few commands as can be. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#define GUARD	64	/* bytes on both sides that must stay as they are */
#define POISON	0xee

static int fd;
static uint64_t window;
static bool gathers;	/* a command takes segments as they come, and copies */

static void setup(void)
{
	struct edudma_info info;

	fd = open_device();
	info = get_info(fd);
	window = info.device_bytes;
	gathers = !strcmp(info.engine, "edu-sg");
}

/* Sizes around everything that has an end: a byte, a word, the window, pages. */
static unsigned int odd_sizes(uint64_t sizes[static 20])
{
	const uint64_t list[] = {
		1, 2, 3, 8, 63, window - 1, window, window + 1, PAGE - 1, PAGE, PAGE + 1,
		2 * window, 2 * window + 1, 3 * PAGE + 17, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1
	};
	unsigned int nr = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(list); i++)
		if (list[i])
			sizes[nr++] = list[i];
	return nr;
}

static void diag_case(uint64_t offset, uint64_t length, uint64_t at)
{
	ktap_diag("offset %llu, %llu bytes, device offset %llu", (unsigned long long)offset,
		  (unsigned long long)length, (unsigned long long)at);
}

/* Put @seed's pattern into all of on-board memory, by way of @tool. */
static void fill_board(const struct buffer *tool, uint32_t seed)
{
	write_pattern(tool, 0, window, seed);
	ASSERT_OK(to_device(tool, 0, window, 0));
}

/* A transfer goes round in on-board memory, and what it has not met stays. */
TEST_EACH(to_device_in_a_circle)
{
	uint64_t sizes[20];
	unsigned int nr;
	struct buffer tool;
	uint8_t *board;

	setup();
	nr = odd_sizes(sizes);
	tool = alloc_buffer(fd, EDUDMA_COHERENT, window);
	board = map_buffer(&tool, PROT_READ);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t length = sizes[i], offset = i * 7 % 13, at = i * 1237 % window;
		struct buffer src = alloc_buffer(fd, variant, offset + length);
		bool ok = true;

		fill_board(&tool, 1000);
		write_pattern(&src, offset, length, i);
		ASSERT_OK(to_device(&src, offset, length, at));
		ASSERT_OK(from_device(&tool, 0, window, 0));
		for (uint64_t d = 0; d < window && ok; d++) {
			/* The last byte of the transfer that came by here. */
			uint64_t first = (d + window - at) % window;
			uint8_t want = first >= length ? pattern(1000, d) :
				pattern(i, first + (length - 1 - first) / window * window);

			ok = EXPECT_EQ(board[d], want);
		}
		if (!ok)
			diag_case(offset, length, at);
		free_buffer(&src);
	}
}

TEST_EACH(from_device_in_a_circle)
{
	uint64_t sizes[20];
	struct buffer tool;
	unsigned int nr;

	setup();
	nr = odd_sizes(sizes);
	tool = alloc_buffer(fd, EDUDMA_COHERENT, window);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t length = sizes[i], offset = GUARD + i % 9, at = i * 1237 % window;
		struct buffer dst = alloc_buffer(fd, variant, offset + length + GUARD);
		uint8_t *memory = map_buffer(&dst, PROT_READ);
		bool ok = true;

		fill_board(&tool, i);
		write_byte(&dst, 0, dst.length, POISON);
		ASSERT_OK(from_device(&dst, offset, length, at));
		ASSERT_OK(sync_range(&dst, EDUDMA_SYNC_READ, 0, dst.length));
		for (uint64_t k = 0; k < length && ok; k++)
			ok = EXPECT_EQ(memory[offset + k], pattern(i, (at + k) % window));
		ok &= EXPECT(memory_is(memory, offset, POISON));
		ok &= EXPECT(memory_is(memory + offset + length, GUARD, POISON));
		ASSERT_OK(sync_range(&dst, EDUDMA_SYNC_READ | EDUDMA_SYNC_END, 0, dst.length));
		if (!ok)
			diag_case(offset, length, at);
		munmap(memory, mapped_bytes(&dst));
		free_buffer(&dst);
	}
}

/* From this kind of memory into every kind. */
TEST_EACH(copy_to_every_kind)
{
	uint64_t sizes[20];
	unsigned int nr;

	setup();
	nr = odd_sizes(sizes);
	for (uint32_t to = 0; to < get_info(fd).nr_methods; to++) {
		if (get_method(fd, to).flags & EDUDMA_METHOD_UNREACHABLE)
			continue;
		for (unsigned int i = 0; i < nr; i++) {
			uint64_t length = sizes[i], from_at = i * 11 % 23, to_at = GUARD + i % 5;
			struct buffer src = alloc_buffer(fd, variant, from_at + length);
			struct buffer dst = alloc_buffer(fd, to, to_at + length + GUARD);
			bool ok;

			write_pattern(&src, from_at, length, i);
			write_byte(&dst, 0, dst.length, POISON);
			ASSERT_OK(copy(&src, from_at, &dst, to_at, length));
			ok = EXPECT(has_pattern(&dst, to_at, length, i));
			ok &= EXPECT(has_byte(&dst, 0, to_at, POISON));
			ok &= EXPECT(has_byte(&dst, to_at + length, GUARD, POISON));
			ok &= EXPECT(has_pattern(&src, from_at, length, i));
			if (!ok)
				diag_case(from_at, length, to_at);
			free_buffer(&src);
			free_buffer(&dst);
		}
	}
}

TEST_EACH(copy_within_a_buffer)
{
	const uint64_t length = 2 * PAGE + 5;
	struct buffer buffer;

	setup();
	buffer = alloc_buffer(fd, variant, 3 * length);
	write_pattern(&buffer, 0, length, 1);
	write_byte(&buffer, length, 2 * length, POISON);
	ASSERT_OK(copy(&buffer, 0, &buffer, 2 * length, length));
	ASSERT_OK(copy(&buffer, 2 * length, &buffer, length, length));
	for (unsigned int i = 0; i < 3; i++)
		EXPECT(has_pattern(&buffer, i * length, length, 1));
}

/* What lies behind a buffer's end on its last page is not the device's to write. */
TEST_EACH(rest_of_the_last_page)
{
	static const uint64_t lengths[] = { 1, 100, PAGE - 1, PAGE + 1, 3 * PAGE - 1 };
	struct buffer source;

	setup();
	source = alloc_buffer(fd, EDUDMA_COHERENT, 3 * PAGE);
	ASSERT_OK(cpu_fill(&source, 0, 3 * PAGE, 0xff));
	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		uint64_t length = lengths[i];
		struct buffer buffer = alloc_buffer(fd, variant, length);
		uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);

		memset(memory + length, POISON, mapped_bytes(&buffer) - length);
		ASSERT_OK(copy(&source, 0, &buffer, 0, length));
		EXPECT(has_byte(&buffer, 0, length, 0xff));
		EXPECT(memory_is(memory + length, mapped_bytes(&buffer) - length, POISON));
	}
}

/* Count the pieces of a range that neither pages nor on-board memory's end cut. */
static unsigned int count_pieces(uint64_t offset, uint64_t length, uint64_t at, uint64_t page)
{
	unsigned int count = 1;

	for (uint64_t k = 1; k < length; k++)
		count += (at + k) % window == 0 || (page && (offset + k) % page == 0);
	return count;
}

static void expect_commands(const struct buffer *buffer, enum edudma_op op,
			    uint64_t offset, uint64_t length, uint64_t at)
{
	struct edudma_transfer transfer = {
		.op = op, .length = length, .device_offset = at
	};
	unsigned int fewest = count_pieces(offset, length, at, 0);
	unsigned int most = count_pieces(offset, length, at, PAGE);

	if (op == EDUDMA_TO_DEVICE) {
		transfer.src = buffer->handle;
		transfer.src_offset = offset;
	} else {
		transfer.dst = buffer->handle;
		transfer.dst_offset = offset;
	}
	ASSERT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
	if (buffer->segments == 1 || gathers)
		most = fewest;
	else if (buffer->segments == mapped_bytes(buffer) / PAGE)
		fewest = most;
	if (!EXPECT(transfer.commands >= fewest && transfer.commands <= most))
		ktap_diag("%u commands, want %u to %u", transfer.commands, fewest, most);
	EXPECT(transfer.segments >= 1 && transfer.segments <= buffer->segments);
	if (length == buffer->length)
		EXPECT_EQ(transfer.segments, buffer->segments);
}

TEST_EACH(number_of_commands)
{
	const uint64_t length = 64 * KIB;
	struct buffer buffer;

	setup();
	buffer = alloc_buffer(fd, variant, length);
	for (enum edudma_op op = EDUDMA_TO_DEVICE; op <= EDUDMA_FROM_DEVICE; op++) {
		expect_commands(&buffer, op, 0, length, 0);
		expect_commands(&buffer, op, 0, length, 1);
		expect_commands(&buffer, op, 0, 1, window - 1);
		expect_commands(&buffer, op, 0, 2, window - 1);
		expect_commands(&buffer, op, 0, window, 0);
		expect_commands(&buffer, op, PAGE - 1, 2, 0);
		expect_commands(&buffer, op, 100, 5 * PAGE, 200);
		expect_commands(&buffer, op, length - 1, 1, 0);
	}
}

TEST(kmalloc_and_coherent_are_one_segment)
{
	setup();
	for (unsigned int i = 0; i < 2; i++) {
		struct buffer buffer = alloc_buffer(fd, i ? EDUDMA_COHERENT : EDUDMA_KMALLOC,
						    64 * KIB);

		EXPECT_EQ(buffer.segments, 1);
	}
}

/* A copy costs what its two halves do, or, in a device that copies, what one does. */
TEST_EACH(number_of_commands_of_a_copy)
{
	struct edudma_transfer transfer = { .length = 64 * KIB };
	struct buffer src, dst;
	unsigned int halves;

	setup();
	src = alloc_buffer(fd, variant, transfer.length);
	dst = alloc_buffer(fd, EDUDMA_COHERENT, transfer.length);
	transfer.src = src.handle;
	ASSERT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
	halves = transfer.commands + (transfer.length + window - 1) / window;
	transfer.op = EDUDMA_COPY;
	transfer.dst = dst.handle;
	ASSERT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
	EXPECT_EQ(transfer.commands, gathers ? halves / 2 : halves);
	EXPECT_EQ(transfer.segments, src.segments + 1);
}

/* The device's own speed is the limit: nothing can be quicker and true. */
TEST_EACH(device_time_is_possible)
{
	struct edudma_transfer transfer = { .length = 3 * PAGE, .queue_ns = UINT64_MAX };
	struct edudma_info info;
	struct buffer buffer;

	setup();
	info = get_info(fd);
	buffer = alloc_buffer(fd, variant, transfer.length);
	transfer.src = buffer.handle;
	ASSERT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
	/* QEMU's timer counts whole milliseconds. */
	EXPECT(transfer.device_ns >= transfer.commands * info.command_ns / 100 * 98);
	EXPECT(transfer.device_ns < 1000000000000 && transfer.queue_ns < 1000000000000);
}

/* On-board memory keeps what its owner left there, and no stranger sees it. */
TEST(on_board_memory_has_an_owner)
{
	struct buffer mine, theirs;
	int other = open_device(), third;

	setup();
	mine = alloc_buffer(fd, EDUDMA_COHERENT, window);
	theirs = alloc_buffer(other, EDUDMA_COHERENT, window);
	write_pattern(&mine, 0, window, 1);
	ASSERT_OK(to_device(&mine, 0, window, 0));
	write_byte(&mine, 0, window, POISON);
	ASSERT_OK(from_device(&mine, 0, window, 0));
	EXPECT(has_pattern(&mine, 0, window, 1));

	write_byte(&theirs, 0, window, POISON);
	ASSERT_OK(from_device(&theirs, 0, window, 0));
	EXPECT(has_byte(&theirs, 0, window, 0));

	/* Nor the other way: what the stranger leaves there is not seen here. */
	write_pattern(&theirs, 0, window, 2);
	ASSERT_OK(to_device(&theirs, 0, window / 2, 0));
	ASSERT_OK(from_device(&mine, 0, window, 0));
	EXPECT(has_byte(&mine, 0, window, 0));

	/* A closed file's bytes are nobody's. */
	write_pattern(&mine, 0, window, 3);
	ASSERT_OK(to_device(&mine, 0, window, 0));
	close(fd);
	third = open_device();
	theirs = alloc_buffer(third, EDUDMA_COHERENT, window);
	write_byte(&theirs, 0, window, POISON);
	ASSERT_OK(from_device(&theirs, 0, window, 0));
	EXPECT(has_byte(&theirs, 0, window, 0));
}

/* A short transfer makes one the owner of all on-board memory, so all is cleared. */
TEST(scrub_covers_all_of_on_board_memory)
{
	struct buffer mine, theirs;
	int other = open_device();

	setup();
	mine = alloc_buffer(fd, EDUDMA_COHERENT, window);
	theirs = alloc_buffer(other, EDUDMA_COHERENT, window);
	ASSERT_OK(cpu_fill(&mine, 0, window, 0xff));
	ASSERT_OK(to_device(&mine, 0, window, 0));
	ASSERT_OK(cpu_fill(&theirs, 0, window, 1));
	ASSERT_OK(to_device(&theirs, 0, 1, 5));
	ASSERT_OK(from_device(&theirs, 0, window, 0));
	EXPECT(has_byte(&theirs, 0, 5, 0));
	EXPECT(has_byte(&theirs, 5, 1, 1));
	EXPECT(has_byte(&theirs, 6, window - 6, 0));
}

/* A copy's bytes in on-board memory are its owner's, too. */
TEST(copy_leaves_nothing_for_strangers)
{
	struct buffer src, dst, theirs;
	int other = open_device();

	setup();
	src = alloc_buffer(fd, EDUDMA_COHERENT, window);
	dst = alloc_buffer(fd, EDUDMA_COHERENT, window);
	theirs = alloc_buffer(other, EDUDMA_COHERENT, window);
	ASSERT_OK(cpu_fill(&src, 0, window, 0xff));
	ASSERT_OK(copy(&src, 0, &dst, 0, window));
	ASSERT_OK(from_device(&theirs, 0, window, 0));
	EXPECT(has_byte(&theirs, 0, window, 0));
}

int main(void)
{
	ktap_promised = "bytes";
	add_method_variants();
	return ktap_run();
}
