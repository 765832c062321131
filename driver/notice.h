/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How ends of requests are noticed
 */
#ifndef EDUDMA_NOTICE_H
#define EDUDMA_NOTICE_H

#include <linux/types.h>

struct edudma_channel;
struct edudma_device;

void edudma_notice_init(struct edudma_device *edev);
bool edudma_polls(struct edudma_device *edev);
bool edudma_looks_at_once(struct edudma_device *edev);
bool edudma_wants_interrupt(struct edudma_channel *chan);
unsigned long edudma_tick_period(struct edudma_device *edev);
unsigned long edudma_timeout_jiffies(u64 timeout_ns);

bool edudma_spin(struct edudma_device *edev, bool (*ended)(void *arg), void *arg);

#endif /* EDUDMA_NOTICE_H */
