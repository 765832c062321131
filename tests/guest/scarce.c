// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of which the whole machine has little, ZONE_DMA and bounce buffers: what is offered
 * can be had, and no user takes it all. It wants two devices.
 *
 *   scarce KIND...
 *
 * names the kinds of memory that are scarce in this guest.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#define MAX_FILES	64
#define AT_ONCE		3	/* longest buffers: a copy's two, and one to compare */

static long try_alloc(int fd, uint32_t method, uint64_t length)
{
	struct edudma_buffer_alloc alloc = { .method = method, .length = length };

	return ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc);
}

TEST_EACH(what_is_offered_can_be_had)
{
	int fd = open_device();
	struct edudma_method_info info = get_method(fd, variant);

	ktap_diag("up to %llu bytes", (unsigned long long)info.max_length);
	EXPECT_ERRNO(try_alloc(fd, variant, info.max_length + 1), EFBIG);
	for (unsigned int i = 0; i < AT_ONCE; i++)
		EXPECT_OK(try_alloc(fd, variant, info.max_length));
}

/* With pieces of one length, of as many files as it takes, until there is no more */
static uint64_t take_all(uint32_t method, uint64_t length, int fds[MAX_FILES])
{
	uint64_t taken = 0;
	unsigned int i = 0;

	fds[0] = open_device();
	for (;;) {
		if (!try_alloc(fds[i], method, length)) {
			taken += length;
			continue;
		}
		if (errno != EDQUOT)
			break;
		ASSERT(++i < MAX_FILES);
		fds[i] = open_device();
	}
	EXPECT_EQ(errno, ENOMEM);
	return taken;
}

/* By the kernel's own count, whatever the driver counts */
static void expect_zone_dma_left(void)
{
	const char *text = strstr(read_file("/proc/zoneinfo"), "zone      DMA\n");
	unsigned long free, managed;

	text = text ? strstr(text, "pages free") : NULL;
	ASSERT(text && sscanf(text, "pages free %lu", &free) == 1);
	text = strstr(text, "managed");
	ASSERT(text && sscanf(text, "managed %lu", &managed) == 1);
	ktap_diag("%lu of %lu pages are free", free, managed);
	EXPECT(free * 10 >= managed * 4);
}

static void rebind(const char *path)
{
	int fd = open_path(path);
	char address[16];

	get_address(fd, address);
	close(fd);
	write_file("/sys/bus/pci/drivers/edudma/unbind", address);
	write_file("/sys/bus/pci/drivers/edudma/bind", address);
	fd = open_path(path);
	close(fd);
}

/* What is left is enough for a driver's probe; and all of it comes back. */
TEST_EACH(no_user_takes_all)
{
	int fd = open_device(), fds[MAX_FILES] = { 0 };
	uint64_t length, taken;

	for (unsigned int i = 0; i < 2; i++) {
		length = i ? PAGE : get_method(fd, variant).max_length / 2 + PAGE;
		taken = take_all(variant, length, fds);
		ktap_diag("%llu bytes in pieces of %llu", (unsigned long long)taken,
			  (unsigned long long)length);
		EXPECT_ERRNO(try_alloc(fd, variant, length), ENOMEM);
		expect_zone_dma_left();
		rebind("/dev/edudma1");
		for (unsigned int j = 0; j < MAX_FILES && fds[j]; j++) {
			close(fds[j]);
			fds[j] = 0;
		}
		EXPECT_OK(RETRY_WHILE(ENOMEM, try_alloc(fd, variant, length)));
	}
}

int main(int argc, char **argv)
{
	static const char * const names[] = {
		[EDUDMA_KMALLOC] = "kmalloc", [EDUDMA_VMALLOC] = "vmalloc",
		[EDUDMA_COHERENT] = "coherent",
	};

	for (int i = 1; i < argc; i++)
		for (unsigned int method = 0; method < ARRAY_SIZE(names); method++)
			if (!strcmp(argv[i], names[method]))
				ktap_variant(names[method], method);
	ktap_promised = "memory";
	return ktap_run();
}
