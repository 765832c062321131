// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the edudma command computes: statistics, numbers, patterns, and whether
 * on-board memory holds what it should. And how the library reads a ring.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "number.h"
#include "onboard.h"
#include "pattern.h"
#include "statistics.h"
#include "tally.h"

#include "../ktap.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

TEST(summary_of_few)
{
	uint64_t samples[] = { 7, 3, UINT64_MAX, 5 };
	struct summary summary = summarize(samples, 4);

	EXPECT_EQ(summary.n, 4);
	EXPECT_EQ(summary.min, 3);
	EXPECT_EQ(summary.median, 5);
	EXPECT_EQ(summary.p99, 0);
	EXPECT_EQ(summary.max, UINT64_MAX);

	samples[0] = 42;
	summary = summarize(samples, 1);
	EXPECT_EQ(summary.min, 42);
	EXPECT_EQ(summary.median, 42);
	EXPECT_EQ(summary.max, 42);

	EXPECT_EQ(summarize(NULL, 0).n, 0);
}

/* The smallest sample that so many percent of all do not exceed, by counting. */
static uint64_t slow_percentile(const uint64_t *samples, size_t n, size_t percent)
{
	uint64_t best = UINT64_MAX;

	for (size_t i = 0; i < n; i++) {
		size_t below = 0;

		for (size_t j = 0; j < n; j++)
			below += samples[j] <= samples[i];
		if (below * 100 >= n * percent && samples[i] < best)
			best = samples[i];
	}
	return best;
}

TEST(summary_of_many)
{
	unsigned int seed = 1;

	for (size_t n = 1; n < 260; n++) {
		uint64_t samples[260], sorted[260];
		struct summary summary;

		for (size_t i = 0; i < n; i++)
			sorted[i] = samples[i] = rand_r(&seed) % (n % 3 ? 1000 : 5);
		summary = summarize(sorted, n);
		ASSERT_EQ(summary.n, n);
		ASSERT_EQ(summary.min, slow_percentile(samples, n, 0));
		ASSERT_EQ(summary.p10, slow_percentile(samples, n, 10));
		ASSERT_EQ(summary.median, slow_percentile(samples, n, 50));
		ASSERT_EQ(summary.p90, slow_percentile(samples, n, 90));
		ASSERT_EQ(summary.p99, n < P99_SAMPLES ? 0 : slow_percentile(samples, n, 99));
		ASSERT_EQ(summary.max, slow_percentile(samples, n, 100));
	}
}

struct parsed {
	const char *text;
	bool ok;
	uint64_t value;
};

static void expect_parsed(bool (*parse)(const char *text, uint64_t *value),
			  const struct parsed *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = 12345;
		bool ok = parse(cases[i].text, &value);

		if (!EXPECT_EQ(ok, cases[i].ok) ||
		    !EXPECT_EQ(value, ok ? cases[i].value : 12345))
			ktap_diag("'%s'", cases[i].text);
	}
}

TEST(counts)
{
	static const struct parsed cases[] = {
		{ "0", true, 0 },
		{ "12", true, 12 },
		{ "0x1f", true, 31 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "+1", false, 0 },
		{ "-1", false, 0 },
		{ "1K", false, 0 },
		{ "x", false, 0 },
		{ "0x", false, 0 },
	};

	expect_parsed(parse_count, cases, ARRAY_SIZE(cases));
}

TEST(sizes)
{
	static const struct parsed cases[] = {
		{ "4095", true, 4095 },
		{ "64K", true, 65536 },
		{ "64k", true, 65536 },
		{ "64KiB", true, 65536 },
		{ "1M", true, 1 << 20 },
		{ "2G", true, 2ull << 30 },
		{ "100B", true, 100 },
		{ "17179869183G", true, 17179869183ull << 30 },
		{ "17179869184G", false, 0 },
		{ "18446744073709551615K", false, 0 },
		{ "K", false, 0 },
		{ "-1K", false, 0 },
		{ "1KM", false, 0 },
		{ "1T", false, 0 },
		{ "1.5K", false, 0 },
		{ "", false, 0 },
	};

	expect_parsed(parse_size, cases, ARRAY_SIZE(cases));
}

TEST(times)
{
	static const struct parsed cases[] = {
		{ "5s", true, 5000000000 },
		{ "250ms", true, 250000000 },
		{ "1.5s", true, 1500000000 },
		{ "10us", true, 10000 },
		{ "1ns", true, 1 },
		{ "0s", true, 0 },
		{ "5", false, 0 },
		{ "", false, 0 },
		{ "ms", false, 0 },
		{ "-5s", false, 0 },
		{ "infs", false, 0 },
		{ "nans", false, 0 },
		{ "1e30s", false, 0 },
		{ "9300000000s", false, 0 },
		{ "5 s", false, 0 },
		{ "5m", false, 0 },
	};

	expect_parsed(parse_time, cases, ARRAY_SIZE(cases));
}

TEST(units)
{
	EXPECT(!strcmp(format_number(0, "byte").s, "0 bytes"));
	EXPECT(!strcmp(format_number(1, "byte").s, "1 byte"));
	EXPECT(!strcmp(format_number(2, "command").s, "2 commands"));
}

TEST(seconds)
{
	static const struct parsed cases[] = {
		{ "1", true, 1000000000 },
		{ "0.3", true, 300000000 },
		{ "0", true, 0 },
		{ "1s", false, 0 },
		{ "-1", false, 0 },
		{ ".5", false, 0 },
		{ "inf", false, 0 },
		{ "1e30", false, 0 },
		{ "", false, 0 },
	};

	expect_parsed(parse_seconds, cases, ARRAY_SIZE(cases));
}

static void expect_text(struct text got, const char *want)
{
	if (!EXPECT(!strcmp(got.s, want)))
		ktap_diag("got '%s', want '%s'", got.s, want);
}

TEST(numbers_to_read)
{
	expect_text(format_size(0), "0 B");
	expect_text(format_size(1023), "1023 B");
	expect_text(format_size(1024), "1 KiB");
	expect_text(format_size(4097), "4097 B");
	expect_text(format_size(65536), "64 KiB");
	expect_text(format_size(3ull << 30), "3 GiB");
	expect_text(format_size(2048ull << 30), "2048 GiB");

	expect_text(format_time(0), "0 ns");
	expect_text(format_time(812), "812 ns");
	expect_text(format_time(1000), "1.00 us");
	expect_text(format_time(99949), "99.9 us");
	expect_text(format_time(99951), "100 us");
	expect_text(format_time(999499), "999 us");
	expect_text(format_time(999500), "1.00 ms");
	expect_text(format_time(99100000), "99.1 ms");
	expect_text(format_time(12000000000), "12.0 s");

	expect_text(format_rate(40900), "40.9 kB/s");
	expect_text(format_rate(1e9), "1.00 GB/s");

	expect_text(format_count(0.3), "0.30");
	expect_text(format_count(412), "412");
	expect_text(format_count(612345), "612 k");
}

TEST(pattern_is_found_where_it_was_put)
{
	const struct pattern pattern = { .key = 3 };
	struct mismatch mismatch;
	uint8_t bytes[300];

	for (size_t position = 0; position < 20; position++) {
		for (size_t length = 0; length < 40; length++) {
			memset(bytes, 0xcc, sizeof(bytes));
			pattern_fill(&pattern, position, bytes, length);
			for (size_t i = 0; i < length; i++)
				ASSERT_EQ(bytes[i], pattern_byte(&pattern, position + i));
			ASSERT_EQ(bytes[length], 0xcc);
			ASSERT(pattern_check(&pattern, position, bytes, length, &mismatch));
		}
	}
}

TEST(every_wrong_byte_is_found)
{
	const struct pattern pattern = { .key = 9, .poison = true };
	struct mismatch mismatch;
	uint8_t bytes[100];

	pattern_fill(&pattern, 1234567, bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		uint8_t right = bytes[i];

		bytes[i] ^= 0x10;
		ASSERT(!pattern_check(&pattern, 1234567, bytes, sizeof(bytes), &mismatch));
		ASSERT_EQ(mismatch.offset, i);
		ASSERT_EQ(mismatch.expected, right);
		ASSERT_EQ(mismatch.got, bytes[i]);
		bytes[i] = right;
	}
}

/* A byte of data is never one of poison. */
TEST(poison_is_not_data)
{
	const struct pattern data = { .key = 5 }, poison = { .key = 5, .poison = true };

	for (uint64_t position = 0; position < 10000; position++)
		ASSERT((pattern_byte(&data, position) ^ pattern_byte(&poison, position)) & 0x80);
}

/* Chunks that went to a wrong place, or came from another pattern, show. */
TEST(displaced_chunks_are_found)
{
	static const size_t chunks[] = { 1, 2, 3, 4, 7, 8, 16, 64, 1000, 4095, 4096, 8190, 8192,
					 65536, 1 << 20 };
	const struct pattern pattern = { .key = 1 };
	struct mismatch mismatch;
	uint8_t bytes[64];

	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		pattern_fill(&pattern, chunks[i], bytes, sizeof(bytes));
		EXPECT(!pattern_check(&pattern, 0, bytes, sizeof(bytes), &mismatch));
		EXPECT(mismatch.offset < 8);
	}
	for (uint64_t key = 2; key < 1000; key++) {
		const struct pattern other = { .key = key };

		pattern_fill(&other, 0, bytes, sizeof(bytes));
		ASSERT(!pattern_check(&pattern, 0, bytes, sizeof(bytes), &mismatch));
	}
}

/* All transfers that a small on-board memory can see, byte by byte. */
TEST(on_board_memory_after_a_transfer)
{
	const struct pattern src = { .key = 1 }, before = { .key = 2, .poison = true };
	enum { SIZE = 13, SRC_OFFSET = 5 };
	struct mismatch mismatch;

	for (uint64_t at = 0; at < SIZE; at++) {
		for (uint64_t length = 1; length < 4 * SIZE; length++) {
			uint8_t ring[SIZE];

			pattern_fill(&before, 0, ring, SIZE);
			for (uint64_t k = 0; k < length; k++)
				ring[(at + k) % SIZE] = pattern_byte(&src, SRC_OFFSET + k);
			ASSERT(onboard_check_to(ring, SIZE, at, length, &src, SRC_OFFSET,
						&before, &mismatch));
			for (size_t i = 0; i < SIZE; i++) {
				ring[i] ^= 1;
				ASSERT(!onboard_check_to(ring, SIZE, at, length, &src, SRC_OFFSET,
							 &before, &mismatch));
				ASSERT_EQ(mismatch.offset, i);
				ring[i] ^= 1;
			}
		}
	}
}

TEST(destination_after_a_transfer)
{
	const struct pattern onboard = { .key = 4 };
	enum { SIZE = 13 };
	struct mismatch mismatch;

	for (uint64_t at = 0; at < SIZE; at++) {
		for (uint64_t length = 1; length < 4 * SIZE; length++) {
			uint8_t bytes[4 * SIZE];

			for (uint64_t k = 0; k < length; k++)
				bytes[k] = pattern_byte(&onboard, (at + k) % SIZE);
			ASSERT(onboard_check_from(bytes, length, &onboard, SIZE, at, &mismatch));
			bytes[length - 1] ^= 1;
			ASSERT(!onboard_check_from(bytes, length, &onboard, SIZE, at, &mismatch));
			ASSERT_EQ(mismatch.offset, length - 1);
		}
	}
}

/* What is put into a buffer as if it came from on-board memory is found to be that. */
TEST(circle_in_a_buffer)
{
	const struct pattern onboard = { .key = 6 };
	enum { SIZE = 13 };

	for (uint64_t at = 0; at < SIZE; at++) {
		for (uint64_t length = 1; length < 4 * SIZE; length++) {
			uint8_t bytes[4 * SIZE] = { 0 };

			onboard_fill_from(bytes, length, &onboard, SIZE, at);
			for (uint64_t k = 0; k < length; k++)
				ASSERT_EQ(bytes[k], pattern_byte(&onboard, (at + k) % SIZE));
			ASSERT_EQ(bytes[length], 0);
		}
	}
}

static struct tally tallies[3];

TEST(tally_of_few)
{
	struct tally_sum sum;

	tally_begin(&tallies[0], 100, 0);
	tally_begin(&tallies[1], 50, 0);
	for (uint64_t i = 1; i <= 100; i++) {
		ASSERT(tally_is_due(&tallies[i % 2]));
		tally_add(&tallies[i % 2], i, 10 * i, 11 * i);
	}
	tallies[0].calls = 3;
	tallies[1].calls = 4;
	tallies[0].ended_ns = 600;
	tallies[1].ended_ns = 500;

	ASSERT(tally_add_up(tallies, 2, &sum));
	EXPECT_EQ(sum.ns, 550);
	EXPECT_EQ(sum.ops, 100);
	EXPECT_EQ(sum.calls, 7);
	EXPECT_EQ(sum.sums[TALLY_QUEUE], 5050);
	EXPECT_EQ(sum.sums[TALLY_TOTAL], 11 * 5050);
	EXPECT_EQ(tally_mean(&sum, TALLY_QUEUE), 51);
	EXPECT_EQ(sum.times[TALLY_DEVICE].n, 100);
	EXPECT_EQ(sum.times[TALLY_DEVICE].median, 500);
	EXPECT_EQ(sum.times[TALLY_DEVICE].p99, 990);
	EXPECT_EQ(sum.times[TALLY_TOTAL].max, 1100);
}

/* Requests come in batches, of which the first waits longest: all must have their turn. */
TEST(tally_of_many)
{
	enum { NR = 1000000, BATCH = 32 };
	uint32_t seen[BATCH] = { 0 };
	struct tally_sum sum;

	tally_begin(&tallies[2], 0, NR);
	for (uint64_t i = 0; i < NR; i++)
		tally_add(&tallies[2], i % BATCH, 1, i);
	tallies[2].ended_ns = 1;

	ASSERT(tally_add_up(&tallies[2], 1, &sum));
	EXPECT_EQ(sum.ops, NR);
	EXPECT(sum.times[TALLY_QUEUE].n > TALLY_SAMPLES * 4 / 10);
	EXPECT(sum.times[TALLY_QUEUE].n < TALLY_SAMPLES * 6 / 10);
	EXPECT(sum.times[TALLY_TOTAL].max > NR / 100 * 98);
	for (uint32_t i = 0; i < tallies[2].nr_samples; i++)
		seen[tallies[2].samples[i][TALLY_QUEUE]]++;
	for (uint32_t i = 0; i < BATCH; i++)
		EXPECT(seen[i] > tallies[2].nr_samples / BATCH / 2);
}

/* More than there is room for. */
TEST(tally_is_full)
{
	struct tally_sum sum;

	tally_begin(&tallies[0], 0, 0);
	for (uint64_t i = 0; i < 2 * TALLY_SAMPLES; i++)
		tally_add(&tallies[0], 1, 2, 3);
	ASSERT(tally_add_up(tallies, 1, &sum));
	EXPECT_EQ(sum.ops, 2 * TALLY_SAMPLES);
	EXPECT_EQ(sum.times[TALLY_TOTAL].n, TALLY_SAMPLES);
}

enum { RING_ENTRIES = 8 };

/* The driver's part: completions go on where @ring's tail is. */
static void complete(struct edudma_ring *ring, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, ring->tail++)
		ring->completions[ring->tail % RING_ENTRIES].user_data = ring->tail;
}

/* Any number at a time, around the ring and around 2^32. */
TEST(ring_is_reaped_in_order)
{
	struct edudma_ring *ring = calloc(1, sizeof(*ring) +
					  RING_ENTRIES * sizeof(ring->completions[0]));
	const struct edudma_queue queue = { .entries = RING_ENTRIES, .ring = ring };
	uint32_t next = UINT32_MAX - 500;
	unsigned int seed = 1;

	ASSERT(ring != NULL);
	ring->head = next;
	ring->tail = next;
	while (next != 500) {
		struct edudma_completion out[RING_ENTRIES + 1];
		uint32_t ready, n, max = rand_r(&seed) % (RING_ENTRIES + 2);

		complete(ring, rand_r(&seed) % (RING_ENTRIES + 1 - (ring->tail - ring->head)));
		ready = ring->tail - ring->head;
		n = edudma_reap(&queue, out, max < 500 - next ? max : 500 - next);
		ASSERT_EQ(n, least(ready, least(max, 500 - next)));
		for (uint32_t i = 0; i < n; i++)
			ASSERT_EQ(out[i].user_data, next++);
		ASSERT_EQ(ring->head, next);
	}
	free(ring);
}

TEST(entry_of_a_transfer)
{
	const struct edudma_buffer src = { .handle = 1 }, dst = { .handle = 2 };
	struct edudma_transfer transfer;
	struct edudma_entry entry;

	memset(&entry, 0xff, sizeof(entry));
	edudma_prepare_copy(&transfer, &src, 3, &dst, 4, 5);
	transfer.timeout_ns = 6;
	edudma_prepare_entry(&entry, &transfer, 7);
	EXPECT_EQ(entry.op, EDUDMA_COPY);
	EXPECT_EQ(entry.flags, 0);
	EXPECT_EQ(entry.src, 1);
	EXPECT_EQ(entry.dst, 2);
	EXPECT_EQ(entry.src_offset, 3);
	EXPECT_EQ(entry.dst_offset, 4);
	EXPECT_EQ(entry.length, 5);
	EXPECT_EQ(entry.device_offset, 0);
	EXPECT_EQ(entry.user_data, 7);
	EXPECT_EQ(entry.reserved, 0);

	edudma_prepare_from_device(&transfer, &dst, 1, 8, 2);
	edudma_prepare_entry(&entry, &transfer, 0);
	EXPECT_EQ(entry.op, EDUDMA_FROM_DEVICE);
	EXPECT_EQ(entry.src, 0);
	EXPECT_EQ(entry.device_offset, 8);
}

static const struct direction to_device = { .name = "to", .has_src = true };
static const struct direction from_device = { .name = "from", .has_dst = true };

/**
 * struct run - a result of bench with two kinds of memory and two directions
 * @device: with both kinds
 * @rows: to the device, and from it
 * @result: all of it
 */
struct run {
	struct device device;
	struct bench_row rows[4];
	struct bench_result result;
};

/* Of a hundred iterations, the slowest of which was disturbed */
static struct summary spread(uint64_t low, uint64_t median, uint64_t high)
{
	return (struct summary){
		.n = 100, .min = low, .p10 = low, .median = median, .p90 = high, .max = 9 * high,
	};
}

static struct summary count_of(uint32_t min, uint32_t median, uint32_t max)
{
	return (struct summary){ .n = 100, .min = min, .median = median, .max = max };
}

/* In real time, and either kind takes 10 to 12 us */
static void run_begin(struct run *run, uint64_t command_ns)
{
	*run = (struct run){
		.device = { .nr_methods = 2, .methods = { { .name = "one" }, { .name = "two" } },
			    .info = { .command_ns = command_ns, .window = 4096 } },
		.result = { .environment.clock = "real", .nr_rows = 4 },
	};
	run->result.device = &run->device;
	run->result.rows = run->rows;
	for (size_t i = 0; i < ARRAY_SIZE(run->rows); i++) {
		struct bench_row *row = &run->rows[i];

		row->method = &run->device.methods[i % 2];
		row->direction = i < 2 ? &to_device : &from_device;
		row->bytes = 65536;
		row->iterations = 5;
		row->commands = 16;
		row->all_commands = count_of(16, 16, 16);
		row->all_segments = count_of(1, 1, 1);
		row->phases[PHASE_ALLOC] = spread(1000, 1100, 1200);
		row->phases[PHASE_REQUEST] = spread(9000, 9900, 10800);
		row->phases[PHASE_CPU] = row->phases[PHASE_ALLOC];
		row->phases[PHASE_WHOLE] = spread(10000, 11000, 12000);
	}
}

/* @row is slower by so much, in all of its iterations */
static void run_slow_down(struct run *run, size_t row, uint64_t ns)
{
	static const enum phase phases[] = { PHASE_ALLOC, PHASE_CPU, PHASE_WHOLE };

	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		struct summary *summary = &run->rows[row].phases[phases[i]];

		summary->p10 += ns;
		summary->median += ns;
		summary->p90 += ns;
	}
}

static bool says(const struct run *run, const char *words)
{
	static char text[8192];
	FILE *stream = fmemopen(text, sizeof(text), "w");
	bool found;

	bench_write_answer(stream, &run->result, true);
	fclose(stream);
	found = strstr(text, words);
	if (!found)
		ktap_diag("%s", text);
	return found;
}

#define TAKE_ONE	"Take one: "
#define NO_DIFFERENCE	"Between one and two there is no difference that this run can show"

TEST(times_that_lie_apart_are_a_difference)
{
	struct run run;

	run_begin(&run, 0);
	run_slow_down(&run, 1, 2001);
	run_slow_down(&run, 3, 2001);
	EXPECT(says(&run, TAKE_ONE));
}

TEST(times_that_overlap_are_none)
{
	struct run run;

	run_begin(&run, 0);
	run_slow_down(&run, 1, 2000);
	run_slow_down(&run, 3, 2000);
	EXPECT(says(&run, NO_DIFFERENCE));
	EXPECT(says(&run, "to the device: one 11.0 us (10.0 us to 12.0 us), "
		    "two 13.0 us (12.0 us to 14.0 us); from the device: one 11.0 us ("));

	/* as many slow iterations as that are enough */
	run_begin(&run, 0);
	run_slow_down(&run, 1, 5000);
	run_slow_down(&run, 3, 5000);
	run.rows[0].phases[PHASE_WHOLE].p90 = 16000;
	EXPECT(says(&run, NO_DIFFERENCE));
}

TEST(both_directions_must_agree)
{
	struct run run;

	run_begin(&run, 0);
	run_slow_down(&run, 0, 5000);
	run_slow_down(&run, 3, 5000);
	EXPECT(says(&run, NO_DIFFERENCE));
	run_begin(&run, 0);
	run_slow_down(&run, 3, 5000);
	EXPECT(says(&run, NO_DIFFERENCE));
}

TEST(two_iterations_have_no_spread)
{
	struct run run;

	run_begin(&run, 0);
	run_slow_down(&run, 1, 5000);
	run_slow_down(&run, 3, 5000);
	run.rows[2].phases[PHASE_WHOLE].n = 2;
	EXPECT(says(&run, NO_DIFFERENCE));
}

TEST(a_virtual_clock_is_exact)
{
	struct run run;

	run_begin(&run, 0);
	strcpy(run.result.environment.clock, "virtual");
	run_slow_down(&run, 3, 8);
	EXPECT(says(&run, TAKE_ONE));
}

TEST(where_commands_have_a_price_they_come_first)
{
	struct run run;

	/* ... and the CPU's work may be anything */
	run_begin(&run, 100000000);
	run_slow_down(&run, 0, 100);
	run_slow_down(&run, 2, 100);
	run.rows[1].all_commands = run.rows[3].all_commands = count_of(16, 20, 32);
	run.rows[1].commands = run.rows[3].commands = 20;
	EXPECT(says(&run, TAKE_ONE));
	run.rows[2].all_commands.max = 17;
	EXPECT(says(&run, NO_DIFFERENCE));

	/* as many of them: the CPU's work decides */
	run_begin(&run, 100000000);
	run_slow_down(&run, 1, 201);
	run_slow_down(&run, 3, 201);
	EXPECT(says(&run, TAKE_ONE));
	run.rows[2].phases[PHASE_CPU].p90 += 1;
	EXPECT(says(&run, NO_DIFFERENCE));
}

int main(void)
{
	return ktap_run();
}
