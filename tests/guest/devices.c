// SPDX-License-Identifier: GPL-2.0-only
/* Two devices in one machine: each has its own node, memory, queue and fate. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#define LONG	20	/* commands */

static int fds[2];
static struct edudma_info infos[2];

static void setup(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		fds[i] = open_path(i ? "/dev/edudma1" : "/dev/edudma0");
		infos[i] = get_info(fds[i]);
	}
}

TEST(two_functions)
{
	setup();
	EXPECT(infos[0].pci_bus != infos[1].pci_bus || infos[0].pci_devfn != infos[1].pci_devfn);
	EXPECT_ERRNO(open("/dev/edudma2", O_RDWR | O_CLOEXEC), ENOENT);
}

TEST(handles_are_not_shared)
{
	struct buffer buffer;

	setup();
	buffer = alloc_buffer(fds[0], EDUDMA_KMALLOC, PAGE);
	buffer.fd = fds[1];
	EXPECT_ERRNO(to_device(&buffer, 0, 1, 0), ENOENT);
	EXPECT_ERRNO(free_handle(fds[1], buffer.handle), ENOENT);
}

TEST(on_board_memories_do_not_mix)
{
	struct buffer buffers[2];

	setup();
	for (unsigned int i = 0; i < 2; i++) {
		buffers[i] = alloc_buffer(fds[i], EDUDMA_VMALLOC, infos[i].window);
		write_pattern(&buffers[i], 0, buffers[i].length, i);
		ASSERT_OK(to_device(&buffers[i], 0, buffers[i].length, 0));
	}
	for (unsigned int i = 0; i < 2; i++) {
		write_byte(&buffers[i], 0, buffers[i].length, 0xee);
		ASSERT_OK(from_device(&buffers[i], 0, buffers[i].length, 0));
		EXPECT(has_pattern(&buffers[i], 0, buffers[i].length, i));
	}
}

static struct edudma_transfer long_copy(const struct buffer *src, const struct buffer *dst)
{
	return (struct edudma_transfer) {
		.op = EDUDMA_COPY, .src = src->handle, .dst = dst->handle, .length = dst->length
	};
}

/* Both work at once: a short transfer on one overtakes a long one on the other. */
TEST(they_work_at_the_same_time)
{
	struct buffer srcs[2], dsts[2], quick;
	struct flight flights[2];

	setup();
	for (unsigned int i = 0; i < 2; i++) {
		srcs[i] = alloc_buffer(fds[i], EDUDMA_KMALLOC, LONG * infos[i].window);
		dsts[i] = alloc_buffer(fds[i], EDUDMA_COHERENT, srcs[i].length);
		write_pattern(&srcs[i], 0, srcs[i].length, i);
	}
	quick = alloc_buffer(fds[1], EDUDMA_KMALLOC, 1);

	take_off(&flights[0], fds[0], long_copy(&srcs[0], &dsts[0]), &dsts[0]);
	ASSERT_OK(to_device(&quick, 0, 1, 0));
	EXPECT_ERRNO(cpu_fill(&dsts[0], 0, 1, 0), EBUSY);
	take_off(&flights[1], fds[1], long_copy(&srcs[1], &dsts[1]), &dsts[1]);
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_EQ(land(&flights[i]), 0);
		EXPECT(has_pattern(&dsts[i], 0, dsts[i].length, i));
	}
}

/* One goes and comes back; the other does not notice. */
TEST(one_goes_the_other_stays)
{
	struct buffer src, dst, lost;
	struct flight stays, goes;
	char address[16];

	setup();
	get_address(fds[0], address);
	src = alloc_buffer(fds[1], EDUDMA_KMALLOC, LONG * infos[1].window);
	dst = alloc_buffer(fds[1], EDUDMA_VMALLOC, src.length);
	write_pattern(&src, 0, src.length, 5);
	lost = alloc_buffer(fds[0], EDUDMA_KMALLOC, LONG * infos[0].window);
	take_off(&stays, fds[1], long_copy(&src, &dst), &dst);
	take_off(&goes, fds[0], (struct edudma_transfer) {
		.op = EDUDMA_FROM_DEVICE, .dst = lost.handle, .length = lost.length
	}, &lost);

	write_file("/sys/bus/pci/drivers/edudma/unbind", address);
	EXPECT_EQ(land(&goes), ENODEV);
	EXPECT_ERRNO(to_device(&lost, 0, 1, 0), ENODEV);
	EXPECT_EQ(land(&stays), 0);
	EXPECT(has_pattern(&dst, 0, dst.length, 5));

	write_file("/sys/bus/pci/drivers/edudma/bind", address);
	lost = alloc_buffer(open_path("/dev/edudma0"), EDUDMA_KMALLOC, 1);
	EXPECT_OK(to_device(&lost, 0, 1, 0));
}

/* Whatever is opened of another device, the files of each are spread over its channels. */
TEST(files_are_spread_over_channels)
{
	uint32_t used[2] = { 0 };

	setup();
	ASSERT_EQ(infos[0].nr_channels, infos[1].nr_channels);
	for (unsigned int i = 0; i < infos[0].nr_channels; i++)
		for (unsigned int j = 0; j < 2; j++)
			used[j] |= 1u << get_info(open_path(j ? "/dev/edudma1" : "/dev/edudma0")).channel;
	for (unsigned int j = 0; j < 2; j++)
		EXPECT_EQ(used[j], (1ull << infos[j].nr_channels) - 1);
}

int main(void)
{
	ktap_promised = "crowd";
	return ktap_run();
}
