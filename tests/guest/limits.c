// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one open file may have, and that it has nothing of another's: quotas and
 * handles.
 */
#include <errno.h>
#include <string.h>

#include "device.h"

#define LENGTH	100	/* of the buffers here */

static int fd;

static uint32_t new_handle(void)
{
	return alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH).handle;
}

static long alloc_with(uint32_t method, uint32_t reserved, uint64_t length)
{
	struct edudma_buffer_alloc alloc = {
		.method = method, .reserved = reserved, .length = length
	};

	return ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc);
}

TEST(quota_of_bytes)
{
	struct edudma_buffer_alloc alloc = { .method = EDUDMA_VMALLOC };
	struct edudma_info info;
	int other = open_device();

	fd = open_device();
	info = get_info(fd);
	alloc.length = info.quota_bytes / 4;
	for (unsigned int i = 0; i < 4; i++)
		ASSERT_OK(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc));
	EXPECT_ERRNO(alloc_with(EDUDMA_VMALLOC, 0, 1), EDQUOT);
	EXPECT_ERRNO(alloc_with(EDUDMA_KMALLOC, 0, 1), EDQUOT);
	EXPECT_ERRNO(alloc_with(EDUDMA_COHERENT, 0, 1), EDQUOT);
	/* Each open file has its own. */
	alloc_buffer(other, EDUDMA_VMALLOC, 1);

	ASSERT_OK(free_handle(fd, alloc.handle));
	EXPECT_ERRNO(alloc_with(EDUDMA_VMALLOC, 0, alloc.length + 1), EDQUOT);
	EXPECT_OK(alloc_with(EDUDMA_VMALLOC, 0, alloc.length));
	EXPECT_ERRNO(alloc_with(EDUDMA_VMALLOC, 0, 1), EDQUOT);
}

TEST(quota_of_buffers)
{
	struct edudma_info info;
	uint32_t last = 0;

	fd = open_device();
	info = get_info(fd);
	for (unsigned int i = 0; i < info.max_buffers; i++)
		last = alloc_buffer(fd, EDUDMA_KMALLOC, 1).handle;
	EXPECT_ERRNO(alloc_with(EDUDMA_KMALLOC, 0, 1), EDQUOT);
	ASSERT_OK(free_handle(fd, last));
	EXPECT_OK(alloc_with(EDUDMA_KMALLOC, 0, 1));
	EXPECT_ERRNO(alloc_with(EDUDMA_KMALLOC, 0, 1), EDQUOT);
}

TEST(quota_of_sync_ranges)
{
	struct edudma_sync sync = { .flags = EDUDMA_SYNC_WRITE, .length = 1 };
	uint64_t count;

	fd = open_device();
	sync.handle = alloc_buffer(fd, EDUDMA_COHERENT, PAGE).handle;
	for (count = 0; count < PAGE; count++) {
		sync.offset = count;
		if (ioctl(fd, EDUDMA_SYNC, &sync))
			break;
	}
	EXPECT_EQ(errno, EDQUOT);
	ASSERT(count >= 2 && count < PAGE);

	sync.flags |= EDUDMA_SYNC_END;
	sync.offset = count;
	EXPECT_ERRNO(ioctl(fd, EDUDMA_SYNC, &sync), EINVAL);
	sync.offset = 0;
	ASSERT_OK(ioctl(fd, EDUDMA_SYNC, &sync));
	sync.flags = EDUDMA_SYNC_WRITE;
	EXPECT_OK(ioctl(fd, EDUDMA_SYNC, &sync));
	sync.offset = count;
	EXPECT_ERRNO(ioctl(fd, EDUDMA_SYNC, &sync), EDQUOT);
}

/* Try a handle that is not this file's own in every call that takes one. */
static void expect_unknown(uint32_t handle)
{
	struct buffer unknown = { .fd = fd, .handle = handle, .length = LENGTH };
	struct buffer known = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	bool ok = true;

	ok &= EXPECT_ERRNO(free_handle(fd, handle), ENOENT);
	ok &= EXPECT_ERRNO(sync_range(&unknown, EDUDMA_SYNC_READ, 0, 1), ENOENT);
	ok &= EXPECT_ERRNO(cpu_fill(&unknown, 0, 1, 1), ENOENT);
	ok &= EXPECT_ERRNO(to_device(&unknown, 0, 1, 0), ENOENT);
	ok &= EXPECT_ERRNO(from_device(&unknown, 0, 1, 0), ENOENT);
	ok &= EXPECT_ERRNO(copy(&unknown, 0, &known, 0, 1), ENOENT);
	ok &= EXPECT_ERRNO(copy(&known, 0, &unknown, 0, 1), ENOENT);
	if (!ok)
		ktap_diag("handle %#x", handle);
	free_buffer(&known);
}

TEST(unknown_handles)
{
	uint32_t handle;

	fd = open_device();
	expect_unknown(0);
	handle = new_handle();
	expect_unknown(handle + 100);
	expect_unknown(handle + (1u << 16));
	expect_unknown(handle + (1u << 31));
	expect_unknown(INT32_MAX);
	expect_unknown(UINT32_MAX);
}

TEST(foreign_handles)
{
	int other = open_device();
	struct buffer foreign;

	fd = open_device();
	/* Enough of them that one is not this file's number as well. */
	for (unsigned int i = 0; i < 8; i++)
		foreign = alloc_buffer(other, EDUDMA_KMALLOC, LENGTH);
	ASSERT_OK(cpu_fill(&foreign, 0, LENGTH, 1));
	expect_unknown(foreign.handle);
	EXPECT_EQ(cpu_sum(&foreign, 0, LENGTH), LENGTH);
	free_buffer(&foreign);
}

TEST(stale_handles)
{
	uint32_t stale;

	fd = open_device();
	stale = new_handle();
	ASSERT_OK(free_handle(fd, stale));
	expect_unknown(stale);
	/* Nor does a new buffer take its name. */
	for (unsigned int i = 0; i < 50; i++) {
		uint32_t fresh = new_handle();

		ASSERT(fresh && fresh != stale);
		ASSERT_OK(free_handle(fd, fresh));
	}
	expect_unknown(stale);
}

int main(void)
{
	ktap_promised = "quota";
	return ktap_run();
}
