/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `edudma bench` under load: what the device does when it is kept busy
 *
 * A row is one combination of what the user lists. Its load comes from streams,
 * each an open file that belongs to a thread, in one or several processes. A
 * stream keeps some requests outstanding: each has a buffer of its own, and is
 * submitted again when it has ended.
 */
#ifndef EDUDMA_BENCH_LOAD_H
#define EDUDMA_BENCH_LOAD_H

#include <stdio.h>

#include "device.h"
#include "directions.h"
#include "environment.h"
#include "options.h"
#include "tally.h"

/**
 * struct load_settings - what the user wants; an empty list: the default
 * @methods: kinds of memory
 * @directions: what transfers do
 * @sizes: bytes of a transfer
 * @depths: requests that a stream keeps outstanding
 * @batches: requests that one call submits at most
 * @threads: of a process
 * @processes: how many
 * @channels: how many of the device's
 * @blocking: one request after another, by the call that waits
 * @map_each: allocate and free the buffers of every request
 * @completion: what to set the driver's parameter to; NULL: leave it
 * @row_ns: how long to measure a row
 * @json_path: where to write JSON, or NULL
 * @csv_path: where to write CSV, or NULL
 */
struct load_settings {
	struct name_list methods;
	struct name_list directions;
	struct size_list sizes;
	struct size_list depths;
	struct size_list batches;
	struct size_list threads;
	struct size_list processes;
	struct size_list channels;
	bool blocking;
	bool map_each;
	const char *completion;
	uint64_t row_ns;
	const char *json_path;
	const char *csv_path;
};

/**
 * struct load_row - one combination, and what came out
 * @method: kind of memory
 * @direction: what the transfers do
 * @bytes: of a transfer
 * @depth: requests that a stream keeps outstanding
 * @batch: requests that one call submits at most
 * @threads: of each process
 * @processes: how many
 * @channels: how many of the device's are in use
 * @blocking: by the call that waits
 * @map_each: buffers are allocated and freed for every request
 * @segments: pieces that the buffers of a request are in for the device, on average
 * @tally: of all streams
 * @ops_per_second: requests
 * @throughput_Bps: bytes
 * @busy_fraction: the device's time over wall time and channels
 * @verified: all bytes arrived
 */
struct load_row {
	const struct edudma_method_info *method;
	const struct direction *direction;
	uint64_t bytes;
	uint32_t depth;
	uint32_t batch;
	uint32_t threads;
	uint32_t processes;
	uint32_t channels;
	bool blocking;
	bool map_each;
	double segments;
	struct tally_sum tally;
	double ops_per_second;
	double throughput_Bps;
	double busy_fraction;
	bool verified;
};

/**
 * struct load_cpu_copy - the same bytes moved by one CPU of the guest
 * @bytes: that memcpy() copies at a time
 * @depth: buffers that it copies in turn, so that caches are used alike
 * @copies: how many it did
 * @ns: in what time
 * @throughput_Bps: bytes a second
 */
struct load_cpu_copy {
	uint64_t bytes;
	uint32_t depth;
	uint64_t copies;
	uint64_t ns;
	double throughput_Bps;
};

/**
 * struct load_result - all of it
 * @environment: where it was measured
 * @device: the device; its methods are those measured
 * @completion: the driver's parameter; "" if it has none
 * @row_ns: how long a row was measured
 * @nr_rows: rows
 * @rows: by direction, size, depth, batch, processes, threads, channels, method
 * @nr_cpu_copies: CPU copies
 * @cpu_copies: by size, depth
 */
struct load_result {
	struct environment environment;
	const struct device *device;
	char completion[16];
	uint64_t row_ns;
	size_t nr_rows;
	struct load_row *rows;
	size_t nr_cpu_copies;
	struct load_cpu_copy *cpu_copies;
};

/* The user has asked for a load, by any option of his */
bool load_wanted(const struct load_settings *settings);

/* Measures everything and writes it down; returns the exit status */
int bench_load(struct device *device, const struct load_settings *settings);

/* "vmalloc to 64 KiB, depth 8, ...", for messages; valid until the next call */
#define LOAD_NAME_LEN 160
const char *load_row_name(const struct load_row *row);

static inline uint32_t load_streams(const struct load_row *row)
{
	return row->threads * row->processes;
}

/*
 * Measures a row. Returns 0, -ENOMEM or -EDQUOT if its buffers cannot be had, or
 * says what is wrong and returns EXIT_FAILURE; data that did not arrive is no
 * error but in @verified.
 */
int load_measure(const struct device *device, struct load_row *row, uint64_t row_ns);

/* The table grows row by row, files are written when all is measured */
void load_table_begin(FILE *stream, const struct load_result *result);
void load_table_row(FILE *stream, const struct load_result *result, size_t i);
void load_table_end(FILE *stream, const struct load_result *result);

/* For output_write(); @data is the struct load_result */
void load_write_json(FILE *stream, const void *data);
void load_write_csv(FILE *stream, const void *data);

#endif /* EDUDMA_BENCH_LOAD_H */
