// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: MSI-X, MSI, INTx, or none
 */
#include <linux/interrupt.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "compat.h"
#include "device.h"

static const char * const irq_names[] = {
	[EDUDMA_IRQ_POLL] = "poll",
	[EDUDMA_IRQ_INTX] = "intx",
	[EDUDMA_IRQ_MSI] = "msi",
	[EDUDMA_IRQ_MSIX] = "msix",
};

#define IRQ_AUTO	(-1)

static int irq = IRQ_AUTO;

static int irq_set(const char *val, const struct kernel_param *kp)
{
	int mode;

	if (sysfs_streq(val, "auto")) {
		irq = IRQ_AUTO;
		return 0;
	}
	mode = sysfs_match_string(irq_names, val);
	if (mode < 0)
		return mode;
	irq = mode;
	return 0;
}

static int irq_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", irq == IRQ_AUTO ? "auto" : irq_names[irq]);
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

static irqreturn_t irq_handler(int line, void *data)
{
	struct edudma_device *edev = data;

	if (!edev->type->ops->irq(edev, 0))
		return IRQ_NONE;
	atomic64_inc(&edev->counters.interrupts);
	edudma_channels_reap(edev);
	return IRQ_HANDLED;
}

static unsigned int wanted_vectors(void)
{
	switch (irq) {
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

	if (irq == EDUDMA_IRQ_POLL || !edev->type->ops->irq) {
		edev->irq_mode = EDUDMA_IRQ_POLL;
		return 0;
	}
	ret = pci_alloc_irq_vectors(pdev, 1, 1, wanted_vectors());
	if (ret < 0)
		return dev_err_probe(&pdev->dev, ret,
				     "no interrupt of the wanted kind (irq=%s): irq=poll works without\n",
				     irq == IRQ_AUTO ? "auto" : irq_names[irq]);
	edev->irq_mode = granted_mode(pdev);

	ret = request_irq(pci_irq_vector(pdev, 0), irq_handler,
			  edev->irq_mode == EDUDMA_IRQ_INTX ? IRQF_SHARED : 0,
			  "edudma", edev);
	if (ret) {
		pci_free_irq_vectors(pdev);
		return dev_err_probe(&pdev->dev, ret, "interrupt %d is taken\n",
				     pci_irq_vector(pdev, 0));
	}
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
	if (edev->irq_mode == EDUDMA_IRQ_POLL)
		return;
	free_irq(pci_irq_vector(edev->pdev, 0), edev);
	pci_free_irq_vectors(edev->pdev);
}
