/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers: kinds of memory, and what an open file has of them
 */
#ifndef EDUDMA_BUFFER_H
#define EDUDMA_BUFFER_H

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

#include "device.h"
#include "plan.h"

struct vm_area_struct;

/**
 * struct edudma_buffer_ops - a kind of memory
 * @name: for user space
 * @coherent: the CPU and the device see each other's writes without a sync
 * @max_length: the longest buffer that the allocator could give, in bytes
 * @reachable: can the device address this kind on this machine?
 * @pool: the scarce memory that it takes here, or NULL. Optional: without it, none.
 * @alloc: set edudma_buffer.cpu to memory of at least the buffer's length,
 *	page-aligned and zero to the end of its last page. -ENOMEM. May sleep.
 * @free: give it back. May sleep.
 * @map: map it for the device, both ways, and fill in its segments. -ENOMEM. May
 *	sleep.
 * @unmap: undo @map. May sleep.
 * @sync_for_cpu: the CPU is about to use a range. NULL if @coherent.
 * @sync_for_device: the CPU has done. NULL if @coherent.
 * @pfn: the page frame at a page-aligned offset, for a fault of user space. Atomic.
 * @mmap: prepare a VMA, whose bounds are checked, beyond what @pfn tells of its pages.
 *	Optional: without it, they are mapped as any memory. Under the mm's mmap_lock.
 */
struct edudma_buffer_ops {
	const char *name;
	bool coherent;
	u64 (*max_length)(struct edudma_device *edev);
	bool (*reachable)(struct edudma_device *edev);
	struct edudma_pool *(*pool)(struct edudma_device *edev);
	int (*alloc)(struct edudma_buffer *buf);
	void (*free)(struct edudma_buffer *buf);
	int (*map)(struct edudma_buffer *buf);
	void (*unmap)(struct edudma_buffer *buf);
	void (*sync_for_cpu)(struct edudma_buffer *buf, u64 offset, u64 length,
			     enum dma_data_direction dir);
	void (*sync_for_device)(struct edudma_buffer *buf, u64 offset, u64 length,
				enum dma_data_direction dir);
	unsigned long (*pfn)(struct edudma_buffer *buf, u64 offset);
	int (*mmap)(struct edudma_buffer *buf, struct vm_area_struct *vma,
		    u64 offset);
};

/**
 * struct edudma_buffer - memory that belongs to one open file
 * @edev: the device it is mapped for
 * @ops: its kind
 * @length: bytes, as asked for
 * @cpu: the kernel's address; NULL once the memory is gone
 * @pfn: its first page frame, of a kind that only the DMA API can tell
 * @dma: bus address of memory that is mapped in one piece
 * @sgt: pages, of a kind that has them
 * @segs: what the device sees, in the order of the buffer
 * @nr_segs: how many
 * @one: @segs of a kind that is always in one piece
 * @engine_priv: what the engine keeps for a mapped buffer
 * @pool: the scarce memory that it has, or NULL
 * @handle: what user space calls it
 * @known: user space has got the handle; under the file's lock
 * @holds: ranges in use; under the file's lock
 * @nr_vmas: VMAs that show it; under the file's lock
 */
struct edudma_buffer {
	struct edudma_device *edev;
	const struct edudma_buffer_ops *ops;
	u64 length;
	void *cpu;
	unsigned long pfn;
	dma_addr_t dma;
	struct sg_table sgt;
	struct edudma_segment *segs;
	unsigned int nr_segs;
	struct edudma_segment one;
	void *engine_priv;
	struct edudma_pool *pool;
	u32 handle;
	bool known;
	struct hlist_head holds;
	unsigned int nr_vmas;
};

/* Is a range, which may be any, not empty and within @size? */
static inline bool edudma_range_is_inside(u64 offset, u64 length, u64 size)
{
	return length && length <= size && offset <= size - length;
}

/**
 * edudma_find_buffer - look a handle up
 * @file: the open file
 * @handle: what user space calls the buffer
 *
 * Context: under the file's lock; the buffer stays as long as it is held.
 * Return: the buffer, or NULL.
 */
static inline struct edudma_buffer *edudma_find_buffer(struct edudma_file *file, u32 handle)
{
	struct edudma_buffer *buf = file->buffers[handle % EDUDMA_MAX_BUFFERS];

	return buf && buf->handle == handle && buf->known ? buf : NULL;
}

unsigned int edudma_nr_methods(void);
u64 edudma_quota(void);
struct edudma_pool *edudma_streaming_pool(struct edudma_device *edev);

int edudma_method_info(struct edudma_file *file, void *data);
int edudma_buffer_alloc(struct edudma_file *file, void *data);
void edudma_buffer_alloc_end(struct edudma_file *file, u32 handle, bool told);
int edudma_buffer_free(struct edudma_file *file, void *data);

void edudma_buffer_set_segment(struct edudma_buffer *buf, dma_addr_t addr);
void edudma_buffers_release(struct edudma_file *file);
void edudma_buffers_destroy(struct edudma_file *file);

extern const struct edudma_buffer_ops edudma_kmalloc_ops;
extern const struct edudma_buffer_ops edudma_vmalloc_ops;
extern const struct edudma_buffer_ops edudma_coherent_ops;
#ifdef EDUDMA_TEST
extern const struct edudma_buffer_ops edudma_scattered_ops;
extern const struct edudma_buffer_ops edudma_reserved_ops;
#endif

#endif /* EDUDMA_BUFFER_H */
