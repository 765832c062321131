// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: the table of kinds of memory, handles and quotas
 *
 * Every use of a buffer is a hold or a VMA. Both are noted under the lock of
 * the open file, and a buffer that has either cannot be freed. That is the whole
 * of a buffer's lifetime; it needs no reference count.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "buffer.h"
#include "device.h"
#include "hold.h"
#include "mmap.h"

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
 * edudma_streaming_pool - see @pool in struct edudma_buffer_ops
 * @edev: the device
 *
 * Return: what streaming memory takes of what is scarce, or NULL.
 */
struct edudma_pool *edudma_streaming_pool(struct edudma_device *edev)
{
	return edev->streaming_pool;
}

static struct edudma_pool *pool_of(struct edudma_device *edev,
				   const struct edudma_buffer_ops *ops)
{
	return ops->pool ? ops->pool(edev) : NULL;
}

/* Whatever the quota: no buffer is longer than memory, or than what is scarce allows. */
static u64 max_length(struct edudma_device *edev, const struct edudma_buffer_ops *ops)
{
	u64 memory = (u64)totalram_pages() << PAGE_SHIFT;

	return min3(ops->max_length(edev), memory, edudma_pool_max_length(pool_of(edev, ops)));
}

/**
 * edudma_method_info - EDUDMA_METHOD_INFO
 * @file: the open file
 * @data: struct edudma_method_info
 *
 * Context: inside enter and exit.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_method_info(struct edudma_file *file, void *data)
{
	struct edudma_method_info *arg = data;
	struct edudma_device *edev = file->edev;
	const struct edudma_buffer_ops *ops = find_method(arg->index);

	if (!ops)
		return -ENOENT;
	arg->flags = 0;
	if (ops->coherent)
		arg->flags |= EDUDMA_METHOD_COHERENT;
	if (!ops->reachable(edev))
		arg->flags |= EDUDMA_METHOD_UNREACHABLE;
	arg->max_length = min(max_length(edev, ops), edudma_quota());
	strscpy_pad(arg->name, ops->name, sizeof(arg->name));
	return 0;
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

	spin_lock_irq(&file->lock);
	if (file->nr_buffers < EDUDMA_MAX_BUFFERS &&
	    edudma_range_is_inside(file->bytes, bytes, edudma_quota())) {
		file->nr_buffers++;
		file->bytes += bytes;
		ret = 0;
	}
	spin_unlock_irq(&file->lock);
	return ret;
}

static void uncharge(struct edudma_file *file, u64 bytes)
{
	spin_lock_irq(&file->lock);
	file->nr_buffers--;
	file->bytes -= bytes;
	spin_unlock_irq(&file->lock);
}

static int check_method(struct edudma_device *edev,
			const struct edudma_buffer_ops *ops, u64 length)
{
	if (!ops)
		return -ENOENT;
	if (!ops->reachable(edev)) {
		dev_warn_ratelimited(&edev->dev,
				     "%s memory may lie above the device's DMA mask 0x%llx: use coherent memory, an IOMMU, or less memory (mem=%lluM)\n",
			ops->name, edev->dma_mask, (edev->dma_mask >> 20) + 1);
		return -ERANGE;
	}
	if (length > max_length(edev, ops))
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

	ret = edudma_pool_take(buf->pool, buf->length);
	if (ret)
		return ret;
	start = ktime_get_ns();
	ret = buf->ops->alloc(buf);
	if (ret)
		goto err_give;
	allocated = ktime_get_ns();
	ret = map_memory(buf);
	if (ret)
		goto err_free;
	arg->alloc_ns = allocated - start;
	arg->map_ns = ktime_get_ns() - allocated;
	arg->segments = buf->nr_segs;
	return 0;

err_free:
	buf->ops->free(buf);
err_give:
	edudma_pool_give(buf->pool, buf->length);
	return ret;
}

static void put_memory(struct edudma_buffer *buf, struct edudma_buffer_free *arg)
{
	u64 start, unmapped;

	start = ktime_get_ns();
	unmap_memory(buf);
	unmapped = ktime_get_ns();
	buf->ops->free(buf);
	edudma_pool_give(buf->pool, buf->length);
	buf->cpu = NULL;
	arg->unmap_ns = unmapped - start;
	arg->free_ns = ktime_get_ns() - unmapped;
}

static struct edudma_buffer **slot_of(struct edudma_file *file, u32 handle)
{
	return &file->buffers[handle % EDUDMA_MAX_BUFFERS];
}

/* The quota has seen to it that there is a slot. A freed handle is not given again soon. */
static void give_handle(struct edudma_file *file, struct edudma_buffer *buf)
{
	u32 handle;

	spin_lock_irq(&file->lock);
	handle = file->last_handle;
	do {
		handle = handle % (EDUDMA_HANDLE_LIMIT - 1) + 1;
	} while (*slot_of(file, handle));
	*slot_of(file, handle) = buf;
	buf->handle = handle;
	file->last_handle = handle;
	spin_unlock_irq(&file->lock);
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
 * @data: struct edudma_buffer_alloc
 *
 * No other call finds the buffer before edudma_buffer_alloc_end().
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_buffer_alloc(struct edudma_file *file, void *data)
{
	struct edudma_buffer_alloc *arg = data;
	const struct edudma_buffer_ops *ops = find_method(arg->method);
	struct edudma_buffer *buf;
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
	buf->pool = pool_of(file->edev, ops);
	INIT_HLIST_HEAD(&buf->holds);
	ret = get_memory(buf, arg);
	if (ret)
		goto err_free;

	give_handle(file, buf);
	arg->handle = buf->handle;
	arg->mmap_offset = (u64)buf->handle << EDUDMA_MMAP_SHIFT;
	return 0;

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

	spin_lock_irq(&file->lock);
	buf = *slot_of(file, handle);
	if (told)
		buf->known = true;
	else
		*slot_of(file, handle) = NULL;
	spin_unlock_irq(&file->lock);
	if (!told)
		destroy_buffer(file, buf, &ignored);
}

/**
 * edudma_buffer_free - EDUDMA_BUFFER_FREE
 * @file: the open file
 * @data: struct edudma_buffer_free
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_buffer_free(struct edudma_file *file, void *data)
{
	struct edudma_buffer_free *arg = data;
	struct edudma_buffer *buf;
	int ret = 0;

	if (arg->reserved)
		return -EINVAL;

	spin_lock_irq(&file->lock);
	buf = edudma_find_buffer(file, arg->handle);
	if (!buf)
		ret = -ENOENT;
	else if (!hlist_empty(&buf->holds) || buf->nr_vmas)
		ret = -EBUSY;
	else
		*slot_of(file, arg->handle) = NULL;
	spin_unlock_irq(&file->lock);
	if (ret)
		return ret;

	destroy_buffer(file, buf, arg);
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
	unsigned int i;

	for (i = 0; i < EDUDMA_MAX_BUFFERS; i++) {
		buf = file->buffers[i];
		if (buf && buf->cpu)
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
	unsigned int i;

	for (i = 0; i < EDUDMA_MAX_BUFFERS; i++) {
		if (!file->buffers[i])
			continue;
		/* Only ranges that user space borrowed and never gave back. */
		hlist_for_each_entry_safe(hold, next, &file->buffers[i]->holds, node)
			kfree(hold);
		kfree(file->buffers[i]);
	}
}
