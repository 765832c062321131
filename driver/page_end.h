/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes at the ends of pages that an IOMMU would take for others
 */
#ifndef EDUDMA_PAGE_END_H
#define EDUDMA_PAGE_END_H

#include <linux/types.h>

struct edudma_device;
struct iommu_domain;

/**
 * struct edudma_page_end - a way around the IOMMU's mistake
 * @domain: where its mappings are; NULL if it makes none
 * @byte: a byte in a page of its own, in which another one travels
 * @addr: its bus address
 */
struct edudma_page_end {
	struct iommu_domain *domain;
	u8 *byte;
	dma_addr_t addr;
};

int edudma_page_end_init(struct edudma_page_end *end, struct edudma_device *edev);
void edudma_page_end_fini(struct edudma_page_end *end, struct edudma_device *edev);
bool edudma_page_end_is_mistaken(const struct edudma_page_end *end, u64 addr);
void edudma_page_end_load(const struct edudma_page_end *end, u64 addr);
void edudma_page_end_store(const struct edudma_page_end *end, u64 addr);

#endif /* EDUDMA_PAGE_END_H */
