// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which memory the device can address
 */
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/swiotlb.h>

#include "addressing.h"
#include "compat.h"
#include "device.h"

static unsigned int dma_bits;
module_param_unsafe(dma_bits, uint, 0444);
MODULE_PARM_DESC(dma_bits,
		 "Address bits of the device, if it was started with another dma_mask= than the default (0: the default)");

static bool iommu_translates(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_DMA_API);
}

/*
 * dma_set_mask_and_coherent() returns 0 whatever the size of memory, and the
 * DMA API warns when it is handed memory that the device cannot reach. So the
 * question is answered before anything is allocated.
 */
static enum edudma_reach reach_of(struct device *dev)
{
	if (iommu_translates(dev))
		return EDUDMA_REACH_ALL;
	/* Bounced memory is where the bounce buffers are. */
	if (is_swiotlb_force_bounce(dev))
		return edudma_swiotlb_end(dev) - 1 <= dma_get_mask(dev) ?
			EDUDMA_REACH_ALL : EDUDMA_REACH_COHERENT;
	if (dma_get_mask(dev) >= dma_get_required_mask(dev))
		return EDUDMA_REACH_ALL;
	return EDUDMA_REACH_ZONE_DMA;
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
	edev->reach = reach_of(dev);
	return 0;
}
