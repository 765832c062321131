// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kind of memory and an engine that only tests know: nothing else needs to
 * know them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#define LENGTH	(64 * KIB)

/* The file of the device that an engine drives. */
static int open_engine(const char *engine)
{
	static const char * const paths[] = { "/dev/edudma0", "/dev/edudma1" };

	for (unsigned int i = 0; i < ARRAY_SIZE(paths); i++) {
		int fd = open_path(paths[i]);

		if (!strcmp(get_info(fd).engine, engine))
			return fd;
		close(fd);
	}
	ktap_diag("no device has the engine %s", engine);
	ASSERT(false);
	return -1;
}

/* Every page of it is a segment: two commands a page where the window is smaller. */
TEST(scattered_memory)
{
	struct edudma_transfer transfer = { .length = LENGTH };
	struct buffer buffer, check;
	int fd = open_engine("edu");

	buffer = alloc_buffer(fd, find_method(fd, "scattered"), LENGTH);
	EXPECT_EQ(buffer.segments, LENGTH / PAGE);
	write_pattern(&buffer, 0, LENGTH, 1);
	transfer.src = buffer.handle;
	ASSERT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
	EXPECT_EQ(transfer.segments, LENGTH / PAGE);
	EXPECT_EQ(transfer.commands, get_info(fd).window < PAGE ? 32 : 16);

	check = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	ASSERT_OK(copy(&buffer, 0, &check, 0, LENGTH));
	EXPECT(has_pattern(&check, 0, LENGTH, 1));
}

TEST(software_engine)
{
	int fd = open_engine("software");
	struct edudma_info info = get_info(fd);

	EXPECT_EQ(info.irq_mode, EDUDMA_IRQ_POLL);
	EXPECT(info.window != get_info(open_engine("edu")).window);
	for (uint32_t method = 0; method < info.nr_methods; method++)
		if (!(get_method(fd, method).flags & EDUDMA_METHOD_UNREACHABLE))
			expect_device_works(fd, method);
}

/* What a device cannot do is one errno, not a surprise. */
TEST(software_engine_has_no_factorial)
{
	struct edudma_factorial factorial = { .n = 3 };
	struct edudma_liveness liveness = { .value = 3 };
	int fd = open_engine("software");

	EXPECT_ERRNO(ioctl(fd, EDUDMA_FACTORIAL, &factorial), EOPNOTSUPP);
	EXPECT_ERRNO(ioctl(fd, EDUDMA_LIVENESS, &liveness), EOPNOTSUPP);
}

int main(void)
{
	return ktap_run();
}
