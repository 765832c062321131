// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kind of memory for tests: pages in falling order of their addresses, so that
 * no two can be merged, and each is a segment
 *
 * It also shows all that a new kind needs: this file, and its line in the table.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "../buffer.h"
#include "../buffers/sg.h"
#include "../device.h"

static u64 scattered_max_length(struct edudma_device *edev)
{
	return SZ_16M;
}

static bool scattered_reachable(struct edudma_device *edev)
{
	return edev->reach != EDUDMA_REACH_COHERENT;
}

static int falling(const void *a, const void *b)
{
	unsigned long left = page_to_pfn(*(struct page **)a);
	unsigned long right = page_to_pfn(*(struct page **)b);

	return left < right ? 1 : -1;
}

static int scattered_alloc(struct edudma_buffer *buf)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN;
	unsigned int i, nr_pages = PFN_UP(buf->length);
	struct page **pages;

	if (buf->edev->reach == EDUDMA_REACH_ZONE_DMA)
		gfp |= GFP_DMA;
	pages = kvmalloc_array(nr_pages, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < nr_pages; i++) {
		pages[i] = alloc_page(gfp);
		if (!pages[i])
			goto err_free;
	}
	sort(pages, nr_pages, sizeof(*pages), falling, NULL);

	/* vfree() will put the pages, and free the array. */
	buf->cpu = vmap(pages, nr_pages, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	if (!buf->cpu)
		goto err_free;
	return 0;

err_free:
	while (i--)
		__free_page(pages[i]);
	kvfree(pages);
	return -ENOMEM;
}

static void scattered_free(struct edudma_buffer *buf)
{
	vfree(buf->cpu);
}

static int scattered_map(struct edudma_buffer *buf)
{
	return edudma_sg_map(buf, PAGE_SIZE);
}

const struct edudma_buffer_ops edudma_scattered_ops = {
	.name = "scattered",
	.max_length = scattered_max_length,
	.reachable = scattered_reachable,
	.pool = edudma_streaming_pool,
	.alloc = scattered_alloc,
	.free = scattered_free,
	.map = scattered_map,
	.unmap = edudma_sg_unmap,
	.sync_for_cpu = edudma_sg_sync_for_cpu,
	.sync_for_device = edudma_sg_sync_for_device,
	.pfn = edudma_sg_pfn,
};
