// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI driver: probe, remove, shutdown; reset, sleep, and recovery from errors
 *
 * See Documentation/PCI/pci.rst for the order of things, for sleep
 * Documentation/power/pci.rst and Documentation/driver-api/pm/devices.rst, and for
 * recovery Documentation/PCI/pci-error-recovery.rst.
 *
 * Whatever happens to the function, there is one way to bring it to rest, which is
 * edudma_rest(), and one back to work, edudma_work().
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "addressing.h"
#include "chardev.h"
#include "debugfs.h"
#include "device.h"
#include "engine.h"
#include "irq.h"

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

	if (pci_resource_len(pdev, EDUDMA_BAR) < edev->type->bytes)
		return edudma_failed(&pdev->dev, -ENODEV, "BAR %d is too short\n", EDUDMA_BAR);
	ret = pci_request_region(pdev, EDUDMA_BAR, "edudma");
	if (ret)
		return edudma_failed(&pdev->dev, ret, "BAR %d is taken\n", EDUDMA_BAR);
	edev->regs = pci_iomap(pdev, EDUDMA_BAR, 0);
	if (!edev->regs) {
		pci_release_region(pdev, EDUDMA_BAR);
		return edudma_failed(&pdev->dev, -ENOMEM, "cannot map BAR %d\n",
				     EDUDMA_BAR);
	}
	return 0;
}

static void unmap_registers(struct edudma_device *edev)
{
	pci_iounmap(edev->pdev, edev->regs);
	pci_release_region(edev->pdev, EDUDMA_BAR);
}

/* What runs ends with @status, and what comes; and the device touches no memory. */
static void edudma_rest(struct edudma_device *edev, int status)
{
	edudma_channels_stop(edev, status);
	cancel_delayed_work_sync(&edev->tick);
	pci_clear_master(edev->pdev);
	pci_wait_for_pending_transaction(edev->pdev);
}

/* What is it, which memory does it reach, and what can it do? */
static int init_engine(struct edudma_device *edev)
{
	const struct edudma_engine_ops *ops = edev->type->ops;
	int ret;

	ret = ops->identify ? ops->identify(edev) : 0;
	if (ret)
		return ret;
	ret = edudma_addressing_init(edev);
	if (ret)
		return ret;
	ret = ops->init(edev);
	if (ret)
		return ret;
	dma_set_max_seg_size(&edev->pdev->dev, edev->limits.max_segment);
	return 0;
}

/*
 * A channel does not answer. A reset of the function ends all requests and starts the device
 * again; a function that cannot be reset is given up. The device lock keeps remove(), suspend
 * and other resets out. It is only tried, because remove() holds it while it cancels this
 * work: the tick queues the work again if the channel still does not answer.
 */
static void edudma_recover(struct work_struct *work)
{
	struct edudma_device *edev = container_of(work, struct edudma_device, recovery);
	struct pci_dev *pdev = edev->pdev;

	if (!device_trylock(&pdev->dev)) {
		edev->broken = false;
		return;
	}
	/* Another reset, or a sleep of the machine, may have started it again meanwhile. */
	if (edev->broken && pci_reset_function_locked(pdev)) {
		dev_err(&edev->dev, "it cannot be reset: giving the device up\n");
		edudma_rest(edev, -EIO);
	}
	device_unlock(&pdev->dev);
}

static void announce(struct edudma_device *edev)
{
	dev_info(&edev->dev, "%s at %s: window %u, mask 0x%llx%s, %s\n",
		 edev->type->ops->name, pci_name(edev->pdev), edev->limits.window,
		 edev->dma_mask, edev->iommu ? " behind an IOMMU" : "",
		 edudma_irq_name(edev->irq_mode));
}

static int edudma_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const struct edudma_type *type = (const struct edudma_type *)id->driver_data;
	struct edudma_device *edev;
	int ret;

	edev = edudma_device_alloc(pdev, type);
	if (IS_ERR(edev))
		return PTR_ERR(edev);
	INIT_WORK(&edev->recovery, edudma_recover);
	pci_set_drvdata(pdev, edev);

	ret = pci_enable_device(pdev);
	if (ret) {
		edudma_failed(&pdev->dev, ret, "cannot enable the device\n");
		goto err_put;
	}
	ret = map_registers(edev);
	if (ret)
		goto err_disable;
	ret = init_engine(edev);
	if (ret)
		goto err_unmap;
	ret = edudma_channels_init(edev);
	if (ret)
		goto err_fini;
	ret = edudma_irq_init(edev);
	if (ret)
		goto err_fini;
	/* For edudma_slot_reset(): without bus mastering */
	pci_save_state(pdev);
	pci_set_master(pdev);
	ret = edudma_channels_start(edev);
	if (ret)
		goto err_rest;
	ret = edudma_chardev_add(edev);
	if (ret) {
		edudma_failed(&pdev->dev, ret, "cannot make a device node\n");
		goto err_rest;
	}
	edudma_debugfs_add(edev);
	announce(edev);
	return 0;

err_rest:
	edudma_rest(edev, -ENODEV);
	edudma_irq_fini(edev);
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

/* After edudma_rest(), with the configuration space as it was */
static int edudma_work(struct edudma_device *edev)
{
	if (!edudma_channels_at_rest(edev))
		return -EIO;
	/* Kernels before 6.19 restore what was saved only once. */
	pci_save_state(edev->pdev);
	pci_set_master(edev->pdev);
	return edudma_channels_resume(edev);
}

/* From here on nobody begins anything, either. */
static void edudma_quiesce(struct edudma_device *edev)
{
	edudma_mark_gone(edev);
	edudma_rest(edev, -ENODEV);
	/* The tick queues it, and has ended. */
	cancel_work_sync(&edev->recovery);
	edudma_wait_for_exit(edev);
	edudma_irq_fini(edev);
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

/* The machine goes to sleep, and who waits for a request already does. */
static int edudma_suspend(struct device *dev)
{
	edudma_rest(dev_get_drvdata(dev), -EIO);
	return 0;
}

/* The PCI core has restored the configuration space, MSI and MSI-X included. */
static int edudma_resume(struct device *dev)
{
	return edudma_work(dev_get_drvdata(dev));
}

static DEFINE_SIMPLE_DEV_PM_OPS(edudma_pm_ops, edudma_suspend, edudma_resume);

/* Somebody resets the function. */
static void edudma_reset_prepare(struct pci_dev *pdev)
{
	edudma_rest(pci_get_drvdata(pdev), -EIO);
}

/* The PCI core has restored the configuration space. */
static void edudma_reset_done(struct pci_dev *pdev)
{
	edudma_work(pci_get_drvdata(pdev));
}

/*
 * An error on the way to the device: what was under way may have lost bytes. Whatever
 * the error was, a reset leads out; unless the device is lost, and remove() comes.
 */
static pci_ers_result_t edudma_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	edudma_rest(pci_get_drvdata(pdev), -EIO);
	return state == pci_channel_io_perm_failure ? PCI_ERS_RESULT_DISCONNECT :
		PCI_ERS_RESULT_NEED_RESET;
}

/*
 * The link has been reset, and the device with it, or not: what was saved has bus mastering
 * off, until edudma_work() has seen that the device is at rest.
 */
static pci_ers_result_t edudma_slot_reset(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	return pci_device_is_present(pdev) ? PCI_ERS_RESULT_RECOVERED : PCI_ERS_RESULT_DISCONNECT;
}

static void edudma_error_resume(struct pci_dev *pdev)
{
	edudma_work(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers edudma_error_handlers = {
	.error_detected = edudma_error_detected,
	.slot_reset = edudma_slot_reset,
	.resume = edudma_error_resume,
	.reset_prepare = edudma_reset_prepare,
	.reset_done = edudma_reset_done,
};

static const struct edudma_type edu_type = {
	.ops = &edudma_edu_engine,
	.id = 0x010000ed,
	.bytes = SZ_4K,
};

static const struct edudma_type sg_type = {
	.ops = &edudma_sg_engine,
	.id = 0x020000ed,
	.bytes = SZ_1M,
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
	.driver.pm = pm_sleep_ptr(&edudma_pm_ops),
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
