// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU's turn: ranges that user space borrows with EDUDMA_SYNC, and what the
 * kernel itself does to one with EDUDMA_CPU
 */
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "buffer.h"
#include "device.h"
#include "hold.h"
#include "sync.h"

/* What the CPU does at a stretch, in bytes */
#define CPU_PIECE	SZ_64K

static int hold_take(struct edudma_file *file, struct edudma_hold *hold, u32 handle)
{
	int ret;

	spin_lock_irq(&file->lock);
	ret = __edudma_hold_take(file, hold, handle);
	spin_unlock_irq(&file->lock);
	return ret;
}

static void hold_drop(struct edudma_file *file, struct edudma_hold *hold)
{
	spin_lock_irq(&file->lock);
	__edudma_hold_drop(hold);
	spin_unlock_irq(&file->lock);
}

static enum dma_data_direction sync_direction(bool reads, bool writes)
{
	if (reads && writes)
		return DMA_BIDIRECTIONAL;
	return reads ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
}

static u64 sync_for_cpu(const struct edudma_hold *hold,
			enum dma_data_direction dir)
{
	u64 start = ktime_get_ns();

	if (!hold->buf->ops->coherent)
		hold->buf->ops->sync_for_cpu(hold->buf, hold->offset,
					     hold->length, dir);
	return ktime_get_ns() - start;
}

static u64 sync_for_device(const struct edudma_hold *hold,
			   enum dma_data_direction dir)
{
	u64 start = ktime_get_ns();

	if (!hold->buf->ops->coherent)
		hold->buf->ops->sync_for_device(hold->buf, hold->offset,
						hold->length, dir);
	return ktime_get_ns() - start;
}

/* Take and count a hold that user space will give back, or neither. */
static int borrow(struct edudma_file *file, struct edudma_hold *hold, u32 handle)
{
	int ret = -EDQUOT;

	spin_lock_irq(&file->lock);
	if (file->nr_syncs < EDUDMA_MAX_SYNCS)
		ret = __edudma_hold_take(file, hold, handle);
	if (!ret)
		file->nr_syncs++;
	spin_unlock_irq(&file->lock);
	return ret;
}

static int sync_begin(struct edudma_file *file, struct edudma_sync *arg,
		      enum dma_data_direction dir)
{
	struct edudma_hold *hold;
	int ret;

	hold = kzalloc(sizeof(*hold), GFP_KERNEL_ACCOUNT);
	if (!hold)
		return -ENOMEM;
	hold->offset = arg->offset;
	hold->length = arg->length;
	hold->cpu = true;
	hold->writes = arg->flags & EDUDMA_SYNC_WRITE;
	ret = borrow(file, hold, arg->handle);
	if (ret) {
		kfree(hold);
		return ret;
	}

	arg->sync_ns = sync_for_cpu(hold, dir);

	/* From here on an END finds it. */
	spin_lock_irq(&file->lock);
	hold->sync = arg->flags;
	spin_unlock_irq(&file->lock);
	return 0;
}

/* Claim the hold for the caller alone: no other END finds it any more. */
static struct edudma_hold *claim_sync(struct edudma_file *file,
				      const struct edudma_sync *arg)
{
	struct edudma_buffer *buf;
	struct edudma_hold *hold, *found = NULL;

	spin_lock_irq(&file->lock);
	buf = edudma_find_buffer(file, arg->handle);
	if (!buf) {
		found = ERR_PTR(-ENOENT);
		goto unlock;
	}
	hlist_for_each_entry(hold, &buf->holds, node) {
		if (hold->sync == (arg->flags & ~EDUDMA_SYNC_END) &&
		    hold->offset == arg->offset && hold->length == arg->length) {
			hold->sync = 0;
			found = hold;
			goto unlock;
		}
	}
	found = ERR_PTR(-EINVAL);
unlock:
	spin_unlock_irq(&file->lock);
	return found;
}

static int sync_end(struct edudma_file *file, struct edudma_sync *arg,
		    enum dma_data_direction dir)
{
	struct edudma_hold *hold = claim_sync(file, arg);

	if (IS_ERR(hold))
		return PTR_ERR(hold);

	arg->sync_ns = sync_for_device(hold, dir);

	spin_lock_irq(&file->lock);
	__edudma_hold_drop(hold);
	file->nr_syncs--;
	spin_unlock_irq(&file->lock);
	kfree(hold);
	return 0;
}

/**
 * edudma_buffer_sync - EDUDMA_SYNC
 * @file: the open file
 * @data: struct edudma_sync
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_buffer_sync(struct edudma_file *file, void *data)
{
	struct edudma_sync *arg = data;
	bool reads = arg->flags & EDUDMA_SYNC_READ;
	bool writes = arg->flags & EDUDMA_SYNC_WRITE;
	enum dma_data_direction dir = sync_direction(reads, writes);

	if (arg->flags & ~(EDUDMA_SYNC_READ | EDUDMA_SYNC_WRITE | EDUDMA_SYNC_END))
		return -EINVAL;
	if (!reads && !writes)
		return -EINVAL;
	if (arg->flags & EDUDMA_SYNC_END)
		return sync_end(file, arg, dir);
	return sync_begin(file, arg, dir);
}

static u64 sum_bytes(const u8 *p, u64 length)
{
	u64 sum = 0;

	while (length--)
		sum += *p++;
	return sum;
}

/* One piece: synced, used, and synced back */
static void cpu_piece(struct edudma_hold *hold, struct edudma_cpu *arg,
		      enum dma_data_direction dir)
{
	u8 *p = hold->buf->cpu + hold->offset;
	u64 start;

	arg->sync_ns += sync_for_cpu(hold, dir);
	start = ktime_get_ns();
	if (arg->op == EDUDMA_CPU_FILL)
		memset(p, arg->value, hold->length);
	else
		arg->value += sum_bytes(p, hold->length);
	arg->cpu_ns += ktime_get_ns() - start;
	arg->sync_ns += sync_for_device(hold, dir);
}

/*
 * In pieces, so that a large buffer keeps neither the CPU to itself, nor remove() or a
 * SIGKILL waiting.
 */
static int cpu_pieces(struct edudma_file *file, const struct edudma_hold *hold,
		      struct edudma_cpu *arg, enum dma_data_direction dir)
{
	struct edudma_hold piece = { .buf = hold->buf, .offset = hold->offset };
	u64 end = hold->offset + hold->length;

	for (; piece.offset < end; piece.offset += piece.length) {
		if (edudma_is_gone(file->edev))
			return -ENODEV;
		if (fatal_signal_pending(current))
			return -EINTR;
		piece.length = min_t(u64, end - piece.offset, CPU_PIECE);
		cpu_piece(&piece, arg, dir);
		cond_resched();
	}
	return 0;
}

/**
 * edudma_buffer_cpu - EDUDMA_CPU
 * @file: the open file
 * @data: struct edudma_cpu
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_buffer_cpu(struct edudma_file *file, void *data)
{
	struct edudma_cpu *arg = data;
	bool writes = arg->op == EDUDMA_CPU_FILL;
	enum dma_data_direction dir = sync_direction(!writes, writes);
	struct edudma_hold hold = {
		.offset = arg->offset,
		.length = arg->length,
		.cpu = true,
		.writes = writes,
	};
	int ret;

	if (arg->op > EDUDMA_CPU_SUM)
		return -EINVAL;
	if (arg->op == EDUDMA_CPU_SUM && arg->value)
		return -EINVAL;
	ret = hold_take(file, &hold, arg->handle);
	if (ret)
		return ret;

	arg->cpu_ns = 0;
	arg->sync_ns = 0;
	ret = cpu_pieces(file, &hold, arg, dir);
	hold_drop(file, &hold);
	return ret;
}
