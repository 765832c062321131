// SPDX-License-Identifier: GPL-2.0-only
/*
 * One test: poison, transfer, compare everything
 *
 * The source has one pattern, what the transfer must overwrite another, and
 * both differ from case to case, so that nothing left over looks right.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "area.h"
#include "number.h"
#include "onboard.h"
#include "test.h"

/* A longer transfer to the device is not copied once more to see its middle */
#define PROOF_MAX (128 * 1024)

#define LARGE (1024 * 1024)

/* On-board memory around a transfer that must not change: all of it, where it is small */
#define ONBOARD_GUARD 4096

/**
 * struct run - a test at work
 * @device: where
 * @test: what
 * @verdict: the result so far
 * @data: pattern of the source
 * @before: pattern of the destination before the transfer
 * @src: the source
 * @dst: the destination
 * @ring: to see on-board memory
 */
struct run {
	const struct device *device;
	const struct test_case *test;
	struct test_verdict verdict;
	struct pattern data;
	struct pattern before;
	struct area src;
	struct area dst;
	struct ring ring;
};

/* Both keep the first reason, and return false */
static bool failed(struct run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool failed(struct run *run, const char *format, ...)
{
	va_list arguments;

	if (run->verdict.outcome == TEST_FAILED)
		return false;
	run->verdict.outcome = TEST_FAILED;
	va_start(arguments, format);
	vsnprintf(run->verdict.why, sizeof(run->verdict.why), format, arguments);
	va_end(arguments);
	return false;
}

static bool mismatched(struct run *run, const char *where, const struct mismatch *mismatch)
{
	const char *hint = "";

	/* the top bit is what tells poison from data */
	if (mismatch->expected & 0x80)
		hint = " (should not have been touched)";
	else if (mismatch->got & 0x80)
		hint = " (nothing arrived there)";
	return failed(run, "%s: at offset %zu expected 0x%02x, got 0x%02x%s", where,
		      mismatch->offset, mismatch->expected, mismatch->got, hint);
}

static bool worked(struct run *run, int error, const char *what)
{
	return error ? failed(run, "%s: %s", what, edudma_strerror(error)) : true;
}

static bool move(struct run *run, const struct direction *direction)
{
	const struct test_case *test = run->test;
	struct edudma_transfer transfer;
	int error;

	direction->prepare(&transfer, &run->src.buffer, test->src_offset, &run->dst.buffer,
			   test->dst_offset, test->device_offset, test->length);
	error = edudma_transfer(run->device->fd, &transfer);
	run->verdict.commands += transfer.commands;
	return worked(run, error, direction->name);
}

/* The allocators promise no large buffers: a test that gets none is left out */
static bool allocate(struct run *run, struct area *area, uint32_t method, uint64_t length)
{
	int error = area_open(area, run->device->fd, method, length);

	if (error == -ENOMEM && length >= LARGE) {
		run->verdict.outcome = TEST_SKIPPED;
		snprintf(run->verdict.why, sizeof(run->verdict.why), "no %s free for a buffer",
			 format_size(length).s);
		return false;
	}
	return worked(run, error, "allocating a buffer");
}

static bool prepare_area(struct run *run, struct area *area, uint32_t method, uint64_t length,
			 const struct pattern *pattern)
{
	if (!allocate(run, area, method, length) ||
	    !worked(run, area_begin(area, EDUDMA_SYNC_WRITE, NULL), "SYNC for writing"))
		return false;
	pattern_fill(pattern, 0, area->bytes, length);
	return worked(run, area_end(area, EDUDMA_SYNC_WRITE, NULL), "SYNC END after writing");
}

/* The destination: poison, then what should have arrived, then poison */
static bool check_destination(struct run *run)
{
	struct area *dst = &run->dst;
	const struct test_case *test = run->test;
	uint64_t end = test->dst_offset + test->length;
	struct mismatch mismatch;
	bool same;

	if (!worked(run, area_begin(dst, EDUDMA_SYNC_READ, NULL), "SYNC for reading"))
		return false;
	if (test->direction->has_src)
		same = pattern_check(&run->data, test->src_offset, dst->bytes + test->dst_offset,
				     test->length, &mismatch);
	else
		same = onboard_check_from(dst->bytes + test->dst_offset, test->length, &run->data,
					  run->ring.area.buffer.length, run->ring.lead,
					  &mismatch);
	if (!same)
		mismatched(run, "what arrived", &mismatch);
	if (!pattern_check(&run->before, 0, dst->bytes, test->dst_offset, &mismatch))
		mismatched(run, "before the destination", &mismatch);
	if (!pattern_check(&run->before, end, dst->bytes + end, dst->buffer.length - end,
			   &mismatch))
		mismatched(run, "after the destination", &mismatch);
	return worked(run, area_end(dst, EDUDMA_SYNC_READ, NULL), "SYNC END after reading");
}

static bool check_source(struct run *run)
{
	struct mismatch mismatch;

	if (!worked(run, area_begin(&run->src, EDUDMA_SYNC_READ, NULL), "SYNC for reading"))
		return false;
	if (!pattern_check(&run->data, 0, run->src.bytes, run->src.buffer.length, &mismatch))
		failed(run, "the source changed: at offset %zu from 0x%02x to 0x%02x",
		       mismatch.offset, mismatch.expected, mismatch.got);
	return worked(run, area_end(&run->src, EDUDMA_SYNC_READ, NULL), "SYNC END after reading");
}

static bool check_onboard(struct run *run)
{
	const struct test_case *test = run->test;
	struct ring *ring = &run->ring;
	struct mismatch mismatch;

	if (!worked(run, onboard_read(ring), "reading on-board memory") ||
	    !worked(run, area_begin(&ring->area, EDUDMA_SYNC_READ, NULL), "SYNC for reading"))
		return false;
	if (!onboard_check_to(ring->area.bytes, ring->area.buffer.length, ring->lead, test->length,
			      &run->data, test->src_offset, &run->before, &mismatch)) {
		mismatch.offset = (mismatch.offset + ring->start) % run->device->info.device_bytes;
		mismatched(run, "on-board memory", &mismatch);
	}
	return worked(run, area_end(&ring->area, EDUDMA_SYNC_READ, NULL), "SYNC END after reading");
}

/* On-board memory keeps the end of a long transfer; a copy shows all of it */
static bool check_by_copy(struct run *run)
{
	const struct test_case *test = run->test;

	return prepare_area(run, &run->dst, test->src->index,
			    test->dst_offset + test->length + test->tail, &run->before) &&
	       move(run, &directions[EDUDMA_COPY]) && check_destination(run);
}

static bool prepare_ring(struct run *run)
{
	const struct test_case *test = run->test;
	const struct pattern *pattern = test->direction->has_src ? &run->before : &run->data;

	return worked(run, onboard_open(&run->ring, run->device, test->src,
					test->device_offset, test->length, ONBOARD_GUARD),
		      "allocating a buffer") &&
	       worked(run, onboard_write(&run->ring, pattern), "writing on-board memory");
}

static bool run_transfer(struct run *run)
{
	const struct test_case *test = run->test;
	const struct direction *direction = test->direction;
	uint64_t onboard = run->device->info.device_bytes;
	uint64_t src_length = test->src_offset + test->length + test->tail;
	uint64_t dst_length = test->dst_offset + test->length + test->tail;

	if (direction->has_src &&
	    !prepare_area(run, &run->src, test->src->index, src_length, &run->data))
		return false;
	if (direction->has_dst &&
	    !prepare_area(run, &run->dst, test->dst->index, dst_length, &run->before))
		return false;
	if (!is_copy(direction) && !prepare_ring(run))
		return false;

	if (!move(run, direction))
		return false;

	if (!(direction->has_dst ? check_destination(run) : check_onboard(run)))
		return false;
	if (direction->has_src && !check_source(run))
		return false;
	if (!direction->has_dst && test->length > onboard && test->length <= PROOF_MAX)
		return check_by_copy(run);
	return true;
}

/* The allocators promise less than they may give: try half until there is some */
static bool allocate_largest(struct run *run, struct area *area,
			     const struct edudma_method_info *method)
{
	uint64_t length = method->max_length;
	int error;

	while ((error = area_open(area, run->device->fd, method->index, length)) == -ENOMEM &&
	       length >= LARGE)
		length /= 2;
	return worked(run, error, "allocating a buffer");
}

/* From the first bytes of a buffer to its last; only they are looked at, it may be huge */
static bool run_one_buffer(struct run *run)
{
	const struct test_case *test = run->test;
	const uint32_t sync = EDUDMA_SYNC_READ | EDUDMA_SYNC_WRITE;
	struct edudma_transfer transfer;
	struct mismatch mismatch;
	uint8_t *first, *last;

	if (!allocate_largest(run, &run->dst, test->dst) ||
	    !worked(run, area_begin(&run->dst, sync, NULL), "SYNC"))
		return false;
	first = run->dst.bytes;
	last = first + run->dst.buffer.length - test->length;
	pattern_fill(&run->data, 0, first, test->length);
	pattern_fill(&run->before, 0, last, test->length);
	if (!worked(run, area_end(&run->dst, sync, NULL), "SYNC END"))
		return false;

	edudma_prepare_copy(&transfer, &run->dst.buffer, 0, &run->dst.buffer,
			    (uint64_t)(last - first), test->length);
	if (!worked(run, edudma_transfer(run->device->fd, &transfer), "copy"))
		return false;
	run->verdict.commands = transfer.commands;

	if (!worked(run, area_begin(&run->dst, EDUDMA_SYNC_READ, NULL), "SYNC for reading"))
		return false;
	if (!pattern_check(&run->data, 0, first, test->length, &mismatch))
		mismatched(run, "the first bytes, which are the source", &mismatch);
	if (!pattern_check(&run->data, 0, last, test->length, &mismatch))
		mismatched(run, "the last bytes, which are the destination", &mismatch);
	return worked(run, area_end(&run->dst, EDUDMA_SYNC_READ, NULL), "SYNC END after reading");
}

struct test_verdict test_run(const struct device *device, const struct test_case *test,
			     uint64_t key)
{
	struct run run = {
		.device = device,
		.test = test,
		.data = { .key = key },
		.before = { .key = ~key, .poison = true },
	};

	if (test->one_buffer)
		run_one_buffer(&run);
	else
		run_transfer(&run);
	worked(&run, area_close(&run.ring.area), "freeing a buffer");
	worked(&run, area_close(&run.dst), "freeing the destination");
	worked(&run, area_close(&run.src), "freeing the source");
	return run.verdict;
}
