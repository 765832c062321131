// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading: parameters, interrupts of every kind, a device that is
 * found at work, and a module that is not let go while it is in use.
 *
 * Every test begins and ends without the module.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"

#define MODULE	"/lib/modules/edudma.ko"
#define ID	"1234:11e8"	/* edu's vendor and device */

static long try_load(const char *parameters)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC), error;
	long result;

	ASSERT_OK(fd);
	result = syscall(SYS_finit_module, fd, parameters, 0);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

static long try_unload(void)
{
	return syscall(SYS_delete_module, "edudma", O_NONBLOCK);
}

static void load(const char *parameters)
{
	/* It is there only if the test before this one has failed. */
	try_unload();
	if (!EXPECT_OK(try_load(parameters))) {
		ktap_diag("parameters: %s", parameters);
		ktap_stop();
	}
}

static void unload(void)
{
	ASSERT_OK(try_unload());
}

static void expect_all_work(void)
{
	int fd = open_device();

	for (uint32_t method = 0; method < 3; method++)
		expect_device_works(fd, method);
	close(fd);
}

TEST(bad_parameters)
{
	static const char * const bad[] = {
		"window=0", "window=4097", "window=-1", "window=4095x", "window=",
		"irq=", "irq=foo", "irq=4", "quota_mb=0", "quota_mb=4096", "quota_mb=-1",
		"dma_bits=x",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		if (!EXPECT_ERRNO(try_load(bad[i]), EINVAL))
			ktap_diag("parameters: %s", bad[i]);
}

/* What shows only with a device is refused there: no node. */
TEST(parameters_that_the_device_cannot_have)
{
	static const char * const bad[] = { "irq=msix", "dma_bits=65" };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		load(bad[i]);
		if (!EXPECT_ERRNO(access("/dev/edudma0", F_OK), ENOENT))
			ktap_diag("parameters: %s", bad[i]);
		unload();
	}
}

TEST(windows)
{
	static const uint32_t windows[] = { 1, 2, 100, 4094, 4095 };

	for (unsigned int i = 0; i < ARRAY_SIZE(windows); i++) {
		struct edudma_transfer transfer = { .length = 101 };
		struct buffer buffer, check;
		char parameters[32];
		int fd;

		snprintf(parameters, sizeof(parameters), "window=%u", windows[i]);
		load(parameters);
		fd = open_device();
		EXPECT_EQ(get_info(fd).window, windows[i]);
		EXPECT_EQ(get_info(fd).device_bytes, windows[i]);
		buffer = alloc_buffer(fd, EDUDMA_KMALLOC, transfer.length);
		check = alloc_buffer(fd, EDUDMA_KMALLOC, transfer.length);
		write_pattern(&buffer, 0, transfer.length, i);
		transfer.src = buffer.handle;
		ASSERT_OK(ioctl(fd, EDUDMA_TRANSFER, &transfer));
		EXPECT_EQ(transfer.commands, (transfer.length + windows[i] - 1) / windows[i]);
		ASSERT_OK(copy(&buffer, 0, &check, 0, transfer.length));
		EXPECT(has_pattern(&check, 0, transfer.length, i));
		close(fd);
		unload();
	}
}

/* 4096 bytes only where SMBIOS proves that QEMU can stand them. */
TEST(default_window)
{
	FILE *file = fopen("/sys/class/dmi/id/product_version", "re");
	unsigned int major = 0;
	char version[100] = "";
	bool proven;
	int fd;

	ASSERT(file);
	ASSERT(fgets(version, sizeof(version), file));
	fclose(file);
	if (sscanf(version, "pc-q35-%u", &major) != 1)
		sscanf(version, "pc-i440fx-%u", &major);
	proven = major >= 9;

	load("");
	fd = open_device();
	EXPECT_EQ(get_info(fd).window, proven ? 4096 : 4095);
	EXPECT_EQ(!!(get_info(fd).flags & EDUDMA_INFO_SMBIOS), proven);
	close(fd);
	expect_all_work();
	unload();
}

TEST(quota)
{
	struct edudma_buffer_alloc alloc = { .method = EDUDMA_VMALLOC, .length = MIB };
	int fd;

	load("quota_mb=1");
	fd = open_device();
	EXPECT_EQ(get_info(fd).quota_bytes, MIB);
	EXPECT_EQ(get_method(fd, EDUDMA_VMALLOC).max_length, MIB);
	EXPECT_OK(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc));
	alloc.length = 1;
	EXPECT_ERRNO(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc), EDQUOT);
	close(fd);
	unload();
}

TEST(masks)
{
	int fd;

	load("");
	fd = open_device();
	EXPECT_EQ(get_info(fd).dma_mask, (1ull << 28) - 1);
	close(fd);
	unload();
	load("dma_bits=27");
	fd = open_device();
	EXPECT_EQ(get_info(fd).dma_mask, (1ull << 27) - 1);
	close(fd);
	unload();
}

static const char *lspci(void)
{
	static char text[65536];
	FILE *pipe = popen("lspci -vvk -d " ID, "re");
	size_t length;

	ASSERT(pipe);
	length = fread(text, 1, sizeof(text) - 1, pipe);
	text[length] = '\0';
	ASSERT_EQ(pclose(pipe), 0);
	return text;
}

static bool interrupts_show(const char *kind)
{
	FILE *file = fopen("/proc/interrupts", "re");
	bool found = false;
	char line[1000];

	ASSERT(file);
	while (fgets(line, sizeof(line), file))
		if (strstr(line, "edudma"))
			found = kind && strstr(line, kind);
	fclose(file);
	return found;
}

static void expect_irq_mode(const char *parameters, enum edudma_irq_mode mode,
			    const char *kind, const char *msi)
{
	const char *text;
	int fd;

	load(parameters);
	fd = open_device();
	EXPECT_EQ(get_info(fd).irq_mode, mode);
	close(fd);
	text = lspci();
	EXPECT(strstr(text, "Kernel driver in use: edudma"));
	EXPECT(strstr(text, "BusMaster+"));
	EXPECT(strstr(text, msi));
	EXPECT_EQ(interrupts_show(kind), !!kind);
	expect_all_work();
	/* It tells what of the counters and events depends on interrupts. */
	EXPECT_EQ(system("observe >/tmp/observe"), 0);
	unload();
	text = lspci();
	EXPECT(!strstr(text, "Kernel driver in use"));
	EXPECT(strstr(text, "BusMaster-"));
	EXPECT(strstr(text, "MSI: Enable-"));
}

TEST(irq_auto_is_msi)
{
	expect_irq_mode("", EDUDMA_IRQ_MSI, "MSI", "MSI: Enable+");
}

TEST(irq_msi)
{
	expect_irq_mode("irq=msi", EDUDMA_IRQ_MSI, "MSI", "MSI: Enable+");
}

TEST(irq_intx)
{
	expect_irq_mode("irq=intx", EDUDMA_IRQ_INTX, "IO-APIC", "MSI: Enable-");
}

TEST(irq_poll)
{
	expect_irq_mode("irq=poll", EDUDMA_IRQ_POLL, NULL, "MSI: Enable-");
}

TEST(reload)
{
	for (unsigned int i = 0; i < 10; i++) {
		load("");
		expect_all_work();
		unload();
		EXPECT_ERRNO(access("/dev/edudma0", F_OK), ENOENT);
		EXPECT_ERRNO(access("/sys/kernel/debug/edudma", F_OK), ENOENT);
	}
}

TEST(unload_with_open_file_is_refused)
{
	struct buffer buffer;
	int fd;

	load("");
	fd = open_device();
	buffer = alloc_buffer(fd, EDUDMA_COHERENT, PAGE);
	ASSERT_OK(cpu_fill(&buffer, 0, PAGE, 1));
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_ERRNO(try_unload(), EWOULDBLOCK);
		EXPECT_EQ(cpu_sum(&buffer, 0, PAGE), PAGE);
		expect_device_works(fd, EDUDMA_KMALLOC);
	}
	close(fd);
	unload();
}

TEST(unload_with_a_mapping_is_refused)
{
	struct buffer buffer;
	uint8_t *memory;

	load("");
	buffer = alloc_buffer(open_device(), EDUDMA_KMALLOC, PAGE);
	memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);
	close(buffer.fd);
	EXPECT_ERRNO(try_unload(), EWOULDBLOCK);
	memset(memory, 1, PAGE);
	expect_all_work();
	munmap(memory, PAGE);
	unload();
}

/* Nobody has it open, but the device is still at a closed file's command. */
TEST(unload_with_a_command_in_flight)
{
	for (unsigned int i = 0; i < 5; i++) {
		struct edudma_transfer transfer = {
			.op = EDUDMA_FROM_DEVICE, .length = 10 * PAGE, .timeout_ns = 1
		};
		int fd;

		load("");
		fd = open_device();
		transfer.dst = alloc_buffer(fd, EDUDMA_KMALLOC, transfer.length).handle;
		EXPECT_ERRNO(ioctl(fd, EDUDMA_TRANSFER, &transfer), ETIMEDOUT);
		close(fd);
		unload();
	}
	load("");
	expect_all_work();
	unload();
}

/* The device without a driver: begin a command by hand, leave interrupts pending. */
static void put_to_work(const char *address)
{
	const uint16_t command = 0x6;	/* memory space, bus master */
	int fd = open_pci_file(address, "config");
	volatile uint32_t *registers;

	ASSERT_EQ(pwrite(fd, &command, sizeof(command), 4), sizeof(command));
	close(fd);

	registers = map_registers(address);
	registers[0x20 / 4] = 0x80;
	registers[0x60 / 4] = 0x101;
	/* A byte of low memory to on-board memory. */
	registers[0x80 / 4] = 0x1000;
	registers[0x88 / 4] = 0x40000;
	registers[0x90 / 4] = 1;
	registers[0x98 / 4] = 1 | 4;
	EXPECT_EQ(registers[0x98 / 4] & 1, 1);
	munmap((void *)registers, PAGE);
}

static void fill_memory_on_board(void)
{
	int fd = open_device();
	uint64_t length = get_info(fd).device_bytes;
	struct buffer buffer = alloc_buffer(fd, EDUDMA_KMALLOC, length);

	ASSERT_OK(cpu_fill(&buffer, 0, length, 0xff));
	ASSERT_OK(to_device(&buffer, 0, length, 0));
	close(fd);
}

/* What was there before is nobody's to see, whatever the device was doing. */
static void expect_clear_memory_on_board(void)
{
	int fd = open_device();
	uint64_t length = get_info(fd).device_bytes;
	struct buffer buffer = alloc_buffer(fd, EDUDMA_KMALLOC, length);

	ASSERT_OK(cpu_fill(&buffer, 0, length, 0xa5));
	ASSERT_OK(from_device(&buffer, 0, length, 0));
	EXPECT(has_byte(&buffer, 0, length, 0));
	close(fd);
}

/*
 * A command from before must not be taken for our own first one, which clears
 * on-board memory. Loading takes longer than a command, binding does not.
 */
TEST(device_found_at_work)
{
	static const char * const parameters[] = { "irq=msi", "irq=intx", "irq=poll" };

	for (unsigned int i = 0; i < ARRAY_SIZE(parameters); i++) {
		char address[16];
		int fd;

		load(parameters[i]);
		fill_memory_on_board();
		fd = open_device();
		get_address(fd, address);
		close(fd);
		write_file("/sys/bus/pci/drivers/edudma/unbind", address);
		put_to_work(address);
		write_file("/sys/bus/pci/drivers/edudma/bind", address);
		expect_clear_memory_on_board();
		expect_all_work();
		unload();
	}
}

/* The device cannot end a factorial, and computes the largest for minutes of this clock. */
TEST(device_found_computing)
{
	struct edudma_factorial factorial = { .n = UINT32_MAX, .timeout_ns = 5000000 };
	char address[16];
	int fd;

	load("");
	fd = open_device();
	get_address(fd, address);
	EXPECT_ERRNO(ioctl(fd, EDUDMA_FACTORIAL, &factorial), ETIMEDOUT);
	close(fd);
	write_file("/sys/bus/pci/drivers/edudma/unbind", address);
	EXPECT_EQ(map_registers(address)[0x20 / 4] & 1, 1);
	write_file("/sys/bus/pci/drivers/edudma/bind", address);
	expect_all_work();
	unload();
}

int main(void)
{
	ktap_promised = "load";
	return ktap_run();
}
