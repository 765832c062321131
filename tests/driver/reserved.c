// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kind of memory for experiments: a range of RAM that the kernel was told at boot
 * to leave alone (memmap=32M$0x8000000), as drivers did before there was CMA
 *
 * The kernel has no struct page for it, so it is mapped like the registers of
 * another device. See memmap= in Documentation/admin-guide/kernel-parameters.txt.
 */
#include <linux/bitmap.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>

#include "../buffer.h"
#include "../device.h"

#define RESERVED_BYTES	SZ_32M
#define RESERVED_PAGES	(RESERVED_BYTES / PAGE_SIZE)

static unsigned long long reserved_at;
module_param(reserved_at, ullong, 0444);
MODULE_PARM_DESC(reserved_at,
		 "Address of 32 MiB of RAM that memmap= keeps from the kernel (0: there are none)");

static DECLARE_BITMAP(used, RESERVED_PAGES);
static DEFINE_MUTEX(lock);	/* protects used */

static u64 reserved_max_length(struct edudma_device *edev)
{
	return RESERVED_BYTES;
}

static bool reserved_reachable(struct edudma_device *edev)
{
	return reserved_at && reserved_at + RESERVED_BYTES - 1 <= edev->dma_mask;
}

static phys_addr_t reserve(unsigned int nr_pages)
{
	unsigned long first;

	mutex_lock(&lock);
	first = bitmap_find_next_zero_area(used, RESERVED_PAGES, 0, nr_pages, 0);
	if (first < RESERVED_PAGES)
		bitmap_set(used, first, nr_pages);
	mutex_unlock(&lock);
	return first < RESERVED_PAGES ? reserved_at + first * PAGE_SIZE : 0;
}

static void release(phys_addr_t phys, unsigned int nr_pages)
{
	mutex_lock(&lock);
	bitmap_clear(used, (phys - reserved_at) / PAGE_SIZE, nr_pages);
	mutex_unlock(&lock);
}

/* @dma is where it lies, and its segment where the device sees it. */
static int reserved_alloc(struct edudma_buffer *buf)
{
	unsigned int nr_pages = PFN_UP(buf->length);

	buf->dma = reserve(nr_pages);
	if (!buf->dma)
		return -ENOMEM;
	buf->cpu = memremap(buf->dma, nr_pages * PAGE_SIZE, MEMREMAP_WB);
	if (!buf->cpu) {
		release(buf->dma, nr_pages);
		return -ENOMEM;
	}
	memset(buf->cpu, 0, nr_pages * PAGE_SIZE);
	return 0;
}

static void reserved_free(struct edudma_buffer *buf)
{
	memunmap(buf->cpu);
	release(buf->dma, PFN_UP(buf->length));
}

static int reserved_map(struct edudma_buffer *buf)
{
	struct device *dev = &buf->edev->pdev->dev;
	dma_addr_t addr = dma_map_resource(dev, buf->dma, buf->length,
					   DMA_BIDIRECTIONAL, 0);

	if (dma_mapping_error(dev, addr))
		return -ENOMEM;
	edudma_buffer_set_segment(buf, addr);
	return 0;
}

static void reserved_unmap(struct edudma_buffer *buf)
{
	dma_unmap_resource(&buf->edev->pdev->dev, buf->one.addr, buf->length,
			   DMA_BIDIRECTIONAL, 0);
}

static unsigned long reserved_pfn(struct edudma_buffer *buf, u64 offset)
{
	return PHYS_PFN(buf->dma + offset);
}

/* Nobody syncs such memory; on x86 nobody has to. */
const struct edudma_buffer_ops edudma_reserved_ops = {
	.name = "reserved",
	.coherent = true,
	.max_length = reserved_max_length,
	.reachable = reserved_reachable,
	.alloc = reserved_alloc,
	.free = reserved_free,
	.map = reserved_map,
	.unmap = reserved_unmap,
	.pfn = reserved_pfn,
};
