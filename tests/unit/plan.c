// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner against a slow oracle: random layouts are cut into commands, the
 * commands run on a simulated device, and memory must end up as if the bytes
 * had been moved one by one. SEED= repeats a run.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan.h"

#include "../ktap.h"

#define ROUNDS		3000
#define MEMORY_BYTES	(512 * 1024)
#define GUARD		PAGE
#define MAX_SEGMENTS	64
#define MAX_WINDOW	4096
#define PAGE		4096

static uint64_t random_state;

static uint32_t random_bits(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 32;
}

/* A number from low to high, both included. */
static uint32_t random_from(uint32_t low, uint32_t high)
{
	assert(high - low < UINT32_MAX);
	return low + random_bits() % (high - low + 1);
}

/* The bus, as far as buffers lie on it. */
static uint8_t memory[MEMORY_BYTES], wanted[MEMORY_BYTES];
static uint32_t memory_used;

/**
 * struct layout - a buffer on the simulated bus
 * @segs: its segments
 * @nr: how many
 * @length: bytes in all of them
 */
struct layout {
	struct edudma_segment segs[MAX_SEGMENTS];
	unsigned int nr;
	uint64_t length;
};

static uint32_t random_length(void)
{
	static const uint32_t edges[] = { 1, 2, 3, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE };

	if (random_bits() % 2)
		return edges[random_bits() % (sizeof(edges) / sizeof(edges[0]))];
	return random_from(1, random_bits() % 4 ? 200 : 9000);
}

/* Segments lie in any order on the bus, and never side by side by intent. */
static void random_layout(struct layout *layout)
{
	unsigned int order[MAX_SEGMENTS] = { 0 };

	layout->nr = random_from(1, random_bits() % 4 ? 8 : MAX_SEGMENTS / 4);
	layout->length = 0;
	for (unsigned int i = 0; i < layout->nr; i++) {
		layout->segs[i].len = random_length();
		layout->segs[i].offset = layout->length;
		layout->length += layout->segs[i].len;
		order[i] = i;
	}
	for (unsigned int i = layout->nr - 1; i; i--) {
		unsigned int j = random_from(0, i), swap = order[i];

		order[i] = order[j];
		order[j] = swap;
	}
	for (unsigned int i = 0; i < layout->nr; i++) {
		struct edudma_segment *seg = &layout->segs[order[i]];

		memory_used += random_from(1, 64);
		seg->addr = memory_used;
		memory_used += seg->len;
	}
	ASSERT(memory_used + GUARD <= MEMORY_BYTES);
}

static void regular_layout(struct layout *layout, unsigned int nr, uint32_t len)
{
	layout->nr = nr;
	layout->length = 0;
	for (unsigned int i = 0; i < nr; i++) {
		memory_used += 1;
		layout->segs[i] = (struct edudma_segment) {
			.offset = layout->length, .addr = memory_used, .len = len
		};
		layout->length += len;
		memory_used += len;
	}
}

static void fill_memory(void)
{
	for (unsigned int i = 0; i < MEMORY_BYTES; i++)
		memory[i] = random_bits();
}

static unsigned int segment_of(const struct layout *layout, uint64_t offset)
{
	unsigned int i = 0;

	while (offset >= layout->segs[i].offset + layout->segs[i].len)
		i++;
	return i;
}

static uint64_t address_of(const struct layout *layout, uint64_t offset)
{
	const struct edudma_segment *seg = &layout->segs[segment_of(layout, offset)];

	return seg->addr + (offset - seg->offset);
}

/**
 * struct transfer - what the planner is asked for
 * @op: the operation
 * @src: the source, or NULL
 * @dst: the destination, or NULL
 * @src_offset: first byte of the source
 * @dst_offset: first byte of the destination
 * @length: bytes
 * @device: first byte of on-board memory
 * @window: bytes of on-board memory
 */
struct transfer {
	enum edudma_op op;
	const struct layout *src, *dst;
	uint64_t src_offset, dst_offset, length;
	uint32_t device, window;
};

/*
 * The fewest commands for one direction: a new one starts where the segment
 * ends or on-board memory does, and nowhere else. A copy needs both directions'
 * and no more.
 */
static unsigned int fewest(const struct layout *layout, uint64_t offset,
			   const struct transfer *t)
{
	unsigned int count = 1;

	for (uint64_t k = 1; k < t->length; k++)
		count += (t->device + k) % t->window == 0 ||
			 segment_of(layout, offset + k) !=
			 segment_of(layout, offset + k - 1);
	return count;
}

/* Byte @k of a transfer goes through on-board byte (@device + k) % @window. */
static void move_byte_by_byte(const struct transfer *t, uint8_t *board)
{
	assert(t->window);
	memcpy(wanted, memory, memory_used + GUARD);
	for (uint64_t k = 0; k < t->length; k++) {
		uint8_t *slot = &board[(t->device + k) % t->window];

		if (t->src)
			*slot = wanted[address_of(t->src, t->src_offset + k)];
		if (t->dst)
			wanted[address_of(t->dst, t->dst_offset + k)] = *slot;
	}
}

/* A command may touch the bytes of the transfer in one segment, no others. */
static bool is_within(const struct edudma_command *cmd, const struct layout *layout,
		      uint64_t offset, uint64_t length)
{
	for (unsigned int i = 0; i < layout->nr; i++) {
		const struct edudma_segment *seg = &layout->segs[i];
		uint64_t at = seg->offset + (cmd->addr - seg->addr);

		if (cmd->addr >= seg->addr && cmd->addr + cmd->len <= seg->addr + seg->len)
			return at >= offset && at + cmd->len <= offset + length;
	}
	return false;
}

static struct edudma_range range_of(const struct layout *layout, uint64_t offset)
{
	if (!layout)
		return (struct edudma_range) {};
	return (struct edudma_range) {
		.segs = layout->segs, .nr_segs = layout->nr, .offset = offset
	};
}

/* Run the planner's commands; returns how many, after checking each. */
static unsigned int run(const struct transfer *t, uint8_t *board)
{
	struct edudma_range src = range_of(t->src, t->src_offset);
	struct edudma_range dst = range_of(t->dst, t->dst_offset);
	uint64_t read = 0, written = 0;
	struct edudma_command cmd;
	unsigned int commands = 0;
	struct edudma_plan plan;

	edudma_plan_init(&plan, t->op, t->src ? &src : NULL, t->dst ? &dst : NULL,
			 t->length, t->device, t->window);
	while (edudma_plan_next(&plan, &cmd)) {
		ASSERT(cmd.len > 0);
		ASSERT(cmd.device + cmd.len <= t->window);
		if (cmd.to_device) {
			ASSERT(t->src && is_within(&cmd, t->src, t->src_offset, t->length));
			memcpy(board + cmd.device, memory + cmd.addr, cmd.len);
			read += cmd.len;
		} else {
			ASSERT(t->dst && is_within(&cmd, t->dst, t->dst_offset, t->length));
			memcpy(memory + cmd.addr, board + cmd.device, cmd.len);
			written += cmd.len;
		}
		commands++;
	}
	ASSERT_EQ(read, t->src ? t->length : 0);
	ASSERT_EQ(written, t->dst ? t->length : 0);
	/* It must stay at the end. */
	ASSERT(!edudma_plan_next(&plan, &cmd));
	return commands;
}

static void run_and_compare(const struct transfer *t)
{
	uint8_t board[MAX_WINDOW], wanted_board[MAX_WINDOW];
	unsigned int commands, want = 0;

	for (unsigned int i = 0; i < t->window; i++)
		board[i] = wanted_board[i] = random_bits();
	move_byte_by_byte(t, wanted_board);
	commands = run(t, board);

	ASSERT(!memcmp(memory, wanted, memory_used + GUARD));
	/* A copy leaves in on-board memory what it likes. */
	if (t->op != EDUDMA_COPY)
		ASSERT(!memcmp(board, wanted_board, t->window));

	if (t->src)
		want += fewest(t->src, t->src_offset, t);
	if (t->dst)
		want += fewest(t->dst, t->dst_offset, t);
	ASSERT_EQ(commands, want);
}

static uint32_t random_window(void)
{
	static const uint32_t edges[] = { 1, 2, PAGE - 2, PAGE - 1, PAGE };

	if (random_bits() % 2)
		return edges[random_bits() % (sizeof(edges) / sizeof(edges[0]))];
	return random_from(1, MAX_WINDOW);
}

static void random_transfer(enum edudma_op op, const struct layout *src,
			    const struct layout *dst)
{
	struct transfer t = { .op = op, .window = random_window() };
	uint64_t most = UINT32_MAX;

	if (op != EDUDMA_FROM_DEVICE) {
		t.src = src;
		t.src_offset = random_bits() % src->length;
		most = src->length - t.src_offset;
	}
	if (op != EDUDMA_TO_DEVICE) {
		t.dst = dst;
		t.dst_offset = random_bits() % dst->length;
		if (dst->length - t.dst_offset < most)
			most = dst->length - t.dst_offset;
	}
	if (op != EDUDMA_COPY)
		t.device = random_bits() % t.window;
	t.length = random_bits() % 4 ? random_from(1, most) : most;
	run_and_compare(&t);
}

static void random_transfers(enum edudma_op op)
{
	static struct layout src, dst;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		memory_used = 0;
		random_layout(&src);
		random_layout(&dst);
		random_transfer(op, &src, &dst);
	}
}

TEST(random_to_device)
{
	random_transfers(EDUDMA_TO_DEVICE);
}

TEST(random_from_device)
{
	random_transfers(EDUDMA_FROM_DEVICE);
}

TEST(random_copy)
{
	random_transfers(EDUDMA_COPY);
}

/* Source and destination are two ranges of one buffer. */
TEST(random_copy_within_a_buffer)
{
	static struct layout layout;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct transfer t = {
			.op = EDUDMA_COPY, .src = &layout, .dst = &layout,
			.window = random_window()
		};
		uint64_t half;

		memory_used = 0;
		random_layout(&layout);
		half = layout.length / 2;
		if (!half)
			continue;
		t.length = random_from(1, half);
		t.src_offset = random_from(0, half - t.length);
		t.dst_offset = random_from(half, layout.length - t.length);
		if (random_bits() % 2) {
			uint64_t swap = t.src_offset;

			t.src_offset = t.dst_offset;
			t.dst_offset = swap;
		}
		run_and_compare(&t);
	}
}

static unsigned int count(enum edudma_op op, const struct layout *src,
			  const struct layout *dst, uint32_t window)
{
	uint8_t board[MAX_WINDOW] = {};
	struct transfer t = {
		.op = op,
		.src = op == EDUDMA_FROM_DEVICE ? NULL : src,
		.dst = op == EDUDMA_TO_DEVICE ? NULL : dst,
		.length = src->length,
		.window = window,
	};

	return run(&t, board);
}

/* The figures that README and the tables speak of. */
TEST(commands_for_64_kib)
{
	static struct layout one, other, pages;

	memory_used = 0;
	regular_layout(&one, 1, 16 * PAGE);
	regular_layout(&other, 1, 16 * PAGE);
	regular_layout(&pages, 16, PAGE);

	EXPECT_EQ(count(EDUDMA_TO_DEVICE, &one, NULL, 4095), 17);
	EXPECT_EQ(count(EDUDMA_FROM_DEVICE, &one, &other, 4095), 17);
	EXPECT_EQ(count(EDUDMA_TO_DEVICE, &pages, NULL, 4095), 32);
	EXPECT_EQ(count(EDUDMA_FROM_DEVICE, &one, &pages, 4095), 32);
	EXPECT_EQ(count(EDUDMA_COPY, &one, &other, 4095), 34);
	EXPECT_EQ(count(EDUDMA_COPY, &one, &pages, 4095), 49);
	EXPECT_EQ(count(EDUDMA_COPY, &pages, &one, 4095), 49);

	EXPECT_EQ(count(EDUDMA_TO_DEVICE, &one, NULL, 4096), 16);
	EXPECT_EQ(count(EDUDMA_TO_DEVICE, &pages, NULL, 4096), 16);
	EXPECT_EQ(count(EDUDMA_FROM_DEVICE, &one, &pages, 4096), 16);
	EXPECT_EQ(count(EDUDMA_COPY, &one, &pages, 4096), 32);
}

/* 64 bits everywhere: a bus address or an offset beyond 4 GiB is not cut off. */
TEST(addresses_beyond_4_gib)
{
	const struct edudma_segment segs[] = {
		{ .offset = 0, .addr = 0x123456789000, .len = 5ull << 30 },
		{ .offset = 5ull << 30, .addr = 0xfffffffff000, .len = PAGE },
	};
	struct edudma_range range = { .segs = segs, .nr_segs = 2, .offset = (5ull << 30) - 1 };
	struct edudma_command cmd;
	struct edudma_plan plan;

	edudma_plan_init(&plan, EDUDMA_TO_DEVICE, &range, NULL, 3, 0, PAGE);
	ASSERT(edudma_plan_next(&plan, &cmd));
	EXPECT_EQ(cmd.addr, 0x123456789000 + (5ull << 30) - 1);
	EXPECT_EQ(cmd.len, 1);
	ASSERT(edudma_plan_next(&plan, &cmd));
	EXPECT_EQ(cmd.addr, 0xfffffffff000);
	EXPECT_EQ(cmd.device, 1);
	EXPECT_EQ(cmd.len, 2);
	EXPECT(!edudma_plan_next(&plan, &cmd));

	range.offset = 0;
	edudma_plan_init(&plan, EDUDMA_TO_DEVICE, &range, NULL, segs[1].offset + 1, 0, PAGE);
	for (uint64_t done = 0; done < segs[1].offset; done += PAGE) {
		ASSERT(edudma_plan_next(&plan, &cmd));
		ASSERT_EQ(cmd.addr, segs[0].addr + done);
		ASSERT_EQ(cmd.len, PAGE);
	}
	ASSERT(edudma_plan_next(&plan, &cmd));
	EXPECT_EQ(cmd.addr, segs[1].addr);
	EXPECT_EQ(cmd.len, 1);
	EXPECT(!edudma_plan_next(&plan, &cmd));
}

TEST(segments_are_found_and_counted)
{
	static struct layout layout;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct edudma_range range;
		uint64_t offset, length;

		memory_used = 0;
		random_layout(&layout);
		offset = random_bits() % layout.length;
		length = random_from(1, layout.length - offset);
		range = range_of(&layout, offset);
		ASSERT(edudma_find_segment(layout.segs, layout.nr, offset) ==
		       &layout.segs[segment_of(&layout, offset)]);
		ASSERT_EQ(edudma_count_segments(&range, length),
			  segment_of(&layout, offset + length - 1) -
			  segment_of(&layout, offset) + 1);
	}
}

int main(void)
{
	const char *seed = getenv("SEED");

	random_state = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	printf("# repeat with SEED=%llu\n", (unsigned long long)random_state);
	fflush(stdout);
	fill_memory();
	return ktap_run();
}
