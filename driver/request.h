/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: a transfer's way from its submission to its end
 */
#ifndef EDUDMA_REQUEST_H
#define EDUDMA_REQUEST_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "buffer.h"
#include "hold.h"
#include "uapi/linux/edudma.h"

struct edudma_request;

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
 * struct edudma_sink - who is told that a request has ended
 * @room: how many more can be told, if whatever is under way is told as well.
 *	Optional. Atomic, under the file's lock.
 * @is_left: does nobody want a request any more, and does no one tell us? The tick asks.
 *	Optional. Atomic, under the channel's lock.
 * @complete: some of a file's requests have ended, and their ranges are free again.
 *	They are the sink's now, until it lets them be used again by
 *	edudma_requests_recycle(). Atomic, under the file's lock, perhaps before the
 *	submission returns.
 */
struct edudma_sink {
	unsigned int (*room)(struct edudma_file *file);
	bool (*is_left)(const struct edudma_request *req);
	void (*complete)(struct edudma_file *file, struct list_head *ended, unsigned int nr);
};

/**
 * struct edudma_request - a transfer
 * @node: in its channel's list; or in the file's spares
 * @file: who asked; stays as long as it has requests
 * @chan: who works on it
 * @state: where it is; under the channel's lock
 * @op: what to do
 * @src: the source's range, held for the device; unused for FROM_DEVICE
 * @dst: the destination's range, held for the device; unused for TO_DEVICE
 * @length: bytes
 * @device_offset: where in on-board memory it begins
 * @cancelled: 0, or the errno it shall end with; under the channel's lock, but an
 *	engine that works without it may peek
 * @status: 0 or an errno, once it has ended; before, for the engine to use
 * @segments: segments of its ranges
 * @commands: commands given to the device so far
 * @number: for the engine: of the first of them
 * @submitted_ns: when it was submitted
 * @started_ns: when its first command was given to the device; 0 before, and if the
 *	device keeps an account of its own
 * @ended_ns: when its end was noticed
 * @device_ns: the device's account of the time it took; 0 if it keeps none
 * @sink: who is told
 * @user_data: for a ring
 * @context: io_uring's command; else NULL
 * @wait: for a waiter, who may leave before the end; so it is not on his stack
 * @done: it has ended; for the same
 * @abandoned: nobody waits any more; under the file's lock
 */
struct edudma_request {
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
	u32 number;
	u64 submitted_ns;
	u64 started_ns;
	u64 ended_ns;
	u64 device_ns;
	const struct edudma_sink *sink;
	u64 user_data;
	void *context;
	wait_queue_head_t wait;
	bool done;
	bool abandoned;
};

/**
 * struct edudma_times - where the time of a request went, in nanoseconds
 * @total: from its submission until its end was noticed
 * @device: what the device took for it
 * @queue: the rest
 */
struct edudma_times {
	u64 total;
	u64 device;
	u64 queue;
};

int edudma_requests_prepare(struct edudma_file *file, const struct edudma_entry *entries,
			    unsigned int nr, const struct edudma_sink *sink,
			    struct list_head *reqs);
struct edudma_request *edudma_request_prepare(struct edudma_file *file,
					      const struct edudma_transfer *arg,
					      const struct edudma_sink *sink,
					      struct list_head *reqs);
void edudma_requests_submit(struct list_head *reqs);
void edudma_requests_complete(struct list_head *finished);
void edudma_requests_recycle(struct edudma_file *file, struct list_head *reqs, unsigned int nr);
void edudma_requests_free_spares(struct edudma_file *file);

int edudma_transfer(struct edudma_file *file, void *data);

/**
 * edudma_request_times - account for the time of a request
 * @req: it has ended
 *
 * The device may keep an account of its own, by a clock of its own.
 *
 * Return: its times.
 */
static inline struct edudma_times
edudma_request_times(const struct edudma_request *req)
{
	u64 total = req->ended_ns - req->submitted_ns;
	u64 device = req->started_ns ? req->ended_ns - req->started_ns : req->device_ns;

	device = min(device, total);
	return (struct edudma_times) {
		.total = total,
		.device = device,
		.queue = total - device,
	};
}

/* For engines */
struct edudma_range edudma_hold_range(const struct edudma_hold *hold);

/* Under the channel's lock: the first request that waits, or NULL */
static inline struct edudma_request *edudma_channel_next(const struct edudma_channel *chan)
{
	return chan->waiting == &chan->requests ? NULL :
		list_entry(chan->waiting, struct edudma_request, node);
}

/* The same: that one waits no more, the engine has it. */
static inline void edudma_request_take(struct edudma_request *req)
{
	req->state = EDUDMA_REQUEST_RUNNING;
	req->chan->waiting = req->node.next;
}

/**
 * edudma_request_finish - a request has ended, the device touches it no more
 * @req: the request
 * @status: 0, -ECANCELED, or why it failed
 *
 * Context: an engine, under the channel's lock.
 */
static inline void edudma_request_finish(struct edudma_request *req, int status)
{
	struct edudma_channel *chan = req->chan;

	req->state = EDUDMA_REQUEST_ENDED;
	req->status = status;
	WRITE_ONCE(chan->load, chan->load - 1);
	if (chan->waiting == &req->node)
		chan->waiting = req->node.next;
	if (chan->running == &req->node)
		chan->running = req->node.next;
	else
		list_move_tail(&req->node, chan->running);
}

#endif /* EDUDMA_REQUEST_H */
