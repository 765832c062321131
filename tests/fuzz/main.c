// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random and hostile use of the device by several threads at once. The kernel must
 * not mind, which its own detectors see; here it is seen to that
 *
 * - an ioctl fails only with what its documentation names;
 * - what a well-behaved user does meanwhile works, byte for byte;
 * - when all have left, nothing is left, and the counters add up.
 *
 * A seed gives each thread the same programs. Where KCOV tells what they reach, those
 * that reached something new are changed and run again; on the virtual clock, where
 * threads take turns in the same way each time, that is the same each time as well: so
 * nothing is called there that takes as long as the host takes.
 */
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../guest/random.h"
#include "../guest/sound.h"
#include "calls.h"
#include "complaint.h"
#include "corpus.h"

#define THREADS		4
#define PROGRAMS	10	/* of a thread, in a round */
#define PROGRESS	10	/* seconds */

static uint64_t seed;
static unsigned int seconds = 30;
static bool verbose;

static struct target shared[NR_SHARED];

/**
 * struct totals - what was done
 * @programs: programs run
 * @calls: calls made
 * @verified: sound transfers whose bytes were all right
 * @requests: the driver's own count
 */
static struct totals {
	uint64_t programs;
	uint64_t calls;
	uint64_t verified;
	uint64_t requests;
} totals;

/*
 * Seconds that count: on the virtual clock sleeping costs nothing, and takes most of
 * the time, so that only what the processor was busy does.
 */
static double elapsed(void)
{
	double up, idle;

	ASSERT_EQ(sscanf(read_file("/proc/uptime"), "%lf %lf", &up, &idle), 2);
	return clock_is_virtual() ? up - idle : up;
}

static void show(const struct program *program)
{
	char text[MAX_CALLS * 300];

	program_print(program, text, sizeof(text));
	printf("# program\n%s", text);
}

static void *run_programs(void *argument)
{
	struct thread *thread = argument;
	struct coverage *coverage = coverage_open();
	struct program program;

	calls_thread_init(thread);
	for (unsigned int i = 0; i < PROGRAMS; i++) {
		corpus_next(&program, &thread->random);
		if (verbose)
			show(&program);
		coverage_begin(coverage);
		calls_run(thread, &program);
		if (coverage_is_new(coverage))
			corpus_add(&program);
	}
	calls_thread_exit(thread);
	coverage_close(coverage);
	return NULL;
}

static bool all_files_are_gone(void)
{
	return !strstr(read_file("buffers"), "file ");
}

/* Whatever is still under way ends, as long as it may take. */
static bool expect_nothing_left(void)
{
	bool gone;

	for (unsigned int tries = 0; !all_files_are_gone() && tries < 1000; tries++)
		usleep(100000);
	gone = EXPECT(all_files_are_gone());
	return EXPECT(counters_add_up()) && gone;
}

/* Of a thread; those of neighbouring seeds shall have nothing in common. */
static uint64_t seed_of(unsigned int thread)
{
	uint64_t state = seed;

	return random_number(&state) + thread;
}

static bool run_round(unsigned int number)
{
	struct thread threads[THREADS] = {};
	pthread_t ids[THREADS];
	bool good;

	for (unsigned int i = 0; i < NR_SHARED; i++)
		target_open(&shared[i], O_RDWR, true);
	for (unsigned int i = 0; i < THREADS; i++) {
		threads[i].shared = shared;
		threads[i].random = seed_of(number * THREADS + i);
		ASSERT(!pthread_create(&ids[i], NULL, run_programs, &threads[i]));
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(ids[i], NULL);
		totals.programs += PROGRAMS;
		totals.calls += threads[i].calls;
		totals.verified += threads[i].verified;
	}
	for (unsigned int i = 0; i < NR_SHARED; i++)
		close(shared[i].fd);
	good = expect_nothing_left();
	return EXPECT(complaint_none()) && good;
}

static void show_totals(const char *what, double time)
{

	totals.requests = counter("submitted");
	ktap_diag("%s: %.0f of %u s, %llu programs, %llu calls, %llu requests, %llu verified, %u ways, %u in the corpus",
		  what, time, seconds, (unsigned long long)totals.programs,
		  (unsigned long long)totals.calls, (unsigned long long)totals.requests,
		  (unsigned long long)totals.verified, coverage_count(), corpus_count());
}

/* Whatever was done to it, it works. */
static void use_well(void)
{
	struct sound sound;

	sound_open(&sound, seed, 2 * PAGE);
	for (unsigned int steps = 0; steps < 100 && !sound.verified && !sound.wrong; steps++)
		sound_step(&sound);
	EXPECT(sound.verified > 0);
	EXPECT(!sound.wrong);
	sound_close(&sound);
}

TEST(random_calls)
{
	double start = elapsed(), time = 0, shown = 0;
	unsigned int rounds = 0, good = 0;

	ktap_diag("seed %llu", (unsigned long long)seed);
	calls_init();
	complaint_init();
	while (time < seconds) {
		good += run_round(rounds++);
		time = elapsed() - start;
		if (time - shown >= PROGRESS) {
			show_totals("progress", time);
			shown = time;
		}
	}
	write_file("/sys/module/edudma/parameters/completion", "hybrid");
	show_totals("done", time);
	use_well();
	ktap_promise("random-calls", totals.calls, good == rounds ? totals.calls : 0);
	ktap_promise("counters-add-up", rounds, good);
}

static void usage(void)
{
	puts("usage: fuzz [--seed N] [--seconds N] [--verbose]\n\n"
	     "Uses the device in random and hostile ways.\n\n"
	     "  --seed N      the same programs for the same number (else the time)\n"
	     "  --seconds N   how long (30); on the virtual clock, of the processor's time\n"
	     "  --verbose     print each program before it is run\n"
	     "  --help        this text");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int option;

	seed = time(NULL);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 't': seconds = atoi(optarg); break;
		case 'v': verbose = true; break;
		case 'h': usage(); return 0;
		default: return 2;
		}
	}
	/* Of the guest's time, of which there may be much */
	ktap_timeout = 1000000;
	return ktap_run();
}
