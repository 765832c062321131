/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device, its open files, and how long each of them lives
 *
 * Lifetime. struct edudma_device outlives the PCI function: open files hold a
 * reference. What belongs to the function (registers, interrupts, every byte
 * of DMA memory) is gone when remove() returns. Whoever uses any of that sits
 * between edudma_enter() and edudma_exit(), and asks edudma_is_gone() there;
 * remove() first marks the device gone, then waits until nobody is inside.
 *
 * Bounded waiting. remove() and shutdown() wait for the device, and for bounded work
 * of the CPU: never for user space. So a page fault of user memory, a signal, a thaw
 * or a lock that is held across one of them is waited for under no lock of the driver,
 * and outside of edudma_enter() and edudma_exit(). remove() takes no lock of an
 * address space either. docs/reliability.md has a table of all waits.
 *
 *   open file      -> struct edudma_file     until closed and its last request
 *                                            has ended
 *   handle         -> struct edudma_buffer   until freed, or with its file; its
 *                                            memory no longer than the function
 *   mmap           -> the kernel's VMA       which holds the open file, and is
 *                                            counted in its buffer
 *   transfer       -> struct edudma_request  under way it keeps the open file, which
 *                                            keeps it for another one afterwards
 *   ring           -> pages                  with the open file
 *
 * Lock order, outermost first:
 *
 *   edudma_device.files_lock   the list of open files; may sleep
 *   mmap_lock                  the kernel's, around mmap and faults
 *   edudma_channel.lock        with interrupts off: the request queues, and the
 *                              engine's state for that channel
 *   edudma_file.lock           with interrupts off: handles, holds, VMAs, quotas and
 *                              completions of one open file
 */
#ifndef EDUDMA_DEVICE_H
#define EDUDMA_DEVICE_H

#include <linux/atomic.h>
#include <linux/cdev.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "addressing.h"
#include "channel.h"
#include "engine.h"
#include "ring.h"
#include "uapi/linux/edudma.h"

/* Handles stay below this, so that one fits beside an offset in mmap's. */
#define EDUDMA_HANDLE_LIMIT	4096
#define EDUDMA_MAX_BUFFERS	256
#define EDUDMA_MAX_SYNCS	256
#define EDUDMA_MAX_TRANSFERS	64

/**
 * struct edudma_counters - what happened since probe, shown in debugfs
 * @submitted: requests accepted; when idle, the sum of the next three
 * @completed: requests that moved all their bytes
 * @failed: requests ended by an error of the device, or by its removal
 * @cancelled: requests ended by a signal, a timeout or a closed file
 * @commands: commands given to the device, without scrubs
 * @scrubs: commands that cleared on-board memory for its next owner
 * @interrupts: interrupts that were ours
 * @lost: ends of commands that an interrupt was to tell, and the tick found
 */
struct edudma_counters {
	atomic64_t submitted;
	atomic64_t completed;
	atomic64_t failed;
	atomic64_t cancelled;
	atomic64_t commands;
	atomic64_t scrubs;
	atomic64_t interrupts;
	atomic64_t lost;
};

/**
 * struct edudma_edu - the state of what edu.c drives
 * @flags: somebody uses the factorial, which may take long
 * @generation: edudma_device.generation, when its user came
 */
struct edudma_edu {
	unsigned long flags;
	unsigned int generation;
};

/**
 * struct edudma_device - one device, from probe to the last open file
 * @dev: the class device; its release function frees this struct
 * @cdev: the character device
 * @id: N in /dev/edudmaN
 * @pdev: the PCI function; valid inside enter and exit, and in remove()
 * @regs: BAR 0; valid like @pdev
 * @type: which device this is, from the PCI id table
 * @engine_priv: what the engine keeps
 * @edu: see there
 * @limits: what the engine can do; constant after probe
 * @channels: one, or what the engine has
 * @dma_mask: the highest bus address
 * @reach: which streaming memory that covers
 * @streaming_pool: what streaming memory comes from, or is bounced by, if it is scarce
 * @coherent_pool: what coherent memory comes from, if it is scarce
 * @iommu: an IOMMU translates
 * @irq_mode: how ends of commands are learned
 * @vectors: the interrupt vectors that were granted
 * @nr_vectors: how many
 * @srcu: who is inside enter and exit
 * @gone: set once, by remove()
 * @broken: set when the device stopped answering
 * @generation: odd while the device is stopped, and another one each time it is not
 * @idle_lock: with this a register is accessed for no request, one at a time, and only
 *	while @generation is even; it becomes odd under the lock
 * @wait: woken when @gone is set, or the device stopped, for those who wait inside
 * @spinners: how many look for ends instead of sleeping
 * @spin_ns: how long it pays to do so
 * @tick: looks for ended commands: the poller, and the net below interrupts
 * @tick_due: when, in jiffies
 * @recovery: resets the function when a channel does not answer
 * @files_lock: protects @files, and DMA memory against being freed twice: by
 *	remove() and by the last breath of a file
 * @files: open files, and closed ones with requests in flight
 * @last_file_id: that was given; each device counts its own files, so that they are
 *	spread evenly over its channels; under @files_lock
 * @inode: owner of the address space that all mappings share, so that one call
 *	reaches every VMA
 * @debugfs: its directory
 * @counters: see there
 */
struct edudma_device {
	struct device dev;
	struct cdev cdev;
	int id;
	struct pci_dev *pdev;
	void __iomem *regs;
	const struct edudma_type *type;
	void *engine_priv;
	struct edudma_edu edu;
	struct edudma_limits limits;
	struct edudma_channel *channels;
	u64 dma_mask;
	enum edudma_reach reach;
	struct edudma_pool *streaming_pool;
	struct edudma_pool *coherent_pool;
	bool iommu;
	enum edudma_irq_mode irq_mode;
	struct edudma_vector *vectors;
	unsigned int nr_vectors;
	struct srcu_struct srcu;
	bool gone;
	bool broken;
	unsigned int generation;
	spinlock_t idle_lock; /* protects registers that no request needs */
	wait_queue_head_t wait;
	atomic_t spinners;
	u64 spin_ns;
	struct delayed_work tick;
	unsigned long tick_due;
	struct work_struct recovery;
	struct mutex files_lock; /* protects files, and DMA memory at its end */
	struct list_head files;
	u64 last_file_id;
	struct inode *inode;
	struct dentry *debugfs;
	struct edudma_counters counters;
};

/**
 * struct edudma_file - one open file
 * @ref: held by the struct file, and once by all requests in flight
 * @edev: the device, with a reference
 * @node: in edudma_device.files
 * @id: never given twice by this device; who owns the on-board memory
 * @lock: protects all below, and the holds and VMAs of each buffer; interrupts off
 * @buffers: the one with a handle is at the handle's remainder
 * @last_handle: that was given
 * @nr_buffers: how many, at most EDUDMA_MAX_BUFFERS
 * @nr_syncs: ranges that the CPU has borrowed, at most EDUDMA_MAX_SYNCS
 * @nr_transfers: requests in flight, at most EDUDMA_MAX_TRANSFERS; while there are
 *	any, they hold a reference to the file
 * @spares: requests that are not in use
 * @nr_spares: how many
 * @bytes: memory in buffers, in whole pages, at most the quota
 * @ring: batches and their completions
 * @reaper: frees the file in process context
 */
struct edudma_file {
	struct kref ref;
	struct edudma_device *edev;
	struct list_head node;
	u64 id;
	spinlock_t lock; /* protects all below */
	struct edudma_buffer *buffers[EDUDMA_MAX_BUFFERS];
	u32 last_handle;
	unsigned int nr_buffers;
	unsigned int nr_syncs;
	unsigned int nr_transfers;
	struct list_head spares;
	unsigned int nr_spares;
	u64 bytes;
	struct edudma_file_ring ring;
	struct work_struct reaper;
};

/* The channel that has what a file keeps in on-board memory */
static inline struct edudma_channel *edudma_file_channel(struct edudma_file *file)
{
	struct edudma_device *edev = file->edev;

	return &edev->channels[file->id % edev->limits.nr_channels];
}

/**
 * edudma_enter - keep the registers and DMA memory, if they are still there
 * @edev: the device
 *
 * edudma_is_gone() tells, and its answer "no" stays true until edudma_exit().
 *
 * Context: any. Whoever is inside may sleep, if @wait or the end of his request
 * wakes him.
 * Return: for edudma_exit().
 */
static inline int edudma_enter(struct edudma_device *edev)
	__acquires(&edev->srcu)
{
	return srcu_read_lock(&edev->srcu);
}

/**
 * edudma_exit - end what edudma_enter() began
 * @edev: the device
 * @idx: what edudma_enter() returned
 */
static inline void edudma_exit(struct edudma_device *edev, int idx)
	__releases(&edev->srcu)
{
	srcu_read_unlock(&edev->srcu, idx);
}

/**
 * edudma_is_gone - has remove() begun?
 * @edev: the device
 *
 * Context: any; that it has not may be outdated at once, except between edudma_enter()
 * and edudma_exit().
 * Return: true once it has.
 */
static inline bool edudma_is_gone(const struct edudma_device *edev)
{
	return READ_ONCE(edev->gone);
}

static inline struct edudma_device *edudma_from_dev(struct device *dev)
{
	return container_of(dev, struct edudma_device, dev);
}

extern struct workqueue_struct *edudma_tick_wq;

struct edudma_device *edudma_device_alloc(struct pci_dev *pdev,
					  const struct edudma_type *type);
__printf(3, 4) int edudma_failed(struct device *dev, int error, const char *format, ...);
int edudma_device_init(void);
void edudma_device_exit(void);
void edudma_mark_gone(struct edudma_device *edev);
void edudma_wait_for_exit(struct edudma_device *edev);
void edudma_release_memory(struct edudma_device *edev);

#endif /* EDUDMA_DEVICE_H */
