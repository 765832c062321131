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
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "channel.h"
#include "device.h"
#include "notice.h"

/* How long a waiter looks before he sleeps, at least and at most. */
#define SPIN_MIN_NS	(30 * NSEC_PER_USEC)
#define SPIN_MAX_NS	(2 * NSEC_PER_MSEC)
/* How long a signal may wait that comes to a caller whom something else wants to stop */
#define STOPPED_JIFFIES	((long)HZ / 10)

static const char * const mode_names[] = {
	[EDUDMA_NOTICE_BY_INTERRUPT] = "interrupt",
	[EDUDMA_NOTICE_BY_LOOKING] = "poll",
	[EDUDMA_NOTICE_BY_BOTH] = "hybrid",
};

enum edudma_notice_mode edudma_notice_mode = EDUDMA_NOTICE_BY_BOTH;

static int mode_set(const char *val, const struct kernel_param *kp)
{
	int wanted = sysfs_match_string(mode_names, val);

	if (wanted < 0)
		return wanted;
	WRITE_ONCE(edudma_notice_mode, wanted);
	return 0;
}

static int mode_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", mode_names[READ_ONCE(edudma_notice_mode)]);
}

static const struct kernel_param_ops mode_ops = {
	.set = mode_set,
	.get = mode_get,
};
module_param_cb(completion, &mode_ops, NULL, 0644);
MODULE_PARM_DESC(completion,
		 "How to notice ends, if the device leaves a choice: interrupt, poll, hybrid (look for a while, then interrupt; the default)");

/**
 * edudma_notice_init - begin to learn how long it pays to look
 * @edev: the device
 */
void edudma_notice_init(struct edudma_device *edev)
{
	edev->spin_ns = SPIN_MAX_NS;
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
 * If it has not ended afterwards, whoever sleeps will be woken.
 *
 * While edudma_device.spinners is raised no channel is armed, so that a spinner must not be
 * preempted: it looks itself whether the CPU is needed. With PREEMPT_RT the channels' locks
 * sleep, and a waiter does so at once.
 *
 * Context: inside enter and exit.
 */
void edudma_spin(struct edudma_device *edev, bool (*ended)(void *arg), void *arg)
{
	bool has_ended = false;
	u64 end;

	if (IS_ENABLED(CONFIG_PREEMPT_RT) || !edudma_looks_at_once(edev) || ended(arg))
		return;

	/* Unlike ktime, this is cheap whatever the clock source. */
	end = local_clock() + READ_ONCE(edev->spin_ns);
	preempt_disable();
	atomic_inc(&edev->spinners);
	while (!has_ended && may_spin(edev) && local_clock() < end) {
		cpu_relax();
		edudma_channels_look(edev, false);
		has_ended = ended(arg);
	}
	adapt_spin(edev, has_ended);
	/* Nobody looks any more: what is still running shall interrupt. A full barrier. */
	if (atomic_dec_and_test(&edev->spinners))
		edudma_channels_look(edev, true);
	preempt_enable();
}

/* Zero is for ever. */
static long timeout_jiffies(u64 timeout_ns)
{
	if (!timeout_ns)
		return MAX_SCHEDULE_TIMEOUT;
	return min_t(u64, nsecs_to_jiffies64(timeout_ns) + 1, MAX_SCHEDULE_TIMEOUT - 1);
}

/* Under the siglock: does a signal come to the caller? */
static bool is_pending(int sig)
{
	return !sigismember(&current->blocked, sig) &&
		(sigismember(&current->pending.signal, sig) ||
		 sigismember(&current->signal->shared_pending.signal, sig));
}

/*
 * signal_pending() is true as well for a stop, a cgroup that is frozen, a tracer and the
 * work of an io_uring. Does a signal want to be handled, or end the process?
 */
static bool is_interrupted(void)
{
	/* A thread's own does not change while it runs. */
	struct sighand_struct *sighand = rcu_dereference_protected(current->sighand, true);
	bool interrupted = false;

	if (fatal_signal_pending(current))
		return true;
	spin_lock_irq(&sighand->siglock);
	for (int sig = 1; sig <= _NSIG && !interrupted; sig++) {
		__sighandler_t handler = sighand->action[sig - 1].sa.sa_handler;

		if (!is_pending(sig) || handler == SIG_IGN)
			continue;
		interrupted = handler != SIG_DFL ||
			(!sig_kernel_stop(sig) && !sig_kernel_ignore(sig));
	}
	spin_unlock_irq(&sighand->siglock);
	return interrupted;
}

/**
 * edudma_wait - sleep until something has ended
 * @wait: where it wakes who waits
 * @ended: has it?
 * @arg: for @ended
 * @timeout_ns: nanoseconds, or zero for ever
 *
 * A signal that has a handler or ends the process ends this; what would only stop the
 * caller for a while (SIGSTOP, a cgroup's freezer, a debugger) waits until this has ended.
 * The machine may go to sleep meanwhile.
 *
 * Context: may sleep; outside of enter and exit, so that remove() does not wait for it.
 * Return: 0, -EINTR or -ETIMEDOUT.
 */
int edudma_wait(wait_queue_head_t *wait, bool (*ended)(void *arg), void *arg, u64 timeout_ns)
{
	long left = timeout_jiffies(timeout_ns);

	while (left > 0) {
		unsigned long begin = jiffies;
		long ret = wait_event_freezable_timeout(*wait, ended(arg), left);

		if (ret >= 0)
			return ret ? 0 : -ETIMEDOUT;
		if (is_interrupted())
			return -EINTR;
		/* What has woken us stays. Now and then see whether more has come. */
		if (wait_event_killable_timeout(*wait, ended(arg), min(left, STOPPED_JIFFIES)) > 0)
			return 0;
		try_to_freeze();
		if (timeout_ns)
			left -= jiffies - begin;
	}
	return -ETIMEDOUT;
}
