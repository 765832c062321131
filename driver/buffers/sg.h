/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kinds of memory share that are made of pages
 */
#ifndef EDUDMA_BUFFERS_SG_H
#define EDUDMA_BUFFERS_SG_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct edudma_buffer;
struct edudma_device;

int edudma_sg_map(struct edudma_buffer *buf, unsigned int max_segment);
void edudma_sg_unmap(struct edudma_buffer *buf);
void edudma_sg_sync_for_cpu(struct edudma_buffer *buf, u64 offset, u64 length,
			    enum dma_data_direction dir);
void edudma_sg_sync_for_device(struct edudma_buffer *buf, u64 offset, u64 length,
			       enum dma_data_direction dir);
unsigned long edudma_sg_pfn(struct edudma_buffer *buf, u64 offset);

#endif /* EDUDMA_BUFFERS_SG_H */
