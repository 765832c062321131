// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine begins anew with requests under way, time after time:
 *
 *   again kexec KERNEL [PARAMS]    by itself, with this kernel
 *   again reboot
 *
 * PARAMS are the driver's.
 *
 * Each time it runs this program again, so each time the driver must not be there yet.
 * What the device was told before must not be written into what comes after.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user.h"

#define MODULE		"/lib/modules/edudma.ko"
#define ARCHIVE		"/tmp/initramfs"
/* Memory that survives: a byte of the clock's, which neither Linux nor the firmware use */
#define MEMORY		"/sys/bus/nvmem/devices/cmos_nvram0/nvmem"
#define MEMORY_OFFSET	0x40

static const char *kernel;
static const char *params;

static unsigned int times_so_far(void)
{
	int fd = open(MEMORY, O_RDONLY | O_CLOEXEC);
	uint8_t times;

	ASSERT_OK(fd);
	ASSERT_EQ(pread(fd, &times, 1, MEMORY_OFFSET), 1);
	close(fd);
	return times;
}

static void remember_times(uint8_t times)
{
	int fd = open(MEMORY, O_WRONLY | O_CLOEXEC);

	ASSERT_OK(fd);
	ASSERT_EQ(pwrite(fd, &times, 1, MEMORY_OFFSET), 1);
	close(fd);
}

/* Nobody writes to memory that anyone may have. */
static void expect_quiet_memory(void)
{
	const size_t length = 64 * MIB;
	uint8_t *memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(memory != MAP_FAILED);
	memset(memory, 0x11, length);
	sleep(1);
	EXPECT(memory_is(memory, length, 0x11));
	munmap(memory, length);
}

static void load_driver(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	ASSERT_OK(fd);
	ASSERT_OK(syscall(SYS_finit_module, fd, params, 0));
	close(fd);
}

/* The next kernel gets what this program and the way to it need. */
static void prepare_kernel(void)
{
	const char *words = read_file("/proc/cmdline");
	int image, archive;

	ASSERT(!system("cd / && { find . -xdev -type d; find init job root bin/busybox "
		       "lib/modules usr/bin/suite usr/bin/again ! -type d; } |"
		       "cpio -o -H newc >" ARCHIVE " 2>/dev/null"));
	image = open(kernel, O_RDONLY | O_CLOEXEC);
	archive = open(ARCHIVE, O_RDONLY | O_CLOEXEC);
	ASSERT_OK(image);
	ASSERT_OK(archive);
	ASSERT_OK(syscall(SYS_kexec_file_load, image, archive, strlen(words) + 1, words, 0));
}

static void begin_anew(void)
{
	ASSERT_OK(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			  kernel ? LINUX_REBOOT_CMD_KEXEC : LINUX_REBOOT_CMD_RESTART, NULL));
}

TEST(again)
{
	const unsigned int times = times_so_far();
	struct user me;

	expect_quiet_memory();
	load_driver();
	me = new_user();
	expect_all_well(&me);
	ktap_tries(times);
	if (times >= (nr_cycles() + 19) / 20)
		return;
	if (kernel)
		prepare_kernel();
	remember_times(times + 1);
	map_buffer(&me.dst, PROT_READ);
	submit_many(&me, MANY);
	begin_anew();
}

int main(int argc, char **argv)
{
	kernel = argc > 2 ? argv[2] : NULL;
	params = argc > 3 ? argv[3] : "";
	ktap_promised = argc > 1 ? argv[1] : NULL;
	return ktap_run();
}
