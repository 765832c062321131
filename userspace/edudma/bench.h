/* SPDX-License-Identifier: GPL-2.0-only */
/* What `edudma bench` finds out, who measures it, and who writes it down */
#ifndef EDUDMA_BENCH_H
#define EDUDMA_BENCH_H

#include <stdio.h>

#include "device.h"
#include "directions.h"
#include "environment.h"
#include "statistics.h"

struct json_object;

/**
 * enum phase - the steps of a request, all in nanoseconds
 * @PHASE_ALLOC: allocate and clear the buffers
 * @PHASE_MAP: map them for the device
 * @PHASE_MMAP: map them into the process
 * @PHASE_FILL_KERNEL: the CPU fills the source through the kernel's mapping
 * @PHASE_FILL_USER: the CPU fills the source through mmap()
 * @PHASE_SYNC: SYNC around the process's access
 * @PHASE_REQUEST: the transfer, from call to return
 * @PHASE_QUEUE: of that, waiting for the device
 * @PHASE_DEVICE: of that, the device at work
 * @PHASE_READ_KERNEL: the CPU reads the destination through the kernel's mapping
 * @PHASE_READ_USER: the CPU reads the destination through mmap()
 * @PHASE_UNMAP: take the buffers from the device
 * @PHASE_FREE: give the memory back
 * @PHASE_CPU: of all that allocate, map, sync, unmap and free
 * @PHASE_WHOLE: that and the transfer
 * @NR_PHASES: how many there are
 */
enum phase {
	PHASE_ALLOC,
	PHASE_MAP,
	PHASE_MMAP,
	PHASE_FILL_KERNEL,
	PHASE_FILL_USER,
	PHASE_SYNC,
	PHASE_REQUEST,
	PHASE_QUEUE,
	PHASE_DEVICE,
	PHASE_READ_KERNEL,
	PHASE_READ_USER,
	PHASE_UNMAP,
	PHASE_FREE,
	PHASE_CPU,
	PHASE_WHOLE,
	NR_PHASES
};

/* Their names in files: "alloc_ns", for instance */
extern const char *const phase_names[NR_PHASES];

/**
 * struct bench_row - one kind of memory, direction and size
 * @method: the kind of memory of source and destination
 * @direction: what the transfer does
 * @bytes: that a transfer moves
 * @iterations: how often it was measured
 * @segments: of the buffers, in the iteration with the median request time
 * @commands: that the device was given, in the same iteration; an estimate until then
 * @all_segments: of every iteration; the allocator may give other pieces each time
 * @all_commands: of every iteration
 * @phases: times; with n = 0 where the direction has no such phase. A copy has
 *	two buffers: what concerns both is added up.
 * @throughput_Bps: bytes over the median request time, a second
 * @limit_Bps: bytes over the time that the device itself takes for that many
 *	commands, a second; zero if that is unknown
 * @efficiency: @throughput_Bps / @limit_Bps: with 1 the driver adds nothing
 * @verified: all bytes arrived, every time
 */
struct bench_row {
	const struct edudma_method_info *method;
	const struct direction *direction;
	uint64_t bytes;
	uint64_t iterations;
	uint32_t segments;
	uint32_t commands;
	struct summary all_segments;
	struct summary all_commands;
	struct summary phases[NR_PHASES];
	double throughput_Bps;
	double limit_Bps;
	double efficiency;
	bool verified;
};

/**
 * struct cpu_copy_row - the same bytes copied by the CPU, to compare with
 * @memory: the kind of memory; "malloc": the process's own
 * @bytes: that a copy moves
 * @iterations: how often it was measured
 * @copy_ns: time of memcpy()
 * @throughput_Bps: bytes over the median time, a second
 */
struct cpu_copy_row {
	char memory[EDUDMA_NAME_LEN];
	uint64_t bytes;
	uint64_t iterations;
	struct summary copy_ns;
	double throughput_Bps;
};

/**
 * struct bench_result - all of it
 * @environment: where it was measured
 * @device: the device; its methods are those measured
 * @nr_rows: rows
 * @rows: by direction, size, method
 * @nr_cpu_copies: CPU copies
 * @cpu_copies: by size, memory
 */
struct bench_result {
	struct environment environment;
	const struct device *device;
	size_t nr_rows;
	struct bench_row *rows;
	size_t nr_cpu_copies;
	struct cpu_copy_row *cpu_copies;
};

/* Rates from @bytes, @commands and @phases */
void bench_set_rates(struct bench_row *row, uint64_t command_ns);

/* What the CPU does for a transfer: allocate, map, sync, unmap and free */
uint64_t bench_cpu_ns(const struct bench_row *row);

/*
 * Whether the iterations show that one kind of memory is better than another, at a size
 * and in every direction of one buffer. With a virtual clock any difference is exact.
 */
bool bench_shows(const struct bench_result *result, uint64_t bytes,
		 const struct edudma_method_info *better, const struct edudma_method_info *other);

/* The size at which kinds of memory are compared */
uint64_t bench_reference_bytes(const struct bench_result *result);

/* Frees the rows */
void bench_free(struct bench_result *result);

/*
 * Measures a row whose method, direction, bytes and iterations are set, after
 * some iterations that do not count. Returns 0, or says what is wrong and
 * returns EXIT_FAILURE; data that did not arrive is no error but in @verified.
 */
int bench_measure(const struct device *device, struct bench_row *row, uint64_t warmup);

/* The same for a CPU copy whose memory, bytes and iterations are set; NULL: malloc() */
int bench_measure_cpu(const struct device *device, const struct edudma_method_info *method,
		      struct cpu_copy_row *row);

/* What is measured, and where */
void bench_table_heading(FILE *stream, const struct environment *environment,
			 const struct edudma_info *info);
struct json_object *bench_json_begin(const struct environment *environment,
				     const struct device *device);

/*
 * Files are written when all is measured; the table's first part grows row by
 * row. In markdown it is one short table.
 */
void bench_table_begin(FILE *stream, const struct bench_result *result);
void bench_table_row(FILE *stream, const struct bench_result *result, size_t i);
void bench_table_end(FILE *stream, const struct bench_result *result);
void bench_table_markdown(FILE *stream, const struct bench_result *result);

/* For output_write(); @data is the struct bench_result */
void bench_write_json(FILE *stream, const void *data);
void bench_write_csv(FILE *stream, const void *data);

/*
 * What bench_write_json() wrote. @device is filled in, too, and has no open
 * file. Returns 0, or says what is wrong and returns EXIT_FAILURE.
 */
int bench_read_json(const char *path, struct bench_result *result, struct device *device);

/* In words: why that many commands, and which kind of memory to take; in short as markdown */
void bench_write_answer(FILE *stream, const struct bench_result *result, bool markdown);

#endif /* EDUDMA_BENCH_H */
