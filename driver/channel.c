// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a request in its channel: waiting, running, finished
 *
 *   submit    it joins the channel's queue
 *   begin     the engine takes it from there, when it has room
 *   reap      the engine says that it has ended
 *   unlock    it is completed (request.c), without the channel's lock
 *
 * An interrupt, the tick, a waiter who looks, a cancellation and the end of the
 * device all come through reap and unlock.
 *
 * The longest section with interrupts off is a round: it begins and reaps CHANNEL_BUDGET
 * commands, and completes what it has reaped. What is left is for the next round, with
 * interrupts on in between; an interrupt handler leaves it to the tick.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "channel.h"
#include "device.h"
#include "notice.h"
#include "request.h"
#include "trace.h"

/* How much longer than its time a command may take before its channel is stuck. */
#define STUCK_MS	5000

/* Commands in a round; and rounds that a task does, for others too, before the tick does */
#define CHANNEL_BUDGET	32
#define CHANNEL_ROUNDS	8

/**
 * edudma_channels_init - make the channels that the engine has
 * @edev: the device, with its limits
 *
 * Context: probe; may sleep.
 * Return: 0 or -ENOMEM, which has been logged.
 */
int edudma_channels_init(struct edudma_device *edev)
{
	unsigned int i, nr = edev->limits.nr_channels;

	edev->channels = kcalloc(nr, sizeof(*edev->channels), GFP_KERNEL);
	if (!edev->channels)
		return edudma_failed(&edev->pdev->dev, -ENOMEM,
				     "no memory for %u channels\n", nr);
	for (i = 0; i < nr; i++) {
		struct edudma_channel *chan = &edev->channels[i];

		chan->edev = edev;
		chan->index = i;
		spin_lock_init(&chan->lock);
		INIT_LIST_HEAD(&chan->requests);
		chan->running = &chan->requests;
		chan->waiting = &chan->requests;
	}
	return 0;
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
	LIST_HEAD(finished);

	list_cut_before(&finished, &chan->requests, chan->running);
	spin_unlock_irqrestore(&chan->lock, flags);

	if (!list_empty(&finished))
		edudma_requests_complete(&finished);
}

/* Under the channel's lock. True if what ended just before may have been missed. */
static bool channel_arm(struct edudma_channel *chan)
{
	bool wanted = edudma_wants_interrupt(chan);

	if (wanted == chan->armed || !chan->edev->type->ops->arm)
		return false;
	chan->armed = wanted;
	chan->edev->type->ops->arm(chan, wanted);
	return wanted;
}

/* The pending tick may be further away, if the mode of completion has changed since. */
static void channel_set_tick(struct edudma_device *edev, unsigned long period)
{
	unsigned long due = jiffies + period;

	if (delayed_work_pending(&edev->tick) && !time_before(due, READ_ONCE(edev->tick_due)))
		return;
	WRITE_ONCE(edev->tick_due, due);
	mod_delayed_work(edudma_tick_wq, &edev->tick, period);
}

/*
 * Under the channel's lock: begin what can begin, and see to it that its end will
 * be noticed. A fast device has ended short requests when the doorbell returns.
 * Reaps at most @budget. Sets edudma_channel.more.
 */
static void channel_advance(struct edudma_channel *chan, unsigned int budget)
{
	const struct edudma_engine_ops *ops = chan->edev->type->ops;
	unsigned int ended = 0;
	bool left = false;

	chan->more = false;
	/* During a reset, and after remove(), there are no registers. */
	if (chan->stopped)
		return;
	if (chan->waiting != &chan->requests)
		left = ops->begin(chan, CHANNEL_BUDGET);
	if (edudma_looks_at_once(chan->edev))
		ended = ops->reap(chan, budget);
	if (!ended && channel_arm(chan))
		ended = ops->reap(chan, budget);
	chan->more = left || ended || !budget;

	if (chan->running != &chan->requests)
		channel_set_tick(chan->edev, edudma_tick_period(chan->edev));
}

/* @check: look closely if nothing has ended. @tick: nothing has told of what has */
static bool channel_round(struct edudma_channel *chan, bool check, bool tick)
{
	const struct edudma_engine_ops *ops = chan->edev->type->ops;
	unsigned int ended = 0;
	unsigned long flags;
	bool more;

	flags = channel_lock(chan);
	/* What a stopped channel still tells is of no request: the engine forgets them all. */
	if (!chan->stopped)
		ended = ops->reap(chan, CHANNEL_BUDGET);
	/* Reading registers is slow: spare it those who have nothing to do. */
	if (check && !ended && chan->load && !chan->stopped && ops->check)
		ended = ops->check(chan);
	if (tick && chan->armed && !chan->more)
		atomic64_add(ended, &chan->edev->counters.lost);
	channel_advance(chan, CHANNEL_BUDGET - min_t(unsigned int, ended, CHANNEL_BUDGET));
	more = chan->more;
	channel_unlock(chan, flags);
	return more;
}

/* Under the lock, since a stopped channel's tick is not to begin again. */
static void channel_kick_tick(struct edudma_channel *chan)
{
	unsigned long flags = channel_lock(chan);

	if (chan->more)
		channel_set_tick(chan->edev, 0);
	channel_unlock(chan, flags);
}

/* What a round has left: some of it now, the rest by the tick, at once. */
static void channel_go_on(struct edudma_channel *chan, bool more)
{
	unsigned int rounds = in_hardirq() ? 0 : CHANNEL_ROUNDS;

	while (more && rounds--)
		more = channel_round(chan, false, false);
	if (more)
		channel_kick_tick(chan);
}

/**
 * edudma_request_started - the device has been given its first command
 * @req: the request
 *
 * Only for engines whose device keeps no account of its time.
 *
 * Context: an engine, under the channel's lock.
 */
void edudma_request_started(struct edudma_request *req)
{
	req->started_ns = ktime_get_ns();
}

/**
 * edudma_channel_finish - the engine has forgotten all requests that it had
 * @chan: the channel
 * @status: why
 *
 * Context: under the channel's lock.
 */
void edudma_channel_finish(struct edudma_channel *chan, int status)
{
	while (edudma_channel_runs(chan))
		edudma_request_finish(list_entry(chan->running, struct edudma_request,
						 node), status);
}

/**
 * edudma_channel_idlest - the channel that has least to do
 * @edev: the device
 *
 * Return: the channel.
 */
struct edudma_channel *edudma_channel_idlest(struct edudma_device *edev)
{
	struct edudma_channel *best = edev->channels;
	unsigned int i;

	for (i = 1; i < edev->limits.nr_channels; i++) {
		if (READ_ONCE(edev->channels[i].load) < READ_ONCE(best->load))
			best = &edev->channels[i];
	}
	return best;
}

/* Under the channel's lock: as soon as the device allows. */
static void request_cancel(struct edudma_request *req, int status)
{
	const struct edudma_engine_ops *ops = req->chan->edev->type->ops;

	if (req->state == EDUDMA_REQUEST_WAITING) {
		edudma_request_finish(req, status);
	} else if (req->state == EDUDMA_REQUEST_RUNNING && !req->cancelled) {
		WRITE_ONCE(req->cancelled, status);
		if (ops->cancel)
			ops->cancel(req);
	}
}

/* Under the channel's lock. NULL: of any file, or context. */
static void channel_cancel(struct edudma_channel *chan, const struct edudma_file *file,
			   const void *context, int status)
{
	struct edudma_request *req, *next;

	list_for_each_entry_safe(req, next, &chan->requests, node) {
		if ((!file || req->file == file) && (!context || req->context == context))
			request_cancel(req, status);
	}
}

/**
 * edudma_channel_submit - queue requests, and begin what can begin
 * @chan: the channel
 * @reqs: its requests; not to be used again
 * @nr: how many
 *
 * Context: any; takes the channel's lock.
 */
void edudma_channel_submit(struct edudma_channel *chan, struct list_head *reqs,
			   unsigned int nr)
{
	unsigned long flags;
	bool more;

	atomic64_add(nr, &chan->edev->counters.submitted);
	flags = channel_lock(chan);
	WRITE_ONCE(chan->load, chan->load + nr);
	if (chan->waiting == &chan->requests)
		chan->waiting = reqs->next;
	if (chan->running == &chan->requests)
		chan->running = reqs->next;
	list_splice_tail(reqs, &chan->requests);
	if (chan->stopped)
		channel_cancel(chan, NULL, NULL, chan->stopped);
	else
		channel_advance(chan, CHANNEL_BUDGET);
	more = chan->more;
	channel_unlock(chan, flags);
	channel_go_on(chan, more);
}

/**
 * edudma_channel_reap - complete what has ended, begin what has waited
 * @chan: the channel
 *
 * Context: any; takes the channel's lock.
 */
void edudma_channel_reap(struct edudma_channel *chan)
{
	channel_go_on(chan, channel_round(chan, true, false));
}

/**
 * edudma_channels_reap - the same for all channels
 * @edev: the device
 *
 * Context: any; takes each channel's lock.
 */
void edudma_channels_reap(struct edudma_device *edev)
{
	unsigned int i;

	for (i = 0; i < edev->limits.nr_channels; i++)
		edudma_channel_reap(&edev->channels[i]);
}

/**
 * edudma_channels_look - one round for those at work, as often as one likes
 * @edev: the device
 * @last: the caller will not look again: see to it that what is left is done
 *
 * Unless there is something to begin, an engine that can be armed touches no register.
 *
 * Context: any; takes each channel's lock.
 */
void edudma_channels_look(struct edudma_device *edev, bool last)
{
	unsigned int i;

	for (i = 0; i < edev->limits.nr_channels; i++) {
		struct edudma_channel *chan = &edev->channels[i];

		if (READ_ONCE(chan->load) && channel_round(chan, false, false) && last)
			channel_kick_tick(chan);
	}
}

/**
 * edudma_channel_cancel - end a request as soon as the device allows
 * @req: the request, in any state
 *
 * Context: any; takes the channel's lock.
 */
void edudma_channel_cancel(struct edudma_request *req)
{
	struct edudma_channel *chan = req->chan;
	unsigned long flags;

	flags = channel_lock(chan);
	request_cancel(req, -ECANCELED);
	channel_unlock(chan, flags);
}

/**
 * edudma_channels_cancel - cancel what a closed file has left behind, or one request of it
 * @edev: the device
 * @file: the open file
 * @context: edudma_request.context; NULL: any
 *
 * Context: any; takes each channel's lock.
 */
void edudma_channels_cancel(struct edudma_device *edev, struct edudma_file *file,
			    const void *context)
{
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < edev->limits.nr_channels; i++) {
		flags = channel_lock(&edev->channels[i]);
		channel_cancel(&edev->channels[i], file, context, -ECANCELED);
		channel_unlock(&edev->channels[i], flags);
	}
}

/* What waits ends now, in rounds; what runs, as soon as the device allows. */
static void channel_stop(struct edudma_channel *chan, int status)
{
	unsigned long flags;
	unsigned int i;
	bool waits;

	do {
		flags = channel_lock(chan);
		chan->stopped = status;
		chan->more = false;
		for (i = 0; i < CHANNEL_BUDGET && edudma_channel_next(chan); i++)
			edudma_request_finish(edudma_channel_next(chan), status);
		waits = edudma_channel_next(chan);
		if (!waits)
			channel_cancel(chan, NULL, NULL, status);
		channel_unlock(chan, flags);
	} while (waits);
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

	spin_lock(&edev->idle_lock);
	WRITE_ONCE(edev->generation, edev->generation | 1);
	spin_unlock(&edev->idle_lock);
	wake_up_all(&edev->wait);

	for (i = 0; i < edev->limits.nr_channels; i++) {
		struct edudma_channel *chan = &edev->channels[i];

		channel_stop(chan, status);
		if (edev->type->ops->stop(chan)) {
			dev_err(&edev->dev, "does not stop: bus mastering is now off\n");
			pci_clear_master(edev->pdev);
			/* What it has begun to write may still be on its way. */
			pci_wait_for_pending_transaction(edev->pdev);
		}
		flags = channel_lock(chan);
		edudma_channel_finish(chan, status);
		channel_unlock(chan, flags);
	}
}

/**
 * edudma_channels_at_rest - is nothing under way any more?
 * @edev: the device, stopped, its bus mastering off
 *
 * What edudma_channels_stop() waited for in vain may have ended since; or it would go
 * on with bus mastering, and its end be taken for that of something else.
 *
 * Context: may sleep, for as long as a command takes.
 * Return: true if the device is at rest; if not, that has been logged.
 */
bool edudma_channels_at_rest(struct edudma_device *edev)
{
	unsigned int i;

	for (i = 0; i < edev->limits.nr_channels; i++) {
		if (edev->type->ops->stop(&edev->channels[i])) {
			dev_err(&edev->dev, "channel %u is still at work: it gets no more\n", i);
			return false;
		}
	}
	return true;
}

/**
 * edudma_channels_start - make the device ready for requests
 * @edev: the device, at rest, its interrupts and bus mastering on
 *
 * Context: may sleep; there are no requests.
 * Return: 0, or an errno, which has been logged.
 */
int edudma_channels_start(struct edudma_device *edev)
{
	const struct edudma_engine_ops *ops = edev->type->ops;
	unsigned int i;

	for (i = 0; i < edev->limits.nr_channels; i++)
		edev->channels[i].armed = edudma_wants_interrupt(&edev->channels[i]);
	return ops->start ? ops->start(edev) : 0;
}

/**
 * edudma_channels_resume - accept requests again
 * @edev: the device, stopped, its interrupts and bus mastering on
 *
 * Context: may sleep.
 * Return: 0, or an errno, which has been logged; then requests still are refused.
 */
int edudma_channels_resume(struct edudma_device *edev)
{
	unsigned int i;
	int ret;

	ret = edudma_channels_start(edev);
	if (ret)
		return ret;
	edev->broken = false;
	for (i = 0; i < edev->limits.nr_channels; i++) {
		unsigned long flags = channel_lock(&edev->channels[i]);

		edev->channels[i].stopped = 0;
		channel_unlock(&edev->channels[i], flags);
	}
	WRITE_ONCE(edev->generation, (edev->generation | 1) + 1);
	return 0;
}

/**
 * edudma_was_stopped - has the device lost what it was told?
 * @edev: the device
 * @generation: edudma_device.generation, when it was told
 *
 * Return: true if it was stopped since, or is.
 */
bool edudma_was_stopped(struct edudma_device *edev, unsigned int generation)
{
	return generation & 1 || READ_ONCE(edev->generation) != generation;
}

/* Under the channel's lock. What waits, waits for something that runs. */
static bool channel_is_stuck(struct edudma_channel *chan)
{
	unsigned long limit = msecs_to_jiffies(STUCK_MS) +
		nsecs_to_jiffies(chan->edev->limits.command_ns);

	return !list_empty(&chan->requests) && time_after(jiffies, chan->progress + limit);
}

/* False if the channel is stuck, and nothing helps. */
static bool channel_moves(struct edudma_channel *chan)
{
	const struct edudma_engine_ops *ops = chan->edev->type->ops;
	bool moves = true;
	unsigned long flags;

	flags = channel_lock(chan);
	if (channel_is_stuck(chan)) {
		moves = ops->unstick && !ops->unstick(chan);
		chan->progress = jiffies;
	}
	channel_unlock(chan, flags);
	return moves;
}

/*
 * Cancel requests that were left, among the first ones: those behind them get there. So
 * one that was left takes a second of the device, and nobody has the lock for long.
 */
static void channel_cancel_left(struct edudma_channel *chan)
{
	struct edudma_request *req, *next;
	unsigned int looked = 0;
	unsigned long flags;

	flags = channel_lock(chan);
	list_for_each_entry_safe(req, next, &chan->requests, node) {
		if (looked++ == EDUDMA_MAX_TRANSFERS)
			break;
		if (req->sink->is_left && req->sink->is_left(req))
			request_cancel(req, -ECANCELED);
	}
	channel_unlock(chan, flags);
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
	unsigned int i;

	for (i = 0; i < edev->limits.nr_channels; i++)
		channel_go_on(&edev->channels[i],
			      channel_round(&edev->channels[i], true, true));
	for (i = 0; i < edev->limits.nr_channels; i++)
		channel_cancel_left(&edev->channels[i]);
	for (i = 0; i < edev->limits.nr_channels; i++) {
		if (!edev->broken && !channel_moves(&edev->channels[i])) {
			edev->broken = true;
			dev_err(&edev->dev, "channel %u does not answer\n", i);
			/* Not while the machine goes to sleep: that ends all requests, too. */
			queue_work(system_freezable_wq, &edev->recovery);
			return;
		}
	}
}
