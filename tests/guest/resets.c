// SPDX-License-Identifier: GPL-2.0-only
/*
 * The function is reset while it is at work: requests end with EIO, and then it
 * works again, with the same files and buffers.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "monitor.h"
#include "user.h"

#define CYCLES	10

static void reset_function(const struct user *user)
{
	char path[100], address[16];

	ktap_tries(1);
	get_address(user->fd, address);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", address);
	write_file(path, "1");
}

TEST(reset_idle)
{
	struct user me = new_user();

	for (unsigned int i = 0; i < CYCLES; i++) {
		reset_function(&me);
		expect_all_well(&me);
	}
}

TEST(reset_with_many_in_flight)
{
	struct user me = new_user();

	for (unsigned int i = 0; i < CYCLES; i++) {
		uint64_t failed = counter("failed");

		inject("stall", 1);
		submit_many(&me, MANY);
		reset_function(&me);
		/* Some have ended well while the others were cancelled. */
		expect_end(&me, MANY, 0, EIO);
		EXPECT(counter("failed") > failed);
		expect_all_well(&me);
	}
}

static pthread_barrier_t all_ready;

static void *copy_all_the_time(void *stop)
{
	struct user me = new_user();
	unsigned int copies = 0;

	pthread_barrier_wait(&all_ready);
	while (!*(volatile bool *)stop) {
		if (copy(&me.src, 0, &me.dst, 0, LENGTH))
			ASSERT_EQ(errno, EIO);
		else
			copies++;
	}
	EXPECT(copies > 0);
	return NULL;
}

TEST(reset_under_load)
{
	struct user me = new_user();
	pthread_t threads[4];
	bool stop = false;

	ASSERT(!pthread_barrier_init(&all_ready, NULL, ARRAY_SIZE(threads) + 1));
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT(!pthread_create(&threads[i], NULL, copy_all_the_time, &stop));
	pthread_barrier_wait(&all_ready);
	for (unsigned int i = 0; i < CYCLES; i++) {
		usleep(20000 + 777 * i);
		reset_function(&me);
	}
	usleep(20000);
	stop = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	expect_all_well(&me);
}

int main(void)
{
	ktap_promised = "reset";
	return ktap_run();
}
