// SPDX-License-Identifier: GPL-2.0-only
/*
 * A channel that does not answer: its function is reset, if it can be, or given up. The
 * engine for tests hangs when it is told to.
 */
#include <errno.h>
#include <unistd.h>

#include "device.h"

/* Which of them hangs */
#define IN_A_SLOT	"/dev/edudma2"
#define ON_THE_BOARD	"/dev/edudma1"

static int fd;
static struct buffer buffer;

static void setup(const char *path)
{
	fd = open_path(path);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, PAGE);
}

static void expect_hang(void)
{
	write_file("/sys/module/edudma/parameters/software_hang", "Y");
	EXPECT_ERRNO(to_device(&buffer, 0, PAGE, 0), EIO);
	/* It is the caller's again. */
	EXPECT_OK(cpu_fill(&buffer, 0, PAGE, 1));
}

TEST(function_is_reset)
{
	setup(IN_A_SLOT);
	for (unsigned int i = 0; i < 3; i++) {
		expect_hang();
		/* Until the reset is over all get EIO. */
		ASSERT_OK(RETRY_WHILE(EIO, to_device(&buffer, 0, PAGE, 0)));
		expect_device_works(fd, EDUDMA_VMALLOC);
	}
}

TEST(function_without_reset_is_given_up)
{
	setup(ON_THE_BOARD);
	expect_hang();
	EXPECT_ERRNO(to_device(&buffer, 0, PAGE, 0), EIO);
	/* The others go on. */
	expect_device_works(open_path(IN_A_SLOT), EDUDMA_VMALLOC);
}

int main(void)
{
	return ktap_run();
}
