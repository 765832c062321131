// SPDX-License-Identifier: GPL-2.0-only
/* Batches of transfers, and the ring that their completions arrive in. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"

#define MS		1000000ull
#define FOR_EVER	0

static int fd;
static struct edudma_info info;
static struct edudma_ring_setup setup;
static struct edudma_ring *ring;

static void open_one(void)
{
	fd = open_device();
	info = get_info(fd);
}

static long make_ring(uint32_t entries, int event)
{
	setup = (struct edudma_ring_setup) { .entries = entries, .eventfd = event };
	return ioctl(fd, EDUDMA_RING, &setup);
}

static void map_ring(void)
{
	ring = mmap(NULL, setup.mmap_length, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    setup.mmap_offset);
	ASSERT(ring != MAP_FAILED);
}

static void open_with_ring(uint32_t entries)
{
	open_one();
	ASSERT_OK(make_ring(entries, -1));
	map_ring();
}

/* Each takes a moment on one device, and a second on another. */
static bool is_slow(void)
{
	return info.command_ns > 0;
}

/* What keeps the slow one busy for a while. */
static uint64_t long_length(void)
{
	return 10 * (uint64_t)info.window;
}

static struct edudma_entry entry_to(const struct buffer *src, uint64_t user_data)
{
	return (struct edudma_entry) {
		.op = EDUDMA_TO_DEVICE, .src = src->handle, .length = src->length,
		.user_data = user_data
	};
}

static struct edudma_entry entry_from(const struct buffer *dst, uint64_t user_data)
{
	return (struct edudma_entry) {
		.op = EDUDMA_FROM_DEVICE, .dst = dst->handle, .length = dst->length,
		.user_data = user_data
	};
}

static struct edudma_entry entry_copy(const struct buffer *src, const struct buffer *dst,
				      uint64_t user_data)
{
	return (struct edudma_entry) {
		.op = EDUDMA_COPY, .src = src->handle, .dst = dst->handle,
		.length = src->length, .user_data = user_data
	};
}

/* How many were submitted, or -1 with errno. */
static long submit(const struct edudma_entry *entries, uint32_t count, uint32_t min_complete,
		   uint64_t timeout_ns)
{
	struct edudma_submit request = {
		.entries = (uintptr_t)entries, .count = count,
		.min_complete = min_complete, .timeout_ns = timeout_ns
	};

	return ioctl(fd, EDUDMA_SUBMIT, &request) ? -1 : (long)request.submitted;
}

static uint32_t ready(void)
{
	return __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) - ring->head;
}

static void consume(uint32_t n)
{
	__atomic_store_n(&ring->head, ring->head + n, __ATOMIC_RELEASE);
}

static struct edudma_completion take(void)
{
	struct edudma_completion completion = ring->completions[ring->head & ring->mask];

	ASSERT(ready() > 0);
	consume(1);
	return completion;
}

/* Whatever user space has made of the head, the tail is the kernel's. */
static void wait_for_tail(uint32_t tail)
{
	for (unsigned int tries = 0; __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) != tail; tries++) {
		ASSERT(tries < 20000);
		usleep(1000);
	}
}

static void expect_ring_works(void)
{
	struct buffer buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	struct edudma_entry entry = entry_to(&buffer, 4711);
	struct edudma_completion completion;

	ASSERT_EQ(ready(), 0);
	ASSERT_EQ(submit(&entry, 1, 1, FOR_EVER), 1);
	completion = take();
	EXPECT_EQ(completion.user_data, 4711);
	EXPECT_EQ(completion.status, 0);
	EXPECT_EQ(ready(), 0);
	free_buffer(&buffer);
}

TEST(setup_refused)
{
	int event = eventfd(0, 0);

	ASSERT_OK(event);
	open_one();
	EXPECT_ERRNO(make_ring(0, -1), EINVAL);
	EXPECT_ERRNO(make_ring(EDUDMA_MAX_RING + 1, -1), EINVAL);
	EXPECT_ERRNO(make_ring(UINT32_MAX, -1), EINVAL);
	EXPECT_ERRNO(make_ring(8, -2), EINVAL);
	EXPECT_ERRNO(make_ring(8, 1000), EBADF);
	EXPECT_ERRNO(make_ring(8, fd), EBADF);
	EXPECT_ERRNO(make_ring(8, STDOUT_FILENO), EBADF);
	EXPECT_ERRNO(ioctl(fd, EDUDMA_RING, NULL), EFAULT);

	/* None of that has left anything behind. */
	ASSERT_OK(make_ring(8, event));
	map_ring();
	EXPECT_ERRNO(make_ring(8, event), EBUSY);
	expect_ring_works();
}

TEST(setup_rounds_up)
{
	static const uint32_t cases[][2] = {
		{ 1, 1 }, { 2, 2 }, { 3, 4 }, { 5, 8 }, { 64, 64 }, { 65, 128 },
		{ EDUDMA_MAX_RING, EDUDMA_MAX_RING }
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		open_with_ring(cases[i][0]);
		EXPECT_EQ(setup.entries, cases[i][1]);
		EXPECT_EQ(ring->mask, cases[i][1] - 1);
		EXPECT_EQ(ring->head, 0);
		EXPECT_EQ(ring->tail, 0);
		EXPECT(setup.mmap_length >= sizeof(*ring) +
		       setup.entries * sizeof(ring->completions[0]));
		munmap(ring, setup.mmap_length);
		close(fd);
	}
}

static void *map_at(uint64_t offset, uint64_t length, int prot, int flags)
{
	return mmap(NULL, length, prot, flags, fd, offset);
}

TEST(mapping_refused)
{
	const int both = PROT_READ | PROT_WRITE;
	struct buffer buffer;

	open_with_ring(8);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, PAGE);
	EXPECT(buffer.mmap_offset != setup.mmap_offset);
	EXPECT(map_at(setup.mmap_offset, setup.mmap_length + PAGE, both, MAP_SHARED) == MAP_FAILED);
	EXPECT(map_at(setup.mmap_offset, setup.mmap_length, both, MAP_PRIVATE) == MAP_FAILED);
	EXPECT(mremap(ring, setup.mmap_length, setup.mmap_length + PAGE, MREMAP_MAYMOVE) ==
	       MAP_FAILED);
	expect_ring_works();

	/* There is nothing to map before there is a ring. */
	open_one();
	EXPECT(map_at(setup.mmap_offset, setup.mmap_length, both, MAP_SHARED) == MAP_FAILED);
}

/* Completions can be read, but not given back, through a file that may not be written to. */
TEST(read_only_file)
{
	fd = open(device_path(), O_RDONLY | O_CLOEXEC);
	ASSERT_OK(make_ring(8, -1));
	EXPECT(map_at(0, setup.mmap_length, PROT_READ, MAP_SHARED) != MAP_FAILED);
	EXPECT(map_at(0, setup.mmap_length, PROT_READ | PROT_WRITE, MAP_SHARED) == MAP_FAILED);
}

TEST(submit_refused)
{
	struct edudma_submit request = { 0 };
	struct edudma_entry entry;
	struct buffer buffer;

	open_one();
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	entry = entry_to(&buffer, 0);
	EXPECT_ERRNO(submit(&entry, 1, 0, 0), ENOENT);
	EXPECT_ERRNO(submit(NULL, 0, 1, 0), ENOENT);

	ASSERT_OK(make_ring(8, -1));
	map_ring();
	request.flags = 1;
	EXPECT_ERRNO(ioctl(fd, EDUDMA_SUBMIT, &request), EINVAL);
	EXPECT_ERRNO(ioctl(fd, EDUDMA_SUBMIT, NULL), EFAULT);
	EXPECT_ERRNO(submit(NULL, 1, 0, 0), EFAULT);
	/* It would never have so many. */
	EXPECT_ERRNO(submit(NULL, 0, 9, FOR_EVER), EINVAL);
	EXPECT_EQ(submit(NULL, 0, 0, 0), 0);
	/* Nothing is under way, so there is nothing to wait for. */
	EXPECT_EQ(submit(NULL, 0, 5, FOR_EVER), 0);
	expect_ring_works();
}

/* An array whose end cannot be read is refused as a whole. */
TEST(array_refused)
{
	struct edudma_entry *end = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct buffer buffer;

	ASSERT(end != MAP_FAILED);
	end += PAGE / sizeof(*end);
	ASSERT_OK(mprotect(end, PAGE, PROT_NONE));
	open_with_ring(8);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	end[-2] = entry_to(&buffer, 1);
	end[-1] = entry_to(&buffer, 2);
	EXPECT_ERRNO(submit(end - 2, 3, 0, 0), EFAULT);
	EXPECT_OK(submit(NULL, 0, 1, FOR_EVER));
	EXPECT_EQ(ready(), 0);
	EXPECT_EQ(submit(end - 2, 2, 2, FOR_EVER), 2);
	EXPECT_EQ(ready(), 2);
}

TEST(entry_refused)
{
	struct edudma_entry good, bad;
	struct buffer buffer;

	open_with_ring(8);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	good = entry_to(&buffer, 0);
#define EXPECT_REFUSED(field, value, error) do {			\
	bad = good;							\
	bad.field = (value);						\
	EXPECT_ERRNO(submit(&bad, 1, 1, FOR_EVER), error);		\
} while (0)
	EXPECT_REFUSED(op, EDUDMA_COPY + 1, EINVAL);
	EXPECT_REFUSED(flags, 1, EINVAL);
	EXPECT_REFUSED(reserved, 1, EINVAL);
	EXPECT_REFUSED(length, 0, EINVAL);
	EXPECT_REFUSED(length, 101, EINVAL);
	EXPECT_REFUSED(src_offset, 1, EINVAL);
	EXPECT_REFUSED(dst, buffer.handle, EINVAL);
	EXPECT_REFUSED(device_offset, info.device_bytes, EINVAL);
	EXPECT_REFUSED(src, buffer.handle + 1, ENOENT);
#undef EXPECT_REFUSED
	ASSERT_OK(sync_range(&buffer, EDUDMA_SYNC_WRITE, 99, 1));
	EXPECT_ERRNO(submit(&good, 1, 1, FOR_EVER), EBUSY);
	ASSERT_OK(sync_range(&buffer, EDUDMA_SYNC_WRITE | EDUDMA_SYNC_END, 99, 1));
	expect_ring_works();
}

TEST_EACH(bytes_arrive)
{
	uint64_t length = 5000;
	struct buffer src, dst;
	struct edudma_completion completion;
	struct edudma_entry entry;

	open_with_ring(1);
	src = alloc_buffer(fd, variant, length);
	dst = alloc_buffer(fd, variant, length + 3);
	write_pattern(&src, 0, length, 1);
	write_byte(&dst, 0, length + 3, 0xa5);
	entry = entry_copy(&src, &dst, 77);
	entry.dst_offset = 2;
	ASSERT_EQ(submit(&entry, 1, 1, FOR_EVER), 1);
	completion = take();
	EXPECT_EQ(completion.user_data, 77);
	EXPECT_EQ(completion.status, 0);
	EXPECT(completion.commands > 0);
	EXPECT(completion.segments >= 2);
	EXPECT_EQ(completion.reserved, 0);
	EXPECT(has_byte(&dst, 0, 2, 0xa5));
	EXPECT(has_pattern(&dst, 2, length, 1));
	EXPECT(has_byte(&dst, length + 2, 1, 0xa5));
}

/* Bytes out and back in one batch: each sees what those before it did. */
TEST(batch_in_order)
{
	enum { NR = 16 };
	struct edudma_entry entries[NR];
	struct buffer src[NR / 2], dst[NR / 2];

	open_with_ring(NR);
	for (unsigned int i = 0; i < NR / 2; i++) {
		src[i] = alloc_buffer(fd, EDUDMA_KMALLOC, 500);
		dst[i] = alloc_buffer(fd, EDUDMA_VMALLOC, 500);
		write_pattern(&src[i], 0, 500, i);
		entries[2 * i] = entry_to(&src[i], 2 * i);
		entries[2 * i + 1] = entry_from(&dst[i], 2 * i + 1);
	}
	ASSERT_EQ(submit(entries, NR, NR, FOR_EVER), NR);
	ASSERT_EQ(ready(), NR);
	for (unsigned int i = 0; i < NR; i++) {
		struct edudma_completion completion = take();

		EXPECT_EQ(completion.user_data, i);
		EXPECT_EQ(completion.status, 0);
	}
	for (unsigned int i = 0; i < NR / 2; i++)
		EXPECT(has_pattern(&dst[i], 0, 500, i));
}

TEST(batch_of_copies)
{
	enum { NR = 12 };
	struct edudma_entry entries[NR];
	struct buffer src[NR], dst[NR];
	unsigned int seen = 0;

	open_with_ring(NR);
	for (unsigned int i = 0; i < NR; i++) {
		src[i] = alloc_buffer(fd, EDUDMA_KMALLOC, 700);
		dst[i] = alloc_buffer(fd, EDUDMA_COHERENT, 700);
		write_pattern(&src[i], 0, 700, i);
		entries[i] = entry_copy(&src[i], &dst[i], 1u << i);
	}
	ASSERT_EQ(submit(entries, NR, NR, FOR_EVER), NR);
	for (unsigned int i = 0; i < NR; i++) {
		struct edudma_completion completion = take();

		EXPECT_EQ(completion.status, 0);
		seen += completion.user_data;
	}
	EXPECT_EQ(seen, (1u << NR) - 1);
	for (unsigned int i = 0; i < NR; i++)
		EXPECT(has_pattern(&dst[i], 0, 700, i));
}

/* Those before the bad one are done, those after it are not. */
TEST(bad_entry_in_a_batch)
{
	enum { NR = 8 };
	struct edudma_entry entries[NR];
	struct buffer buffer;

	open_with_ring(NR);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	for (unsigned int bad = 0; bad < NR; bad += 3) {
		uint32_t tail = ring->tail + bad;

		for (unsigned int i = 0; i < NR; i++)
			entries[i] = entry_to(&buffer, 100 * bad + i);
		entries[bad].length = 101;
		if (!bad)
			EXPECT_ERRNO(submit(entries, NR, 1, FOR_EVER), EINVAL);
		else
			EXPECT_EQ(submit(entries, NR, NR, FOR_EVER), bad);
		wait_for_tail(tail);
		for (unsigned int i = 0; i < bad; i++)
			EXPECT_EQ(take().user_data, 100 * bad + i);
		EXPECT_OK(submit(NULL, 0, NR, FOR_EVER));
		EXPECT_EQ(ready(), 0);
	}
	expect_ring_works();
}

/* Completions that are not consumed keep their place; so do transfers under way. */
TEST(ring_is_full)
{
	enum { NR = 4 };
	struct edudma_entry entries[NR + 1];
	struct buffer buffer;

	open_with_ring(NR);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	for (unsigned int i = 0; i < NR + 1; i++)
		entries[i] = entry_to(&buffer, i);
	EXPECT_EQ(submit(entries, NR + 1, 0, 0), NR);
	EXPECT_ERRNO(submit(entries, 1, 0, 0), EAGAIN);
	EXPECT_OK(submit(NULL, 0, NR, FOR_EVER));
	EXPECT_ERRNO(submit(entries, 1, 0, 0), EAGAIN);

	/* Two places. */
	EXPECT_EQ(take().user_data, 0);
	EXPECT_EQ(take().user_data, 1);
	EXPECT_EQ(submit(entries, 3, 0, 0), 2);
	EXPECT_ERRNO(submit(entries, 1, 0, 0), EAGAIN);
	EXPECT_OK(submit(NULL, 0, NR, FOR_EVER));
	EXPECT_EQ(ready(), NR);
	EXPECT_EQ(take().user_data, 2);
	EXPECT_EQ(take().user_data, 3);
	EXPECT_EQ(take().user_data, 0);
	EXPECT_EQ(take().user_data, 1);
	/* What found no place holds nothing. */
	free_buffer(&buffer);
	expect_ring_works();
}

/* A head that is ahead makes no room that is not there. */
TEST(head_is_ahead)
{
	enum { NR = 4 };
	struct edudma_entry entries[NR];
	struct buffer buffer;

	open_with_ring(NR);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	for (unsigned int i = 0; i < NR; i++)
		entries[i] = entry_to(&buffer, i);
	ASSERT_EQ(submit(entries, NR, 0, 0), NR);
	ring->head = ring->tail + 2;
	EXPECT_ERRNO(submit(entries, NR, 0, 0), EAGAIN);
	wait_for_tail(NR);
	ring->head = 0;
	for (unsigned int i = 0; i < NR; i++)
		EXPECT_EQ(take().user_data, i);
	expect_ring_works();
}

/* What a bad entry would have taken is there for a good one. */
TEST(places_are_given_back)
{
	struct edudma_entry good, bad;
	struct buffer buffer;

	open_with_ring(2);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	good = entry_to(&buffer, 1);
	bad = good;
	bad.length = 101;
	for (unsigned int i = 0; i < 10; i++)
		EXPECT_ERRNO(submit(&bad, 1, 0, 0), EINVAL);
	EXPECT_EQ(submit(&good, 1, 0, 0), 1);
	EXPECT_EQ(submit(&good, 1, 2, FOR_EVER), 1);
	EXPECT_EQ(ready(), 2);
}

TEST(quota_of_transfers)
{
	struct edudma_entry entry;
	struct buffer buffer;
	unsigned int nr = 0;

	open_with_ring(EDUDMA_MAX_RING);
	if (!is_slow())
		return;
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 1);
	entry = entry_to(&buffer, 0);
	while (submit(&entry, 1, 0, 0) == 1)
		nr++;
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(nr, info.max_transfers);
	EXPECT_OK(submit(NULL, 0, nr, FOR_EVER));
	EXPECT_EQ(ready(), nr);
	consume(nr);
	expect_ring_works();
}

/* A head that is nobody's: its owner loses completions, and nothing else happens. */
TEST(hostile_head)
{
	enum { NR = 4 };
	unsigned int rounds, seed = 1;
	struct edudma_entry entries[2 * NR];
	struct buffer buffer;

	open_with_ring(NR);
	rounds = is_slow() ? 20 : 2000;
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	for (unsigned int i = 0; i < 2 * NR; i++)
		entries[i] = entry_to(&buffer, i);
	for (unsigned int i = 0; i < rounds; i++) {
		uint32_t tail = ring->tail;
		long nr;

		ring->head = i % 3 ? tail + (uint32_t)(rand_r(&seed) % 32) - 16 :
				     (uint32_t)rand_r(&seed) << 1;
		nr = submit(entries, 2 * NR, i % 2, FOR_EVER);
		if (nr < 0)
			ASSERT_EQ(errno, EAGAIN);
		else
			ASSERT(nr <= NR);
		ring->head = (uint32_t)rand_r(&seed);
		wait_for_tail(tail + (nr > 0 ? nr : 0));
	}
	ring->head = ring->tail;
	expect_ring_works();
	expect_device_works(fd, EDUDMA_KMALLOC);
}

/* What only the kernel writes is not what it goes by. */
TEST(hostile_ring)
{
	struct edudma_entry entry;
	struct buffer buffer;

	open_with_ring(4);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	entry = entry_to(&buffer, 5);
	memset(ring, 0xff, setup.mmap_length);
	ring->head = 0;
	ASSERT_EQ(submit(&entry, 1, 1, FOR_EVER), 1);
	wait_for_tail(1);
	EXPECT_EQ(ring->completions[0].user_data, 5);
	EXPECT_EQ(ring->completions[0].status, 0);
	EXPECT_EQ(ring->completions[1].user_data, UINT64_MAX);
}

/* Many times around, with batches of all sizes. */
TEST(ring_wraps)
{
	enum { NR = 8 };
	struct edudma_entry entries[NR];
	uint64_t submitted = 0, completed = 0, total;
	struct buffer buffer;
	unsigned int seed = 1;

	open_with_ring(NR);
	total = is_slow() ? 50 : 20000;
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 64);
	while (completed < total) {
		uint32_t batch = 1 + rand_r(&seed) % NR;
		long nr;

		for (unsigned int i = 0; i < batch; i++)
			entries[i] = entry_to(&buffer, submitted + i);
		nr = submit(entries, batch, 1 + rand_r(&seed) % NR, FOR_EVER);
		if (nr < 0)
			ASSERT_EQ(errno, EAGAIN);
		else
			submitted += nr;
		ASSERT(ready() <= NR);
		for (uint32_t n = rand_r(&seed) % (ready() + 1); n; n--) {
			struct edudma_completion completion = take();

			ASSERT_EQ(completion.user_data, completed);
			ASSERT_EQ(completion.status, 0);
			completed++;
		}
	}
	EXPECT_OK(submit(NULL, 0, NR, FOR_EVER));
	EXPECT_EQ(ready(), submitted - completed);
	EXPECT_EQ(ring->tail, (uint32_t)submitted);
}

TEST(eventfd_tells)
{
	struct edudma_entry entries[3];
	struct buffer buffer;
	int event = eventfd(0, EFD_NONBLOCK);
	struct pollfd waiting = { .fd = event, .events = POLLIN };
	eventfd_t count;

	ASSERT_OK(event);
	open_one();
	ASSERT_OK(make_ring(4, event));
	map_ring();
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	for (unsigned int i = 0; i < 3; i++)
		entries[i] = entry_to(&buffer, i);
	EXPECT_ERRNO(eventfd_read(event, &count), EAGAIN);
	/* A transfer that somebody waits for is none of the ring's. */
	EXPECT_OK(to_device(&buffer, 0, 100, 0));
	EXPECT_ERRNO(eventfd_read(event, &count), EAGAIN);

	ASSERT_EQ(submit(entries, 3, 0, 0), 3);
	for (unsigned int seen = 0; seen < 3; seen = ready()) {
		ASSERT_EQ(poll(&waiting, 1, 20000), 1);
		ASSERT_OK(eventfd_read(event, &count));
		EXPECT(count >= 1 && count <= 3);
	}
	close(event);
	consume(3);
	expect_ring_works();
}

TEST(poll_tells)
{
	struct edudma_entry entry;
	struct buffer buffer;
	struct pollfd waiting;

	open_one();
	ASSERT_OK(make_ring(4, -1));
	map_ring();
	waiting = (struct pollfd) { .fd = fd, .events = POLLIN };
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	entry = entry_to(&buffer, 0);
	EXPECT_EQ(poll(&waiting, 1, 0), 0);
	ASSERT_EQ(submit(&entry, 1, 0, 0), 1);
	ASSERT_EQ(poll(&waiting, 1, 20000), 1);
	EXPECT_EQ(waiting.revents & POLLIN, POLLIN);
	EXPECT_EQ(ready(), 1);
	EXPECT_EQ(poll(&waiting, 1, 0), 1);
	consume(1);
	EXPECT_EQ(poll(&waiting, 1, 0), 0);
}

/*
 * A wait that ends early has cancelled nothing, and is an error only of a call that has
 * submitted nothing either. @begin: called before each
 */
static void expect_early_end(void (*begin)(void), uint64_t timeout_ns, int error)
{
	struct edudma_entry entry;
	struct buffer buffer;

	open_with_ring(4);
	if (!is_slow())
		return;
	buffer = alloc_buffer(fd, EDUDMA_VMALLOC, long_length());
	entry = entry_to(&buffer, 0);
	begin();
	EXPECT_EQ(submit(&entry, 1, 1, timeout_ns), 1);
	EXPECT_EQ(ready(), 0);
	begin();
	EXPECT_ERRNO(submit(NULL, 0, 1, timeout_ns), error);
	EXPECT_OK(submit(NULL, 0, 1, FOR_EVER));
	EXPECT_EQ(take().status, 0);
	/* Nothing is under way: there is nothing to wait for. */
	EXPECT_OK(submit(NULL, 0, 1, 10 * MS));
}

static void do_nothing(void)
{
}

TEST(wait_has_a_timeout)
{
	expect_early_end(do_nothing, 10 * MS, ETIMEDOUT);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void alarm_soon(void)
{
	struct itimerval timer = { .it_value.tv_usec = 30000 };
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	ASSERT_OK(setitimer(ITIMER_REAL, &timer, NULL));
}

TEST(wait_ends_with_a_signal)
{
	expect_early_end(alarm_soon, FOR_EVER, EINTR);
}

/* As many as asked for, not one. */
TEST(wait_for_several)
{
	struct edudma_entry entries[4];
	struct buffer buffer;

	open_with_ring(8);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	for (unsigned int i = 0; i < 4; i++)
		entries[i] = entry_to(&buffer, i);
	ASSERT_EQ(submit(entries, 4, 3, FOR_EVER), 4);
	EXPECT(ready() >= 3);
	if (is_slow())
		EXPECT_EQ(ready(), 3);
	/* More than will come. */
	EXPECT_OK(submit(NULL, 0, 8, FOR_EVER));
	EXPECT_EQ(ready(), 4);
}

/* A transfer that somebody else waits for is under way, too: its end ends the wait. */
TEST(wait_beside_a_blocking_transfer)
{
	struct buffer buffer;
	struct flight flight;

	open_with_ring(4);
	if (!is_slow())
		return;
	buffer = alloc_buffer(fd, EDUDMA_VMALLOC, long_length());
	take_off(&flight, fd, (struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = buffer.handle, .length = buffer.length
	}, &buffer);
	EXPECT_OK(submit(NULL, 0, 1, FOR_EVER));
	EXPECT_EQ(ready(), 0);
	EXPECT_EQ(land(&flight), 0);
	expect_ring_works();
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 * MS + time.tv_nsec;
}

TEST(times_add_up)
{
	enum { NR = 6 };
	struct edudma_entry entries[NR];
	struct buffer buffer;
	uint64_t start, elapsed, device_ns = 0, previous = 0;

	open_with_ring(NR);
	buffer = alloc_buffer(fd, EDUDMA_VMALLOC, info.window);
	for (unsigned int i = 0; i < NR; i++)
		entries[i] = entry_to(&buffer, i);
	start = now();
	ASSERT_EQ(submit(entries, NR, NR, FOR_EVER), NR);
	elapsed = now() - start;
	for (unsigned int i = 0; i < NR; i++) {
		struct edudma_completion completion = take();

		EXPECT(completion.device_ns > 0);
		EXPECT(completion.device_ns <= completion.total_ns);
		EXPECT_EQ(completion.queue_ns, completion.total_ns - completion.device_ns);
		EXPECT(completion.total_ns <= elapsed);
		/* One after another: each waits for those before it. */
		EXPECT(completion.total_ns >= device_ns);
		EXPECT(completion.total_ns >= previous);
		if (is_slow())
			EXPECT(completion.device_ns >=
			       completion.commands * info.command_ns / 100 * 98);
		device_ns += completion.device_ns;
		previous = completion.total_ns;
	}
	EXPECT(device_ns <= elapsed);
}

struct submitter {
	pthread_t thread;
	struct edudma_entry entry;
	unsigned int nr;
};

/* As a batch of two as long as two are left. */
static void *submit_all(void *argument)
{
	struct submitter *submitter = argument;
	unsigned int done = 0;

	while (done < submitter->nr) {
		struct edudma_entry batch[2] = { submitter->entry, submitter->entry };
		long nr;

		batch[0].user_data += done;
		batch[1].user_data += done + 1;
		nr = submit(batch, done + 1 < submitter->nr ? 2 : 1, 0, 0);
		if (nr > 0)
			done += nr;
		else if (errno == EAGAIN)
			usleep(100);
		else
			break;
	}
	EXPECT_EQ(done, submitter->nr);
	return NULL;
}

/* Two threads submit, a third one reaps: nothing is lost, and each one's stay in order. */
TEST(threads_share_a_ring)
{
	struct submitter submitters[2];
	unsigned int nr, next[2] = { 0 };
	struct buffer buffer;

	open_with_ring(8);
	nr = is_slow() ? 15 : 5001;
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 64);
	for (unsigned int i = 0; i < 2; i++) {
		submitters[i] = (struct submitter) {
			.entry = entry_to(&buffer, (uint64_t)i << 32), .nr = nr
		};
		ASSERT(!pthread_create(&submitters[i].thread, NULL, submit_all, &submitters[i]));
	}
	while (next[0] + next[1] < 2 * nr) {
		struct edudma_completion completion;

		/* It may find nothing under way, and nothing to reap. */
		ASSERT_OK(submit(NULL, 0, 1, FOR_EVER));
		if (!ready()) {
			usleep(100);
			continue;
		}
		completion = take();
		ASSERT_EQ(completion.status, 0);
		ASSERT(completion.user_data >> 32 < 2);
		ASSERT_EQ((uint32_t)completion.user_data, next[completion.user_data >> 32]);
		next[completion.user_data >> 32]++;
	}
	for (unsigned int i = 0; i < 2; i++)
		pthread_join(submitters[i].thread, NULL);
	EXPECT_EQ(ready(), 0);
}

static void *submit_one_by_one(void *argument)
{
	struct submitter *submitter = argument;

	for (unsigned int i = 0; i < submitter->nr; i++) {
		submitter->entry.user_data = i + 1;
		ASSERT_EQ(submit(&submitter->entry, 1, 1, FOR_EVER), 1);
		while (ready())
			;
	}
	return NULL;
}

/* Whoever sees the tail sees the completion: here somebody looks all the time. */
TEST(completion_is_whole)
{
	struct submitter submitter;
	struct buffer buffer;

	open_with_ring(1);
	if (is_slow() || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 64);
	submitter = (struct submitter) { .entry = entry_to(&buffer, 0), .nr = 20000 };
	memset(ring->completions, 0xff, sizeof(ring->completions[0]));
	ASSERT(!pthread_create(&submitter.thread, NULL, submit_one_by_one, &submitter));
	for (unsigned int i = 0; i < submitter.nr; i++) {
		while (!ready())
			;
		ASSERT_EQ(ring->completions[0].user_data, i + 1);
		ASSERT(ring->completions[0].total_ns != UINT64_MAX);
		memset(ring->completions, 0xff, sizeof(ring->completions[0]));
		consume(1);
	}
	pthread_join(submitter.thread, NULL);
}

TEST(mapping_survives_fork)
{
	struct edudma_entry entries[2];
	struct buffer buffer;
	pid_t child;
	int status;

	open_with_ring(2);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, 100);
	entries[0] = entry_to(&buffer, 1);
	entries[1] = entry_to(&buffer, 2);
	child = ktap_fork();
	if (!child) {
		ASSERT_EQ(submit(entries, 2, 2, FOR_EVER), 2);
		EXPECT_EQ(take().user_data, 1);
		_exit(0);
	}
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(ready(), 1);
	EXPECT_EQ(take().user_data, 2);
	expect_ring_works();

	/* Nor does it matter if it goes and comes back. */
	munmap(ring, setup.mmap_length);
	map_ring();
	EXPECT_EQ(ring->tail, 3);
	expect_ring_works();
}

/* The mapping has the file, and the file what is under way. */
TEST(mapping_outlives_the_descriptor)
{
	struct edudma_entry entry;
	struct buffer buffer;

	open_with_ring(2);
	buffer = alloc_buffer(fd, EDUDMA_VMALLOC, 3 * (uint64_t)info.window);
	entry = entry_to(&buffer, 9);
	ASSERT_EQ(submit(&entry, 1, 0, 0), 1);
	close(fd);
	wait_for_tail(1);
	EXPECT_EQ(ring->completions[0].user_data, 9);
	EXPECT_EQ(ring->completions[0].status, 0);
	munmap(ring, setup.mmap_length);
	expect_device_works(open_device(), EDUDMA_KMALLOC);
}

static void submit_long(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct buffer buffer = alloc_buffer(fd, EDUDMA_VMALLOC,
						    3 * (uint64_t)info.window);
		struct edudma_entry entry = entry_from(&buffer, i);

		ASSERT_EQ(submit(&entry, 1, 0, 0), 1);
	}
}

/* What is under way when everything is closed still ends, and then is freed. */
TEST(ring_is_left)
{
	open_with_ring(8);
	submit_long(4);
	munmap(ring, setup.mmap_length);
	close(fd);
	expect_device_works(open_device(), EDUDMA_KMALLOC);
}

TEST(process_is_killed)
{
	pid_t child = ktap_fork();

	if (!child) {
		open_with_ring(8);
		submit_long(4);
		kill(getpid(), SIGKILL);
	}
	ASSERT_EQ(waitpid(child, NULL, 0), child);
	expect_device_works(open_device(), EDUDMA_KMALLOC);
}

TEST(unbind_in_flight)
{
	struct pollfd waiting;
	char address[16];
	unsigned int lost = 0, seen = 0;

	open_with_ring(8);
	get_address(fd, address);
	submit_long(4);
	write_file("/sys/bus/pci/drivers/edudma/unbind", address);
	wait_for_tail(4);
	for (unsigned int i = 0; i < 4; i++) {
		struct edudma_completion completion = take();

		/* The first ones may have ended before. */
		EXPECT(completion.status == -ENODEV || completion.status == 0);
		lost += completion.status == -ENODEV;
		seen += 1u << completion.user_data;
	}
	EXPECT_EQ(seen, 0xf);
	if (is_slow())
		EXPECT(lost >= 2);
	EXPECT_ERRNO(submit(NULL, 0, 1, FOR_EVER), ENODEV);
	waiting = (struct pollfd) { .fd = fd, .events = POLLIN };
	EXPECT_EQ(poll(&waiting, 1, 20000), 1);
	munmap(ring, setup.mmap_length);
	close(fd);
	write_file("/sys/bus/pci/drivers/edudma/bind", address);
	expect_device_works(open_device(), EDUDMA_KMALLOC);
}

int main(void)
{
	ktap_promised = "batches";
	add_method_variants();
	return ktap_run();
}
