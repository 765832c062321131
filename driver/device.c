// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's life: who may still use it, and how its memory is taken back
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pci.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>

#include "buffer.h"
#include "device.h"
#include "notice.h"

#define EDUDMA_FS_MAGIC		0x45444d41	/* "EDMA" */

/*
 * A file system that nobody sees. It gives each device an inode whose address
 * space all its mappings share, whichever device node they were opened by.
 */
static struct vfsmount *edudma_mnt;

static int edudma_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, EDUDMA_FS_MAGIC) ? 0 : -ENOMEM;
}

/* No owner: the mount is this module's own, and must not keep it loaded. */
static struct file_system_type edudma_fs_type = {
	.name = "edudma",
	.init_fs_context = edudma_init_fs_context,
	.kill_sb = kill_anon_super,
};

/*
 * Runs edudma_device.tick. Unbound: a task that looks for its completion at real-time
 * priority may hold its own CPU, not all of them.
 */
struct workqueue_struct *edudma_tick_wq;

/**
 * edudma_device_init - prepare what all devices share
 *
 * Return: 0 or an errno.
 */
int edudma_device_init(void)
{
	edudma_tick_wq = alloc_workqueue("edudma-tick", WQ_UNBOUND | WQ_HIGHPRI, 0);
	if (!edudma_tick_wq)
		return -ENOMEM;
	edudma_mnt = kern_mount(&edudma_fs_type);
	if (IS_ERR(edudma_mnt))
		destroy_workqueue(edudma_tick_wq);
	return PTR_ERR_OR_ZERO(edudma_mnt);
}

/**
 * edudma_device_exit - undo edudma_device_init()
 */
void edudma_device_exit(void)
{
	kern_unmount(edudma_mnt);
	destroy_workqueue(edudma_tick_wq);
}

static void device_release(struct device *dev)
{
	struct edudma_device *edev = edudma_from_dev(dev);

	iput(edev->inode);
	cleanup_srcu_struct(&edev->srcu);
	kfree(edev->channels);
	kfree(edev);
}

/**
 * edudma_failed - log why probe fails
 * @dev: the function's device
 * @error: the errno
 * @format: the reason, a line
 *
 * Every failing probe logs its reason, -ENOMEM included: what is missing may be memory
 * below the device's mask, and the allocator says nothing if there is none. dev_err_probe()
 * is silent about -ENOMEM.
 *
 * Return: @error.
 */
int edudma_failed(struct device *dev, int error, const char *format, ...)
{
	struct va_format reason;
	va_list args;

	va_start(args, format);
	reason.fmt = format;
	reason.va = &args;
	dev_err(dev, "error %pe: %pV", ERR_PTR(error), &reason);
	va_end(args);
	return error;
}

/**
 * edudma_device_alloc - make the struct for a device
 * @pdev: the PCI function
 * @type: its line of the PCI id table
 *
 * Context: probe; may sleep.
 * Return: the device, to be released by put_device(); or an ERR_PTR, which has been
 * logged.
 */
struct edudma_device *edudma_device_alloc(struct pci_dev *pdev,
					  const struct edudma_type *type)
{
	struct edudma_device *edev;
	int ret;

	edev = kzalloc(sizeof(*edev), GFP_KERNEL);
	if (!edev) {
		ret = -ENOMEM;
		goto err;
	}
	ret = init_srcu_struct(&edev->srcu);
	if (ret)
		goto err_free;
	edev->inode = alloc_anon_inode(edudma_mnt->mnt_sb);
	if (IS_ERR(edev->inode)) {
		ret = PTR_ERR(edev->inode);
		goto err_srcu;
	}
	edev->pdev = pdev;
	edev->type = type;
	spin_lock_init(&edev->idle_lock);
	init_waitqueue_head(&edev->wait);
	INIT_DELAYED_WORK(&edev->tick, edudma_tick);
	edudma_notice_init(edev);
	mutex_init(&edev->files_lock);
	INIT_LIST_HEAD(&edev->files);
	device_initialize(&edev->dev);
	edev->dev.parent = &pdev->dev;
	edev->dev.release = device_release;
	return edev;

err_srcu:
	cleanup_srcu_struct(&edev->srcu);
err_free:
	kfree(edev);
err:
	return ERR_PTR(edudma_failed(&pdev->dev, ret, "no memory for the driver's state\n"));
}

/**
 * edudma_mark_gone - let nobody enter any more, and wake who waits inside
 * @edev: the device
 */
void edudma_mark_gone(struct edudma_device *edev)
{
	WRITE_ONCE(edev->gone, true);
	wake_up_all(&edev->wait);
}

/**
 * edudma_wait_for_exit - wait until nobody is inside
 * @edev: the device, marked gone, its requests ended
 *
 * Context: may sleep.
 */
void edudma_wait_for_exit(struct edudma_device *edev)
{
	synchronize_srcu(&edev->srcu);
}

/**
 * edudma_release_memory - take all DMA memory back
 * @edev: the device, marked gone, quiet, and with nobody inside
 *
 * Who still has a mapping gets SIGBUS from now on.
 *
 * Context: remove(); may sleep.
 */
void edudma_release_memory(struct edudma_device *edev)
{
	struct edudma_file *file;

	/* No fault fills a VMA any more, so once is enough. */
	unmap_mapping_range(edev->inode->i_mapping, 0, 0, 1);
	mutex_lock(&edev->files_lock);
	list_for_each_entry(file, &edev->files, node) {
		edudma_buffers_release(file);
		edudma_ring_hang_up(file);
	}
	mutex_unlock(&edev->files_lock);
}
