// SPDX-License-Identifier: GPL-2.0-only
/*
 * Malformed calls: every ioctl with structs of other sizes, other numbers, and
 * pointers that lead nowhere. Each gets the errno that the header names, and
 * changes nothing.
 */
#include <errno.h>
#include <string.h>

#include "device.h"

#define LENGTH	100	/* of the buffers here */
#define LARGEST	16383	/* that an ioctl's number can name */

static int fd;

static uint32_t new_handle(void)
{
	return alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH).handle;
}

/* Each fills in a request that succeeds. */
static void fill_info(void *arg __attribute__((unused)))
{
}

static void fill_method_info(void *arg)
{
	*(struct edudma_method_info *)arg = (struct edudma_method_info) {
		.index = EDUDMA_COHERENT
	};
}

static void fill_alloc(void *arg)
{
	*(struct edudma_buffer_alloc *)arg = (struct edudma_buffer_alloc) {
		.method = EDUDMA_KMALLOC, .length = LENGTH
	};
}

static void fill_free(void *arg)
{
	*(struct edudma_buffer_free *)arg = (struct edudma_buffer_free) {
		.handle = new_handle()
	};
}

static void fill_sync(void *arg)
{
	*(struct edudma_sync *)arg = (struct edudma_sync) {
		.handle = new_handle(), .flags = EDUDMA_SYNC_WRITE, .length = LENGTH
	};
}

static void fill_cpu(void *arg)
{
	*(struct edudma_cpu *)arg = (struct edudma_cpu) {
		.handle = new_handle(), .op = EDUDMA_CPU_SUM, .length = LENGTH
	};
}

static void fill_transfer(void *arg)
{
	*(struct edudma_transfer *)arg = (struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = new_handle(), .length = LENGTH
	};
}

static void fill_factorial(void *arg)
{
	*(struct edudma_factorial *)arg = (struct edudma_factorial) { .n = 5 };
}

static void fill_liveness(void *arg)
{
	*(struct edudma_liveness *)arg = (struct edudma_liveness) { .value = 5 };
}

/* A file has one ring: the next one is another file's. */
static void fill_ring(void *arg)
{
	fd = open_device();
	*(struct edudma_ring_setup *)arg = (struct edudma_ring_setup) {
		.entries = 4, .eventfd = -1
	};
}

/* An empty batch, but it needs a ring. */
static void fill_submit(void *arg)
{
	struct edudma_ring_setup ring;

	fill_ring(&ring);
	EXPECT_OK(ioctl(fd, EDUDMA_RING, &ring));
	*(struct edudma_submit *)arg = (struct edudma_submit) { .min_complete = 1 };
}

/* All that the driver knows, by number. */
static const struct {
	unsigned long request;
	void (*fill)(void *arg);
} calls[] = {
	{ EDUDMA_INFO, fill_info },
	{ EDUDMA_METHOD_INFO, fill_method_info },
	{ EDUDMA_BUFFER_ALLOC, fill_alloc },
	{ EDUDMA_BUFFER_FREE, fill_free },
	{ EDUDMA_SYNC, fill_sync },
	{ EDUDMA_CPU, fill_cpu },
	{ EDUDMA_TRANSFER, fill_transfer },
	{ EDUDMA_FACTORIAL, fill_factorial },
	{ EDUDMA_LIVENESS, fill_liveness },
	{ EDUDMA_RING, fill_ring },
	{ EDUDMA_SUBMIT, fill_submit },
};

static unsigned long resized(unsigned long request, unsigned int size)
{
	return _IOC(_IOC_DIR(request), EDUDMA_IOC_MAGIC, _IOC_NR(request), size);
}

TEST(valid_requests)
{
	static uint64_t arg[64];

	fd = open_device();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		memset(arg, 0, sizeof(arg));
		calls[i].fill(arg);
		if (!EXPECT_OK(ioctl(fd, calls[i].request, arg)))
			ktap_diag("ioctl %u", i);
	}
}

TEST(too_short_structs)
{
	static uint64_t arg[64];

	fd = open_device();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		memset(arg, 0, sizeof(arg));
		calls[i].fill(arg);
		for (unsigned int size = 0; size < _IOC_SIZE(calls[i].request); size++)
			if (!EXPECT_ERRNO(ioctl(fd, resized(calls[i].request, size), arg), EINVAL))
				ktap_diag("ioctl %u, %u bytes", i, size);
	}
}

/* The known part is answered, and nothing is written behind it. */
TEST(longer_structs_with_zeros)
{
	static uint8_t arg[LARGEST + 1];

	fd = open_device();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		unsigned int known = _IOC_SIZE(calls[i].request);
		const unsigned int sizes[] = { known + 1, known + 8, 4096, 4097, LARGEST };

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			memset(arg, 0, sizeof(arg));
			calls[i].fill(arg);
			if (!EXPECT_OK(ioctl(fd, resized(calls[i].request, sizes[j]), arg)) ||
			    !EXPECT(memory_is(arg + known, sizeof(arg) - known, 0)))
				ktap_diag("ioctl %u, %u bytes", i, sizes[j]);
		}
	}
}

/* Of a struct that is all output the kernel clears what it does not know. */
TEST(longer_structs_with_more)
{
	static uint8_t arg[LARGEST + 1];

	fd = open_device();
	memset(arg, 0xff, sizeof(arg));
	EXPECT_OK(ioctl(fd, resized(EDUDMA_INFO, LARGEST), arg));
	EXPECT(memory_is(arg + sizeof(struct edudma_info),
			 LARGEST - sizeof(struct edudma_info), 0));

	for (unsigned int i = 1; i < ARRAY_SIZE(calls); i++) {
		unsigned int known = _IOC_SIZE(calls[i].request);
		const unsigned int where[] = { known, known + 7, 4095, 4096, LARGEST - 1 };

		for (unsigned int j = 0; j < ARRAY_SIZE(where); j++) {
			memset(arg, 0, sizeof(arg));
			calls[i].fill(arg);
			arg[where[j]] = 1;
			if (!EXPECT_ERRNO(ioctl(fd, resized(calls[i].request, LARGEST), arg),
					  E2BIG))
				ktap_diag("ioctl %u, byte %u", i, where[j]);
		}
	}
}

TEST(wrong_directions)
{
	static uint64_t arg[64];

	fd = open_device();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		unsigned long request = calls[i].request;

		memset(arg, 0, sizeof(arg));
		calls[i].fill(arg);
		for (unsigned int dir = 0; dir < 4; dir++)
			if (dir != _IOC_DIR(request) &&
			    !EXPECT_ERRNO(ioctl(fd, _IOC(dir, EDUDMA_IOC_MAGIC, _IOC_NR(request),
						     _IOC_SIZE(request)), arg), ENOTTY))
				ktap_diag("ioctl %u, direction %u", i, dir);
	}
}

TEST(unknown_numbers)
{
	static uint64_t arg[64];

	fd = open_device();
	for (unsigned int nr = ARRAY_SIZE(calls); nr < 256; nr++)
		if (!EXPECT_ERRNO(ioctl(fd, _IOC(_IOC_READ | _IOC_WRITE, EDUDMA_IOC_MAGIC, nr,
						 sizeof(struct edudma_info)), arg), ENOTTY))
			ktap_diag("number %u", nr);
	EXPECT_ERRNO(ioctl(fd, _IOR(EDUDMA_IOC_MAGIC + 1, 0, struct edudma_info), arg), ENOTTY);
	EXPECT_ERRNO(ioctl(fd, 0x5401 /* TCGETS */, arg), ENOTTY);
	EXPECT_ERRNO(ioctl(fd, 0, 0), ENOTTY);
}

TEST(bad_pointers)
{
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(pages != MAP_FAILED);
	ASSERT_OK(mprotect(pages + PAGE, PAGE, PROT_NONE));
	fd = open_device();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		unsigned long request = calls[i].request;
		/* The last struct lacks its last byte. */
		uint8_t *cut = pages + PAGE + 1 - _IOC_SIZE(request);
		uint64_t whole[64];

		memset(whole, 0, sizeof(whole));
		calls[i].fill(whole);
		memcpy(cut, whole, _IOC_SIZE(request) - 1);
		if (!EXPECT_ERRNO(ioctl(fd, request, NULL), EFAULT) ||
		    !EXPECT_ERRNO(ioctl(fd, request, 1), EFAULT) ||
		    !EXPECT_ERRNO(ioctl(fd, request, pages + PAGE), EFAULT) ||
		    !EXPECT_ERRNO(ioctl(fd, request, -(long)PAGE), EFAULT) ||
		    !EXPECT_ERRNO(ioctl(fd, request, 0x8000000000000000), EFAULT) ||
		    !EXPECT_ERRNO(ioctl(fd, request, cut), EFAULT))
			ktap_diag("ioctl %u", i);
	}
}

/* A page for arguments that can be read, but take no answer. */
static uint8_t *answerless;

static long call_answerless(unsigned long request, const void *arg)
{
	long result;

	if (!answerless)
		answerless = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(answerless != MAP_FAILED);
	ASSERT_OK(mprotect(answerless, PAGE, PROT_READ | PROT_WRITE));
	memcpy(answerless, arg, _IOC_SIZE(request));
	ASSERT_OK(mprotect(answerless, PAGE, PROT_READ));
	result = ioctl(fd, request, answerless);
	return result;
}

TEST(answerless_requests)
{
	static uint64_t arg[64];

	fd = open_device();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		memset(arg, 0, sizeof(arg));
		calls[i].fill(arg);
		if (!EXPECT_ERRNO(call_answerless(calls[i].request, arg), EFAULT))
			ktap_diag("ioctl %u", i);
	}
}

TEST(answerless_alloc_leaks_nothing)
{
	struct edudma_buffer_alloc alloc = { .method = EDUDMA_VMALLOC };
	struct edudma_info info;

	fd = open_device();
	info = get_info(fd);
	alloc.length = info.quota_bytes / 16;
	for (unsigned int i = 0; i < 40; i++)
		ASSERT_ERRNO(call_answerless(EDUDMA_BUFFER_ALLOC, &alloc), EFAULT);
	alloc.length = 1;
	for (unsigned int i = 0; i < 2 * info.max_buffers; i++)
		ASSERT_ERRNO(call_answerless(EDUDMA_BUFFER_ALLOC, &alloc), EFAULT);
	alloc.length = info.quota_bytes / 2;
	EXPECT_OK(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc));
}

TEST(answerless_free_frees_nothing)
{
	struct edudma_buffer_free request = {};

	fd = open_device();
	request.handle = new_handle();
	EXPECT_ERRNO(call_answerless(EDUDMA_BUFFER_FREE, &request), EFAULT);
	EXPECT_OK(ioctl(fd, EDUDMA_BUFFER_FREE, &request));
}

TEST(answerless_sync_borrows_nothing)
{
	struct edudma_sync sync = { .flags = EDUDMA_SYNC_WRITE, .length = LENGTH };
	struct buffer buffer;

	fd = open_device();
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	sync.handle = buffer.handle;
	EXPECT_ERRNO(call_answerless(EDUDMA_SYNC, &sync), EFAULT);
	EXPECT_OK(to_device(&buffer, 0, LENGTH, 0));

	ASSERT_OK(ioctl(fd, EDUDMA_SYNC, &sync));
	sync.flags |= EDUDMA_SYNC_END;
	EXPECT_ERRNO(call_answerless(EDUDMA_SYNC, &sync), EFAULT);
	EXPECT_ERRNO(to_device(&buffer, 0, LENGTH, 0), EBUSY);
	EXPECT_OK(ioctl(fd, EDUDMA_SYNC, &sync));
}

TEST(answerless_fill_stores_nothing)
{
	struct edudma_cpu cpu = { .op = EDUDMA_CPU_FILL, .length = LENGTH, .value = 1 };
	struct buffer buffer;

	fd = open_device();
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	cpu.handle = buffer.handle;
	EXPECT_ERRNO(call_answerless(EDUDMA_CPU, &cpu), EFAULT);
	EXPECT_EQ(cpu_sum(&buffer, 0, LENGTH), 0);
}

TEST(answerless_transfer_moves_nothing)
{
	struct edudma_transfer transfer = { .op = EDUDMA_FROM_DEVICE, .length = LENGTH };
	struct buffer src, dst;

	fd = open_device();
	src = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	dst = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	ASSERT_OK(cpu_fill(&src, 0, LENGTH, 1));
	ASSERT_OK(to_device(&src, 0, LENGTH, 0));
	transfer.dst = dst.handle;
	EXPECT_ERRNO(call_answerless(EDUDMA_TRANSFER, &transfer), EFAULT);
	EXPECT_EQ(cpu_sum(&dst, 0, LENGTH), 0);
}

int main(void)
{
	ktap_promised = "calls";
	return ktap_run();
}
