// SPDX-License-Identifier: GPL-2.0-only
/* Many processes and threads use one device at once, and each gets its own bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"

#define LENGTH	(PAGE + 5)

static void copy_and_compare(int fd, uint32_t seed, unsigned int times)
{
	const uint32_t method = seed % 3;
	struct buffer src = alloc_buffer(fd, method, LENGTH);
	struct buffer dst = alloc_buffer(fd, (method + 1) % 3, LENGTH);

	for (unsigned int i = 0; i < times; i++) {
		write_pattern(&src, 0, LENGTH, seed * 100 + i);
		write_byte(&dst, 0, LENGTH, 0xee);
		ASSERT_OK(copy(&src, 0, &dst, 0, LENGTH));
		ASSERT(has_pattern(&dst, 0, LENGTH, seed * 100 + i));
	}
	free_buffer(&src);
	free_buffer(&dst);
}

TEST(two_processes)
{
	enum { NR = 2 };

	for (unsigned int i = 0; i < NR; i++) {
		if (!ktap_fork()) {
			copy_and_compare(open_device(), i + 1, 5);
			exit(0);
		}
	}
	for (unsigned int i = 0; i < NR; i++) {
		int status;

		wait(&status);
		EXPECT(WIFEXITED(status) && !WEXITSTATUS(status));
	}
}

/* A file that a child inherited is the same file: one owner, the same buffers. */
TEST(parent_and_child_share_a_file)
{
	int fd = open_device(), status;
	struct buffer buffer = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);

	ASSERT_OK(cpu_fill(&buffer, 0, LENGTH, 7));
	if (!ktap_fork()) {
		ASSERT_OK(to_device(&buffer, 0, 100, 0));
		exit(0);
	}
	wait(&status);
	EXPECT(WIFEXITED(status) && !WEXITSTATUS(status));
	ASSERT_OK(cpu_fill(&buffer, 0, LENGTH, 0));
	ASSERT_OK(from_device(&buffer, 0, 100, 0));
	EXPECT(has_byte(&buffer, 0, 100, 7));
}

struct worker {
	pthread_t thread;
	int fd;
	uint32_t seed;
};

static void *copy_in_a_thread(void *argument)
{
	struct worker *worker = argument;

	copy_and_compare(worker->fd, worker->seed, 2);
	return NULL;
}

TEST(threads_on_one_file)
{
	struct worker workers[8];
	int fd = open_device();

	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++) {
		workers[i].fd = fd;
		workers[i].seed = i;
		ASSERT(!pthread_create(&workers[i].thread, NULL, copy_in_a_thread, &workers[i]));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++)
		pthread_join(workers[i].thread, NULL);
}

static bool is_sensible(int error)
{
	static const int errors[] = {
		0, EINVAL, ENOENT, EBUSY, EDQUOT, EAGAIN, ENOMEM, ETIMEDOUT
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(errors); i++)
		if (error == errors[i])
			return true;
	ktap_diag("%s", strerror(error));
	return false;
}

/*
 * Every thread does anything at all to any buffer of the others. Nothing is
 * expected of the answers but that none is nonsense, of the machine that it
 * survives, and of the quota that all of it is there at the end.
 */
static void *do_anything(void *argument)
{
	struct worker *worker = argument;
	unsigned int state = worker->seed;

	for (unsigned int i = 0; i < 4000; i++) {
		struct buffer buffer = { .fd = worker->fd, .handle = 1 + rand_r(&state) % 200 };
		uint64_t offset = rand_r(&state) % (2 * PAGE), length = rand_r(&state) % PAGE;
		struct edudma_buffer_alloc alloc = {
			.method = rand_r(&state) % 3, .length = 1 + rand_r(&state) % (2 * PAGE)
		};
		struct edudma_transfer transfer = {
			.op = EDUDMA_COPY, .src = buffer.handle, .src_offset = offset,
			.dst = 1 + rand_r(&state) % 200, .length = 1 + length, .timeout_ns = 1
		};
		uint32_t flags = 1 + rand_r(&state) % 7;
		long result = 0;
		void *memory;

		switch (rand_r(&state) % 7) {
		case 0:
		case 1:
			result = ioctl(worker->fd, EDUDMA_BUFFER_ALLOC, &alloc);
			break;
		case 2:
			result = free_handle(worker->fd, buffer.handle);
			break;
		case 3:
			result = sync_range(&buffer, flags, offset / PAGE, PAGE / 8);
			break;
		case 4:
			result = cpu_fill(&buffer, offset, length, 1);
			break;
		case 5:
			memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, worker->fd,
				      (uint64_t)buffer.handle << 32);
			if (memory == MAP_FAILED)
				break;
			memset(memory, 1, PAGE);
			munmap(memory, PAGE);
			break;
		case 6:
			if (i % 8 == 0)
				result = ioctl(worker->fd, EDUDMA_TRANSFER, &transfer);
			break;
		}
		ASSERT(is_sensible(result ? errno : 0));
	}
	return NULL;
}

TEST(threads_in_each_other_s_way)
{
	struct edudma_buffer_alloc alloc = { .method = EDUDMA_VMALLOC };
	static const uint32_t sync_flags[] = { 1, 2, 3 };
	struct worker workers[6];
	int fd = open_device();

	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++) {
		workers[i].fd = fd;
		workers[i].seed = 1 + i;
		ASSERT(!pthread_create(&workers[i].thread, NULL, do_anything, &workers[i]));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++)
		pthread_join(workers[i].thread, NULL);

	for (uint32_t handle = 1; handle < 4096; handle++) {
		struct buffer buffer = { .fd = fd, .handle = handle };

		for (unsigned int i = 0; i < ARRAY_SIZE(sync_flags); i++)
			for (uint64_t offset = 0; offset < 2; offset++)
				while (!sync_range(&buffer, sync_flags[i] | EDUDMA_SYNC_END,
						   offset, PAGE / 8))
					;
		if (RETRY_WHILE(EBUSY, free_handle(fd, handle)))
			ASSERT_EQ(errno, ENOENT);
	}
	alloc.length = get_info(fd).quota_bytes;
	EXPECT_OK(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc));
	copy_and_compare(open_device(), 1, 1);
}

int main(void)
{
	ktap_promised = "crowd";
	return ktap_run();
}
