// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver lets go of a device in a bounded time, whatever user space does: memory that
 * never arrives, locks that are never released, more mappings than fit into a table.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "batch.h"

#define SECOND		1000000000ull
/* An idle device goes at once; edu may have to end a command. */
#define GOES_WITHIN	SECOND
/* After that the test gives in, so that it can tell. */
#define PATIENCE	5

static char address[16];

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static int open_function(void)
{
	char node[300];

	ASSERT(has_node(address, node));
	return open_path(node);
}

static int first_open(void)
{
	int fd = open_device();

	get_address(fd, address);
	return fd;
}

/* Nanoseconds that unbind takes. @hostage is killed if it takes too long, or 0. */
static uint64_t unbind_beside(pid_t hostage)
{
	uint64_t begin = now_ns(), took;
	pid_t watchdog = fork();

	ASSERT_OK(watchdog);
	if (!watchdog) {
		sleep(PATIENCE);
		if (hostage)
			kill(hostage, SIGKILL);
		_exit(0);
	}
	write_file("/sys/bus/pci/drivers/edudma/unbind", address);
	took = now_ns() - begin;
	kill(watchdog, SIGKILL);
	ASSERT_EQ(waitpid(watchdog, NULL, 0), watchdog);
	return took;
}

static void bind_device(void)
{
	write_file("/sys/bus/pci/drivers/edudma/bind", address);
	expect_device_works(open_function(), EDUDMA_KMALLOC);
}

static void expect_goes_beside(pid_t hostage)
{
	EXPECT(unbind_beside(hostage) < GOES_WITHIN);
	bind_device();
}

/* It waits, and it can be killed while it does. */
static void expect_mortal(pid_t child)
{
	int status;

	EXPECT_EQ(waitpid(child, &status, WNOHANG), 0);
	ASSERT_OK(kill(child, SIGKILL));
	for (unsigned int tries = 0; !waitpid(child, &status, WNOHANG); tries++) {
		ASSERT(tries < 100);
		usleep(10000);
	}
	EXPECT(WIFSIGNALED(status));
}

/* Memory that never arrives: a thread that touches it waits. NULL if there is none here. */
static void *endless_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(page != MAP_FAILED);
	if (uffd < 0 && errno == ENOSYS)
		return NULL;
	ASSERT_OK(uffd);
	ASSERT_OK(ioctl(uffd, UFFDIO_API, &api));
	range.range = (struct uffdio_range) { .start = (uintptr_t)page, .len = PAGE };
	ASSERT_OK(ioctl(uffd, UFFDIO_REGISTER, &range));
	return page;
}

static bool has_endless_pages(void)
{
	bool has = !access("/proc/sys/vm/unprivileged_userfaultfd", F_OK);

	if (!has)
		ktap_diag("this kernel has no userfaultfd");
	return has;
}

/* A child that waits for such a page, in the middle of a batch */
static pid_t submit_endless(int fd)
{
	struct edudma_submit batch = { .count = 1 };
	pid_t child = fork();

	ASSERT_OK(child);
	if (!child) {
		batch.entries = (uintptr_t)endless_page();
		ioctl(fd, EDUDMA_SUBMIT, &batch);
		_exit(0);
	}
	/* It is there by then. */
	usleep(200000);
	return child;
}

/* What others do with the same file does not wait for him, nor does the device's end. */
TEST(batch_never_arrives)
{
	struct edudma_ring_setup setup = { .entries = 1, .eventfd = -1 };
	struct edudma_entry entry = { .op = EDUDMA_TO_DEVICE, .length = PAGE };
	struct edudma_ring *ring;
	struct buffer buffer;
	int fd = first_open();
	uint64_t begin;
	pid_t child;

	if (!has_endless_pages())
		return;
	ring = open_ring(fd);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, PAGE);
	entry.src = buffer.handle;
	child = submit_endless(fd);

	begin = now_ns();
	EXPECT_ERRNO(ioctl(fd, EDUDMA_RING, &setup), EBUSY);
	ASSERT_OK(submit(fd, &entry, 1));
	EXPECT_EQ(next_completion(ring).status, 0);
	EXPECT(now_ns() - begin < SECOND);
	expect_goes_beside(child);
	expect_mortal(child);
}

/* Each ioctl's own struct is there, and never arrives. */
TEST(argument_never_arrives)
{
	static const unsigned long requests[] = {
		EDUDMA_INFO, EDUDMA_METHOD_INFO, EDUDMA_BUFFER_ALLOC, EDUDMA_BUFFER_FREE,
		EDUDMA_SYNC, EDUDMA_CPU, EDUDMA_TRANSFER, EDUDMA_FACTORIAL, EDUDMA_LIVENESS,
		EDUDMA_RING, EDUDMA_SUBMIT
	};
	pid_t children[ARRAY_SIZE(requests)];
	int fd = first_open();

	if (!has_endless_pages())
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++) {
		children[i] = fork();
		ASSERT_OK(children[i]);
		if (!children[i]) {
			ioctl(fd, requests[i], endless_page());
			_exit(0);
		}
	}
	usleep(300000);
	expect_goes_beside(0);
	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++)
		expect_mortal(children[i]);
}

int main(void)
{
	ktap_promised = "bounded";
	return ktap_run();
}
