/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How ends of requests are noticed
 */
#ifndef EDUDMA_NOTICE_H
#define EDUDMA_NOTICE_H

#include <linux/jiffies.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "channel.h"
#include "device.h"

/**
 * enum edudma_notice_mode - the module parameter "completion"
 * @EDUDMA_NOTICE_BY_INTERRUPT: interrupt
 * @EDUDMA_NOTICE_BY_LOOKING: poll
 * @EDUDMA_NOTICE_BY_BOTH: hybrid
 */
enum edudma_notice_mode {
	EDUDMA_NOTICE_BY_INTERRUPT,
	EDUDMA_NOTICE_BY_LOOKING,
	EDUDMA_NOTICE_BY_BOTH,
};

extern enum edudma_notice_mode edudma_notice_mode;

static inline enum edudma_notice_mode edudma_notice_mode_of(const struct edudma_device *edev)
{
	if (edev->irq_mode == EDUDMA_IRQ_POLL)
		return EDUDMA_NOTICE_BY_LOOKING;
	return edev->type->ops->arm ? READ_ONCE(edudma_notice_mode) : EDUDMA_NOTICE_BY_INTERRUPT;
}

/* Does no completion interrupt? Then the tick is more than a net below interrupts. */
static inline bool edudma_polls(const struct edudma_device *edev)
{
	return edudma_notice_mode_of(edev) == EDUDMA_NOTICE_BY_LOOKING;
}

/* May a request have ended when its doorbell returns? Then the submitter shall look. */
static inline bool edudma_looks_at_once(const struct edudma_device *edev)
{
	return edev->type->ops->arm && edudma_notice_mode_of(edev) != EDUDMA_NOTICE_BY_INTERRUPT;
}

/* Under the channel's lock: shall its next completion interrupt? */
static inline bool edudma_wants_interrupt(const struct edudma_channel *chan)
{
	switch (edudma_notice_mode_of(chan->edev)) {
	case EDUDMA_NOTICE_BY_LOOKING:
		return false;
	case EDUDMA_NOTICE_BY_BOTH:
		/* Clearing on-board memory is work, for a request that still waits. */
		if (!chan->load)
			return false;
		/*
		 * Pairs with atomic_dec_and_test() in edudma_spin(): either we see that
		 * nobody looks any more, or who was the last to look sees our load.
		 */
		smp_mb();
		return !atomic_read(&chan->edev->spinners);
	default:
		return true;
	}
}

/* How often to look if nothing else does, in jiffies */
static inline unsigned long edudma_tick_period(const struct edudma_device *edev)
{
	return edudma_polls(edev) ? 1 : HZ;
}

void edudma_notice_init(struct edudma_device *edev);

void edudma_spin(struct edudma_device *edev, bool (*ended)(void *arg), void *arg);
int edudma_wait(wait_queue_head_t *wait, bool (*ended)(void *arg), void *arg, u64 timeout_ns);

#endif /* EDUDMA_NOTICE_H */
