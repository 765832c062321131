// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include "area.h"
#include "now.h"
#include "number.h"
#include "onboard.h"
#include "pattern.h"
#include "say.h"

/**
 * struct sample - one iteration
 * @ns: phases, by enum phase
 * @segments: of the transfer
 * @commands: of the transfer
 */
struct sample {
	uint64_t ns[NR_PHASES];
	uint32_t segments;
	uint32_t commands;
};

/**
 * struct trial - an iteration at work
 * @device: where
 * @row: what is measured
 * @data: what the transfer is to move; each iteration has another
 * @src: the source
 * @dst: the destination
 * @ring: to fill and to see on-board memory
 * @sample: times so far
 * @step: what is being done, in case it fails
 * @arrived: whether all bytes are where they should be
 */
struct trial {
	const struct device *device;
	const struct bench_row *row;
	struct pattern data;
	struct area src;
	struct area dst;
	struct ring ring;
	struct sample sample;
	const char *step;
	bool arrived;
};

static int trial_open(struct trial *trial)
{
	uint32_t method = trial->row->method->index;
	int fd = trial->device->fd;
	int error = 0;

	trial->step = "allocating";
	if (trial->row->direction->has_src)
		error = area_open(&trial->src, fd, method, trial->row->bytes);
	if (!error && trial->row->direction->has_dst)
		error = area_open(&trial->dst, fd, method, trial->row->bytes);
	if (!error && !is_copy(trial->row->direction))
		error = onboard_open(&trial->ring, trial->device, trial->row->method, 0,
				     trial->row->bytes, 0);
	trial->sample.ns[PHASE_ALLOC] = trial->src.buffer.alloc_ns + trial->dst.buffer.alloc_ns;
	trial->sample.ns[PHASE_MAP] = trial->src.buffer.map_ns + trial->dst.buffer.map_ns;
	trial->sample.ns[PHASE_MMAP] = trial->src.mmap_ns + trial->dst.mmap_ns;
	return error;
}

static int trial_close(struct trial *trial)
{
	int ring = area_close(&trial->ring.area);
	int dst = area_close(&trial->dst);
	int src = area_close(&trial->src);

	trial->step = "freeing";
	trial->sample.ns[PHASE_UNMAP] = trial->src.buffer.unmap_ns + trial->dst.buffer.unmap_ns;
	trial->sample.ns[PHASE_FREE] = trial->src.buffer.free_ns + trial->dst.buffer.free_ns;
	return ring ? ring : dst ? dst : src;
}

static void add_up(uint64_t ns[NR_PHASES])
{
	ns[PHASE_CPU] = ns[PHASE_ALLOC] + ns[PHASE_MAP] + ns[PHASE_SYNC] + ns[PHASE_UNMAP] +
			ns[PHASE_FREE];
	ns[PHASE_WHOLE] = ns[PHASE_CPU] + ns[PHASE_REQUEST];
}

/* The CPU writes the source in two ways, which are timed; then it gets its pattern */
static int fill_source(struct trial *trial)
{
	uint64_t *ns = trial->sample.ns;
	uint64_t bytes = trial->row->bytes;
	uint64_t start;
	int error;

	trial->step = "filling";
	error = edudma_cpu_fill(trial->device->fd, &trial->src.buffer, 0, bytes, 0x55,
				&ns[PHASE_FILL_KERNEL]);
	if (!error)
		error = area_begin(&trial->src, EDUDMA_SYNC_WRITE, &ns[PHASE_SYNC]);
	if (error)
		return error;
	start = now_ns();
	memset(trial->src.bytes, 0xaa, bytes);
	ns[PHASE_FILL_USER] = now_ns() - start;
	pattern_fill(&trial->data, 0, trial->src.bytes, bytes);
	return area_end(&trial->src, EDUDMA_SYNC_WRITE, &ns[PHASE_SYNC]);
}

/* The destination, so that nothing left over can pass for what should arrive */
static int poison_destination(struct trial *trial)
{
	const struct pattern poison = { .key = ~trial->data.key, .poison = true };
	int error = area_begin(&trial->dst, EDUDMA_SYNC_WRITE, NULL);

	trial->step = "poisoning";
	if (error)
		return error;
	pattern_fill(&poison, 0, trial->dst.bytes, trial->row->bytes);
	return area_end(&trial->dst, EDUDMA_SYNC_WRITE, NULL);
}

static int prepare(struct trial *trial)
{
	const struct direction *direction = trial->row->direction;
	int error = 0;

	if (direction->has_src)
		error = fill_source(trial);
	if (!error && direction->has_dst)
		error = poison_destination(trial);
	if (!error && !direction->has_src) {
		trial->step = "filling on-board memory";
		error = onboard_write(&trial->ring, &trial->data);
	}
	return error;
}

static int move(struct trial *trial)
{
	struct edudma_transfer transfer;
	uint64_t start;
	int error;

	trial->row->direction->prepare(&transfer, &trial->src.buffer, 0, &trial->dst.buffer, 0, 0,
				       trial->row->bytes);
	trial->step = "transfer";
	start = now_ns();
	error = edudma_transfer(trial->device->fd, &transfer);
	trial->sample.ns[PHASE_REQUEST] = now_ns() - start;
	trial->sample.ns[PHASE_QUEUE] = transfer.queue_ns;
	trial->sample.ns[PHASE_DEVICE] = transfer.device_ns;
	trial->sample.segments = transfer.segments;
	trial->sample.commands = transfer.commands;
	return error;
}

static uint64_t sum_bytes(const uint8_t *bytes, uint64_t length)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < length; i++)
		sum += bytes[i];
	return sum;
}

static bool destination_matches(const struct trial *trial)
{
	struct mismatch ignored;

	if (trial->row->direction->has_src)
		return pattern_check(&trial->data, 0, trial->dst.bytes, trial->row->bytes,
				     &ignored);
	return onboard_check_from(trial->dst.bytes, trial->row->bytes, &trial->data,
				  trial->ring.area.buffer.length, trial->ring.lead, &ignored);
}

/* The CPU reads the destination in two ways, which are timed; then it is compared */
static int read_destination(struct trial *trial)
{
	uint64_t *ns = trial->sample.ns;
	uint64_t bytes = trial->row->bytes;
	uint64_t start, kernel_sum, user_sum;
	int error;

	trial->step = "reading";
	error = edudma_cpu_sum(trial->device->fd, &trial->dst.buffer, 0, bytes, &kernel_sum,
			       &ns[PHASE_READ_KERNEL]);
	if (!error)
		error = area_begin(&trial->dst, EDUDMA_SYNC_READ, &ns[PHASE_SYNC]);
	if (error)
		return error;
	start = now_ns();
	user_sum = sum_bytes(trial->dst.bytes, bytes);
	ns[PHASE_READ_USER] = now_ns() - start;
	trial->arrived = kernel_sum == user_sum && destination_matches(trial);
	return area_end(&trial->dst, EDUDMA_SYNC_READ, &ns[PHASE_SYNC]);
}

/* What went to the device: its end is still there */
static int read_onboard(struct trial *trial)
{
	struct area *area = &trial->ring.area;
	struct mismatch ignored;
	int error;

	trial->step = "reading on-board memory";
	error = onboard_read(&trial->ring);
	if (!error)
		error = area_begin(area, EDUDMA_SYNC_READ, NULL);
	if (error)
		return error;
	trial->arrived = onboard_check_to(area->bytes, area->buffer.length, trial->ring.lead,
					  trial->row->bytes, &trial->data, 0, NULL, &ignored);
	return area_end(area, EDUDMA_SYNC_READ, NULL);
}

static int iterate(struct trial *trial)
{
	int error = trial_open(trial);

	if (!error)
		error = prepare(trial);
	if (!error)
		error = move(trial);
	if (!error)
		error = trial->row->direction->has_dst ? read_destination(trial) :
							 read_onboard(trial);
	if (error) {
		const char *step = trial->step;

		trial_close(trial);
		trial->step = step;
		return error;
	}
	return trial_close(trial);
}

/*
 * A long transfer to the device leaves only its end in on-board memory: once a
 * row, a copy of the same bytes shows the rest. It is not part of the figures.
 */
static int prove_by_copy(const struct device *device, struct bench_row *row)
{
	struct bench_row copy = *row;
	struct trial trial = { .device = device, .row = &copy, .data.key = row->bytes };
	int error;

	copy.direction = &directions[EDUDMA_COPY];
	error = iterate(&trial);
	row->verified &= trial.arrived;
	return error ? fail("%s copy %s, %s: %s", row->method->name, format_size(row->bytes).s,
			    trial.step, edudma_strerror(error)) : 0;
}

static bool has_phase(const struct direction *direction, enum phase phase)
{
	switch (phase) {
	case PHASE_FILL_KERNEL:
	case PHASE_FILL_USER:
		return direction->has_src;
	case PHASE_READ_KERNEL:
	case PHASE_READ_USER:
		return direction->has_dst;
	default:
		return true;
	}
}

static void set_pieces(struct bench_row *row, const struct sample *samples)
{
	uint64_t request_ns = row->phases[PHASE_REQUEST].median;
	const struct sample *typical = samples;

	/* the median is one of the samples */
	while (typical->ns[PHASE_REQUEST] != request_ns)
		typical++;
	row->segments = typical->segments;
	row->commands = typical->commands;
}

static void summarize_samples(struct bench_row *row, const struct sample *samples,
			      uint64_t *column)
{
	for (enum phase phase = 0; phase < NR_PHASES; phase++) {
		if (!has_phase(row->direction, phase))
			continue;
		for (uint64_t i = 0; i < row->iterations; i++)
			column[i] = samples[i].ns[phase];
		row->phases[phase] = summarize(column, row->iterations);
	}
	for (uint64_t i = 0; i < row->iterations; i++)
		column[i] = samples[i].segments;
	row->all_segments = summarize(column, row->iterations);
	for (uint64_t i = 0; i < row->iterations; i++)
		column[i] = samples[i].commands;
	row->all_commands = summarize(column, row->iterations);
}

int bench_measure(const struct device *device, struct bench_row *row, uint64_t warmup)
{
	struct sample *samples = calloc(row->iterations, sizeof(*samples));
	uint64_t *column = calloc(row->iterations, sizeof(*column));
	int status = 0;

	if (!samples || !column) {
		status = fail("out of memory");
		goto out;
	}
	row->verified = true;
	for (uint64_t i = 0; i < warmup + row->iterations; i++) {
		struct trial trial = { .device = device, .row = row, .data.key = i + 1 };
		int error = iterate(&trial);

		if (error) {
			status = fail("%s %s %s, %s: %s", row->method->name, row->direction->name,
				      format_size(row->bytes).s, trial.step,
				      edudma_strerror(error));
			goto out;
		}
		row->verified &= trial.arrived;
		add_up(trial.sample.ns);
		if (i >= warmup)
			samples[i - warmup] = trial.sample;
	}
	if (!row->direction->has_dst && row->bytes > device->info.device_bytes)
		status = prove_by_copy(device, row);
	summarize_samples(row, samples, column);
	set_pieces(row, samples);
	bench_set_rates(row, device->info.command_ns);
out:
	free(column);
	free(samples);
	return status;
}

static struct summary time_memcpy(void *dst, const void *src, uint64_t length, uint64_t iterations,
				  uint64_t *ns)
{
	memcpy(dst, src, length);	/* touches every page once, untimed */
	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t start = now_ns();

		memcpy(dst, src, length);
		/* or the compiler may take the copies for one */
		__asm__ volatile("" : : "r"(dst) : "memory");
		ns[i] = now_ns() - start;
	}
	return summarize(ns, iterations);
}

static int time_malloc(struct cpu_copy_row *row, uint64_t *ns)
{
	void *src = calloc(1, row->bytes);
	void *dst = calloc(1, row->bytes);

	if (src && dst)
		row->copy_ns = time_memcpy(dst, src, row->bytes, row->iterations, ns);
	free(src);
	free(dst);
	return src && dst ? 0 : fail("out of memory");
}

static int time_method(int fd, uint32_t method, struct cpu_copy_row *row, uint64_t *ns)
{
	struct area src = { 0 }, dst = { 0 };
	int error = area_open(&src, fd, method, row->bytes);

	if (!error)
		error = area_open(&dst, fd, method, row->bytes);
	if (!error)
		error = area_begin(&src, EDUDMA_SYNC_READ, NULL);
	if (!error)
		error = area_begin(&dst, EDUDMA_SYNC_WRITE, NULL);
	if (!error) {
		row->copy_ns = time_memcpy(dst.bytes, src.bytes, row->bytes, row->iterations, ns);
		error = area_end(&dst, EDUDMA_SYNC_WRITE, NULL);
	}
	if (!error)
		error = area_end(&src, EDUDMA_SYNC_READ, NULL);
	area_close(&dst);
	area_close(&src);
	return error ? fail("CPU copy of %s of %s: %s", format_size(row->bytes).s, row->memory,
			    edudma_strerror(error)) : 0;
}

int bench_measure_cpu(const struct device *device, const struct edudma_method_info *method,
		      struct cpu_copy_row *row)
{
	uint64_t *ns = calloc(row->iterations, sizeof(*ns));
	int status;

	if (!ns)
		return fail("out of memory");
	status = method ? time_method(device->fd, method->index, row, ns) : time_malloc(row, ns);
	if (!status)
		row->throughput_Bps = bytes_per_second(row->bytes, row->copy_ns.median);
	free(ns);
	return status;
}
