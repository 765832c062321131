// SPDX-License-Identifier: GPL-2.0-only
/*
 * More devices than a processor has interrupt vectors for: each gets what can be had, and
 * works. The first has all it can use, channels of a later one share, and the last polls.
 * The serial ports have theirs before the module is loaded.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"

#define DEVICES		12
#define CHANNELS	32

static bool log_has(const char *text)
{
	enum { READ_ALL = 3, SIZE = 1 << 20 };
	char *log = calloc(1, SIZE);
	bool found;

	ASSERT(log);
	ASSERT(klogctl(READ_ALL, log, SIZE - 1) > 0);
	found = strstr(log, text);
	free(log);
	return found;
}

TEST(each_device_gets_what_can_be_had)
{
	int module = open("/lib/modules/edudma.ko", O_RDONLY | O_CLOEXEC);
	unsigned int modes[DEVICES];

	ASSERT_OK(module);
	ASSERT_OK(syscall(SYS_finit_module, module, "", 0));
	close(module);

	for (unsigned int i = 0; i < DEVICES; i++) {
		char path[32];
		int fd;

		snprintf(path, sizeof(path), "/dev/edudma%u", i);
		fd = open_path(path);
		modes[i] = get_info(fd).irq_mode;
		/* A file for each channel */
		for (unsigned int channel = 0; channel < CHANNELS; channel++) {
			expect_device_works(fd, EDUDMA_KMALLOC);
			close(fd);
			fd = open_path(path);
		}
		close(fd);
	}
	EXPECT_EQ(modes[0], EDUDMA_IRQ_MSIX);
	EXPECT_EQ(modes[DEVICES - 1], EDUDMA_IRQ_POLL);
	EXPECT(log_has("of 33 interrupt vectors to be had: channels share them"));
	EXPECT(log_has("no better interrupts to be had (error -28): poll"));
	ASSERT_OK(syscall(SYS_delete_module, "edudma", O_NONBLOCK));
}

int main(void)
{
	ktap_promised = "load";
	return ktap_run();
}
