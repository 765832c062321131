// SPDX-License-Identifier: GPL-2.0-only
/* A row from the opening of its files to its figures */
#include <errno.h>
#include <stdlib.h>

#include "bench_load_stream.h"
#include "say.h"

/*
 * What a stream left in on-board memory is lost where several take turns there,
 * and with buffers of their own requests left nothing at all: then each is done
 * once more, alone.
 */
static int verify(struct stream *stream, bool *arrived)
{
	const struct load_row *row = stream->row;
	bool is_lost = !is_copy(row->direction) && load_streams(row) > row->channels;
	int error = 0;

	for (uint32_t i = 0; !error && row->map_each && i < row->depth; i++)
		error = slot_get(stream, i, true);
	if (!error && (is_lost || row->map_each)) {
		error = stream_fill(stream);
		if (!error)
			error = stream_pass(stream);
	}
	return error ? error : stream_check(stream, arrived);
}

static int verify_all(struct stream *streams, struct load_row *row)
{
	int error = 0;

	row->verified = true;
	for (uint32_t i = 0; !error && i < load_streams(row); i++) {
		bool arrived;

		error = verify(&streams[i], &arrived);
		if (!error)
			row->verified &= arrived;
	}
	return error;
}

/* As they are in the end: with buffers of their own, requests had others before */
static double mean_segments(const struct stream *streams, const struct load_row *row)
{
	uint64_t segments = 0;

	for (uint32_t i = 0; i < load_streams(row); i++)
		segments += stream_segments(&streams[i]);
	return (double)segments / load_streams(row) / row->depth;
}

static int open_all(struct stream *streams, const struct device *device,
		    const struct load_row *row)
{
	int error = 0;

	for (uint32_t i = 0; !error && i < load_streams(row); i++)
		error = stream_open(&streams[i], device, row, i);
	for (uint32_t i = 0; !error && !row->map_each && i < load_streams(row); i++)
		error = stream_fill(&streams[i]);
	return error;
}

static void set_rates(struct load_row *row)
{
	double seconds = (double)row->tally.ns / 1e9;

	row->ops_per_second = (double)row->tally.ops / seconds;
	row->throughput_Bps = row->ops_per_second * (double)row->bytes;
	row->busy_fraction = (double)row->tally.sums[TALLY_DEVICE] / (double)row->tally.ns /
			     row->channels;
}

static int measure(struct stream *streams, const struct device *device, struct load_row *row,
		   uint64_t row_ns)
{
	int error = open_all(streams, device, row);

	if (error > 0 || error == -ENOMEM || error == -EDQUOT)
		return error;
	if (!error)
		error = streams_run(streams, row, row_ns, &row->tally);
	if (!error)
		error = verify_all(streams, row);
	if (error)
		return fail("%s: %s", load_row_name(row), edudma_strerror(error));
	row->segments = mean_segments(streams, row);
	set_rates(row);
	return 0;
}

int load_measure(const struct device *device, struct load_row *row, uint64_t row_ns)
{
	uint32_t n = load_streams(row);
	struct stream *streams = calloc(n, sizeof(*streams));
	int status;

	if (!streams)
		return fail("out of memory");
	status = measure(streams, device, row, row_ns);
	for (uint32_t i = 0; i < n; i++)
		stream_close(&streams[i]);
	free(streams);
	return status;
}
