// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is contiguous for the CPU only: a scatterlist over its pages
 *
 * See "Using scatterlists" in Documentation/core-api/dma-api-howto.rst.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../buffer.h"
#include "../device.h"
#include "sg.h"

/* Note what the device sees, which an IOMMU makes shorter than the list. */
static int sg_note_segments(struct edudma_buffer *buf)
{
	struct scatterlist *sg;
	u64 offset = 0;
	int i;

	buf->segs = kvmalloc_array(buf->sgt.nents, sizeof(*buf->segs),
				   GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!buf->segs)
		return -ENOMEM;
	for_each_sgtable_dma_sg(&buf->sgt, sg, i) {
		buf->segs[i] = (struct edudma_segment) {
			.offset = offset,
			.addr = sg_dma_address(sg),
			.len = sg_dma_len(sg),
		};
		offset += sg_dma_len(sg);
	}
	buf->nr_segs = buf->sgt.nents;
	return 0;
}

static int sg_alloc(struct edudma_buffer *buf, unsigned int max_segment)
{
	unsigned int i, nr_pages = PFN_UP(buf->length);
	struct page **pages;
	int ret;

	pages = kvmalloc_array(nr_pages, sizeof(*pages),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < nr_pages; i++)
		pages[i] = vmalloc_to_page(buf->cpu + i * PAGE_SIZE);
	ret = sg_alloc_table_from_pages_segment(&buf->sgt, pages, nr_pages, 0,
						buf->length, max_segment,
						GFP_KERNEL_ACCOUNT);
	kvfree(pages);
	return ret;
}

/**
 * edudma_sg_map - map the pages behind the kernel addresses, neighbours merged
 * @buf: the buffer, its memory in the vmalloc range; its @sgt and @segs are set
 * @max_segment: the longest entry that neighbours may be merged into, in bytes
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int edudma_sg_map(struct edudma_buffer *buf, unsigned int max_segment)
{
	struct device *dev = &buf->edev->pdev->dev;
	int ret;

	ret = sg_alloc(buf, max_segment);
	if (ret)
		return ret;
	/* The DMA API says -EIO when it has no bounce buffers left. */
	ret = dma_map_sgtable(dev, &buf->sgt, DMA_BIDIRECTIONAL, DMA_ATTR_NO_WARN);
	if (ret) {
		ret = -ENOMEM;
		goto err_free;
	}
	ret = sg_note_segments(buf);
	if (ret)
		goto err_unmap;
	return 0;

err_unmap:
	dma_unmap_sgtable(dev, &buf->sgt, DMA_BIDIRECTIONAL, 0);
err_free:
	sg_free_table(&buf->sgt);
	return ret;
}

/**
 * edudma_sg_unmap - undo edudma_sg_map()
 * @buf: the buffer
 *
 * Context: may sleep.
 */
void edudma_sg_unmap(struct edudma_buffer *buf)
{
	kvfree(buf->segs);
	dma_unmap_sgtable(&buf->edev->pdev->dev, &buf->sgt, DMA_BIDIRECTIONAL, 0);
	sg_free_table(&buf->sgt);
}

typedef void (*sync_fn)(struct edudma_buffer *buf, u64 offset, dma_addr_t addr, size_t size,
			enum dma_data_direction dir);

/*
 * The DMA API knows the pages by their addresses in the direct map. On a machine whose caches
 * go by virtual addresses the vmalloc range is another alias of them.
 */
static void sg_sync_piece_for_cpu(struct edudma_buffer *buf, u64 offset, dma_addr_t addr,
				  size_t size, enum dma_data_direction dir)
{
	dma_sync_single_for_cpu(&buf->edev->pdev->dev, addr, size, dir);
	if (dir != DMA_TO_DEVICE)
		invalidate_kernel_vmap_range(buf->cpu + offset, size);
}

static void sg_sync_piece_for_device(struct edudma_buffer *buf, u64 offset, dma_addr_t addr,
				     size_t size, enum dma_data_direction dir)
{
	flush_kernel_vmap_range(buf->cpu + offset, size);
	dma_sync_single_for_device(&buf->edev->pdev->dev, addr, size, dir);
}

/*
 * How much of a segment one call may sync: all of it if each entry of the list is a segment,
 * as then its pages are neighbours. If the DMA API has merged entries, whether by an IOMMU or
 * otherwise, only a page is contiguous on both sides for sure.
 */
static u64 sg_sync_piece(const struct edudma_buffer *buf, const struct edudma_segment *seg,
			 u64 offset)
{
	if (buf->sgt.nents != buf->sgt.orig_nents)
		return PAGE_SIZE - offset_in_page(offset);
	return seg->offset + seg->len - offset;
}

/*
 * dma_sync_sg_*() would sync the whole table, and so undo what the CPU does
 * meanwhile to another range of it where memory is bounced.
 */
static void sg_sync(struct edudma_buffer *buf, u64 offset, u64 length,
		    enum dma_data_direction dir, sync_fn sync)
{
	const struct edudma_segment *seg;

	seg = edudma_find_segment(buf->segs, buf->nr_segs, offset);
	while (length) {
		u64 n;

		if (offset == seg->offset + seg->len)
			seg++;
		/* The alias is flushed by an int of bytes. */
		n = min3(length, sg_sync_piece(buf, seg, offset), (u64)SZ_1G);
		sync(buf, offset, seg->addr + (offset - seg->offset), n, dir);
		offset += n;
		length -= n;
	}
}

/**
 * edudma_sg_sync_for_cpu - see struct edudma_buffer_ops
 * @buf: the buffer
 * @offset: first byte
 * @length: bytes
 * @dir: what the CPU is going to do
 */
void edudma_sg_sync_for_cpu(struct edudma_buffer *buf, u64 offset, u64 length,
			    enum dma_data_direction dir)
{
	sg_sync(buf, offset, length, dir, sg_sync_piece_for_cpu);
}

/**
 * edudma_sg_sync_for_device - see struct edudma_buffer_ops
 * @buf: the buffer
 * @offset: first byte
 * @length: bytes
 * @dir: what the CPU did
 */
void edudma_sg_sync_for_device(struct edudma_buffer *buf, u64 offset, u64 length,
			       enum dma_data_direction dir)
{
	sg_sync(buf, offset, length, dir, sg_sync_piece_for_device);
}

/**
 * edudma_sg_pfn - see struct edudma_buffer_ops
 * @buf: the buffer; its memory is in the vmalloc range
 * @offset: page-aligned
 *
 * Return: the page frame.
 */
unsigned long edudma_sg_pfn(struct edudma_buffer *buf, u64 offset)
{
	return vmalloc_to_pfn(buf->cpu + offset);
}
