// SPDX-License-Identifier: GPL-2.0-only
/*
 * What edu can do besides DMA: factorials. The device computes them in a thread
 * of the host, so these tests want the real clock.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "device.h"

/* Takes the device some tenths of a second on any host. */
#define LONG_N	300000000u

static long factorial(int fd, uint32_t n, uint64_t timeout_ns, uint32_t *result)
{
	struct edudma_factorial request = { .n = n, .timeout_ns = timeout_ns };
	long ret = ioctl(fd, EDUDMA_FACTORIAL, &request);

	*result = request.result;
	return ret;
}

static uint32_t factorial_of(uint32_t n)
{
	uint32_t result = 1;

	while (n)
		result *= n--;
	return result;
}

/* Where the device says that it computes */
#define STATUS		(0x20 / 4)
#define COMPUTING	1u

static void wait_until_it_computes(volatile uint32_t *registers)
{
	for (unsigned int tries = 0; !(registers[STATUS] & COMPUTING); tries++) {
		ASSERT(tries < 60000);
		usleep(1000);
	}
}

static volatile uint32_t *registers_of(int fd)
{
	char address[16];

	get_address(fd, address);
	return map_registers(address);
}

TEST(factorials)
{
	int fd = open_device();
	uint32_t result;

	for (uint32_t n = 0; n <= 40; n++) {
		ASSERT_OK(factorial(fd, n, 0, &result));
		ASSERT_EQ(result, factorial_of(n));
	}
	ASSERT_OK(factorial(fd, 1000000, 0, &result));
	EXPECT_EQ(result, 0);
}

/* Who does not wait for the end must not spoil the next one's. */
TEST(factorial_with_timeout)
{
	int fd = open_device();
	uint32_t result;

	for (unsigned int i = 0; i < 3; i++) {
		ASSERT_ERRNO(factorial(fd, LONG_N, 1000000, &result), ETIMEDOUT);
		ASSERT_OK(factorial(fd, 5, 0, &result));
		EXPECT_EQ(result, 120);
	}
}

static void ignore(int signal __attribute__((unused)))
{
}

static void *compute_long(void *fd)
{
	uint32_t result;

	EXPECT_ERRNO(factorial(*(int *)fd, UINT32_MAX, 0, &result), EINTR);
	return NULL;
}

TEST(factorial_with_signal)
{
	struct sigaction action = { .sa_handler = ignore };
	int fd = open_device();
	pthread_t thread;
	uint32_t result;

	ASSERT_OK(sigaction(SIGUSR1, &action, NULL));
	ASSERT(!pthread_create(&thread, NULL, compute_long, &fd));
	wait_until_it_computes(registers_of(fd));
	ASSERT(!pthread_kill(thread, SIGUSR1));
	pthread_join(thread, NULL);
	ASSERT_OK(factorial(fd, 10, 0, &result));
	EXPECT_EQ(result, 3628800);
}

static void *compute_for_a_while(void *fd)
{
	uint32_t result;

	EXPECT_OK(factorial(*(int *)fd, 10 * LONG_N, 0, &result));
	return NULL;
}

/* The time spent waiting for somebody else's counts as well. */
TEST(factorial_with_timeout_behind_another)
{
	int fd = open_device(), other = open_device();
	pthread_t thread;
	uint32_t result;

	ASSERT(!pthread_create(&thread, NULL, compute_for_a_while, &other));
	wait_until_it_computes(registers_of(fd));
	EXPECT_ERRNO(factorial(fd, 5, 100000000, &result), ETIMEDOUT);
	pthread_join(thread, NULL);
	EXPECT_OK(factorial(fd, 5, 0, &result));
	EXPECT_EQ(result, 120);
}

/* As if the device's interrupt were lost */
static void *tell_not_to_interrupt(void *fd)
{
	volatile uint32_t *registers = registers_of(*(int *)fd);

	wait_until_it_computes(registers);
	registers[STATUS] = 0;
	return NULL;
}

TEST(factorial_without_its_interrupt)
{
	int fd = open_device();
	pthread_t thread;
	uint32_t result;

	ASSERT(!pthread_create(&thread, NULL, tell_not_to_interrupt, &fd));
	EXPECT_OK(factorial(fd, 10 * LONG_N, 300000000000, &result));
	pthread_join(thread, NULL);
}

struct worker {
	pthread_t thread;
	int fd;
	uint32_t n;
};

static void *compute_some(void *argument)
{
	struct worker *worker = argument;
	uint32_t result;

	for (unsigned int i = 0; i < 10; i++) {
		ASSERT_OK(factorial(worker->fd, worker->n, 0, &result));
		ASSERT_EQ(result, factorial_of(worker->n));
	}
	return NULL;
}

/* The device has one calculator, one DMA engine, and one interrupt for both. */
TEST(factorials_beside_transfers)
{
	struct worker workers[4];
	struct buffer src, dst;
	int fd = open_device();

	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++) {
		workers[i].fd = open_device();
		workers[i].n = 3 + i;
		ASSERT(!pthread_create(&workers[i].thread, NULL, compute_some, &workers[i]));
	}
	src = alloc_buffer(fd, EDUDMA_KMALLOC, 2 * PAGE);
	dst = alloc_buffer(fd, EDUDMA_VMALLOC, 2 * PAGE);
	for (unsigned int i = 0; i < 3; i++) {
		write_pattern(&src, 0, src.length, i);
		ASSERT_OK(copy(&src, 0, &dst, 0, src.length));
		EXPECT(has_pattern(&dst, 0, dst.length, i));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(workers); i++)
		pthread_join(workers[i].thread, NULL);
}

int main(void)
{
	ktap_promised = "interrupted";
	return ktap_run();
}
