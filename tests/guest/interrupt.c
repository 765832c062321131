// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transfers that end early: by a signal, a timeout, a killed process or a closed file; and
 * what stops a process for a while and ends none. The device finishes the command that it is
 * at, whatever we do: until then the memory is its own, and nobody else gets it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "batch.h"

#define LENGTH		(20 * PAGE)
#define ROUNDS		3
#define TRIES		50	/* to see a command that runs: the host may be busy */
#define DEVICE_BYTE	0xff	/* what the device writes */
#define POISON		0x11	/* what must stay */

static int fd;
static struct edudma_info info;

static void ignore(int signal __attribute__((unused)))
{
}

static void setup(int sa_flags)
{
	struct sigaction action = { .sa_handler = ignore, .sa_flags = sa_flags };
	struct buffer buffer;

	ASSERT_OK(sigaction(SIGUSR1, &action, NULL));
	fd = open_device();
	info = get_info(fd);
	buffer = alloc_buffer(fd, EDUDMA_COHERENT, info.window);
	ASSERT_OK(cpu_fill(&buffer, 0, info.window, DEVICE_BYTE));
	ASSERT_OK(to_device(&buffer, 0, info.window, 0));
	free_buffer(&buffer);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void sleep_commands(unsigned int commands)
{
	usleep(commands * info.command_ns / 1000);
}

static struct edudma_transfer read_into(const struct buffer *buffer)
{
	return (struct edudma_transfer) {
		.op = EDUDMA_FROM_DEVICE, .dst = buffer->handle, .length = buffer->length
	};
}

/*
 * The range of a transfer that ended early comes back, and from then on the
 * device leaves it alone. True if it was still in use at first.
 */
static bool comes_back(const struct buffer *buffer)
{
	uint8_t *memory = map_buffer(buffer, PROT_READ | PROT_WRITE);
	const uint64_t length = buffer->length;
	bool busy = false;

	if (sync_range(buffer, EDUDMA_SYNC_WRITE, 0, length)) {
		ASSERT_EQ(errno, EBUSY);
		EXPECT_ERRNO(free_handle(buffer->fd, buffer->handle), EBUSY);
		busy = true;
		ASSERT_OK(RETRY_WHILE(EBUSY, sync_range(buffer, EDUDMA_SYNC_WRITE, 0, length)));
	}
	memset(memory, POISON, length);
	ASSERT_OK(sync_range(buffer, EDUDMA_SYNC_WRITE | EDUDMA_SYNC_END, 0, length));
	sleep_commands(3);
	EXPECT(has_byte(buffer, 0, length, POISON));
	munmap(memory, mapped_bytes(buffer));
	return busy;
}

static void signal_in_flight(uint32_t method, int sa_flags)
{
	unsigned int busy = 0;

	setup(sa_flags);
	/* A signal may come just when a command ends, but not every time. */
	for (unsigned int i = 0; i < TRIES && !busy; i++) {
		struct buffer buffer = alloc_buffer(fd, method, LENGTH);
		struct flight flight;

		take_off(&flight, fd, read_into(&buffer), &buffer);
		ASSERT(!pthread_kill(flight.thread, SIGUSR1));
		EXPECT_EQ(land(&flight), EINTR);
		busy += comes_back(&buffer);
		free_buffer(&buffer);
	}
	EXPECT(busy);
	expect_device_works(fd, method);
}

TEST_EACH(signal_is_eintr)
{
	signal_in_flight(variant, 0);
}

/* Some bytes have moved: it is not for the kernel to start again. */
TEST(signal_with_restart_is_eintr)
{
	signal_in_flight(EDUDMA_COHERENT, SA_RESTART);
}

static struct edudma_entry entry_of(const struct edudma_transfer *transfer)
{
	return (struct edudma_entry) {
		.op = transfer->op, .dst = transfer->dst, .length = transfer->length
	};
}

/* One call that blocks for as long as a transfer takes; returns its errno. */
static int call_transfer(struct edudma_transfer *transfer)
{
	return ioctl(fd, EDUDMA_TRANSFER, transfer) ? errno : 0;
}

static int call_wait(struct edudma_transfer *transfer)
{
	struct edudma_entry entry = entry_of(transfer);
	struct edudma_submit wait = { .min_complete = 1 };

	open_ring(fd);
	ASSERT_OK(submit(fd, &entry, 1));
	return ioctl(fd, EDUDMA_SUBMIT, &wait) ? errno : 0;
}

/* A process that is in such a call; it exits with what the call returns. */
static pid_t begin_call(int (*call)(struct edudma_transfer *transfer))
{
	int ready[2];
	char byte;
	pid_t pid;

	ASSERT_OK(pipe(ready));
	pid = ktap_fork();
	if (!pid) {
		struct edudma_transfer transfer;
		struct buffer buffer;

		setup(0);
		buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
		transfer = read_into(&buffer);
		ASSERT_EQ(write(ready[1], "", 1), 1);
		_exit(call(&transfer));
	}
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	sleep_commands(2);
	return pid;
}

static int end_of(pid_t pid)
{
	int status;

	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void stop(pid_t pid)
{
	ASSERT_OK(kill(pid, SIGSTOP));
	sleep_commands(2);
	ASSERT_OK(kill(pid, SIGCONT));
}

static void trace(pid_t pid)
{
	int status;

	ASSERT_OK(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	ASSERT_OK(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	ASSERT(WIFSTOPPED(status));
	ASSERT_OK(ptrace(PTRACE_DETACH, pid, NULL, NULL));
}

static void freeze(pid_t pid)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", pid);
	write_file("/tmp/cgroup/frozen/cgroup.procs", number);
	write_file("/tmp/cgroup/frozen/cgroup.freeze", "1");
	sleep_commands(2);
	write_file("/tmp/cgroup/frozen/cgroup.freeze", "0");
}

static void expect_goes_on(void (*disturb)(pid_t pid))
{
	pid_t pid;

	setup(0);
	pid = begin_call(call_transfer);
	disturb(pid);
	EXPECT_EQ(end_of(pid), 0);
	pid = begin_call(call_wait);
	disturb(pid);
	EXPECT_EQ(end_of(pid), 0);
	expect_device_works(fd, EDUDMA_KMALLOC);
}

TEST(stop_ends_no_transfer)
{
	expect_goes_on(stop);
}

TEST(debugger_ends_no_transfer)
{
	expect_goes_on(trace);
}

TEST(frozen_cgroup_ends_no_transfer)
{
	mkdir("/tmp/cgroup", 0755);
	ASSERT_OK(mount("cgroup", "/tmp/cgroup", "cgroup2", 0, NULL));
	ASSERT_OK(mkdir("/tmp/cgroup/frozen", 0755));
	expect_goes_on(freeze);
	ASSERT_OK(rmdir("/tmp/cgroup/frozen"));
	ASSERT_OK(umount("/tmp/cgroup"));
}

/* Nor does a stop keep back a signal that has a handler, or a timeout. */
TEST(stop_keeps_no_signal_back)
{
	pid_t pid;

	setup(0);
	pid = begin_call(call_transfer);
	ASSERT_OK(kill(pid, SIGSTOP));
	sleep_commands(2);
	ASSERT_OK(kill(pid, SIGUSR1));
	sleep_commands(2);
	ASSERT_OK(kill(pid, SIGCONT));
	EXPECT_EQ(end_of(pid), EINTR);
	expect_device_works(fd, EDUDMA_KMALLOC);
}

static int call_with_timeout(struct edudma_transfer *transfer)
{
	transfer->timeout_ns = 4 * info.command_ns;
	return call_transfer(transfer);
}

TEST(stop_keeps_no_timeout_back)
{
	pid_t pid;

	setup(0);
	pid = begin_call(call_with_timeout);
	stop(pid);
	EXPECT_EQ(end_of(pid), ETIMEDOUT);
	expect_device_works(fd, EDUDMA_KMALLOC);
}

TEST_EACH(timeout_is_etimedout)
{
	unsigned int busy = 0;

	setup(0);
	for (unsigned int i = 0; i < TRIES && !busy; i++) {
		struct buffer buffer = alloc_buffer(fd, variant, LENGTH);
		struct edudma_transfer transfer = read_into(&buffer);
		uint64_t start = now_ns();

		transfer.timeout_ns = info.command_ns / 2;
		EXPECT_ERRNO(ioctl(fd, EDUDMA_TRANSFER, &transfer), ETIMEDOUT);
		EXPECT(now_ns() - start >= transfer.timeout_ns);
		busy += comes_back(&buffer);
		free_buffer(&buffer);
	}
	EXPECT(busy);
	expect_device_works(fd, variant);
}

TEST(timeouts_that_are_over_at_once)
{
	setup(0);
	for (unsigned int i = 0; i < 20; i++) {
		struct buffer buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
		struct edudma_transfer transfer = read_into(&buffer);

		transfer.timeout_ns = 1 + i;
		EXPECT_ERRNO(ioctl(fd, EDUDMA_TRANSFER, &transfer), ETIMEDOUT);
	}
	expect_device_works(fd, EDUDMA_KMALLOC);
}

/* On a busy host it may have ended before the caller's time is over; then once more. */
static void expect_timeout(const struct edudma_transfer *transfer)
{
	long result = 0;

	for (unsigned int tries = 0; !result && tries < TRIES; tries++) {
		struct edudma_transfer request = *transfer;

		result = ioctl(fd, EDUDMA_TRANSFER, &request);
	}
	EXPECT_ERRNO(result, ETIMEDOUT);
}

/* The driver may have two commands for these two bytes: see page_end.c. */
TEST(what_is_left_of_a_command_is_forgotten)
{
	struct edudma_transfer transfer;
	struct buffer buffer;

	setup(0);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	transfer = read_into(&buffer);
	transfer.dst_offset = PAGE - 1;
	transfer.length = 2;
	transfer.timeout_ns = info.command_ns / 2;
	expect_timeout(&transfer);

	transfer.dst_offset = 0;
	transfer.length = 1;
	transfer.timeout_ns = 0;
	EXPECT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
	EXPECT_EQ(transfer.commands, 1);
}

/*
 * A queue of more commands than any guest has the time for, so that its end is not
 * reached however slow the test is: the first of them copies, the others load. It goes
 * when its file is closed.
 */
static struct edudma_ring *submit_endless(int file, const struct buffer *src,
					  const struct buffer *dst)
{
	struct buffer load = alloc_buffer(file, EDUDMA_VMALLOC, MIB);
	struct edudma_ring *ring = open_ring(file);
	struct edudma_entry entries[64];

	entries[0] = (struct edudma_entry) {
		.op = EDUDMA_COPY, .src = src->handle, .dst = dst->handle, .length = LENGTH
	};
	for (unsigned int i = 1; i < ARRAY_SIZE(entries); i++)
		entries[i] = (struct edudma_entry) {
			.op = EDUDMA_TO_DEVICE, .src = load.handle, .length = load.length
		};
	ASSERT_OK(submit(file, entries, ARRAY_SIZE(entries)));
	return ring;
}

/* One in the queue ends early: it has never run, and those before it go on. */
TEST(waiting_ones_end_early)
{
	struct buffer src, dst, waiting;
	struct edudma_transfer transfer;
	struct edudma_ring *ring;
	struct flight queued;
	int other = open_device();

	setup(0);
	src = alloc_buffer(other, EDUDMA_KMALLOC, LENGTH);
	dst = alloc_buffer(other, EDUDMA_KMALLOC, LENGTH);
	waiting = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	write_pattern(&src, 0, LENGTH, 9);
	write_byte(&waiting, 0, LENGTH, POISON);
	ring = submit_endless(other, &src, &dst);

	transfer = read_into(&waiting);
	transfer.timeout_ns = info.command_ns / 4;
	EXPECT_ERRNO(ioctl(fd, EDUDMA_TRANSFER, &transfer), ETIMEDOUT);
	EXPECT_OK(cpu_fill(&waiting, 0, LENGTH, POISON));

	take_off(&queued, fd, read_into(&waiting), &waiting);
	ASSERT(!pthread_kill(queued.thread, SIGUSR1));
	EXPECT_EQ(land(&queued), EINTR);
	EXPECT(has_byte(&waiting, 0, LENGTH, POISON));

	EXPECT_EQ(next_completion(ring).status, 0);
	EXPECT(has_pattern(&dst, 0, LENGTH, 9));
	munmap(ring, PAGE);
	close(other);
	/* Were one of them still in the queue, it would run before this. */
	expect_device_works(fd, EDUDMA_KMALLOC);
	EXPECT(has_byte(&waiting, 0, LENGTH, POISON));
}

/*
 * Take memory that a departed owner may just have left, and see that nobody
 * writes to it.
 */
static void expect_quiet_memory(uint32_t method)
{
	enum { NR = 64 };
	struct buffer buffers[NR];
	int own = open_device();

	for (unsigned int i = 0; i < NR; i++) {
		buffers[i] = alloc_buffer(own, method, LENGTH);
		write_byte(&buffers[i], 0, LENGTH, POISON);
	}
	sleep_commands(3);
	for (unsigned int i = 0; i < NR; i++)
		EXPECT(has_byte(&buffers[i], 0, LENGTH, POISON));
	close(own);
}

TEST_EACH(close_with_a_command_in_flight)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct edudma_transfer transfer;
		struct buffer buffer;

		setup(0);
		buffer = alloc_buffer(fd, variant, LENGTH);
		transfer = read_into(&buffer);
		transfer.timeout_ns = info.command_ns / 4;
		EXPECT_ERRNO(ioctl(fd, EDUDMA_TRANSFER, &transfer), ETIMEDOUT);
		close(fd);
		expect_quiet_memory(variant);
	}
	setup(0);
	expect_device_works(fd, variant);
}

TEST_EACH(kill_with_a_command_in_flight)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		int ready[2], status;
		pid_t pid;
		char byte;

		ASSERT_OK(pipe(ready));
		pid = ktap_fork();
		if (!pid) {
			struct buffer buffer;
			struct flight flight;

			setup(0);
			buffer = alloc_buffer(fd, variant, LENGTH);
			map_buffer(&buffer, PROT_READ | PROT_WRITE);
			take_off(&flight, fd, read_into(&buffer), &buffer);
			ASSERT_EQ(write(ready[1], "", 1), 1);
			land(&flight);
			_exit(0);
		}
		ASSERT_EQ(read(ready[0], &byte, 1), 1);
		kill(pid, SIGKILL);
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		expect_quiet_memory(variant);
	}
	setup(0);
	expect_device_works(fd, variant);
}

/* The owner of a queue goes, and leaves the others' transfers as they were. */
TEST(close_with_others_waiting)
{
	struct edudma_transfer transfer;
	struct buffer buffer, src, dst;
	struct flight flight;
	int other = open_device();

	setup(0);
	src = alloc_buffer(other, EDUDMA_VMALLOC, 2 * PAGE);
	dst = alloc_buffer(other, EDUDMA_VMALLOC, 2 * PAGE);
	write_pattern(&src, 0, 2 * PAGE, 4);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	transfer = read_into(&buffer);
	transfer.timeout_ns = info.command_ns / 4;
	EXPECT_ERRNO(ioctl(fd, EDUDMA_TRANSFER, &transfer), ETIMEDOUT);
	take_off(&flight, other, (struct edudma_transfer) {
		.op = EDUDMA_COPY, .src = src.handle, .dst = dst.handle, .length = 2 * PAGE
	}, &dst);
	close(fd);
	EXPECT_EQ(land(&flight), 0);
	EXPECT(has_pattern(&dst, 0, 2 * PAGE, 4));
}

int main(void)
{
	ktap_promised = "interrupted";
	add_method_variants();
	return ktap_run();
}
