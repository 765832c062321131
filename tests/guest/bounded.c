// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver lets go of a device in a bounded time, whatever user space does: memory that
 * never arrives, locks that are never released, more mappings than fit into a table.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
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

/* A file whose content never arrives: its server answers what it must, and no more. */
static void serve_endless_file(int fuse)
{
	union {
		struct fuse_in_header header;
		uint8_t bytes[256 * KIB];
	} request;
	struct {
		struct fuse_out_header header;
		union {
			struct fuse_init_out init;
			struct fuse_attr_out attr;
			struct fuse_open_out open;
		};
	} answer;

	for (;;) {
		size_t bytes;

		if (read(fuse, &request, sizeof(request)) < 0)
			_exit(0);
		memset(&answer, 0, sizeof(answer));
		switch (request.header.opcode) {
		case FUSE_INIT:
			answer.init = (struct fuse_init_out) {
				.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = PAGE
			};
			bytes = sizeof(answer.init);
			break;
		case FUSE_GETATTR:
			answer.attr.attr = (struct fuse_attr) {
				.ino = 1, .size = PAGE, .mode = S_IFREG | 0600, .nlink = 1
			};
			bytes = sizeof(answer.attr);
			break;
		case FUSE_OPEN:
			bytes = sizeof(answer.open);
			break;
		case FUSE_FLUSH:
			answer.header.error = -ENOSYS;
			bytes = 0;
			break;
		default:
			continue;
		}
		answer.header.len = sizeof(answer.header) + bytes;
		answer.header.unique = request.header.unique;
		if (write(fuse, &answer, answer.header.len) < 0)
			_exit(1);
	}
}

/* Mapped memory of such a file, or NULL if the kernel has no FUSE */
static void *endless_file(void)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), fd;
	struct stat status;
	char options[100];
	void *page;

	if (fuse < 0)
		return NULL;
	close(open("/tmp/endless", O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	snprintf(options, sizeof(options), "fd=%d,rootmode=100600,user_id=0,group_id=0", fuse);
	ASSERT_OK(mount("endless", "/tmp/endless", "fuse", 0, options));
	if (!fork()) {
		/* What waits for the file cannot be killed, but ends with its server. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve_endless_file(fuse);
	}
	close(fuse);
	fd = open("/tmp/endless", O_RDONLY | O_CLOEXEC);
	ASSERT_OK(fd);
	/* Now the kernel knows its length. */
	ASSERT_OK(fstat(fd, &status));
	ASSERT_EQ(status.st_size, PAGE);
	ASSERT_OK(umount2("/tmp/endless", MNT_DETACH));
	page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT(page != MAP_FAILED);
	return page;
}

/* Unlike a fault, this holds mmap_lock for as long as the page does not arrive. */
static void *read_own_memory(void *page)
{
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char byte;

	ASSERT_OK(mem);
	return (void *)pread(mem, &byte, 1, (uintptr_t)page);
}

/* It wants mmap_lock for itself, so that it comes before those who would only read. */
static void *pause_then_map(void *unused)
{
	usleep(200000);
	return mmap(unused, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void expect_mmap_lock_taken(pid_t pid)
{
	pid_t prober = fork();

	ASSERT_OK(prober);
	if (!prober) {
		char path[40], byte;
		int maps;

		snprintf(path, sizeof(path), "/proc/%d/maps", pid);
		maps = open(path, O_RDONLY | O_CLOEXEC);
		_exit(read(maps, &byte, 1) != 1);
	}
	usleep(200000);
	ASSERT_EQ(waitpid(prober, NULL, WNOHANG), 0);
	kill(prober, SIGKILL);
	ASSERT_EQ(waitpid(prober, NULL, 0), prober);
}

/* A process that has a buffer mapped, and whose mmap_lock nobody gets */
TEST(mmap_lock_is_held)
{
	int fd = first_open(), ready[2];
	char byte;
	pid_t child;

	if (access("/dev/fuse", F_OK)) {
		ktap_diag("this kernel has no FUSE");
		return;
	}
	ASSERT_OK(pipe(ready));
	child = fork();
	ASSERT_OK(child);
	if (!child) {
		struct buffer buffer = alloc_buffer(fd, EDUDMA_VMALLOC, 4 * PAGE);
		void *page = endless_file();
		pthread_t threads[2];

		*map_buffer(&buffer, PROT_READ | PROT_WRITE) = 1;
		/* Each needs the lock to get its stack: the one that takes it comes last. */
		ASSERT(!pthread_create(&threads[0], NULL, pause_then_map, NULL));
		ASSERT(!pthread_create(&threads[1], NULL, read_own_memory, page));
		ASSERT_EQ(write(ready[1], "", 1), 1);
		pause();
	}
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	usleep(500000);
	expect_mmap_lock_taken(child);
	expect_goes_beside(child);
	kill(child, SIGKILL);
	ASSERT_EQ(waitpid(child, NULL, 0), child);
}

static void expect_sigbus(const volatile uint8_t *byte)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		(void)*byte;
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

/* A mapping that no access has filled by then stays empty: there is nothing to wait for. */
TEST_EACH(untouched_pages_go_too)
{
	struct buffer buffer = alloc_buffer(first_open(), variant, 3 * MIB);
	uint8_t *memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);

	EXPECT(memory_is(memory, PAGE, 0));
	EXPECT(unbind_beside(0) < GOES_WITHIN);
	expect_sigbus(memory);
	expect_sigbus(memory + 3 * MIB - PAGE);
	expect_sigbus(memory + 3 * MIB - 1);
	bind_device();
}

/* Pages, each mapped by itself, so that there are @nr VMAs */
static void map_often(const struct buffer *buffer, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		/* Neighbours in memory and buffer would be joined. */
		uint8_t *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, buffer->fd,
				     buffer->mmap_offset + i % 2 * PAGE);

		ASSERT(page != MAP_FAILED);
		(void)*(volatile uint8_t *)page;
	}
}

static uint64_t unbind_with_mappings(unsigned int nr)
{
	uint64_t took;
	pid_t child;

	child = fork();
	ASSERT_OK(child);
	if (!child) {
		struct buffer buffer = alloc_buffer(open_function(), EDUDMA_KMALLOC, 2 * PAGE);

		map_often(&buffer, nr);
		kill(getpid(), SIGSTOP);
		pause();
	}
	ASSERT_EQ(waitpid(child, NULL, WUNTRACED), child);
	took = unbind_beside(child);
	kill(child, SIGKILL);
	ASSERT_EQ(waitpid(child, NULL, 0), child);
	bind_device();
	return took;
}

/* Each mapping costs the same, however many there are. */
TEST(mappings_are_many)
{
	uint64_t few, many;

	close(first_open());
	few = unbind_with_mappings(4000);
	many = unbind_with_mappings(16000);
	ktap_diag("unbind took %lu us with 4000 mappings, %lu us with 16000",
		  few / 1000, many / 1000);
	EXPECT(many < 8 * few);
}

/* A child that waits for a transfer of minutes on edu */
static pid_t transfer_for_long(int fd)
{
	struct buffer buffer = alloc_buffer(fd, EDUDMA_VMALLOC, 4 * MIB);
	pid_t child = fork();

	ASSERT_OK(child);
	if (!child) {
		to_device(&buffer, 0, buffer.length, 0);
		pause();
	}
	return child;
}

static void freeze(pid_t pid)
{
	char text[20];

	mkdir("/tmp/cgroup", 0755);
	ASSERT_OK(mount("none", "/tmp/cgroup", "cgroup2", 0, NULL));
	mkdir("/tmp/cgroup/frozen", 0755);
	snprintf(text, sizeof(text), "%d", pid);
	write_file("/tmp/cgroup/frozen/cgroup.procs", text);
	write_file("/tmp/cgroup/frozen/cgroup.freeze", "1");
	ASSERT_OK(umount("/tmp/cgroup"));
}

/* Processes that do not run are not waited for. */
TEST(owners_are_stopped)
{
	int fd = first_open();
	pid_t stopped = transfer_for_long(fd), frozen = transfer_for_long(fd);

	usleep(100000);
	ASSERT_OK(kill(stopped, SIGSTOP));
	freeze(frozen);
	usleep(100000);
	expect_goes_beside(0);
	expect_mortal(stopped);
	expect_mortal(frozen);
}

/* A child that sums up a buffer as long as the guest's memory allows, again and again */
static pid_t sum_for_long(int fd, struct buffer *buffer)
{
	struct edudma_cpu cpu = { .op = EDUDMA_CPU_SUM, .length = buffer->length,
				  .handle = buffer->handle };
	pid_t child = fork();

	ASSERT_OK(child);
	if (!child) {
		while (!ioctl(fd, EDUDMA_CPU, &cpu))
			cpu.value = 0;
		_exit(errno == ENODEV);
	}
	usleep(50000);
	return child;
}

static struct buffer long_buffer(int fd)
{
	char quota[20];
	uint64_t length = (uint64_t)sysconf(_SC_AVPHYS_PAGES) * PAGE / 2;

	snprintf(quota, sizeof(quota), "%llu", length / MIB + 1);
	write_file("/sys/module/edudma/parameters/quota_mb", quota);
	return alloc_buffer(fd, EDUDMA_VMALLOC, length);
}

/* Neither a kill nor unbind waits until the kernel has seen every byte. */
TEST(cpu_is_busy)
{
	const char *quota = "/sys/module/edudma/parameters/quota_mb";
	char before[20];
	int fd = first_open(), status;
	struct buffer buffer;
	uint64_t begin;
	pid_t child;

	snprintf(before, sizeof(before), "%s", read_file(quota));
	buffer = long_buffer(fd);
	child = sum_for_long(fd, &buffer);
	begin = now_ns();
	ASSERT_OK(kill(child, SIGKILL));
	ASSERT_EQ(waitpid(child, NULL, 0), child);
	EXPECT(now_ns() - begin < SECOND / 10);

	child = sum_for_long(fd, &buffer);
	EXPECT(unbind_beside(child) < GOES_WITHIN);
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	close(fd);
	write_file(quota, before);
	bind_device();
}

#define WIDE		(IORING_SETUP_SQE128 | IORING_SETUP_CQE32)
#define COMMANDS	16

/* The device as a registered file, which no close of a descriptor tells the driver of */
static int open_registered(struct io_uring *uring, unsigned int flags)
{
	int fd = first_open();

	ASSERT_EQ(io_uring_queue_init(64, uring, WIDE | flags), 0);
	ASSERT_EQ(io_uring_register_files(uring, &fd, 1), 0);
	return fd;
}

static void submit_commands(struct io_uring *uring, const struct buffer *buffer, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct edudma_transfer transfer = {
			.op = EDUDMA_TO_DEVICE, .src = buffer->handle, .length = buffer->length
		};
		struct io_uring_sqe *sqe = io_uring_get_sqe(uring);

		ASSERT(sqe);
		memset(sqe, 0, sizeof(*sqe));
		sqe->opcode = IORING_OP_URING_CMD;
		sqe->flags = IOSQE_FIXED_FILE;
		sqe->cmd_op = EDUDMA_TRANSFER;
		memcpy(sqe->cmd, &transfer, sizeof(transfer));
	}
	ASSERT_EQ(io_uring_submit(uring), nr);
}

/* Hours of edu's time */
static void submit_hours(struct io_uring *uring, int fd)
{
	struct buffer buffer = alloc_buffer(fd, EDUDMA_VMALLOC, 16 * MIB);

	submit_commands(uring, &buffer, COMMANDS);
}

static void expect_soon_free(uint64_t begin)
{
	expect_device_works(open_device(), EDUDMA_KMALLOC);
	EXPECT(now_ns() - begin < 4 * SECOND);
}

/* exec() waits for all that io_uring has under way, and io_uring for the driver. */
TEST(exec_with_commands_under_way)
{
	uint64_t begin = now_ns();
	int status;
	pid_t child = fork();

	ASSERT_OK(child);
	if (!child) {
		struct io_uring uring;

		submit_hours(&uring, open_registered(&uring, 0));
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
	expect_soon_free(begin);
}

/* So does what is left of a process that was killed. */
TEST(killed_with_commands_under_way)
{
	int ready[2];
	uint64_t begin;
	pid_t child;
	char byte;

	ASSERT_OK(pipe(ready));
	child = fork();
	ASSERT_OK(child);
	if (!child) {
		struct io_uring uring;
		int fd = open_registered(&uring, 0);

		submit_hours(&uring, fd);
		close(fd);
		ASSERT_EQ(write(ready[1], "", 1), 1);
		pause();
	}
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	begin = now_ns();
	ASSERT_OK(kill(child, SIGKILL));
	ASSERT_EQ(waitpid(child, NULL, 0), child);
	expect_soon_free(begin);
}

/* A ring that is closed leaves nothing under way, although the file is still open. */
TEST(ring_closed_with_commands_under_way)
{
	struct io_uring uring;
	uint64_t begin;
	int status;
	pid_t child;

	submit_hours(&uring, open_registered(&uring, 0));
	begin = now_ns();
	io_uring_queue_exit(&uring);
	/* What io_uring still has to do for this process looks like a signal. */
	child = fork();
	ASSERT_OK(child);
	if (!child) {
		expect_soon_free(begin);
		_exit(0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}

/* How many objects of a cache are in use in the kernel, if there is one of that name */
static unsigned long nr_objects_of(const char *cache)
{
	char line[40];
	const char *found;

	snprintf(line, sizeof(line), "\n%s ", cache);
	found = strstr(read_file("/proc/slabinfo"), line);
	return found ? strtoul(found + strlen(line), NULL, 10) : 0;
}

/* Of the sizes that a request may have */
static unsigned long nr_objects(void)
{
	return nr_objects_of("kmalloc-cg-256") + nr_objects_of("kmalloc-cg-512") +
		nr_objects_of("kmalloc-256") + nr_objects_of("kmalloc-512");
}

/* Results that are not taken are io_uring's to keep, whose memory is not the driver's. */
TEST(results_are_not_taken)
{
	enum { ROUNDS = 12, NR = 64 };
	struct io_uring uring;
	struct buffer buffer;
	unsigned long before;
	int fd = open_registered(&uring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);

	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 1);
	submit_commands(&uring, &buffer, NR);
	sleep(8);
	before = nr_objects();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		submit_commands(&uring, &buffer, NR);
		sleep(8);
	}
	ktap_diag("%lu objects before, %lu after", before, nr_objects());
	EXPECT(nr_objects() < before + ROUNDS * NR / 2);
}

int main(void)
{
	ktap_promised = "bounded";
	ktap_timeout = 200;
	add_method_variants();
	return ktap_run();
}
