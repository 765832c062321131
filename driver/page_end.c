// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes at the ends of pages that an IOMMU would take for others
 *
 * QEMU's virtio-iommu, up to 11.1 at least, looks a bus address up as a range of
 * two bytes: virtio_iommu_translate() sets interval.high to addr + 1, but the
 * mappings that it compares with end with their last byte. For the last byte of a
 * page it may so find the mapping of the next one, and answer with the byte before
 * that in memory. It translates where an access begins, and where the access enters
 * a page; so it is wrong only for an access that begins at the last byte of one.
 *
 * Such a byte goes by way of a page of the driver's own: the CPU copies it, to or
 * from where the IOMMU should have led to. It needs no sync, for the devices that
 * QEMU emulates go through the CPU's caches.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "device.h"
#include "page_end.h"

static int page_ends = -1;
module_param_unsafe(page_ends, int, 0444);
MODULE_PARM_DESC(page_ends,
		 "Behind an IOMMU, let the CPU copy bytes at the ends of pages that commands would begin with: 1 yes, 0 no (default: -1, behind virtio-iommu, where QEMU takes others for them)");

/* The bus of a virtio device is not exported, so its driver's name must do. */
static bool is_virtio(const struct iommu_device *iommu)
{
	const struct device *parent = iommu->dev->parent;

	return parent && !strcmp(dev_driver_string(parent), "virtio_iommu");
}

static bool makes_mistakes(struct edudma_device *edev)
{
	if (!edev->iommu || page_ends >= 0)
		return edev->iommu && page_ends;
	return is_virtio(edev->pdev->dev.iommu->iommu_dev);
}

/**
 * edudma_page_end_init - see whether there is a mistake to go around, and how
 * @end: the way around
 * @edev: the device; its addressing is known
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM, which has been logged.
 */
int edudma_page_end_init(struct edudma_page_end *end, struct edudma_device *edev)
{
	struct device *dev = &edev->pdev->dev;

	if (!makes_mistakes(edev))
		return 0;
	end->byte = dma_alloc_coherent(dev, sizeof(*end->byte), &end->addr, GFP_KERNEL);
	if (!end->byte)
		return edudma_failed(dev, -ENOMEM, "no coherent memory for bytes at page ends\n");
	end->domain = iommu_get_domain_for_dev(dev);
	dev_info(dev, "the CPU copies a byte at the end of a page if a command would begin there: the IOMMU takes another one for it\n");
	return 0;
}

/**
 * edudma_page_end_fini - undo edudma_page_end_init()
 * @end: the way around
 * @edev: the device
 *
 * Context: may sleep.
 */
void edudma_page_end_fini(struct edudma_page_end *end, struct edudma_device *edev)
{
	struct device *dev = &edev->pdev->dev;

	if (end->domain)
		dma_free_coherent(dev, sizeof(*end->byte), end->byte, end->addr);
}

/**
 * edudma_page_end_is_mistaken - may the device begin an access here?
 * @end: the way around
 * @addr: the bus address
 *
 * Context: any.
 * Return: true if this byte must go around.
 */
bool edudma_page_end_is_mistaken(const struct edudma_page_end *end, u64 addr)
{
	return end->domain && addr % SZ_4K == SZ_4K - 1;
}

static struct page *page_of(const struct edudma_page_end *end, u64 addr)
{
	return pfn_to_page(PHYS_PFN(iommu_iova_to_phys(end->domain, addr)));
}

/**
 * edudma_page_end_load - copy a byte from memory to where the device may read it
 * @end: the way around
 * @addr: the byte's bus address; it is mapped
 *
 * Context: any.
 */
void edudma_page_end_load(const struct edudma_page_end *end, u64 addr)
{
	memcpy_from_page(end->byte, page_of(end, addr), offset_in_page(addr), 1);
}

/**
 * edudma_page_end_store - copy the byte that the device has written to memory
 * @end: the way around
 * @addr: the byte's bus address; it is mapped
 *
 * Context: any.
 */
void edudma_page_end_store(const struct edudma_page_end *end, u64 addr)
{
	memcpy_to_page(page_of(end, addr), offset_in_page(addr), end->byte, 1);
}
