// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: from a transfer that user space describes to its end
 *
 *   prepare    its ranges become the device's
 *   submit     it joins a channel's queue (channel.c)
 *   complete   its ranges are the caller's again, whoever waits is told
 *
 * A caller who gives up waiting leaves the request behind, and an open file with
 * requests under way stays, with its memory. So nothing is freed that the device may
 * write.
 *
 * Batches go this way in lists, which are cut and joined whole, so that most of it
 * costs as much for a batch as for one.
 */
#include <linux/ktime.h>
#include <linux/slab.h>

#include "channel.h"
#include "chardev.h"
#include "device.h"
#include "notice.h"
#include "request.h"
#include "ring.h"
#include "trace.h"

/* Transfers that are prepared in one section with interrupts off */
#define PREPARE_BUDGET	8

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

/**
 * edudma_requests_recycle - let ended requests be used again
 * @file: the open file, which keeps them, so that the hot path allocates nothing
 * @reqs: its requests, from edudma_sink.complete
 * @nr: how many
 *
 * Context: under the file's lock.
 */
void edudma_requests_recycle(struct edudma_file *file, struct list_head *reqs, unsigned int nr)
{
	list_splice(reqs, &file->spares);
	file->nr_spares += nr;
}

/* Under the file's lock; the request is in no list. */
static void recycle_one(struct edudma_file *file, struct edudma_request *req)
{
	list_add(&req->node, &file->spares);
	file->nr_spares++;
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
	spin_lock_irq(&file->lock);
	recycle_one(file, req);
	spin_unlock_irq(&file->lock);
	return 0;
}

/**
 * edudma_requests_free_spares - free the requests that an open file has kept
 * @file: the open file, closed, none of its requests under way
 */
void edudma_requests_free_spares(struct edudma_file *file)
{
	struct edudma_request *req, *next;

	list_for_each_entry_safe(req, next, &file->spares, node)
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
	struct edudma_range range;

	if (hold->buf->nr_segs == 1)
		return 1;
	range = edudma_hold_range(hold);
	return edudma_count_segments(&range, hold->length);
}

/* Inline for the same reason as esg_side(): a call for each range is felt. */
static __always_inline int hold_range(struct edudma_request *req, struct edudma_hold *hold,
				      u32 handle, u64 offset, u64 length)
{
	int ret;

	hold->offset = offset;
	hold->length = length;
	ret = __edudma_hold_take(req->file, hold, handle);
	if (!ret)
		req->segments += hold_segments(hold);
	return ret;
}

static int hold_ranges(struct edudma_request *req, const struct edudma_entry *entry)
{
	int ret;

	req->segments = 0;
	if (entry->op != EDUDMA_FROM_DEVICE) {
		ret = hold_range(req, &req->src, entry->src, entry->src_offset, entry->length);
		if (ret)
			return ret;
	}
	if (entry->op != EDUDMA_TO_DEVICE) {
		ret = hold_range(req, &req->dst, entry->dst, entry->dst_offset, entry->length);
		if (ret)
			goto err_src;
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

/* Under the file's lock. */
static int request_prepare(struct edudma_request *req, const struct edudma_entry *entry,
			   bool room, const struct edudma_sink *sink)
{
	int ret;

	ret = check_entry(req->file->edev, entry);
	if (!ret && !room)
		ret = -EAGAIN;
	if (!ret)
		ret = hold_ranges(req, entry);
	if (ret)
		return ret;

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
	req->context = NULL;
	req->user_data = entry->user_data;
	return 0;
}

/* Under the file's lock, which is released for a while. */
static int get_spares(struct edudma_file *file, unsigned int nr)
{
	int ret = 0;

	while (!ret && file->nr_spares < nr) {
		spin_unlock_irq(&file->lock);
		ret = add_spare(file);
		spin_lock_irq(&file->lock);
	}
	return ret;
}

/* Prepare in one section with interrupts off; for the rest see edudma_requests_prepare(). */
static int prepare_some(struct edudma_file *file, const struct edudma_entry *entries,
			unsigned int nr, const struct edudma_sink *sink,
			struct edudma_channel **copier, struct list_head *reqs)
{
	struct edudma_channel *own = edudma_file_channel(file);
	struct edudma_request *req;
	unsigned int i = 0, room;
	int ret;

	spin_lock_irq(&file->lock);
	ret = get_spares(file, nr);
	if (ret)
		goto unlock;
	room = file_room(file, sink);
	list_for_each_entry(req, &file->spares, node) {
		if (i == nr)
			break;
		ret = request_prepare(req, &entries[i], i < room, sink);
		if (ret)
			break;
		if (req->op == EDUDMA_COPY && !*copier)
			*copier = edudma_channel_idlest(file->edev);
		req->chan = req->op == EDUDMA_COPY ? *copier : own;
		i++;
	}
	list_cut_before(reqs, &file->spares, &req->node);
	file->nr_spares -= i;
	/* Requests under way keep the file. */
	if (i && !file->nr_transfers)
		kref_get(&file->ref);
	file->nr_transfers += i;
unlock:
	spin_unlock_irq(&file->lock);
	return i ?: ret;
}

/**
 * edudma_requests_prepare - check transfers, and make their ranges the device's
 * @file: the open file
 * @entries: the transfers
 * @nr: how many, 1 to EDUDMA_MAX_TRANSFERS
 * @sink: who is told of their ends
 * @reqs: set to a list of the requests, for edudma_requests_submit()
 *
 * Stops at the first that is refused. Each range is compared with all others that are in
 * use, so that interrupts are on again after PREPARE_BUDGET transfers.
 *
 * What a file keeps in on-board memory is with one channel. Copies keep nothing
 * there, and those of a batch go where least is to do.
 *
 * Context: inside enter and exit; may sleep for memory.
 * Return: how many were prepared; or, if none, an errno of the UAPI.
 */
int edudma_requests_prepare(struct edudma_file *file, const struct edudma_entry *entries,
			    unsigned int nr, const struct edudma_sink *sink,
			    struct list_head *reqs)
{
	struct edudma_channel *copier = NULL;
	unsigned int done = 0, wanted;
	LIST_HEAD(some);
	int ret;

	INIT_LIST_HEAD(reqs);
	do {
		wanted = min_t(unsigned int, nr - done, PREPARE_BUDGET);
		ret = prepare_some(file, entries + done, wanted, sink, &copier, &some);
		if (ret < 0)
			break;
		list_splice_tail(&some, reqs);
		done += ret;
	} while (ret == wanted && done < nr);
	return done ?: ret;
}

/**
 * edudma_request_prepare - prepare one transfer
 * @file: the open file
 * @arg: see the UAPI; its timeout is the caller's business
 * @sink: who is told of its end
 * @reqs: set to a list of the request, for edudma_requests_submit()
 *
 * Context: inside enter and exit; may sleep for memory.
 * Return: the request, or an ERR_PTR of the UAPI's errnos.
 */
struct edudma_request *edudma_request_prepare(struct edudma_file *file,
					      const struct edudma_transfer *arg,
					      const struct edudma_sink *sink,
					      struct list_head *reqs)
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
	int ret;

	ret = edudma_requests_prepare(file, &entry, 1, sink, reqs);
	if (ret < 0)
		return ERR_PTR(ret);
	return list_first_entry(reqs, struct edudma_request, node);
}

/* Hand the first request to its channel, and those for the same one that follow. */
static void submit_to_channel(struct list_head *reqs, u64 now)
{
	struct edudma_request *req = list_first_entry(reqs, struct edudma_request, node);
	struct edudma_channel *chan = req->chan;
	unsigned int nr = 0;
	LIST_HEAD(batch);

	list_for_each_entry_from(req, reqs, node) {
		if (req->chan != chan)
			break;
		req->submitted_ns = now;
		trace_edudma_submit(req);
		nr++;
	}
	list_cut_before(&batch, reqs, &req->node);
	edudma_channel_submit(chan, &batch, nr);
}

/**
 * edudma_requests_submit - hand requests to their channels
 * @reqs: from edudma_requests_prepare(); empty afterwards
 *
 * Context: inside enter and exit; takes the channels' locks.
 */
void edudma_requests_submit(struct list_head *reqs)
{
	u64 now = ktime_get_ns();

	while (!list_empty(reqs))
		submit_to_channel(reqs, now);
}

/* Under the file's lock. */
static void request_end(struct edudma_request *req, u64 now)
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
}

/* Complete the first request, and those of the same file and sink that follow. */
static void complete_of_one_file(struct list_head *finished, u64 now)
{
	struct edudma_request *req = list_first_entry(finished, struct edudma_request, node);
	const struct edudma_sink *sink = req->sink;
	struct edudma_file *file = req->file;
	unsigned int nr = 0;
	unsigned long flags;
	LIST_HEAD(ended);
	bool idle;

	spin_lock_irqsave(&file->lock, flags);
	list_for_each_entry_from(req, finished, node) {
		if (req->file != file || req->sink != sink)
			break;
		request_end(req, now);
		nr++;
	}
	list_cut_before(&ended, finished, &req->node);
	sink->complete(file, &ended, nr);
	/* Who sees them gone sees their completions. */
	smp_store_release(&file->nr_transfers, file->nr_transfers - nr);
	idle = !file->nr_transfers;
	edudma_ring_notify(file);
	spin_unlock_irqrestore(&file->lock, flags);
	if (idle)
		edudma_file_put(file);
}

/**
 * edudma_requests_complete - give ranges back, and tell who waits
 * @finished: requests that have ended; not to be used again
 *
 * Context: any; takes the files' locks.
 */
void edudma_requests_complete(struct list_head *finished)
{
	u64 now = ktime_get_ns();

	while (!list_empty(finished))
		complete_of_one_file(finished, now);
}

static void waiter_complete(struct edudma_file *file, struct list_head *ended, unsigned int nr)
{
	struct edudma_request *req, *next;

	list_for_each_entry_safe(req, next, ended, node) {
		if (req->abandoned) {
			recycle_one(file, req);
			continue;
		}
		/* See request_is_done() */
		smp_store_release(&req->done, true);
		if (wq_has_sleeper(&req->wait))
			wake_up(&req->wait);
	}
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

static int request_wait(struct edudma_request *req, u64 timeout_ns)
{
	int ret = edudma_wait(&req->wait, request_is_done, req, timeout_ns);

	if (!ret)
		return req->status;
	request_give_up(req);
	/* It may have ended just before it was cancelled. */
	if (request_is_done(req) && req->status != -ECANCELED)
		return req->status;
	return ret;
}

/* Submit a request, and look whether it ends soon. */
static struct edudma_request *request_begin(struct edudma_file *file,
					    const struct edudma_transfer *arg)
{
	struct edudma_request *req;
	LIST_HEAD(reqs);

	req = edudma_request_prepare(file, arg, &waiter, &reqs);
	if (IS_ERR(req))
		return req;
	req->done = false;
	req->abandoned = false;
	edudma_requests_submit(&reqs);
	edudma_spin(file->edev, request_is_done, req);
	return req;
}

/* If it has not ended, it goes on by itself. */
static void request_leave(struct edudma_request *req)
{
	struct edudma_file *file = req->file;

	spin_lock_irq(&file->lock);
	if (req->done)
		recycle_one(file, req);
	else
		req->abandoned = true;
	spin_unlock_irq(&file->lock);
}

static void report(const struct edudma_request *req, struct edudma_transfer *arg)
{
	struct edudma_times times = edudma_request_times(req);

	arg->segments = req->segments;
	arg->commands = req->commands;
	arg->device_ns = times.device;
	arg->queue_ns = times.queue;
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
	request_leave(req);
	return ret;
}
