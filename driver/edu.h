/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every device of edu's family has beside DMA: an ID, a sign of life, a
 * factorial, and the interrupts of edu's own
 */
#ifndef EDUDMA_EDU_H
#define EDUDMA_EDU_H

#include <linux/bits.h>
#include <linux/types.h>

struct edudma_device;

/* 4-byte access only */
#define EDU_ID			0x00
#define EDU_LIVENESS		0x04
#define EDU_FACTORIAL		0x08
#define EDU_STATUS		0x20
#define   EDU_STATUS_COMPUTING	BIT(0)
#define   EDU_STATUS_IRQ	BIT(7)
#define EDU_IRQ_STATUS		0x24
#define   EDU_IRQ_FACTORIAL	BIT(0)
#define   EDU_IRQ_DMA		BIT(8)
#define EDU_IRQ_ACK		0x64

bool edudma_edu_read(struct edudma_device *edev, unsigned int offset, u32 *value);
bool edudma_edu_is_present(struct edudma_device *edev);
int edudma_edu_identify(struct edudma_device *edev);
int edudma_edu_init(struct edudma_device *edev);
u32 edudma_edu_irq(struct edudma_device *edev);
u32 edudma_edu_liveness(struct edudma_device *edev, u32 value);
int edudma_edu_factorial(struct edudma_device *edev, u32 n, u64 timeout_ns,
			 u32 *result);

#endif /* EDUDMA_EDU_H */
