// SPDX-License-Identifier: GPL-2.0-only
/* Buffers: allocate and free them, and let the CPU at them */
#include <stddef.h>
#include <sys/mman.h>

#include "call.h"
#include "edudma.h"

int edudma_buffer_alloc(int fd, uint32_t method, uint64_t length,
			struct edudma_buffer *buffer)
{
	struct edudma_buffer_alloc alloc = { .method = method, .length = length };
	int error = edudma_call(fd, EDUDMA_BUFFER_ALLOC, &alloc);

	if (error)
		return error;
	*buffer = (struct edudma_buffer){
		.handle = alloc.handle,
		.segments = alloc.segments,
		.length = length,
		.mmap_offset = alloc.mmap_offset,
		.alloc_ns = alloc.alloc_ns,
		.map_ns = alloc.map_ns,
	};
	return 0;
}

int edudma_buffer_free(int fd, struct edudma_buffer *buffer)
{
	struct edudma_buffer_free free = { .handle = buffer->handle };
	int error = edudma_call(fd, EDUDMA_BUFFER_FREE, &free);

	if (error)
		return error;
	buffer->handle = 0;
	buffer->unmap_ns = free.unmap_ns;
	buffer->free_ns = free.free_ns;
	return 0;
}

int edudma_buffer_map(int fd, const struct edudma_buffer *buffer, bool writable,
		      void **address)
{
	int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	void *mapped;

	mapped = mmap(NULL, buffer->length, protection, MAP_SHARED, fd,
		      (off_t)buffer->mmap_offset);
	if (mapped == MAP_FAILED)
		return -errno;
	*address = mapped;
	return 0;
}

int edudma_buffer_unmap(const struct edudma_buffer *buffer, void *address)
{
	return munmap(address, buffer->length) < 0 ? -errno : 0;
}

static int sync_range(int fd, const struct edudma_buffer *buffer, uint32_t flags,
		      uint64_t offset, uint64_t length, uint64_t *sync_ns)
{
	struct edudma_sync sync = {
		.handle = buffer->handle,
		.flags = flags,
		.offset = offset,
		.length = length,
	};
	int error = edudma_call(fd, EDUDMA_SYNC, &sync);

	if (!error && sync_ns)
		*sync_ns = sync.sync_ns;
	return error;
}

int edudma_sync_begin(int fd, const struct edudma_buffer *buffer, uint32_t flags,
		      uint64_t offset, uint64_t length, uint64_t *sync_ns)
{
	return sync_range(fd, buffer, flags, offset, length, sync_ns);
}

int edudma_sync_end(int fd, const struct edudma_buffer *buffer, uint32_t flags,
		    uint64_t offset, uint64_t length, uint64_t *sync_ns)
{
	return sync_range(fd, buffer, flags | EDUDMA_SYNC_END, offset, length, sync_ns);
}

int edudma_cpu_fill(int fd, const struct edudma_buffer *buffer, uint64_t offset,
		    uint64_t length, uint8_t value, uint64_t *cpu_ns)
{
	struct edudma_cpu cpu = {
		.handle = buffer->handle,
		.op = EDUDMA_CPU_FILL,
		.offset = offset,
		.length = length,
		.value = value,
	};
	int error = edudma_call(fd, EDUDMA_CPU, &cpu);

	if (!error && cpu_ns)
		*cpu_ns = cpu.cpu_ns;
	return error;
}

int edudma_cpu_sum(int fd, const struct edudma_buffer *buffer, uint64_t offset,
		   uint64_t length, uint64_t *sum, uint64_t *cpu_ns)
{
	struct edudma_cpu cpu = {
		.handle = buffer->handle,
		.op = EDUDMA_CPU_SUM,
		.offset = offset,
		.length = length,
	};
	int error = edudma_call(fd, EDUDMA_CPU, &cpu);

	if (error)
		return error;
	*sum = cpu.value;
	if (cpu_ns)
		*cpu_ns = cpu.cpu_ns;
	return 0;
}
