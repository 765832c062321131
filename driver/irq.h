/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts
 */
#ifndef EDUDMA_IRQ_H
#define EDUDMA_IRQ_H

#include "uapi/linux/edudma.h"

struct edudma_device;

int edudma_irq_init(struct edudma_device *edev);
void edudma_irq_fini(struct edudma_device *edev);
unsigned int edudma_channel_vector(struct edudma_device *edev, unsigned int chan);
const char *edudma_irq_name(enum edudma_irq_mode mode);

#endif /* EDUDMA_IRQ_H */
