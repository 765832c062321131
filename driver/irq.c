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

static unsigned int wanted_types(void)
{
	switch (wanted) {
	case EDUDMA_IRQ_MSIX:
		return PCI_IRQ_MSIX;
	case EDUDMA_IRQ_MSI:
		return PCI_IRQ_MSI;
	case EDUDMA_IRQ_INTX:
		return PCI_IRQ_INTX;
	default:
		return PCI_IRQ_MSIX | PCI_IRQ_MSI | PCI_IRQ_INTX;
	}
}

static enum edudma_irq_mode granted_mode(const struct pci_dev *pdev)
{
	if (pdev->msix_enabled)
		return EDUDMA_IRQ_MSIX;
	return pdev->msi_enabled ? EDUDMA_IRQ_MSI : EDUDMA_IRQ_INTX;
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

static int request_vectors(struct edudma_device *edev)
{
	unsigned long flags = edev->irq_mode == EDUDMA_IRQ_INTX ? IRQF_SHARED : 0;
	struct pci_dev *pdev = edev->pdev;
	unsigned int i;
	int ret;

	for (i = 0; i < edev->nr_vectors; i++) {
		edev->vectors[i].edev = edev;
		edev->vectors[i].index = i;
		ret = request_irq(pci_irq_vector(pdev, i), irq_handler, flags,
				  "edudma", &edev->vectors[i]);
		if (ret) {
			free_vectors(edev, i);
			return edudma_failed(&pdev->dev, ret, "interrupt vector %u is taken\n",
					     i);
		}
	}
	return 0;
}

/**
 * edudma_irq_init - get interrupts, or decide to poll
 * @edev: the device; an interrupt may come before this returns
 *
 * Context: probe; may sleep.
 * Return: 0, or an errno, which has been logged.
 */
int edudma_irq_init(struct edudma_device *edev)
{
	struct pci_dev *pdev = edev->pdev;
	int ret;

	if (wanted == EDUDMA_IRQ_POLL || !edev->type->ops->irq) {
		edev->irq_mode = EDUDMA_IRQ_POLL;
		/* Nobody here would lower the line, and others may share it. */
		pci_intx(pdev, 0);
		return 0;
	}
	ret = pci_alloc_irq_vectors(pdev, 1, edev->limits.nr_vectors, wanted_types());
	if (ret < 0)
		return edudma_failed(&pdev->dev, ret,
				     "no interrupt of the wanted kind (irq=%s): irq=poll works without\n",
				     wanted == IRQ_AUTO ? "auto" : irq_names[wanted]);
	edev->nr_vectors = ret;
	edev->irq_mode = granted_mode(pdev);
	edev->vectors = kcalloc(ret, sizeof(*edev->vectors), GFP_KERNEL);
	if (!edev->vectors) {
		pci_free_irq_vectors(pdev);
		return edudma_failed(&pdev->dev, -ENOMEM,
				     "no memory for %u interrupt vectors\n", ret);
	}
	return request_vectors(edev);
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
