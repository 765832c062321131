// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers of every kind and size: clean at first, the same bytes for everyone,
 * and given back.
 */
#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "device.h"

static const uint64_t sizes[] = { 1, PAGE - 1, PAGE, PAGE + 1, 64 * KIB, MIB };

/* What the allocator gives may be less than it could ever give. */
static struct buffer alloc_largest(int fd, uint32_t method)
{
	struct edudma_buffer_alloc alloc = {
		.method = method, .length = get_method(fd, method).max_length
	};

	while (ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc)) {
		ASSERT_EQ(errno, ENOMEM);
		alloc.length /= 2;
		ASSERT(alloc.length >= MIB);
	}
	return (struct buffer) {
		.fd = fd, .handle = alloc.handle, .segments = alloc.segments,
		.length = alloc.length, .mmap_offset = alloc.mmap_offset
	};
}

/* Write and read a buffer from every side. */
static void use_buffer(const struct buffer *buffer)
{
	uint8_t *memory = map_buffer(buffer, PROT_READ | PROT_WRITE);
	uint64_t sum = 0;

	EXPECT(memory_is(memory, mapped_bytes(buffer), 0));
	EXPECT_EQ(cpu_sum(buffer, 0, buffer->length), 0);

	/* The kernel writes, user space reads: not a byte more. */
	ASSERT_OK(cpu_fill(buffer, 0, buffer->length, 0xa5));
	EXPECT(memory_is(memory, buffer->length, 0xa5));
	for (uint64_t i = buffer->length; i < mapped_bytes(buffer); i++)
		EXPECT_EQ(memory[i], 0);

	/* User space writes, the kernel reads. */
	write_pattern(buffer, 0, buffer->length, 1);
	for (uint64_t i = 0; i < buffer->length; i++)
		sum += pattern(1, i);
	EXPECT_EQ(cpu_sum(buffer, 0, buffer->length), sum);
	EXPECT_EQ(cpu_sum(buffer, buffer->length - 1, 1), pattern(1, buffer->length - 1));
	munmap(memory, mapped_bytes(buffer));
}

TEST_EACH(sizes_around_pages)
{
	int fd = open_device();

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct buffer buffer = alloc_buffer(fd, variant, sizes[i]);

		EXPECT(buffer.handle != 0);
		EXPECT(buffer.segments >= 1 && buffer.segments <= mapped_bytes(&buffer) / PAGE);
		EXPECT_EQ(buffer.mmap_offset % PAGE, 0);
		use_buffer(&buffer);
		free_buffer(&buffer);
	}
}

TEST_EACH(largest_buffer)
{
	int fd = open_device();
	struct buffer buffer = alloc_largest(fd, variant);

	use_buffer(&buffer);
	free_buffer(&buffer);
}

/* Memory that a buffer leaves dirty is clean in the next one. */
TEST_EACH(memory_is_cleared)
{
	int fd = open_device();

	for (unsigned int i = 0; i < 20; i++) {
		struct buffer buffer = alloc_buffer(fd, variant, 3 * PAGE - 5);
		uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);

		ASSERT(memory_is(memory, 3 * PAGE, 0));
		memset(memory, 0xee, 3 * PAGE);
		munmap(memory, 3 * PAGE);
		free_buffer(&buffer);
	}
}

TEST_EACH(buffers_do_not_share_memory)
{
	struct buffer buffers[16];
	int fd = open_device();

	for (unsigned int i = 0; i < ARRAY_SIZE(buffers); i++) {
		buffers[i] = alloc_buffer(fd, variant, 100 + i * 1000);
		write_pattern(&buffers[i], 0, buffers[i].length, i);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(buffers); i++)
		EXPECT(has_pattern(&buffers[i], 0, buffers[i].length, i));
}

static uint64_t free_memory(void)
{
	struct sysinfo info;

	ASSERT_OK(sysinfo(&info));
	return (uint64_t)info.freeram * info.mem_unit;
}

/* As much as the machine has left, several times over. */
TEST_EACH(free_gives_memory_back)
{
	const uint64_t length = 256 * KIB;
	uint64_t wanted = 2 * free_memory();
	int fd = open_device();

	for (uint64_t done = 0; done < wanted; done += length) {
		struct buffer buffer = alloc_buffer(fd, variant, length);

		free_buffer(&buffer);
	}
}

/*
 * Memory comes back soon after close(), in the way that a descriptor's last
 * owner goes: with buffers, borrowed ranges and mappings.
 */
TEST_EACH(close_gives_memory_back)
{
	const uint64_t length = 256 * KIB, round = 16 * MIB;
	uint64_t wanted = 2 * free_memory();

	for (uint64_t done = 0; done < wanted; done += round) {
		int fd = open_device();

		for (uint64_t used = 0; used < round; used += length) {
			struct edudma_buffer_alloc alloc = { .method = variant, .length = length };
			struct buffer buffer = { .fd = fd, .length = length };

			ASSERT_OK(RETRY_WHILE(ENOMEM, ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc)));
			if (used)
				continue;
			buffer.handle = alloc.handle;
			buffer.mmap_offset = alloc.mmap_offset;
			ASSERT_OK(sync_range(&buffer, EDUDMA_SYNC_WRITE, 0, length));
			munmap(map_buffer(&buffer, PROT_READ), length);
		}
		close(fd);
	}
}

int main(void)
{
	ktap_promised = "zeroed";
	add_method_variants();
	return ktap_run();
}
