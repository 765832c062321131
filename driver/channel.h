/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels: the parts of a device that work on requests by themselves
 */
#ifndef EDUDMA_CHANNEL_H
#define EDUDMA_CHANNEL_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct edudma_device;
struct edudma_file;
struct edudma_request;
struct work_struct;

/**
 * struct edudma_channel - a part of the device that works by itself
 * @edev: the device
 * @index: which part
 * @lock: protects all below, the engine's state for the channel, and
 *	@cancelled of each request; interrupts off
 * @requests: those that have ended, until the lock is released; then those that the
 *	engine has; then those that wait for it
 * @running: the first that has not ended, or the list's head
 * @waiting: the first that waits, or the list's head
 * @stopped: no request is accepted any more; the errno that tells why
 * @armed: the next completion interrupts
 * @more: the last round has left something, which an interrupt may have told of
 * @load: requests waiting and running; others may look without the lock
 * @progress: when the engine last gave the device something to do, in jiffies
 */
struct edudma_channel {
	struct edudma_device *edev;
	unsigned int index;
	spinlock_t lock; /* protects the lists, and the engine's state */
	struct list_head requests;
	struct list_head *running;
	struct list_head *waiting;
	int stopped;
	bool armed;
	bool more;
	unsigned int load;
	unsigned long progress;
};

/* Under the channel's lock: has the engine anything to do? */
static inline bool edudma_channel_runs(const struct edudma_channel *chan)
{
	return chan->running != chan->waiting;
}

int edudma_channels_init(struct edudma_device *edev);
void edudma_channels_stop(struct edudma_device *edev, int status);
bool edudma_channels_at_rest(struct edudma_device *edev);
int edudma_channels_start(struct edudma_device *edev);
int edudma_channels_resume(struct edudma_device *edev);
bool edudma_was_stopped(struct edudma_device *edev, unsigned int generation);
void edudma_channel_reap(struct edudma_channel *chan);
void edudma_channels_reap(struct edudma_device *edev);
void edudma_channels_look(struct edudma_device *edev, bool last);
void edudma_channels_cancel(struct edudma_device *edev, struct edudma_file *file,
			    const void *context);
void edudma_tick(struct work_struct *work);

struct edudma_channel *edudma_channel_idlest(struct edudma_device *edev);
void edudma_channel_submit(struct edudma_channel *chan, struct list_head *reqs,
			   unsigned int nr);
void edudma_channel_cancel(struct edudma_request *req);

/* For engines, under the channel's lock. */
void edudma_request_started(struct edudma_request *req);
void edudma_channel_finish(struct edudma_channel *chan, int status);

#endif /* EDUDMA_CHANNEL_H */
