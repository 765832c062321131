// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every device of edu's family has beside DMA
 *
 * Source: docs/specs/edu.rst in QEMU, and docs/edu-sg.md.
 */
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/wait.h>

#include "device.h"
#include "edu.h"

#define EDU_FACTORIAL_CLAIMED	0

static bool edu_uses_interrupts(struct edudma_device *edev)
{
	return edev->irq_mode != EDUDMA_IRQ_POLL;
}

/**
 * edudma_edu_is_present - does the device answer?
 * @edev: the device
 *
 * After an unplug registers read 0, or ~0 behind a bridge or without memory decode. Other
 * registers may hold either value, so that only the ID tells: what was read of them before
 * is true if the ID is right.
 *
 * Return: true if it does.
 */
bool edudma_edu_is_present(struct edudma_device *edev)
{
	return readl(edev->regs + EDU_ID) == edev->type->id;
}

/**
 * edudma_edu_read - read a register for somebody who only wants to see it
 * @edev: the device
 * @offset: of the register
 * @value: set to what it reads
 *
 * Context: inside enter and exit.
 * Return: false while the device is stopped: it may be in the middle of a reset.
 */
bool edudma_edu_read(struct edudma_device *edev, unsigned int offset, u32 *value)
{
	bool runs;

	spin_lock(&edev->idle_lock);
	runs = !edudma_was_stopped(edev, READ_ONCE(edev->generation));
	if (runs)
		*value = readl(edev->regs + offset);
	spin_unlock(&edev->idle_lock);
	return runs;
}

/**
 * edudma_edu_identify - see struct edudma_engine_ops
 * @edev: the device
 *
 * Return: 0, or -ENODEV, which has been logged.
 */
int edudma_edu_identify(struct edudma_device *edev)
{
	u32 id = readl(edev->regs + EDU_ID);

	if (id == edev->type->id)
		return 0;
	return edudma_failed(&edev->pdev->dev, -ENODEV, "ID reads 0x%08x instead of 0x%08x\n",
			     id, edev->type->id);
}

static bool edu_is_computing(struct edudma_device *edev)
{
	return readl(edev->regs + EDU_STATUS) & EDU_STATUS_COMPUTING;
}

/**
 * edudma_edu_liveness - see struct edudma_engine_ops
 * @edev: the device
 * @value: any number
 *
 * Return: its bitwise inverse, from a device that is well.
 */
u32 edudma_edu_liveness(struct edudma_device *edev, u32 value)
{
	u32 answer = 0;

	spin_lock(&edev->idle_lock);
	if (!edudma_was_stopped(edev, READ_ONCE(edev->generation))) {
		writel(value, edev->regs + EDU_LIVENESS);
		answer = readl(edev->regs + EDU_LIVENESS);
	}
	spin_unlock(&edev->idle_lock);
	return answer;
}

/**
 * edudma_edu_init - see that the device lives, and silence it
 * @edev: the device; a factorial that is being computed goes on, and does not interrupt
 *
 * Context: probe; may sleep.
 * Return: 0, or an errno, which has been logged.
 */
int edudma_edu_init(struct edudma_device *edev)
{
	if (edudma_edu_liveness(edev, 0x12345678) != ~0x12345678)
		return edudma_failed(&edev->pdev->dev, -ENODEV,
				     "the liveness register does not invert\n");
	writel(0, edev->regs + EDU_STATUS);
	writel(~0, edev->regs + EDU_IRQ_ACK);
	return 0;
}

/**
 * edudma_edu_irq - read and acknowledge the interrupt status
 * @edev: the device
 *
 * Context: any.
 * Return: what it was: EDU_IRQ_*, or 0.
 */
u32 edudma_edu_irq(struct edudma_device *edev)
{
	u32 status = readl(edev->regs + EDU_IRQ_STATUS);

	if (!status || (status == ~0U && !edudma_edu_is_present(edev)))
		return 0;

	writel(status, edev->regs + EDU_IRQ_ACK);
	/* Read back: the interrupt line is down before the handler returns. */
	readl(edev->regs + EDU_IRQ_STATUS);
	if (status & EDU_IRQ_FACTORIAL)
		wake_up(&edev->wait);
	return status;
}

static bool edu_claim_factorial(struct edudma_device *edev)
{
	return !test_and_set_bit_lock(EDU_FACTORIAL_CLAIMED, &edev->edu.flags);
}

static void edu_release_factorial(struct edudma_device *edev)
{
	clear_bit_unlock(EDU_FACTORIAL_CLAIMED, &edev->edu.flags);
	wake_up(&edev->wait);
}

static bool edu_factorial_is_lost(struct edudma_device *edev)
{
	return edudma_was_stopped(edev, edev->edu.generation);
}

/* The register tells. An interrupt is a reason to look: it may come late, or be lost. */
static bool edu_factorial_has_ended(struct edudma_device *edev)
{
	return edu_factorial_is_lost(edev) || !edu_is_computing(edev) ||
		!edudma_edu_is_present(edev);
}

/* Look again every tick where no interrupt will wake us, else every second. */
static unsigned long edu_time_slice(struct edudma_device *edev, u64 deadline)
{
	unsigned long slice = edu_uses_interrupts(edev) ? HZ : 1;
	u64 now = ktime_get_ns();

	if (!deadline)
		return slice;
	return now < deadline ?
		min_t(u64, slice, nsecs_to_jiffies64(deadline - now) + 1) : 0;
}

static int edu_wait(struct edudma_device *edev,
		    bool (*condition)(struct edudma_device *edev), u64 deadline)
{
	unsigned long slice;
	long ret;

	while ((slice = edu_time_slice(edev, deadline))) {
		ret = wait_event_interruptible_timeout(edev->wait,
						       edudma_is_gone(edev) ||
						       condition(edev),
						       slice);
		if (edudma_is_gone(edev))
			return -ENODEV;
		/* Begun anew if no handler has run: if the machine went to sleep, for one. */
		if (ret < 0)
			return -ERESTARTNOHAND;
		if (ret)
			return 0;
	}
	return -ETIMEDOUT;
}

static int edu_compute(struct edudma_device *edev, u32 n, u64 deadline,
		       u32 *result)
{
	int ret;

	edev->edu.generation = READ_ONCE(edev->generation);
	/* Who did not wait for his result has left the device computing. */
	ret = edu_wait(edev, edu_factorial_has_ended, deadline);
	if (ret)
		return ret;
	if (edu_factorial_is_lost(edev))
		return -EIO;
	writel(edu_uses_interrupts(edev) ? EDU_STATUS_IRQ : 0, edev->regs + EDU_STATUS);
	writel(n, edev->regs + EDU_FACTORIAL);
	ret = edu_wait(edev, edu_factorial_has_ended, deadline);
	if (ret)
		return ret;
	*result = readl(edev->regs + EDU_FACTORIAL);
	return edu_factorial_is_lost(edev) || !edudma_edu_is_present(edev) ? -EIO : 0;
}

/**
 * edudma_edu_factorial - see struct edudma_engine_ops
 * @edev: the device
 * @n: any number
 * @timeout_ns: nanoseconds, or 0 to wait for ever
 * @result: n! modulo 2^32
 *
 * Context: inside enter and exit; may sleep.
 * Return: 0, -ERESTARTNOHAND, -ETIMEDOUT, -EIO if the device was stopped, or -ENODEV.
 */
int edudma_edu_factorial(struct edudma_device *edev, u32 n, u64 timeout_ns,
			 u32 *result)
{
	/* At most what a ktime_t holds, so that the sum does not wrap. */
	u64 deadline = timeout_ns ? ktime_get_ns() + min_t(u64, timeout_ns, KTIME_MAX) : 0;
	int ret;

	ret = edu_wait(edev, edu_claim_factorial, deadline);
	if (ret)
		return ret;
	ret = edu_compute(edev, n, deadline, result);
	edu_release_factorial(edev);
	return ret;
}
