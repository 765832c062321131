// SPDX-License-Identifier: GPL-2.0-only
/* An edu-sg with as many channels as there can be */
#include <errno.h>
#include <linux/pci_regs.h>

#include "device.h"

#define CHANNELS	32

static int fds[CHANNELS];
static struct buffer buffers[CHANNELS];

/* An open file for each channel */
static void setup(void)
{
	unsigned int used = 0;

	while (used != ~0U) {
		int fd = open_device();
		uint32_t channel = get_info(fd).channel;

		ASSERT(channel < CHANNELS && !(used & 1U << channel));
		used |= 1U << channel;
		fds[channel] = fd;
		buffers[channel] = alloc_buffer(fd, EDUDMA_KMALLOC, PAGE);
		ASSERT_OK(to_device(&buffers[channel], 0, PAGE, 0));
	}
}

/*
 * A channel that halts signals. Without bus mastering each one does, its message is lost,
 * and its bit stays: CHANNEL_IRQ reads all ones, as a device does that is not there.
 */
TEST(all_channels_signal_at_once)
{
	uint64_t lost;

	setup();
	set_pci_command(fds[0], PCI_COMMAND_MASTER, false);
	for (unsigned int i = 0; i < CHANNELS; i++)
		EXPECT_ERRNO(to_device(&buffers[i], 0, PAGE, 0), EIO);
	set_pci_command(fds[0], PCI_COMMAND_MASTER, true);

	write_file("/sys/module/edudma/parameters/completion", "interrupt");
	EXPECT_OK(to_device(&buffers[0], 0, PAGE, 0));
	lost = counter("lost_interrupts");
	for (unsigned int i = 0; i < CHANNELS; i++)
		EXPECT_OK(to_device(&buffers[i], 0, PAGE, 0));
	EXPECT_EQ(counter("lost_interrupts"), lost);
	write_file("/sys/module/edudma/parameters/completion", "hybrid");
}

int main(void)
{
	ktap_promised = "injected-faults";
	return ktap_run();
}
