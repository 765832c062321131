// SPDX-License-Identifier: GPL-2.0-only
/* Transfers in flight: what they keep from others, and in which order they go. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#define LONG_COMMANDS	20

static int fd;
static struct edudma_info info;

static void setup(void)
{
	fd = open_device();
	info = get_info(fd);
}

/* As many bytes as keep the device busy for a while. */
static uint64_t long_length(void)
{
	return LONG_COMMANDS * info.window;
}

static void ignore(int signal __attribute__((unused)))
{
}

/*
 * The device is busy until unblock_queue(): with more commands than any guest has the time
 * for, so that they do not end however slow the test is.
 */
static void block_queue(struct flight *flight)
{
	struct sigaction action = { .sa_handler = ignore };
	struct buffer endless = alloc_buffer(fd, EDUDMA_VMALLOC, 4 * MIB);

	ASSERT_OK(sigaction(SIGUSR1, &action, NULL));
	take_off(flight, fd, (struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = endless.handle, .length = endless.length
	}, &endless);
}

static void unblock_queue(struct flight *flight)
{
	ASSERT(!pthread_kill(flight->thread, SIGUSR1));
	EXPECT_EQ(land(flight), EINTR);
}

TEST_EACH(source_in_flight)
{
	uint64_t length;
	struct buffer buffer, other;
	struct flight flight;

	setup();
	length = long_length();
	buffer = alloc_buffer(fd, variant, 2 * length);
	other = alloc_buffer(fd, variant, 2 * length);
	take_off(&flight, fd, (struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = buffer.handle, .src_offset = length / 2,
		.length = length
	}, &buffer);

	EXPECT_ERRNO(sync_range(&buffer, EDUDMA_SYNC_READ, length / 2, 1), EBUSY);
	EXPECT_ERRNO(sync_range(&buffer, EDUDMA_SYNC_WRITE, length / 2 * 3 - 1, 1), EBUSY);
	EXPECT_ERRNO(cpu_fill(&buffer, 0, length / 2 + 1, 1), EBUSY);
	EXPECT_ERRNO(from_device(&buffer, length / 2 * 3 - 1, 100, 0), EBUSY);
	EXPECT_ERRNO(copy(&other, 0, &buffer, length, 1), EBUSY);
	EXPECT_ERRNO(free_handle(fd, buffer.handle), EBUSY);

	/* Its neighbours are free, and two may read. */
	EXPECT_OK(cpu_fill(&buffer, 0, length / 2, 1));
	EXPECT_OK(sync_range(&buffer, EDUDMA_SYNC_WRITE, length / 2 * 3, length / 2));
	EXPECT_OK(to_device(&buffer, length, 1, 0));

	EXPECT_EQ(land(&flight), 0);
	EXPECT_OK(sync_range(&buffer, EDUDMA_SYNC_WRITE, length / 2, length));
}

TEST_EACH(destination_in_flight)
{
	uint64_t length;
	struct buffer buffer, other;
	struct flight flight;

	setup();
	length = long_length();
	buffer = alloc_buffer(fd, variant, 2 * length);
	other = alloc_buffer(fd, variant, 2 * length);
	take_off(&flight, fd, (struct edudma_transfer) {
		.op = EDUDMA_FROM_DEVICE, .dst = buffer.handle, .dst_offset = length / 2,
		.length = length
	}, &buffer);

	EXPECT_ERRNO(sync_range(&buffer, EDUDMA_SYNC_READ, length / 2 * 3 - 1, 1), EBUSY);
	EXPECT_ERRNO(cpu_fill(&buffer, 0, length / 2 + 1, 1), EBUSY);
	EXPECT_ERRNO(to_device(&buffer, length / 2 * 3 - 1, 100, 0), EBUSY);
	EXPECT_ERRNO(from_device(&buffer, length / 2, 1, 0), EBUSY);
	EXPECT_ERRNO(copy(&buffer, length, &other, 0, 1), EBUSY);
	EXPECT_ERRNO(free_handle(fd, buffer.handle), EBUSY);

	EXPECT_OK(cpu_fill(&buffer, 0, length / 2, 1));
	EXPECT_OK(from_device(&buffer, length / 2 * 3, 1, 0));

	EXPECT_EQ(land(&flight), 0);
	EXPECT_OK(sync_range(&buffer, EDUDMA_SYNC_WRITE, length / 2, length));
}

TEST_EACH(copy_in_flight)
{
	uint64_t length;
	struct buffer src, dst;
	struct flight flight;

	setup();
	length = long_length();
	src = alloc_buffer(fd, variant, length);
	dst = alloc_buffer(fd, EDUDMA_COHERENT, length);
	write_pattern(&src, 0, length, 1);
	take_off(&flight, fd, (struct edudma_transfer) {
		.op = EDUDMA_COPY, .src = src.handle, .dst = dst.handle, .length = length
	}, &dst);

	EXPECT_ERRNO(cpu_fill(&src, length - 1, 1, 1), EBUSY);
	EXPECT_ERRNO(cpu_fill(&dst, length - 1, 1, 1), EBUSY);
	EXPECT_ERRNO(free_handle(fd, src.handle), EBUSY);
	EXPECT_ERRNO(free_handle(fd, dst.handle), EBUSY);

	EXPECT_EQ(land(&flight), 0);
	EXPECT(has_pattern(&dst, 0, length, 1));
}

/*
 * Transfer i stores the byte i over the first N - i bytes: in the right order,
 * and in no other, on-board memory reads N-1, N-2, ... 0 at the end.
 */
TEST(in_order_of_submission)
{
	enum { NR = 12 };
	struct buffer buffers[NR], check;
	struct flight first, flights[NR];
	uint8_t *board;

	setup();
	for (unsigned int i = 0; i < NR; i++) {
		buffers[i] = alloc_buffer(fd, EDUDMA_COHERENT, NR);
		ASSERT_OK(cpu_fill(&buffers[i], 0, NR, i));
	}
	block_queue(&first);
	for (unsigned int i = 0; i < NR; i++)
		take_off(&flights[i], fd, (struct edudma_transfer) {
			.op = EDUDMA_TO_DEVICE, .src = buffers[i].handle, .length = NR - i
		}, &buffers[i]);
	unblock_queue(&first);
	for (unsigned int i = 0; i < NR; i++) {
		EXPECT_EQ(land(&flights[i]), 0);
		EXPECT(flights[i].transfer.queue_ns >= i * info.command_ns / 100 * 98);
	}

	check = alloc_buffer(fd, EDUDMA_COHERENT, NR);
	ASSERT_OK(from_device(&check, 0, NR, 0));
	board = map_buffer(&check, PROT_READ);
	for (unsigned int i = 0; i < NR; i++)
		EXPECT_EQ(board[i], NR - 1 - i);
}

/* Two files take turns, and neither sees the other's bytes between its own. */
TEST(files_take_turns)
{
	struct buffer mine[4], theirs[4];
	struct flight to[4], from[4];
	int other = open_device();

	setup();
	for (unsigned int i = 0; i < 4; i++) {
		mine[i] = alloc_buffer(fd, EDUDMA_COHERENT, info.window);
		theirs[i] = alloc_buffer(other, EDUDMA_COHERENT, info.window);
		ASSERT_OK(cpu_fill(&mine[i], 0, info.window, 0xff));
		ASSERT_OK(cpu_fill(&theirs[i], 0, info.window, 0x11));
	}
	for (unsigned int i = 0; i < 4; i++) {
		take_off(&to[i], fd, (struct edudma_transfer) {
			.op = EDUDMA_TO_DEVICE, .src = mine[i].handle, .length = info.window
		}, &mine[i]);
		take_off(&from[i], other, (struct edudma_transfer) {
			.op = EDUDMA_FROM_DEVICE, .dst = theirs[i].handle, .length = info.window
		}, &theirs[i]);
	}
	for (unsigned int i = 0; i < 4; i++) {
		EXPECT_EQ(land(&to[i]), 0);
		EXPECT_EQ(land(&from[i]), 0);
		EXPECT(has_byte(&theirs[i], 0, info.window, 0));
	}
}

TEST(quota_of_transfers)
{
	struct buffer stranger, extra, *buffers;
	struct flight first, other_s, *flights;
	int other = open_device();

	setup();
	buffers = calloc(info.max_transfers, sizeof(*buffers));
	flights = calloc(info.max_transfers, sizeof(*flights));
	ASSERT(buffers && flights);
	extra = alloc_buffer(fd, EDUDMA_COHERENT, 1);
	stranger = alloc_buffer(other, EDUDMA_COHERENT, 1);
	for (unsigned int i = 1; i < info.max_transfers; i++)
		buffers[i] = alloc_buffer(fd, EDUDMA_KMALLOC, 1);
	block_queue(&first);
	for (unsigned int i = 1; i < info.max_transfers; i++)
		take_off(&flights[i], fd, (struct edudma_transfer) {
			.op = EDUDMA_TO_DEVICE, .src = buffers[i].handle, .length = 1
		}, &buffers[i]);

	EXPECT_ERRNO(to_device(&extra, 0, 1, 0), EAGAIN);
	EXPECT_OK(cpu_fill(&extra, 0, 1, 1));
	take_off(&other_s, other, (struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = stranger.handle, .length = 1
	}, &stranger);

	unblock_queue(&first);
	EXPECT_EQ(land(&other_s), 0);
	for (unsigned int i = 1; i < info.max_transfers; i++)
		EXPECT_EQ(land(&flights[i]), 0);
	EXPECT_OK(to_device(&extra, 0, 1, 0));
	free(flights);
	free(buffers);
}

int main(void)
{
	ktap_promised = "queue";
	add_method_variants();
	return ktap_run();
}
