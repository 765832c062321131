// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: the table of kinds of memory, handles, quotas, and the rule that a
 * range has one owner at a time
 *
 * Every use of a buffer is a hold or a mapping. Both are noted under the lock of
 * the open file, and a buffer that has either cannot be freed. That is the whole
 * of a buffer's lifetime; it needs no reference count.
 */
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "buffer.h"
#include "device.h"

#define QUOTA_MB_MAX		4095

static unsigned int quota_mb = 64;

static int quota_set(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1, QUOTA_MB_MAX);
}

static const struct kernel_param_ops quota_ops = {
	.set = quota_set,
	.get = param_get_uint,
};
module_param_cb(quota_mb, &quota_ops, &quota_mb, 0644);
MODULE_PARM_DESC(quota_mb,
		 "MiB of buffers that one open file may hold, 1 to 4095 (default 64)");

/* The index is the number in the UAPI. */
static const struct edudma_buffer_ops * const methods[] = {
	[EDUDMA_KMALLOC] = &edudma_kmalloc_ops,
	[EDUDMA_VMALLOC] = &edudma_vmalloc_ops,
	[EDUDMA_COHERENT] = &edudma_coherent_ops,
#ifdef EDUDMA_TEST
	&edudma_scattered_ops,
	&edudma_reserved_ops,
#endif
};

/**
 * edudma_nr_methods - how many kinds of memory there are
 *
 * Return: the number.
 */
unsigned int edudma_nr_methods(void)
{
	return ARRAY_SIZE(methods);
}

/**
 * edudma_quota - bytes of buffers that one open file may hold
 *
 * Return: bytes.
 */
u64 edudma_quota(void)
{
	return (u64)READ_ONCE(quota_mb) << 20;
}

static const struct edudma_buffer_ops *find_method(u32 index)
{
	if (index >= ARRAY_SIZE(methods))
		return NULL;
	return methods[array_index_nospec(index, ARRAY_SIZE(methods))];
}

/**
 * edudma_method_info - EDUDMA_METHOD_INFO
 * @file: the open file
 * @arg: see the UAPI
 *
 * Context: inside enter and exit.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_method_info(struct edudma_file *file, struct edudma_method_info *arg)
{
	struct edudma_device *edev = file->edev;
	const struct edudma_buffer_ops *ops = find_method(arg->index);

	if (!ops)
		return -ENOENT;
	arg->flags = 0;
	if (ops->coherent)
		arg->flags |= EDUDMA_METHOD_COHERENT;
	if (!ops->reachable(edev))
		arg->flags |= EDUDMA_METHOD_UNREACHABLE;
	arg->max_length = min(ops->max_length(edev), edudma_quota());
	strscpy_pad(arg->name, ops->name, sizeof(arg->name));
	return 0;
}

/**
 * edudma_find_buffer - look a handle up
 * @file: the open file
 * @handle: what user space calls the buffer
 *
 * Context: under the file's lock; the buffer stays as long as it is held.
 * Return: the buffer, or NULL.
 */
struct edudma_buffer *edudma_find_buffer(struct edudma_file *file, u32 handle)
{
	XA_STATE(xas, &file->buffers, array_index_nospec(handle, EDUDMA_HANDLE_LIMIT));
	struct edudma_buffer *buf;

	/* Handle 0, which is never given, has an entry of the xarray's own. */
	buf = handle && handle < EDUDMA_HANDLE_LIMIT ? xas_load(&xas) : NULL;
	return buf && buf->known ? buf : NULL;
}

static bool holds_conflict(const struct edudma_hold *a,
			   const struct edudma_hold *b)
{
	bool overlap = a->offset < b->offset + b->length &&
		       b->offset < a->offset + a->length;

	return overlap && (a->writes || b->writes || a->cpu != b->cpu);
}

/**
 * __edudma_hold_take - make a range one's own
 * @file: the open file
 * @hold: its @offset, @length, @cpu and @writes say what for
 * @handle: the buffer
 *
 * Ranges that overlap are refused, except for two that the same side only reads.
 *
 * Context: under the file's lock.
 * Return: 0, -ENOENT, -EINVAL if the range is not in the buffer, or -EBUSY.
 */
int __edudma_hold_take(struct edudma_file *file, struct edudma_hold *hold, u32 handle)
{
	struct edudma_hold *other;

	hold->buf = edudma_find_buffer(file, handle);
	if (!hold->buf)
		return -ENOENT;
	if (!edudma_range_is_inside(hold->offset, hold->length, hold->buf->length))
		return -EINVAL;
	hlist_for_each_entry(other, &hold->buf->holds, node) {
		if (holds_conflict(hold, other))
			return -EBUSY;
	}
	hlist_add_head(&hold->node, &hold->buf->holds);
	return 0;
}

static int hold_take(struct edudma_file *file, struct edudma_hold *hold, u32 handle)
{
	int ret;

	xa_lock_irq(&file->buffers);
	ret = __edudma_hold_take(file, hold, handle);
	xa_unlock_irq(&file->buffers);
	return ret;
}

static void hold_drop(struct edudma_file *file, struct edudma_hold *hold)
{
	xa_lock_irq(&file->buffers);
	__edudma_hold_drop(hold);
	xa_unlock_irq(&file->buffers);
}

/**
 * edudma_buffer_set_segment - a buffer is one segment for the device
 * @buf: the buffer
 * @addr: its bus address
 */
void edudma_buffer_set_segment(struct edudma_buffer *buf, dma_addr_t addr)
{
	buf->one.offset = 0;
	buf->one.addr = addr;
	buf->one.len = buf->length;
	buf->segs = &buf->one;
	buf->nr_segs = 1;
}

static int charge(struct edudma_file *file, u64 bytes)
{
	int ret = -EDQUOT;

	xa_lock_irq(&file->buffers);
	if (file->nr_buffers < EDUDMA_MAX_BUFFERS &&
	    edudma_range_is_inside(file->bytes, bytes, edudma_quota())) {
		file->nr_buffers++;
		file->bytes += bytes;
		ret = 0;
	}
	xa_unlock_irq(&file->buffers);
	return ret;
}

static void uncharge(struct edudma_file *file, u64 bytes)
{
	xa_lock_irq(&file->buffers);
	file->nr_buffers--;
	file->bytes -= bytes;
	xa_unlock_irq(&file->buffers);
}

static int check_method(struct edudma_device *edev,
			const struct edudma_buffer_ops *ops, u64 length)
{
	if (!ops)
		return -ENOENT;
	if (!ops->reachable(edev)) {
		dev_warn_ratelimited(&edev->dev,
				     "%s memory may lie above the device's DMA mask 0x%llx: use coherent memory, an IOMMU, or less memory (mem=256M)\n",
			ops->name, edev->dma_mask);
		return -ERANGE;
	}
	if (length > ops->max_length(edev))
		return -EFBIG;
	return 0;
}

static int map_memory(struct edudma_buffer *buf)
{
	const struct edudma_engine_ops *engine = buf->edev->type->ops;
	int ret;

	ret = buf->ops->map(buf);
	if (ret)
		return ret;
	ret = engine->map_buffer ? engine->map_buffer(buf) : 0;
	if (ret)
		buf->ops->unmap(buf);
	return ret;
}

static void unmap_memory(struct edudma_buffer *buf)
{
	const struct edudma_engine_ops *engine = buf->edev->type->ops;

	if (engine->unmap_buffer)
		engine->unmap_buffer(buf);
	buf->ops->unmap(buf);
}

static int get_memory(struct edudma_buffer *buf, struct edudma_buffer_alloc *arg)
{
	u64 start, allocated;
	int ret;

	start = ktime_get_ns();
	ret = buf->ops->alloc(buf);
	if (ret)
		return ret;
	allocated = ktime_get_ns();
	ret = map_memory(buf);
	if (ret) {
		buf->ops->free(buf);
		return ret;
	}
	arg->alloc_ns = allocated - start;
	arg->map_ns = ktime_get_ns() - allocated;
	arg->segments = buf->nr_segs;
	return 0;
}

static void put_memory(struct edudma_buffer *buf, struct edudma_buffer_free *arg)
{
	u64 start, unmapped;

	start = ktime_get_ns();
	unmap_memory(buf);
	unmapped = ktime_get_ns();
	buf->ops->free(buf);
	buf->cpu = NULL;
	arg->unmap_ns = unmapped - start;
	arg->free_ns = ktime_get_ns() - unmapped;
}

/* Nobody finds it any more. */
static void destroy_buffer(struct edudma_file *file, struct edudma_buffer *buf,
			   struct edudma_buffer_free *arg)
{
	put_memory(buf, arg);
	uncharge(file, PAGE_ALIGN(buf->length));
	kfree(buf);
}

/**
 * edudma_buffer_alloc - EDUDMA_BUFFER_ALLOC
 * @file: the open file
 * @arg: see the UAPI
 *
 * No other call finds the buffer before edudma_buffer_alloc_end().
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_buffer_alloc(struct edudma_file *file, struct edudma_buffer_alloc *arg)
{
	const struct edudma_buffer_ops *ops = find_method(arg->method);
	struct edudma_buffer_free ignored;
	struct edudma_buffer *buf;
	u32 handle;
	int ret;

	if (arg->reserved || !arg->length)
		return -EINVAL;
	ret = check_method(file->edev, ops, arg->length);
	if (ret)
		return ret;
	if (arg->length > edudma_quota())
		return -EDQUOT;
	ret = charge(file, PAGE_ALIGN(arg->length));
	if (ret)
		return ret;

	buf = kzalloc(sizeof(*buf), GFP_KERNEL_ACCOUNT);
	if (!buf) {
		ret = -ENOMEM;
		goto err_uncharge;
	}
	buf->edev = file->edev;
	buf->ops = ops;
	buf->length = arg->length;
	INIT_HLIST_HEAD(&buf->holds);
	INIT_LIST_HEAD(&buf->mappings);
	ret = get_memory(buf, arg);
	if (ret)
		goto err_free;

	ret = xa_alloc_cyclic_irq(&file->buffers, &handle, buf,
				  XA_LIMIT(1, EDUDMA_HANDLE_LIMIT - 1),
				  &file->next_handle, GFP_KERNEL_ACCOUNT);
	if (ret < 0)
		goto err_put;
	arg->handle = handle;
	arg->mmap_offset = (u64)handle << EDUDMA_MMAP_SHIFT;
	return 0;

err_put:
	put_memory(buf, &ignored);
err_free:
	kfree(buf);
err_uncharge:
	uncharge(file, PAGE_ALIGN(arg->length));
	return ret;
}

/**
 * edudma_buffer_alloc_end - let all calls find a new buffer, or free it
 * @file: the open file
 * @handle: what edudma_buffer_alloc() gave
 * @told: user space has got the handle
 *
 * Context: inside enter and exit; may sleep.
 */
void edudma_buffer_alloc_end(struct edudma_file *file, u32 handle, bool told)
{
	struct edudma_buffer_free ignored;
	struct edudma_buffer *buf;

	xa_lock_irq(&file->buffers);
	buf = xa_load(&file->buffers, handle);
	if (told)
		buf->known = true;
	else
		__xa_erase(&file->buffers, handle);
	xa_unlock_irq(&file->buffers);
	if (!told)
		destroy_buffer(file, buf, &ignored);
}

/**
 * edudma_buffer_free - EDUDMA_BUFFER_FREE
 * @file: the open file
 * @arg: see the UAPI
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_buffer_free(struct edudma_file *file, struct edudma_buffer_free *arg)
{
	struct edudma_buffer *buf;
	int ret = 0;

	if (arg->reserved)
		return -EINVAL;

	xa_lock_irq(&file->buffers);
	buf = edudma_find_buffer(file, arg->handle);
	if (!buf)
		ret = -ENOENT;
	else if (!hlist_empty(&buf->holds) || !list_empty(&buf->mappings))
		ret = -EBUSY;
	else
		__xa_erase(&file->buffers, arg->handle);
	xa_unlock_irq(&file->buffers);
	if (ret)
		return ret;

	destroy_buffer(file, buf, arg);
	return 0;
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
	ret = hold_take(file, hold, arg->handle);
	if (ret)
		goto err_free;

	arg->sync_ns = sync_for_cpu(hold, dir);

	xa_lock_irq(&file->buffers);
	if (file->nr_syncs < EDUDMA_MAX_SYNCS) {
		file->nr_syncs++;
		hold->sync = arg->flags;
	} else {
		hlist_del(&hold->node);
		ret = -EDQUOT;
	}
	xa_unlock_irq(&file->buffers);
	if (ret)
		goto err_free;
	return 0;

err_free:
	kfree(hold);
	return ret;
}

/* Claim the hold for the caller alone: no other END finds it any more. */
static struct edudma_hold *claim_sync(struct edudma_file *file,
				      const struct edudma_sync *arg)
{
	struct edudma_buffer *buf;
	struct edudma_hold *hold, *found = NULL;

	xa_lock_irq(&file->buffers);
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
	xa_unlock_irq(&file->buffers);
	return found;
}

static int sync_end(struct edudma_file *file, struct edudma_sync *arg,
		    enum dma_data_direction dir)
{
	struct edudma_hold *hold = claim_sync(file, arg);

	if (IS_ERR(hold))
		return PTR_ERR(hold);

	arg->sync_ns = sync_for_device(hold, dir);

	xa_lock_irq(&file->buffers);
	hlist_del(&hold->node);
	file->nr_syncs--;
	xa_unlock_irq(&file->buffers);
	kfree(hold);
	return 0;
}

/**
 * edudma_buffer_sync - EDUDMA_SYNC
 * @file: the open file
 * @arg: see the UAPI
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_buffer_sync(struct edudma_file *file, struct edudma_sync *arg)
{
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

/* A page at a time, so that a large buffer does not keep the CPU to itself. */
static void cpu_access(u8 *p, struct edudma_cpu *arg)
{
	u64 left = arg->length;

	while (left) {
		u64 n = min_t(u64, left, PAGE_SIZE);

		if (arg->op == EDUDMA_CPU_FILL)
			memset(p, arg->value, n);
		else
			arg->value += sum_bytes(p, n);
		p += n;
		left -= n;
		cond_resched();
	}
}

/**
 * edudma_buffer_cpu - EDUDMA_CPU
 * @file: the open file
 * @arg: see the UAPI
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_buffer_cpu(struct edudma_file *file, struct edudma_cpu *arg)
{
	bool writes = arg->op == EDUDMA_CPU_FILL;
	enum dma_data_direction dir = sync_direction(!writes, writes);
	struct edudma_hold hold = {
		.offset = arg->offset,
		.length = arg->length,
		.cpu = true,
		.writes = writes,
	};
	u64 start;
	int ret;

	if (arg->op > EDUDMA_CPU_SUM)
		return -EINVAL;
	if (arg->op == EDUDMA_CPU_SUM && arg->value)
		return -EINVAL;
	ret = hold_take(file, &hold, arg->handle);
	if (ret)
		return ret;

	arg->sync_ns = sync_for_cpu(&hold, dir);
	start = ktime_get_ns();
	cpu_access(hold.buf->cpu + arg->offset, arg);
	arg->cpu_ns = ktime_get_ns() - start;
	arg->sync_ns += sync_for_device(&hold, dir);

	hold_drop(file, &hold);
	return 0;
}

/**
 * edudma_buffers_release - free the DMA memory of all buffers
 * @file: the open file; nobody uses its buffers, or ever will again
 *
 * The structs stay, for VMAs and handles that still point at them.
 *
 * Context: under files_lock; may sleep.
 */
void edudma_buffers_release(struct edudma_file *file)
{
	struct edudma_buffer_free ignored;
	struct edudma_buffer *buf;
	unsigned long index;

	xa_for_each(&file->buffers, index, buf) {
		if (buf->cpu)
			put_memory(buf, &ignored);
	}
}

/**
 * edudma_buffers_destroy - free what is left of all buffers
 * @file: the open file, closed
 *
 * Context: after edudma_buffers_release(); may sleep.
 */
void edudma_buffers_destroy(struct edudma_file *file)
{
	struct edudma_hold *hold;
	struct hlist_node *next;
	struct edudma_buffer *buf;
	unsigned long index;

	xa_for_each(&file->buffers, index, buf) {
		/* Only ranges that user space borrowed and never gave back. */
		hlist_for_each_entry_safe(hold, next, &buf->holds, node)
			kfree(hold);
		kfree(buf);
	}
	xa_destroy(&file->buffers);
}
