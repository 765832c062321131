// SPDX-License-Identifier: GPL-2.0-only
/* KCOV, and a corpus. */
#include <fcntl.h>
#include <linux/kcov.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "../guest/device.h"
#include "../guest/random.h"
#include "corpus.h"

#define PLACES		65536	/* that a thread notes at most */
#define STEPS		65536	/* told apart */
#define MAX_PROGRAMS	4096

/**
 * struct coverage - where a thread was in the driver
 * @fd: KCOV's
 * @places: the number of them, and their addresses, in the order of time
 */
struct coverage {
	int fd;
	uint64_t *places;
};

static uint8_t seen[STEPS];
static unsigned int nr_seen;

static struct program programs[MAX_PROGRAMS];
static unsigned int nr_programs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct coverage *coverage_open(void)
{
	struct coverage *coverage;
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	coverage = calloc(1, sizeof(*coverage));
	ASSERT(coverage);
	coverage->fd = fd;
	ASSERT_OK(ioctl(fd, KCOV_INIT_TRACE, PLACES));
	coverage->places = mmap(NULL, PLACES * sizeof(uint64_t), PROT_READ | PROT_WRITE,
				MAP_SHARED, fd, 0);
	ASSERT(coverage->places != MAP_FAILED);
	ASSERT_OK(ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
	return coverage;
}

void coverage_close(struct coverage *coverage)
{
	if (!coverage)
		return;
	ioctl(coverage->fd, KCOV_DISABLE, 0);
	munmap(coverage->places, PLACES * sizeof(uint64_t));
	close(coverage->fd);
	free(coverage);
}

void coverage_begin(struct coverage *coverage)
{
	if (coverage)
		__atomic_store_n(&coverage->places[0], 0, __ATOMIC_RELAXED);
}

bool coverage_is_new(struct coverage *coverage)
{
	uint64_t before = 0, nr;
	bool is_new = false;

	if (!coverage)
		return false;
	nr = __atomic_load_n(&coverage->places[0], __ATOMIC_RELAXED);
	for (uint64_t i = 1; i <= nr; i++) {
		uint64_t place = coverage->places[i], step = place ^ before;

		step = random_number(&step) % STEPS;
		before = place << 1;
		if (!__atomic_exchange_n(&seen[step], 1, __ATOMIC_RELAXED)) {
			__atomic_fetch_add(&nr_seen, 1, __ATOMIC_RELAXED);
			is_new = true;
		}
	}
	return is_new;
}

unsigned int coverage_count(void)
{
	return nr_seen;
}

void corpus_add(const struct program *program)
{
	pthread_mutex_lock(&lock);
	if (nr_programs < MAX_PROGRAMS)
		programs[nr_programs++] = *program;
	pthread_mutex_unlock(&lock);
}

void corpus_next(struct program *program, uint64_t *random)
{
	const struct program *other = NULL;
	bool known;

	pthread_mutex_lock(&lock);
	known = nr_programs && !one_in(random, 3);
	if (known) {
		*program = programs[below(random, nr_programs)];
		other = &programs[below(random, nr_programs)];
	}
	pthread_mutex_unlock(&lock);
	/* What is in the corpus stays as it is. */
	if (known)
		program_mutate(program, other, random);
	else
		program_make_up(program, random);
}

unsigned int corpus_count(void)
{
	return nr_programs;
}
