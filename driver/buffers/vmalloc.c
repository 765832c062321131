// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmalloc: single pages from anywhere, which page tables put side by side for
 * the CPU; the device gets them as a scatterlist
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../buffer.h"
#include "../device.h"
#include "sg.h"

static u64 vmalloc_max_length(struct edudma_device *edev)
{
	/* sg_alloc_table_from_pages_segment() counts pages in an unsigned int. */
	return (u64)UINT_MAX << PAGE_SHIFT;
}

/* vmalloc takes no zone modifier: GFP_DMA is refused from 6.19 on. */
static bool vmalloc_reachable(struct edudma_device *edev)
{
	return edev->reach == EDUDMA_REACH_ALL;
}

static int vmalloc_alloc(struct edudma_buffer *buf)
{
	buf->cpu = __vmalloc(PAGE_ALIGN(buf->length),
			     GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN);
	return buf->cpu ? 0 : -ENOMEM;
}

static void vmalloc_free(struct edudma_buffer *buf)
{
	vfree(buf->cpu);
}

static int vmalloc_map(struct edudma_buffer *buf)
{
	struct device *dev = &buf->edev->pdev->dev;

	return edudma_sg_map(buf, min_t(size_t, dma_get_max_seg_size(dev),
					dma_max_mapping_size(dev)));
}

const struct edudma_buffer_ops edudma_vmalloc_ops = {
	.name = "vmalloc",
	.max_length = vmalloc_max_length,
	.reachable = vmalloc_reachable,
	.pool = edudma_streaming_pool,
	.alloc = vmalloc_alloc,
	.free = vmalloc_free,
	.map = vmalloc_map,
	.unmap = edudma_sg_unmap,
	.sync_for_cpu = edudma_sg_sync_for_cpu,
	.sync_for_device = edudma_sg_sync_for_device,
	.pfn = edudma_sg_pfn,
};
