// SPDX-License-Identifier: GPL-2.0-only
/*
 * coherent: memory from dma_alloc_coherent(), allocated and mapped in one call
 * where the device can reach it, and in need of no sync
 *
 * See "Using Consistent DMA mappings" in Documentation/core-api/dma-api-howto.rst.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "../buffer.h"
#include "../compat.h"
#include "../device.h"

/* An IOMMU joins pages, CMA has areas of its own; else it is a page allocation. */
static u64 coherent_max_length(struct edudma_device *edev)
{
	if (edev->iommu || IS_ENABLED(CONFIG_DMA_CMA))
		return U64_MAX;
	return KMALLOC_MAX_SIZE;
}

static bool coherent_reachable(struct edudma_device *edev)
{
	return true;
}

static struct edudma_pool *coherent_pool(struct edudma_device *edev)
{
	return edev->coherent_pool;
}

static int coherent_alloc(struct edudma_buffer *buf)
{
	buf->cpu = dma_alloc_coherent(&buf->edev->pdev->dev,
				      PAGE_ALIGN(buf->length), &buf->dma,
				      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return buf->cpu ? 0 : -ENOMEM;
}

static void coherent_free(struct edudma_buffer *buf)
{
	dma_free_coherent(&buf->edev->pdev->dev, PAGE_ALIGN(buf->length),
			  buf->cpu, buf->dma);
}

static int coherent_map(struct edudma_buffer *buf)
{
	edudma_buffer_set_segment(buf, buf->dma);
	return 0;
}

static void coherent_unmap(struct edudma_buffer *buf)
{
}

/* What the DMA API maps by number is in one piece. */
static unsigned long coherent_pfn(struct edudma_buffer *buf, u64 offset)
{
	return READ_ONCE(buf->pfn) + PHYS_PFN(offset);
}

static int coherent_find_pfn(struct edudma_buffer *buf)
{
	struct sg_table sgt;
	int ret;

	ret = dma_get_sgtable(&buf->edev->pdev->dev, &sgt, buf->cpu, buf->dma,
			      PAGE_ALIGN(buf->length));
	if (ret)
		return ret;
	WRITE_ONCE(buf->pfn, page_to_pfn(sg_page(sgt.sgl)));
	sg_free_table(&sgt);
	return 0;
}

/*
 * Only dma_mmap_coherent() knows the protection bits that the memory needs. It fills the
 * VMA as well, which the kernel has not linked yet, so that remove() would not find
 * those pages. Those that are mapped by number are taken out again, for faults to
 * insert; the others, behind an IOMMU, count their users, and so cannot be freed before
 * the VMA is.
 */
static int coherent_mmap(struct edudma_buffer *buf, struct vm_area_struct *vma,
			 u64 offset)
{
	unsigned long pgoff = vma->vm_pgoff;
	int ret;

	/* It takes vm_pgoff for an offset into the memory. */
	vma->vm_pgoff = offset >> PAGE_SHIFT;
	ret = dma_mmap_coherent(&buf->edev->pdev->dev, vma, buf->cpu, buf->dma,
				PAGE_ALIGN(buf->length));
	vma->vm_pgoff = pgoff;
	if (vma->vm_flags & VM_PFNMAP) {
		edudma_zap_vma(vma);
		if (!ret)
			ret = coherent_find_pfn(buf);
	}
	return ret;
}

const struct edudma_buffer_ops edudma_coherent_ops = {
	.name = "coherent",
	.coherent = true,
	.max_length = coherent_max_length,
	.reachable = coherent_reachable,
	.pool = coherent_pool,
	.alloc = coherent_alloc,
	.free = coherent_free,
	.map = coherent_map,
	.unmap = coherent_unmap,
	.pfn = coherent_pfn,
	.mmap = coherent_mmap,
};
