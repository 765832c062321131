// SPDX-License-Identifier: GPL-2.0-only
/*
 * How ends of requests are noticed: by interrupt, by looking, or by both
 *
 *   interrupt  every completion interrupts
 *   poll       none does: who waits looks, and for who does not wait the tick does
 *   hybrid     the submitter looks at once, who waits looks for a while before he
 *              sleeps; and a channel interrupts only while it has something to do
 *              and nobody looks
 *
 * An interrupt costs as much as copying some 64 KiB, waking a sleeping CPU of a
 * virtual machine as much as copying a MiB: looking pays where the end is near. It
 * ends when somebody else needs the CPU.
 *
 * The choice is there only for engines that can arm and disarm a channel.
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/string.h>

#include "channel.h"
#include "device.h"
#include "notice.h"

/* How long a waiter looks before he sleeps, at least and at most. */
#define SPIN_MIN_NS	(30 * NSEC_PER_USEC)
#define SPIN_MAX_NS	(2 * NSEC_PER_MSEC)

enum completion_mode {
	MODE_INTERRUPT,
	MODE_POLL,
	MODE_HYBRID,
};

static const char * const mode_names[] = {
	[MODE_INTERRUPT] = "interrupt",
	[MODE_POLL] = "poll",
	[MODE_HYBRID] = "hybrid",
};

static int mode = MODE_HYBRID;

static int mode_set(const char *val, const struct kernel_param *kp)
{
	int wanted = sysfs_match_string(mode_names, val);

	if (wanted < 0)
		return wanted;
	WRITE_ONCE(mode, wanted);
	return 0;
}

static int mode_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", mode_names[READ_ONCE(mode)]);
}

static const struct kernel_param_ops mode_ops = {
	.set = mode_set,
	.get = mode_get,
};
module_param_cb(completion, &mode_ops, NULL, 0644);
MODULE_PARM_DESC(completion,
		 "How to notice ends, if the device leaves a choice: interrupt, poll, hybrid (look for a while, then interrupt; the default)");

static enum completion_mode mode_of(struct edudma_device *edev)
{
	if (edev->irq_mode == EDUDMA_IRQ_POLL)
		return MODE_POLL;
	return edev->type->ops->arm ? READ_ONCE(mode) : MODE_INTERRUPT;
}

/**
 * edudma_notice_init - begin to learn how long it pays to look
 * @edev: the device
 */
void edudma_notice_init(struct edudma_device *edev)
{
	edev->spin_ns = SPIN_MAX_NS;
}

/**
 * edudma_polls - does no completion interrupt?
 * @edev: the device
 *
 * Return: true if the tick is more than a net below interrupts.
 */
bool edudma_polls(struct edudma_device *edev)
{
	return mode_of(edev) == MODE_POLL;
}

/**
 * edudma_looks_at_once - may a request have ended when its doorbell returns?
 * @edev: the device
 *
 * Return: true if the submitter shall look.
 */
bool edudma_looks_at_once(struct edudma_device *edev)
{
	return edev->type->ops->arm && mode_of(edev) != MODE_INTERRUPT;
}

/**
 * edudma_wants_interrupt - shall a channel's next completion interrupt?
 * @chan: the channel
 *
 * Context: under the channel's lock.
 * Return: true if it shall.
 */
bool edudma_wants_interrupt(struct edudma_channel *chan)
{
	switch (mode_of(chan->edev)) {
	case MODE_POLL:
		return false;
	case MODE_HYBRID:
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

/**
 * edudma_tick_period - how often to look if nothing else does
 * @edev: the device
 *
 * Return: jiffies.
 */
unsigned long edudma_tick_period(struct edudma_device *edev)
{
	return edudma_polls(edev) ? 1 : HZ;
}

/**
 * edudma_timeout_jiffies - how long a waiter may sleep
 * @timeout_ns: as user space gives it: nanoseconds, or zero for ever
 *
 * Return: jiffies.
 */
unsigned long edudma_timeout_jiffies(u64 timeout_ns)
{
	if (!timeout_ns)
		return MAX_SCHEDULE_TIMEOUT;
	return min_t(u64, nsecs_to_jiffies64(timeout_ns) + 1, MAX_SCHEDULE_TIMEOUT - 1);
}

static bool may_spin(struct edudma_device *edev)
{
	return !need_resched() && !signal_pending(current) && single_task_running() &&
		!edudma_is_gone(edev);
}

/* Look longer next time if it was worth it; but even a slow device is given a chance. */
static void adapt_spin(struct edudma_device *edev, bool ended)
{
	u64 spin_ns = READ_ONCE(edev->spin_ns);

	spin_ns = ended ? 2 * spin_ns : spin_ns / 2;
	WRITE_ONCE(edev->spin_ns, clamp_t(u64, spin_ns, SPIN_MIN_NS, SPIN_MAX_NS));
}

/**
 * edudma_spin - look for the end of something instead of sleeping
 * @edev: the device
 * @ended: has it?
 * @arg: for @ended
 *
 * Context: inside enter and exit.
 * Return: true if it has ended; else the caller shall sleep, and will be woken.
 */
bool edudma_spin(struct edudma_device *edev, bool (*ended)(void *arg), void *arg)
{
	bool has_ended = ended(arg);
	u64 end;

	if (has_ended || !edudma_looks_at_once(edev))
		return has_ended;

	/* Unlike ktime, this is cheap whatever the clock source. */
	end = local_clock() + READ_ONCE(edev->spin_ns);
	atomic_inc(&edev->spinners);
	while (!has_ended && may_spin(edev) && local_clock() < end) {
		cpu_relax();
		edudma_channels_look(edev);
		has_ended = ended(arg);
	}
	adapt_spin(edev, has_ended);
	/* Nobody looks any more: what is still running shall interrupt. A full barrier. */
	if (atomic_dec_and_test(&edev->spinners))
		edudma_channels_look(edev);
	return has_ended;
}
