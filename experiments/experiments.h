/* SPDX-License-Identifier: GPL-2.0-only */
/* What the experiments share; their structs in uapi/ say what each one does */
#ifndef EXPERIMENTS_H
#define EXPERIMENTS_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/types.h>

#include "uapi/linux/memlab.h"

/**
 * struct lab - an open /dev/memlab
 * @dev: the edu device, for the DMA API; NULL if there is none
 * @kept: pages that lab_fragment() keeps
 */
struct lab {
	struct device *dev;
	struct list_head kept;
};

/**
 * struct lab_buffer - a buffer of any kind
 * @cpu: its address
 * @dma: for coherent memory: the device's address
 * @size: in bytes
 * @kind: one of enum memlab_kind
 */
struct lab_buffer {
	void *cpu;
	dma_addr_t dma;
	size_t size;
	u32 kind;
};

/* kinds.c */
int lab_check_kind(struct lab *lab, u32 kind, u64 size);
bool lab_get(struct lab *lab, struct lab_buffer *buf, gfp_t gfp);
void lab_put(struct lab *lab, const struct lab_buffer *buf);
int lab_alloc(struct lab *lab, void *arg);

/* one file each */
int lab_layout(struct lab *lab, void *arg);
int lab_steps(struct lab *lab, void *arg);
int lab_stride(struct lab *lab, void *arg);
int lab_fragment(struct lab *lab, void *arg);
void lab_fragment_end(struct lab *lab);
int lab_handover(struct lab *lab, void *arg);

/* main.c */
int lab_check_throwaway(void);

#endif /* EXPERIMENTS_H */
