// SPDX-License-Identifier: GPL-2.0-only
/*
 * Behind an IOMMU a device that goes on after its memory was unmapped is stopped, and
 * the kernel says so. The driver never lets that happen: here the device's registers
 * are written behind its back, which takes the guest's kernel booted with iomem=relaxed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "device.h"

/* edu's registers, and where it has its own memory */
#define DMA_SRC		0x80
#define DMA_DST		0x88
#define DMA_COUNT	0x90
#define DMA_CMD		0x98
#define RUN		1
#define TO_MEMORY	2
#define ONBOARD		0x40000

#define LENGTH		1024
#define READ_ALL	3

static int fd;
static volatile uint32_t *registers;
static struct buffer target, witness;
static uint64_t target_bus;

static void write_register(unsigned int at, uint64_t value)
{
	registers[at / 4] = value;
}

static void run_command(uint64_t src, uint64_t dst, uint32_t direction)
{
	write_register(DMA_SRC, src);
	write_register(DMA_DST, dst);
	write_register(DMA_COUNT, LENGTH);
	write_register(DMA_CMD, RUN | direction);
	while (registers[DMA_CMD / 4] & RUN)
		usleep(1000);
}

/* The first segment of the last buffer that debugfs shows */
static uint64_t bus_address(void)
{
	const char *line = strstr(read_file("buffers"), "    0x"), *next;
	uint64_t address;

	ASSERT(line);
	while ((next = strstr(line + 1, "    0x")))
		line = next;
	ASSERT_EQ(sscanf(line, " %lx+", &address), 1);
	return address;
}

static void setup(void)
{
	char address[16];

	fd = open_device();
	get_address(fd, address);
	registers = map_registers(address);
	witness = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	target = alloc_buffer(fd, EDUDMA_COHERENT, LENGTH);
	target_bus = bus_address();
	write_pattern(&target, 0, LENGTH, 1);
	write_byte(&witness, 0, LENGTH, 0xee);
	ASSERT_OK(to_device(&witness, 0, LENGTH, 0));
}

/* A kernel that unmaps lazily lets the device in for some milliseconds. */
static void unmap_target(void)
{
	free_buffer(&target);
	usleep(500000);
}

static bool onboard_has_pattern(void)
{
	ASSERT_OK(from_device(&witness, 0, LENGTH, 0));
	return has_pattern(&witness, 0, LENGTH, 1);
}

/* The kernel says "DMAR: [DMA Read NO_PASID] Request device [...] fault addr 0x..." */
static bool log_tells(const char *access)
{
	static char text[1 << 20];
	char address[40];
	int length = klogctl(READ_ALL, text, sizeof(text) - 1);

	ASSERT_OK(length);
	text[length] = '\0';
	snprintf(address, sizeof(address), "fault addr 0x%llx ", target_bus & ~(PAGE - 1));
	for (const char *line = text; (line = strstr(line, access)); line++) {
		const char *found = strstr(line, address), *end = strchr(line, '\n');

		if (found && found < end)
			return true;
	}
	return false;
}

TEST(mapped_memory_is_read)
{
	setup();
	run_command(target_bus, ONBOARD, 0);
	EXPECT(onboard_has_pattern());
}

TEST(unmapped_memory_is_not_read)
{
	setup();
	unmap_target();
	run_command(target_bus, ONBOARD, 0);
	EXPECT(!onboard_has_pattern());
	EXPECT(log_tells("DMAR: [DMA Read"));
}

TEST(mapped_memory_is_written)
{
	setup();
	run_command(ONBOARD, target_bus, TO_MEMORY);
	EXPECT(has_byte(&target, 0, LENGTH, 0xee));
}

TEST(unmapped_memory_is_not_written)
{
	setup();
	unmap_target();
	run_command(ONBOARD, target_bus, TO_MEMORY);
	EXPECT(log_tells("DMAR: [DMA Write"));
}

int main(void)
{
	ktap_promised = "blocked";
	return ktap_run();
}
