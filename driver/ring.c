// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches of transfers in one call, and completions in memory that user space maps
 *
 * The ring is written by the kernel alone, except for the head. What user space
 * does to it harms nobody else: the kernel keeps the tail and the length to itself,
 * and takes the head for no more than a number of free entries.
 *
 * The memory is the open file's, not the device's: completions can still be read
 * when the device has gone.
 */
#include <linux/eventfd.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "device.h"
#include "notice.h"
#include "request.h"
#include "ring.h"

/* User space steps through arrays of these: they cannot grow. */
static_assert(sizeof(struct edudma_entry) == 64);
static_assert(sizeof(struct edudma_completion) == 48);
static_assert(offsetof(struct edudma_ring, completions) == 128);

/**
 * edudma_ring_init - an open file without a ring
 * @file: the open file
 */
void edudma_ring_init(struct edudma_file *file)
{
	init_waitqueue_head(&file->ring.wait);
}

/**
 * edudma_ring_free - free a ring, if there is one
 * @file: the open file, closed, with no mapping and nothing under way
 *
 * Context: may sleep.
 */
void edudma_ring_free(struct edudma_file *file)
{
	struct edudma_file_ring *ring = &file->ring;

	if (ring->shared)
		free_pages_exact(ring->shared, ring->bytes);
	if (ring->eventfd)
		eventfd_ctx_put(ring->eventfd);
	kfree(ring->batch);
}

static struct edudma_ring *ring_of(struct edudma_file *file)
{
	/* Whoever sees the ring sees what was set up before. */
	return smp_load_acquire(&file->ring.shared);
}

static struct edudma_entry *batch_alloc(void)
{
	return kmalloc_array(EDUDMA_MAX_TRANSFERS, sizeof(struct edudma_entry),
			     GFP_KERNEL_ACCOUNT);
}

/* The file keeps one batch, so that the hot path allocates nothing; other threads allocate. */
static struct edudma_entry *batch_get(struct edudma_file_ring *ring)
{
	return xchg(&ring->batch, NULL) ?: batch_alloc();
}

static void batch_put(struct edudma_file_ring *ring, struct edudma_entry *batch)
{
	if (cmpxchg(&ring->batch, NULL, batch))
		kfree(batch);
}

static int ring_publish(struct edudma_file *file, struct edudma_ring *shared, size_t bytes,
			struct eventfd_ctx *eventfd)
{
	struct edudma_file_ring *ring = &file->ring;
	int ret = -EBUSY;

	spin_lock_irq(&file->lock);
	if (!ring->shared) {
		ring->bytes = bytes;
		ring->entries = shared->mask + 1;
		ring->eventfd = eventfd;
		/* From here on callers without the lock see it, and all that was set before. */
		smp_store_release(&ring->shared, shared);
		ret = 0;
	}
	spin_unlock_irq(&file->lock);
	return ret;
}

static int ring_create(struct edudma_file *file, u32 entries, struct eventfd_ctx *eventfd)
{
	struct edudma_ring *shared;
	size_t bytes = PAGE_ALIGN(struct_size(shared, completions, entries));
	struct edudma_entry *batch;
	int ret;

	/* Now rather than by the first EDUDMA_SUBMIT. */
	batch = batch_get(&file->ring);
	if (!batch)
		return -ENOMEM;
	batch_put(&file->ring, batch);
	shared = alloc_pages_exact(bytes, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!shared)
		return -ENOMEM;
	shared->mask = entries - 1;
	ret = ring_publish(file, shared, bytes, eventfd);
	if (ret)
		free_pages_exact(shared, bytes);
	return ret;
}

/**
 * edudma_ring_setup - EDUDMA_RING
 * @file: the open file
 * @data: struct edudma_ring_setup
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_ring_setup(struct edudma_file *file, void *data)
{
	struct edudma_ring_setup *arg = data;
	struct eventfd_ctx *eventfd = NULL;
	int ret;

	if (!arg->entries || arg->entries > EDUDMA_MAX_RING || arg->eventfd < -1)
		return -EINVAL;
	arg->entries = roundup_pow_of_two(arg->entries);
	if (arg->eventfd >= 0) {
		eventfd = eventfd_ctx_fdget(arg->eventfd);
		if (IS_ERR(eventfd))
			return -EBADF;
	}

	ret = ring_create(file, arg->entries, eventfd);
	if (ret) {
		if (eventfd)
			eventfd_ctx_put(eventfd);
		return ret;
	}
	arg->mmap_offset = 0;
	arg->mmap_length = file->ring.bytes;
	return 0;
}

static vm_fault_t ring_fault(struct vm_fault *vmf)
{
	struct edudma_file *file = vmf->vma->vm_private_data;
	struct edudma_file_ring *ring = &file->ring;

	if (vmf->pgoff >= ring->bytes >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	vmf->page = virt_to_page((void *)ring->shared + (vmf->pgoff << PAGE_SHIFT));
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct ring_vm_ops = {
	.fault = ring_fault,
};

/**
 * edudma_ring_mmap - map the ring into user space
 * @file: the open file, which the VMA keeps
 * @vma: an offset of 0
 *
 * Context: under mmap_lock.
 * Return: 0, -EINVAL if it is private or leaves the ring, or -ENOENT if there is no ring.
 */
int edudma_ring_mmap(struct edudma_file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (!ring_of(file))
		return -ENOENT;
	if (vma->vm_pgoff + vma_pages(vma) > file->ring.bytes >> PAGE_SHIFT)
		return -EINVAL;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = file;
	vma->vm_ops = &ring_vm_ops;
	return 0;
}

/* A head that is nonsense counts as a full ring. */
static u32 ring_unread(struct edudma_file_ring *ring, u32 tail)
{
	return min(tail - READ_ONCE(ring->shared->head), ring->entries);
}

/* Each entry is free, or unread, or reserved for a request that is under way. */
static unsigned int ring_room(struct edudma_file *file)
{
	struct edudma_file_ring *ring = &file->ring;
	u32 used = file->nr_transfers + ring_unread(ring, ring->tail);

	return used < ring->entries ? ring->entries - used : 0;
}

static void ring_fill(struct edudma_completion *entry, const struct edudma_request *req)
{
	struct edudma_times times = edudma_request_times(req);

	entry->user_data = req->user_data;
	entry->status = req->status;
	entry->commands = req->commands;
	entry->segments = req->segments;
	entry->queue_ns = times.queue;
	entry->device_ns = times.device;
	entry->total_ns = times.total;
}

/* A cancelled request is one of a closed file: nobody reads what it ended with. */
static void ring_complete(struct edudma_file *file, struct list_head *ended, unsigned int nr)
{
	struct edudma_file_ring *ring = &file->ring;
	const struct edudma_request *req;
	u32 tail = ring->tail;

	list_for_each_entry(req, ended, node)
		ring_fill(&ring->shared->completions[tail++ & (ring->entries - 1)], req);
	/* Whoever sees the tail sees the entries. */
	smp_store_release(&ring->shared->tail, tail);
	WRITE_ONCE(ring->tail, tail);
	edudma_requests_recycle(file, ended, nr);
}

static const struct edudma_sink ring_sink = {
	.room = ring_room,
	.complete = ring_complete,
};

/**
 * edudma_ring_notify - tell user space of completions that were added
 * @file: the open file
 *
 * Context: under the file's lock.
 */
void edudma_ring_notify(struct edudma_file *file)
{
	struct edudma_file_ring *ring = &file->ring;
	bool added = ring->notified != ring->tail;

	/* A wait ends, too, when nothing is under way any more. */
	if (!added && (file->nr_transfers || !ring->shared))
		return;
	ring->notified = ring->tail;
	if (wq_has_sleeper(&ring->wait))
		wake_up_interruptible_poll(&ring->wait, EPOLLIN | EPOLLRDNORM);
	if (added && ring->eventfd)
		edudma_eventfd_signal(ring->eventfd);
}

/**
 * edudma_ring_hang_up - wake who polls a device that has gone
 * @file: the open file
 */
void edudma_ring_hang_up(struct edudma_file *file)
{
	wake_up_interruptible_poll(&file->ring.wait, EPOLLHUP | EPOLLERR);
}

/**
 * edudma_ring_poll - poll(): are there completions?
 * @file: the open file
 * @filp: the same
 * @table: for poll_wait()
 *
 * Return: EPOLLIN if so; EPOLLHUP once the device has gone.
 */
__poll_t edudma_ring_poll(struct edudma_file *file, struct file *filp, poll_table *table)
{
	struct edudma_ring *shared = ring_of(file);
	__poll_t events = 0;

	poll_wait(filp, &file->ring.wait, table);
	if (shared && READ_ONCE(shared->tail) != READ_ONCE(shared->head))
		events |= EPOLLIN | EPOLLRDNORM;
	if (edudma_is_gone(file->edev))
		events |= EPOLLHUP | EPOLLERR;
	return events;
}

/**
 * struct ring_waiter - who waits for completions
 * @file: whose
 * @min: how many
 */
struct ring_waiter {
	struct edudma_file *file;
	u32 min;
};

static bool ring_has_enough(void *arg)
{
	const struct ring_waiter *waiter = arg;
	struct edudma_file_ring *ring = &waiter->file->ring;

	/* Whoever sees nothing under way sees all completions. */
	return !smp_load_acquire(&waiter->file->nr_transfers) ||
		ring_unread(ring, READ_ONCE(ring->tail)) >= waiter->min;
}

/* Look for a while, inside; then sleep outside, where the machine may go to sleep, too. */
static int ring_wait(struct edudma_file *file, u32 min, u64 timeout_ns)
{
	struct ring_waiter waiter = { .file = file, .min = min };
	struct edudma_device *edev = file->edev;
	bool gone;
	int idx;

	idx = edudma_enter(edev);
	gone = edudma_is_gone(edev);
	if (!gone)
		edudma_spin(edev, ring_has_enough, &waiter);
	edudma_exit(edev, idx);
	if (gone)
		return -ENODEV;

	return edudma_wait(&file->ring.wait, ring_has_enough, &waiter, timeout_ns);
}

static int ring_submit_batch(struct edudma_file *file, const struct edudma_entry *batch, u32 nr)
{
	struct edudma_device *edev = file->edev;
	LIST_HEAD(reqs);
	int ret, idx;

	idx = edudma_enter(edev);
	ret = edudma_is_gone(edev) ? -ENODEV :
		edudma_requests_prepare(file, batch, nr, &ring_sink, &reqs);
	if (ret > 0)
		edudma_requests_submit(&reqs);
	edudma_exit(edev, idx);
	return ret;
}

/*
 * Copying from user space may take forever: the page may never come. So it is done
 * under no lock, and outside of enter and exit.
 */
static int ring_submit(struct edudma_file *file, struct edudma_submit *arg)
{
	u32 nr = min_t(u32, arg->count, EDUDMA_MAX_TRANSFERS);
	struct edudma_file_ring *ring = &file->ring;
	struct edudma_entry *batch;
	int ret;

	batch = batch_get(ring);
	if (!batch)
		return -ENOMEM;
	if (copy_from_user(batch, u64_to_user_ptr(arg->entries), array_size(nr, sizeof(*batch))))
		ret = -EFAULT;
	else
		ret = ring_submit_batch(file, batch, nr);
	batch_put(ring, batch);
	if (ret < 0)
		return ret;
	arg->submitted = ret;
	return 0;
}

/**
 * edudma_ring_submit - EDUDMA_SUBMIT
 * @file: the open file
 * @data: struct edudma_submit
 *
 * Context: may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_ring_submit(struct edudma_file *file, void *data)
{
	struct edudma_submit *arg = data;
	int ret = 0;

	arg->submitted = 0;
	if (arg->flags)
		return -EINVAL;
	if (!ring_of(file))
		return -ENOENT;
	if (arg->min_complete > file->ring.entries)
		return -EINVAL;
	if (arg->count)
		ret = ring_submit(file, arg);
	if (ret || arg->submitted < arg->count || !arg->min_complete)
		return ret;

	ret = ring_wait(file, arg->min_complete, arg->timeout_ns);
	return arg->submitted ? 0 : ret;
}
