// SPDX-License-Identifier: GPL-2.0-only
/* What the guest's test programs share. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

const char *device_path(void)
{
	const char *path = getenv("EDUDMA_DEVICE");

	return path ? path : "/dev/edudma0";
}

int open_path(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		ktap_errno(fd, 0, path, "open");
		ktap_stop();
	}
	return fd;
}

int open_device(void)
{
	return open_path(device_path());
}

struct edudma_info get_info(int fd)
{
	struct edudma_info info;

	memset(&info, 0, sizeof(info));
	ASSERT_OK(ioctl(fd, EDUDMA_INFO, &info));
	return info;
}

struct edudma_method_info get_method(int fd, uint32_t method)
{
	struct edudma_method_info info = { .index = method };

	ASSERT_OK(ioctl(fd, EDUDMA_METHOD_INFO, &info));
	return info;
}

uint32_t find_method(int fd, const char *name)
{
	for (uint32_t method = 0; method < get_info(fd).nr_methods; method++)
		if (!strcmp(get_method(fd, method).name, name))
			return method;
	ktap_diag("no kind of memory is called %s", name);
	ASSERT(false);
	return 0;
}

void get_address(int fd, char address[static 16])
{
	struct edudma_info info = get_info(fd);

	snprintf(address, 16, "%04x:%02x:%02x.%x", info.pci_domain & 0xffff, info.pci_bus & 0xff,
		 info.pci_devfn >> 3 & 0x1f, info.pci_devfn & 7);
}

int open_pci_file(const char *address, const char *name)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", address, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_OK(fd);
	return fd;
}

void set_pci_command(int fd, uint16_t bits, bool on)
{
	char address[16];
	uint16_t command;
	int config;

	get_address(fd, address);
	config = open_pci_file(address, "config");
	ASSERT_EQ(pread(config, &command, 2, PCI_COMMAND), 2);
	command = on ? command | bits : command & ~bits;
	ASSERT_EQ(pwrite(config, &command, 2, PCI_COMMAND), 2);
	close(config);
}

volatile uint32_t *map_registers(const char *address)
{
	int fd = open_pci_file(address, "resource0");
	volatile uint32_t *registers;

	registers = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT(registers != MAP_FAILED);
	close(fd);
	return registers;
}

bool has_node(const char *address, char node[static 300])
{
	char path[300];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/edudma", address);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(node, 300, "/dev/%s", entry->d_name);
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		ktap_diag("%s", path);
	ASSERT_OK(fd);
	ASSERT_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

char *read_file(const char *name)
{
	static char text[1 << 20];
	char path[200];
	size_t length;
	FILE *file;

	if (name[0] == '/')
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "/sys/kernel/debug/edudma/%s/%s",
			 strrchr(device_path(), '/') + 1, name);
	file = fopen(path, "re");
	if (!file)
		ktap_diag("%s: %s", path, strerror(errno));
	ASSERT(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	return text;
}

uint64_t counter(const char *name)
{
	const char *at = read_file("counters");

	for (; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, name, strlen(name)) && at[strlen(name)] == ' ')
			return strtoull(at + strlen(name), NULL, 10);
	}
	ktap_diag("no counter %s", name);
	ASSERT(false);
	return 0;
}

bool counters_add_up(void)
{
	return counter("submitted") ==
	       counter("completed") + counter("failed") + counter("cancelled");
}

void add_method_variants(void)
{
	struct edudma_method_info info = { .index = 0 };
	int fd = open(device_path(), O_RDWR | O_CLOEXEC);

	/* No device: no variants, and every test fails for itself. */
	if (fd < 0)
		return;
	for (; !ioctl(fd, EDUDMA_METHOD_INFO, &info); info.index++)
		if (!(info.flags & EDUDMA_METHOD_UNREACHABLE))
			ktap_variant(info.name, info.index);
	close(fd);
}

struct buffer alloc_buffer(int fd, uint32_t method, uint64_t length)
{
	struct edudma_buffer_alloc alloc = { .method = method, .length = length };

	ASSERT_OK(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc));
	return (struct buffer) {
		.fd = fd,
		.handle = alloc.handle,
		.segments = alloc.segments,
		.length = length,
		.mmap_offset = alloc.mmap_offset,
	};
}

long free_handle(int fd, uint32_t handle)
{
	struct edudma_buffer_free request = { .handle = handle };

	return ioctl(fd, EDUDMA_BUFFER_FREE, &request);
}

void free_buffer(const struct buffer *buffer)
{
	ASSERT_OK(free_handle(buffer->fd, buffer->handle));
}

size_t mapped_bytes(const struct buffer *buffer)
{
	return (buffer->length + PAGE - 1) / PAGE * PAGE;
}

uint8_t *map_buffer(const struct buffer *buffer, int prot)
{
	void *memory = mmap(NULL, mapped_bytes(buffer), prot, MAP_SHARED,
			    buffer->fd, buffer->mmap_offset);

	ASSERT(memory != MAP_FAILED);
	return memory;
}

long sync_range(const struct buffer *buffer, uint32_t flags, uint64_t offset, uint64_t length)
{
	struct edudma_sync sync = {
		.handle = buffer->handle, .flags = flags, .offset = offset, .length = length
	};

	return ioctl(buffer->fd, EDUDMA_SYNC, &sync);
}

long cpu_fill(const struct buffer *buffer, uint64_t offset, uint64_t length, uint8_t byte)
{
	struct edudma_cpu cpu = {
		.handle = buffer->handle, .op = EDUDMA_CPU_FILL,
		.offset = offset, .length = length, .value = byte
	};

	return ioctl(buffer->fd, EDUDMA_CPU, &cpu);
}

uint64_t cpu_sum(const struct buffer *buffer, uint64_t offset, uint64_t length)
{
	struct edudma_cpu cpu = {
		.handle = buffer->handle, .op = EDUDMA_CPU_SUM,
		.offset = offset, .length = length
	};

	ASSERT_OK(ioctl(buffer->fd, EDUDMA_CPU, &cpu));
	return cpu.value;
}

long to_device(const struct buffer *src, uint64_t offset, uint64_t length, uint64_t device_offset)
{
	struct edudma_transfer transfer = {
		.op = EDUDMA_TO_DEVICE, .src = src->handle, .src_offset = offset,
		.length = length, .device_offset = device_offset
	};

	return ioctl(src->fd, EDUDMA_TRANSFER, &transfer);
}

long from_device(const struct buffer *dst, uint64_t offset, uint64_t length, uint64_t device_offset)
{
	struct edudma_transfer transfer = {
		.op = EDUDMA_FROM_DEVICE, .dst = dst->handle, .dst_offset = offset,
		.length = length, .device_offset = device_offset
	};

	return ioctl(dst->fd, EDUDMA_TRANSFER, &transfer);
}

long copy(const struct buffer *src, uint64_t src_offset,
	  const struct buffer *dst, uint64_t dst_offset, uint64_t length)
{
	struct edudma_transfer transfer = {
		.op = EDUDMA_COPY,
		.src = src->handle, .src_offset = src_offset,
		.dst = dst->handle, .dst_offset = dst_offset,
		.length = length
	};

	return ioctl(src->fd, EDUDMA_TRANSFER, &transfer);
}

uint8_t pattern(uint32_t seed, uint64_t position)
{
	uint64_t x = (position + 1) * 0x9e3779b97f4a7c15u + seed * 0xd1b54a32d192ed03u;

	return (x ^ x >> 29) >> 33;
}

static bool is_wrong(const char *what, size_t at, uint8_t got, uint8_t want)
{
	ktap_diag("%s: byte %zu is %#04x, want %#04x", what, at, got, want);
	return false;
}

bool memory_has_pattern(const uint8_t *memory, size_t length, uint32_t seed)
{
	for (size_t i = 0; i < length; i++)
		if (memory[i] != pattern(seed, i))
			return is_wrong("pattern", i, memory[i], pattern(seed, i));
	return true;
}

bool memory_is(const uint8_t *memory, size_t length, uint8_t byte)
{
	if (memory[0] == byte && !memcmp(memory, memory + 1, length - 1))
		return true;
	for (size_t i = 0; i < length; i++)
		if (memory[i] != byte)
			return is_wrong("constant", i, memory[i], byte);
	return true;
}

void write_pattern(const struct buffer *buffer, uint64_t offset, uint64_t length, uint32_t seed)
{
	uint8_t *memory = map_buffer(buffer, PROT_READ | PROT_WRITE);

	ASSERT_OK(sync_range(buffer, EDUDMA_SYNC_WRITE, offset, length));
	for (uint64_t i = 0; i < length; i++)
		memory[offset + i] = pattern(seed, i);
	ASSERT_OK(sync_range(buffer, EDUDMA_SYNC_WRITE | EDUDMA_SYNC_END, offset, length));
	munmap(memory, mapped_bytes(buffer));
}

void write_byte(const struct buffer *buffer, uint64_t offset, uint64_t length, uint8_t byte)
{
	uint8_t *memory = map_buffer(buffer, PROT_READ | PROT_WRITE);

	ASSERT_OK(sync_range(buffer, EDUDMA_SYNC_WRITE, offset, length));
	memset(memory + offset, byte, length);
	ASSERT_OK(sync_range(buffer, EDUDMA_SYNC_WRITE | EDUDMA_SYNC_END, offset, length));
	munmap(memory, mapped_bytes(buffer));
}

bool has_pattern(const struct buffer *buffer, uint64_t offset, uint64_t length, uint32_t seed)
{
	const uint8_t *memory = map_buffer(buffer, PROT_READ);
	bool ok;

	ASSERT_OK(sync_range(buffer, EDUDMA_SYNC_READ, offset, length));
	ok = memory_has_pattern(memory + offset, length, seed);
	ASSERT_OK(sync_range(buffer, EDUDMA_SYNC_READ | EDUDMA_SYNC_END, offset, length));
	munmap((void *)memory, mapped_bytes(buffer));
	return ok;
}

bool has_byte(const struct buffer *buffer, uint64_t offset, uint64_t length, uint8_t byte)
{
	const uint8_t *memory = map_buffer(buffer, PROT_READ);
	bool ok;

	ASSERT_OK(sync_range(buffer, EDUDMA_SYNC_READ, offset, length));
	ok = memory_is(memory + offset, length, byte);
	ASSERT_OK(sync_range(buffer, EDUDMA_SYNC_READ | EDUDMA_SYNC_END, offset, length));
	munmap((void *)memory, mapped_bytes(buffer));
	return ok;
}

unsigned int nr_cycles(void)
{
	const char *cycles = getenv("EDUDMA_CYCLES");

	return cycles ? strtoul(cycles, NULL, 10) : 1;
}

void expect_device_works(int fd, uint32_t method)
{
	const uint64_t length = 2 * PAGE + 1;
	struct buffer src = alloc_buffer(fd, method, length);
	struct buffer dst = alloc_buffer(fd, method, length);

	write_pattern(&src, 0, length, method);
	ASSERT_OK(copy(&src, 0, &dst, 0, length));
	EXPECT(has_pattern(&dst, 0, length, method));
	free_buffer(&src);
	free_buffer(&dst);
}

static void *wait_for_transfer(void *argument)
{
	struct flight *flight = argument;
	long result;

	/* take_off() below borrows the range for moments. */
	result = RETRY_WHILE(EBUSY, ioctl(flight->fd, EDUDMA_TRANSFER, &flight->transfer));
	flight->result = result ? errno : 0;
	__atomic_store_n(&flight->ended, true, __ATOMIC_RELEASE);
	return NULL;
}

void take_off(struct flight *flight, int fd, struct edudma_transfer transfer,
	      const struct buffer *watched)
{
	const uint32_t both = EDUDMA_SYNC_READ | EDUDMA_SYNC_WRITE;
	uint64_t offset = watched->handle == transfer.dst ? transfer.dst_offset : transfer.src_offset;

	*flight = (struct flight) { .fd = fd, .transfer = transfer };
	ASSERT(!pthread_create(&flight->thread, NULL, wait_for_transfer, flight));
	for (unsigned int tries = 0; ; tries++) {
		/* On a busy host a short one may come and go unseen. */
		if (__atomic_load_n(&flight->ended, __ATOMIC_ACQUIRE))
			return;
		ASSERT(tries < 10000);
		if (sync_range(watched, both, offset, 1)) {
			ASSERT_EQ(errno, EBUSY);
			return;
		}
		ASSERT_OK(sync_range(watched, both | EDUDMA_SYNC_END, offset, 1));
		usleep(1000);
	}
}

int land(struct flight *flight)
{
	ASSERT(!pthread_join(flight->thread, NULL));
	return flight->result;
}
