// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a request: waiting, running, finished
 *
 *   submit   its ranges become the device's, it joins a channel's queue
 *   pump     the engine takes it from there, when it has room
 *   reap     the engine says that it has ended
 *   complete its ranges are the caller's again, whoever waits is woken
 *
 * An interrupt, the tick, a cancellation and the end of the device all come
 * through reap and complete. A caller who gives up waiting leaves the request
 * behind: the queue has its own reference, the request one to the open file,
 * and the file has the memory. So nothing is freed that the device may write.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "device.h"
#include "request.h"
#include "trace.h"

/* How much longer than its time a command may take before the device is broken. */
#define STUCK_NS	(5 * NSEC_PER_SEC)

/**
 * edudma_channels_init - make the channels that the engine has
 * @edev: the device, with its limits
 *
 * Context: probe; may sleep.
 * Return: 0 or -ENOMEM.
 */
int edudma_channels_init(struct edudma_device *edev)
{
	unsigned int i, nr = edev->limits.nr_channels;

	edev->channels = kcalloc(nr, sizeof(*edev->channels), GFP_KERNEL);
	if (!edev->channels)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		struct edudma_channel *chan = &edev->channels[i];

		chan->edev = edev;
		chan->index = i;
		spin_lock_init(&chan->lock);
		INIT_LIST_HEAD(&chan->waiting);
		INIT_LIST_HEAD(&chan->running);
		INIT_LIST_HEAD(&chan->finished);
	}
	return 0;
}

/**
 * edudma_request_put - forget a request
 * @req: the request; it goes on by itself if it has not ended
 *
 * Context: any.
 */
void edudma_request_put(struct edudma_request *req)
{
	if (refcount_dec_and_test(&req->refs))
		kfree(req);
}

static void request_complete(struct edudma_request *req)
{
	struct edudma_file *file = req->file;
	struct edudma_counters *counters = &file->edev->counters;
	unsigned long flags;

	trace_edudma_request_done(req);
	if (!req->status)
		atomic64_inc(&counters->completed);
	else if (req->status == -ECANCELED)
		atomic64_inc(&counters->cancelled);
	else
		atomic64_inc(&counters->failed);

	if (req->op != EDUDMA_FROM_DEVICE)
		edudma_hold_drop(file, &req->src);
	if (req->op != EDUDMA_TO_DEVICE)
		edudma_hold_drop(file, &req->dst);
	xa_lock_irqsave(&file->buffers, flags);
	file->nr_transfers--;
	xa_unlock_irqrestore(&file->buffers, flags);

	req->complete(req);
	edudma_request_put(req);
	edudma_file_put(file);
}

static unsigned long tick_period(struct edudma_device *edev)
{
	return edev->irq_mode == EDUDMA_IRQ_POLL ? 1 : HZ;
}

/* Under the channel's lock: give the engine what it has room for. */
static void channel_pump(struct edudma_channel *chan)
{
	struct edudma_request *req, *next;

	list_for_each_entry_safe(req, next, &chan->waiting, node) {
		list_move_tail(&req->node, &chan->running);
		req->state = EDUDMA_REQUEST_RUNNING;
		if (chan->edev->type->ops->queue(chan, req)) {
			list_move(&req->node, &chan->waiting);
			req->state = EDUDMA_REQUEST_WAITING;
			break;
		}
	}
	if (chan->edev->type->ops->kick)
		chan->edev->type->ops->kick(chan);
	if (!list_empty(&chan->running) || !list_empty(&chan->waiting))
		schedule_delayed_work(&chan->edev->tick, tick_period(chan->edev));
}

static unsigned long channel_lock(struct edudma_channel *chan)
	__acquires(&chan->lock)
{
	unsigned long flags;

	spin_lock_irqsave(&chan->lock, flags);
	return flags;
}

/* What has ended under the lock is completed without it. */
static void channel_unlock(struct edudma_channel *chan, unsigned long flags)
	__releases(&chan->lock)
{
	struct edudma_request *req, *next;
	LIST_HEAD(finished);

	list_splice_init(&chan->finished, &finished);
	spin_unlock_irqrestore(&chan->lock, flags);

	list_for_each_entry_safe(req, next, &finished, node)
		request_complete(req);
}

/**
 * edudma_request_started - the device has been given its first command
 * @req: the request
 *
 * Context: an engine, under the channel's lock.
 */
void edudma_request_started(struct edudma_request *req)
{
	req->started_ns = ktime_get_ns();
}

/**
 * edudma_request_finish - a request has ended, the device touches it no more
 * @req: the request
 * @status: 0, -ECANCELED, or why it failed
 *
 * Context: an engine, under the channel's lock.
 */
void edudma_request_finish(struct edudma_request *req, int status)
{
	req->state = EDUDMA_REQUEST_ENDED;
	WRITE_ONCE(req->chan->load, req->chan->load - 1);
	req->status = status;
	req->ended_ns = ktime_get_ns();
	list_move_tail(&req->node, &req->chan->finished);
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

static unsigned int channel_reap(struct edudma_channel *chan)
{
	unsigned int ended;
	unsigned long flags;

	flags = channel_lock(chan);
	ended = chan->edev->type->ops->reap(chan);
	if (!ended && chan->edev->type->ops->check)
		chan->edev->type->ops->check(chan);
	channel_pump(chan);
	channel_unlock(chan, flags);
	return ended;
}

/**
 * edudma_channels_reap - complete what has ended, begin what has waited
 * @edev: the device
 *
 * Context: any; takes each channel's lock.
 * Return: how many commands had ended.
 */
unsigned int edudma_channels_reap(struct edudma_device *edev)
{
	unsigned int i, ended = 0;

	for (i = 0; i < edev->limits.nr_channels; i++)
		ended += channel_reap(&edev->channels[i]);
	return ended;
}

/**
 * edudma_vector_reap - the same for the channels of one interrupt vector
 * @edev: the device
 * @vector: the vector
 *
 * Context: any; takes each channel's lock.
 * Return: how many commands had ended.
 */
unsigned int edudma_vector_reap(struct edudma_device *edev, unsigned int vector)
{
	unsigned int i, ended = 0;

	for (i = 0; i < edev->limits.nr_channels; i++) {
		if (edudma_channel_vector(edev, i) == vector)
			ended += channel_reap(&edev->channels[i]);
	}
	return ended;
}

/* Under the channel's lock. */
static void request_cancel_running(struct edudma_request *req, int status)
{
	if (req->cancelled)
		return;
	req->cancelled = status;
	if (req->chan->edev->type->ops->cancel)
		req->chan->edev->type->ops->cancel(req);
}

/* Under the channel's lock. */
static void channel_refuse(struct edudma_channel *chan, int status)
{
	struct edudma_request *req, *next;

	chan->stopped = status;
	list_for_each_entry_safe(req, next, &chan->waiting, node)
		edudma_request_finish(req, status);
	list_for_each_entry(req, &chan->running, node)
		request_cancel_running(req, status);
}

/* The engine has forgotten what was running. */
static void channel_abandon(struct edudma_channel *chan, int status)
{
	struct edudma_request *req, *next;
	unsigned long flags;

	flags = channel_lock(chan);
	list_for_each_entry_safe(req, next, &chan->running, node)
		edudma_request_finish(req, status);
	channel_unlock(chan, flags);
}

/**
 * edudma_channels_stop - end every request, and accept no more
 * @edev: the device
 * @status: what requests end with from now on
 *
 * When this returns the device touches no memory: it has ended what it was
 * doing, or it may not master the bus any more.
 *
 * Context: may sleep, for as long as a command takes.
 */
void edudma_channels_stop(struct edudma_device *edev, int status)
{
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < edev->limits.nr_channels; i++) {
		struct edudma_channel *chan = &edev->channels[i];

		flags = channel_lock(chan);
		channel_refuse(chan, status);
		channel_unlock(chan, flags);
		if (edev->type->ops->stop(chan)) {
			dev_err(&edev->dev, "does not stop: bus mastering is now off\n");
			pci_clear_master(edev->pdev);
		}
		channel_abandon(chan, status);
	}
}

static bool channel_is_stuck(struct edudma_channel *chan)
{
	unsigned long flags;
	bool stuck;

	spin_lock_irqsave(&chan->lock, flags);
	stuck = !list_empty(&chan->running) &&
		ktime_get_ns() - chan->progress_ns >
		chan->edev->limits.command_ns + STUCK_NS;
	spin_unlock_irqrestore(&chan->lock, flags);
	return stuck;
}

/**
 * edudma_tick - the poller; and with interrupts, the net below them
 * @work: edudma_device.tick, which runs as long as there are requests
 *
 * Context: a worker.
 */
void edudma_tick(struct work_struct *work)
{
	struct edudma_device *edev =
		container_of(work, struct edudma_device, tick.work);
	unsigned int i, ended;

	ended = edudma_channels_reap(edev);
	if (edev->irq_mode != EDUDMA_IRQ_POLL)
		atomic64_add(ended, &edev->counters.lost);
	for (i = 0; i < edev->limits.nr_channels; i++) {
		if (!edev->broken && channel_is_stuck(&edev->channels[i])) {
			edev->broken = true;
			dev_err(&edev->dev, "channel %u does not answer: giving the device up\n",
				i);
			pci_clear_master(edev->pdev);
			edudma_channels_stop(edev, -EIO);
			return;
		}
	}
}

/*
 * What a file keeps in on-board memory is with one channel. A copy keeps nothing
 * there, and takes the channel that has least to do.
 */
static struct edudma_channel *choose_channel(struct edudma_file *file,
					     enum edudma_op op)
{
	struct edudma_channel *channels = file->edev->channels;
	unsigned int i, nr = file->edev->limits.nr_channels;
	unsigned int best = file->id % nr;

	for (i = 0; op == EDUDMA_COPY && i < nr; i++) {
		if (READ_ONCE(channels[i].load) < READ_ONCE(channels[best].load))
			best = i;
	}
	return &channels[best];
}

static int check_transfer(struct edudma_device *edev,
			  const struct edudma_transfer *arg)
{
	bool reads = arg->op != EDUDMA_FROM_DEVICE;
	bool writes = arg->op != EDUDMA_TO_DEVICE;

	if (arg->op > EDUDMA_COPY || arg->flags || !arg->length)
		return -EINVAL;
	if (!reads && (arg->src || arg->src_offset))
		return -EINVAL;
	if (!writes && (arg->dst || arg->dst_offset))
		return -EINVAL;
	if (arg->device_offset >= edev->limits.device_bytes)
		return -EINVAL;
	if (arg->length > edev->limits.max_length)
		return -EFBIG;
	if (arg->op == EDUDMA_COPY) {
		if (arg->device_offset)
			return -EINVAL;
		if (arg->src == arg->dst &&
		    arg->src_offset < arg->dst_offset + arg->length &&
		    arg->dst_offset < arg->src_offset + arg->length)
			return -EINVAL;
	}
	return 0;
}

static int charge_transfer(struct edudma_file *file)
{
	int ret = 0;

	xa_lock_irq(&file->buffers);
	if (file->nr_transfers < EDUDMA_MAX_TRANSFERS)
		file->nr_transfers++;
	else
		ret = -EAGAIN;
	xa_unlock_irq(&file->buffers);
	return ret;
}

static void uncharge_transfer(struct edudma_file *file)
{
	xa_lock_irq(&file->buffers);
	file->nr_transfers--;
	xa_unlock_irq(&file->buffers);
}

static unsigned int hold_segments(const struct edudma_hold *hold)
{
	struct edudma_range range = edudma_hold_range(hold);

	return edudma_count_segments(&range, hold->length);
}

static int hold_ranges(struct edudma_request *req,
		       const struct edudma_transfer *arg)
{
	int ret;

	req->src.offset = arg->src_offset;
	req->src.length = arg->length;
	req->dst.offset = arg->dst_offset;
	req->dst.length = arg->length;
	req->dst.writes = true;

	if (arg->op != EDUDMA_FROM_DEVICE) {
		ret = edudma_hold_take(req->file, &req->src, arg->src);
		if (ret)
			return ret;
		req->segments += hold_segments(&req->src);
	}
	if (arg->op != EDUDMA_TO_DEVICE) {
		ret = edudma_hold_take(req->file, &req->dst, arg->dst);
		if (ret)
			goto err_src;
		req->segments += hold_segments(&req->dst);
	}
	return 0;

err_src:
	if (arg->op != EDUDMA_FROM_DEVICE)
		edudma_hold_drop(req->file, &req->src);
	return ret;
}

static struct edudma_request *request_create(struct edudma_file *file,
					     const struct edudma_transfer *arg)
{
	struct edudma_request *req;
	int ret;

	ret = charge_transfer(file);
	if (ret)
		return ERR_PTR(ret);
	req = kzalloc(sizeof(*req), GFP_KERNEL_ACCOUNT);
	if (!req) {
		ret = -ENOMEM;
		goto err_uncharge;
	}
	refcount_set(&req->refs, 2);
	req->file = file;
	req->chan = choose_channel(file, arg->op);
	req->op = arg->op;
	req->length = arg->length;
	req->device_offset = arg->device_offset;
	ret = hold_ranges(req, arg);
	if (ret)
		goto err_free;
	init_completion(&req->done);
	kref_get(&file->ref);
	return req;

err_free:
	kfree(req);
err_uncharge:
	uncharge_transfer(file);
	return ERR_PTR(ret);
}

static void request_enqueue(struct edudma_request *req)
{
	struct edudma_channel *chan = req->chan;
	unsigned long flags;

	req->submitted_ns = ktime_get_ns();
	atomic64_inc(&chan->edev->counters.submitted);
	trace_edudma_submit(req);

	flags = channel_lock(chan);
	list_add_tail(&req->node, &chan->waiting);
	WRITE_ONCE(chan->load, chan->load + 1);
	if (chan->stopped)
		edudma_request_finish(req, chan->stopped);
	else
		channel_pump(chan);
	channel_unlock(chan, flags);
}

/**
 * edudma_submit - check a transfer and hand it to its channel
 * @file: the open file
 * @arg: see the UAPI; its timeout is the caller's business
 * @complete: called once when it has ended, in any context, perhaps before this
 *	returns
 * @context: for @complete, which finds it in the request
 *
 * Context: inside enter and exit; may sleep for memory.
 * Return: the request, for edudma_request_put(); or an ERR_PTR of the UAPI's
 * errnos, and then nothing was submitted.
 */
struct edudma_request *edudma_submit(struct edudma_file *file,
				     const struct edudma_transfer *arg,
				     void (*complete)(struct edudma_request *req),
				     void *context)
{
	struct edudma_request *req;
	int ret;

	ret = check_transfer(file->edev, arg);
	if (ret)
		return ERR_PTR(ret);
	req = request_create(file, arg);
	if (IS_ERR(req))
		return req;
	req->complete = complete;
	req->context = context;
	request_enqueue(req);
	return req;
}

static void request_cancel(struct edudma_request *req)
{
	struct edudma_channel *chan = req->chan;
	unsigned long flags;

	flags = channel_lock(chan);
	if (req->state == EDUDMA_REQUEST_WAITING)
		edudma_request_finish(req, -ECANCELED);
	else if (req->state == EDUDMA_REQUEST_RUNNING)
		request_cancel_running(req, -ECANCELED);
	channel_unlock(chan, flags);
}

static unsigned long timeout_jiffies(u64 timeout_ns)
{
	if (!timeout_ns)
		return MAX_SCHEDULE_TIMEOUT;
	return min_t(u64, nsecs_to_jiffies64(timeout_ns) + 1, MAX_SCHEDULE_TIMEOUT - 1);
}

/* All of them, so that completion_done() stays true afterwards. */
static void wake_waiter(struct edudma_request *req)
{
	complete_all(&req->done);
}

static int request_wait(struct edudma_request *req, u64 timeout_ns)
{
	long left;

	left = wait_for_completion_interruptible_timeout(&req->done,
							 timeout_jiffies(timeout_ns));
	if (left <= 0)
		request_cancel(req);
	/* It may have ended just before it was cancelled. */
	if (completion_done(&req->done) && req->status != -ECANCELED)
		return req->status;
	return left ? -EINTR : -ETIMEDOUT;
}

/**
 * edudma_request_device_ns - the time that the device took for a request
 * @req: the request, ended
 *
 * Return: nanoseconds: its own account, or from the first command to the end.
 */
u64 edudma_request_device_ns(const struct edudma_request *req)
{
	if (!req->started_ns)
		return 0;
	return req->device_ns ?: req->ended_ns - req->started_ns;
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
 * @arg: see the UAPI
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0 or an errno of the UAPI.
 */
int edudma_transfer(struct edudma_file *file, struct edudma_transfer *arg)
{
	struct edudma_request *req;
	int ret;

	req = edudma_submit(file, arg, wake_waiter, NULL);
	if (IS_ERR(req))
		return PTR_ERR(req);

	ret = request_wait(req, arg->timeout_ns);
	if (!ret)
		report(req, arg);
	edudma_request_put(req);
	return ret;
}

/**
 * edudma_requests_cancel - cancel what a closed file has left behind
 * @file: the open file
 *
 * Context: any; takes each channel's lock.
 */
void edudma_requests_cancel(struct edudma_file *file)
{
	struct edudma_device *edev = file->edev;
	struct edudma_request *req, *next;
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < edev->limits.nr_channels; i++) {
		struct edudma_channel *chan = &edev->channels[i];

		flags = channel_lock(chan);
		list_for_each_entry_safe(req, next, &chan->waiting, node) {
			if (req->file == file)
				edudma_request_finish(req, -ECANCELED);
		}
		list_for_each_entry(req, &chan->running, node) {
			if (req->file == file)
				request_cancel_running(req, -ECANCELED);
		}
		channel_unlock(chan, flags);
	}
}
