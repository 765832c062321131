// SPDX-License-Identifier: GPL-2.0-only
/* Programs are made up, changed, and printed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "program.h"
#include "../guest/random.h"

/* How often each verb is used */
static const struct {
	const char *name;
	unsigned int weight;
} verbs[NR_VERBS] = {
	[CALL_IOCTL] = { "ioctl", 100 },
	[CALL_UNKNOWN] = { "unknown ioctl", 3 },
	[CALL_MMAP] = { "mmap", 14 },
	[CALL_TOUCH] = { "touch", 12 },
	[CALL_REMAP] = { "remap", 5 },
	[CALL_MUNMAP] = { "munmap", 5 },
	[CALL_POLL] = { "poll", 4 },
	[CALL_DUP] = { "dup", 3 },
	[CALL_CLOSE] = { "close", 4 },
	[CALL_FORK] = { "fork", 2 },
	[CALL_STOP] = { "stop", 4 },
	[CALL_FILE] = { "file", 2 },
	[CALL_SHOW] = { "show", 2 },
	[CALL_TUNE] = { "tune", 1 },
	[CALL_INTERRUPT] = { "interrupt", 5 },
	[CALL_URING] = { "io_uring", 6 },
	[CALL_SOUND] = { "sound", 2 },
};

static enum verb random_verb(uint64_t *random)
{
	unsigned int total = 0, verb;
	uint64_t pick;

	for (verb = 0; verb < NR_VERBS; verb++)
		total += verbs[verb].weight;
	pick = below(random, total);
	for (verb = 0; pick >= verbs[verb].weight; verb++)
		pick -= verbs[verb].weight;
	return verb;
}

static void make_up_call(struct call *call, uint64_t *random)
{
	/* What the others are about */
	static const uint8_t frequent[] = {
		_IOC_NR(EDUDMA_BUFFER_ALLOC), _IOC_NR(EDUDMA_TRANSFER), _IOC_NR(EDUDMA_SUBMIT)
	};

	memset(call, 0, sizeof(*call));
	call->verb = random_verb(random);
	call->file = below(random, NR_FILES);
	call->number = one_in(random, 2) ? frequent[below(random, ARRAY_SIZE(frequent))] :
		below(random, 256);
	for (unsigned int i = 0; i < GENES; i++)
		call->genes[i] = random_number(random);
}

void program_make_up(struct program *program, uint64_t *random)
{
	/* Mostly on the same file, or little would come together */
	unsigned int file = below(random, NR_FILES);

	program->nr = 1 + below(random, MAX_CALLS);
	for (unsigned int i = 0; i < program->nr; i++) {
		make_up_call(&program->calls[i], random);
		if (!one_in(random, 4))
			program->calls[i].file = file;
	}
}

static void insert_call(struct program *program, const struct call *call, unsigned int at)
{
	if (program->nr == MAX_CALLS)
		program->nr--;
	memmove(&program->calls[at + 1], &program->calls[at],
		(program->nr - at) * sizeof(*call));
	program->calls[at] = *call;
	program->nr++;
}

static void mutate_once(struct program *program, const struct program *other, uint64_t *random)
{
	struct call *call = &program->calls[below(random, program->nr)], fresh;
	unsigned int at = below(random, program->nr);

	switch (below(random, 6)) {
	case 0:
		make_up_call(&fresh, random);
		insert_call(program, &fresh, at);
		break;
	case 1:
		fresh = other->calls[below(random, other->nr)];
		insert_call(program, &fresh, at);
		break;
	case 2:
		fresh = *call;
		insert_call(program, &fresh, at);
		break;
	case 3:
		if (program->nr == 1)
			break;
		program->nr--;
		memmove(call, call + 1, (program->calls + program->nr - call) * sizeof(*call));
		break;
	case 4:
		call->file = below(random, NR_FILES);
		break;
	default:
		call->genes[below(random, GENES)] = random_number(random);
	}
}

void program_mutate(struct program *program, const struct program *other, uint64_t *random)
{
	do
		mutate_once(program, other, random);
	while (!one_in(random, 4));
}

size_t program_print(const struct program *program, char *text, size_t size)
{
	size_t length = 0;

	for (unsigned int i = 0; i < program->nr && length < size; i++) {
		const struct call *call = &program->calls[i];

		length += snprintf(text + length, size - length, "%u: %s %s file=%u number=%u",
				   i, verbs[call->verb].name,
				   call->verb == CALL_IOCTL ? ioctl_name(call->number) : "",
				   call->file, call->number);
		for (unsigned int j = 0; j < GENES && length < size; j++)
			length += snprintf(text + length, size - length, " %" PRIx64, call->genes[j]);
		if (length < size)
			length += snprintf(text + length, size - length, "\n");
	}
	return length < size ? length : size - 1;
}
