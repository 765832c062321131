// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation, mapping and copy from or to user space fails once
 *
 * The debug kernel lets the Nth of them in a task fail. Each operation runs with
 * N from 1 on, until no fault comes. With a fault it must fail with an errno of
 * its own, or do without; then nothing may be left behind, and the device must
 * work. Who asked for what failed is in the kernel's trace: the places in the
 * driver are counted, and none at all is a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "device.h"
#include "uring.h"

#define TRACING		"/sys/kernel/tracing/"
#define DEBUGFS		"/sys/kernel/debug/"
#define DRIVER		"/sys/bus/pci/drivers/edudma/"

#define MAX_FAULTS	2000
#define MAX_SWEEPS	10
#define MAX_SITES	100
#define SITE_LEN	80
#define STATE_LEN	4096
#define BATCH		3


/**
 * struct operation - what is to fail
 * @prepare: without faults
 * @run: returns 0 or the errno
 * @clean_up: without faults, whatever @run did
 * @errors: the errnos that @run may return, up to a 0
 * @bare: the driver itself allocates nothing for it
 */
struct operation {
	void (*prepare)(void);
	int (*run)(void);
	void (*clean_up)(void);
	const int *errors;
	bool bare;
};

/**
 * struct tally - what an operation has been through
 * @faults: faults that came
 * @survived: those that the operation did without what it could not have
 * @mappings: those that a call of the DMA API failed with
 * @copies: those that a copy from or to user space failed with
 * @sites: the places in the driver that asked for what failed
 * @nr_sites: how many
 */
struct tally {
	unsigned int faults;
	unsigned int survived;
	unsigned int mappings;
	unsigned int copies;
	char sites[MAX_SITES][SITE_LEN];
	unsigned int nr_sites;
};

static const int no_memory[] = { ENOMEM, EFAULT, 0 };
static const int no_entry[] = { ENOMEM, EFAULT, EAGAIN, 0 };
/* The PCI core says EBUSY if it has no memory to note who uses the registers. */
static const int no_probe[] = { ENOMEM, EFAULT, EIO, EBUSY, 0 };

static int fail_fd;
static int log_fd;
static char address[16];
static bool has_iommu;
/* Of a buffer, whose last page is not full */
static size_t length = 8 * PAGE - 1;

/* What an operation works on */
static int fd;
static uint32_t method;
static struct buffer src, dst;
static bool allocated;
static void *mapped;
static struct io_uring uring;
static struct edudma_ring *ring;
static int event;
static bool answered;
static uint32_t submitted;

static int errno_of(long result)
{
	return result < 0 ? errno : 0;
}

/* Faults come only to a task that asks for one, but then of every kind. */
static void allow_faults(void)
{
	write_file(DEBUGFS "failslab/ignore-gfp-wait", "N");
	write_file(DEBUGFS "failslab/verbose", "0");
	write_file(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	write_file(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N");
	write_file(DEBUGFS "fail_page_alloc/min-order", "0");
	write_file(DEBUGFS "fail_page_alloc/verbose", "0");
	write_file(DEBUGFS "fail_usercopy/verbose", "0");
}

/*
 * The log would leave out the faults of those who ask for no warning; the trace does
 * not. Copies from and to user space are not to be traced, but show by their errno.
 */
static void trace_faults(void)
{
	if (access(TRACING "events/failnth", F_OK))
		write_file(TRACING "kprobe_events",
			   "r:failnth/slab should_failslab failed=$retval:u8\n"
			   "r:failnth/page should_fail_alloc_page failed=$retval:u8\n");
	write_file(TRACING "events/failnth/filter", "failed != 0");
	write_file(TRACING "events/failnth/enable", "1");
	write_file(TRACING "options/stacktrace", "1");
	write_file(TRACING "options/sym-offset", "1");
}

static void setup(void)
{
	int file = open_device();

	get_address(file, address);
	has_iommu = get_info(file).flags & EDUDMA_INFO_IOMMU;
	close(file);
	allow_faults();
	/*
	 * The DMA API's own bookkeeping switches itself off for good when it gets no
	 * memory for its tree. The kernel's command line says what may fail beside it.
	 */
	if (*read_file(DEBUGFS "dma-api/disabled") == 'N')
		write_file(DEBUGFS "failslab/cache-filter", "Y");
	trace_faults();
	fail_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_OK(fail_fd);
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_OK(log_fd);
}

static void note_site(struct tally *tally, const char *line)
{
	char site[SITE_LEN];

	ASSERT_EQ(sscanf(line, " => %79s", site), 1);
	for (unsigned int i = 0; i < tally->nr_sites; i++)
		if (!strcmp(tally->sites[i], site))
			return;
	ASSERT(tally->nr_sites < MAX_SITES);
	memcpy(tally->sites[tally->nr_sites++], site, sizeof(site));
}

/* A stack starts with the innermost function: what comes before ours is the kernel's. */
static void read_trace(struct tally *tally, int error)
{
	FILE *trace = fopen(TRACING "trace", "re");
	bool found = false, maps = false;
	char line[256];

	ASSERT(trace != NULL);
	while (!found && fgets(line, sizeof(line), trace)) {
		found = strstr(line, "[edudma]");
		maps |= !found && (strstr(line, "dma_map_") || strstr(line, "dma_alloc_"));
	}
	fclose(trace);
	write_file(TRACING "trace", "");
	if (!found)
		return;
	note_site(tally, line);
	tally->mappings += maps && error;
}

/* The open files, with all that they have */
static void read_state(char state[static STATE_LEN])
{
	FILE *file = fopen(DEBUGFS "edudma/edudma0/buffers", "re");
	size_t n;

	ASSERT(file != NULL);
	n = fread(state, 1, STATE_LEN - 1, file);
	state[n] = '\0';
	fclose(file);
}

/* A file that is closed is freed a little later. */
static void expect_nothing_left(void)
{
	char state[STATE_LEN];

	for (unsigned int tries = 0; tries < 1000; tries++) {
		read_state(state);
		if (!strstr(state, "file"))
			return;
		usleep(1000);
	}
	if (!EXPECT(!strstr(state, "file")))
		ktap_diag("%s", state);
}

/* How many are still to come stands there; to look may itself be the one to fail. */
static bool disarm(void)
{
	char left[16] = "";
	bool came = pread(fail_fd, left, sizeof(left), 0) > 0 && left[0] == '0';

	while (pwrite(fail_fd, "0", 1, 0) != 1)
		;
	return came;
}

/* Returns whether a fault came. */
static bool run_with_fault(const struct operation *operation, unsigned int nth, int *error)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);
	bool came;

	operation->prepare();
	ASSERT_EQ(pwrite(fail_fd, text, n, 0), n);
	*error = operation->run();
	came = disarm();
	operation->clean_up();
	return came;
}

static bool is_among(int error, const int *errors)
{
	while (*errors && *errors != error)
		errors++;
	return *errors;
}

static void expect_recovery(void)
{
	int file;

	expect_nothing_left();
	file = open_device();
	expect_device_works(file, method);
	close(file);
}

static void fail_each_once(const struct operation *operation, struct tally *tally)
{
	unsigned int nth;
	int error;

	for (nth = 1; run_with_fault(operation, nth, &error); nth++) {
		ASSERT(nth < MAX_FAULTS);
		ktap_tries(1);
		tally->faults++;
		tally->survived += !error;
		tally->copies += error == EFAULT;
		read_trace(tally, error);
		if (error && !EXPECT(is_among(error, operation->errors)))
			ktap_diag("fault %u: %s", nth, strerrorname_np(error));
		expect_recovery();
	}
	EXPECT_EQ(error, 0);
}

/*
 * Allocators need memory of their own now and then, so that no two runs count alike:
 * go on until nothing new is found.
 */
static struct tally fail_everything(const struct operation *operation)
{
	struct tally tally = { 0 };
	unsigned int before;

	setup();
	for (unsigned int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
		before = tally.nr_sites;
		fail_each_once(operation, &tally);
		if (before && tally.nr_sites == before)
			break;
	}
	EXPECT(operation->bare ? tally.faults > 0 : tally.nr_sites > 0);
	for (unsigned int i = 0; i < tally.nr_sites; i++)
		ktap_diag("place %s", tally.sites[i]);
	ktap_diag("%u faults, at %u places in the driver and %u of its copies; %u failed a mapping; %u were survived",
		  tally.faults, tally.nr_sites, tally.copies, tally.mappings, tally.survived);
	return tally;
}

static void prepare_nothing(void)
{
	fd = -1;
}

static void prepare_file(void)
{
	fd = open_device();
}

static void prepare_buffers(void)
{
	fd = open_device();
	src = alloc_buffer(fd, method, length);
	dst = alloc_buffer(fd, method, length);
}

static void close_file(void)
{
	if (fd >= 0)
		close(fd);
}

static int run_open(void)
{
	fd = open(device_path(), O_RDWR | O_CLOEXEC);
	return errno_of(fd);
}

TEST(open_file)
{
	fail_everything(&(struct operation) {
		.prepare = prepare_nothing,
		.run = run_open,
		.clean_up = close_file,
		.errors = no_memory,
	});
}

static int run_alloc(void)
{
	struct edudma_buffer_alloc alloc = { .method = method, .length = length };
	long result = ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc);

	allocated = !result;
	return errno_of(result);
}

/* Even if it is the answer that fails */
static void expect_buffer_or_nothing(void)
{
	char state[STATE_LEN];

	read_state(state);
	EXPECT(strstr(state, allocated ? " buffers=1 " : "bytes=0 buffers=0 ") != NULL);
	close(fd);
}

TEST_EACH(alloc)
{
	struct tally tally;

	method = variant;
	/* Of small pages this fills a table of the IOMMU, which is new then, and begins another. */
	if (method != EDUDMA_COHERENT)
		length = 2 * MIB + PAGE - 1;
	tally = fail_everything(&(struct operation) {
		.prepare = prepare_file,
		.run = run_alloc,
		.clean_up = expect_buffer_or_nothing,
		.errors = no_memory,
	});
	/* Without one, a mapping is an addition. */
	if (has_iommu)
		EXPECT(tally.mappings > 0);
}

static int run_transfer(void)
{
	return errno_of(copy(&src, 0, &dst, 0, 2 * PAGE));
}

TEST(transfer)
{
	fail_everything(&(struct operation) {
		.prepare = prepare_buffers,
		.run = run_transfer,
		.clean_up = close_file,
		.errors = no_memory,
	});
}

static int run_sync(void)
{
	return errno_of(sync_range(&src, EDUDMA_SYNC_WRITE, 0, length));
}

TEST(sync_begin)
{
	fail_everything(&(struct operation) {
		.prepare = prepare_buffers,
		.run = run_sync,
		.clean_up = close_file,
		.errors = no_memory,
	});
}

static int run_mmap(void)
{
	/* Far from all other mappings, so that the tables for it have to be allocated, too */
	mapped = mmap((void *)(1ul << 44), length, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		      src.mmap_offset);
	if (mapped == MAP_FAILED)
		return errno;
	/* A fault fills it, and is repeated until it has the tables for that. */
	(void)*(volatile uint8_t *)mapped;
	return 0;
}

static void unmap_and_close(void)
{
	if (mapped != MAP_FAILED)
		munmap(mapped, length);
	close(fd);
}

TEST_EACH(mmap_buffer)
{
	method = variant;
	fail_everything(&(struct operation) {
		.prepare = prepare_buffers,
		.run = run_mmap,
		.clean_up = unmap_and_close,
		.errors = no_memory,
	});
}

static void prepare_uring(void)
{
	struct edudma_transfer transfer;
	struct io_uring_sqe *sqe;

	prepare_buffers();
	ASSERT_EQ(io_uring_queue_init(1, &uring, IORING_SETUP_SQE128 | IORING_SETUP_CQE32), 0);
	transfer = (struct edudma_transfer) {
		.op = EDUDMA_COPY, .src = src.handle, .dst = dst.handle, .length = PAGE
	};
	sqe = io_uring_get_sqe(&uring);
	ASSERT(sqe != NULL);
	prepare_transfer(sqe, fd, EDUDMA_TRANSFER, &transfer);
}

static int run_uring(void)
{
	struct io_uring_cqe *cqe;
	int ret;

	ret = io_uring_submit_and_wait(&uring, 1);
	if (ret < 0)
		return -ret;
	ret = io_uring_peek_cqe(&uring, &cqe);
	return ret ? -ret : -cqe->res;
}

static void exit_uring(void)
{
	io_uring_queue_exit(&uring);
	close(fd);
}

TEST(io_uring_transfer)
{
	fail_everything(&(struct operation) {
		.prepare = prepare_uring,
		.run = run_uring,
		.clean_up = exit_uring,
		.errors = no_entry,
	});
}

static void prepare_ring(void)
{
	fd = open_device();
	event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_OK(event);
}

static int run_ring(void)
{
	struct edudma_ring_setup setup = { .entries = 4, .eventfd = event };

	return errno_of(ioctl(fd, EDUDMA_RING, &setup));
}

/* A ring whose answer did not arrive is there, all the same. */
static void expect_ring(void)
{
	int error = run_ring();

	EXPECT(!error || error == EBUSY);
	close(event);
	close(fd);
}

TEST(ring_setup)
{
	fail_everything(&(struct operation) {
		.prepare = prepare_ring,
		.run = run_ring,
		.clean_up = expect_ring,
		.errors = no_memory,
	});
}

static void prepare_mmap_ring(void)
{
	prepare_ring();
	ASSERT_EQ(run_ring(), 0);
}

static int run_mmap_ring(void)
{
	mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return errno;
	ring = mapped;
	EXPECT_EQ(ring->mask, 3);
	return 0;
}

static void unmap_ring(void)
{
	if (mapped != MAP_FAILED)
		munmap(mapped, PAGE);
	close(event);
	close(fd);
}

TEST(mmap_ring)
{
	fail_everything(&(struct operation) {
		.prepare = prepare_mmap_ring,
		.run = run_mmap_ring,
		.clean_up = unmap_ring,
		.errors = no_memory,
		.bare = true,
	});
}

static void prepare_batch(void)
{
	prepare_mmap_ring();
	ASSERT_EQ(run_mmap_ring(), 0);
	src = alloc_buffer(fd, method, length);
	dst = alloc_buffer(fd, method, length);
	write_pattern(&src, 0, BATCH * PAGE, 1);
}

static int run_batch(void)
{
	struct edudma_entry entries[BATCH];
	struct edudma_submit batch = {
		.entries = (uintptr_t)entries, .count = BATCH, .min_complete = BATCH
	};
	long result;

	for (unsigned int i = 0; i < BATCH; i++)
		entries[i] = (struct edudma_entry) {
			.op = EDUDMA_COPY, .src = src.handle, .dst = dst.handle,
			.src_offset = i * PAGE, .dst_offset = i * PAGE, .length = PAGE
		};
	result = ioctl(fd, EDUDMA_SUBMIT, &batch);
	answered = !result;
	submitted = batch.submitted;
	return errno_of(result);
}

/* All that was submitted has ended well; if nobody was told how many, all or none was. */
static void expect_completions(void)
{
	struct edudma_submit wait = { .min_complete = BATCH };
	unsigned int nr;

	ASSERT_OK(ioctl(fd, EDUDMA_SUBMIT, &wait));
	nr = ring->tail - ring->head;
	EXPECT(answered ? nr == submitted : !nr || nr == BATCH);
	while (ring->head != ring->tail)
		EXPECT_EQ(ring->completions[ring->head++ & ring->mask].status, 0);
}

static void expect_next_batch(void)
{
	expect_completions();
	EXPECT_EQ(run_batch(), 0);
	EXPECT_EQ(submitted, BATCH);
	expect_completions();
	EXPECT(has_pattern(&dst, 0, BATCH * PAGE, 1));
	EXPECT(counters_add_up());
	unmap_ring();
}

TEST(batch)
{
	fail_everything(&(struct operation) {
		.prepare = prepare_batch,
		.run = run_batch,
		.clean_up = expect_next_batch,
		.errors = no_memory,
	});
}

static bool is_bound(void)
{
	char path[64];

	snprintf(path, sizeof(path), DRIVER "%s", address);
	return !access(path, F_OK);
}

static void prepare_unbound(void)
{
	write_file(DRIVER "unbind", address);
	fd = open(DRIVER "bind", O_WRONLY | O_CLOEXEC);
	ASSERT_OK(fd);
}

static int run_bind(void)
{
	lseek(log_fd, 0, SEEK_END);
	return errno_of(write(fd, address, strlen(address)));
}

/*
 * If probe has failed, which the driver core says, the log has another line of the driver's
 * that says why. The driver core may fail before it calls probe.
 */
static void expect_reason(void)
{
	bool failed = false, reason = false;
	char record[8192];
	ssize_t n;

	while ((n = read(log_fd, record, sizeof(record) - 1)) > 0) {
		record[n] = '\0';
		if (strstr(record, "probe of ") || strstr(record, "probe with driver "))
			failed = true;
		else
			reason |= strstr(record, "edudma ") && strstr(record, ": error -");
	}
	EXPECT(reason || !failed);
}

/* What probe did without, say debugfs, it shall have next time. */
static void bind_and_close(void)
{
	bool complete = !access(DEBUGFS "edudma/edudma0/buffers", F_OK);

	expect_reason();
	if (is_bound() && !complete)
		write_file(DRIVER "unbind", address);
	if (!is_bound())
		ASSERT_EQ(run_bind(), 0);
	close(fd);
}

TEST(probe)
{
	fail_everything(&(struct operation) {
		.prepare = prepare_unbound,
		.run = run_bind,
		.clean_up = bind_and_close,
		.errors = no_probe,
	});
}

int main(void)
{
	ktap_timeout = 3600;
	ktap_promised = "failed-allocation";
	add_method_variants();
	return ktap_run();
}
