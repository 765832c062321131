// SPDX-License-Identifier: GPL-2.0-only
/*
 * What edu-sg does wrong when it is told to: one request ends with one errno, the
 * next one works, and nothing is lost. The device has one channel.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor.h"
#include "user.h"

#define SECOND		1000000000ull

static struct user me;

static void setup(void)
{
	me = new_user();
}

static void provoke(const char *fault, unsigned int nth)
{
	ktap_tries(1);
	inject(fault, nth);
}

static struct edudma_transfer transfer(enum edudma_op op)
{
	return (struct edudma_transfer) {
		.op = op, .length = LENGTH,
		.src = op == EDUDMA_FROM_DEVICE ? 0 : me.src.handle,
		.dst = op == EDUDMA_TO_DEVICE ? 0 : me.dst.handle,
	};
}

static long run(enum edudma_op op)
{
	struct edudma_transfer request = transfer(op);

	return ioctl(me.fd, EDUDMA_TRANSFER, &request);
}

TEST(failed_request)
{
	setup();
	for (enum edudma_op op = EDUDMA_TO_DEVICE; op <= EDUDMA_COPY; op++) {
		uint64_t failed = counter("failed");

		provoke("fail", 1);
		EXPECT_ERRNO(run(op), EIO);
		EXPECT_EQ(counter("failed"), failed + 1);
		EXPECT_OK(run(op));
		expect_all_well(&me);
	}
}

TEST(one_of_many_fails)
{
	setup();
	for (unsigned int nth = 1; nth <= MANY; nth += 21) {
		provoke("fail", nth);
		submit_many(&me, MANY);
		expect_many(&me, MANY, nth - 1, EIO);
		expect_all_well(&me);
	}
}

/* Before a stranger's first request on-board memory is cleared, sooner or later. */
static void expect_clear_in_spite_of(const char *fault)
{
	struct buffer theirs;

	setup();
	theirs = alloc_buffer(open_device(), EDUDMA_KMALLOC, LENGTH);
	write_byte(&theirs, 0, LENGTH, 0xee);
	provoke(fault, 1);
	ASSERT_OK(from_device(&theirs, 0, LENGTH, 0));
	EXPECT(has_byte(&theirs, 0, LENGTH, 0));
	expect_all_well(&me);
}

TEST(failed_clear)
{
	expect_clear_in_spite_of("fail");
}

TEST(stalled_clear)
{
	expect_clear_in_spite_of("stall");
}

/* The device interrupts at the end of that, too: it takes longer than anybody looks. */
TEST(clear_is_noticed)
{
	uint64_t lost = counter("lost_interrupts");

	setup();
	setup();
	EXPECT_EQ(counter("lost_interrupts"), lost);
}

TEST(stall_and_timeout)
{
	struct edudma_transfer request;
	uint64_t cancelled;

	setup();
	request = transfer(EDUDMA_COPY);
	request.timeout_ns = SECOND;
	cancelled = counter("cancelled");
	provoke("stall", 1);
	EXPECT_ERRNO(ioctl(me.fd, EDUDMA_TRANSFER, &request), ETIMEDOUT);
	expect_all_well(&me);
	EXPECT_EQ(counter("cancelled"), cancelled + 1);
}

static void wake(int signal)
{
	(void)signal;
}

TEST(stall_and_signal)
{
	struct sigaction action = { .sa_handler = wake };
	struct itimerval second = { .it_value.tv_sec = 1 };

	setup();
	sigaction(SIGALRM, &action, NULL);
	provoke("stall", 1);
	setitimer(ITIMER_REAL, &second, NULL);
	EXPECT_ERRNO(run(EDUDMA_COPY), EINTR);
	expect_all_well(&me);
}

TEST(stall_and_kill)
{
	pid_t pid;

	setup();
	provoke("stall", 1);
	pid = ktap_fork();
	if (!pid) {
		run(EDUDMA_COPY);
		_exit(0);
	}
	sleep(1);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	expect_all_well(&me);
}

/* What a process leaves behind holds up nobody. */
TEST(stall_and_exit)
{
	uint64_t cancelled = counter("cancelled");
	pid_t pid;

	pid = ktap_fork();
	if (!pid) {
		setup();
		provoke("stall", 1);
		submit_many(&me, MANY);
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	setup();
	expect_all_well(&me);
	EXPECT(counter("cancelled") > cancelled);
}

/* The driver ends by itself what nobody gives up. Who waited behind it goes on. */
TEST(stall_and_patience)
{
	setup();
	provoke("stall", 1);
	EXPECT_ERRNO(run(EDUDMA_COPY), EIO);
	expect_all_well(&me);

	provoke("stall", 3);
	submit_many(&me, MANY);
	expect_many(&me, MANY, 2, EIO);
	expect_all_well(&me);
}

/* The net below the interrupts catches what would wait for ever. */
TEST(lost_interrupt)
{
	uint64_t lost = counter("lost_interrupts");

	setup();
	write_file("/sys/module/edudma/parameters/completion", "interrupt");
	provoke("irq", 1);
	EXPECT_OK(run(EDUDMA_COPY));
	write_file("/sys/module/edudma/parameters/completion", "hybrid");
	EXPECT(counter("lost_interrupts") > lost);
	expect_all_well(&me);
}

/* Nobody knows how that request ended. In the next lap its entry is as good as any. */
TEST(wrong_phase)
{
	setup();
	provoke("phase", 1);
	EXPECT_ERRNO(run(EDUDMA_COPY), EIO);
	expect_all_well(&me);

	for (unsigned int i = 0; i < 10; i++) {
		provoke("phase", 5);
		submit_many(&me, MANY);
		expect_many(&me, MANY, 4, EIO);
		expect_all_well(&me);
	}
}

/* Without bus mastering the device cannot even read what it shall do. */
TEST(halted_channel)
{
	setup();
	set_pci_command(me.fd, PCI_COMMAND_MASTER, false);
	EXPECT_ERRNO(run(EDUDMA_COPY), EIO);
	set_pci_command(me.fd, PCI_COMMAND_MASTER, true);
	expect_all_well(&me);
}

/* The ring has 256 entries; in each lap another entry is the last. */
TEST(many_laps)
{
	setup();
	for (unsigned int i = 0; i < 40; i++) {
		unsigned int nr = MANY - i % 3;

		write_byte(&me.dst, 0, LENGTH, 0);
		submit_many(&me, nr);
		expect_many(&me, nr, MANY, 0);
		EXPECT(has_pattern(&me.dst, 0, nr * LENGTH / MANY, 1));
	}
	expect_all_well(&me);
}

/* More requests than the ring takes: those that must wait find their place later. */
TEST(full_ring)
{
	struct user users[6];

	for (unsigned int i = 0; i < ARRAY_SIZE(users); i++) {
		setup();
		users[i] = me;
	}
	provoke("stall", 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(users); i++) {
		me = users[i];
		submit_many(&me, MANY);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(users); i++) {
		me = users[i];
		expect_many(&me, MANY, i ? MANY : 0, EIO);
		expect_all_well(&me);
	}
}

int main(void)
{
	ktap_promised = "injected-faults";
	return ktap_run();
}
