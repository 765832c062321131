// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: MSI-X, MSI, INTx, or none
 */
#include <linux/interrupt.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "device.h"
#include "irq.h"

static const char * const irq_names[] = {
	[EDUDMA_IRQ_POLL] = "poll",
	[EDUDMA_IRQ_INTX] = "intx",
	[EDUDMA_IRQ_MSI] = "msi",
	[EDUDMA_IRQ_MSIX] = "msix",
};

#define IRQ_AUTO	(-1)

static int wanted = IRQ_AUTO;

static int irq_set(const char *val, const struct kernel_param *kp)
{
	int mode;

	if (sysfs_streq(val, "auto")) {
		wanted = IRQ_AUTO;
		return 0;
	}
	mode = sysfs_match_string(irq_names, val);
	if (mode < 0)
		return mode;
	wanted = mode;
	return 0;
}

static int irq_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", wanted == IRQ_AUTO ? "auto" : irq_names[wanted]);
}

static const struct kernel_param_ops irq_ops = {
	.set = irq_set,
	.get = irq_get,
};
module_param_cb(irq, &irq_ops, NULL, 0444);
MODULE_PARM_DESC(irq,
		 "How to learn that a command has ended: auto (the best that works, the default), msix, msi, intx, poll");

/**
 * edudma_irq_name - the name of an interrupt mode
 * @mode: the mode
 *
 * Return: the name that the module parameter takes.
 */
const char *edudma_irq_name(enum edudma_irq_mode mode)
{
	return irq_names[mode];
}

/**
 * struct edudma_vector - an interrupt vector
 * @edev: the device
 * @index: its number
 */
struct edudma_vector {
	struct edudma_device *edev;
	unsigned int index;
};

/**
 * edudma_channel_vector - which vector tells of a channel
 * @edev: the device
 * @chan: the channel's index
 *
 * Vector 0 is the device's own. The others are shared out among the channels,
 * or there is only one for all.
 *
 * Return: the vector.
 */
unsigned int edudma_channel_vector(struct edudma_device *edev, unsigned int chan)
{
	return edev->nr_vectors > 1 ? 1 + chan % (edev->nr_vectors - 1) : 0;
}

/* The channels of a vector: see edudma_channel_vector(). */
static void vector_reap(const struct edudma_vector *vector)
{
	struct edudma_device *edev = vector->edev;
	unsigned int i;

	if (edev->nr_vectors == 1) {
		edudma_channels_reap(edev);
		return;
	}
	if (!vector->index)
		return;
	for (i = vector->index - 1; i < edev->limits.nr_channels; i += edev->nr_vectors - 1)
		edudma_channel_reap(&edev->channels[i]);
}

static irqreturn_t irq_handler(int irq, void *data)
{
	struct edudma_vector *vector = data;
	struct edudma_device *edev = vector->edev;

	if (!edev->type->ops->irq(edev, vector->index))
		return IRQ_NONE;
	atomic64_inc(&edev->counters.interrupts);
	vector_reap(vector);
	return IRQ_HANDLED;
}

/* Leaves none behind: remove() comes after shutdown(), too. */
static void free_vectors(struct edudma_device *edev, unsigned int nr)
{
	while (nr--)
		free_irq(pci_irq_vector(edev->pdev, nr), &edev->vectors[nr]);
	pci_free_irq_vectors(edev->pdev);
	kfree(edev->vectors);
	edev->vectors = NULL;
	edev->nr_vectors = 0;
}

/* Request what was allocated. @nr: how many of them could be had */
static int request_vectors(struct edudma_device *edev, unsigned int *nr)
{
	unsigned long flags = edev->irq_mode == EDUDMA_IRQ_INTX ? IRQF_SHARED : 0;
	int ret;

	for (*nr = 0; *nr < edev->nr_vectors; ++*nr) {
		struct edudma_vector *vector = &edev->vectors[*nr];

		vector->edev = edev;
		vector->index = *nr;
		ret = request_irq(pci_irq_vector(edev->pdev, *nr), irq_handler, flags,
				  "edudma", vector);
		if (ret) {
			free_vectors(edev, *nr);
			return ret;
		}
	}
	return 0;
}

/* Get up to @max vectors in the mode of @edev. @nr: how many could be had, if not all */
static int get_vectors(struct edudma_device *edev, unsigned int max, unsigned int *nr)
{
	static const unsigned int types[] = {
		[EDUDMA_IRQ_INTX] = PCI_IRQ_INTX,
		[EDUDMA_IRQ_MSI] = PCI_IRQ_MSI,
		[EDUDMA_IRQ_MSIX] = PCI_IRQ_MSIX,
	};
	int ret;

	*nr = 0;
	ret = pci_alloc_irq_vectors(edev->pdev, 1, max, types[edev->irq_mode]);
	if (ret < 0)
		return ret;
	edev->vectors = kcalloc(ret, sizeof(*edev->vectors), GFP_KERNEL);
	if (!edev->vectors) {
		pci_free_irq_vectors(edev->pdev);
		return -ENOMEM;
	}
	edev->nr_vectors = ret;
	return request_vectors(edev, nr);
}

/*
 * x86 finds out that a CPU has no vector left as late as the vector is requested. Of the
 * last ones the driver takes half: other devices need some, too.
 */
static int get_mode(struct edudma_device *edev, enum edudma_irq_mode mode)
{
	unsigned int max = edev->limits.nr_vectors, nr;
	int ret;

	edev->irq_mode = mode;
	do {
		ret = get_vectors(edev, max, &nr);
		max = nr / 2;
	} while (ret && ret != -ENOMEM && max);
	return ret;
}

static void poll_only(struct edudma_device *edev)
{
	edev->irq_mode = EDUDMA_IRQ_POLL;
	/* The driver does not lower the line, and others may share it. */
	pci_intx(edev->pdev, 0);
}

/* Does the device have interrupts of a kind? */
static bool has_mode(const struct pci_dev *pdev, enum edudma_irq_mode mode)
{
	switch (mode) {
	case EDUDMA_IRQ_MSIX:
		return pdev->msix_cap;
	case EDUDMA_IRQ_MSI:
		return pdev->msi_cap;
	case EDUDMA_IRQ_INTX:
		return pdev->pin;
	default:
		return true;
	}
}

/* The best kind that there is and that can be had: MSI-X, MSI, INTx, and in the end none */
static int get_best(struct edudma_device *edev)
{
	enum edudma_irq_mode mode;
	int ret, error = 0;

	for (mode = EDUDMA_IRQ_MSIX; mode > EDUDMA_IRQ_POLL; mode--) {
		if (!has_mode(edev->pdev, mode))
			continue;
		ret = get_mode(edev, mode);
		/* That is no lack of interrupts. */
		if (!ret || ret == -ENOMEM)
			break;
		error = ret;
	}
	if (mode == EDUDMA_IRQ_POLL) {
		poll_only(edev);
		ret = 0;
	}
	if (!ret && error)
		dev_warn(&edev->pdev->dev, "no better interrupts to be had (error %d): %s\n",
			 error, irq_names[mode]);
	return ret;
}

/**
 * edudma_irq_init - get interrupts, or decide to poll
 * @edev: the device; an interrupt may come before this returns
 *
 * With irq=auto the device gets what can be had, down to none; with fewer vectors than it
 * can use, channels share them. A line in the log tells.
 *
 * Context: probe; may sleep.
 * Return: 0, or an errno, which has been logged.
 */
int edudma_irq_init(struct edudma_device *edev)
{
	struct device *dev = &edev->pdev->dev;
	int ret = 0;

	if (wanted == EDUDMA_IRQ_POLL || !edev->type->ops->irq)
		poll_only(edev);
	else if (wanted == IRQ_AUTO)
		ret = get_best(edev);
	else
		ret = get_mode(edev, wanted);
	if (ret)
		return edudma_failed(dev, ret, "no interrupt (irq=%s): irq=poll works without\n",
				     wanted == IRQ_AUTO ? "auto" : irq_names[wanted]);
	if (edev->irq_mode == EDUDMA_IRQ_MSIX && edev->nr_vectors < edev->limits.nr_vectors)
		dev_warn(dev, "%u of %u interrupt vectors to be had: channels share them\n",
			 edev->nr_vectors, edev->limits.nr_vectors);
	return 0;
}

/**
 * edudma_irq_fini - give interrupts back
 * @edev: the device
 *
 * Context: may sleep; no handler runs any more when it returns.
 */
void edudma_irq_fini(struct edudma_device *edev)
{
	if (edev->vectors)
		free_vectors(edev, edev->nr_vectors);
}
