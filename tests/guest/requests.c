// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests whose fields make no sense: one errno each, as the header says, and
 * nothing has changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

#define LENGTH	100	/* of the buffers here */

static int fd;

static bool is_edu(void)
{
	return !strcmp(get_info(fd).engine, "edu");
}

static uint32_t new_handle(void)
{
	return alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH).handle;
}

TEST(info_is_sane)
{
	struct edudma_info info;

	fd = open_device();
	info = get_info(fd);
	EXPECT(info.window >= 1 && info.window <= info.device_bytes);
	EXPECT(info.nr_methods >= 3);
	EXPECT(info.nr_channels >= 1);
	EXPECT(info.quota_bytes >= PAGE);
	EXPECT(info.max_buffers >= 2);
	EXPECT(info.max_transfers >= 2);
	EXPECT(info.irq_mode <= EDUDMA_IRQ_MSIX);
	EXPECT(!(info.flags & ~(EDUDMA_INFO_IOMMU | EDUDMA_INFO_SMBIOS)));
	EXPECT(strnlen(info.engine, EDUDMA_NAME_LEN) < EDUDMA_NAME_LEN);
	if (is_edu()) {
		EXPECT(info.window <= 4096);
		EXPECT_EQ(info.device_bytes, info.window);
		EXPECT_EQ(info.command_ns, 100000000);
		/* A mask is a power of two less one. */
		EXPECT_EQ(info.dma_mask & (info.dma_mask + 1), 0);
	}
}

TEST(methods_are_enumerated)
{
	static const char * const names[] = {
		[EDUDMA_KMALLOC] = "kmalloc",
		[EDUDMA_VMALLOC] = "vmalloc",
		[EDUDMA_COHERENT] = "coherent",
	};
	struct edudma_method_info method;
	struct edudma_info info;

	fd = open_device();
	info = get_info(fd);
	for (unsigned int i = 0; i < info.nr_methods; i++) {
		method = get_method(fd, i);
		if (i < ARRAY_SIZE(names))
			EXPECT(!strcmp(method.name, names[i]));
		EXPECT(method.max_length >= 1 && method.max_length <= info.quota_bytes);
		EXPECT_EQ(!!(method.flags & EDUDMA_METHOD_COHERENT), i == EDUDMA_COHERENT);
	}
	for (unsigned int i = 0; i < 3; i++) {
		method.index = (const uint32_t[]) { info.nr_methods, INT32_MAX, UINT32_MAX }[i];
		EXPECT_ERRNO(ioctl(fd, EDUDMA_METHOD_INFO, &method), ENOENT);
	}
}

static long alloc_with(uint32_t method, uint32_t reserved, uint64_t length)
{
	struct edudma_buffer_alloc alloc = {
		.method = method, .reserved = reserved, .length = length
	};

	return ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc);
}

TEST(alloc_refuses)
{
	struct edudma_info info;

	fd = open_device();
	info = get_info(fd);
	EXPECT_ERRNO(alloc_with(info.nr_methods, 0, 1), ENOENT);
	EXPECT_ERRNO(alloc_with(UINT32_MAX, 0, 1), ENOENT);
	EXPECT_ERRNO(alloc_with(EDUDMA_KMALLOC, 1, 1), EINVAL);
	EXPECT_ERRNO(alloc_with(EDUDMA_KMALLOC, 1u << 31, 1), EINVAL);
	for (uint32_t method = 0; method < 3; method++) {
		uint64_t most = get_method(fd, method).max_length;

		EXPECT_ERRNO(alloc_with(method, 0, 0), EINVAL);
		EXPECT_ERRNO(alloc_with(method, 0, UINT64_MAX), EFBIG);
		EXPECT_ERRNO(alloc_with(method, 0, UINT64_MAX - PAGE + 1), EFBIG);
		EXPECT_ERRNO(alloc_with(method, 0, 1ull << 63), EFBIG);
		EXPECT_ERRNO(alloc_with(method, 0, most + 1),
			     most == info.quota_bytes ? EDQUOT : EFBIG);
	}
}

TEST(free_refuses)
{
	struct edudma_buffer_free request = { .reserved = 1 };

	fd = open_device();
	request.handle = new_handle();
	EXPECT_ERRNO(ioctl(fd, EDUDMA_BUFFER_FREE, &request), EINVAL);
	request.reserved = 1u << 31;
	EXPECT_ERRNO(ioctl(fd, EDUDMA_BUFFER_FREE, &request), EINVAL);
	request.reserved = 0;
	EXPECT_OK(ioctl(fd, EDUDMA_BUFFER_FREE, &request));
	EXPECT_ERRNO(ioctl(fd, EDUDMA_BUFFER_FREE, &request), ENOENT);
}

/* Ranges that are not in a buffer of LENGTH bytes. */
static const struct {
	uint64_t offset, length;
} bad_ranges[] = {
	{ 0, 0 },
	{ 50, 0 },
	{ 0, LENGTH + 1 },
	{ 1, LENGTH },
	{ LENGTH - 1, 2 },
	{ LENGTH, 1 },
	{ LENGTH + 1, 1 },
	{ LENGTH, 0 },
	{ 0, UINT64_MAX },
	{ 1, UINT64_MAX },
	{ UINT64_MAX, 1 },
	{ UINT64_MAX, 2 },
	{ UINT64_MAX, UINT64_MAX },
	{ 1ull << 63, 1ull << 63 },
	{ UINT64_MAX - LENGTH + 2, LENGTH },
	/* That would do in 32 bits. */
	{ 1ull << 32, 1 },
	{ 0, (1ull << 32) + 1 },
	{ (1ull << 32) - 1, 2 },
};

TEST(ranges_outside_the_buffer)
{
	struct buffer buffer, other;

	fd = open_device();
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	other = alloc_buffer(fd, EDUDMA_COHERENT, 2 * LENGTH);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad_ranges); i++) {
		uint64_t offset = bad_ranges[i].offset, length = bad_ranges[i].length;
		/* What is too long for the device is so for any buffer. */
		int error = length > UINT32_MAX && !is_edu() ? EFBIG : EINVAL;
		bool ok = true;

		ok &= EXPECT_ERRNO(sync_range(&buffer, EDUDMA_SYNC_READ, offset, length), EINVAL);
		ok &= EXPECT_ERRNO(sync_range(&buffer, EDUDMA_SYNC_WRITE, offset, length), EINVAL);
		ok &= EXPECT_ERRNO(cpu_fill(&buffer, offset, length, 1), EINVAL);
		ok &= EXPECT_ERRNO(to_device(&buffer, offset, length, 0), error);
		ok &= EXPECT_ERRNO(from_device(&buffer, offset, length, 0), error);
		ok &= EXPECT_ERRNO(copy(&buffer, offset, &other, 0, length), error);
		ok &= EXPECT_ERRNO(copy(&other, 0, &buffer, offset, length), error);
		if (!ok)
			ktap_diag("offset %#llx, length %#llx",
				  (unsigned long long)offset, (unsigned long long)length);
	}
	EXPECT_EQ(cpu_sum(&buffer, 0, LENGTH), 0);
	EXPECT_OK(copy(&buffer, LENGTH - 1, &other, 2 * LENGTH - 1, 1));
	EXPECT_OK(copy(&buffer, 0, &other, 0, LENGTH));
}

TEST(ranges_outside_the_device)
{
	struct edudma_info info;
	struct buffer buffer;

	fd = open_device();
	info = get_info(fd);
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	const uint64_t offsets[] = {
		info.device_bytes, info.device_bytes + 1, 1ull << 32, 1ull << 63, UINT64_MAX
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_ERRNO(to_device(&buffer, 0, 1, offsets[i]), EINVAL);
		EXPECT_ERRNO(from_device(&buffer, 0, 1, offsets[i]), EINVAL);
	}
	EXPECT_OK(to_device(&buffer, 0, 1, info.device_bytes - 1));
	EXPECT_OK(from_device(&buffer, 0, LENGTH, info.device_bytes - 1));
}

TEST(sync_refuses)
{
	static const uint32_t flags[] = {
		0, EDUDMA_SYNC_END, 1u << 3, 1u << 31, UINT32_MAX,
		EDUDMA_SYNC_READ | 1u << 3, EDUDMA_SYNC_WRITE | 1u << 16,
	};
	struct buffer buffer;

	fd = open_device();
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++)
		if (!EXPECT_ERRNO(sync_range(&buffer, flags[i], 0, LENGTH), EINVAL))
			ktap_diag("flags %#x", flags[i]);
}

TEST(cpu_refuses)
{
	struct edudma_cpu good = { .length = LENGTH }, cpu;

	fd = open_device();
	good.handle = new_handle();
	for (unsigned int i = 0; i < 3; i++) {
		cpu = good;
		cpu.op = (const uint32_t[]) { 2, 1u << 31, UINT32_MAX }[i];
		EXPECT_ERRNO(ioctl(fd, EDUDMA_CPU, &cpu), EINVAL);
	}
	cpu = good;
	cpu.op = EDUDMA_CPU_SUM;
	cpu.value = 1;
	EXPECT_ERRNO(ioctl(fd, EDUDMA_CPU, &cpu), EINVAL);
	/* Of a fill's value the low byte counts. */
	cpu = good;
	cpu.op = EDUDMA_CPU_FILL;
	cpu.value = 0xffffffffffffff02;
	EXPECT_OK(ioctl(fd, EDUDMA_CPU, &cpu));
	cpu.op = EDUDMA_CPU_SUM;
	cpu.value = 0;
	EXPECT_OK(ioctl(fd, EDUDMA_CPU, &cpu));
	EXPECT_EQ(cpu.value, 2 * LENGTH);
}

TEST(transfer_refuses)
{
	uint32_t src, dst;

	fd = open_device();
	src = new_handle();
	dst = new_handle();
	const struct edudma_transfer bad[] = {
		{ .op = 3, .src = src, .length = 1 },
		{ .op = UINT32_MAX, .src = src, .length = 1 },
		{ .op = EDUDMA_TO_DEVICE, .src = src, .length = 1, .flags = 1 },
		{ .op = EDUDMA_TO_DEVICE, .src = src, .length = 1, .flags = 1u << 31 },
		{ .op = EDUDMA_TO_DEVICE, .src = src, .length = 1, .dst = dst },
		{ .op = EDUDMA_TO_DEVICE, .src = src, .length = 1, .dst = src },
		{ .op = EDUDMA_TO_DEVICE, .src = src, .length = 1, .dst_offset = 1 },
		{ .op = EDUDMA_FROM_DEVICE, .dst = dst, .length = 1, .flags = 1 },
		{ .op = EDUDMA_FROM_DEVICE, .dst = dst, .length = 1, .src = src },
		{ .op = EDUDMA_FROM_DEVICE, .dst = dst, .length = 1, .src_offset = 1 },
		{ .op = EDUDMA_COPY, .src = src, .dst = dst, .length = 1, .flags = 1 },
		{ .op = EDUDMA_COPY, .src = src, .dst = dst, .length = 1, .device_offset = 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct edudma_transfer transfer = bad[i];

		if (!EXPECT_ERRNO(ioctl(fd, EDUDMA_TRANSFER, &transfer), EINVAL))
			ktap_diag("request %u", i);
	}
}

TEST(copy_refuses_overlap)
{
	struct buffer buffer;

	fd = open_device();
	buffer = alloc_buffer(fd, EDUDMA_KMALLOC, LENGTH);
	EXPECT_ERRNO(copy(&buffer, 0, &buffer, 0, LENGTH), EINVAL);
	EXPECT_ERRNO(copy(&buffer, 0, &buffer, 9, 10), EINVAL);
	EXPECT_ERRNO(copy(&buffer, 9, &buffer, 0, 10), EINVAL);
	EXPECT_ERRNO(copy(&buffer, 5, &buffer, 5, 1), EINVAL);
	EXPECT_OK(copy(&buffer, 0, &buffer, 10, 10));
	EXPECT_OK(copy(&buffer, 10, &buffer, 0, 10));
}

/* Output fields are no input: what lies in them does not matter. */
TEST(output_fields_are_ignored)
{
	struct edudma_buffer_alloc alloc;
	struct edudma_buffer_free request;
	struct edudma_transfer transfer;
	struct edudma_info info;
	struct edudma_sync sync;

	fd = open_device();
	memset(&info, 0xff, sizeof(info));
	EXPECT_OK(ioctl(fd, EDUDMA_INFO, &info));

	memset(&alloc, 0xff, sizeof(alloc));
	alloc.method = EDUDMA_COHERENT;
	alloc.reserved = 0;
	alloc.length = LENGTH;
	ASSERT_OK(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc));

	memset(&sync, 0xff, sizeof(sync));
	sync.handle = alloc.handle;
	sync.flags = EDUDMA_SYNC_READ;
	sync.offset = 0;
	sync.length = LENGTH;
	EXPECT_OK(ioctl(fd, EDUDMA_SYNC, &sync));
	sync.flags |= EDUDMA_SYNC_END;
	EXPECT_OK(ioctl(fd, EDUDMA_SYNC, &sync));

	transfer = (struct edudma_transfer) {
		.op = EDUDMA_TO_DEVICE, .src = alloc.handle, .length = LENGTH,
		.queue_ns = UINT64_MAX, .device_ns = UINT64_MAX,
		.commands = UINT32_MAX, .segments = UINT32_MAX
	};
	EXPECT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
	EXPECT_EQ(transfer.commands, 1);
	EXPECT_EQ(transfer.segments, 1);

	memset(&request, 0xff, sizeof(request));
	request.handle = alloc.handle;
	request.reserved = 0;
	EXPECT_OK(ioctl(fd, EDUDMA_BUFFER_FREE, &request));
}

/* The longest timeouts are not taken for the shortest. */
TEST(long_timeouts)
{
	static const uint64_t timeouts[] = { UINT64_MAX, 1ull << 63, (1ull << 63) - 1 };

	fd = open_device();
	for (unsigned int i = 0; i < ARRAY_SIZE(timeouts); i++) {
		struct edudma_transfer transfer = {
			.op = EDUDMA_TO_DEVICE, .src = new_handle(), .length = LENGTH,
			.timeout_ns = timeouts[i]
		};
		struct edudma_factorial factorial = { .n = 3, .timeout_ns = timeouts[i] };

		EXPECT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
		EXPECT_OK(ioctl(fd, EDUDMA_FACTORIAL, &factorial));
		EXPECT_EQ(factorial.result, 6);
	}
}

TEST(liveness_is_the_inverse)
{
	static const uint32_t values[] = { 0, 1, 0x5a5a5a5a, 0xdeadbeef, UINT32_MAX };

	fd = open_device();
	for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
		struct edudma_liveness liveness = { .value = values[i] };

		EXPECT_OK(ioctl(fd, EDUDMA_LIVENESS, &liveness));
		EXPECT_EQ(liveness.answer, (uint32_t)~values[i]);
	}
}

/* The node is the administrator's; read() and write() do nothing there. */
TEST(node_is_private)
{
	char byte = 0;

	fd = open_device();
	EXPECT_ERRNO(read(fd, &byte, 1), EINVAL);
	EXPECT_ERRNO(write(fd, &byte, 1), EINVAL);
	ASSERT_OK(setuid(65534));
	EXPECT_ERRNO(open(device_path(), O_RDWR), EACCES);
}

int main(void)
{
	ktap_promised = "calls";
	return ktap_run();
}
