/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: a transfer's way from its submission to its end
 */
#ifndef EDUDMA_REQUEST_H
#define EDUDMA_REQUEST_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "buffer.h"
#include "uapi/linux/edudma.h"

struct edudma_channel;
struct edudma_device;
struct edudma_file;

/**
 * enum edudma_request_state - where a request is
 * @EDUDMA_REQUEST_WAITING: in the channel's queue; the device knows nothing of it
 * @EDUDMA_REQUEST_RUNNING: the engine has it; its memory must stay
 * @EDUDMA_REQUEST_ENDED: the device has done with it
 */
enum edudma_request_state {
	EDUDMA_REQUEST_WAITING,
	EDUDMA_REQUEST_RUNNING,
	EDUDMA_REQUEST_ENDED,
};

/**
 * struct edudma_request - a transfer
 * @refs: one for the queue, one for whoever submitted it
 * @node: in one of its channel's lists
 * @file: who asked, with a reference
 * @chan: who works on it
 * @state: where it is; under the channel's lock
 * @op: what to do
 * @src: the source's range, held for the device; unused for FROM_DEVICE
 * @dst: the destination's range, held for the device; unused for TO_DEVICE
 * @length: bytes
 * @device_offset: where in on-board memory it begins
 * @cancelled: 0, or the errno it shall end with; under the channel's lock
 * @status: 0 or an errno, once it has ended; before, for the engine to use
 * @segments: segments of its ranges
 * @commands: commands given to the device so far
 * @submitted_ns: when it was submitted
 * @started_ns: when its first command was given to the device; 0 before
 * @ended_ns: when the device had done
 * @device_ns: its own account of the time it took; 0 if it keeps none
 * @complete: called once at the end, in any context
 * @context: for @complete
 * @done: for a waiter, who may leave before the end; so it is not on his stack
 */
struct edudma_request {
	refcount_t refs;
	struct list_head node;
	struct edudma_file *file;
	struct edudma_channel *chan;
	enum edudma_request_state state;
	enum edudma_op op;
	struct edudma_hold src;
	struct edudma_hold dst;
	u64 length;
	u64 device_offset;
	int cancelled;
	int status;
	u32 segments;
	u32 commands;
	u64 submitted_ns;
	u64 started_ns;
	u64 ended_ns;
	u64 device_ns;
	void (*complete)(struct edudma_request *req);
	void *context;
	struct completion done;
};

/**
 * struct edudma_channel - a part of the device that works by itself
 * @edev: the device
 * @index: which part
 * @lock: protects all below, the engine's state for the channel, and
 *	@cancelled of each request; interrupts off
 * @waiting: requests in the order of their submission
 * @running: requests that the engine has
 * @finished: requests that have ended, until the lock is released
 * @stopped: no request is accepted any more; the errno that tells why
 * @load: requests waiting and running; others may look without the lock
 * @progress_ns: when the engine last gave the device something to do
 */
struct edudma_channel {
	struct edudma_device *edev;
	unsigned int index;
	spinlock_t lock; /* protects the lists, and the engine's state */
	struct list_head waiting;
	struct list_head running;
	struct list_head finished;
	int stopped;
	unsigned int load;
	u64 progress_ns;
};

int edudma_channels_init(struct edudma_device *edev);
void edudma_channels_stop(struct edudma_device *edev, int status);
unsigned int edudma_channels_reap(struct edudma_device *edev);
unsigned int edudma_vector_reap(struct edudma_device *edev, unsigned int vector);
void edudma_tick(struct work_struct *work);

struct edudma_request *edudma_submit(struct edudma_file *file,
				     const struct edudma_transfer *arg,
				     void (*complete)(struct edudma_request *req),
				     void *context);
u64 edudma_request_device_ns(const struct edudma_request *req);
void edudma_request_put(struct edudma_request *req);
int edudma_transfer(struct edudma_file *file, struct edudma_transfer *arg);
void edudma_requests_cancel(struct edudma_file *file);

/* For engines, under the channel's lock. */
void edudma_request_started(struct edudma_request *req);
void edudma_request_finish(struct edudma_request *req, int status);
struct edudma_range edudma_hold_range(const struct edudma_hold *hold);

#endif /* EDUDMA_REQUEST_H */
