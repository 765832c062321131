// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many processes use one device for a long time: random kinds of memory, sizes,
 * directions, ways to wait, mappings and cancellations. Every byte is compared, and in
 * the end the counters add up.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sound.h"

#define PROCESSES	16

static uint64_t seed = 1;
static unsigned int seconds = 60;

/* What the processes have seen, shared by all of them */
static struct tally {
	uint64_t verified;
	uint64_t bytes;
	uint64_t cancelled;
	uint64_t wrong;
	uint64_t steps;
} *tallies;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void use_device(unsigned int process, uint64_t end)
{
	struct tally *tally = &tallies[process];
	struct sound sound;

	sound_open(&sound, seed * 1000003 + process, 16 * KIB);
	while (now() < end && !sound.wrong) {
		sound_step(&sound);
		tally->verified = sound.verified;
		tally->bytes = sound.bytes;
		tally->cancelled = sound.cancelled;
		tally->steps++;
	}
	tally->wrong = sound.wrong;
	if (sound.wrong)
		ktap_diag("process %u: %s", process, sound.what);
	sound_close(&sound);
}

static struct tally sum(void)
{
	struct tally total = {};

	for (unsigned int i = 0; i < PROCESSES; i++) {
		total.verified += tallies[i].verified;
		total.bytes += tallies[i].bytes;
		total.cancelled += tallies[i].cancelled;
		total.wrong += tallies[i].wrong;
		total.steps += tallies[i].steps;
	}
	return total;
}

static void show_progress(uint64_t start)
{
	struct tally total = sum();

	ktap_diag("progress: %llu of %u s, %llu transfers verified, %llu given up",
		  (unsigned long long)(now() - start), seconds,
		  (unsigned long long)total.verified, (unsigned long long)total.cancelled);
}

static bool all_files_are_gone(void)
{
	return !strstr(read_file("buffers"), "file ");
}

TEST(every_byte_and_every_request)
{
	uint64_t start = now(), submitted = counter("submitted");
	unsigned int left = PROCESSES;
	struct tally total;
	int status;

	for (unsigned int i = 0; i < PROCESSES; i++) {
		if (!ktap_fork()) {
			use_device(i, start + seconds);
			exit(0);
		}
	}
	for (unsigned int ticks = 1; left; ticks++) {
		while (left && waitpid(-1, &status, WNOHANG) > 0) {
			EXPECT(WIFEXITED(status) && !WEXITSTATUS(status));
			left--;
		}
		if (left)
			usleep(100000);
		if (ticks % 600 == 0)
			show_progress(start);
	}
	for (unsigned int tries = 0; !all_files_are_gone() && tries < 1000; tries++)
		usleep(100000);

	total = sum();
	EXPECT(all_files_are_gone());
	EXPECT(counters_add_up());
	EXPECT(counter("cancelled") > 0);
	EXPECT_EQ(counter("failed"), 0);
	EXPECT_EQ(total.wrong, 0);
	for (unsigned int i = 0; i < PROCESSES; i++)
		EXPECT(tallies[i].verified > 0);
	ktap_diag("seed %llu: %llu requests in %llu s, %llu verified, %llu given up, %llu bytes compared",
		  (unsigned long long)seed,
		  (unsigned long long)(counter("submitted") - submitted),
		  (unsigned long long)(now() - start), (unsigned long long)total.verified,
		  (unsigned long long)total.cancelled, (unsigned long long)total.bytes);
	ktap_promise("soak", total.verified + total.wrong, total.verified);
	ktap_promise("counters-add-up", 1, counters_add_up());
}

static void usage(void)
{
	puts("usage: soak [--seconds N] [--seed N]\n\n"
	     "16 processes make random transfers, give some up, and compare every byte.\n\n"
	     "  --seconds N   of the guest's time (60)\n"
	     "  --seed N      what is random depends on it (1)\n"
	     "  --help        this text");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 't': seconds = atoi(optarg); break;
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 'h': usage(); return 0;
		default: return 2;
		}
	}
	ktap_timeout = seconds + 600;
	tallies = mmap(NULL, PROCESSES * sizeof(*tallies), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return tallies == MAP_FAILED ? 1 : ktap_run();
}
