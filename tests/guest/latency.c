// SPDX-License-Identifier: GPL-2.0-only
/*
 * 400 open files with 64 requests each: interrupts are not off for long, however many
 * requests end at once. tests/modules/latency.c measures, by the virtual clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#include "monitor.h"
#include "user.h"

#define FILES		400
#define BYTES		64
#define LIMIT_NS	200000
#define WORST		"/sys/module/latency/parameters/worst_ns"

/* Each file copies one buffer to another, piece by piece. */
static struct user users[FILES];

static void setup(void)
{
	enum { CONSOLE_LEVEL = 8 };

	/* What the console needs for a line is not the driver's. */
	ASSERT_OK(klogctl(CONSOLE_LEVEL, NULL, 1));
	for (unsigned int i = 0; i < FILES; i++) {
		users[i].fd = open_device();
		users[i].src = alloc_buffer(users[i].fd, EDUDMA_KMALLOC, MANY * BYTES);
		users[i].dst = alloc_buffer(users[i].fd, EDUDMA_KMALLOC, MANY * BYTES);
		users[i].ring = open_ring(users[i].fd);
	}
}

static void submit_all(void)
{
	for (unsigned int i = 0; i < FILES; i++) {
		struct edudma_entry entries[MANY];

		for (unsigned int j = 0; j < MANY; j++)
			entries[j] = (struct edudma_entry) {
				.op = EDUDMA_COPY, .length = BYTES,
				.src = users[i].src.handle, .src_offset = j * BYTES,
				.dst = users[i].dst.handle, .dst_offset = j * BYTES,
			};
		ASSERT_OK(submit(users[i].fd, entries, MANY));
	}
}

static unsigned int consume_all(void)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < FILES; i++)
		for (unsigned int j = 0; j < MANY; j++)
			failed += !!next_completion(users[i].ring).status;
	return failed;
}

static void expect_short(void)
{
	unsigned long worst = strtoul(read_file(WORST), NULL, 10);

	ktap_diag("interrupts were off for %lu ns at most", worst);
	EXPECT(worst > 0 && worst < LIMIT_NS);
}

TEST(many_requests)
{
	setup();
	write_file(WORST, "0");
	submit_all();
	EXPECT_EQ(consume_all(), 0);
	expect_short();
}

/* The first one stalls. When the driver has ended it, the device does all the others. */
TEST(many_requests_behind_a_stalled_one)
{
	setup();
	inject("stall", 1);
	write_file(WORST, "0");
	submit_all();
	EXPECT_EQ(consume_all(), 1);
	expect_short();
}

int main(void)
{
	ktap_promised = "latency";
	return ktap_run();
}
