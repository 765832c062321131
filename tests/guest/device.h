/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest's test programs share: the device, its buffers, and bytes
 * that show where they came from. All of it on raw ioctls.
 *
 * Functions that cannot go on fail the test.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "uapi/linux/edudma.h"

#include "../ktap.h"

#define KIB	1024ull
#define MIB	(1024 * KIB)
#define PAGE	4096ull

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* The device under test: $EDUDMA_DEVICE, or the first. */
const char *device_path(void);
int open_device(void);
int open_path(const char *path);
struct edudma_info get_info(int fd);
struct edudma_method_info get_method(int fd, uint32_t method);
/* By its name, for those that only tests know. */
uint32_t find_method(int fd, const char *name);
/* "0000:00:02.0", as sysfs and lspci call it. */
void get_address(int fd, char address[static 16]);
/* What sysfs has of a function: "config", "resource0" and so on */
int open_pci_file(const char *address, const char *name);
/* Switch PCI_COMMAND_* bits of the open device on or off, behind the driver's back. */
void set_pci_command(int fd, uint16_t bits, bool on);
/* The first page of its registers, behind the driver's back. */
volatile uint32_t *map_registers(const char *address);
/* The node of a function that is bound: its number may be another each time. */
bool has_node(const char *address, char node[static 300]);
void write_file(const char *path, const char *text);
/* All of a file, until the next call; without a leading / one of the device's in debugfs. */
char *read_file(const char *path);
uint64_t counter(const char *name);
/* Every request that was submitted has ended, and in one way. */
bool counters_add_up(void);
/* Make a variant of every kind of memory that works in this guest. */
void add_method_variants(void);

/**
 * struct buffer - a buffer of the device
 * @fd: the open file that owns it
 * @handle: its name there
 * @segments: pieces that are contiguous for the device
 * @length: bytes
 * @mmap_offset: for mmap()
 */
struct buffer {
	int fd;
	uint32_t handle;
	uint32_t segments;
	uint64_t length;
	uint64_t mmap_offset;
};

struct buffer alloc_buffer(int fd, uint32_t method, uint64_t length);
long free_handle(int fd, uint32_t handle);
void free_buffer(const struct buffer *buffer);
/* Map all of it, to the end of its last page. */
uint8_t *map_buffer(const struct buffer *buffer, int prot);
size_t mapped_bytes(const struct buffer *buffer);

long sync_range(const struct buffer *buffer, uint32_t flags, uint64_t offset, uint64_t length);
long cpu_fill(const struct buffer *buffer, uint64_t offset, uint64_t length, uint8_t byte);
uint64_t cpu_sum(const struct buffer *buffer, uint64_t offset, uint64_t length);

/* Each returns ioctl()'s result. */
long to_device(const struct buffer *src, uint64_t offset, uint64_t length, uint64_t device_offset);
long from_device(const struct buffer *dst, uint64_t offset, uint64_t length, uint64_t device_offset);
long copy(const struct buffer *src, uint64_t src_offset,
	  const struct buffer *dst, uint64_t dst_offset, uint64_t length);

/*
 * The byte at @position of stream @seed: no two positions, and no two streams,
 * agree for long, so that shifted, repeated and missing chunks show.
 */
uint8_t pattern(uint32_t seed, uint64_t position);
/* Through a mapping of their own, in a SYNC bracket. */
void write_pattern(const struct buffer *buffer, uint64_t offset, uint64_t length, uint32_t seed);
void write_byte(const struct buffer *buffer, uint64_t offset, uint64_t length, uint8_t byte);
/* False, with a diagnostic, at the first wrong byte. */
bool has_pattern(const struct buffer *buffer, uint64_t offset, uint64_t length, uint32_t seed);
bool has_byte(const struct buffer *buffer, uint64_t offset, uint64_t length, uint8_t byte);
bool memory_is(const uint8_t *memory, size_t length, uint8_t byte);
bool memory_has_pattern(const uint8_t *memory, size_t length, uint32_t seed);

/* How often what comes back goes: $EDUDMA_CYCLES */
unsigned int nr_cycles(void);
/* Copy some bytes, and compare. */
void expect_device_works(int fd, uint32_t method);

/**
 * struct flight - a transfer that a thread of its own waits for
 * @fd: the open file
 * @transfer: the request, and its results
 * @thread: who waits
 * @result: 0 or the errno
 * @ended: @result is there
 */
struct flight {
	int fd;
	struct edudma_transfer transfer;
	pthread_t thread;
	int result;
	bool ended;
};

/* Start a transfer and return once its range (one of @watched) is the device's, or has been. */
void take_off(struct flight *flight, int fd, struct edudma_transfer transfer,
	      const struct buffer *watched);
/* Wait for its end; returns its errno, or 0. */
int land(struct flight *flight);

/* Call until it does not fail with @error any more, for ten seconds at most. */
#define RETRY_WHILE(error, call) ({					\
	long result_;							\
	for (unsigned int tries_ = 0; ; tries_++) {			\
		result_ = (call);					\
		if (result_ != -1 || errno != (error) || tries_ == 10000) \
			break;						\
		usleep(1000);						\
	}								\
	result_;							\
})

#endif /* DEVICE_H */
