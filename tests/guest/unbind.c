// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device goes away while it is open, mapped and busy. Callers get ENODEV,
 * accesses SIGBUS, the device touches no memory any more, and all is well when
 * it comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"

#define LENGTH	(20 * PAGE)
#define CYCLES	10
#define POISON	0x11

static char address[16];

static void unbind_device(void)
{
	ktap_tries(1);
	write_file("/sys/bus/pci/drivers/edudma/unbind", address);
}

static void bind_device(void)
{
	write_file("/sys/bus/pci/drivers/edudma/bind", address);
}

static void remove_function(void)
{
	char path[100];

	ktap_tries(1);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/remove", address);
	write_file(path, "1");
}

static void rescan_bus(void)
{
	write_file("/sys/bus/pci/rescan", "1");
}

static int open_function(void)
{
	char node[300];

	ASSERT(has_node(address, node));
	return open_path(node);
}

static void find_address(void)
{
	int fd = open_device();

	get_address(fd, address);
	close(fd);
}

static void expect_enodev(const struct buffer *buffer)
{
	const int fd = buffer->fd;
	struct edudma_info info;
	struct edudma_method_info method = {};
	struct edudma_buffer_alloc alloc = { .length = 1 };
	struct edudma_factorial factorial = {};
	struct edudma_liveness liveness = {};

	EXPECT_ERRNO(ioctl(fd, EDUDMA_INFO, &info), ENODEV);
	EXPECT_ERRNO(ioctl(fd, EDUDMA_METHOD_INFO, &method), ENODEV);
	EXPECT_ERRNO(ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc), ENODEV);
	EXPECT_ERRNO(free_handle(fd, buffer->handle), ENODEV);
	EXPECT_ERRNO(sync_range(buffer, EDUDMA_SYNC_READ, 0, 1), ENODEV);
	EXPECT_ERRNO(cpu_fill(buffer, 0, 1, 1), ENODEV);
	EXPECT_ERRNO(to_device(buffer, 0, 1, 0), ENODEV);
	EXPECT_ERRNO(ioctl(fd, EDUDMA_FACTORIAL, &factorial), ENODEV);
	EXPECT_ERRNO(ioctl(fd, EDUDMA_LIVENESS, &liveness), ENODEV);
	EXPECT(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, buffer->mmap_offset) == MAP_FAILED);
	EXPECT_EQ(errno, ENODEV);
}

static void expect_sigbus(volatile uint8_t *byte, bool write)
{
	pid_t pid = ktap_fork();
	int status;

	if (!pid) {
		if (write)
			*byte = 1;
		else
			(void)*byte;
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

/* Anyone may have the memory now: nobody writes to it. */
static void expect_quiet_memory(void)
{
	const size_t length = 32 << 20;
	uint8_t *memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(memory != MAP_FAILED);
	memset(memory, POISON, length);
	usleep(300000);
	EXPECT(memory_is(memory, length, POISON));
	munmap(memory, length);
}

static void take_device_away(void (*away)(void), void (*back)(void), uint32_t method)
{
	struct buffer buffer, idle;
	uint8_t *memory, *idle_memory;
	struct flight flight;
	int fd = open_function();
	pid_t pid;

	buffer = alloc_buffer(fd, method, LENGTH);
	idle = alloc_buffer(fd, method, LENGTH);
	memory = map_buffer(&buffer, PROT_READ | PROT_WRITE);
	idle_memory = map_buffer(&idle, PROT_READ | PROT_WRITE);
	memset(idle_memory, 1, LENGTH);
	ASSERT_OK(sync_range(&idle, EDUDMA_SYNC_WRITE, 0, LENGTH));
	take_off(&flight, fd, (struct edudma_transfer) {
		.op = EDUDMA_FROM_DEVICE, .dst = buffer.handle, .length = LENGTH
	}, &buffer);
	/* A child shares the mappings, and outlives the device as well. */
	pid = ktap_fork();
	if (!pid) {
		pause();
		_exit(0);
	}

	away();
	EXPECT_EQ(land(&flight), ENODEV);
	expect_enodev(&buffer);
	expect_sigbus(memory, false);
	expect_sigbus(memory + LENGTH - 1, true);
	expect_sigbus(idle_memory, false);
	expect_quiet_memory();

	back();
	/* The old file stays dead beside the new one. */
	expect_enodev(&idle);
	munmap(memory, LENGTH);
	expect_device_works(open_function(), method);
	close(fd);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_EACH(unbind_in_flight)
{
	find_address();
	for (unsigned int i = 0; i < CYCLES; i++)
		take_device_away(unbind_device, bind_device, variant);
}

TEST_EACH(remove_in_flight)
{
	find_address();
	for (unsigned int i = 0; i < 2; i++)
		take_device_away(remove_function, rescan_bus, variant);
}

static uint64_t free_memory(void)
{
	struct sysinfo info;

	ASSERT_OK(sysinfo(&info));
	return (uint64_t)info.freeram * info.mem_unit;
}

/* Memory that the device could reach does not wait for the last file to close. */
TEST_EACH(unbind_frees_memory)
{
	const uint64_t length = 256 * KIB, total = 32 * MIB;
	uint64_t before;
	int fd;

	find_address();
	fd = open_function();
	for (uint64_t done = 0; done < total; done += length)
		alloc_buffer(fd, variant, length);
	before = free_memory();
	unbind_device();
	EXPECT(free_memory() >= before + total / 4 * 3);
	bind_device();
	close(fd);
}

/* The device finds its way back also when somebody else's command still runs. */
TEST(unbind_idle)
{
	find_address();
	for (unsigned int i = 0; i < CYCLES; i++) {
		int fd = open_function();
		struct buffer buffer = alloc_buffer(fd, EDUDMA_KMALLOC, PAGE);

		unbind_device();
		expect_enodev(&buffer);
		bind_device();
		close(fd);
	}
	expect_device_works(open_function(), EDUDMA_KMALLOC);
}

static pthread_barrier_t all_open;

/* Threads that call whatever there is, all the time, while the device goes. */
static void *call_all_the_time(void *argument)
{
	const uint32_t method = *(uint32_t *)argument % 3;
	const int fd = open_function();

	pthread_barrier_wait(&all_open);
	for (;;) {
		struct edudma_buffer_alloc alloc = { .method = method, .length = 2 * PAGE };
		struct buffer buffer = { .fd = fd, .length = 2 * PAGE };
		void *memory;

		if (ioctl(fd, EDUDMA_BUFFER_ALLOC, &alloc))
			break;
		buffer.handle = alloc.handle;
		memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, alloc.mmap_offset);
		if (memory != MAP_FAILED)
			munmap(memory, PAGE);
		sync_range(&buffer, EDUDMA_SYNC_READ, 0, PAGE);
		cpu_fill(&buffer, PAGE, 1, 1);
		to_device(&buffer, PAGE, 1, 0);
		sync_range(&buffer, EDUDMA_SYNC_READ | EDUDMA_SYNC_END, 0, PAGE);
		if (free_handle(fd, buffer.handle))
			break;
	}
	EXPECT_EQ(errno, ENODEV);
	close(fd);
	return NULL;
}

TEST(unbind_under_load)
{
	enum { NR = 6 };
	pthread_t threads[NR];
	uint32_t numbers[NR];

	find_address();
	ASSERT(!pthread_barrier_init(&all_open, NULL, NR + 1));
	for (unsigned int i = 0; i < CYCLES; i++) {
		for (unsigned int j = 0; j < NR; j++) {
			numbers[j] = j;
			ASSERT(!pthread_create(&threads[j], NULL, call_all_the_time, &numbers[j]));
		}
		pthread_barrier_wait(&all_open);
		usleep(150000 + i * 7000);
		unbind_device();
		for (unsigned int j = 0; j < NR; j++)
			pthread_join(threads[j], NULL);
		bind_device();
	}
	expect_device_works(open_function(), EDUDMA_VMALLOC);
}

/* Opening a node races with its end: ENODEV or ENOENT, or a file that works. */
static void *open_all_the_time(void *stop)
{
	while (!*(volatile bool *)stop) {
		int fd = open(device_path(), O_RDWR | O_CLOEXEC);
		struct edudma_info info;

		if (fd < 0) {
			ASSERT(errno == ENODEV || errno == ENOENT || errno == ENXIO);
			continue;
		}
		if (ioctl(fd, EDUDMA_INFO, &info))
			ASSERT_EQ(errno, ENODEV);
		close(fd);
	}
	return NULL;
}

TEST(unbind_while_others_open)
{
	pthread_t threads[2];
	bool stop = false;

	find_address();
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT(!pthread_create(&threads[i], NULL, open_all_the_time, &stop));
	for (unsigned int i = 0; i < CYCLES; i++) {
		unbind_device();
		bind_device();
	}
	stop = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	expect_device_works(open_function(), EDUDMA_COHERENT);
}

int main(void)
{
	ktap_promised = "unbind";
	add_method_variants();
	return ktap_run();
}
