// SPDX-License-Identifier: GPL-2.0-only
/* mmap of every kind of memory: what is allowed, what is not, how long it lasts. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"

#define LENGTH	(3 * PAGE - 100)
#define MAPPED	(3 * PAGE)

static long try_mmap(const struct buffer *buffer, size_t length, int prot, int flags,
		     uint64_t offset)
{
	void *memory = mmap(NULL, length, prot, flags, buffer->fd, buffer->mmap_offset + offset);

	if (memory == MAP_FAILED)
		return -1;
	munmap(memory, length);
	return 0;
}

TEST_EACH(bounds)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);

	EXPECT_OK(try_mmap(&buffer, MAPPED, rw, MAP_SHARED, 0));
	EXPECT_OK(try_mmap(&buffer, LENGTH, rw, MAP_SHARED, 0));
	EXPECT_OK(try_mmap(&buffer, PAGE, rw, MAP_SHARED, 2 * PAGE));
	EXPECT_ERRNO(try_mmap(&buffer, MAPPED + 1, rw, MAP_SHARED, 0), EINVAL);
	EXPECT_ERRNO(try_mmap(&buffer, 1 << 30, rw, MAP_SHARED, 0), EINVAL);
	EXPECT_ERRNO(try_mmap(&buffer, MAPPED, rw, MAP_SHARED, PAGE), EINVAL);
	EXPECT_ERRNO(try_mmap(&buffer, PAGE, rw, MAP_SHARED, 3 * PAGE), EINVAL);
	EXPECT_ERRNO(try_mmap(&buffer, PAGE, rw, MAP_SHARED, 1 << 30), EINVAL);
	EXPECT_ERRNO(try_mmap(&buffer, 2 * PAGE, rw, MAP_SHARED, (1ull << 32) - PAGE), EINVAL);
}

TEST_EACH(only_shared)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);

	EXPECT_ERRNO(try_mmap(&buffer, MAPPED, PROT_READ, MAP_PRIVATE, 0), EINVAL);
	EXPECT_ERRNO(try_mmap(&buffer, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0), EINVAL);
}

TEST_EACH(only_known_buffers)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);
	struct buffer foreign = buffer, nowhere = buffer;

	foreign.fd = open_device();
	EXPECT_ERRNO(try_mmap(&foreign, PAGE, PROT_READ, MAP_SHARED, 0), ENOENT);
	nowhere.mmap_offset = 0;
	EXPECT_ERRNO(try_mmap(&nowhere, PAGE, PROT_READ, MAP_SHARED, 0), ENOENT);
	nowhere.mmap_offset = INT64_MAX - PAGE + 1;
	EXPECT_ERRNO(try_mmap(&nowhere, PAGE, PROT_READ, MAP_SHARED, 0), ENOENT);
	free_buffer(&buffer);
	EXPECT_ERRNO(try_mmap(&buffer, PAGE, PROT_READ, MAP_SHARED, 0), ENOENT);
}

/* Each page of the buffer, mapped by itself, is the right one. */
TEST_EACH(partial_offsets)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);
	uint8_t *whole = map_buffer(&buffer, PROT_READ | PROT_WRITE);

	for (unsigned int page = 0; page < 3; page++)
		memset(whole + page * PAGE, 'a' + page, PAGE);
	for (unsigned int page = 0; page < 3; page++) {
		uint8_t *part = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, buffer.fd,
				     buffer.mmap_offset + page * PAGE);

		ASSERT(part != MAP_FAILED);
		EXPECT(memory_is(part, PAGE, 'a' + page));
		munmap(part, PAGE);
	}
}

TEST_EACH(read_only_stays_read_only)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);
	uint8_t *memory = map_buffer(&buffer, PROT_READ);
	int status;

	EXPECT_ERRNO(mprotect(memory, MAPPED, PROT_READ | PROT_WRITE), EACCES);
	EXPECT_ERRNO(mprotect(memory, PAGE, PROT_WRITE), EACCES);
	if (!ktap_fork()) {
		*(volatile uint8_t *)memory = 1;
		_exit(0);
	}
	wait(&status);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	EXPECT(memory_is(memory, MAPPED, 0));
}

/* Who may not write to the file may still map it to read. */
TEST_EACH(read_only_file)
{
	int fd = open(device_path(), O_RDONLY | O_CLOEXEC);
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);

	EXPECT_OK(cpu_fill(&buffer, 0, LENGTH, 0x5a));
	EXPECT(memory_is(map_buffer(&buffer, PROT_READ), LENGTH, 0x5a));
	EXPECT_ERRNO(try_mmap(&buffer, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, 0), EACCES);
	EXPECT_ERRNO(try_mmap(&buffer, MAPPED, PROT_READ, MAP_PRIVATE, 0), EINVAL);
}

/* All that mmap mapped stays there until munmap, or until the device has gone. */
TEST_EACH(pages_stay)
{
	int fd = open_device();
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);

	memset(memory, 4, MAPPED);
	/* There the DMA API maps it, and lets the owner take pages out. */
	if (variant == EDUDMA_COHERENT && get_info(fd).flags & EDUDMA_INFO_IOMMU) {
		EXPECT_OK(madvise(memory, MAPPED, MADV_DONTNEED));
		return;
	}
	EXPECT_ERRNO(madvise(memory, MAPPED, MADV_DONTNEED), EINVAL);
	EXPECT(memory_is(memory, MAPPED, 4));
}

/* A second mapping is another view of the same bytes. */
TEST_EACH(views_agree)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);
	uint8_t *writer = map_buffer(&buffer, PROT_READ | PROT_WRITE);
	const uint8_t *reader = map_buffer(&buffer, PROT_READ);

	memset(writer, 7, MAPPED);
	EXPECT(memory_is(reader, MAPPED, 7));
}

TEST_EACH(mremap_moves_but_does_not_grow)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);
	uint8_t *place = mmap(NULL, MAPPED, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(place != MAP_FAILED);
	memset(memory, 9, MAPPED);
	EXPECT(mremap(memory, MAPPED, 2 * MAPPED, MREMAP_MAYMOVE) == MAP_FAILED);
	EXPECT_EQ(errno, EFAULT);
	ASSERT(mremap(memory, MAPPED, MAPPED, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
	EXPECT(memory_is(place, MAPPED, 9));
	EXPECT_ERRNO(free_handle(buffer.fd, buffer.handle), EBUSY);
	munmap(place, MAPPED);
	free_buffer(&buffer);
}

/* A mapping holds its buffer, to its last page and its last process. */
TEST_EACH(mapping_holds_the_buffer)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);
	pid_t pid;

	memset(memory, 3, MAPPED);
	EXPECT_ERRNO(free_handle(buffer.fd, buffer.handle), EBUSY);
	munmap(memory + PAGE, PAGE);
	EXPECT_ERRNO(free_handle(buffer.fd, buffer.handle), EBUSY);
	munmap(memory, PAGE);
	EXPECT_ERRNO(free_handle(buffer.fd, buffer.handle), EBUSY);
	EXPECT(memory_is(memory + 2 * PAGE, PAGE, 3));

	pid = ktap_fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	munmap(memory + 2 * PAGE, PAGE);
	EXPECT_ERRNO(free_handle(buffer.fd, buffer.handle), EBUSY);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	free_buffer(&buffer);
}

TEST_EACH(fork_shares)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);
	int status;

	memset(memory, 1, MAPPED);
	if (!ktap_fork()) {
		bool ok = memory_is(memory, MAPPED, 1);

		memset(memory, 2, MAPPED);
		_exit(!ok);
	}
	wait(&status);
	EXPECT(WIFEXITED(status) && !WEXITSTATUS(status));
	EXPECT(memory_is(memory, MAPPED, 2));
}

/* A mapping outlives its descriptor, and so does the memory. */
TEST_EACH(mapping_outlives_close)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH), other;
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);
	int fd = open_device();

	memset(memory, 0x42, MAPPED);
	close(buffer.fd);
	for (unsigned int i = 0; i < 64; i++) {
		other = alloc_buffer(fd, variant, LENGTH);
		write_byte(&other, 0, LENGTH, 0x99);
	}
	EXPECT(memory_is(memory, MAPPED, 0x42));
}

/* As a debugger does */
static long peek_and_poke(uint8_t *memory, uint8_t *seen, uint8_t byte)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	long ret;

	ASSERT_OK(mem);
	ASSERT_EQ(pread(mem, seen, PAGE, (uintptr_t)memory), PAGE);
	ret = pwrite(mem, &byte, 1, (uintptr_t)memory);
	close(mem);
	return ret;
}

TEST_EACH(debugger_sees_and_writes)
{
	struct buffer buffer = alloc_buffer(open_device(), variant, LENGTH);
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE), seen[PAGE];
	uint8_t *reader = map_buffer(&buffer, PROT_READ);

	memset(memory + PAGE, 6, PAGE);
	EXPECT_EQ(peek_and_poke(memory + PAGE, seen, 7), 1);
	EXPECT(memory_is(seen, PAGE, 6));
	EXPECT_EQ(memory[PAGE], 7);
	memory[PAGE] = 6;
	/* Behind an IOMMU coherent memory has pages, which the kernel knows what to do with. */
	if (variant != EDUDMA_COHERENT)
		EXPECT_ERRNO(peek_and_poke(reader + PAGE, seen, 8), EIO);
	EXPECT(memory_is(memory + PAGE, PAGE, 6));
}

/* What needs pages, and not only their content: direct I/O, vmsplice, RDMA and the like */
TEST_EACH(pages_are_not_lent)
{
	int fd = open_device(), ends[2];
	struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
	struct iovec piece = { .iov_base = map_buffer(&buffer, PROT_READ | PROT_WRITE),
			       .iov_len = PAGE };
	uint8_t bytes[PAGE];
	struct iovec copy = { .iov_base = bytes, .iov_len = PAGE };

	if (variant == EDUDMA_COHERENT && get_info(fd).flags & EDUDMA_INFO_IOMMU)
		return;
	ASSERT_OK(pipe(ends));
	EXPECT_ERRNO(vmsplice(ends[1], &piece, 1, 0), EFAULT);
	/* The debug kernel does not have this call. */
	if (process_vm_readv(getpid(), NULL, 0, NULL, 0, 0) == 0)
		EXPECT_ERRNO(process_vm_readv(getpid(), &copy, 1, &piece, 1, 0), EFAULT);
	EXPECT_EQ(write(ends[1], piece.iov_base, PAGE), PAGE);
}

int main(void)
{
	ktap_promised = "mmap";
	add_method_variants();
	return ktap_run();
}
