/* SPDX-License-Identifier: GPL-2.0-only */
/* A stream of requests: an open file, its queue, and a buffer for each request */
#ifndef EDUDMA_BENCH_LOAD_STREAM_H
#define EDUDMA_BENCH_LOAD_STREAM_H

#include "area.h"
#include "bench_load.h"
#include "pattern.h"

/**
 * struct slot - one of the requests that a stream keeps outstanding
 * @src: what it reads
 * @dst: what it writes
 * @place: where its bytes are in the stream's circle
 * @transfer: the request
 */
struct slot {
	struct area src;
	struct area dst;
	uint64_t place;
	struct edudma_transfer transfer;
};

/**
 * struct stream - who makes requests
 * @row: what kind of them
 * @fd: the open file
 * @queue: of that file; not with row->blocking
 * @circle: bytes after which data repeats: on-board memory, or with a copy
 *	nothing repeats
 * @data: the pattern of that circle, whoever has it
 * @slots: row->depth requests
 * @entries: each of them, ready to submit
 * @batch: those to submit next
 * @pending: how many those are
 * @completions: room for what comes back from one batch
 */
struct stream {
	const struct load_row *row;
	int fd;
	struct edudma_queue queue;
	uint64_t circle;
	struct pattern data;
	struct slot *slots;
	struct edudma_entry *entries;
	struct edudma_entry *batch;
	uint32_t pending;
	struct edudma_completion *completions;
};

/*
 * All return 0 or a negative errno; stream_open() also EXIT_FAILURE when it has
 * said what is wrong. stream_close() copes with a stream that was opened in part,
 * and with one that is all zeros.
 */
int stream_open(struct stream *stream, const struct device *device, const struct load_row *row,
		uint32_t index);
void stream_close(struct stream *stream);

/* Get the buffers of a request, mapped here only if wanted, and give them back */
int slot_get(struct stream *stream, uint32_t slot, bool mapped);
int slot_put(struct stream *stream, uint32_t slot);

/*
 * Data, outside of all times. Fill puts it where the requests shall take it from,
 * and poison where they shall bring it to; pass makes each request once; check
 * looks whether all arrived. Slots have their buffers, mapped here.
 */
int stream_fill(struct stream *stream);
int stream_pass(struct stream *stream);
int stream_check(struct stream *stream, bool *arrived);

/* Pieces that the buffers of all slots are in, for the device */
uint64_t stream_segments(const struct stream *stream);

/* Keep all streams of a row busy for a time, each in a thread of its own */
int streams_run(struct stream *streams, const struct load_row *row, uint64_t row_ns,
		struct tally_sum *sum);

#endif /* EDUDMA_BENCH_LOAD_STREAM_H */
