// SPDX-License-Identifier: GPL-2.0-only
/* Transfers through io_uring: the same ones as the ioctl's, and nobody waits. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"
#include "uring.h"

#define ENTRIES		64
#define WIDE		(IORING_SETUP_SQE128 | IORING_SETUP_CQE32)

static int fd;
static struct edudma_info info;
static struct io_uring ring;

static void setup(unsigned int flags)
{
	fd = open_device();
	info = get_info(fd);
	ASSERT_EQ(io_uring_queue_init(ENTRIES, &ring, flags), 0);
}

static struct io_uring_sqe *prepare_command(uint32_t op)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	ASSERT(sqe != NULL);
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->cmd_op = op;
	return sqe;
}

static void prepare(const struct edudma_transfer *transfer, uint64_t user_data)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	ASSERT(sqe != NULL);
	prepare_transfer(sqe, fd, EDUDMA_TRANSFER, transfer);
	sqe->user_data = user_data;
}

static struct io_uring_cqe *wait_one(void)
{
	struct io_uring_cqe *cqe;

	ASSERT_EQ(io_uring_wait_cqe(&ring, &cqe), 0);
	return cqe;
}

/* What io_uring answers to one transfer. */
static int result_of(const struct edudma_transfer *transfer)
{
	struct io_uring_cqe *cqe;
	int result;

	prepare(transfer, 0);
	ASSERT_EQ(io_uring_submit(&ring), 1);
	cqe = wait_one();
	result = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return result;
}

TEST_EACH(bytes_arrive)
{
	uint64_t length = 5000;
	struct buffer src, dst;
	struct io_uring_cqe *cqe;

	setup(WIDE);
	src = alloc_buffer(fd, variant, length);
	dst = alloc_buffer(fd, variant, length + 3);
	write_pattern(&src, 0, length, 1);
	write_byte(&dst, 0, length + 3, 0xa5);
	prepare(&(struct edudma_transfer) {
		.op = EDUDMA_COPY, .src = src.handle, .dst = dst.handle,
		.dst_offset = 2, .length = length
	}, 77);
	ASSERT_EQ(io_uring_submit(&ring), 1);
	cqe = wait_one();
	EXPECT_EQ(cqe->res, 0);
	EXPECT_EQ(cqe->user_data, 77);
	EXPECT(cqe->big_cqe[0] > 0);
	EXPECT(has_byte(&dst, 0, 2, 0xa5));
	EXPECT(has_pattern(&dst, 2, length, 1));
	EXPECT(has_byte(&dst, length + 2, 1, 0xa5));
}

TEST(many_in_flight)
{
	unsigned int i, nr = 16;
	bool seen[16] = { false };
	uint64_t length = 1000;
	struct buffer src, dst;

	setup(WIDE);
	src = alloc_buffer(fd, EDUDMA_KMALLOC, nr * length);
	dst = alloc_buffer(fd, EDUDMA_VMALLOC, nr * length);
	write_pattern(&src, 0, nr * length, 2);
	for (i = 0; i < nr; i++)
		prepare(&(struct edudma_transfer) {
			.op = EDUDMA_COPY, .src = src.handle, .dst = dst.handle,
			.src_offset = i * length, .dst_offset = i * length,
			.length = length
		}, i);
	ASSERT_EQ(io_uring_submit(&ring), nr);
	for (i = 0; i < nr; i++) {
		struct io_uring_cqe *cqe = wait_one();

		EXPECT_EQ(cqe->res, 0);
		ASSERT(cqe->user_data < nr && !seen[cqe->user_data]);
		seen[cqe->user_data] = true;
		io_uring_cqe_seen(&ring, cqe);
	}
	EXPECT(has_pattern(&dst, 0, nr * length, 2));
}

TEST(without_wide_completions)
{
	struct buffer buffer;

	setup(IORING_SETUP_SQE128);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 10);
	EXPECT_EQ(result_of(&(struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = buffer.handle, .length = 10
	}), 0);
}

TEST(without_wide_submissions)
{
	struct buffer buffer;

	setup(0);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 10);
	prepare_command(EDUDMA_TRANSFER);
	ASSERT_EQ(io_uring_submit(&ring), 1);
	EXPECT_EQ(wait_one()->res, -EINVAL);
	EXPECT_OK(to_device(&buffer, 0, 10, 0));
}

TEST(bad_transfers)
{
	struct edudma_transfer good, bad;
	struct buffer buffer;

	setup(WIDE);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	good = (struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = buffer.handle, .length = 100
	};
	bad = good;
	bad.op = EDUDMA_COPY + 1;
	EXPECT_EQ(result_of(&bad), -EINVAL);
	bad = good;
	bad.timeout_ns = 1;
	EXPECT_EQ(result_of(&bad), -EINVAL);
	bad = good;
	bad.length = 101;
	EXPECT_EQ(result_of(&bad), -EINVAL);
	bad = good;
	bad.src++;
	EXPECT_EQ(result_of(&bad), -ENOENT);
	EXPECT_OK(sync_range(&buffer, EDUDMA_SYNC_WRITE, 99, 1));
	EXPECT_EQ(result_of(&good), -EBUSY);
	EXPECT_OK(sync_range(&buffer, EDUDMA_SYNC_WRITE | EDUDMA_SYNC_END, 99, 1));
	EXPECT_EQ(result_of(&good), 0);
}

TEST(other_commands)
{
	setup(WIDE);
	prepare_command(EDUDMA_BUFFER_ALLOC);
	ASSERT_EQ(io_uring_submit(&ring), 1);
	EXPECT_EQ(wait_one()->res, -ENOTTY);
}

TEST(eventfd_tells)
{
	struct buffer buffer;
	eventfd_t count;
	int event;

	setup(WIDE);
	buffer = alloc_buffer(fd, EDUDMA_COHERENT, 10);
	event = eventfd(0, 0);
	ASSERT_OK(event);
	ASSERT_EQ(io_uring_register_eventfd(&ring, event), 0);
	prepare(&(struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = buffer.handle, .length = 10
	}, 0);
	ASSERT_EQ(io_uring_submit(&ring), 1);
	ASSERT_OK(eventfd_read(event, &count));
	EXPECT_EQ(count, 1);
	EXPECT_EQ(wait_one()->res, 0);
}

static void submit_of(unsigned int nr, uint64_t length)
{
	struct buffer buffer;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		buffer = alloc_buffer(fd, EDUDMA_VMALLOC, length);
		prepare(&(struct edudma_transfer) {
			.op = EDUDMA_FROM_DEVICE, .dst = buffer.handle, .length = length
		}, i);
	}
	ASSERT_EQ(io_uring_submit(&ring), nr);
}

static void submit_long(unsigned int nr)
{
	submit_of(nr, 3 * info.window);
}

/*
 * In a process of its own: what io_uring still has to do for this one looks like
 * a signal to a call that waits.
 */
static void expect_device_works_for_others(void)
{
	pid_t child = ktap_fork();
	int status;

	if (!child) {
		expect_device_works(open_device(), EDUDMA_KMALLOC);
		_exit(0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}

/* What is under way when the process forgets it still ends, and then is freed. */
TEST(ring_is_left)
{
	setup(WIDE);
	submit_long(4);
	io_uring_queue_exit(&ring);
	close(fd);
	expect_device_works_for_others();
}

/* Submits what takes edu minutes, and is killed meanwhile. */
static void be_killed_in_flight(void)
{
	int ready = eventfd(0, 0);
	eventfd_t count;
	pid_t pid;

	ASSERT_OK(ready);
	pid = ktap_fork();
	if (!pid) {
		setup(WIDE);
		submit_of(4, 4 * MIB);
		ASSERT_OK(eventfd_write(ready, 1));
		pause();
	}
	ASSERT_OK(eventfd_read(ready, &count));
	ASSERT_OK(kill(pid, SIGKILL));
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
}

/*
 * One command ends, on-board memory is cleared, and then it is others' turn; or after some
 * seconds, where the driver has to look for what was left. All would be 4096 commands.
 */
TEST(killed_in_flight)
{
	struct buffer buffer;
	uint64_t before;

	fd = open_device();
	info = get_info(fd);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 1);
	be_killed_in_flight();
	before = counter("commands");
	EXPECT_OK(to_device(&buffer, 0, 1, 0));
	EXPECT(counter("commands") - before <= 50);
}

/* What else has the file or the ring may end: the submitter lives, and so do his requests. */
TEST(others_leave_in_flight)
{
	struct io_uring_cqe *cqe;
	unsigned int i;
	pid_t pid;

	setup(WIDE);
	submit_long(2);
	pid = ktap_fork();
	if (!pid)
		_exit(0);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	close(dup(fd));
	for (i = 0; i < 2; i++) {
		cqe = wait_one();
		EXPECT_EQ(cqe->res, 0);
		io_uring_cqe_seen(&ring, cqe);
	}
}

static unsigned int nr_threads(void)
{
	return strtoul(strstr(read_file("/proc/self/status"), "Threads:") + strlen("Threads:"),
		       NULL, 10);
}

/*
 * A command beyond the quota ends where it stands: if a worker tried it again, later ones
 * would overtake it.
 */
TEST(over_quota_at_once)
{
	struct io_uring_cqe *cqe;
	struct buffer buffer;

	setup(WIDE);
	/* A fast device has room again at once. */
	if (!info.command_ns)
		return;
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 1);
	submit_of(1, 10 * info.window);
	for (unsigned int i = 1; i < info.max_transfers; i++)
		prepare(&(struct edudma_transfer) {
			.op = EDUDMA_TO_DEVICE, .src = buffer.handle, .length = 1
		}, i);
	ASSERT_EQ(io_uring_submit(&ring), info.max_transfers - 1);
	prepare(&(struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = buffer.handle, .length = 1
	}, 4711);
	ASSERT_EQ(io_uring_submit(&ring), 1);
	ASSERT_EQ(io_uring_peek_cqe(&ring, &cqe), 0);
	EXPECT_EQ(cqe->user_data, 4711);
	EXPECT_EQ(cqe->res, -EAGAIN);
	EXPECT_EQ(nr_threads(), 1);
}

TEST(unbind_in_flight)
{
	char address[16];
	unsigned int i;

	setup(WIDE);
	get_address(fd, address);
	submit_long(4);
	write_file("/sys/bus/pci/drivers/edudma/unbind", address);
	for (i = 0; i < 4; i++) {
		struct io_uring_cqe *cqe = wait_one();

		/* The first ones may have ended before. */
		EXPECT(cqe->res == -ENODEV || cqe->res == 0);
		io_uring_cqe_seen(&ring, cqe);
	}
	prepare(&(struct edudma_transfer) { .length = 1 }, 0);
	ASSERT_EQ(io_uring_submit(&ring), 1);
	EXPECT_EQ(wait_one()->res, -ENODEV);
	io_uring_queue_exit(&ring);
	close(fd);
	write_file("/sys/bus/pci/drivers/edudma/bind", address);
	expect_device_works_for_others();
}

int main(void)
{
	ktap_promised = "batches";
	add_method_variants();
	return ktap_run();
}
