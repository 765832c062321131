/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs: what the fuzzer does, as data that can be made up, changed and repeated
 *
 * A call is a verb and genes, random numbers that whoever makes the call takes its
 * arguments from. So any change of a program is a program.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#define MAX_CALLS	24
#define GENES		12

enum verb {
	CALL_IOCTL,
	CALL_UNKNOWN,
	CALL_MMAP,
	CALL_TOUCH,
	CALL_REMAP,
	CALL_MUNMAP,
	CALL_POLL,
	CALL_DUP,
	CALL_CLOSE,
	CALL_FORK,
	CALL_STOP,
	CALL_FILE,
	CALL_SHOW,
	CALL_TUNE,
	CALL_INTERRUPT,
	CALL_URING,
	CALL_SOUND,
	NR_VERBS,
};

/**
 * struct call - one call
 * @verb: enum verb
 * @file: which of the open files it is made on
 * @number: which ioctl, or another choice
 * @genes: what its arguments are taken from
 */
struct call {
	uint8_t verb;
	uint8_t file;
	uint8_t number;
	uint64_t genes[GENES];
};

/**
 * struct program - calls that one thread makes, one after another
 * @nr: how many
 * @calls: the calls
 */
struct program {
	unsigned int nr;
	struct call calls[MAX_CALLS];
};

void program_make_up(struct program *program, uint64_t *random);
/* Change it a little, perhaps with a part of another one. */
void program_mutate(struct program *program, const struct program *other, uint64_t *random);
/* As text, a line a call; returns the length. */
size_t program_print(const struct program *program, char *text, size_t size);

#endif /* PROGRAM_H */
