// SPDX-License-Identifier: GPL-2.0-only
/*
 * edu-sg against its specification, docs/edu-sg.md; TAP on stdout
 *
 * QTEST_QEMU_BINARY=<program> device [NAME]...
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edu-sg.h"

#define KIB		1024U
#define MIB		(1024U * KIB)
#define ALL_ONES	0xffffffffU
#define OUTSTANDING	64
#define SLOW_BYTES	60000U
#define THREAD		"edu-sg,inline-bytes=0"
#define MODEL		"edu-sg,timing=model,latency-ns=1000,bandwidth=1000000000"

static struct dut dut;
static bool failed;

__attribute__((format(printf, 3, 4)))
static void check(bool good, int line, const char *format, ...)
{
	va_list args;

	if (good)
		return;
	failed = true;
	printf("# line %d: ", line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

#define CHECK(condition) check(condition, __LINE__, "%s", #condition)
#define CHECK_EQ(actual, expected)						\
do {										\
	uint64_t a = (actual), e = (expected);					\
	check(a == e, __LINE__, "%s is 0x%" PRIx64 ", not 0x%" PRIx64,		\
	      #actual, a, e);							\
} while (0)

static void start(const char *device)
{
	dut_start(&dut, "q35", device);
}

static void stop(void)
{
	CHECK(vm_stop(dut.vm));
}

static struct edu_sg_request to_device(uint64_t addr, uint64_t len, uint64_t offset)
{
	return (struct edu_sg_request) {
		.opcode = EDU_SG_TO_DEVICE,
		.flags = EDU_SG_FLAG_IRQ,
		.id = 0x1122334455667788,
		.length = len,
		.device_offset = offset,
		.source = addr,
	};
}

static struct edu_sg_request from_device(uint64_t addr, uint64_t len, uint64_t offset)
{
	return (struct edu_sg_request) {
		.opcode = EDU_SG_FROM_DEVICE,
		.flags = EDU_SG_FLAG_IRQ,
		.length = len,
		.device_offset = offset,
		.destination = addr,
	};
}

/* Put data into guest memory; give back what it is. */
static uint8_t *put_data(uint64_t addr, size_t len, uint32_t seed)
{
	uint8_t *data = allocate(len);

	fill(data, len, seed);
	vm_write_memory(dut.vm, addr, data, len);
	return data;
}

static bool guest_has(uint64_t addr, const uint8_t *data, size_t len)
{
	uint8_t *seen = allocate(len);
	bool same;

	vm_read_memory(dut.vm, addr, seen, len);
	same = !memcmp(seen, data, len);
	free(seen);
	return same;
}

static bool guest_is(uint64_t addr, uint8_t value, size_t len)
{
	uint8_t *data = allocate(len);
	bool same;

	memset(data, value, len);
	same = guest_has(addr, data, len);
	free(data);
	return same;
}

static void put_segment(uint64_t list, unsigned int i, uint64_t addr, uint32_t len,
			uint32_t flags)
{
	struct edu_sg_segment segment = { .address = addr, .length = len, .flags = flags };

	vm_write_memory(dut.vm, list + i * sizeof(segment), &segment, sizeof(segment));
}

/* Messages that came with a vector since the last look */
static bool message_came(unsigned int vector)
{
	uint32_t seen = vm_read(dut.vm, MESSAGES + 4 * vector, 4);

	vm_write(dut.vm, MESSAGES + 4 * vector, 4, 0);
	return seen == 0x1000 + vector;
}

static bool wait_for_message(unsigned int vector)
{
	uint64_t end = wall_ns() + 10000000000ULL;

	while (!message_came(vector)) {
		if (wall_ns() > end)
			return false;
		usleep(100);
	}
	return true;
}

static bool line_is_up(void)
{
	return vm_config_read(dut.vm, 0x04) >> 16 & 0x8;
}

static void identity(void)
{
	start("edu-sg,channels=3,mem-size=8M,dma-bits=40,vectors=2");
	CHECK_EQ(vm_config_read(dut.vm, 0), 0x11e91234);
	CHECK_EQ(vm_config_read(dut.vm, 8), 0x00ff0010);
	CHECK(vm_capability(dut.vm, 0x01));
	CHECK(vm_capability(dut.vm, 0x05));
	CHECK(vm_capability(dut.vm, 0x10));
	CHECK(vm_capability(dut.vm, 0x11));
	CHECK_EQ(dut_read(&dut, EDU_ID), EDU_SG_ID);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_VERSION), 1);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_CHANNELS), 3);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_SG_CAP_MEMORY, 8), 8 * MIB);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_DMA_BITS), 40);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_RING), 4096);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_SEGMENTS), 65536);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_VECTORS), 2);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_SG_CAP_LENGTH, 8), 1 << 30);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_TIMING), 0);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_SG_CAP_BANDWIDTH, 8), 0);
	stop();
	start(MODEL);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_TIMING), 1);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_SG_CAP_LATENCY, 8), 1000);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_BANDWIDTH), 1000000000);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_CHANNELS), 4);
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_VECTORS), 5);
	stop();
	start("edu-sg,vectors=0,msi=off");
	CHECK(!vm_capability(dut.vm, 0x05));
	CHECK(!vm_capability(dut.vm, 0x11));
	stop();
	dut_start(&dut, "pc", "edu-sg");
	CHECK(!vm_capability(dut.vm, 0x10));
	CHECK_EQ(dut_read(&dut, EDU_ID), EDU_SG_ID);
	stop();
}

static void defaults(void)
{
	start("edu-sg,channels=2");
	CHECK_EQ(ch_read(&dut, 1, EDU_SG_STATE), EDU_SG_DISABLED);
	CHECK_EQ(ch_read(&dut, 1, EDU_SG_ERROR), 0);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_SG_CHANNEL(1) + EDU_SG_REQUESTS, 8), 0);
	CHECK_EQ(ch_read(&dut, 1, EDU_SG_SIZE), 0);
	CHECK_EQ(ch_read(&dut, 1, EDU_SG_COUNT), 1);
	CHECK_EQ(ch_read(&dut, 1, EDU_SG_TIME), 0);
	CHECK_EQ(ch_read(&dut, 1, EDU_SG_HEAD), 0);
	CHECK_EQ(ch_read(&dut, 1, EDU_SG_TAIL), 0);

	/* 64-bit registers in halves, either first */
	ch_write(&dut, 0, EDU_SG_REQUESTS + 4, 0x12);
	ch_write(&dut, 0, EDU_SG_REQUESTS, 0x34000);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_SG_CHANNEL(0) + EDU_SG_REQUESTS, 8), 0x1200034000);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_REQUESTS + 4), 0x12);

	/* What is no register, or not accessed as one */
	CHECK_EQ(dut_read(&dut, 0x300), ALL_ONES);
	CHECK_EQ(dut_read(&dut, EDU_WINDOW), ALL_ONES);
	CHECK_EQ(ch_read(&dut, 2, EDU_SG_STATE), ALL_ONES);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_COMMAND), ALL_ONES);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_ID, 1), 0xff);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_ID, 2), 0xffff);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_ID, 8), UINT64_MAX);
	CHECK_EQ(vm_read(dut.vm, BAR + EDU_ID + 2, 4), ALL_ONES);
	vm_write(dut.vm, BAR + EDU_LIVENESS, 8, 0);
	vm_write(dut.vm, BAR + EDU_SG_CHANNEL(0) + EDU_SG_SIZE, 2, 64);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_SIZE), 0);
	ch_write(&dut, 0, EDU_SG_VECTOR, 3);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_VECTOR), 0);
	ch_write(&dut, 0, EDU_SG_VECTOR, 2);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_VECTOR), 2);

	/* A running channel keeps its configuration; HEAD is read-only. */
	ch_enable(&dut, 0, 8);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_RUNNING);
	ch_write(&dut, 0, EDU_SG_SIZE, 16);
	ch_write(&dut, 0, EDU_SG_VECTOR, 1);
	ch_write(&dut, 0, EDU_SG_HEAD, 1);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_SIZE), 8);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_VECTOR), 2);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_HEAD), 0);
	ch_reset(&dut, 0);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_SIZE), 0);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_DISABLED);
	stop();
}

static void edu_dma(uint64_t source, uint64_t destination, uint64_t count, uint32_t command)
{
	vm_write(dut.vm, BAR + EDU_DMA_SOURCE, 8, source);
	vm_write(dut.vm, BAR + EDU_DMA_DESTINATION, 8, destination);
	vm_write(dut.vm, BAR + EDU_DMA_COUNT, 4, count);
	dut_write(&dut, EDU_DMA_COMMAND, command | EDU_DMA_RUN);
	CHECK(dut_read(&dut, EDU_DMA_COMMAND) & EDU_DMA_RUN);
	vm_step(dut.vm, 99000000);
	CHECK(dut_read(&dut, EDU_DMA_COMMAND) & EDU_DMA_RUN);
	vm_step(dut.vm, 1000000);
	CHECK(!(dut_read(&dut, EDU_DMA_COMMAND) & EDU_DMA_RUN));
}

static void edu_registers(void)
{
	uint8_t *data;

	start("edu-sg,dma-bits=28");
	dut_write(&dut, EDU_LIVENESS, 0x12345678);
	CHECK_EQ(dut_read(&dut, EDU_LIVENESS), ~0x12345678U);

	dut_write(&dut, EDU_STATUS, EDU_STATUS_IRQ);
	dut_write(&dut, EDU_FACTORIAL, 10);
	CHECK_EQ(dut_read(&dut, EDU_STATUS), EDU_STATUS_IRQ | EDU_STATUS_COMPUTING);
	dut_write(&dut, EDU_FACTORIAL, 3);
	vm_step(dut.vm, 1000);
	CHECK_EQ(dut_read(&dut, EDU_STATUS), EDU_STATUS_IRQ);
	CHECK_EQ(dut_read(&dut, EDU_FACTORIAL), 3628800);
	CHECK_EQ(dut_read(&dut, EDU_IRQ_STATUS), EDU_IRQ_FACTORIAL);
	CHECK(message_came(0));
	dut_write(&dut, EDU_FACTORIAL, 13);
	vm_step(dut.vm, 1000);
	CHECK_EQ(dut_read(&dut, EDU_FACTORIAL), 1932053504);
	dut_write(&dut, EDU_FACTORIAL, ALL_ONES);
	vm_step(dut.vm, 1000);
	CHECK_EQ(dut_read(&dut, EDU_FACTORIAL), 0);
	dut_write(&dut, EDU_IRQ_ACK, ALL_ONES);
	dut_write(&dut, EDU_IRQ_RAISE, 0x40);
	CHECK_EQ(dut_read(&dut, EDU_IRQ_STATUS), 0x40);
	dut_write(&dut, EDU_IRQ_ACK, ALL_ONES);
	CHECK_EQ(dut_read(&dut, EDU_IRQ_STATUS), 0);
	message_came(0);

	/* The whole window, there and back */
	data = put_data(SOURCE, 4096, 1);
	edu_dma(SOURCE, EDU_WINDOW, 4096, 0);
	CHECK(!message_came(0));
	edu_dma(EDU_WINDOW, DESTINATION, 4096, EDU_DMA_FROM_DEVICE | EDU_DMA_IRQ);
	CHECK(guest_has(DESTINATION, data, 4096));
	CHECK(message_came(0));
	CHECK_EQ(dut_read(&dut, EDU_IRQ_STATUS), EDU_IRQ_DMA);

	/* Nothing out of range is copied, and nothing dies of it. */
	vm_set_memory(dut.vm, DESTINATION, 0x55, 8192);
	edu_dma(EDU_WINDOW, DESTINATION, 4097, EDU_DMA_FROM_DEVICE);
	edu_dma(EDU_WINDOW + 4096, DESTINATION, 1, EDU_DMA_FROM_DEVICE);
	edu_dma(EDU_WINDOW - 1, DESTINATION, 2, EDU_DMA_FROM_DEVICE);
	edu_dma(UINT64_MAX, DESTINATION, 2, EDU_DMA_FROM_DEVICE);
	edu_dma(EDU_WINDOW, DESTINATION, 0, EDU_DMA_FROM_DEVICE);
	edu_dma(EDU_WINDOW, DESTINATION + (1ULL << 28), 16, EDU_DMA_FROM_DEVICE);
	edu_dma(EDU_WINDOW, NOWHERE, 16, EDU_DMA_FROM_DEVICE);
	CHECK(guest_is(DESTINATION, 0x55, 8192));
	dut_set_master(&dut, false);
	edu_dma(EDU_WINDOW, DESTINATION, 16, EDU_DMA_FROM_DEVICE);
	edu_dma(SOURCE, EDU_WINDOW, 0, 0);
	dut_set_master(&dut, true);
	CHECK(guest_is(DESTINATION, 0x55, 8192));
	edu_dma(EDU_WINDOW, DESTINATION, 4096, EDU_DMA_FROM_DEVICE);
	CHECK(guest_has(DESTINATION, data, 4096));
	free(data);
	stop();
}

static void round_trips(const char *machine, const char *device)
{
	static const uint32_t lengths[] = { 1, 3, 63, 4095, 4096, 4097, 65537, 3 * MIB + 5 };
	struct edu_sg_completion entry;
	struct edu_sg_request req;
	unsigned int i;

	dut_start(&dut, machine, device);
	ch_enable(&dut, 0, 8);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint32_t len = lengths[i];
		uint8_t *data = put_data(SOURCE + i, len, i);

		req = to_device(SOURCE + i, len, 7 * i);
		CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
		ch_look(&dut, 0, dut.submitted[0] - 1, &entry);
		CHECK_EQ(entry.id, req.id);
		CHECK_EQ(entry.bytes, len);
		CHECK_EQ(entry.number, dut.submitted[0] - 1);
		vm_set_memory(dut.vm, DESTINATION, 0, len + 8);
		req = from_device(DESTINATION + 3, len, 7 * i);
		CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
		CHECK(guest_has(DESTINATION + 3, data, len));
		CHECK(guest_is(DESTINATION, 0, 3));
		CHECK(guest_is(DESTINATION + 3 + len, 0, 5));

		vm_set_memory(dut.vm, DESTINATION, 0, len + 8);
		req.opcode = EDU_SG_COPY;
		req.source = SOURCE + i;
		req.device_offset = 0;
		CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
		CHECK(guest_has(DESTINATION + 3, data, len));
		CHECK(guest_is(DESTINATION + 3 + len, 0, 5));
		free(data);
	}

	/* On-board memory is a circle: 3 MiB and 5 bytes from 15 MiB on wrap. */
	req = to_device(SOURCE, 16 * MIB, 0);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	free(put_data(SOURCE, 3 * MIB + 5, 99));
	req = to_device(SOURCE, 3 * MIB + 5, 15 * MIB);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	req = from_device(DESTINATION, 2 * MIB + 5, 0);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	{
		uint8_t *data = allocate(3 * MIB + 5);

		fill(data, 3 * MIB + 5, 99);
		CHECK(guest_has(DESTINATION, data + MIB, 2 * MIB + 5));
		free(data);
	}

	req = (struct edu_sg_request) {
		.opcode = EDU_SG_CLEAR, .length = 2 * MIB, .device_offset = 15 * MIB,
	};
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	req = from_device(DESTINATION, MIB, 0);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	CHECK(guest_is(DESTINATION, 0, MIB));
	stop();
}

static void data_inline(void)
{
	round_trips("q35", "edu-sg,inline-bytes=64M");
}

static void data_thread(void)
{
	round_trips("q35", THREAD);
}

static void data_iommu(void)
{
	round_trips("iommu", THREAD);
}

/* Lists over several pages: links, odd lengths, bytes passed over */
static void segment_lists(void)
{
	enum { NR = 800, A_LIST = 200 };
	struct edu_sg_request req;
	uint8_t *data;
	uint64_t offset = 0;
	unsigned int i, list = 0, in_list = 0;

	start("edu-sg");
	ch_enable(&dut, 0, 8);
	data = put_data(SOURCE, 64 * KIB, 5);
	for (i = 0; i < NR; i++) {
		uint32_t len = 1 + i % 97;

		put_segment(LISTS + list * 4096, in_list++, SOURCE + offset, len, 0);
		offset += len;
		if (in_list == A_LIST) {
			put_segment(LISTS + list * 4096, in_list, LISTS + (list + 1) * 4096,
				    A_LIST + 1, EDU_SG_SEGMENT_LINK);
			list++;
			in_list = 0;
		}
	}
	req = to_device(LISTS, offset - 1000, 0);
	req.source_count = A_LIST + 1;
	req.source_skip = 700;
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	/* And back into pieces of 1 byte and 4095 */
	for (i = 0; i < 16; i++)
		put_segment(LISTS, i, DESTINATION + 2048 * i, i & 1 ? 4095 : 1, 0);
	for (i = 0; i < 16; i++)
		put_segment(LISTS, i, DESTINATION + 8192 * i, i & 1 ? 4095 : 1, 0);
	req = from_device(LISTS, 8 * 4096, 0);
	req.destination_count = 16;
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	for (i = 0, offset = 700; i < 16; i++) {
		CHECK(guest_has(DESTINATION + 8192 * i, data + offset, i & 1 ? 4095 : 1));
		offset += i & 1 ? 4095 : 1;
	}
	/* Two lists at once, cut differently */
	for (i = 0; i < 16; i++)
		put_segment(LISTS + 4096, i, SOURCE + 3000 * i, 3000, 0);
	vm_set_memory(dut.vm, DESTINATION, 0, 256 * KIB);
	req.opcode = EDU_SG_COPY;
	req.source = LISTS + 4096;
	req.source_count = 16;
	req.source_skip = 10;
	req.destination_skip = 2;
	req.length = 20000;
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	CHECK(guest_has(DESTINATION + 8192 + 1, data + 10, 4094));
	CHECK(guest_has(DESTINATION + 3 * 8192, data + 10 + 4095, 4095));
	/* The last segment is the end of memory: nothing past it is read. */
	put_segment(256 * MIB - 16, 0, SOURCE, 100, 0);
	req = to_device(256 * MIB - 16, 100, 0);
	req.source_count = 50;
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	free(data);
	stop();
}

static void ring_wrap(void)
{
	static const uint32_t sizes[] = { 2, 8, 4096 };
	struct edu_sg_completion entry;
	struct edu_sg_request req;
	unsigned int i, k, n;

	start("edu-sg,inline-bytes=4K");
	for (k = 0; k < 3; k++) {
		uint32_t size = sizes[k], total = 3 * size + 1;

		ch_enable(&dut, 0, size);
		for (n = 0; n < total; n += i) {
			uint32_t first = dut.submitted[0];

			for (i = 0; i < size && n + i < total; i++) {
				req = to_device(SOURCE, 1 + (n + i) % 8000, 0);
				req.id = n + i;
				ch_put(&dut, 0, &req);
			}
			ch_ring(&dut, 0);
			for (i = 0; i < size && n + i < total; i++) {
				CHECK(ch_wait(&dut, 0, first + i, &entry));
				CHECK_EQ(entry.id, n + i);
				CHECK_EQ(entry.number, n + i);
				CHECK_EQ(entry.bytes, 1 + (n + i) % 8000);
			}
		}
		CHECK_EQ(ch_read(&dut, 0, EDU_SG_HEAD), total);
		CHECK_EQ(ch_read(&dut, 0, EDU_SG_TAIL), total);
		ch_reset(&dut, 0);
	}
	stop();
}

static void full_ring(void)
{
	struct edu_sg_completion entry;
	struct edu_sg_request req = to_device(SOURCE, MIB, 0);
	unsigned int i;

	start(THREAD);
	vm_set(dut.vm, "fault-stall", 1);
	ch_enable(&dut, 0, 8);
	for (i = 0; i < 8; i++)
		ch_put(&dut, 0, &req);
	ch_ring(&dut, 0);
	ch_ring(&dut, 0);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_RUNNING);
	ch_write(&dut, 0, EDU_SG_TAIL, 9);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_HALTED);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_ERROR), EDU_SG_ERROR_DOORBELL);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_TAIL), 8);
	CHECK(wait_for_message(0));

	/* Full to the last entry, without a fault: perhaps none was begun before */
	vm_set(dut.vm, "fault-stall", 0);
	ch_reset(&dut, 0);
	ch_enable(&dut, 0, 8);
	for (i = 0; i < 8; i++)
		ch_put(&dut, 0, &req);
	ch_ring(&dut, 0);
	for (i = 0; i < 8; i++)
		CHECK(ch_wait(&dut, 0, i, &entry));
	/* Backwards */
	ch_write(&dut, 0, EDU_SG_TAIL, 7);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_ERROR), EDU_SG_ERROR_DOORBELL);
	stop();
}

/**
 * struct change - one field of a good request, and what comes of it
 * @what: the change as it is written
 * @offset: where the field is
 * @size: its bytes
 * @value: what it is changed to
 * @status: how the request must end then
 */
struct change {
	const char *what;
	size_t offset;
	size_t size;
	uint64_t value;
	int status;
};

#define CHANGE(field, value, status)						\
	{ #field " = " #value, offsetof(struct edu_sg_request, field),		\
	  sizeof(((struct edu_sg_request *)NULL)->field), value, status }

static const struct change to_device_changes[] = {
	CHANGE(opcode, 0, EDU_SG_BAD_OPCODE),
	CHANGE(opcode, 5, EDU_SG_BAD_OPCODE),
	CHANGE(opcode, EDU_SG_CLEAR, EDU_SG_BAD_RESERVED),
	CHANGE(flags, 2, EDU_SG_BAD_RESERVED),
	CHANGE(reserved2, 1, EDU_SG_BAD_RESERVED),
	CHANGE(reserved4, 1, EDU_SG_BAD_RESERVED),
	CHANGE(destination, SOURCE, EDU_SG_BAD_RESERVED),
	CHANGE(destination_count, 1, EDU_SG_BAD_RESERVED),
	CHANGE(source_skip, 1, EDU_SG_BAD_RESERVED),
	CHANGE(destination_skip, 1, EDU_SG_BAD_RESERVED),
	CHANGE(length, 0, EDU_SG_BAD_LENGTH),
	CHANGE(length, (1 << 30) + 1, EDU_SG_BAD_LENGTH),
	CHANGE(device_offset, 16 * MIB, EDU_SG_BAD_OFFSET),
	CHANGE(source, 1ULL << 33, EDU_SG_BAD_ADDRESS),
	CHANGE(source, (1ULL << 33) - 4095, EDU_SG_BAD_ADDRESS),
	CHANGE(source, UINT64_MAX, EDU_SG_BAD_ADDRESS),
	CHANGE(source, NOWHERE, EDU_SG_SOURCE_READ),
	CHANGE(source, BAR, EDU_SG_SOURCE_READ),
};

static const struct change from_device_changes[] = {
	CHANGE(destination, NOWHERE, EDU_SG_DESTINATION_WRITE),
	CHANGE(destination, BAR, EDU_SG_DESTINATION_WRITE),
	CHANGE(destination, 0xfee00000, EDU_SG_DESTINATION_WRITE),
	/* The last page of memory, and one byte more */
	CHANGE(destination, 256 * MIB - 4095, EDU_SG_DESTINATION_WRITE),
};

static const struct change copy_changes[] = {
	CHANGE(device_offset, 1, EDU_SG_BAD_RESERVED),
};

static const struct change clear_changes[] = {
	CHANGE(source, SOURCE, EDU_SG_BAD_RESERVED),
	CHANGE(length, 16 * MIB + 1, EDU_SG_BAD_LENGTH),
};

static const struct change list_changes[] = {
	CHANGE(source, LISTS + 8, EDU_SG_BAD_LIST),
	CHANGE(source_count, 1, EDU_SG_BAD_SHORT),
	CHANGE(source_skip, 1, EDU_SG_BAD_SHORT),
	CHANGE(source_skip, ALL_ONES, EDU_SG_BAD_SHORT),
	CHANGE(source, NOWHERE, EDU_SG_LIST_READ),
	CHANGE(source, 1ULL << 33, EDU_SG_BAD_ADDRESS),
};

/* The request is good, and each change makes it bad */
static void try_changes(const struct edu_sg_request *good, const struct change *changes, size_t n)
{
	CHECK_EQ(ch_do(&dut, 0, good), EDU_SG_OK);
	for (size_t i = 0; i < n; i++) {
		struct edu_sg_request req = *good;
		int status;

		memcpy((char *)&req + changes[i].offset, &changes[i].value, changes[i].size);
		status = ch_do(&dut, 0, &req);
		check(status == changes[i].status, __LINE__, "%s: status 0x%x, not 0x%x",
		      changes[i].what, status, changes[i].status);
	}
}

#define TRY_CHANGES(good, changes) \
	try_changes(good, changes, sizeof(changes) / sizeof((changes)[0]))

/* Bytes of the last request */
static uint64_t bytes_moved(void)
{
	struct edu_sg_completion entry;

	ch_look(&dut, 0, dut.submitted[0] - 1, &entry);
	return entry.bytes;
}

static void statuses(void)
{
	struct edu_sg_request to = to_device(SOURCE, 4096, 0);
	struct edu_sg_request from = from_device(DESTINATION, 4096, 0);
	struct edu_sg_request copy = to_device(SOURCE, 4096, 0);
	struct edu_sg_request clear = { .opcode = EDU_SG_CLEAR, .length = 4096 };

	copy.opcode = EDU_SG_COPY;
	copy.destination = DESTINATION;
	start("edu-sg,dma-bits=33");
	ch_enable(&dut, 0, 16);
	TRY_CHANGES(&to, to_device_changes);
	TRY_CHANGES(&copy, copy_changes);
	TRY_CHANGES(&clear, clear_changes);
	TRY_CHANGES(&from, from_device_changes);
	CHECK_EQ(bytes_moved(), 4095);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_RUNNING);
	stop();
}

/* The second segment of two, and how the request must end then */
static const struct {
	uint64_t address;
	uint32_t length;
	uint32_t flags;
	int status;
} bad_segments[] = {
	{ SOURCE, 0, 0, EDU_SG_BAD_SEGMENT },
	{ SOURCE, 2048, 2, EDU_SG_BAD_SEGMENT },
	{ SOURCE + 8, 1, EDU_SG_SEGMENT_LINK, EDU_SG_BAD_LIST },
	{ LISTS, 0, EDU_SG_SEGMENT_LINK, EDU_SG_BAD_LIST },
	{ 1ULL << 33, 1, 0, EDU_SG_BAD_ADDRESS },
};

static void list_statuses(void)
{
	struct edu_sg_request good = to_device(LISTS, 4096, 0);

	good.source_count = 2;
	start("edu-sg,dma-bits=33");
	ch_enable(&dut, 0, 16);
	put_segment(LISTS, 0, SOURCE, 2048, 0);
	put_segment(LISTS, 1, SOURCE, 2048, 0);
	TRY_CHANGES(&good, list_changes);
	for (size_t i = 0; i < sizeof(bad_segments) / sizeof(bad_segments[0]); i++) {
		put_segment(LISTS, 1, bad_segments[i].address, bad_segments[i].length,
			    bad_segments[i].flags);
		CHECK_EQ(ch_do(&dut, 0, &good), bad_segments[i].status);
	}
	/* Half of it has been moved when it fails. */
	CHECK_EQ(bytes_moved(), 2048);
	/* A list that goes round in circles */
	put_segment(LISTS, 0, LISTS, 1, EDU_SG_SEGMENT_LINK);
	CHECK_EQ(ch_do(&dut, 0, &good), EDU_SG_BAD_SEGMENTS);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_RUNNING);
	stop();
}

/* As many segments as allowed, and one more */
static void most_segments(void)
{
	struct edu_sg_segment *list = allocate(65537 * sizeof(*list));
	struct edu_sg_request req = to_device(LISTS, 65536, 0);
	unsigned int i;

	for (i = 0; i < 65537; i++)
		list[i] = (struct edu_sg_segment) { .address = SOURCE + i % 16, .length = 1 };
	req.source_count = 65537;
	start("edu-sg,dma-bits=33");
	ch_enable(&dut, 0, 16);
	vm_write_memory(dut.vm, LISTS, list, 65537 * sizeof(*list));
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	req.length = 65537;
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_BAD_SEGMENTS);
	CHECK_EQ(bytes_moved(), 65536);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_RUNNING);
	stop();
	free(list);
}

static void enable_at(uint64_t requests, uint64_t completions, uint32_t size)
{
	ch_reset(&dut, 0);
	vm_write(dut.vm, BAR + EDU_SG_CHANNEL(0) + EDU_SG_REQUESTS, 8, requests);
	vm_write(dut.vm, BAR + EDU_SG_CHANNEL(0) + EDU_SG_COMPLETIONS, 8, completions);
	ch_write(&dut, 0, EDU_SG_SIZE, size);
	ch_write(&dut, 0, EDU_SG_COMMAND, EDU_SG_COMMAND_ENABLE);
	dut.submitted[0] = 0;
	dut.size[0] = size;
}

#define HALTED_WITH(error)							\
do {										\
	uint64_t end = wall_ns() + 10000000000ULL;				\
										\
	while (ch_read(&dut, 0, EDU_SG_STATE) == EDU_SG_RUNNING && wall_ns() < end) \
		usleep(100);							\
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_HALTED);		\
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_ERROR), error);			\
	CHECK(wait_for_message(0));						\
} while (0)

static void halts(void)
{
	struct edu_sg_request req = to_device(SOURCE, 4096, 0);

	start("edu-sg,dma-bits=36");
	enable_at(REQUESTS(0) + 32, COMPLETIONS(0), 8);
	HALTED_WITH(EDU_SG_ERROR_CONFIG);
	enable_at(REQUESTS(0), COMPLETIONS(0) + 32, 8);
	HALTED_WITH(EDU_SG_ERROR_CONFIG);
	enable_at(1ULL << 36, COMPLETIONS(0), 8);
	HALTED_WITH(EDU_SG_ERROR_CONFIG);
	enable_at(REQUESTS(0), UINT64_MAX - 63, 8);
	HALTED_WITH(EDU_SG_ERROR_CONFIG);
	enable_at(REQUESTS(0), COMPLETIONS(0), 0);
	HALTED_WITH(EDU_SG_ERROR_CONFIG);
	enable_at(REQUESTS(0), COMPLETIONS(0), 1);
	HALTED_WITH(EDU_SG_ERROR_CONFIG);
	enable_at(REQUESTS(0), COMPLETIONS(0), 12);
	HALTED_WITH(EDU_SG_ERROR_CONFIG);
	enable_at(REQUESTS(0), COMPLETIONS(0), 8192);
	HALTED_WITH(EDU_SG_ERROR_CONFIG);

	enable_at(NOWHERE, COMPLETIONS(0), 8);
	ch_write(&dut, 0, EDU_SG_TAIL, 1);
	HALTED_WITH(EDU_SG_ERROR_REQUEST_READ);
	enable_at(REQUESTS(0), NOWHERE, 8);
	ch_put(&dut, 0, &req);
	ch_ring(&dut, 0);
	HALTED_WITH(EDU_SG_ERROR_COMPLETION_WRITE);
	/* ROM can be read, not written. */
	enable_at(REQUESTS(0), 0xfffc0000, 8);
	ch_put(&dut, 0, &req);
	ch_ring(&dut, 0);
	HALTED_WITH(EDU_SG_ERROR_COMPLETION_WRITE);
	req.source = 0xfffc0000;
	ch_reset(&dut, 0);
	ch_enable(&dut, 0, 8);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);

	/* Only a reset leads out. */
	enable_at(REQUESTS(0), COMPLETIONS(0), 1);
	message_came(0);
	ch_write(&dut, 0, EDU_SG_COMMAND, EDU_SG_COMMAND_ENABLE);
	ch_write(&dut, 0, EDU_SG_TAIL, 1);
	ch_write(&dut, 0, EDU_SG_ABORT, 0);
	ch_write(&dut, 0, EDU_SG_SIZE, 8);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_HALTED);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_ERROR), EDU_SG_ERROR_CONFIG);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_SIZE), 1);
	ch_reset(&dut, 0);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_ERROR), EDU_SG_ERROR_NONE);
	/* A channel that is not running has no doorbell. */
	ch_write(&dut, 0, EDU_SG_TAIL, 1);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_DISABLED);
	ch_enable(&dut, 0, 8);
	req.source = SOURCE;
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	stop();
}

static void bus_master_off(void)
{
	struct edu_sg_request req = from_device(DESTINATION, 4096, 0);

	start("edu-sg");
	vm_set_memory(dut.vm, DESTINATION, 0x55, 4096);
	ch_enable(&dut, 0, 8);
	ch_put(&dut, 0, &req);
	dut_set_master(&dut, false);
	ch_ring(&dut, 0);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_HALTED);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_ERROR), EDU_SG_ERROR_REQUEST_READ);
	CHECK(guest_is(DESTINATION, 0x55, 4096));
	CHECK(!message_came(0));
	dut_set_master(&dut, true);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_HALTED);
	stop();

	/* In the middle of 64 requests */
	start(THREAD);
	ch_enable(&dut, 0, OUTSTANDING);
	req.length = 32 * MIB;
	for (unsigned int i = 0; i < OUTSTANDING; i++)
		ch_put(&dut, 0, &req);
	ch_ring(&dut, 0);
	dut_set_master(&dut, false);
	vm_set_memory(dut.vm, DESTINATION, 0x55, 32 * MIB);
	usleep(20000);
	CHECK(guest_is(DESTINATION, 0x55, 32 * MIB));
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_HALTED);
	CHECK(ch_read(&dut, 0, EDU_SG_HEAD) < OUTSTANDING);
	stop();
}

static void faults(void)
{
	struct edu_sg_request req = to_device(SOURCE, 4096, 0);
	struct edu_sg_completion entry;

	start("edu-sg");
	ch_enable(&dut, 0, 8);
	ch_write(&dut, 0, EDU_SG_VECTOR, 0);
	vm_set(dut.vm, "fault-fail", 2);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_DEVICE_FAILED);
	ch_look(&dut, 0, 1, &entry);
	CHECK_EQ(entry.bytes, 0);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);

	/* Stalled: nothing moves until the abort; what is behind it waits. */
	vm_set(dut.vm, "fault-stall", 1);
	ch_put(&dut, 0, &req);
	ch_put(&dut, 0, &req);
	ch_ring(&dut, 0);
	usleep(20000);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_HEAD), 3);
	ch_write(&dut, 0, EDU_SG_ABORT, 3);
	CHECK(ch_wait(&dut, 0, 3, &entry));
	CHECK_EQ(entry.status, EDU_SG_ABORTED);
	CHECK_EQ(entry.bytes, 0);
	CHECK(ch_wait(&dut, 0, 4, &entry));
	CHECK_EQ(entry.status, EDU_SG_OK);

	message_came(0);
	vm_set(dut.vm, "fault-irq", 1);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	CHECK(!message_came(0));
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	CHECK(message_came(0));

	vm_set(dut.vm, "fault-phase", 1);
	ch_put(&dut, 0, &req);
	ch_ring(&dut, 0);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_HEAD), 8);
	CHECK(!ch_look(&dut, 0, 7, &entry));
	CHECK_EQ(entry.number, 7);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);

	/* A reset ends a stall, too. */
	vm_set(dut.vm, "fault-stall", 1);
	ch_put(&dut, 0, &req);
	ch_ring(&dut, 0);
	ch_reset(&dut, 0);
	ch_enable(&dut, 0, 8);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	stop();
}

static void moderation(void)
{
	struct edu_sg_request req = to_device(SOURCE, 64, 0);
	unsigned int i;

	start("edu-sg");
	ch_write(&dut, 0, EDU_SG_VECTOR, 1);
	ch_write(&dut, 0, EDU_SG_COUNT, 4);
	ch_write(&dut, 0, EDU_SG_TIME, 1000);
	ch_enable(&dut, 0, 64);
	for (i = 0; i < 3; i++)
		ch_do(&dut, 0, &req);
	CHECK(!message_came(1));
	ch_do(&dut, 0, &req);
	CHECK(message_came(1));
	/* The time flushes the last ones. */
	vm_step(dut.vm, 2000);
	CHECK(!message_came(1));
	ch_do(&dut, 0, &req);
	vm_step(dut.vm, 999);
	CHECK(!message_came(1));
	vm_step(dut.vm, 1);
	CHECK(message_came(1));
	/* Lowering COUNT acts at once. */
	ch_do(&dut, 0, &req);
	ch_do(&dut, 0, &req);
	ch_write(&dut, 0, EDU_SG_COUNT, 2);
	CHECK(message_came(1));
	/* 0 is silence, and forgets. */
	ch_do(&dut, 0, &req);
	ch_write(&dut, 0, EDU_SG_COUNT, 0);
	vm_step(dut.vm, 2000);
	for (i = 0; i < 8; i++)
		ch_do(&dut, 0, &req);
	ch_write(&dut, 0, EDU_SG_COUNT, 1);
	CHECK(!message_came(1));
	ch_do(&dut, 0, &req);
	CHECK(message_came(1));
	/* A request that asks for no interrupt gets none. */
	req.flags = 0;
	ch_do(&dut, 0, &req);
	vm_step(dut.vm, 2000);
	CHECK(!message_came(1));
	stop();
}

static void msix(void)
{
	struct edu_sg_request req = to_device(SOURCE, 64, 0);

	start("edu-sg,channels=3,vectors=2");
	ch_write(&dut, 1, EDU_SG_VECTOR, 1);
	ch_write(&dut, 2, EDU_SG_VECTOR, 1);
	ch_enable(&dut, 0, 8);
	ch_enable(&dut, 1, 8);
	ch_enable(&dut, 2, 8);
	ch_do(&dut, 0, &req);
	CHECK(message_came(0));
	CHECK(!message_came(1));
	ch_do(&dut, 1, &req);
	CHECK(message_came(1));
	ch_do(&dut, 2, &req);
	CHECK(message_came(1));
	CHECK(!message_came(0));
	CHECK_EQ(dut_read(&dut, EDU_SG_CHANNEL_IRQ), 0);

	/* Masked: it pends in the PBA, and comes when the mask goes. */
	vm_write(dut.vm, MSIX_BAR + 16 + 12, 4, 1);
	ch_do(&dut, 1, &req);
	CHECK(!message_came(1));
	CHECK_EQ(vm_read(dut.vm, MSIX_BAR + 0x800, 4), 2);
	vm_write(dut.vm, MSIX_BAR + 16 + 12, 4, 0);
	CHECK(message_came(1));
	CHECK_EQ(vm_read(dut.vm, MSIX_BAR + 0x800, 4), 0);
	stop();

	/* From the thread */
	start(THREAD);
	ch_write(&dut, 2, EDU_SG_VECTOR, 3);
	ch_enable(&dut, 2, 8);
	ch_do(&dut, 2, &req);
	CHECK(wait_for_message(3));
	stop();

	/* A message to the device's own doorbell, raise register or reset is lost. */
	start("edu-sg");
	ch_enable(&dut, 0, 8);
	vm_write(dut.vm, MSIX_BAR, 8, BAR + EDU_IRQ_RAISE);
	dut_write(&dut, EDU_IRQ_RAISE, 1);
	vm_write(dut.vm, MSIX_BAR, 8, BAR + EDU_SG_RESET);
	vm_write(dut.vm, MSIX_BAR + 8, 4, 1);
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	vm_step(dut.vm, 1000);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_RUNNING);
	CHECK_EQ(dut_read(&dut, EDU_IRQ_STATUS), 1);
	stop();
}

static void msi_and_line(void)
{
	struct edu_sg_request req = to_device(SOURCE, 64, 0);
	unsigned int msi;

	start("edu-sg,vectors=0");
	msi = vm_capability(dut.vm, 0x05);
	vm_config_write(dut.vm, msi + 4, MESSAGES);
	vm_config_write(dut.vm, msi + 8, 0);
	vm_config_write(dut.vm, msi + 12, 0x1000);
	vm_config_write(dut.vm, msi, 0x10000);
	ch_enable(&dut, 0, 8);
	ch_enable(&dut, 3, 8);
	ch_do(&dut, 3, &req);
	CHECK(message_came(0));
	CHECK_EQ(dut_read(&dut, EDU_SG_CHANNEL_IRQ), 8);
	ch_do(&dut, 3, &req);
	CHECK(message_came(0));
	ch_do(&dut, 0, &req);
	CHECK_EQ(dut_read(&dut, EDU_SG_CHANNEL_IRQ), 9);
	dut_write(&dut, EDU_SG_CHANNEL_IRQ, 8);
	CHECK_EQ(dut_read(&dut, EDU_SG_CHANNEL_IRQ), 1);
	CHECK(!line_is_up());
	stop();

	start("edu-sg,vectors=0,msi=off");
	ch_enable(&dut, 1, 8);
	CHECK(!line_is_up());
	ch_do(&dut, 1, &req);
	CHECK(line_is_up());
	dut_write(&dut, EDU_IRQ_RAISE, 4);
	dut_write(&dut, EDU_SG_CHANNEL_IRQ, 2);
	CHECK(line_is_up());
	dut_write(&dut, EDU_IRQ_ACK, 4);
	CHECK(!line_is_up());
	/* A reset lowers it. */
	ch_do(&dut, 1, &req);
	CHECK(line_is_up());
	dut_write(&dut, EDU_SG_RESET, 1);
	CHECK(!line_is_up());
	CHECK_EQ(dut_read(&dut, EDU_SG_CHANNEL_IRQ), 0);
	stop();
}

/* 64 requests that take a while, of which few can have ended */
static void submit_many(struct edu_sg_request *req)
{
	unsigned int i;

	ch_enable(&dut, 0, OUTSTANDING);
	for (i = 0; i < OUTSTANDING; i++)
		ch_put(&dut, 0, req);
	ch_ring(&dut, 0);
}

/* Whatever is written there now stays. */
static bool is_left_alone(uint64_t addr, size_t len)
{
	vm_set_memory(dut.vm, addr, 0x55, len);
	usleep(20000);
	return guest_is(addr, 0x55, len);
}

static bool is_quiet(uint64_t addr, size_t len)
{
	vm_set_memory(dut.vm, COMPLETIONS(0), 0x55, OUTSTANDING * 32);
	return is_left_alone(addr, len) && guest_is(COMPLETIONS(0), 0x55, OUTSTANDING * 32);
}

static void resets(void)
{
	struct edu_sg_request req = from_device(DESTINATION, 32 * MIB, 0);
	unsigned int express;
	uint8_t *data;

	start(THREAD);
	data = put_data(SOURCE, MIB, 3);
	ch_enable(&dut, 1, 8);
	req = to_device(SOURCE, MIB, 0);
	CHECK_EQ(ch_do(&dut, 1, &req), EDU_SG_OK);

	/* A channel's reset keeps on-board memory. */
	req = from_device(DESTINATION, 32 * MIB, 0);
	submit_many(&req);
	ch_reset(&dut, 0);
	CHECK(is_quiet(DESTINATION, 32 * MIB));
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_DISABLED);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_HEAD), 0);
	req = from_device(DESTINATION, MIB, 0);
	CHECK_EQ(ch_do(&dut, 1, &req), EDU_SG_OK);
	CHECK(guest_has(DESTINATION, data, MIB));

	/* The function's does not. */
	req.length = 32 * MIB;
	submit_many(&req);
	dut_write(&dut, EDU_SG_RESET, 1);
	CHECK(is_quiet(DESTINATION, 32 * MIB));
	CHECK_EQ(ch_read(&dut, 1, EDU_SG_STATE), EDU_SG_DISABLED);
	ch_enable(&dut, 0, 8);
	req.length = MIB;
	CHECK_EQ(ch_do(&dut, 0, &req), EDU_SG_OK);
	CHECK(guest_is(DESTINATION, 0, MIB));

	/* Function-level reset: configuration space as well */
	ch_reset(&dut, 0);
	req.length = 32 * MIB;
	submit_many(&req);
	express = vm_capability(dut.vm, 0x10);
	CHECK(vm_config_read(dut.vm, express + 4) & 1 << 28);
	vm_config_write(dut.vm, express + 8, 1 << 15);
	CHECK(is_quiet(DESTINATION, 32 * MIB));
	CHECK_EQ(vm_config_read(dut.vm, 0x04) & 7, 0);
	dut_switch_on(&dut);
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_STATE), EDU_SG_DISABLED);

	/* And the machine's */
	submit_many(&req);
	CHECK(vm_monitor(dut.vm, "{'execute':'system_reset'}"));
	while (vm_config_read(dut.vm, 0x04) & 7)
		usleep(100);
	CHECK(is_quiet(DESTINATION, 32 * MIB));
	free(data);
	stop();
}

static void aborts(const char *device)
{
	struct edu_sg_request req = from_device(DESTINATION, 16 * MIB, 0);
	struct edu_sg_completion entry;
	unsigned int i, aborted = 0;

	start(device);
	submit_many(&req);
	ch_write(&dut, 0, EDU_SG_ABORT, OUTSTANDING);
	ch_write(&dut, 0, EDU_SG_ABORT, ALL_ONES);
	for (i = 0; i < OUTSTANDING; i += 2)
		ch_write(&dut, 0, EDU_SG_ABORT, i);
	for (i = 0; i < OUTSTANDING; i++) {
		if (strstr(device, "model"))
			vm_step(dut.vm, 20000000);
		CHECK(ch_wait(&dut, 0, i, &entry));
		CHECK(entry.status == EDU_SG_OK || entry.status == EDU_SG_ABORTED);
		CHECK(!(i & 1) || entry.status == EDU_SG_OK);
		aborted += entry.status == EDU_SG_ABORTED;
	}
	CHECK(aborted > 0);
	/* The channel goes on, and entries are not aborted for ever. */
	for (i = 0; i < OUTSTANDING; i++)
		ch_put(&dut, 0, &(struct edu_sg_request) { .opcode = EDU_SG_CLEAR, .length = 1 });
	ch_ring(&dut, 0);
	for (i = 0; i < OUTSTANDING; i++) {
		if (strstr(device, "model"))
			vm_step(dut.vm, 2000);
		CHECK(ch_wait(&dut, 0, OUTSTANDING + i, &entry));
		CHECK_EQ(entry.status, EDU_SG_OK);
	}
	stop();
}

static void abort_thread(void)
{
	aborts(THREAD);
}

static void abort_model(void)
{
	aborts(MODEL);
}

/*
 * The device looks once in a while whether a copy shall end. Between two looks this one
 * takes milliseconds, since so many of its bytes go one by one.
 */
static struct edu_sg_request slow_request(void)
{
	static struct edu_sg_segment list[SLOW_BYTES + 1];
	struct edu_sg_request req = from_device(LISTS, SLOW_BYTES + MIB, 0);
	unsigned int i;

	for (i = 0; i < SLOW_BYTES; i++)
		list[i] = (struct edu_sg_segment) { .address = DESTINATION + i, .length = 1 };
	list[i] = (struct edu_sg_segment) { .address = DESTINATION + i, .length = MIB };
	vm_write_memory(dut.vm, LISTS, list, sizeof(list));
	req.destination_count = SLOW_BYTES + 1;
	return req;
}

/* Return once its first byte has moved. */
static void begin_slow_request(const struct edu_sg_request *req)
{
	uint64_t end = wall_ns() + 10000000000ULL;

	vm_write(dut.vm, DESTINATION, 1, 0x55);
	ch_put(&dut, 0, req);
	ch_ring(&dut, 0);
	while (vm_read(dut.vm, DESTINATION, 1) == 0x55 && wall_ns() < end)
		;
}

static void abort_waits(void)
{
	struct edu_sg_completion entry;
	struct edu_sg_request req;
	unsigned int i, aborted = 0;

	start(THREAD);
	req = slow_request();
	ch_enable(&dut, 0, OUTSTANDING);
	for (i = 0; i < 10; i++) {
		begin_slow_request(&req);
		ch_write(&dut, 0, EDU_SG_ABORT, i);
		CHECK(is_left_alone(DESTINATION, SLOW_BYTES));
		CHECK(ch_wait(&dut, 0, i, &entry));
		aborted += entry.status == EDU_SG_ABORTED;
	}
	CHECK(aborted > 0);
	stop();
}

static void reset_waits(void)
{
	struct edu_sg_request req;
	unsigned int i;

	start(THREAD);
	req = slow_request();
	for (i = 0; i < 10; i++) {
		ch_enable(&dut, 0, OUTSTANDING);
		begin_slow_request(&req);
		if (i & 1)
			ch_reset(&dut, 0);
		else
			dut_write(&dut, EDU_SG_RESET, 1);
		CHECK(is_left_alone(DESTINATION, SLOW_BYTES));
	}
	stop();
}

static void sleep_d3(void)
{
	struct edu_sg_request req = from_device(DESTINATION, 32 * MIB, 0);
	struct edu_sg_completion entry;
	unsigned int i, pm;

	start(THREAD);
	pm = vm_capability(dut.vm, 0x01);
	submit_many(&req);
	vm_config_write(dut.vm, pm + 4, 3);
	CHECK_EQ(vm_config_read(dut.vm, pm + 4) & 0xb, 0xb);
	CHECK(ch_read(&dut, 0, EDU_SG_HEAD) < OUTSTANDING);
	i = ch_read(&dut, 0, EDU_SG_HEAD);
	vm_set_memory(dut.vm, DESTINATION, 0x55, 32 * MIB);
	usleep(20000);
	CHECK(guest_is(DESTINATION, 0x55, 32 * MIB));
	CHECK_EQ(ch_read(&dut, 0, EDU_SG_HEAD), i);
	vm_config_write(dut.vm, pm + 4, 0);
	for (i = 0; i < OUTSTANDING; i++) {
		CHECK(ch_wait(&dut, 0, i, &entry));
		CHECK_EQ(entry.status, EDU_SG_OK);
	}
	stop();
}

static void unplug(void)
{
	struct edu_sg_request req = from_device(DESTINATION, 32 * MIB, 0);

	dut_start(&dut, "pc", THREAD);
	submit_many(&req);
	/* Ask, and answer as the guest's ACPI would: eject slot 4. */
	CHECK(vm_monitor(dut.vm, "{'execute':'device_del','arguments':{'id':'dut'}}"));
	vm_out(dut.vm, 0xae08, 1 << 4);
	CHECK(is_quiet(DESTINATION, 32 * MIB));
	vm_wait_for_event(dut.vm, "DEVICE_DELETED");
	CHECK_EQ(vm_config_read(dut.vm, 0), ALL_ONES);
	stop();
}

/* 64 requests of mixed kinds, whose data can be told apart */
static void submit_transfers(void)
{
	struct edu_sg_request req;
	unsigned int i;

	ch_enable(&dut, 2, OUTSTANDING);
	for (i = 0; i < OUTSTANDING / 2; i++) {
		req = to_device(SOURCE + i * 256 * KIB + i, 256 * KIB - 32, i * 256 * KIB);
		ch_put(&dut, 2, &req);
	}
	for (i = 0; i < OUTSTANDING / 2; i++) {
		req = from_device(DESTINATION + i * 256 * KIB, 256 * KIB - 32, i * 256 * KIB);
		ch_put(&dut, 2, &req);
	}
	ch_ring(&dut, 2);
}

static void check_transfers(const uint8_t *data, bool model)
{
	struct edu_sg_completion entry;
	unsigned int i;

	for (i = 0; i < OUTSTANDING; i++) {
		if (model)
			vm_step(dut.vm, 1000000);
		CHECK(ch_wait(&dut, 2, i, &entry));
		CHECK_EQ(entry.status, EDU_SG_OK);
		CHECK_EQ(entry.bytes, 256 * KIB - 32);
	}
	for (i = 0; i < OUTSTANDING / 2; i++)
		CHECK(guest_has(DESTINATION + i * 256 * KIB, data + i * 256 * KIB + i,
				256 * KIB - 32));
}

static void snapshots(const char *device)
{
	bool model = strstr(device, "model");
	char file[64];
	uint8_t *data;

	snprintf(file, sizeof(file), "/tmp/edu-sg-%d.qcow2", getpid());
	start(device);
	CHECK(vm_monitor_job(dut.vm, "{'execute':'blockdev-create','arguments':{'job-id':'job','options':{'driver':'file','filename':'%s','size':0}}}", file));
	CHECK(vm_monitor(dut.vm, "{'execute':'blockdev-add','arguments':{'driver':'file','node-name':'file','filename':'%s'}}", file));
	CHECK(vm_monitor_job(dut.vm, "{'execute':'blockdev-create','arguments':{'job-id':'job','options':{'driver':'qcow2','file':'file','size':1048576}}}"));
	CHECK(vm_monitor(dut.vm, "{'execute':'blockdev-add','arguments':{'driver':'qcow2','node-name':'disk','file':'file'}}"));
	if (failed)
		goto out;

	/* In a machine that stands still, all 64 are outstanding. */
	data = put_data(SOURCE, 9 * MIB, 11);
	CHECK(vm_monitor(dut.vm, "{'execute':'stop'}"));
	submit_transfers();
	CHECK(vm_monitor_job(dut.vm, "{'execute':'snapshot-save','arguments':{'job-id':'job','tag':'now','vmstate':'disk','devices':['disk']}}"));
	CHECK_EQ(ch_read(&dut, 2, EDU_SG_HEAD), 0);
	/* Let all of it end, and then destroy what it did. */
	CHECK(vm_monitor(dut.vm, "{'execute':'cont'}"));
	check_transfers(data, model);
	dut_write(&dut, EDU_SG_RESET, 1);
	vm_set_memory(dut.vm, SOURCE, 0, 9 * MIB);
	vm_set_memory(dut.vm, DESTINATION, 0, 9 * MIB);
	CHECK(vm_monitor(dut.vm, "{'execute':'stop'}"));
	CHECK(vm_monitor_job(dut.vm, "{'execute':'snapshot-load','arguments':{'job-id':'job','tag':'now','vmstate':'disk','devices':['disk']}}"));
	CHECK_EQ(ch_read(&dut, 2, EDU_SG_STATE), EDU_SG_RUNNING);
	CHECK_EQ(ch_read(&dut, 2, EDU_SG_HEAD), 0);
	CHECK_EQ(ch_read(&dut, 2, EDU_SG_TAIL), OUTSTANDING);
	CHECK(vm_monitor(dut.vm, "{'execute':'cont'}"));
	check_transfers(data, model);
	free(data);
out:
	stop();
	unlink(file);
}

static void snapshot_thread(void)
{
	snapshots(THREAD);
}

static void snapshot_model(void)
{
	snapshots(MODEL);
}

/* When each completion comes, in virtual time, and what it says */
static uint64_t model_trace(void)
{
	static const uint32_t lengths[] = { 1, 999, 4096, 1 << 20 };
	struct edu_sg_completion entry;
	uint64_t hash = 0, begin, ended = 0;
	unsigned int i;

	start(MODEL);
	ch_enable(&dut, 0, 8);
	ch_enable(&dut, 1, 8);
	begin = vm_now(dut.vm);
	for (i = 0; i < 8; i++) {
		struct edu_sg_request req = to_device(SOURCE, lengths[i % 4], 0);

		ch_put(&dut, i & 1, &req);
	}
	ch_ring(&dut, 0);
	ch_ring(&dut, 1);
	/* Channel 1: 999 bytes, 1 MiB, twice: 1 us + 1 ns a byte each */
	for (i = 0; i < 4; i++) {
		uint64_t takes = 1000 + lengths[(2 * i + 1) % 4];

		ended += takes;
		vm_step(dut.vm, begin + ended - 1 - vm_now(dut.vm));
		CHECK(!ch_look(&dut, 1, i, &entry));
		vm_step(dut.vm, 1);
		CHECK(ch_look(&dut, 1, i, &entry));
		CHECK_EQ(entry.busy_ns, takes);
		hash = hash * 31 + vm_now(dut.vm) - begin + entry.busy_ns;
	}
	for (i = 0; i < 4; i++) {
		CHECK(ch_look(&dut, 0, i, &entry));
		CHECK_EQ(entry.busy_ns, 1000 + lengths[2 * i % 4]);
		hash = hash * 31 + entry.busy_ns;
	}
	/* What is refused takes the latency only. */
	ch_put(&dut, 0, &(struct edu_sg_request) { .opcode = 77, .length = 1 << 20 });
	ch_ring(&dut, 0);
	vm_step(dut.vm, 1000);
	CHECK(ch_look(&dut, 0, 4, &entry));
	CHECK_EQ(entry.status, EDU_SG_BAD_OPCODE);
	CHECK_EQ(entry.busy_ns, 1000);
	stop();
	return hash;
}

static void model_time(void)
{
	CHECK_EQ(model_trace(), model_trace());
}

static void many_channels(void)
{
	struct edu_sg_completion entry;
	unsigned int ch, i;

	start("edu-sg,channels=32,vectors=64,inline-bytes=4K");
	CHECK_EQ(dut_read(&dut, EDU_SG_CAP_CHANNELS), 32);
	for (ch = 0; ch < 32; ch++)
		ch_enable(&dut, ch, 16);
	for (ch = 0; ch < 32; ch++) {
		struct edu_sg_request req = to_device(SOURCE + ch, 100 * KIB, ch * 128 * KIB);

		for (i = 0; i < 16; i++)
			ch_put(&dut, ch, &req);
		ch_ring(&dut, ch);
	}
	for (ch = 0; ch < 32; ch++) {
		for (i = 0; i < 16; i++) {
			CHECK(ch_wait(&dut, ch, i, &entry));
			CHECK_EQ(entry.status, EDU_SG_OK);
		}
	}
	stop();
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "identity", identity },
	{ "defaults", defaults },
	{ "edu_registers", edu_registers },
	{ "data_inline", data_inline },
	{ "data_thread", data_thread },
	{ "data_iommu", data_iommu },
	{ "segment_lists", segment_lists },
	{ "ring_wrap", ring_wrap },
	{ "full_ring", full_ring },
	{ "statuses", statuses },
	{ "list_statuses", list_statuses },
	{ "most_segments", most_segments },
	{ "halts", halts },
	{ "bus_master_off", bus_master_off },
	{ "faults", faults },
	{ "moderation", moderation },
	{ "msix", msix },
	{ "msi_and_line", msi_and_line },
	{ "resets", resets },
	{ "abort_thread", abort_thread },
	{ "abort_model", abort_model },
	{ "abort_waits", abort_waits },
	{ "reset_waits", reset_waits },
	{ "sleep_d3", sleep_d3 },
	{ "unplug", unplug },
	{ "snapshot_thread", snapshot_thread },
	{ "snapshot_model", snapshot_model },
	{ "model_time", model_time },
	{ "many_channels", many_channels },
};

static bool is_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned int i, n = 0;
	bool all_good = true;

	setlinebuf(stdout);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (!is_wanted(tests[i].name, argc, argv))
			continue;
		failed = false;
		tests[i].run();
		printf("%sok %u - edu-sg %s\n", failed ? "not " : "", ++n, tests[i].name);
		all_good = all_good && !failed;
	}
	printf("1..%u\n", n);
	return all_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
