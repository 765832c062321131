// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: from a transfer that user space describes to its end
 *
 *   prepare    its ranges become the device's
 *   submit     it joins a channel's queue (channel.c)
 *   complete   its ranges are the caller's again, whoever waits is told
 *
 * A caller who gives up waiting leaves the request behind: the queue has its own
 * reference, and an open file with requests under way stays, with its memory. So
 * nothing is freed that the device may write.
 */
#include <linux/freezer.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "channel.h"
#include "chardev.h"
#include "device.h"
#include "notice.h"
#include "request.h"
#include "ring.h"
#include "trace.h"

static int check_entry(struct edudma_device *edev, const struct edudma_entry *entry)
{
	bool reads = entry->op != EDUDMA_FROM_DEVICE;
	bool writes = entry->op != EDUDMA_TO_DEVICE;

	if (entry->op > EDUDMA_COPY || entry->flags || entry->reserved || !entry->length)
		return -EINVAL;
	if (!reads && (entry->src || entry->src_offset))
		return -EINVAL;
	if (!writes && (entry->dst || entry->dst_offset))
		return -EINVAL;
	if (entry->device_offset >= edev->limits.device_bytes)
		return -EINVAL;
	if (entry->length > edev->limits.max_length)
		return -EFBIG;
	if (entry->op == EDUDMA_COPY) {
		if (entry->device_offset)
			return -EINVAL;
		if (entry->src == entry->dst &&
		    entry->src_offset < entry->dst_offset + entry->length &&
		    entry->dst_offset < entry->src_offset + entry->length)
			return -EINVAL;
	}
	return 0;
}

/* Requests are kept by the open file, so that the hot path allocates nothing. */
static void request_free(struct edudma_request *req)
{
	hlist_add_head(&req->spare, &req->file->spares);
	req->file->nr_spares++;
}

static int add_spare(struct edudma_file *file)
{
	struct edudma_request *req;

	req = kzalloc(sizeof(*req), GFP_KERNEL_ACCOUNT);
	if (!req)
		return -ENOMEM;
	req->file = file;
	req->dst.writes = true;
	init_waitqueue_head(&req->wait);

	xa_lock_irq(&file->buffers);
	request_free(req);
	xa_unlock_irq(&file->buffers);
	return 0;
}

/**
 * edudma_requests_free_spares - free the requests that an open file has kept
 * @file: the open file, closed, none of its requests under way
 */
void edudma_requests_free_spares(struct edudma_file *file)
{
	struct edudma_request *req;
	struct hlist_node *next;

	hlist_for_each_entry_safe(req, next, &file->spares, spare)
		kfree(req);
}

/**
 * edudma_hold_range - what the device sees of a held range
 * @hold: the range
 *
 * Return: where it begins in the buffer's segments.
 */
struct edudma_range edudma_hold_range(const struct edudma_hold *hold)
{
	return (struct edudma_range) {
		.segs = hold->buf->segs,
		.nr_segs = hold->buf->nr_segs,
		.offset = hold->offset,
	};
}

static unsigned int hold_segments(const struct edudma_hold *hold)
{
	struct edudma_range range = edudma_hold_range(hold);

	if (range.nr_segs == 1)
		return 1;
	return edudma_count_segments(&range, hold->length);
}

static int hold_ranges(struct edudma_request *req, const struct edudma_entry *entry)
{
	int ret;

	req->src.offset = entry->src_offset;
	req->src.length = entry->length;
	req->dst.offset = entry->dst_offset;
	req->dst.length = entry->length;
	req->segments = 0;

	if (entry->op != EDUDMA_FROM_DEVICE) {
		ret = __edudma_hold_take(req->file, &req->src, entry->src);
		if (ret)
			return ret;
		req->segments += hold_segments(&req->src);
	}
	if (entry->op != EDUDMA_TO_DEVICE) {
		ret = __edudma_hold_take(req->file, &req->dst, entry->dst);
		if (ret)
			goto err_src;
		req->segments += hold_segments(&req->dst);
	}
	return 0;

err_src:
	if (entry->op != EDUDMA_FROM_DEVICE)
		__edudma_hold_drop(&req->src);
	return ret;
}

static void drop_ranges(struct edudma_request *req)
{
	if (req->op != EDUDMA_FROM_DEVICE)
		__edudma_hold_drop(&req->src);
	if (req->op != EDUDMA_TO_DEVICE)
		__edudma_hold_drop(&req->dst);
}

/* Under the file's lock: how many more requests may be under way? */
static unsigned int file_room(struct edudma_file *file, const struct edudma_sink *sink)
{
	unsigned int room = EDUDMA_MAX_TRANSFERS - file->nr_transfers;

	return sink->room ? min(room, sink->room(file)) : room;
}

/* Under the file's lock, with a request to spare. */
static struct edudma_request *request_prepare(struct edudma_file *file,
					      const struct edudma_entry *entry,
					      bool room, const struct edudma_sink *sink)
{
	struct edudma_request *req;
	int ret;

	ret = check_entry(file->edev, entry);
	if (!ret && !room)
		ret = -EAGAIN;
	if (ret)
		return ERR_PTR(ret);
	req = hlist_entry(file->spares.first, struct edudma_request, spare);
	ret = hold_ranges(req, entry);
	if (ret)
		return ERR_PTR(ret);

	hlist_del(&req->spare);
	file->nr_spares--;
	if (!file->nr_transfers++)
		kref_get(&file->ref);
	refcount_set(&req->refs, 1);
	req->state = EDUDMA_REQUEST_WAITING;
	req->op = entry->op;
	req->length = entry->length;
	req->device_offset = entry->device_offset;
	req->cancelled = 0;
	req->status = 0;
	req->commands = 0;
	req->started_ns = 0;
	req->device_ns = 0;
	req->sink = sink;
	req->user_data = entry->user_data;
	return req;
}

/**
 * edudma_requests_prepare - check transfers, and make their ranges the device's
 * @file: the open file
 * @entries: the transfers
 * @nr: how many, 1 to EDUDMA_MAX_TRANSFERS
 * @sink: who is told of their ends
 * @reqs: set to the requests, for edudma_requests_submit()
 *
 * Stops at the first that is refused.
 *
 * What a file keeps in on-board memory is with one channel. Copies keep nothing
 * there, and those of a batch go where least is to do.
 *
 * Context: inside enter and exit; may sleep for memory.
 * Return: how many were prepared; or, if none, an errno of the UAPI.
 */
int edudma_requests_prepare(struct edudma_file *file, const struct edudma_entry *entries,
			    unsigned int nr, const struct edudma_sink *sink,
			    struct edudma_request **reqs)
{
	struct edudma_channel *copier = NULL;
	struct edudma_request *req;
	unsigned int i, room;
	int ret = 0;

	xa_lock_irq(&file->buffers);
	while (file->nr_spares < nr) {
		xa_unlock_irq(&file->buffers);
		ret = add_spare(file);
		if (ret)
			return ret;
		xa_lock_irq(&file->buffers);
	}
	room = file_room(file, sink);
	for (i = 0; i < nr; i++) {
		req = request_prepare(file, &entries[i], i < room, sink);
		if (IS_ERR(req)) {
			ret = PTR_ERR(req);
			break;
		}
		if (req->op == EDUDMA_COPY && !copier)
			copier = edudma_channel_idlest(file->edev);
		req->chan = req->op == EDUDMA_COPY ? copier : edudma_file_channel(file);
		reqs[i] = req;
	}
	xa_unlock_irq(&file->buffers);
	return i ?: ret;
}

/**
 * edudma_requests_submit - hand requests to their channels
 * @reqs: from edudma_requests_prepare()
 * @nr: how many
 *
 * Context: inside enter and exit; takes the channels' locks.
 */
void edudma_requests_submit(struct edudma_request **reqs, unsigned int nr)
{
	u64 now = ktime_get_ns();
	unsigned int begin, end;

	for (begin = 0; begin < nr; begin = end) {
		struct edudma_channel *chan = reqs[begin]->chan;

		for (end = begin; end < nr && reqs[end]->chan == chan; end++)
			reqs[end]->submitted_ns = now;
		edudma_channel_submit(chan, &reqs[begin], end - begin);
	}
}

/* Under the file's lock. */
static void request_complete(struct edudma_request *req, u64 now)
{
	struct edudma_counters *counters = &req->file->edev->counters;

	req->ended_ns = now;
	trace_edudma_request_done(req);
	if (!req->status)
		atomic64_inc(&counters->completed);
	else if (req->status == -ECANCELED)
		atomic64_inc(&counters->cancelled);
	else
		atomic64_inc(&counters->failed);

	drop_ranges(req);
	req->sink->complete(req);
	if (refcount_dec_and_test(&req->refs))
		request_free(req);
}

/*
 * Complete a request, and those of the same file that follow. Return the next.
 * They stay linked, but a completed one may be in use again.
 */
static struct edudma_request *complete_of_one_file(struct edudma_request *req,
						   struct list_head *finished, u64 now)
{
	struct edudma_file *file = req->file;
	struct edudma_request *next;
	unsigned long flags;
	bool idle;

	xa_lock_irqsave(&file->buffers, flags);
	do {
		next = list_next_entry(req, node);
		request_complete(req, now);
		/* Who sees it gone sees its completion. */
		smp_store_release(&file->nr_transfers, file->nr_transfers - 1);
		req = next;
	} while (!list_entry_is_head(req, finished, node) && req->file == file);
	idle = !file->nr_transfers;
	edudma_ring_notify(file);
	xa_unlock_irqrestore(&file->buffers, flags);
	if (idle)
		edudma_file_put(file);
	return req;
}

/**
 * edudma_requests_complete - give ranges back, and tell who waits
 * @finished: requests that have ended; not to be used again
 *
 * Context: any; takes the files' locks.
 */
void edudma_requests_complete(struct list_head *finished)
{
	struct edudma_request *req = list_first_entry(finished, struct edudma_request, node);
	u64 now = ktime_get_ns();

	while (!list_entry_is_head(req, finished, node))
		req = complete_of_one_file(req, finished, now);
}

/**
 * edudma_request_create - prepare one transfer that its submitter follows
 * @file: the open file
 * @arg: see the UAPI; its timeout is the caller's business
 * @sink: who is told of its end
 *
 * Context: inside enter and exit; may sleep for memory.
 * Return: the request, for edudma_requests_submit() and edudma_request_put(); or an
 * ERR_PTR of the UAPI's errnos.
 */
struct edudma_request *edudma_request_create(struct edudma_file *file,
					     const struct edudma_transfer *arg,
					     const struct edudma_sink *sink)
{
	struct edudma_entry entry = {
		.op = arg->op,
		.flags = arg->flags,
		.src = arg->src,
		.dst = arg->dst,
		.src_offset = arg->src_offset,
		.dst_offset = arg->dst_offset,
		.length = arg->length,
		.device_offset = arg->device_offset,
	};
	struct edudma_request *req;
	int ret;

	ret = edudma_requests_prepare(file, &entry, 1, sink, &req);
	if (ret < 0)
		return ERR_PTR(ret);
	refcount_inc(&req->refs);
	return req;
}

/**
 * edudma_request_put - forget a request
 * @req: from edudma_request_create(); it goes on by itself if it has not ended
 *
 * Context: any, while the file is open; takes the file's lock.
 */
void edudma_request_put(struct edudma_request *req)
{
	struct edudma_file *file = req->file;
	unsigned long flags;

	xa_lock_irqsave(&file->buffers, flags);
	if (refcount_dec_and_test(&req->refs))
		request_free(req);
	xa_unlock_irqrestore(&file->buffers, flags);
}

static void waiter_complete(struct edudma_request *req)
{
	/* See request_is_done() */
	smp_store_release(&req->done, true);
	wake_up(&req->wait);
}

static const struct edudma_sink waiter = {
	.complete = waiter_complete,
};

static bool request_is_done(void *arg)
{
	struct edudma_request *req = arg;

	/* Whoever sees it done sees how it ended. */
	return smp_load_acquire(&req->done);
}

static void request_give_up(struct edudma_request *req)
{
	struct edudma_device *edev = req->file->edev;
	int idx;

	idx = edudma_enter(edev);
	if (!edudma_is_gone(edev))
		edudma_channel_cancel(req);
	edudma_exit(edev, idx);
}

/*
 * Inside of nothing, so that the waiter can stay where he is when the machine goes to
 * sleep. He would else be sent off as by a signal.
 */
static int request_wait(struct edudma_request *req, u64 timeout_ns)
{
	long left = wait_event_freezable_timeout(req->wait, request_is_done(req),
						 edudma_timeout_jiffies(timeout_ns));

	if (left > 0)
		return req->status;
	request_give_up(req);
	/* It may have ended just before it was cancelled. */
	if (request_is_done(req) && req->status != -ECANCELED)
		return req->status;
	return left ? -EINTR : -ETIMEDOUT;
}

/* Submit a request, and look whether it ends soon. */
static struct edudma_request *request_begin(struct edudma_file *file,
					    const struct edudma_transfer *arg)
{
	struct edudma_request *req;

	req = edudma_request_create(file, arg, &waiter);
	if (IS_ERR(req))
		return req;
	req->done = false;
	edudma_requests_submit(&req, 1);
	edudma_spin(file->edev, request_is_done, req);
	return req;
}

static void report(const struct edudma_request *req, struct edudma_transfer *arg)
{
	arg->segments = req->segments;
	arg->commands = req->commands;
	arg->device_ns = edudma_request_device_ns(req);
	arg->queue_ns = req->ended_ns - req->submitted_ns - arg->device_ns;
}

/**
 * edudma_transfer - EDUDMA_TRANSFER: submit a request, and wait for its end
 * @file: the open file
 * @data: struct edudma_transfer
 *
 * Context: may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_transfer(struct edudma_file *file, void *data)
{
	struct edudma_transfer *arg = data;
	struct edudma_device *edev = file->edev;
	struct edudma_request *req;
	int ret, idx;

	idx = edudma_enter(edev);
	req = edudma_is_gone(edev) ? ERR_PTR(-ENODEV) : request_begin(file, arg);
	edudma_exit(edev, idx);
	if (IS_ERR(req))
		return PTR_ERR(req);

	ret = request_wait(req, arg->timeout_ns);
	if (!ret)
		report(req, arg);
	edudma_request_put(req);
	return ret;
}
