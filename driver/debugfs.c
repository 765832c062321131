// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/edudma/edudmaN: registers, buffers, counters
 *
 * Two of them show bus addresses. The file system is root's alone, and in a
 * container root may be anybody: so that takes CAP_SYS_ADMIN as well.
 */
#include <linux/capability.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/seq_file.h>

#include "buffer.h"
#include "debugfs.h"
#include "device.h"
#include "hold.h"

/*
 * Of a buffer so many segments and holds are shown, and more are counted: it is printed
 * with interrupts off.
 */
#define LINES_SHOWN		16

static struct dentry *root;

/* As whoever opened the file, who may have handed it to somebody else */
static bool may_see_addresses(struct seq_file *seq)
{
	return file_ns_capable(seq->file, &init_user_ns, CAP_SYS_ADMIN);
}

static int registers_show(struct seq_file *seq, void *unused)
{
	struct edudma_device *edev = seq->private;
	int idx;

	if (!may_see_addresses(seq))
		return -EPERM;
	idx = edudma_enter(edev);
	if (!edudma_is_gone(edev) && edev->type->ops->show)
		edev->type->ops->show(edev, seq);
	edudma_exit(edev, idx);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(registers);

static void show_holds(struct seq_file *seq, const struct edudma_buffer *buf)
{
	const struct edudma_hold *hold;
	unsigned int nr = 0;

	hlist_for_each_entry(hold, &buf->holds, node) {
		if (nr++ < LINES_SHOWN)
			seq_printf(seq, "    %s %s %llu+%llu\n",
				   hold->cpu ? "CPU" : "device",
				   hold->writes ? "writes" : "reads",
				   hold->offset, hold->length);
	}
	if (nr > LINES_SHOWN)
		seq_printf(seq, "    and %u more in use\n", nr - LINES_SHOWN);
}

static void show_buffer(struct seq_file *seq, const struct edudma_buffer *buf)
{
	unsigned int i, shown = min_t(unsigned int, buf->nr_segs, LINES_SHOWN);

	seq_printf(seq, "  %u %s length=%llu segments=%u%s\n", buf->handle,
		   buf->ops->name, buf->length, buf->nr_segs,
		   buf->nr_vmas ? " mapped" : "");
	show_holds(seq, buf);
	for (i = 0; i < shown; i++)
		seq_printf(seq, "    0x%llx+%llu\n", buf->segs[i].addr,
			   buf->segs[i].len);
	if (shown < buf->nr_segs)
		seq_printf(seq, "    and %u more\n", buf->nr_segs - shown);
}

/* Buffer by buffer: they may come and go in between. */
static void show_file(struct seq_file *seq, struct edudma_file *file)
{
	unsigned int i;

	spin_lock_irq(&file->lock);
	seq_printf(seq, "file %llu bytes=%llu buffers=%u transfers=%u\n", file->id,
		   file->bytes, file->nr_buffers, file->nr_transfers);
	spin_unlock_irq(&file->lock);
	for (i = 0; i < EDUDMA_MAX_BUFFERS; i++) {
		spin_lock_irq(&file->lock);
		if (file->buffers[i])
			show_buffer(seq, file->buffers[i]);
		spin_unlock_irq(&file->lock);
	}
}

static int buffers_show(struct seq_file *seq, void *unused)
{
	struct edudma_device *edev = seq->private;
	struct edudma_file *file;
	int idx;

	if (!may_see_addresses(seq))
		return -EPERM;
	mutex_lock(&edev->files_lock);
	idx = edudma_enter(edev);
	if (!edudma_is_gone(edev)) {
		list_for_each_entry(file, &edev->files, node)
			show_file(seq, file);
	}
	edudma_exit(edev, idx);
	mutex_unlock(&edev->files_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(buffers);

static int counters_show(struct seq_file *seq, void *unused)
{
	struct edudma_device *edev = seq->private;
	const struct {
		const char *name;
		atomic64_t *value;
	} counters[] = {
		{ "submitted", &edev->counters.submitted },
		{ "completed", &edev->counters.completed },
		{ "failed", &edev->counters.failed },
		{ "cancelled", &edev->counters.cancelled },
		{ "commands", &edev->counters.commands },
		{ "scrubs", &edev->counters.scrubs },
		{ "interrupts", &edev->counters.interrupts },
		{ "lost_interrupts", &edev->counters.lost },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counters); i++)
		seq_printf(seq, "%s %lld\n", counters[i].name,
			   atomic64_read(counters[i].value));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

/**
 * edudma_debugfs_add - show a device
 * @edev: the device
 */
void edudma_debugfs_add(struct edudma_device *edev)
{
	edev->debugfs = debugfs_create_dir(dev_name(&edev->dev), root);
	debugfs_create_file("registers", 0400, edev->debugfs, edev, &registers_fops);
	debugfs_create_file("buffers", 0400, edev->debugfs, edev, &buffers_fops);
	debugfs_create_file("counters", 0400, edev->debugfs, edev, &counters_fops);
}

/**
 * edudma_debugfs_remove - show it no more
 * @edev: the device
 *
 * Context: may sleep; nobody reads when it returns.
 */
void edudma_debugfs_remove(struct edudma_device *edev)
{
	debugfs_remove(edev->debugfs);
}

/**
 * edudma_debugfs_init - make the directory
 */
void edudma_debugfs_init(void)
{
	root = debugfs_create_dir("edudma", NULL);
}

/**
 * edudma_debugfs_exit - remove it
 */
void edudma_debugfs_exit(void)
{
	debugfs_remove(root);
}
