// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmalloc: physically contiguous memory in the kernel's direct map, given to
 * the device by dma_map_single() as one segment
 *
 * See "Streaming DMA mappings" in Documentation/core-api/dma-api-howto.rst.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "../buffer.h"
#include "../device.h"

static u64 kmalloc_max_length(struct edudma_device *edev)
{
	/* A bounce buffer holds less than kmalloc gives. */
	return min_t(u64, KMALLOC_MAX_SIZE, dma_max_mapping_size(&edev->pdev->dev));
}

static bool kmalloc_reachable(struct edudma_device *edev)
{
	return edev->reach != EDUDMA_REACH_COHERENT;
}

/*
 * Whole pages, because user space may map them: kmalloc aligns them to pages,
 * and nobody else's object shares the last one.
 */
static int kmalloc_alloc(struct edudma_buffer *buf)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN;

	if (buf->edev->reach == EDUDMA_REACH_ZONE_DMA)
		gfp |= GFP_DMA;
	buf->cpu = kmalloc(PAGE_ALIGN(buf->length), gfp);
	return buf->cpu ? 0 : -ENOMEM;
}

static void kmalloc_free(struct edudma_buffer *buf)
{
	kfree(buf->cpu);
}

static int kmalloc_map(struct edudma_buffer *buf)
{
	struct device *dev = &buf->edev->pdev->dev;

	/* If there are no bounce buffers left, the errno says so, and no warning. */
	buf->dma = dma_map_single_attrs(dev, buf->cpu, buf->length, DMA_BIDIRECTIONAL,
					DMA_ATTR_NO_WARN);
	if (dma_mapping_error(dev, buf->dma))
		return -ENOMEM;
	edudma_buffer_set_segment(buf, buf->dma);
	return 0;
}

static void kmalloc_unmap(struct edudma_buffer *buf)
{
	dma_unmap_single(&buf->edev->pdev->dev, buf->dma, buf->length,
			 DMA_BIDIRECTIONAL);
}

static void kmalloc_sync_for_cpu(struct edudma_buffer *buf, u64 offset,
				 u64 length, enum dma_data_direction dir)
{
	dma_sync_single_range_for_cpu(&buf->edev->pdev->dev, buf->dma, offset,
				      length, dir);
}

static void kmalloc_sync_for_device(struct edudma_buffer *buf, u64 offset,
				    u64 length, enum dma_data_direction dir)
{
	dma_sync_single_range_for_device(&buf->edev->pdev->dev, buf->dma, offset,
					 length, dir);
}

static unsigned long kmalloc_pfn(struct edudma_buffer *buf, u64 offset)
{
	return PHYS_PFN(virt_to_phys(buf->cpu + offset));
}

const struct edudma_buffer_ops edudma_kmalloc_ops = {
	.name = "kmalloc",
	.max_length = kmalloc_max_length,
	.reachable = kmalloc_reachable,
	.pool = edudma_streaming_pool,
	.alloc = kmalloc_alloc,
	.free = kmalloc_free,
	.map = kmalloc_map,
	.unmap = kmalloc_unmap,
	.sync_for_cpu = kmalloc_sync_for_cpu,
	.sync_for_device = kmalloc_sync_for_device,
	.pfn = kmalloc_pfn,
};
