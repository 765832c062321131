// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's edu device: registers, one command at a time
 *
 * Sources: docs/specs/edu.rst and hw/misc/edu.c in QEMU, versions 4.1 to 11.1.
 * docs/device.md tells what a driver author must know and neither says.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/dmi.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "device.h"
#include "edu.h"
#include "page_end.h"
#include "plan.h"
#include "trace.h"

/* 4- or 8-byte access; a 4-byte write clears the upper half */
#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98
#define   EDU_DMA_RUN		BIT(0)
#define   EDU_DMA_FROM_DEVICE	BIT(1)
#define   EDU_DMA_IRQ		BIT(2)

/* Where the device's own DMA commands find the on-board memory. */
#define EDU_MEMORY		0x40000
#define EDU_MEMORY_BYTES	4096

#define EDU_COMMAND_MS		100
/* Time for a command that was begun by somebody before us. */
#define EDU_QUIET_MS		(10 * EDU_COMMAND_MS)

static unsigned int window;

static int window_set(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1, EDU_MEMORY_BYTES);
}

static const struct kernel_param_ops window_ops = {
	.set = window_set,
	.get = param_get_uint,
};
module_param_cb_unsafe(window, &window_ops, &window, 0444);
MODULE_PARM_DESC(window,
		 "Bytes of edu's memory to use, 1 to 4096 (default: 4096 where SMBIOS proves QEMU 9.0 or newer, else 4095; 4096 aborts older ones)");

/**
 * struct edu - the engine's state
 * @request: what has the device, or NULL; under the channel's lock, like all up to @owner.
 *	With it all before @owner is forgotten.
 * @plan: what is left of it
 * @rest: what is left of a command of the plan whose first byte went alone
 * @command: what the device is doing, if @busy
 * @around: @command is a byte that goes by way of @page_end
 * @busy: @command has been begun, and its end has not been reaped
 * @scrubbing: @command clears on-board memory for @request
 * @ended: the device has told the end of @command
 * @error: 0, or -EIO if nothing proves that the bytes of @command moved
 * @untold: when RUN was found clear without that, in jiffies; or 0
 * @owner: the open file whose bytes are in on-board memory, by its id; 0: nobody
 * @zeros: a page of zeros, for scrubbing
 * @zeros_addr: its bus address
 * @page_end: for bytes that the IOMMU would take for others
 */
struct edu {
	struct edudma_request *request;
	struct edudma_plan plan;
	struct edudma_command rest;
	struct edudma_command command;
	bool around;
	bool busy;
	bool scrubbing;
	bool ended;
	int error;
	unsigned long untold;
	u64 owner;
	void *zeros;
	dma_addr_t zeros_addr;
	struct edudma_page_end page_end;
};

static bool edu_is_running(struct edudma_device *edev)
{
	return readl(edev->regs + EDU_DMA_CMD) & EDU_DMA_RUN;
}

/*
 * The device knows no reset: a command may be running that was begun before a
 * reboot, a kexec or an unbind, and an interrupt may be pending. A factorial from before
 * touches no memory, and only the next factorial waits for it.
 */
static int edu_quiesce(struct edudma_device *edev)
{
	unsigned int waited;

	for (waited = 0; edu_is_running(edev); waited += 20) {
		if (waited >= EDU_QUIET_MS)
			return -ETIMEDOUT;
		msleep(20);
	}
	return 0;
}

static u64 edu_dma_mask(struct edudma_device *edev)
{
	return DMA_BIT_MASK(28);
}

/*
 * May the last byte of the on-board memory be touched? Before 8.2.1, QEMU aborts
 * then. A machine type is never newer than its QEMU, so a machine of 9.0 or newer
 * proves that the QEMU which emulates this device is. (It proves nothing about a
 * device that was passed through from another virtual machine: the window
 * parameter is for those.)
 */
static bool edu_last_byte_is_safe(void)
{
	const char *vendor = dmi_get_system_info(DMI_SYS_VENDOR);
	const char *version = dmi_get_system_info(DMI_PRODUCT_VERSION);
	unsigned int major;

	if (!vendor || strcmp(vendor, "QEMU") || !version)
		return false;
	if (sscanf(version, "pc-q35-%u.", &major) != 1 &&
	    sscanf(version, "pc-i440fx-%u.", &major) != 1)
		return false;
	return major >= 9;
}

static void edu_set_limits(struct edudma_limits *limits)
{
	bool is_safe = edu_last_byte_is_safe();

	limits->window = window ?: (is_safe ? EDU_MEMORY_BYTES : EDU_MEMORY_BYTES - 1);
	limits->device_bytes = limits->window;
	limits->command_ns = EDU_COMMAND_MS * NSEC_PER_MSEC;
	limits->max_segment = UINT_MAX;
	limits->max_length = U64_MAX;
	limits->nr_channels = 1;
	limits->nr_vectors = 1;
	limits->flags = is_safe ? EDUDMA_INFO_SMBIOS : 0;
}

static int edu_init(struct edudma_device *edev)
{
	struct device *dev = &edev->pdev->dev;
	struct edu *edu;
	int ret;

	ret = edu_quiesce(edev);
	if (ret)
		return edudma_failed(dev, ret, "a command from before is still running\n");
	ret = edudma_edu_init(edev);
	if (ret)
		return ret;

	edu = kzalloc(sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return edudma_failed(dev, -ENOMEM, "no memory for the engine's state\n");
	edev->engine_priv = edu;
	edu->zeros = dma_alloc_coherent(dev, EDU_MEMORY_BYTES, &edu->zeros_addr,
					GFP_KERNEL);
	if (!edu->zeros) {
		ret = edudma_failed(dev, -ENOMEM, "no coherent memory below the mask 0x%llx\n",
				    edev->dma_mask);
		goto err_free;
	}
	ret = edudma_page_end_init(&edu->page_end, edev);
	if (ret)
		goto err_free_zeros;

	edu_set_limits(&edev->limits);
	return 0;

err_free_zeros:
	dma_free_coherent(dev, EDU_MEMORY_BYTES, edu->zeros, edu->zeros_addr);
err_free:
	kfree(edu);
	return ret;
}

static void edu_fini(struct edudma_device *edev)
{
	struct edu *edu = edev->engine_priv;

	edudma_page_end_fini(&edu->page_end, edev);
	dma_free_coherent(&edev->pdev->dev, EDU_MEMORY_BYTES, edu->zeros,
			  edu->zeros_addr);
	kfree(edu);
}

/* writel() orders the device's view of memory before it, so RUN goes last. */
static void edu_start(struct edudma_channel *chan)
{
	struct edudma_device *edev = chan->edev;
	struct edu *edu = edev->engine_priv;
	const struct edudma_command *cmd = &edu->command;
	u64 memory = edu->around ? edu->page_end.addr : cmd->addr;
	u64 device = EDU_MEMORY + cmd->device;
	/* To set the interrupt status, even if no interrupt comes of it */
	u32 run = EDU_DMA_RUN | EDU_DMA_IRQ;

	if (!cmd->to_device)
		run |= EDU_DMA_FROM_DEVICE;

	trace_edudma_command_start(chan, cmd, edu->scrubbing);
	edu->busy = true;
	edu->ended = false;
	edu->untold = 0;
	chan->progress = jiffies;
	if (edu->around && cmd->to_device)
		edudma_page_end_load(&edu->page_end, cmd->addr);
	writeq(cmd->to_device ? memory : device, edev->regs + EDU_DMA_SRC);
	writeq(cmd->to_device ? device : memory, edev->regs + EDU_DMA_DST);
	writel(cmd->len, edev->regs + EDU_DMA_COUNT);
	writel(run, edev->regs + EDU_DMA_CMD);
}

/* A byte that the IOMMU would take for another goes alone. */
static bool edu_next(struct edu *edu)
{
	struct edudma_command *cmd = &edu->command;

	if (edu->rest.len)
		*cmd = edu->rest;
	else if (!edudma_plan_next(&edu->plan, cmd))
		return false;
	edu->rest.len = 0;
	edu->around = edudma_page_end_is_mistaken(&edu->page_end, cmd->addr);
	if (edu->around) {
		edu->rest = (struct edudma_command) {
			.addr = cmd->addr + 1,
			.device = cmd->device + 1,
			.len = cmd->len - 1,
			.to_device = cmd->to_device,
		};
		cmd->len = 1;
	}
	return true;
}

/* Give the device the request's next command, or end the request. */
static void edu_advance(struct edudma_channel *chan)
{
	struct edu *edu = chan->edev->engine_priv;
	struct edudma_request *req = edu->request;

	if (!req->cancelled && !edu->error && edu_next(edu)) {
		if (!req->commands++)
			edudma_request_started(req);
		atomic64_inc(&chan->edev->counters.commands);
		edu_start(chan);
		return;
	}
	edudma_request_finish(req, req->cancelled ?: edu->error);
	memset(edu, 0, offsetof(struct edu, owner));
}

/* On-board memory still has the bytes of another open file. Until it has ended, nobody's. */
static void edu_scrub(struct edudma_channel *chan)
{
	struct edu *edu = chan->edev->engine_priv;

	edu->owner = 0;
	edu->scrubbing = true;
	edu->around = false;
	edu->command = (struct edudma_command) {
		.addr = edu->zeros_addr,
		.len = chan->edev->limits.window,
		.to_device = true,
	};
	atomic64_inc(&chan->edev->counters.scrubs);
	edu_start(chan);
}

static bool edu_begin(struct edudma_channel *chan, unsigned int budget)
{
	struct edudma_request *req = edudma_channel_next(chan);
	struct edu *edu = chan->edev->engine_priv;
	struct edudma_range src = {}, dst = {};

	if (edu->request)
		return false;

	edudma_request_take(req);
	if (req->op != EDUDMA_FROM_DEVICE)
		src = edudma_hold_range(&req->src);
	if (req->op != EDUDMA_TO_DEVICE)
		dst = edudma_hold_range(&req->dst);
	edudma_plan_init(&edu->plan, req->op, &src, &dst, req->length,
			 req->device_offset, chan->edev->limits.window);
	edu->request = req;
	if (edu->owner == req->file->id)
		edu_advance(chan);
	else
		edu_scrub(chan);
	return false;
}

/*
 * edu copies, clears RUN, sets DMA in the interrupt status and sends its message in one
 * step. So DMA tells that a command has ended: RUN is clear, too, if it never began. And a
 * message, which needs bus mastering as the bytes do, tells that they moved. An interrupt
 * line and the status need none: then the command register must be well whenever an
 * interrupt or the poller looks.
 */
static void edu_doubt(struct edudma_device *edev, struct edu *edu)
{
	const u16 wanted = PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY;
	u16 command;

	pci_read_config_word(edev->pdev, PCI_COMMAND, &command);
	if (edu->error || (edev->irq_mode != EDUDMA_IRQ_MSI && !PCI_POSSIBLE_ERROR(command) &&
			   (command & wanted) == wanted))
		return;
	dev_err_ratelimited(&edev->dev,
			    "nothing proves that the bytes of a command moved (PCI command 0x%04x)\n",
			    command);
	edu->error = -EIO;
}

static bool edu_irq(struct edudma_device *edev, unsigned int vector)
{
	struct edudma_channel *chan = edev->channels;
	struct edu *edu = edev->engine_priv;
	u32 status;

	spin_lock(&chan->lock);
	status = edudma_edu_irq(edev);
	if (edu->busy && edev->irq_mode == EDUDMA_IRQ_INTX)
		edu_doubt(edev, edu);
	if (edu->busy && status & EDU_IRQ_DMA)
		edu->ended = true;
	spin_unlock(&chan->lock);
	return status;
}

static void edu_poll(struct edudma_device *edev, struct edu *edu)
{
	if (edudma_edu_irq(edev) & EDU_IRQ_DMA)
		edu->ended = true;
	edu_doubt(edev, edu);
}

static unsigned int edu_reap(struct edudma_channel *chan, unsigned int budget)
{
	struct edudma_device *edev = chan->edev;
	struct edu *edu = edev->engine_priv;

	if (!edu->busy)
		return 0;
	if (edev->irq_mode == EDUDMA_IRQ_POLL)
		edu_poll(edev, edu);
	/* readl() orders what the CPU reads of the data after it. */
	if (!edu->ended || edu_is_running(edev))
		return 0;

	trace_edudma_command_done(chan, &edu->command, edu->scrubbing);
	edu->busy = false;
	if (edu->around && !edu->command.to_device && !edu->error)
		edudma_page_end_store(&edu->page_end, edu->command.addr);
	if (edu->scrubbing) {
		edu->scrubbing = false;
		if (!edu->error)
			edu->owner = edu->request->file->id;
	}
	edu_advance(chan);
	return 1;
}

/* An interrupt may be on its way for a moment. After half a second it is lost. */
static unsigned int edu_check(struct edudma_channel *chan)
{
	struct edudma_device *edev = chan->edev;
	struct edu *edu = edev->engine_priv;

	if (!edu->busy || edu_is_running(edev) || !edudma_edu_is_present(edev))
		return 0;
	if (!edu->untold)
		edu->untold = jiffies | 1;
	if (time_before(jiffies, edu->untold + HZ / 2))
		return 0;
	if (edudma_edu_irq(edev) & EDU_IRQ_DMA)
		edu_doubt(edev, edu);
	else
		edu->error = -EIO;
	edu->ended = true;
	return edu_reap(chan, 1);
}

/* There is no abort, only an end: of the command that runs, and of the request. */
static int edu_stop(struct edudma_channel *chan)
{
	struct edudma_device *edev = chan->edev;
	struct edu *edu = edev->engine_priv;
	unsigned int waited;
	unsigned long flags;
	int ret = 0;

	/* An unplugged device has no command running, whatever it reads. */
	for (waited = 0; edudma_edu_is_present(edev) && edu_is_running(edev); waited++) {
		if (waited == EDU_QUIET_MS) {
			ret = -ETIMEDOUT;
			break;
		}
		usleep_range(1000, 2000);
	}

	spin_lock_irqsave(&chan->lock, flags);
	memset(edu, 0, offsetof(struct edu, owner));
	/* That end is not to be taken for the next command's. */
	writel(EDU_IRQ_DMA, edev->regs + EDU_IRQ_ACK);
	spin_unlock_irqrestore(&chan->lock, flags);
	return ret;
}

static void edu_show(struct edudma_device *edev, struct seq_file *seq)
{
	static const struct {
		const char *name;
		unsigned int offset;
	} registers[] = {
		{ "id", EDU_ID },
		{ "liveness", EDU_LIVENESS },
		{ "factorial", EDU_FACTORIAL },
		{ "status", EDU_STATUS },
		{ "irq_status", EDU_IRQ_STATUS },
		{ "dma_source", EDU_DMA_SRC },
		{ "dma_destination", EDU_DMA_DST },
		{ "dma_count", EDU_DMA_COUNT },
		{ "dma_command", EDU_DMA_CMD },
	};
	unsigned int i;
	u32 value;

	for (i = 0; i < ARRAY_SIZE(registers); i++) {
		if (edudma_edu_read(edev, registers[i].offset, &value))
			seq_printf(seq, "0x%02x %-16s 0x%08x\n", registers[i].offset,
				   registers[i].name, value);
	}
}

const struct edudma_engine_ops edudma_edu_engine = {
	.name = "edu",
	.identify = edudma_edu_identify,
	.dma_mask = edu_dma_mask,
	.init = edu_init,
	.fini = edu_fini,
	.begin = edu_begin,
	.irq = edu_irq,
	.reap = edu_reap,
	.check = edu_check,
	.stop = edu_stop,
	.factorial = edudma_edu_factorial,
	.liveness = edudma_edu_liveness,
	.show = edu_show,
};
