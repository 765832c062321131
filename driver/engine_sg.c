// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu-sg: descriptor rings, scatter-gather in the device, a vector a channel
 *
 * Source: docs/edu-sg.md, whose names this file uses.
 *
 * On-board memory is shared out: each channel has a slice, and what a file keeps
 * on board is in the slice of its channel. Before another file's first request
 * there, the slice is cleared; the request waits until that has succeeded.
 */
#include <linux/build_bug.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "device.h"
#include "edu.h"
#include "irq.h"
#include "plan.h"
#include "trace.h"

#define SG_CAP_VERSION		0x100
#define   SG_VERSION		1
#define SG_CAP_CHANNELS		0x104
#define   SG_MAX_CHANNELS	32
#define SG_CAP_MEMORY		0x108
#define SG_CAP_DMA_BITS		0x110
#define SG_CAP_RING		0x114
#define SG_CAP_SEGMENTS		0x118
#define SG_CAP_VECTORS		0x11c
#define SG_CAP_LENGTH		0x120

#define SG_RESET		0x200
#define SG_CHANNEL_IRQ		0x204

#define SG_CHANNEL(n)		(0x80000 + 0x1000 * (n))
#define SG_COMMAND		0x00
#define   SG_COMMAND_ENABLE	1
#define   SG_COMMAND_RESET	2
#define SG_STATE		0x04
#define   SG_STATE_DISABLED	0
#define   SG_STATE_RUNNING	1
#define   SG_STATE_HALTED	2
#define SG_ERROR		0x08
#define SG_REQUESTS		0x10
#define SG_COMPLETIONS		0x18
#define SG_SIZE			0x20
#define SG_VECTOR		0x24
#define SG_COUNT		0x28
#define SG_TIME			0x2c
#define SG_HEAD			0x30
#define SG_TAIL			0x40
#define SG_ABORT		0x44

#define SG_OP_TO_DEVICE		1
#define SG_OP_FROM_DEVICE	2
#define SG_OP_COPY		3
#define SG_OP_CLEAR		4

#define SG_FLAG_IRQ		BIT(0)

#define SG_STATUS_ABORTED	13
#define SG_STATUS_DEVICE	14

#define SG_SEGMENT_LINK		BIT(0)

/* Of the last word of a completion. */
#define SG_DONE_STATUS(word)	(((word) >> 32) & 0xffff)
#define SG_DONE_PHASE(word)	(((word) >> 48) & 1)

#define SG_RING			256U
/* A request that takes more than half of a ring is too long. */
#define SG_MAX_PIECES		(SG_RING / 2)

static const u8 opcodes[] = {
	[EDUDMA_TO_DEVICE] = SG_OP_TO_DEVICE,
	[EDUDMA_FROM_DEVICE] = SG_OP_FROM_DEVICE,
	[EDUDMA_COPY] = SG_OP_COPY,
};

/**
 * struct esg_descriptor - what the device shall do
 * @opcode: SG_OP_
 * @flags: SG_FLAG_
 * @reserved16: zero
 * @reserved32: zero
 * @id: comes back in the completion; not used
 * @length: bytes
 * @device_offset: where in on-board memory
 * @source: bus address of the bytes, or of a list
 * @destination: the same
 * @source_count: segments in the list at @source, or 0
 * @destination_count: the same at @destination
 * @source_skip: bytes of the list to pass over
 * @destination_skip: the same
 */
struct esg_descriptor {
	u8 opcode;
	u8 flags;
	__le16 reserved16;
	__le32 reserved32;
	__le64 id;
	__le64 length;
	__le64 device_offset;
	__le64 source;
	__le64 destination;
	__le32 source_count;
	__le32 destination_count;
	__le32 source_skip;
	__le32 destination_skip;
};

static_assert(sizeof(struct esg_descriptor) == 64);

/**
 * struct esg_segment - a piece of memory that is contiguous for the device
 * @address: its bus address
 * @length: bytes
 * @flags: SG_SEGMENT_LINK if the list goes on at @address, with @length segments
 */
struct esg_segment {
	__le64 address;
	__le32 length;
	__le32 flags;
};

static_assert(sizeof(struct esg_segment) == 16);

/**
 * struct esg_completion - how a request has ended
 * @id: of its descriptor
 * @bytes: moved
 * @busy_ns: nanoseconds that the device was at it
 * @done: written last: number, SG_DONE_STATUS(), SG_DONE_PHASE()
 */
struct esg_completion {
	__le64 id;
	__le64 bytes;
	__le64 busy_ns;
	__le64 done;
};

static_assert(sizeof(struct esg_completion) == 32);

/**
 * struct esg_block - a page of a list
 * @segments: ESG_BLOCK_SEGMENTS of them, and a link if more blocks follow
 * @addr: their bus address
 */
struct esg_block {
	struct esg_segment *segments;
	dma_addr_t addr;
};

#define ESG_BLOCK_BYTES		4096U
#define ESG_BLOCK_SEGMENTS	(ESG_BLOCK_BYTES / sizeof(struct esg_segment) - 1)

/**
 * struct esg_list - a buffer's segments, as the device reads them
 * @nr_blocks: entries of @blocks that have memory
 * @blocks: no two pages have to lie side by side, however many segments there are
 */
struct esg_list {
	unsigned int nr_blocks;
	struct esg_block blocks[];
};

/**
 * struct esg_slot - what a ring's entry was used for
 * @req: the request; NULL for a CLEAR
 * @last: its last piece
 */
struct esg_slot {
	struct edudma_request *req;
	bool last;
};

/**
 * struct esg_channel - the engine's state for a channel, under the channel's lock
 * @regs: its registers
 * @requests: the request ring
 * @requests_addr: its bus address
 * @completions: the completion ring
 * @completions_addr: its bus address
 * @slots: what each entry is used for
 * @tail: descriptors written
 * @doorbell: descriptors that the device knows of
 * @head: completions seen
 * @slice: where its part of on-board memory begins
 * @owner: the open file whose bytes may be there, by its id
 * @dirty: bytes of the slice, from its beginning, that may not be zero
 * @clearing: a CLEAR of the slice is under way
 */
struct esg_channel {
	void __iomem *regs;
	struct esg_descriptor *requests;
	dma_addr_t requests_addr;
	struct esg_completion *completions;
	dma_addr_t completions_addr;
	struct esg_slot slots[SG_RING];
	u32 tail;
	u32 doorbell;
	u32 head;
	u64 slice;
	u64 owner;
	u64 dirty;
	bool clearing;
};

/**
 * struct esg - the engine's state
 * @nr_channels: entries of @channels
 * @channels: one for each of edudma_device.channels
 */
struct esg {
	unsigned int nr_channels;
	struct esg_channel channels[];
};

static struct esg_channel *esg_of(struct edudma_channel *chan)
{
	struct esg *esg = chan->edev->engine_priv;

	return &esg->channels[chan->index];
}

static u64 esg_read64(struct edudma_device *edev, unsigned int offset)
{
	u64 low = readl(edev->regs + offset);

	return low | (u64)readl(edev->regs + offset + 4) << 32;
}

static void esg_write64(u64 value, void __iomem *reg)
{
	writel(lower_32_bits(value), reg);
	writel(upper_32_bits(value), reg + 4);
}

static int esg_identify(struct edudma_device *edev)
{
	int ret = edudma_edu_identify(edev);
	u32 version;

	if (ret)
		return ret;
	version = readl(edev->regs + SG_CAP_VERSION);
	if (version != SG_VERSION)
		return edudma_failed(&edev->pdev->dev, -ENODEV,
				     "its version is %u, this driver knows %u\n", version,
				     SG_VERSION);
	return 0;
}

static u64 esg_dma_mask(struct edudma_device *edev)
{
	return DMA_BIT_MASK(clamp(readl(edev->regs + SG_CAP_DMA_BITS), 28U, 64U));
}

static void esg_free_rings(struct edudma_device *edev, struct esg *esg)
{
	struct device *dev = &edev->pdev->dev;
	unsigned int i;

	for (i = 0; i < esg->nr_channels; i++) {
		struct esg_channel *sg = &esg->channels[i];

		if (sg->requests)
			dma_free_coherent(dev, SG_RING * sizeof(*sg->requests),
					  sg->requests, sg->requests_addr);
		if (sg->completions)
			dma_free_coherent(dev, SG_RING * sizeof(*sg->completions),
					  sg->completions, sg->completions_addr);
	}
}

static int esg_alloc_rings(struct edudma_device *edev, struct esg *esg)
{
	struct device *dev = &edev->pdev->dev;
	unsigned int i;

	for (i = 0; i < esg->nr_channels; i++) {
		struct esg_channel *sg = &esg->channels[i];

		sg->regs = edev->regs + SG_CHANNEL(i);
		sg->slice = i * edev->limits.device_bytes;
		sg->requests = dma_alloc_coherent(dev, SG_RING * sizeof(*sg->requests),
						  &sg->requests_addr, GFP_KERNEL);
		sg->completions = dma_alloc_coherent(dev, SG_RING * sizeof(*sg->completions),
						     &sg->completions_addr, GFP_KERNEL);
		if (!sg->requests || !sg->completions) {
			esg_free_rings(edev, esg);
			return edudma_failed(dev, -ENOMEM,
					     "no coherent memory below the mask 0x%llx for channel %u's rings\n",
					     edev->dma_mask, i);
		}
	}
	return 0;
}

static void esg_read_limits(struct edudma_device *edev, struct esg *esg)
{
	/* Each block may have a link, besides its segments. */
	u64 segments = readl(edev->regs + SG_CAP_SEGMENTS) / (ESG_BLOCK_SEGMENTS + 1) *
		ESG_BLOCK_SEGMENTS;
	u64 max_length = esg_read64(edev, SG_CAP_LENGTH);
	struct edudma_limits *limits = &edev->limits;

	limits->nr_channels = esg->nr_channels;
	limits->nr_vectors = max(1U, readl(edev->regs + SG_CAP_VECTORS));
	limits->device_bytes = min(max_length, round_down(esg_read64(edev, SG_CAP_MEMORY) /
							  esg->nr_channels, 4));
	limits->window = limits->device_bytes;
	limits->max_segment = UINT_MAX;
	/* Bytes that begin inside of a page touch one more, and inside of a block one more link. */
	limits->max_length = min((segments - 2) << PAGE_SHIFT,
				 (SG_MAX_PIECES - 1) * (u64)limits->window);
}

static int esg_init(struct edudma_device *edev)
{
	struct device *dev = &edev->pdev->dev;
	unsigned int nr_channels = readl(edev->regs + SG_CAP_CHANNELS);
	u32 segments = readl(edev->regs + SG_CAP_SEGMENTS);
	u32 ring = readl(edev->regs + SG_CAP_RING);
	struct esg *esg;
	int ret;

	if (!nr_channels || nr_channels > SG_MAX_CHANNELS || ring < SG_RING ||
	    segments <= ESG_BLOCK_SEGMENTS)
		return edudma_failed(dev, -ENODEV,
				     "%u channels with rings of %u and lists of %u: not as specified\n",
				     nr_channels, ring, segments);
	/* Returns when nothing is being copied, and has cleared on-board memory. */
	writel(1, edev->regs + SG_RESET);
	ret = edudma_edu_init(edev);
	if (ret)
		return ret;

	esg = kzalloc(struct_size(esg, channels, nr_channels), GFP_KERNEL);
	if (!esg)
		return edudma_failed(dev, -ENOMEM, "no memory for %u channels\n", nr_channels);
	esg->nr_channels = nr_channels;
	esg_read_limits(edev, esg);
	ret = esg_alloc_rings(edev, esg);
	if (ret) {
		kfree(esg);
		return ret;
	}
	edev->engine_priv = esg;
	return 0;
}

static void esg_fini(struct edudma_device *edev)
{
	struct esg *esg = edev->engine_priv;

	esg_free_rings(edev, esg);
	kfree(esg);
}

/* Under the channel's lock: from DISABLED to RUNNING. */
static int esg_enable(struct edudma_channel *chan)
{
	struct edudma_device *edev = chan->edev;
	struct esg_channel *sg = esg_of(chan);

	memset(sg->completions, 0, SG_RING * sizeof(*sg->completions));
	memset(sg->slots, 0, sizeof(sg->slots));
	sg->tail = 0;
	sg->doorbell = 0;
	sg->head = 0;
	sg->clearing = false;
	esg_write64(sg->requests_addr, sg->regs + SG_REQUESTS);
	esg_write64(sg->completions_addr, sg->regs + SG_COMPLETIONS);
	writel(SG_RING, sg->regs + SG_SIZE);
	if (edev->irq_mode == EDUDMA_IRQ_MSIX)
		writel(edudma_channel_vector(edev, chan->index), sg->regs + SG_VECTOR);
	writel(chan->armed, sg->regs + SG_COUNT);
	writel(SG_COMMAND_ENABLE, sg->regs + SG_COMMAND);
	return readl(sg->regs + SG_STATE) == SG_STATE_RUNNING ? 0 : -EIO;
}

static int esg_start(struct edudma_device *edev)
{
	unsigned int i;
	int ret;

	for (i = 0; i < edev->limits.nr_channels; i++) {
		spin_lock_irq(&edev->channels[i].lock);
		ret = esg_enable(&edev->channels[i]);
		spin_unlock_irq(&edev->channels[i].lock);
		if (ret)
			return edudma_failed(&edev->pdev->dev, -EIO,
					     "channel %u does not start\n", i);
	}
	return 0;
}

static void esg_free_list(struct edudma_device *edev, struct esg_list *list)
{
	while (list->nr_blocks) {
		struct esg_block *block = &list->blocks[--list->nr_blocks];

		dma_free_coherent(&edev->pdev->dev, ESG_BLOCK_BYTES, block->segments, block->addr);
	}
	kvfree(list);
}

static struct esg_list *esg_alloc_list(struct edudma_device *edev, unsigned int nr_blocks)
{
	struct esg_list *list;

	list = kvzalloc(struct_size(list, blocks, nr_blocks), GFP_KERNEL_ACCOUNT);
	if (!list)
		return NULL;
	while (list->nr_blocks < nr_blocks) {
		struct esg_block *block = &list->blocks[list->nr_blocks];

		block->segments = dma_alloc_coherent(&edev->pdev->dev, ESG_BLOCK_BYTES,
						     &block->addr,
						     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!block->segments) {
			esg_free_list(edev, list);
			return NULL;
		}
		list->nr_blocks++;
	}
	return list;
}

/* Segments of a block from one of the buffer's on, and the link if more blocks follow */
static u32 esg_nr_in_block(const struct edudma_buffer *buf, unsigned int index)
{
	unsigned int in_block = ESG_BLOCK_SEGMENTS - index % ESG_BLOCK_SEGMENTS;
	unsigned int left = buf->nr_segs - index;

	return left > in_block ? in_block + 1 : left;
}

static int esg_map_buffer(struct edudma_buffer *buf)
{
	struct esg_list *list;
	unsigned int i;

	if (buf->nr_segs == 1)
		return 0;
	list = esg_alloc_list(buf->edev, DIV_ROUND_UP(buf->nr_segs, ESG_BLOCK_SEGMENTS));
	if (!list)
		return -ENOMEM;
	for (i = 0; i < buf->nr_segs; i++)
		list->blocks[i / ESG_BLOCK_SEGMENTS].segments[i % ESG_BLOCK_SEGMENTS] =
			(struct esg_segment) {
				.address = cpu_to_le64(buf->segs[i].addr),
				.length = cpu_to_le32(buf->segs[i].len),
			};
	for (i = 1; i < list->nr_blocks; i++)
		list->blocks[i - 1].segments[ESG_BLOCK_SEGMENTS] = (struct esg_segment) {
			.address = cpu_to_le64(list->blocks[i].addr),
			.length = cpu_to_le32(esg_nr_in_block(buf, i * ESG_BLOCK_SEGMENTS)),
			.flags = cpu_to_le32(SG_SEGMENT_LINK),
		};
	buf->engine_priv = list;
	return 0;
}

static void esg_unmap_buffer(struct edudma_buffer *buf)
{
	struct esg_list *list = buf->engine_priv;

	if (list)
		esg_free_list(buf->edev, list);
}

/**
 * struct esg_side - where one side of a descriptor begins
 * @addr: of the bytes, or of a list
 * @count: segments in the list, or 0
 * @skip: bytes of the list to pass over
 */
struct esg_side {
	u64 addr;
	u32 count;
	u32 skip;
};

static struct esg_side esg_list_side(const struct edudma_buffer *buf, u64 offset)
{
	const struct edudma_segment *seg = edudma_find_segment(buf->segs, buf->nr_segs, offset);
	const struct esg_list *list = buf->engine_priv;
	unsigned int index = seg - buf->segs;

	return (struct esg_side) {
		.addr = list->blocks[index / ESG_BLOCK_SEGMENTS].addr +
			index % ESG_BLOCK_SEGMENTS * sizeof(struct esg_segment),
		.count = esg_nr_in_block(buf, index),
		.skip = offset - seg->offset,
	};
}

/* Once or twice a request: an emulated CPU takes long for a call, and longer for its return. */
static __always_inline struct esg_side esg_side(const struct edudma_hold *hold, u64 done)
{
	const struct edudma_buffer *buf = hold->buf;
	u64 offset = hold->offset + done;

	if (buf->engine_priv)
		return esg_list_side(buf, offset);
	return (struct esg_side) { .addr = buf->segs[0].addr + offset };
}

static struct esg_descriptor *esg_next(struct esg_channel *sg,
				       struct edudma_request *req, bool last)
{
	unsigned int index = sg->tail++ % SG_RING;

	sg->slots[index].req = req;
	sg->slots[index].last = last;
	return &sg->requests[index];
}

static void esg_write_clear(struct esg_channel *sg)
{
	struct esg_descriptor *desc = esg_next(sg, NULL, false);

	*desc = (struct esg_descriptor) {
		.opcode = SG_OP_CLEAR,
		.flags = SG_FLAG_IRQ,
		.length = cpu_to_le64(sg->dirty),
		.device_offset = cpu_to_le64(sg->slice),
	};
	sg->clearing = true;
}

/* Without success the slice stays dirty, and is cleared once more. */
static void esg_end_clear(struct esg_channel *sg, unsigned int status)
{
	sg->clearing = false;
	if (!status)
		sg->dirty = 0;
}

/* Fields that are not written here are zero for ever. */
static void esg_write_piece(struct esg_channel *sg, struct edudma_request *req,
			    u64 done, u64 length, u64 device)
{
	bool last = done + length == req->length;
	struct esg_descriptor *desc = esg_next(sg, req, last);
	struct esg_side src = {}, dst = {};

	if (req->op != EDUDMA_FROM_DEVICE)
		src = esg_side(&req->src, done);
	if (req->op != EDUDMA_TO_DEVICE)
		dst = esg_side(&req->dst, done);
	desc->opcode = opcodes[req->op];
	desc->flags = last ? SG_FLAG_IRQ : 0;
	desc->length = cpu_to_le64(length);
	desc->device_offset = cpu_to_le64(device);
	desc->source = cpu_to_le64(src.addr);
	desc->destination = cpu_to_le64(dst.addr);
	desc->source_count = cpu_to_le32(src.count);
	desc->destination_count = cpu_to_le32(dst.count);
	desc->source_skip = cpu_to_le32(src.skip);
	desc->destination_skip = cpu_to_le32(dst.skip);
	req->commands++;
	trace_edudma_descriptor(req->chan, sg->tail - 1, req->op, length, src.addr, dst.addr,
				device);
}

/* On-board memory is a circle of a slice: a piece ends where the slice does. */
static void esg_write_request(struct esg_channel *sg, struct edudma_request *req)
{
	u64 slice = req->chan->edev->limits.device_bytes;
	bool copy = req->op == EDUDMA_COPY;
	u64 at = req->device_offset;
	u64 done, length;

	req->number = sg->tail;
	for (done = 0; done < req->length; done += length) {
		length = min(req->length - done, slice - at);
		esg_write_piece(sg, req, done, length, copy ? 0 : sg->slice + at);
		at = 0;
	}
	atomic64_add(req->commands, &req->chan->edev->counters.commands);
	if (req->op == EDUDMA_TO_DEVICE)
		sg->dirty = max(sg->dirty, min(slice, req->device_offset + req->length));
}

static bool esg_has_room(const struct esg_channel *sg)
{
	return sg->tail - sg->head < SG_RING - SG_MAX_PIECES;
}

/* False if the slice has bytes of another file: then it is cleared first. */
static bool esg_get_slice(struct esg_channel *sg, const struct edudma_request *req)
{
	if (req->op == EDUDMA_COPY || sg->owner == req->file->id)
		return true;
	if (sg->dirty && !sg->clearing) {
		esg_write_clear(sg);
		atomic64_inc(&req->chan->edev->counters.scrubs);
	}
	if (sg->dirty)
		return false;
	sg->owner = req->file->id;
	return true;
}

/* writel() orders the descriptors, and whatever they point at, before itself. */
static void esg_ring_doorbell(struct edudma_channel *chan, struct esg_channel *sg)
{
	if (sg->doorbell == sg->tail)
		return;
	if (sg->head == sg->doorbell)
		chan->progress = jiffies;
	sg->doorbell = sg->tail;
	writel(sg->tail, sg->regs + SG_TAIL);
}

static bool esg_begin(struct edudma_channel *chan, unsigned int budget)
{
	struct esg_channel *sg = esg_of(chan);
	u32 first = sg->tail;
	struct edudma_request *req;

	while (sg->tail - first < budget && esg_has_room(sg)) {
		req = edudma_channel_next(chan);
		if (!req || !esg_get_slice(sg, req))
			break;
		edudma_request_take(req);
		esg_write_request(sg, req);
	}
	esg_ring_doorbell(chan, sg);
	return sg->tail - first >= budget;
}

static bool esg_irq(struct edudma_device *edev, unsigned int vector)
{
	u32 channels;
	bool ours;

	/* A message is for its vector alone, and there is nothing to acknowledge. */
	if (edev->irq_mode == EDUDMA_IRQ_MSIX && vector)
		return true;
	if (edev->irq_mode == EDUDMA_IRQ_MSIX) {
		edudma_edu_irq(edev);
		return true;
	}
	channels = readl(edev->regs + SG_CHANNEL_IRQ);
	if (channels == ~0U && !edudma_edu_is_present(edev))
		return false;
	if (channels)
		writel(channels, edev->regs + SG_CHANNEL_IRQ);
	/* Its read of a register also flushes the write. */
	ours = edudma_edu_irq(edev);
	return ours || channels;
}

static int esg_errno(struct edudma_channel *chan, u32 number, unsigned int status)
{
	if (status == SG_STATUS_ABORTED)
		return -ECANCELED;
	dev_err_ratelimited(&chan->edev->dev, "channel %u, request %u: status %u\n",
			    chan->index, number, status);
	return -EIO;
}

/* Of the completion that comes next: 1 in the first lap, 0 in the second, and so on. */
static unsigned int esg_phase(const struct esg_channel *sg)
{
	return !((sg->head / SG_RING) & 1);
}

static bool esg_has_completion(const struct esg_channel *sg)
{
	const struct esg_completion *entry = &sg->completions[sg->head % SG_RING];

	return sg->head != sg->doorbell &&
		SG_DONE_PHASE(le64_to_cpu(READ_ONCE(entry->done))) == esg_phase(sg);
}

static void esg_complete(struct edudma_channel *chan, struct esg_channel *sg, unsigned int index)
{
	u64 busy_ns = le64_to_cpu(sg->completions[index].busy_ns);
	unsigned int status = SG_DONE_STATUS(le64_to_cpu(sg->completions[index].done));
	struct edudma_request *req = sg->slots[index].req;

	trace_edudma_completion(chan, sg->head, status, busy_ns);
	if (!req) {
		esg_end_clear(sg, status);
		return;
	}
	req->device_ns += busy_ns;
	if (status && !req->status)
		req->status = esg_errno(chan, sg->head, status);
	if (sg->slots[index].last)
		edudma_request_finish(req, req->status ? req->cancelled ?: req->status : 0);
}

static unsigned int esg_reap(struct edudma_channel *chan, unsigned int budget)
{
	struct esg_channel *sg = esg_of(chan);
	u32 begin = sg->head;

	while (sg->head - begin < budget && esg_has_completion(sg)) {
		/* The rest of the entry, and the data, were written before. */
		dma_rmb();
		esg_complete(chan, sg, sg->head % SG_RING);
		sg->head++;
	}
	if (sg->head != begin)
		chan->progress = jiffies;
	return sg->head - begin;
}

/* A halted channel touches no memory; a reset brings it back. */
static void esg_restart(struct edudma_channel *chan)
{
	struct esg_channel *sg = esg_of(chan);

	dev_err(&chan->edev->dev, "channel %u halted, error %u: starting it again\n",
		chan->index, readl(sg->regs + SG_ERROR));
	writel(SG_COMMAND_RESET, sg->regs + SG_COMMAND);
	edudma_channel_finish(chan, -EIO);
	/* The request that waits for the slice fails with it, or might wait for ever. */
	if (sg->clearing && edudma_channel_next(chan))
		edudma_request_finish(edudma_channel_next(chan), -EIO);
	esg_enable(chan);
}

/*
 * The device has counted a completion that does not show, so its phase is wrong. How
 * the request ended is not known: it failed. Put right, the entry will not be taken
 * for one of the next lap either.
 */
static unsigned int esg_mend(struct edudma_channel *chan)
{
	struct esg_channel *sg = esg_of(chan);

	dev_err_ratelimited(&chan->edev->dev, "channel %u, request %u: bad completion\n",
			    chan->index, sg->head);
	sg->completions[sg->head % SG_RING].done =
		cpu_to_le64((u64)SG_STATUS_DEVICE << 32 | (u64)esg_phase(sg) << 48);
	return esg_reap(chan, 1);
}

/* The device counts a completion after it has written it, and we may see it first. */
static bool esg_is_behind(const struct esg_channel *sg)
{
	return (s32)(readl(sg->regs + SG_HEAD) - sg->head) > 0;
}

/* While memory decode is off, a write of the doorbell is lost. */
static void esg_repeat_doorbell(struct esg_channel *sg)
{
	if (readl(sg->regs + SG_TAIL) != sg->doorbell)
		writel(sg->doorbell, sg->regs + SG_TAIL);
}

static unsigned int esg_check(struct edudma_channel *chan)
{
	struct esg_channel *sg = esg_of(chan);
	u32 state = readl(sg->regs + SG_STATE);

	if (state == SG_STATE_HALTED) {
		esg_restart(chan);
	} else if (state == SG_STATE_RUNNING) {
		esg_repeat_doorbell(sg);
		if (esg_is_behind(sg) && !esg_has_completion(sg))
			return esg_mend(chan);
	}
	return 0;
}

/* An abort ends a request at once, unless the device has gone. */
static int esg_unstick(struct edudma_channel *chan)
{
	struct esg_channel *sg = esg_of(chan);
	struct edudma_request *req = sg->slots[sg->head % SG_RING].req;

	if (readl(sg->regs + SG_STATE) != SG_STATE_RUNNING)
		return -EIO;
	dev_err(&chan->edev->dev, "channel %u, request %u takes too long\n", chan->index,
		sg->head);
	if (req && !req->cancelled)
		req->cancelled = -EIO;
	writel(sg->head, sg->regs + SG_ABORT);
	return 0;
}

static void esg_arm(struct edudma_channel *chan, bool on)
{
	writel(on, esg_of(chan)->regs + SG_COUNT);
}

static void esg_cancel(struct edudma_request *req)
{
	struct esg_channel *sg = esg_of(req->chan);
	u32 i;

	/* What has ended of it already the device passes over. */
	for (i = 0; i < req->commands; i++)
		writel(req->number + i, sg->regs + SG_ABORT);
}

static int esg_stop(struct edudma_channel *chan)
{
	struct esg_channel *sg = esg_of(chan);
	unsigned long flags;
	bool at_rest;

	spin_lock_irqsave(&chan->lock, flags);
	/* Once it has arrived, nothing of the channel is being copied; the read sees to that. */
	writel(SG_COMMAND_RESET, sg->regs + SG_COMMAND);
	at_rest = readl(sg->regs + SG_STATE) == SG_STATE_DISABLED ||
		!edudma_edu_is_present(chan->edev);
	sg->head = sg->tail;
	sg->doorbell = sg->tail;
	spin_unlock_irqrestore(&chan->lock, flags);
	return at_rest ? 0 : -ETIMEDOUT;
}

static void esg_show(struct edudma_device *edev, struct seq_file *seq)
{
	static const struct {
		const char *name;
		unsigned int offset;
	} registers[] = {
		{ "state", SG_STATE },
		{ "error", SG_ERROR },
		{ "size", SG_SIZE },
		{ "vector", SG_VECTOR },
		{ "count", SG_COUNT },
		{ "time", SG_TIME },
		{ "head", SG_HEAD },
		{ "tail", SG_TAIL },
	};
	unsigned int i, j, offset;
	u32 value;

	if (edudma_edu_read(edev, EDU_ID, &value))
		seq_printf(seq, "0x%02x %-16s 0x%08x\n", EDU_ID, "id", value);
	for (i = 0; i < edev->limits.nr_channels; i++) {
		for (j = 0; j < ARRAY_SIZE(registers); j++) {
			offset = SG_CHANNEL(i) + registers[j].offset;
			if (edudma_edu_read(edev, offset, &value))
				seq_printf(seq, "0x%05x %u.%-14s 0x%08x\n", offset, i,
					   registers[j].name, value);
		}
	}
}

const struct edudma_engine_ops edudma_sg_engine = {
	.name = "edu-sg",
	.identify = esg_identify,
	.dma_mask = esg_dma_mask,
	.init = esg_init,
	.fini = esg_fini,
	.start = esg_start,
	.map_buffer = esg_map_buffer,
	.unmap_buffer = esg_unmap_buffer,
	.begin = esg_begin,
	.irq = esg_irq,
	.reap = esg_reap,
	.check = esg_check,
	.unstick = esg_unstick,
	.arm = esg_arm,
	.cancel = esg_cancel,
	.stop = esg_stop,
	.factorial = edudma_edu_factorial,
	.liveness = edudma_edu_liveness,
	.show = esg_show,
};
