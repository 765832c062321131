// SPDX-License-Identifier: GPL-2.0-only
/* Every test here must be reported as failed: harness.t sees to that. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../ktap.h"

TEST(a_failed_expectation)
{
	EXPECT_EQ(1, 2);
}

TEST(a_failed_assertion)
{
	ASSERT(false);
}

TEST(success_where_an_error_was_wanted)
{
	EXPECT_ERRNO(0, EINVAL);
}

TEST(another_error)
{
	errno = EPERM;
	EXPECT_ERRNO(-1, EINVAL);
}

TEST(an_error_where_success_was_wanted)
{
	errno = EPERM;
	EXPECT_OK(-1);
}

TEST(a_crash)
{
	kill(getpid(), SIGSEGV);
}

TEST(a_bad_exit)
{
	exit(3);
}

TEST(an_endless_wait)
{
	for (;;)
		pause();
}

static void *fail(void *unused __attribute__((unused)))
{
	EXPECT(false);
	return NULL;
}

TEST(a_failure_in_a_thread)
{
	pthread_t thread;

	ASSERT(!pthread_create(&thread, NULL, fail, NULL));
	pthread_join(thread, NULL);
}

TEST(a_failure_in_a_child)
{
	if (!ktap_fork()) {
		EXPECT(false);
		_exit(0);
	}
	wait(NULL);
}

TEST_EACH(a_variant)
{
	EXPECT(variant == 7);
}

int main(void)
{
	ktap_timeout = 1;
	ktap_variant("this", 8);
	ktap_variant("that", 9);
	return ktap_run();
}
