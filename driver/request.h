/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: a transfer's way from its submission to its end
 */
#ifndef EDUDMA_REQUEST_H
#define EDUDMA_REQUEST_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "buffer.h"
#include "hold.h"
#include "uapi/linux/edudma.h"

struct edudma_channel;
struct edudma_file;
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
 * @complete: the request has ended, and its ranges are free again; called once.
 *	Atomic, under the file's lock, perhaps before the submission returns.
 */
struct edudma_sink {
	unsigned int (*room)(struct edudma_file *file);
	void (*complete)(struct edudma_request *req);
};

/**
 * struct edudma_request - a transfer
 * @refs: one for the queue, perhaps one for whoever submitted it
 * @node: in one of its channel's lists
 * @spare: in the file's spares
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
 * @submitted_ns: when it was submitted
 * @started_ns: when its first command was given to the device; 0 before, and if the
 *	device keeps an account of its own
 * @ended_ns: when its end was noticed
 * @device_ns: the device's account of the time it took; 0 if it keeps none
 * @sink: who is told
 * @user_data: for a ring
 * @context: for io_uring
 * @wait: for a waiter, who may leave before the end; so it is not on his stack
 * @done: it has ended; for the same
 */
struct edudma_request {
	refcount_t refs;
	struct list_head node;
	struct hlist_node spare;
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
	const struct edudma_sink *sink;
	u64 user_data;
	void *context;
	wait_queue_head_t wait;
	bool done;
};

int edudma_requests_prepare(struct edudma_file *file, const struct edudma_entry *entries,
			    unsigned int nr, const struct edudma_sink *sink,
			    struct edudma_request **reqs);
void edudma_requests_submit(struct edudma_request **reqs, unsigned int nr);
void edudma_requests_complete(struct list_head *finished);

struct edudma_request *edudma_request_create(struct edudma_file *file,
					     const struct edudma_transfer *arg,
					     const struct edudma_sink *sink);
void edudma_request_put(struct edudma_request *req);
void edudma_requests_free_spares(struct edudma_file *file);

int edudma_transfer(struct edudma_file *file, void *data);

/* The device's own account, or the time from the first command to the end */
static inline u64 edudma_request_device_ns(const struct edudma_request *req)
{
	return req->started_ns ? req->ended_ns - req->started_ns : req->device_ns;
}

/* For engines */
struct edudma_range edudma_hold_range(const struct edudma_hold *hold);

#endif /* EDUDMA_REQUEST_H */
