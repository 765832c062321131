// SPDX-License-Identifier: GPL-2.0-only
/*
 * An engine for tests: a worker that copies, where a device would do DMA
 *
 * It binds QEMU's pci-testdev, which every QEMU has. It also shows all that a
 * new engine needs: this file, and its line in the PCI id table.
 */
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../device.h"
#include "../plan.h"
#include "../trace.h"

static bool hang;
module_param_named(software_hang, hang, bool, 0644);
MODULE_PARM_DESC(software_hang, "The next request of the engine for tests never ends");

/* Not edu's, and no power of two. */
#define SOFTWARE_WINDOW		1000

/**
 * struct software - the engine's state
 * @chan: the only channel
 * @work: copies
 * @request: what is being copied, or NULL; under the channel's lock
 * @ended: @work has done; under the channel's lock
 * @owner: the open file whose bytes are in @memory; only @work looks
 * @memory: the on-board memory
 */
struct software {
	struct edudma_channel *chan;
	struct work_struct work;
	struct edudma_request *request;
	bool ended;
	u64 owner;
	u8 memory[SOFTWARE_WINDOW];
};

static void software_command(struct software *soft, struct edudma_command *cmd)
{
	/* There is no IOMMU: a bus address is a physical one. */
	void *memory = phys_to_virt(cmd->addr);

	trace_edudma_command_start(soft->chan, cmd, false);
	if (cmd->to_device)
		memcpy(soft->memory + cmd->device, memory, cmd->len);
	else
		memcpy(memory, soft->memory + cmd->device, cmd->len);
	trace_edudma_command_done(soft->chan, cmd, false);
	atomic64_inc(&soft->chan->edev->counters.commands);
}

static void software_work(struct work_struct *work)
{
	struct software *soft = container_of(work, struct software, work);
	struct edudma_request *req = soft->request;
	struct edudma_range src = {}, dst = {};
	struct edudma_command cmd;
	struct edudma_plan plan;

	if (soft->owner != req->file->id)
		memset(soft->memory, 0, sizeof(soft->memory));
	soft->owner = req->file->id;

	if (req->op != EDUDMA_FROM_DEVICE)
		src = edudma_hold_range(&req->src);
	if (req->op != EDUDMA_TO_DEVICE)
		dst = edudma_hold_range(&req->dst);
	edudma_plan_init(&plan, req->op, &src, &dst, req->length,
			 req->device_offset, SOFTWARE_WINDOW);
	while (!READ_ONCE(req->cancelled) && edudma_plan_next(&plan, &cmd)) {
		software_command(soft, &cmd);
		req->commands++;
	}

	spin_lock_irq(&soft->chan->lock);
	soft->ended = true;
	spin_unlock_irq(&soft->chan->lock);
	edudma_channels_reap(soft->chan->edev);
}

static u64 software_dma_mask(struct edudma_device *edev)
{
	return DMA_BIT_MASK(64);
}

static int software_init(struct edudma_device *edev)
{
	struct device *dev = &edev->pdev->dev;
	struct software *soft;

	if (edev->iommu)
		return edudma_failed(dev, -EOPNOTSUPP, "knows no IOMMU\n");
	soft = kzalloc(sizeof(*soft), GFP_KERNEL);
	if (!soft)
		return edudma_failed(dev, -ENOMEM, "no memory for the engine's state\n");
	INIT_WORK(&soft->work, software_work);
	edev->engine_priv = soft;
	edev->limits.window = SOFTWARE_WINDOW;
	edev->limits.device_bytes = SOFTWARE_WINDOW;
	edev->limits.max_segment = UINT_MAX;
	edev->limits.max_length = U64_MAX;
	edev->limits.nr_channels = 1;
	return 0;
}

static void software_fini(struct edudma_device *edev)
{
	kfree(edev->engine_priv);
}

static bool software_begin(struct edudma_channel *chan, unsigned int budget)
{
	struct edudma_request *req = edudma_channel_next(chan);
	struct software *soft = chan->edev->engine_priv;

	if (soft->request)
		return false;
	edudma_request_take(req);
	soft->chan = chan;
	soft->request = req;
	soft->ended = false;
	chan->progress = jiffies;
	edudma_request_started(req);
	if (!hang)
		schedule_work(&soft->work);
	hang = false;
	return false;
}

static unsigned int software_reap(struct edudma_channel *chan, unsigned int budget)
{
	struct software *soft = chan->edev->engine_priv;
	struct edudma_request *req = soft->request;

	if (!req || !soft->ended)
		return 0;
	soft->request = NULL;
	edudma_request_finish(req, req->cancelled);
	return 1;
}

static int software_stop(struct edudma_channel *chan)
{
	struct software *soft = chan->edev->engine_priv;
	unsigned long flags;

	cancel_work_sync(&soft->work);
	spin_lock_irqsave(&chan->lock, flags);
	soft->request = NULL;
	spin_unlock_irqrestore(&chan->lock, flags);
	return 0;
}

const struct edudma_engine_ops edudma_software_engine = {
	.name = "software",
	.dma_mask = software_dma_mask,
	.init = software_init,
	.fini = software_fini,
	.begin = software_begin,
	.reap = software_reap,
	.stop = software_stop,
};
