/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which memory the device can address
 */
#ifndef EDUDMA_ADDRESSING_H
#define EDUDMA_ADDRESSING_H

#include <linux/atomic.h>
#include <linux/types.h>

struct edudma_device;

/**
 * enum edudma_reach - which streaming memory the device can address
 * @EDUDMA_REACH_ALL: all of it: by itself, behind an IOMMU, or by bounce buffers
 * @EDUDMA_REACH_ZONE_DMA: only what comes from ZONE_DMA
 * @EDUDMA_REACH_COHERENT: none, only dma_alloc_coherent()'s memory
 */
enum edudma_reach {
	EDUDMA_REACH_ALL,
	EDUDMA_REACH_ZONE_DMA,
	EDUDMA_REACH_COHERENT,
};

/**
 * struct edudma_pool - memory of which the machine has little, and other drivers need some
 * @bytes: how much there is
 * @used: how much of it the buffers of all devices of this driver have
 */
struct edudma_pool {
	u64 bytes;
	atomic64_t used;
};

int edudma_addressing_init(struct edudma_device *edev);
u64 edudma_pool_max_length(const struct edudma_pool *pool);
int edudma_pool_take(struct edudma_pool *pool, u64 length);
void edudma_pool_give(struct edudma_pool *pool, u64 length);

#endif /* EDUDMA_ADDRESSING_H */
