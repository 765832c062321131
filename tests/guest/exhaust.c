// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping fails, because there are few bounce buffers: boot with swiotlb=2048,force, which
 * makes 4 MiB of them, and let the driver take them all (scarce_percent=0).
 */
#include <errno.h>

#include "device.h"

#define LENGTH	(64 * KIB)
#define MOST	((int)(4 * MIB / LENGTH))

static long try_alloc(int fd, uint32_t method, struct buffer *buffer)
{
	struct edudma_buffer_alloc alloc = { .method = method, .length = LENGTH };
	long result = ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc);

	*buffer = (struct buffer) {
		.fd = fd, .handle = alloc.handle, .segments = alloc.segments,
		.length = LENGTH, .mmap_offset = alloc.mmap_offset
	};
	return result;
}

/* ENOMEM, as often as one tries; what there is goes on working; nothing is lost. */
TEST_EACH(mapping_fails)
{
	struct buffer buffers[MOST + 1], check;
	int fd = open_device(), nr;

	check = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	for (nr = 0; nr <= MOST; nr++)
		if (try_alloc(fd, variant, &buffers[nr]))
			break;
	EXPECT_EQ(errno, ENOMEM);
	ASSERT(nr > 2 && nr <= MOST);

	/* More often than the quota of bytes would stand if each cost something. */
	for (uint64_t done = 0; done < 2 * get_info(fd).quota_bytes; done += LENGTH)
		ASSERT_ERRNO(try_alloc(fd, variant, &buffers[nr]), ENOMEM);

	for (int i = 0; i < nr; i += 5) {
		write_pattern(&buffers[i], 0, LENGTH, i);
		ASSERT_OK(copy(&buffers[i], 0, &check, 0, LENGTH));
		EXPECT(has_pattern(&check, 0, LENGTH, i));
	}
	free_buffer(&buffers[1]);
	EXPECT_OK(try_alloc(fd, variant, &buffers[1]));
}

int main(void)
{
	ktap_promised = "memory";
	ktap_variant("kmalloc", EDUDMA_KMALLOC);
	ktap_variant("vmalloc", EDUDMA_VMALLOC);
	return ktap_run();
}
