// SPDX-License-Identifier: GPL-2.0-only
#include "bench_load_stream.h"

#include <errno.h>
#include <stdlib.h>

#include "onboard.h"
#include "say.h"

/* Files that are opened to find one on the right channel, for each channel there is */
#define OPENS_PER_CHANNEL 8

/* Files are spread over the channels, so one of the next few is on the right one */
static int open_on_channel(struct stream *stream, const struct device *device, uint32_t channel)
{
	for (uint32_t i = 0; i < OPENS_PER_CHANNEL * device->info.nr_channels; i++) {
		struct edudma_info info;
		int error;

		stream->fd = edudma_open(device->path);
		if (stream->fd < 0)
			return stream->fd;
		error = edudma_info(stream->fd, &info);
		if (error || info.channel == channel)
			return error;
		edudma_close(stream->fd);
	}
	stream->fd = -1;
	return fail("%s: no new open file got channel %u; are others opening it, too?",
		    device->path, channel);
}

static int get_area(struct area *area, struct stream *stream, bool mapped)
{
	const struct load_row *row = stream->row;

	if (mapped)
		return area_open(area, stream->fd, row->method->index, row->bytes);
	*area = (struct area){ .fd = stream->fd };
	return edudma_buffer_alloc(stream->fd, row->method->index, row->bytes, &area->buffer);
}

int slot_get(struct stream *stream, uint32_t number, bool mapped)
{
	const struct direction *direction = stream->row->direction;
	struct slot *slot = &stream->slots[number];
	int error = 0;

	if (direction->has_src)
		error = get_area(&slot->src, stream, mapped);
	if (!error && direction->has_dst)
		error = get_area(&slot->dst, stream, mapped);
	if (error)
		return error;
	direction->prepare(&slot->transfer, &slot->src.buffer, 0, &slot->dst.buffer, 0,
			   slot->place, stream->row->bytes);
	edudma_prepare_entry(&stream->entries[number], &slot->transfer, number);
	return 0;
}

int slot_put(struct stream *stream, uint32_t number)
{
	struct slot *slot = &stream->slots[number];
	int dst = area_close(&slot->dst);
	int src = area_close(&slot->src);

	return dst ? dst : src;
}

static int allocate(struct stream *stream)
{
	uint32_t depth = stream->row->depth;

	stream->slots = calloc(depth, sizeof(*stream->slots));
	stream->entries = calloc(depth, sizeof(*stream->entries));
	stream->batch = calloc(depth, sizeof(*stream->batch));
	stream->completions = calloc(depth, sizeof(*stream->completions));
	return stream->slots && stream->entries && stream->batch && stream->completions ?
	       0 : -ENOMEM;
}

int stream_open(struct stream *stream, const struct device *device, const struct load_row *row,
		uint32_t index)
{
	int error;

	*stream = (struct stream){
		.row = row,
		.circle = is_copy(row->direction) ? row->depth * row->bytes :
						    device->info.device_bytes,
		.data.key = index + 1,
	};
	error = open_on_channel(stream, device, index % row->channels);
	if (!error)
		error = allocate(stream);
	if (!error && !row->blocking)
		error = edudma_queue_init(stream->fd, row->depth, -1, &stream->queue);
	for (uint32_t i = 0; !error && i < row->depth; i++) {
		stream->slots[i].place = i * row->bytes % stream->circle;
		if (!row->map_each)
			error = slot_get(stream, i, true);
	}
	return error;
}

void stream_close(struct stream *stream)
{
	if (!stream->row)
		return;
	for (uint32_t i = 0; stream->slots && i < stream->row->depth; i++)
		slot_put(stream, i);
	if (stream->queue.ring)
		edudma_queue_exit(&stream->queue);
	free(stream->completions);
	free(stream->batch);
	free(stream->entries);
	free(stream->slots);
	if (stream->fd >= 0)
		edudma_close(stream->fd);
}

static int fill(struct area *area, const struct stream *stream, const struct slot *slot,
		bool poison)
{
	const struct pattern pattern = {
		.key = poison ? ~stream->data.key : stream->data.key,
		.poison = poison,
	};
	int error = area_begin(area, EDUDMA_SYNC_WRITE, NULL);

	if (error)
		return error;
	onboard_fill_from(area->bytes, stream->row->bytes, &pattern, stream->circle, slot->place);
	return area_end(area, EDUDMA_SYNC_WRITE, NULL);
}

static int check(struct area *area, const struct stream *stream, const struct slot *slot,
		 bool *arrived)
{
	struct mismatch mismatch;
	int error = area_begin(area, EDUDMA_SYNC_READ, NULL);

	if (error)
		return error;
	*arrived &= onboard_check_from(area->bytes, stream->row->bytes, &stream->data,
				       stream->circle, slot->place, &mismatch);
	return area_end(area, EDUDMA_SYNC_READ, NULL);
}

/* A request of this slot's buffer, but not the one that is measured */
static int move(struct stream *stream, const struct slot *slot, struct area *area,
		enum edudma_op op)
{
	struct edudma_transfer transfer;

	directions[op].prepare(&transfer, &area->buffer, 0, &area->buffer, 0, slot->place,
			       stream->row->bytes);
	return edudma_transfer(stream->fd, &transfer);
}

/* On-board memory gets its data by way of the destination */
static int fill_slot(struct stream *stream, struct slot *slot)
{
	const struct direction *direction = stream->row->direction;
	int error;

	error = fill(direction->has_src ? &slot->src : &slot->dst, stream, slot, false);
	if (!error && !direction->has_src)
		error = move(stream, slot, &slot->dst, EDUDMA_TO_DEVICE);
	if (!error && direction->has_dst)
		error = fill(&slot->dst, stream, slot, true);
	return error;
}

/* What is in on-board memory is seen by way of the source */
static int check_slot(struct stream *stream, struct slot *slot, bool *arrived)
{
	int error;

	if (stream->row->direction->has_dst)
		return check(&slot->dst, stream, slot, arrived);
	error = fill(&slot->src, stream, slot, true);
	if (!error)
		error = move(stream, slot, &slot->src, EDUDMA_FROM_DEVICE);
	return error ? error : check(&slot->src, stream, slot, arrived);
}

int stream_fill(struct stream *stream)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < stream->row->depth; i++)
		error = fill_slot(stream, &stream->slots[i]);
	return error;
}

int stream_pass(struct stream *stream)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < stream->row->depth; i++)
		error = edudma_transfer(stream->fd, &stream->slots[i].transfer);
	return error;
}

int stream_check(struct stream *stream, bool *arrived)
{
	int error = 0;

	*arrived = true;
	for (uint32_t i = 0; !error && i < stream->row->depth; i++)
		error = check_slot(stream, &stream->slots[i], arrived);
	return error;
}

uint64_t stream_segments(const struct stream *stream)
{
	uint64_t segments = 0;

	for (uint32_t i = 0; i < stream->row->depth; i++)
		segments += stream->slots[i].src.buffer.segments +
			    stream->slots[i].dst.buffer.segments;
	return segments;
}
