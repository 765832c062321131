// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/edudmaN: open, ioctl, mmap, poll, close
 */
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "buffer.h"
#include "chardev.h"
#include "compat.h"
#include "device.h"
#include "mmap.h"
#include "request.h"
#include "ring.h"
#include "sync.h"
#include "uring.h"

#define EDUDMA_MINORS		64

static struct class edudma_class = {
	.name = "edudma",
};

static dev_t first_devt;
static DEFINE_IDA(minors);
static struct workqueue_struct *reapers;

static void file_free(struct edudma_file *file)
{
	struct edudma_device *edev = file->edev;

	mutex_lock(&edev->files_lock);
	list_del(&file->node);
	edudma_buffers_release(file);
	mutex_unlock(&edev->files_lock);

	edudma_buffers_destroy(file);
	edudma_requests_free_spares(file);
	edudma_ring_free(file);
	kfree(file);
	put_device(&edev->dev);
}

static void file_reap(struct work_struct *work)
{
	file_free(container_of(work, struct edudma_file, reaper));
}

static void file_release(struct kref *ref)
{
	file_free(container_of(ref, struct edudma_file, ref));
}

static void file_release_atomic(struct kref *ref)
{
	struct edudma_file *file = container_of(ref, struct edudma_file, ref);

	queue_work(reapers, &file->reaper);
}

/**
 * edudma_file_put - drop the reference that requests had to their open file
 * @file: the open file
 *
 * Context: any. If it was the last one, a worker frees the file.
 */
void edudma_file_put(struct edudma_file *file)
{
	kref_put(&file->ref, file_release_atomic);
}

static struct edudma_file *file_create(struct edudma_device *edev)
{
	struct edudma_file *file;

	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return ERR_PTR(-ENOMEM);
	kref_init(&file->ref);
	file->edev = edev;
	get_device(&edev->dev);
	spin_lock_init(&file->lock);
	INIT_LIST_HEAD(&file->spares);
	edudma_ring_init(file);
	INIT_WORK(&file->reaper, file_reap);

	mutex_lock(&edev->files_lock);
	file->id = ++edev->last_file_id;
	list_add_tail(&file->node, &edev->files);
	mutex_unlock(&edev->files_lock);
	return file;
}

static int edudma_open(struct inode *inode, struct file *filp)
{
	struct edudma_device *edev =
		container_of(inode->i_cdev, struct edudma_device, cdev);
	struct edudma_file *file;
	int idx;

	idx = edudma_enter(edev);
	file = edudma_is_gone(edev) ? ERR_PTR(-ENODEV) : file_create(edev);
	edudma_exit(edev, idx);
	if (IS_ERR(file))
		return PTR_ERR(file);

	filp->private_data = file;
	filp->f_mapping = edev->inode->i_mapping;
	return nonseekable_open(inode, filp);
}

static void file_cancel(struct edudma_file *file)
{
	int idx = edudma_enter(file->edev);

	if (!edudma_is_gone(file->edev))
		edudma_channels_cancel(file->edev, file, NULL);
	edudma_exit(file->edev, idx);
}

static int edudma_release(struct inode *inode, struct file *filp)
{
	struct edudma_file *file = filp->private_data;

	file_cancel(file);
	kref_put(&file->ref, file_release);
	return 0;
}

static int edudma_info(struct edudma_file *file, void *data)
{
	struct edudma_info *arg = data;
	struct edudma_device *edev = file->edev;
	struct pci_dev *pdev = edev->pdev;

	arg->dma_mask = edev->dma_mask;
	arg->quota_bytes = edudma_quota();
	arg->command_ns = edev->limits.command_ns;
	arg->device_bytes = edev->limits.device_bytes;
	arg->window = edev->limits.window;
	arg->irq_mode = edev->irq_mode;
	arg->flags = edev->limits.flags;
	if (edev->iommu)
		arg->flags |= EDUDMA_INFO_IOMMU;
	arg->nr_methods = edudma_nr_methods();
	arg->nr_channels = edev->limits.nr_channels;
	arg->max_transfers = EDUDMA_MAX_TRANSFERS;
	arg->max_buffers = EDUDMA_MAX_BUFFERS;
	arg->pci_domain = pci_domain_nr(pdev->bus);
	arg->pci_bus = pdev->bus->number;
	arg->pci_devfn = pdev->devfn;
	strscpy_pad(arg->engine, edev->type->ops->name, sizeof(arg->engine));
	arg->channel = edudma_file_channel(file)->index;
	return 0;
}

static int edudma_factorial(struct edudma_file *file, void *data)
{
	struct edudma_factorial *arg = data;
	struct edudma_device *edev = file->edev;

	if (!edev->type->ops->factorial)
		return -EOPNOTSUPP;
	return edev->type->ops->factorial(edev, arg->n, arg->timeout_ns,
					  &arg->result);
}

static int edudma_liveness(struct edudma_file *file, void *data)
{
	struct edudma_liveness *arg = data;
	struct edudma_device *edev = file->edev;
	unsigned int generation = READ_ONCE(edev->generation);

	if (!edev->type->ops->liveness)
		return -EOPNOTSUPP;
	if (edudma_was_stopped(edev, generation))
		return -EIO;
	arg->answer = edev->type->ops->liveness(edev, arg->value);
	return edudma_was_stopped(edev, generation) ? -EIO : 0;
}

union edudma_arg {
	struct edudma_info info;
	struct edudma_method_info method_info;
	struct edudma_buffer_alloc alloc;
	struct edudma_buffer_free free;
	struct edudma_sync sync;
	struct edudma_cpu cpu;
	struct edudma_transfer transfer;
	struct edudma_factorial factorial;
	struct edudma_liveness liveness;
	struct edudma_ring_setup ring;
	struct edudma_submit submit;
};

/**
 * struct edudma_ioctl - what is known of an ioctl
 * @cmd: its number as this kernel has it: direction and size
 * @min_size: the size of its struct in the first version
 * @run: does it, on a copy of the struct; inside enter and exit
 * @enters: @run enters by itself: it copies more from user space, or waits, outside
 */
struct edudma_ioctl {
	unsigned int cmd;
	unsigned int min_size;
	int (*run)(struct edudma_file *file, void *data);
	bool enters;
};

static const struct edudma_ioctl ioctls[] = {
	[_IOC_NR(EDUDMA_INFO)] = { EDUDMA_INFO, 96, edudma_info },
	[_IOC_NR(EDUDMA_METHOD_INFO)] = { EDUDMA_METHOD_INFO, 32, edudma_method_info },
	[_IOC_NR(EDUDMA_BUFFER_ALLOC)] = { EDUDMA_BUFFER_ALLOC, 48, edudma_buffer_alloc },
	[_IOC_NR(EDUDMA_BUFFER_FREE)] = { EDUDMA_BUFFER_FREE, 24, edudma_buffer_free },
	[_IOC_NR(EDUDMA_SYNC)] = { EDUDMA_SYNC, 32, edudma_buffer_sync },
	[_IOC_NR(EDUDMA_CPU)] = { EDUDMA_CPU, 48, edudma_buffer_cpu },
	[_IOC_NR(EDUDMA_TRANSFER)] = { EDUDMA_TRANSFER, 80, edudma_transfer, .enters = true },
	[_IOC_NR(EDUDMA_FACTORIAL)] = { EDUDMA_FACTORIAL, 16, edudma_factorial },
	[_IOC_NR(EDUDMA_LIVENESS)] = { EDUDMA_LIVENESS, 8, edudma_liveness },
	[_IOC_NR(EDUDMA_RING)] = { EDUDMA_RING, 24, edudma_ring_setup },
	[_IOC_NR(EDUDMA_SUBMIT)] = { EDUDMA_SUBMIT, 32, edudma_ring_submit, .enters = true },
};

static int dispatch(struct edudma_file *file, const struct edudma_ioctl *known,
		    union edudma_arg *arg)
{
	int ret, idx;

	if (known->enters)
		return known->run(file, arg);

	idx = edudma_enter(file->edev);
	ret = edudma_is_gone(file->edev) ? -ENODEV : known->run(file, arg);
	edudma_exit(file->edev, idx);
	return ret;
}

/* A struct is on two pages at most. Its bytes stay what they were. */
static bool can_write(u8 __user *user, const union edudma_arg *arg, size_t size)
{
	const u8 *bytes = (const u8 *)arg;

	return !put_user(bytes[0], user) && !put_user(bytes[size - 1], user + size - 1);
}

static int copy_in(union edudma_arg *arg, const struct edudma_ioctl *known,
		   void __user *user, size_t user_size)
{
	size_t size = _IOC_SIZE(known->cmd);
	int ret;

	if (user_size < known->min_size)
		return -EINVAL;
	if (_IOC_DIR(known->cmd) & _IOC_WRITE) {
		ret = copy_struct_from_user(arg, size, user, user_size);
		if (ret)
			return ret;
	} else {
		memset(arg, 0, size);
	}
	/* A result that cannot be written is found out before anything is done. */
	return can_write(user, arg, min(size, user_size)) ? 0 : -EFAULT;
}

static int copy_out(const union edudma_arg *arg, const struct edudma_ioctl *known,
		    void __user *user, size_t user_size)
{
	size_t size = _IOC_SIZE(known->cmd);

	if (copy_to_user(user, arg, min(size, user_size)))
		return -EFAULT;
	if (user_size > size && clear_user(user + size, user_size - size))
		return -EFAULT;
	return 0;
}

/* Nobody could free a buffer whose handle did not arrive. */
static void end_alloc(struct edudma_file *file, u32 handle, bool told)
{
	int idx;

	idx = edudma_enter(file->edev);
	if (!edudma_is_gone(file->edev))
		edudma_buffer_alloc_end(file, handle, told);
	edudma_exit(file->edev, idx);
}

static long edudma_ioctl(struct file *filp, unsigned int cmd, unsigned long user)
{
	struct edudma_file *file = filp->private_data;
	const struct edudma_ioctl *known;
	unsigned int nr = _IOC_NR(cmd);
	union edudma_arg arg;
	int ret;

	if (_IOC_TYPE(cmd) != EDUDMA_IOC_MAGIC || nr >= ARRAY_SIZE(ioctls))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(ioctls));
	known = &ioctls[nr];
	if (!known->run || _IOC_DIR(cmd) != _IOC_DIR(known->cmd))
		return -ENOTTY;
	ret = copy_in(&arg, known, (void __user *)user, _IOC_SIZE(cmd));
	if (ret)
		return ret;

	ret = dispatch(file, known, &arg);
	if (ret)
		return ret;
	ret = copy_out(&arg, known, (void __user *)user, _IOC_SIZE(cmd));
	if (nr == _IOC_NR(EDUDMA_BUFFER_ALLOC))
		end_alloc(file, arg.alloc.handle, !ret);
	return ret;
}

static int edudma_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct edudma_file *file = filp->private_data;
	int ret, idx;

	idx = edudma_enter(file->edev);
	ret = edudma_is_gone(file->edev) ? -ENODEV : edudma_buffer_mmap(file, vma);
	edudma_exit(file->edev, idx);
	return ret;
}

static __poll_t edudma_poll(struct file *filp, poll_table *table)
{
	return edudma_ring_poll(filp->private_data, filp, table);
}

static int edudma_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct edudma_file *file = cmd->file->private_data;
	int ret, idx;

	idx = edudma_enter(file->edev);
	ret = edudma_is_gone(file->edev) ? -ENODEV :
		edudma_uring_submit(file, cmd, issue_flags);
	edudma_exit(file->edev, idx);
	return ret;
}

static const struct file_operations edudma_fops = {
	.owner = THIS_MODULE,
	.open = edudma_open,
	.release = edudma_release,
	.unlocked_ioctl = edudma_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = edudma_mmap,
	.poll = edudma_poll,
	.uring_cmd = edudma_uring_cmd,
};

/**
 * edudma_chardev_add - make the device visible to user space
 * @edev: the device, ready for anything
 *
 * Context: the last step of probe; may sleep.
 * Return: 0 or an errno.
 */
int edudma_chardev_add(struct edudma_device *edev)
{
	int ret;

	edev->id = ida_alloc_max(&minors, EDUDMA_MINORS - 1, GFP_KERNEL);
	if (edev->id < 0)
		return edev->id;
	edev->dev.class = &edudma_class;
	edev->dev.devt = first_devt + edev->id;
	ret = dev_set_name(&edev->dev, "edudma%d", edev->id);
	if (ret)
		goto err_ida;
	cdev_init(&edev->cdev, &edudma_fops);
	edev->cdev.owner = THIS_MODULE;
	ret = cdev_device_add(&edev->cdev, &edev->dev);
	if (ret)
		goto err_ida;
	return 0;

err_ida:
	ida_free(&minors, edev->id);
	return ret;
}

/**
 * edudma_chardev_remove - undo edudma_chardev_add()
 * @edev: the device, marked gone
 *
 * Open files stay, and get -ENODEV.
 *
 * Context: may sleep.
 */
void edudma_chardev_remove(struct edudma_device *edev)
{
	cdev_device_del(&edev->cdev, &edev->dev);
	ida_free(&minors, edev->id);
}

/**
 * edudma_chardev_init - prepare for devices
 *
 * Return: 0 or an errno.
 */
int edudma_chardev_init(void)
{
	int ret;

	reapers = alloc_workqueue("edudma", WQ_UNBOUND, 0);
	if (!reapers)
		return -ENOMEM;
	ret = class_register(&edudma_class);
	if (ret)
		goto err_queue;
	ret = alloc_chrdev_region(&first_devt, 0, EDUDMA_MINORS, "edudma");
	if (ret)
		goto err_class;
	return 0;

err_class:
	class_unregister(&edudma_class);
err_queue:
	destroy_workqueue(reapers);
	return ret;
}

/**
 * edudma_chardev_exit - undo edudma_chardev_init()
 *
 * Waits for files that are still being freed.
 */
void edudma_chardev_exit(void)
{
	unregister_chrdev_region(first_devt, EDUDMA_MINORS);
	class_unregister(&edudma_class);
	destroy_workqueue(reapers);
}
