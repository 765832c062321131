// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which memory the device can address, and how much of what is scarce it may have
 *
 * The DMA API bounces streaming memory that lies above the device's mask, if the bounce
 * buffers lie below it. For a mask of 32 bits they do; so such a device reaches all memory,
 * but at most dma_max_mapping_size() at a time. Below a smaller mask there may be no bounce
 * buffers. Then only memory from ZONE_DMA helps; mapping other memory would fail with a
 * warning, so it is refused.
 *
 * ZONE_DMA and the bounce buffers are the whole machine's: the memory of ZONE_DMA is 16 MiB
 * on x86, and a driver that needs some fails to probe if there is none. No cgroup limits
 * either. So the buffers of all devices together have at most scarce_percent of each.
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/swiotlb.h>

#include "addressing.h"
#include "compat.h"
#include "device.h"

/* A buffer has at most this part of what all may have: a copy needs two, a test a third. */
#define EDUDMA_POOL_BUFFERS	4

static unsigned int dma_bits;
module_param_unsafe(dma_bits, uint, 0444);
MODULE_PARM_DESC(dma_bits,
		 "Address bits of the device, if it was started with another dma_mask= than the default (0: the default)");

static unsigned int scarce_percent = 50;

static int scarce_set(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 0, 100);
}

static const struct kernel_param_ops scarce_ops = {
	.set = scarce_set,
	.get = param_get_uint,
};
module_param_cb(scarce_percent, &scarce_ops, &scarce_percent, 0644);
MODULE_PARM_DESC(scarce_percent,
		 "How much of ZONE_DMA, or of the bounce buffers, the buffers of all devices may have, in percent (default 50; 0: no limit)");

static struct edudma_pool zone_dma;
static struct edudma_pool bounce_buffers;

static bool iommu_translates(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_DMA_API);
}

static u64 zone_dma_bytes(void)
{
#ifdef CONFIG_ZONE_DMA
	struct zone *zone = &NODE_DATA(first_online_node)->node_zones[ZONE_DMA];

	return (u64)zone_managed_pages(zone) << PAGE_SHIFT;
#else
	return 0;
#endif
}

/*
 * dma_set_mask_and_coherent() returns 0 whatever the size of memory, and the DMA API warns
 * when it is handed memory that it cannot map. So both are asked before anything is allocated.
 */
static void find_reach(struct edudma_device *edev)
{
	struct device *dev = &edev->pdev->dev;
	bool forced = is_swiotlb_force_bounce(dev);
	bool limited = dma_addressing_limited(dev);

	zone_dma.bytes = zone_dma_bytes();
	bounce_buffers.bytes = edudma_swiotlb_bytes(dev);
	edev->reach = EDUDMA_REACH_ALL;
	if (edev->iommu)
		return;
	/* dma_alloc_coherent() has ZONE_DMA32 for 32 bits or more. */
	if (limited && dma_get_mask(dev) < DMA_BIT_MASK(32))
		edev->coherent_pool = &zone_dma;
	if (!limited && !forced)
		return;
	if (edudma_swiotlb_end(dev) - 1 <= dma_get_mask(dev)) {
		edev->streaming_pool = &bounce_buffers;
	} else if (!forced && zone_dma.bytes) {
		edev->reach = EDUDMA_REACH_ZONE_DMA;
		edev->streaming_pool = &zone_dma;
	} else {
		edev->reach = EDUDMA_REACH_COHERENT;
	}
}

/**
 * edudma_addressing_init - set the DMA mask and see how far it reaches
 * @edev: the device
 *
 * Context: probe; may sleep.
 * Return: 0, or an errno, which has been logged.
 */
int edudma_addressing_init(struct edudma_device *edev)
{
	struct device *dev = &edev->pdev->dev;
	int ret;

	edev->dma_mask = edev->type->ops->dma_mask(edev);
	if (dma_bits > 64)
		return edudma_failed(dev, -EINVAL,
				     "dma_bits=%u: at most 64\n", dma_bits);
	if (dma_bits)
		edev->dma_mask = DMA_BIT_MASK(dma_bits);

	ret = dma_set_mask_and_coherent(dev, edev->dma_mask);
	if (ret)
		return edudma_failed(dev, ret,
				     "this machine has no memory below the device's mask 0x%llx\n",
				     edev->dma_mask);
	edev->iommu = iommu_translates(dev);
	find_reach(edev);
	return 0;
}

static u64 pool_limit(const struct edudma_pool *pool)
{
	unsigned int percent = READ_ONCE(scarce_percent);

	return percent ? div_u64(pool->bytes * percent, 100) : U64_MAX;
}

/* From a zone whole orders are taken. */
static u64 pool_bytes(const struct edudma_pool *pool, u64 length)
{
	return pool == &zone_dma ? PAGE_SIZE << get_order(length) : PAGE_ALIGN(length);
}

/**
 * edudma_pool_max_length - the longest buffer that a pool has room for
 * @pool: the pool, or NULL for memory that is not scarce
 *
 * Return: bytes.
 */
u64 edudma_pool_max_length(const struct edudma_pool *pool)
{
	u64 limit = pool ? pool_limit(pool) : U64_MAX;

	if (limit == U64_MAX)
		return U64_MAX;
	limit = max_t(u64, limit / EDUDMA_POOL_BUFFERS, PAGE_SIZE);
	return pool == &zone_dma ? rounddown_pow_of_two(limit) : round_down(limit, PAGE_SIZE);
}

/**
 * edudma_pool_take - count a new buffer
 * @pool: the pool that it comes from, or NULL
 * @length: its bytes
 *
 * Context: any.
 * Return: 0, or -ENOMEM if all devices together would have too much of it.
 */
int edudma_pool_take(struct edudma_pool *pool, u64 length)
{
	u64 bytes;

	if (!pool)
		return 0;
	bytes = pool_bytes(pool, length);
	if (atomic64_add_return(bytes, &pool->used) <= pool_limit(pool))
		return 0;
	atomic64_sub(bytes, &pool->used);
	return -ENOMEM;
}

/**
 * edudma_pool_give - undo edudma_pool_take()
 * @pool: the pool, or NULL
 * @length: the buffer's bytes
 *
 * Context: any.
 */
void edudma_pool_give(struct edudma_pool *pool, u64 length)
{
	if (pool)
		atomic64_sub(pool_bytes(pool, length), &pool->used);
}
