// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams at work, each in a thread
 *
 * Nobody looks at the clock while he works, because that may cost more than a
 * request: the parent sleeps through each phase, and then tells all by a word
 * in shared memory.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_load_stream.h"
#include "now.h"
#include "number.h"

/* Of the time that a row is measured, before that */
#define WARM_UP_SHARE 4

enum load_phase {
	LOAD_WARM_UP,
	LOAD_MEASURE,
	LOAD_STOP,
};

/**
 * struct board - what parent and streams tell each other, in shared memory
 * @phase: what to do; the parent's word
 * @at_work: streams that have begun, or failed to
 * @error: the first stream's that failed
 * @tallies: of each stream
 */
struct board {
	_Atomic(enum load_phase) phase;
	_Atomic(uint32_t) at_work;
	_Atomic(int) error;
	struct tally tallies[];
};

/**
 * struct worker - a stream and its thread
 * @stream: the stream
 * @board: shared with all
 * @tally: on the board
 * @phase: that it is in
 * @row_ns: how long it will be measured
 * @thread: its thread, unless it has the process's first one
 */
struct worker {
	struct stream *stream;
	struct board *board;
	struct tally *tally;
	enum load_phase phase;
	uint64_t row_ns;
	pthread_t thread;
};

/* Once the pipeline is full: what the warm-up did tells what to expect */
static void begin_measuring(struct worker *worker)
{
	struct tally *tally = worker->tally;
	uint64_t now = now_ns();
	double rate = (double)tally->ops / (double)(now - tally->started_ns + 1);

	tally_begin(tally, now, (uint64_t)(rate * (double)worker->row_ns));
	worker->phase = LOAD_MEASURE;
}

/* However late it is, there is something to tell of in the end */
static bool goes_on(struct worker *worker)
{
	enum load_phase phase = atomic_load_explicit(&worker->board->phase, memory_order_relaxed);

	if (phase == worker->phase)
		return true;
	if (worker->phase == LOAD_WARM_UP) {
		begin_measuring(worker);
		return true;
	}
	if (!worker->tally->ops)
		return true;
	worker->tally->ended_ns = now_ns();
	return false;
}

/*
 * The kernel does not tell how long the whole call takes. All of them together
 * take the thread's time; only samples are looked at.
 */
static int blocking_turn(struct worker *worker)
{
	struct stream *stream = worker->stream;
	struct edudma_transfer *transfer = &stream->slots->transfer;
	bool is_sample = tally_is_due(worker->tally);
	uint64_t start = is_sample ? now_ns() : 0;
	int error = 0;

	if (stream->row->map_each)
		error = slot_get(stream, 0, false);
	if (!error)
		error = edudma_transfer(stream->fd, transfer);
	if (!error && stream->row->map_each)
		error = slot_put(stream, 0);
	if (error)
		return error;
	worker->tally->calls++;
	tally_add(worker->tally, transfer->queue_ns, transfer->device_ns,
		  is_sample ? now_ns() - start : 0);
	return 0;
}

static int work_blocking(struct worker *worker)
{
	int error = 0;

	while (!error && goes_on(worker))
		error = blocking_turn(worker);
	worker->tally->sums[TALLY_TOTAL] = worker->tally->ended_ns - worker->tally->started_ns;
	return error;
}

static int submit_all(struct stream *stream)
{
	const struct load_row *row = stream->row;
	int n;

	for (uint32_t i = 0; stream->row->map_each && i < row->depth; i++) {
		int error = slot_get(stream, i, false);

		if (error)
			return error;
	}
	for (uint32_t i = 0; i < row->depth; i += (uint32_t)n) {
		n = edudma_submit(&stream->queue, &stream->entries[i],
				  (uint32_t)least(row->batch, row->depth - i), 0, 0);
		if (n < 0)
			return n;
	}
	return 0;
}

/* What has ended goes into the next batch */
static int reap(struct stream *stream, struct tally *tally)
{
	const struct load_row *row = stream->row;
	uint32_t n = edudma_reap(&stream->queue, stream->completions,
				 row->batch - stream->pending);

	for (uint32_t i = 0; i < n; i++) {
		const struct edudma_completion *completion = &stream->completions[i];
		uint32_t slot = (uint32_t)completion->user_data;
		int error = completion->status;

		if (!error && row->map_each)
			error = slot_put(stream, slot);
		if (!error && row->map_each)
			error = slot_get(stream, slot, false);
		if (error)
			return error;
		tally_add(tally, completion->queue_ns, completion->device_ns,
			  completion->total_ns);
		stream->batch[stream->pending++] = stream->entries[slot];
	}
	return 0;
}

/* One call submits what has ended since the last one, and waits for the next to end */
static int queue_turn(struct stream *stream, struct tally *tally)
{
	int n = edudma_submit(&stream->queue, stream->batch, stream->pending, 1, 0);

	if (n < 0)
		return n == -EINTR ? 0 : n;
	tally->calls++;
	stream->pending -= (uint32_t)n;
	if (stream->pending)
		memmove(stream->batch, stream->batch + n,
			stream->pending * sizeof(*stream->batch));
	return reap(stream, tally);
}

static int drain(struct stream *stream)
{
	const struct load_row *row = stream->row;
	uint32_t outstanding = row->depth - stream->pending;
	int error;

	do {
		error = edudma_submit(&stream->queue, NULL, 0, outstanding, 0);
	} while (error == -EINTR);
	if (error)
		return error;
	if (edudma_reap(&stream->queue, stream->completions, outstanding) != outstanding)
		return -EIO;
	for (uint32_t i = 0; !error && i < outstanding; i++)
		error = stream->completions[i].status;
	for (uint32_t i = 0; !error && row->map_each && i < row->depth; i++)
		error = slot_put(stream, i);
	return error;
}

static int work_queue(struct worker *worker)
{
	int error = submit_all(worker->stream);

	while (!error && goes_on(worker))
		error = queue_turn(worker->stream, worker->tally);
	return error ? error : drain(worker->stream);
}

static void tell_error(struct board *board, int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&board->error, &none, error);
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	int error;

	tally_begin(worker->tally, now_ns(), 0);
	atomic_fetch_add(&worker->board->at_work, 1);
	error = worker->stream->row->blocking ? work_blocking(worker) : work_queue(worker);
	if (error)
		tell_error(worker->board, error);
	return NULL;
}

/* The first worker has this thread, so that a process with one worker has one thread */
static void work_in_process(struct worker *workers, uint32_t n)
{
	struct board *board = workers->board;

	for (uint32_t i = 1; i < n; i++) {
		int error = pthread_create(&workers[i].thread, NULL, work, &workers[i]);

		if (error) {
			tell_error(board, -error);
			atomic_fetch_add(&board->at_work, n - i);
			n = i;
		}
	}
	work(workers);
	for (uint32_t i = 1; i < n; i++)
		pthread_join(workers[i].thread, NULL);
}

static int start_process(struct worker *workers, uint32_t n)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid)
		return 0;
	/* nobody would tell it to stop */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	work_in_process(workers, n);
	_exit(EXIT_SUCCESS);
}

/* Wait for the end of all, or only look whether one has ended already: badly, that is */
static bool all_ended_well(int options)
{
	bool well = true;
	int status;

	while (waitpid(-1, &status, options) > 0)
		well &= !options && WIFEXITED(status) && !WEXITSTATUS(status);
	return well;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec time = {
		.tv_sec = (time_t)(ns / 1000000000),
		.tv_nsec = (long)(ns % 1000000000),
	};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

/* The parent's part */
static int conduct(struct board *board, uint32_t nr_streams, uint64_t row_ns)
{
	bool well = true;

	while (well && atomic_load(&board->at_work) < nr_streams) {
		sleep_ns(1000000);
		well = all_ended_well(WNOHANG);
	}
	if (well) {
		sleep_ns(row_ns / WARM_UP_SHARE);
		atomic_store(&board->phase, LOAD_MEASURE);
		sleep_ns(row_ns);
	}
	atomic_store(&board->phase, LOAD_STOP);
	well &= all_ended_well(0);
	if (atomic_load(&board->error))
		return atomic_load(&board->error);
	return well ? 0 : -ECHILD;
}

static int start_all(struct worker *workers, const struct load_row *row)
{
	int error = 0;

	for (uint32_t p = 0; !error && p < row->processes; p++)
		error = start_process(&workers[p * row->threads], row->threads);
	return error;
}

static int run_on(struct board *board, struct stream *streams, const struct load_row *row,
		  uint64_t row_ns)
{
	uint32_t n = load_streams(row);
	struct worker *workers = calloc(n, sizeof(*workers));
	int error;

	if (!workers)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		workers[i] = (struct worker){
			.stream = &streams[i],
			.board = board,
			.tally = &board->tallies[i],
			.row_ns = row_ns,
		};
	error = start_all(workers, row);
	if (error)
		tell_error(board, error);
	error = conduct(board, error ? 0 : n, row_ns);
	free(workers);
	return error;
}

int streams_run(struct stream *streams, const struct load_row *row, uint64_t row_ns,
		struct tally_sum *sum)
{
	uint32_t n = load_streams(row);
	size_t bytes = sizeof(struct board) + n * sizeof(struct tally);
	struct board *board = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	if (board == MAP_FAILED)
		return -ENOMEM;
	error = run_on(board, streams, row, row_ns);
	if (!error && !tally_add_up(board->tallies, n, sum))
		error = -ENOMEM;
	munmap(board, bytes);
	return error;
}
