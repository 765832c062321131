/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small test harness that prints KTAP 1 (which prove takes for TAP).
 *
 * Every test runs in a process of its own, in a process group of its own and
 * under an alarm, so that a crash or an endless wait is one failed test. The
 * plan is printed first, so that a program which dies has too few results.
 * A check may be made in any thread or child of a test.
 */
#ifndef KTAP_H
#define KTAP_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct ktap_test - one test
 * @name: what the result line says
 * @run: the body; gets the number of the variant
 * @each: run it once a variant
 * @next: the test defined after it
 */
struct ktap_test {
	const char *name;
	void (*run)(unsigned int variant);
	bool each;
	struct ktap_test *next;
};

/* Seconds that one test may take; main() may set it. */
extern unsigned int ktap_timeout;

/* The promise that all tests of the program put to the test; main() may set it. */
extern const char *ktap_promised;

void ktap_add(struct ktap_test *test);
/* Add a variant. Tests that are TEST_EACH get its number. */
void ktap_variant(const char *name, unsigned int number);
/*
 * Run all tests, or those whose name, or whose variant's, contains $KTAP_ONLY; returns main()'s exit
 * status.
 */
int ktap_run(void);

void ktap_diag(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* How often a promise of docs/reliability.md, by its name there, was put to the test, and held */
void ktap_promise(const char *promise, uint64_t tried, uint64_t survived);
/* A test is one try of ktap_promised, or as many as it counts */
void ktap_tries(uint64_t nr);
void ktap_not_true(const char *where, const char *what);
void ktap_not_equal(uint64_t got, uint64_t want, const char *where, const char *what);
void ktap_not_errno(int got, int want, const char *where, const char *what);
void ktap_stop(void) __attribute__((noreturn));
/* fork(), which stops if it fails: -1 is a pid to kill() and waitpid(), and means all. */
pid_t ktap_fork(void);

/* These are inline so that static checkers know what holds after an ASSERT. */
static inline bool ktap_true(bool ok, const char *where, const char *what)
{
	if (!ok)
		ktap_not_true(where, what);
	return ok;
}

static inline bool ktap_equal(uint64_t got, uint64_t want, const char *where, const char *what)
{
	if (got != want)
		ktap_not_equal(got, want, where, what);
	return got == want;
}

/* @result is a system call's: -1 with errno, or not negative. @want: an errno, or 0. */
static inline bool ktap_errno(long result, int want, const char *where, const char *what)
{
	int got = result == -1 ? errno : 0;

	if (got != want)
		ktap_not_errno(got, want, where, what);
	return got == want;
}

#define KTAP_STRING_(x)	#x
#define KTAP_STRING(x)	KTAP_STRING_(x)
#define KTAP_WHERE	__FILE__ ":" KTAP_STRING(__LINE__)

#define KTAP_TEST(id, every)						\
	static void id(unsigned int variant);				\
	static struct ktap_test ktap_##id = {				\
		.name = #id, .run = id, .each = every			\
	};								\
	static void __attribute__((constructor)) ktap_add_##id(void)	\
	{								\
		ktap_add(&ktap_##id);					\
	}								\
	static void id(unsigned int variant __attribute__((unused)))

/* Define a test; the body follows. */
#define TEST(id)	KTAP_TEST(id, false)
/* Define a test that runs once a variant; the body follows and may use 'variant'. */
#define TEST_EACH(id)	KTAP_TEST(id, true)

/* A failed EXPECT is a failed test that goes on; after a failed ASSERT it ends. */
#define EXPECT(cond)	ktap_true(cond, KTAP_WHERE, #cond)
#define ASSERT(cond)	KTAP_OR_STOP(ktap_true(cond, KTAP_WHERE, #cond))
#define EXPECT_EQ(got, want) \
	ktap_equal((uint64_t)(got), (uint64_t)(want), KTAP_WHERE, #got " == " #want)
#define ASSERT_EQ(got, want) \
	KTAP_OR_STOP(ktap_equal((uint64_t)(got), (uint64_t)(want), KTAP_WHERE, #got " == " #want))
#define EXPECT_ERRNO(call, want) \
	ktap_errno((long)(call), want, KTAP_WHERE, #call)
#define ASSERT_ERRNO(call, want) \
	KTAP_OR_STOP(ktap_errno((long)(call), want, KTAP_WHERE, #call))
#define EXPECT_OK(call)	ktap_errno((long)(call), 0, KTAP_WHERE, #call)
#define ASSERT_OK(call)	KTAP_OR_STOP(ktap_errno((long)(call), 0, KTAP_WHERE, #call))

#define KTAP_OR_STOP(check)	do { if (!(check)) ktap_stop(); } while (0)

#endif /* KTAP_H */
