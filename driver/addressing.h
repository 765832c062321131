/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which memory the device can address
 */
#ifndef EDUDMA_ADDRESSING_H
#define EDUDMA_ADDRESSING_H

struct edudma_device;

/**
 * enum edudma_reach - which memory the device can address
 * @EDUDMA_REACH_ALL: all of it, by itself or with the help of an IOMMU
 * @EDUDMA_REACH_ZONE_DMA: only what comes from ZONE_DMA
 * @EDUDMA_REACH_COHERENT: no streaming memory, only dma_alloc_coherent()'s
 */
enum edudma_reach {
	EDUDMA_REACH_ALL,
	EDUDMA_REACH_ZONE_DMA,
	EDUDMA_REACH_COHERENT,
};

int edudma_addressing_init(struct edudma_device *edev);

#endif /* EDUDMA_ADDRESSING_H */
