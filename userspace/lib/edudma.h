/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libedudma: a thin layer over the ioctls of /dev/edudmaN
 *
 * A call is one system call, or none where it says so. There is no hidden state:
 * a device is a file descriptor, a buffer or a queue is a struct that the caller
 * owns, and they may be used from several threads as long as nobody frees what
 * another still uses.
 *
 * Unless a function says otherwise it returns 0, or a negative errno whose
 * meaning is the one that <linux/edudma.h> gives; edudma_strerror() puts it in
 * words. All sizes and offsets are bytes, all times nanoseconds.
 */
#ifndef EDUDMA_H
#define EDUDMA_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/edudma.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define EDUDMA_DEFAULT_DEVICE	"/dev/edudma0"

/**
 * struct edudma_buffer - a buffer in an open device
 * @handle: the driver's name for it; zero: no buffer
 * @segments: pieces that are contiguous for the device
 * @length: bytes
 * @mmap_offset: where mmap() finds it
 * @alloc_ns: time to allocate and clear the memory
 * @map_ns: time to map it for the device
 * @unmap_ns: time to take it from the device, known once it is freed
 * @free_ns: time to give the memory back, known once it is freed
 *
 * edudma_buffer_alloc() fills it in. The struct is the caller's, and may be
 * copied; the memory behind it is the driver's and dies with the open file.
 */
struct edudma_buffer {
	uint32_t handle;
	uint32_t segments;
	uint64_t length;
	uint64_t mmap_offset;
	uint64_t alloc_ns;
	uint64_t map_ns;
	uint64_t unmap_ns;
	uint64_t free_ns;
};

/**
 * struct edudma_queue - where the completions of an open device's transfers arrive
 * @fd: the device
 * @entries: completions that it has room for, a power of two
 * @length: of the mapping, in bytes
 * @ring: the mapping, which the driver writes; NULL: no queue
 *
 * edudma_queue_init() fills it in.
 */
struct edudma_queue {
	int fd;
	uint32_t entries;
	uint64_t length;
	struct edudma_ring *ring;
};

/**
 * edudma_open() - open a device
 * @device: path of the device node, NULL for %EDUDMA_DEFAULT_DEVICE
 *
 * The file descriptor is closed on exec. Errors are those of open(2):
 * edudma_open_strerror() explains them.
 *
 * Return: a file descriptor, or a negative errno.
 */
int edudma_open(const char *device);

/**
 * edudma_close() - close a device, and free all its buffers
 * @fd: from edudma_open()
 *
 * Mappings keep the device open: unmap them first.
 */
int edudma_close(int fd);

/**
 * edudma_info() - ask what the device is and what it can do
 * @fd: the device
 * @info: filled in
 *
 * Return: 0, or -ENODEV.
 */
int edudma_info(int fd, struct edudma_info *info);

/**
 * edudma_method_info() - describe one kind of memory
 * @fd: the device
 * @index: from 0; the first -ENOENT ends an enumeration
 * @method: filled in
 *
 * Return: 0, -ENOENT past the last kind, or -ENODEV.
 */
int edudma_method_info(int fd, uint32_t index, struct edudma_method_info *method);

/**
 * edudma_method_find() - describe the kind of memory that has a name
 * @fd: the device
 * @name: "kmalloc", for instance
 * @method: filled in; its @index is what edudma_buffer_alloc() takes
 *
 * Return: 0, -ENOENT if there is none, or -ENODEV.
 */
int edudma_method_find(int fd, const char *name, struct edudma_method_info *method);

/**
 * edudma_buffer_alloc() - allocate a buffer and map it for the device
 * @fd: the device
 * @method: kind of memory, an index of edudma_method_info()
 * @length: 1 to the method's max_length
 * @buffer: filled in; left alone on error
 *
 * The memory is zero. Free it with edudma_buffer_free(); edudma_close() frees
 * what is left.
 *
 * Return: 0, -EINVAL, -ENOENT, -EDQUOT, -EFBIG, -ENOMEM, -ERANGE, -EIO or
 * -ENODEV.
 */
int edudma_buffer_alloc(int fd, uint32_t method, uint64_t length,
			struct edudma_buffer *buffer);

/**
 * edudma_buffer_free() - unmap a buffer from the device and free it
 * @fd: the device
 * @buffer: its @unmap_ns and @free_ns are filled in and its @handle becomes
 *	zero; left alone on error
 *
 * Return: 0, -ENOENT, -EBUSY while it is mapped by edudma_buffer_map(), used
 * by a transfer or between the two SYNC calls, or -ENODEV.
 */
int edudma_buffer_free(int fd, struct edudma_buffer *buffer);

/**
 * edudma_buffer_map() - map a whole buffer into this process
 * @fd: the device
 * @buffer: the buffer
 * @writable: for writing too; a read-only mapping stays read-only
 * @address: set to its first byte
 *
 * Touch the bytes only between edudma_sync_begin() and edudma_sync_end(). The
 * mapping is the caller's until edudma_buffer_unmap(). Once the device has
 * gone, touching it raises SIGBUS.
 *
 * Return: 0, or a negative errno of mmap(2); -ENODEV if the device has gone.
 */
int edudma_buffer_map(int fd, const struct edudma_buffer *buffer, bool writable,
		      void **address);

/**
 * edudma_buffer_unmap() - undo edudma_buffer_map()
 * @buffer: the buffer
 * @address: what edudma_buffer_map() gave
 */
int edudma_buffer_unmap(const struct edudma_buffer *buffer, void *address);

/**
 * edudma_sync_begin() - borrow a range from the device, for the CPU
 * @fd: the device
 * @buffer: the buffer
 * @flags: %EDUDMA_SYNC_READ to see what the device wrote, %EDUDMA_SYNC_WRITE
 *	to overwrite the whole range, both to change any part of it
 * @offset: first byte
 * @length: bytes, not zero
 * @sync_ns: time that it took; may be NULL
 *
 * Return: 0, -EINVAL, -ENOENT, -EBUSY if a transfer or another SYNC has the
 * range, -EDQUOT, -ENOMEM or -ENODEV.
 */
int edudma_sync_begin(int fd, const struct edudma_buffer *buffer, uint32_t flags,
		      uint64_t offset, uint64_t length, uint64_t *sync_ns);

/**
 * edudma_sync_end() - give a range back to the device
 * @fd: the device
 * @buffer: as in edudma_sync_begin()
 * @flags: as in edudma_sync_begin()
 * @offset: as in edudma_sync_begin()
 * @length: as in edudma_sync_begin()
 * @sync_ns: time that it took; may be NULL
 *
 * Return: 0, -EINVAL (also: this range was not borrowed like this), -ENOENT or
 * -ENODEV.
 */
int edudma_sync_end(int fd, const struct edudma_buffer *buffer, uint32_t flags,
		    uint64_t offset, uint64_t length, uint64_t *sync_ns);

/**
 * edudma_cpu_fill() - let the kernel store one byte all over a range
 * @fd: the device
 * @buffer: the buffer
 * @offset: first byte
 * @length: bytes, not zero
 * @value: the byte
 * @cpu_ns: time that the CPU needed, without synchronisation; may be NULL
 *
 * Needs no SYNC around it.
 *
 * Return: 0, -EINVAL, -ENOENT, -EBUSY or -ENODEV.
 */
int edudma_cpu_fill(int fd, const struct edudma_buffer *buffer, uint64_t offset,
		    uint64_t length, uint8_t value, uint64_t *cpu_ns);

/**
 * edudma_cpu_sum() - let the kernel add up the bytes of a range
 * @fd: the device
 * @buffer: the buffer
 * @offset: first byte
 * @length: bytes, not zero
 * @sum: the sum, modulo 2^64
 * @cpu_ns: time that the CPU needed, without synchronisation; may be NULL
 *
 * Needs no SYNC around it.
 *
 * Return: 0, -EINVAL, -ENOENT, -EBUSY or -ENODEV.
 */
int edudma_cpu_sum(int fd, const struct edudma_buffer *buffer, uint64_t offset,
		   uint64_t length, uint64_t *sum, uint64_t *cpu_ns);

/**
 * edudma_prepare_to_device() - describe a transfer to on-board memory
 * @transfer: overwritten; set @timeout_ns afterwards if it should not wait
 *	for ever
 * @src: the source
 * @src_offset: first byte in it
 * @device_offset: where in on-board memory to begin, below the info's
 *	device_bytes; it is used in a circle from there
 * @length: bytes, not zero
 */
void edudma_prepare_to_device(struct edudma_transfer *transfer,
			      const struct edudma_buffer *src, uint64_t src_offset,
			      uint64_t device_offset, uint64_t length);

/**
 * edudma_prepare_from_device() - describe a transfer from on-board memory
 * @transfer: overwritten, as by edudma_prepare_to_device()
 * @dst: the destination
 * @dst_offset: first byte in it
 * @device_offset: where in on-board memory to begin
 * @length: bytes, not zero
 */
void edudma_prepare_from_device(struct edudma_transfer *transfer,
				const struct edudma_buffer *dst, uint64_t dst_offset,
				uint64_t device_offset, uint64_t length);

/**
 * edudma_prepare_copy() - describe a copy from buffer to buffer by the device
 * @transfer: overwritten, as by edudma_prepare_to_device()
 * @src: the source
 * @src_offset: first byte in it
 * @dst: the destination; may be @src if the ranges do not overlap
 * @dst_offset: first byte in it
 * @length: bytes, not zero
 */
void edudma_prepare_copy(struct edudma_transfer *transfer,
			 const struct edudma_buffer *src, uint64_t src_offset,
			 const struct edudma_buffer *dst, uint64_t dst_offset,
			 uint64_t length);

/**
 * edudma_transfer() - move bytes, and wait for the end
 * @fd: the device
 * @transfer: from one of the edudma_prepare functions; @queue_ns, @device_ns,
 *	@commands and @segments are filled in
 *
 * Return: 0, -EINVAL, -ENOENT, -EBUSY, -EAGAIN, -EFBIG, -ENOMEM, -EIO, -EINTR,
 * -ETIMEDOUT or -ENODEV. After -EINTR and -ETIMEDOUT some bytes may have
 * moved, and the ranges stay in use until the device has stopped.
 */
int edudma_transfer(int fd, struct edudma_transfer *transfer);

/**
 * edudma_queue_init() - get ready to submit transfers without waiting for them
 * @fd: the device; an open file has one queue at most
 * @entries: outstanding and not yet reaped transfers that it must have room for,
 *	1 to %EDUDMA_MAX_RING; it gets the next power of two
 * @eventfd: an eventfd to signal when completions arrive, or -1
 * @queue: filled in; left alone on error
 *
 * Two system calls. poll() finds @fd readable while there is something to reap.
 * The queue is inherited by fork(), and is no use after exec.
 *
 * Return: 0, -EINVAL, -EBADF if @eventfd is none, -EBUSY if there is a queue
 * already, -ENOMEM, -EINTR, -ENODEV, or what mmap() says.
 */
int edudma_queue_init(int fd, uint32_t entries, int eventfd, struct edudma_queue *queue);

/**
 * edudma_queue_exit() - unmap a queue
 * @queue: the queue; its @ring becomes NULL
 *
 * What is under way goes on. The driver's part lives as long as the open file,
 * which cannot have another queue.
 */
int edudma_queue_exit(struct edudma_queue *queue);

/**
 * edudma_prepare_entry() - make a transfer ready for edudma_submit()
 * @entry: overwritten
 * @transfer: from one of the edudma_prepare functions; its @timeout_ns does not
 *	count, as nobody waits for this transfer alone
 * @user_data: any number, to recognise the completion by
 *
 * No system call.
 */
void edudma_prepare_entry(struct edudma_entry *entry, const struct edudma_transfer *transfer,
			  uint64_t user_data);

/**
 * edudma_submit() - submit transfers, and perhaps wait for completions
 * @queue: where their completions shall arrive
 * @entries: the transfers; may be NULL if @count is zero
 * @count: how many; may be zero
 * @min_complete: return when there are so many completions to reap, or nothing
 *	is under way any more; zero: do not wait
 * @timeout_ns: how long to wait at most; zero: for ever
 *
 * Threads may submit to one queue at the same time. One large batch costs less
 * than many small ones, as does waiting in the same call.
 *
 * Return: how many of @entries were submitted, from the first on, which may be
 * fewer than @count: the rest must be submitted again, and tells why if it fails.
 * Or, if there was none to submit or not one could be: -EINVAL, -EFAULT, -ENOENT,
 * -EBUSY, -EAGAIN (reap first), -EFBIG, -ENOMEM, -EINTR, -ETIMEDOUT or -ENODEV.
 */
int edudma_submit(const struct edudma_queue *queue, const struct edudma_entry *entries,
		  uint32_t count, uint32_t min_complete, uint64_t timeout_ns);

/**
 * edudma_reap() - take the completions that have arrived
 * @queue: the queue
 * @completions: where to put them, in the order of their arrival
 * @max: how many at most
 *
 * No system call, and no waiting. One thread at a time may reap. Once the device
 * has gone, what was under way arrives with the status -ENODEV.
 *
 * Return: how many; may be zero.
 */
uint32_t edudma_reap(const struct edudma_queue *queue, struct edudma_completion *completions,
		     uint32_t max);

/**
 * edudma_factorial() - let the device compute a factorial
 * @fd: the device
 * @n: any number
 * @timeout_ns: when to give up; zero: never
 * @result: n! modulo 2^32
 *
 * Return: 0, -EINTR, -ETIMEDOUT, -EIO, -EOPNOTSUPP or -ENODEV.
 */
int edudma_factorial(int fd, uint32_t n, uint64_t timeout_ns, uint32_t *result);

/**
 * edudma_liveness() - ask the device for a sign of life
 * @fd: the device
 * @value: any number
 * @answer: its bitwise inverse, if the device is well
 *
 * Return: 0, -EIO, -EOPNOTSUPP or -ENODEV.
 */
int edudma_liveness(int fd, uint32_t value, uint32_t *answer);

/**
 * edudma_strerror() - what an errno of this driver means, and what to do
 * @error: a negative errno from this library (a positive one will do)
 *
 * Return: a string that is valid for ever, without a full stop.
 */
const char *edudma_strerror(int error);

/**
 * edudma_open_strerror() - why edudma_open() failed, and what to do
 * @error: a negative errno from edudma_open() (a positive one will do)
 *
 * Return: a string that is valid for ever, without a full stop.
 */
const char *edudma_open_strerror(int error);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* EDUDMA_H */
