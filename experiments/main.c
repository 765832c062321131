// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/memlab: experiments with the kernel's memory, one ioctl each
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "experiments.h"

static bool throwaway;
module_param(throwaway, bool, 0444);
MODULE_PARM_DESC(throwaway,
		 "This machine may be harmed: allow experiments that warn, fragment memory or kill it");

/**
 * lab_check_throwaway - may this machine be harmed?
 *
 * Return: 0, or -EPERM.
 */
int lab_check_throwaway(void)
{
	return throwaway ? 0 : -EPERM;
}

static const struct experiment {
	unsigned int cmd;
	int (*run)(struct lab *lab, void *arg);
} experiments[] = {
	{ MEMLAB_ALLOC, lab_alloc },
	{ MEMLAB_LAYOUT, lab_layout },
	{ MEMLAB_STEPS, lab_steps },
	{ MEMLAB_STRIDE, lab_stride },
	{ MEMLAB_FRAGMENT, lab_fragment },
	{ MEMLAB_HANDOVER, lab_handover },
};

union argument {
	struct memlab_alloc alloc;
	struct memlab_layout layout;
	struct memlab_steps steps;
	struct memlab_stride stride;
	struct memlab_fragment fragment;
	struct memlab_handover handover;
};

static long lab_ioctl(struct file *file, unsigned int cmd, unsigned long address)
{
	void __user *user = (void __user *)address;
	union argument arg;
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(experiments); i++) {
		if (experiments[i].cmd != cmd)
			continue;
		if (copy_from_user(&arg, user, _IOC_SIZE(cmd)))
			return -EFAULT;
		ret = experiments[i].run(file->private_data, &arg);
		if (ret)
			return ret;
		return copy_to_user(user, &arg, _IOC_SIZE(cmd)) ? -EFAULT : 0;
	}
	return -ENOTTY;
}

/* QEMU's edu, or our own device */
static struct device *find_device(void)
{
	struct pci_dev *pdev = pci_get_device(0x1234, 0x11e8, NULL);

	if (!pdev)
		pdev = pci_get_device(0x1234, 0x11e9, NULL);
	return pdev ? &pdev->dev : NULL;
}

static int lab_open(struct inode *inode, struct file *file)
{
	struct lab *lab = kzalloc(sizeof(*lab), GFP_KERNEL);

	if (!lab)
		return -ENOMEM;
	lab->dev = find_device();
	INIT_LIST_HEAD(&lab->kept);
	file->private_data = lab;
	return 0;
}

static int lab_release(struct inode *inode, struct file *file)
{
	struct lab *lab = file->private_data;

	lab_fragment_end(lab);
	put_device(lab->dev);
	kfree(lab);
	return 0;
}

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,
	.open = lab_open,
	.release = lab_release,
	.unlocked_ioctl = lab_ioctl,
};

static struct miscdevice lab_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "memlab",
	.fops = &lab_fops,
	.mode = 0600,
};
module_misc_device(lab_misc);

MODULE_DESCRIPTION("Experiments with kmalloc, vmalloc and their relatives");
MODULE_LICENSE("GPL");
