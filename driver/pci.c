// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI driver: probe, remove, shutdown
 *
 * See Documentation/PCI/pci.rst for the order of things.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "device.h"
#include "engine.h"

#define EDUDMA_BAR		0

#define VENDOR_QEMU		0x1234
#define DEVICE_EDU		0x11e8
#define DEVICE_EDU_SG		0x11e9
#define VENDOR_REDHAT		0x1b36
#define DEVICE_PCI_TESTDEV	0x0005

static int map_registers(struct edudma_device *edev)
{
	struct pci_dev *pdev = edev->pdev;
	int ret;

	ret = pci_request_region(pdev, EDUDMA_BAR, "edudma");
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "BAR %d is taken\n", EDUDMA_BAR);
	edev->regs = pci_iomap(pdev, EDUDMA_BAR, 0);
	if (!edev->regs) {
		pci_release_region(pdev, EDUDMA_BAR);
		return dev_err_probe(&pdev->dev, -ENOMEM, "cannot map BAR %d\n",
				     EDUDMA_BAR);
	}
	return 0;
}

static void unmap_registers(struct edudma_device *edev)
{
	pci_iounmap(edev->pdev, edev->regs);
	pci_release_region(edev->pdev, EDUDMA_BAR);
}

static int edudma_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const struct edudma_type *type = (const struct edudma_type *)id->driver_data;
	struct edudma_device *edev;
	int ret;

	edev = edudma_device_alloc(pdev, type);
	if (IS_ERR(edev))
		return PTR_ERR(edev);
	pci_set_drvdata(pdev, edev);

	ret = pci_enable_device(pdev);
	if (ret) {
		dev_err_probe(&pdev->dev, ret, "cannot enable the device\n");
		goto err_put;
	}
	ret = map_registers(edev);
	if (ret)
		goto err_disable;
	ret = edudma_addressing_init(edev);
	if (ret)
		goto err_unmap;
	ret = type->ops->init(edev);
	if (ret)
		goto err_unmap;
	dma_set_max_seg_size(&pdev->dev, edev->limits.max_segment);
	ret = edudma_channels_init(edev);
	if (ret)
		goto err_fini;
	pci_set_master(pdev);
	ret = edudma_irq_init(edev);
	if (ret)
		goto err_master;
	ret = type->ops->start ? type->ops->start(edev) : 0;
	if (ret)
		goto err_irq;
	ret = edudma_chardev_add(edev);
	if (ret) {
		dev_err_probe(&pdev->dev, ret, "cannot make a device node\n");
		goto err_irq;
	}
	edudma_debugfs_add(edev);

	dev_info(&edev->dev, "%s at %s: window %u, mask 0x%llx%s, %s\n",
		 type->ops->name, pci_name(pdev), edev->limits.window,
		 edev->dma_mask, edev->iommu ? " behind an IOMMU" : "",
		 edudma_irq_name(edev->irq_mode));
	return 0;

err_irq:
	edudma_irq_fini(edev);
err_master:
	pci_clear_master(pdev);
err_fini:
	type->ops->fini(edev);
err_unmap:
	unmap_registers(edev);
err_disable:
	pci_disable_device(pdev);
err_put:
	put_device(&edev->dev);
	return ret;
}

/* From here on nobody begins anything, and the device touches no memory. */
static void edudma_quiesce(struct edudma_device *edev)
{
	edudma_mark_gone(edev);
	edudma_channels_stop(edev, -ENODEV);
	edudma_wait_for_exit(edev);
	cancel_delayed_work_sync(&edev->tick);
	edudma_irq_fini(edev);
	pci_clear_master(edev->pdev);
	pci_wait_for_pending_transaction(edev->pdev);
}

static void edudma_remove(struct pci_dev *pdev)
{
	struct edudma_device *edev = pci_get_drvdata(pdev);

	edudma_quiesce(edev);
	edudma_release_memory(edev);
	edudma_debugfs_remove(edev);
	edudma_chardev_remove(edev);
	edev->type->ops->fini(edev);
	unmap_registers(edev);
	pci_disable_device(pdev);
	put_device(&edev->dev);
}

/* The next kernel may be another one's memory: let the device not write there. */
static void edudma_shutdown(struct pci_dev *pdev)
{
	edudma_quiesce(pci_get_drvdata(pdev));
}

/* Somebody resets the function: what runs ends with EIO, and so does what comes. */
static void edudma_reset_prepare(struct pci_dev *pdev)
{
	edudma_channels_stop(pci_get_drvdata(pdev), -EIO);
}

/* The PCI core has restored the configuration space, the device begins anew. */
static void edudma_reset_done(struct pci_dev *pdev)
{
	pci_set_master(pdev);
	edudma_channels_resume(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers edudma_error_handlers = {
	.reset_prepare = edudma_reset_prepare,
	.reset_done = edudma_reset_done,
};

static const struct edudma_type edu_type = {
	.ops = &edudma_edu_engine,
	.id = 0x010000ed,
};

static const struct edudma_type sg_type = {
	.ops = &edudma_sg_engine,
	.id = 0x020000ed,
};

#ifdef EDUDMA_TEST
static const struct edudma_type software_type = {
	.ops = &edudma_software_engine,
};
#endif

static const struct pci_device_id edudma_ids[] = {
	{ PCI_DEVICE(VENDOR_QEMU, DEVICE_EDU),
	  .driver_data = (kernel_ulong_t)&edu_type },
	{ PCI_DEVICE(VENDOR_QEMU, DEVICE_EDU_SG),
	  .driver_data = (kernel_ulong_t)&sg_type },
#ifdef EDUDMA_TEST
	/* pci-testdev: QEMU has it everywhere, and it does nothing by itself. */
	{ PCI_DEVICE(VENDOR_REDHAT, DEVICE_PCI_TESTDEV),
	  .driver_data = (kernel_ulong_t)&software_type },
#endif
	{ }
};
MODULE_DEVICE_TABLE(pci, edudma_ids);

static struct pci_driver edudma_driver = {
	.name = "edudma",
	.id_table = edudma_ids,
	.probe = edudma_probe,
	.remove = edudma_remove,
	.shutdown = edudma_shutdown,
	.err_handler = &edudma_error_handlers,
};

static int __init edudma_init(void)
{
	int ret;

	ret = edudma_device_init();
	if (ret)
		return ret;
	ret = edudma_chardev_init();
	if (ret)
		goto err_device;
	edudma_debugfs_init();
	ret = pci_register_driver(&edudma_driver);
	if (ret)
		goto err_debugfs;
	return 0;

err_debugfs:
	edudma_debugfs_exit();
	edudma_chardev_exit();
err_device:
	edudma_device_exit();
	return ret;
}
module_init(edudma_init);

static void __exit edudma_cleanup(void)
{
	pci_unregister_driver(&edudma_driver);
	edudma_debugfs_exit();
	edudma_chardev_exit();
	edudma_device_exit();
}
module_exit(edudma_cleanup);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Reference PCI DMA driver for QEMU's edu device");
