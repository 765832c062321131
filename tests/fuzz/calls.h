/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer's calls: what they are made on, and whether their answers may be
 */
#ifndef CALLS_H
#define CALLS_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "../guest/device.h"
#include "program.h"

/* The first files are everybody's, the others the program's own. */
#define NR_SHARED	2
#define NR_FILES	5
#define NR_HANDLES	16
#define NR_MAPPINGS	8

/**
 * struct target - an open file
 * @fd: its descriptor, or -1; that of a shared one always is one of the device's
 * @handles: some that it was given, for guesses that hit
 * @next: where the next one goes
 */
struct target {
	int fd;
	uint32_t handles[NR_HANDLES];
	unsigned int next;
};

/**
 * struct mapping - what mmap() returned
 * @memory: where, or NULL
 * @length: bytes
 */
struct mapping {
	uint8_t *memory;
	size_t length;
};

/**
 * struct thread - who makes calls
 * @shared: the files that all threads use
 * @own: those of the program that is run
 * @mappings: of the program
 * @program: which one
 * @random: for programs, not for their calls
 * @arena: where arguments are: a page to write, one that is not there, one to read, one
 *	that comes late
 * @eventfd: an eventfd
 * @uring: an io_uring, if @has_uring
 * @has_uring: the kernel has that
 * @timer: sends a signal to this thread
 * @child: a process that runs the same program
 * @calls: how many were made
 * @verified: sound transfers whose bytes were all right
 */
struct thread {
	struct target *shared;
	struct target own[NR_FILES - NR_SHARED];
	struct mapping mappings[NR_MAPPINGS];
	const struct program *program;
	uint64_t random;
	uint8_t *arena;
	int eventfd;
	struct io_uring uring;
	bool has_uring;
	timer_t timer;
	pid_t child;
	uint64_t calls;
	uint64_t verified;
};

/* With or without buffers and a ring: from nothing, most of what is tried is refused. */
void target_open(struct target *target, int flags, bool furnish);
/* It was given a handle. */
void target_note(struct target *target, uint32_t handle);
/* The guest's time is a count of its instructions. */
bool clock_is_virtual(void);
/* Once in a process, and once in a thread, which is @thread's. */
void calls_init(void);
void calls_thread_init(struct thread *thread);
void calls_thread_exit(struct thread *thread);
/* Make all calls of a program, and undo what they left. */
void calls_run(struct thread *thread, const struct program *program);

/* Of the ioctls (ioctls.c) */
const char *ioctl_name(unsigned int number);
void call_ioctl(struct thread *thread, struct target *target, const struct call *call);
void call_unknown(struct thread *thread, struct target *target, const struct call *call);
void call_uring(struct thread *thread, struct target *target, const struct call *call);

/* What the arguments are made of */
uint64_t pick_value(uint64_t gene);
uint64_t pick_length(uint64_t gene);
uint32_t pick_handle(const struct target *target, uint64_t gene);
/* Where an argument of @size bytes, now at @good, shall be: there, or where it may not be */
void *pick_pointer(struct thread *thread, uint64_t gene, void *good, size_t size);
/* Something is wrong: it is printed with the program at the end of the round. */
void complain(const struct thread *thread, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* CALLS_H */
