// SPDX-License-Identifier: GPL-2.0-only
/* A small test harness that prints KTAP 1. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"

#define MAX_VARIANTS	16

static struct ktap_test *first_test, **last_test = &first_test;
static struct {
	const char *name;
	unsigned int number;
} variants[MAX_VARIANTS];
static unsigned int nr_variants;

unsigned int ktap_timeout = 600;
const char *ktap_promised;

/* Shared by all processes of the running test. */
static struct {
	bool failed;
	uint64_t tries;
} *shared;

void ktap_add(struct ktap_test *test)
{
	*last_test = test;
	last_test = &test->next;
}

void ktap_variant(const char *name, unsigned int number)
{
	if (nr_variants == MAX_VARIANTS)
		abort();
	variants[nr_variants].name = strdup(name);
	if (!variants[nr_variants].name)
		abort();
	variants[nr_variants++].number = number;
}

void ktap_diag(const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	printf("# %s\n", line);
}

void ktap_promise(const char *promise, uint64_t tried, uint64_t survived)
{
	ktap_diag("promise %s: tried %llu, survived %llu", promise,
		  (unsigned long long)tried, (unsigned long long)survived);
}

void ktap_tries(uint64_t nr)
{
	__atomic_add_fetch(&shared->tries, nr, __ATOMIC_RELAXED);
}

void ktap_not_true(const char *where, const char *what)
{
	shared->failed = true;
	ktap_diag("%s: not true: %s", where, what);
}

void ktap_not_equal(uint64_t got, uint64_t want, const char *where, const char *what)
{
	shared->failed = true;
	ktap_diag("%s: %s: got %llu (%#llx), want %llu (%#llx)", where, what,
		  (unsigned long long)got, (unsigned long long)got,
		  (unsigned long long)want, (unsigned long long)want);
}

static const char *errno_name(int error)
{
	return error ? strerrorname_np(error) : "success";
}

void ktap_not_errno(int got, int want, const char *where, const char *what)
{
	shared->failed = true;
	ktap_diag("%s: %s: got %s, want %s", where, what, errno_name(got), errno_name(want));
}

pid_t ktap_fork(void)
{
	pid_t pid = fork();

	ASSERT_OK(pid);
	return pid;
}

void ktap_stop(void)
{
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static bool run_test(const struct ktap_test *test, unsigned int variant)
{
	int status;
	pid_t pid;

	shared->failed = false;
	shared->tries = 0;
	pid = fork();
	if (pid < 0) {
		ktap_diag("fork: %s", strerror(errno));
		return false;
	}
	if (!pid) {
		setpgid(0, 0);
		alarm(ktap_timeout);
		test->run(variant);
		exit(EXIT_SUCCESS);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	kill(-pid, SIGKILL);

	if (WIFSIGNALED(status))
		ktap_diag("killed by SIG%s%s", sigabbrev_np(WTERMSIG(status)),
			  WTERMSIG(status) == SIGALRM ? " (took too long)" : "");
	return !shared->failed && WIFEXITED(status) && !WEXITSTATUS(status);
}

static unsigned int count_runs(const struct ktap_test *test)
{
	return test->each ? nr_variants : 1;
}

/* KTAP_ONLY= is a part of a test's name, or of its variant's */
static bool is_wanted(const struct ktap_test *test, unsigned int run)
{
	const char *only = getenv("KTAP_ONLY");

	return !only || strstr(test->name, only) ||
		(test->each && strstr(variants[run].name, only));
}

static unsigned int count_results(void)
{
	unsigned int count = 0;

	for (struct ktap_test *test = first_test; test; test = test->next)
		for (unsigned int i = 0; i < count_runs(test); i++)
			count += is_wanted(test, i);
	return count;
}

int ktap_run(void)
{
	unsigned int number = 0, bad = 0;
	uint64_t tried = 0, survived = 0;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}
	/* A line at a time, and nothing buffered that a child would print again. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..%u\n", count_results());

	for (struct ktap_test *test = first_test; test; test = test->next) {
		for (unsigned int i = 0; i < count_runs(test); i++) {
			uint64_t tries;
			bool ok;

			if (!is_wanted(test, i))
				continue;
			ok = run_test(test, test->each ? variants[i].number : 0);
			tries = shared->tries ? shared->tries : 1;
			bad += !ok;
			tried += tries;
			survived += ok ? tries : 0;
			printf("%s %u %s%s%s\n", ok ? "ok" : "not ok", ++number, test->name,
			       test->each ? " on " : "", test->each ? variants[i].name : "");
		}
	}
	if (ktap_promised)
		ktap_promise(ktap_promised, tried, survived);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
