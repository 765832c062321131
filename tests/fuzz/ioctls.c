// SPDX-License-Identifier: GPL-2.0-only
/* The grammar of the ioctls, and the errnos that they may answer with. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "../guest/random.h"
#include "../guest/uring.h"

/* What a field is for */
enum kind {
	NOTHING,	/* reserved */
	HANDLE,
	METHOD,
	LENGTH,
	OFFSET,
	TIMEOUT,
	NUMBER,		/* small */
	VALUE,		/* any */
	EVENTFD,
	ENTRIES,	/* an array of struct edudma_entry */
};

struct field {
	size_t offset;
	size_t size;
	enum kind kind;
};

#define MAX_FIELDS	12
#define FIELD(type, member, what) { \
	offsetof(struct type, member), sizeof(((struct type *)0)->member), what }

/* What a transfer is, whichever way it is submitted */
#define TRANSFER_FIELDS(type) \
	FIELD(type, op, NUMBER), \
	FIELD(type, flags, NOTHING), \
	FIELD(type, src, HANDLE), \
	FIELD(type, dst, HANDLE), \
	FIELD(type, src_offset, OFFSET), \
	FIELD(type, dst_offset, OFFSET), \
	FIELD(type, length, LENGTH), \
	FIELD(type, device_offset, OFFSET)

/**
 * struct shape - a struct of the UAPI
 * @name: its name
 * @cmd: the ioctl that takes it
 * @fields: those that are read, and reserved ones
 */
struct shape {
	const char *name;
	unsigned int cmd;
	struct field fields[MAX_FIELDS];
};

static const struct shape shapes[] = {
	{ "edudma_info", EDUDMA_INFO, {} },
	{ "edudma_method_info", EDUDMA_METHOD_INFO, {
		FIELD(edudma_method_info, index, METHOD),
	} },
	{ "edudma_buffer_alloc", EDUDMA_BUFFER_ALLOC, {
		FIELD(edudma_buffer_alloc, method, METHOD),
		FIELD(edudma_buffer_alloc, reserved, NOTHING),
		FIELD(edudma_buffer_alloc, length, LENGTH),
	} },
	{ "edudma_buffer_free", EDUDMA_BUFFER_FREE, {
		FIELD(edudma_buffer_free, handle, HANDLE),
		FIELD(edudma_buffer_free, reserved, NOTHING),
	} },
	{ "edudma_sync", EDUDMA_SYNC, {
		FIELD(edudma_sync, handle, HANDLE),
		FIELD(edudma_sync, flags, NUMBER),
		FIELD(edudma_sync, offset, OFFSET),
		FIELD(edudma_sync, length, LENGTH),
	} },
	{ "edudma_cpu", EDUDMA_CPU, {
		FIELD(edudma_cpu, handle, HANDLE),
		FIELD(edudma_cpu, op, NUMBER),
		FIELD(edudma_cpu, offset, OFFSET),
		FIELD(edudma_cpu, length, LENGTH),
		FIELD(edudma_cpu, value, NUMBER),
	} },
	{ "edudma_transfer", EDUDMA_TRANSFER, {
		TRANSFER_FIELDS(edudma_transfer),
		FIELD(edudma_transfer, timeout_ns, TIMEOUT),
	} },
	{ "edudma_factorial", EDUDMA_FACTORIAL, {
		FIELD(edudma_factorial, n, NUMBER),
		FIELD(edudma_factorial, timeout_ns, TIMEOUT),
	} },
	{ "edudma_liveness", EDUDMA_LIVENESS, {
		FIELD(edudma_liveness, value, VALUE),
	} },
	{ "edudma_ring_setup", EDUDMA_RING, {
		FIELD(edudma_ring_setup, entries, NUMBER),
		FIELD(edudma_ring_setup, eventfd, EVENTFD),
	} },
	{ "edudma_submit", EDUDMA_SUBMIT, {
		FIELD(edudma_submit, entries, ENTRIES),
		FIELD(edudma_submit, count, NUMBER),
		FIELD(edudma_submit, flags, NOTHING),
		FIELD(edudma_submit, min_complete, NUMBER),
		FIELD(edudma_submit, timeout_ns, TIMEOUT),
	} },
};

/* Not an ioctl's */
static const struct shape entry_shape = { "edudma_entry", 0, {
	TRANSFER_FIELDS(edudma_entry),
	FIELD(edudma_entry, user_data, VALUE),
	FIELD(edudma_entry, reserved, NOTHING),
} };

/* From the UAPI's own words */
static const struct {
	const char *name;
	int errors[20];
} documented[] = {
#include "errnos.h"
};

/* Any ioctl may be malformed, unknown, or too late. */
static const int general[] = { EINVAL, E2BIG, EFAULT, ENOTTY, ENODEV };

static const struct shape *shape_of(unsigned int number)
{
	return &shapes[number % ARRAY_SIZE(shapes)];
}

const char *ioctl_name(unsigned int number)
{
	return shape_of(number)->name;
}

static bool is_documented(const char *name, int error)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(general); i++)
		if (error == general[i])
			return true;
	for (unsigned int i = 0; i < ARRAY_SIZE(documented); i++) {
		const int *errors = documented[i].errors;

		if (strcmp(documented[i].name, name))
			continue;
		for (; *errors; errors++)
			if (error == *errors)
				return true;
	}
	return false;
}

static void check_errno(const struct thread *thread, const char *name, int error)
{
	if (!is_documented(name, error))
		complain(thread, "%s fails with %s, which its documentation does not name",
			 name, strerrorname_np(error));
}

/* Small numbers: what they mean, ends at 2 for most. */
static uint64_t pick_number(uint64_t gene)
{
	switch (gene % 16) {
	case 0: return pick_value(gene >> 4);
	case 1: return (gene >> 4) % 2048;
	case 2: return (gene >> 4) % 80;
	default: return (gene >> 4) % 8 % 5;
	}
}

static uint64_t pick_offset(uint64_t gene)
{
	switch (gene % 8) {
	case 0: return pick_value(gene >> 3);
	case 1: return (gene >> 3) % (1 << 20);
	case 2: case 3: return (gene >> 3) % 8192;
	default: return 0;
	}
}

/* Waiting for ever is right where nothing takes for ever; a short time is over soon. */
static uint64_t pick_timeout(uint64_t gene)
{
	switch (gene % 4) {
	case 0: return 0;
	case 1: return pick_value(gene >> 2);
	default: return (gene >> 2) % 400000000;
	}
}

static uint32_t pick_eventfd(const struct thread *thread, const struct target *target, uint64_t gene)
{
	switch (gene % 8) {
	case 0: return pick_value(gene >> 3);
	case 1: return target->fd;
	case 2: case 3: case 4: return thread->eventfd;
	default: return -1;
	}
}

static void fill(struct thread *thread, const struct target *target, const struct shape *shape,
		 const uint64_t *genes, void *argument);

/* From and to a buffer, or a device that has it: what is not used shall be zero. */
static void straighten(struct edudma_entry *entry)
{
	entry->op %= 3;
	if (entry->op == EDUDMA_COPY)
		entry->device_offset = 0;
	if (entry->op == EDUDMA_TO_DEVICE) {
		entry->dst = 0;
		entry->dst_offset = 0;
	}
	if (entry->op == EDUDMA_FROM_DEVICE) {
		entry->src = 0;
		entry->src_offset = 0;
	}
}

static uint64_t pick_entries(struct thread *thread, const struct target *target, uint64_t gene)
{
	struct edudma_entry *entries = (void *)(thread->arena + PAGE / 2);
	/* Less than half a page: they may be moved a little. */
	const unsigned int nr = PAGE / 2 / sizeof(*entries) - 1;
	uint64_t state = gene;

	for (unsigned int i = 0; i < nr; i++) {
		uint64_t genes[GENES];

		for (unsigned int j = 0; j < GENES; j++)
			genes[j] = random_number(&state);
		fill(thread, target, &entry_shape, genes, &entries[i]);
		if (!one_in(&state, 16))
			straighten(&entries[i]);
	}
	return (uintptr_t)pick_pointer(thread, gene >> 8, entries, nr * sizeof(*entries));
}

static uint64_t pick_field(struct thread *thread, const struct target *target,
			   enum kind kind, uint64_t gene)
{
	switch (kind) {
	case NOTHING: return gene % 32 ? 0 : pick_value(gene >> 5);
	case HANDLE: return pick_handle(target, gene);
	case METHOD: return gene % 16 ? (gene >> 4) % 3 : pick_value(gene >> 4);
	case LENGTH: return pick_length(gene);
	case OFFSET: return pick_offset(gene);
	case TIMEOUT: return pick_timeout(gene);
	case NUMBER: return pick_number(gene);
	case EVENTFD: return pick_eventfd(thread, target, gene);
	case ENTRIES: return pick_entries(thread, target, gene);
	default: return pick_value(gene);
	}
}

static void fill(struct thread *thread, const struct target *target, const struct shape *shape,
		 const uint64_t *genes, void *argument)
{
	for (unsigned int i = 0; i < MAX_FIELDS && shape->fields[i].size; i++) {
		const struct field *field = &shape->fields[i];
		uint64_t value = pick_field(thread, target, field->kind, genes[i]);

		memcpy((char *)argument + field->offset, &value, field->size);
	}
}

/* What takes long on any machine tells nothing: a factorial of billions. */
static void tame(unsigned int cmd, void *argument, uint64_t gene)
{
	struct edudma_factorial *factorial = argument;

	if (cmd == EDUDMA_TRANSFER && gene % 16)
		straighten(argument);
	if (cmd == EDUDMA_FACTORIAL)
		factorial->n %= 1 << 20;
}

static void check_alloc(const struct thread *thread, const struct edudma_buffer_alloc *alloc)
{
	if (!alloc->handle || !alloc->segments || alloc->mmap_offset % PAGE)
		complain(thread, "alloc returns handle=%u segments=%u mmap_offset=%#llx",
			 alloc->handle, alloc->segments, alloc->mmap_offset);
}

static void check_liveness(const struct thread *thread, const struct edudma_liveness *liveness)
{
	if (liveness->answer != ~liveness->value)
		complain(thread, "liveness of %#x is %#x", liveness->value, liveness->answer);
}

static void check_submit(const struct thread *thread, const struct edudma_submit *submit)
{
	if (submit->submitted > submit->count)
		complain(thread, "submitted %u of %u", submit->submitted, submit->count);
}

/* edu computes factorials in a thread of the host's, whose end no virtual clock knows. */
static int make_ioctl(int fd, unsigned int cmd, void *argument)
{
	if (_IOC_NR(cmd) == _IOC_NR(EDUDMA_FACTORIAL) && clock_is_virtual())
		return 0;
	return ioctl(fd, cmd, argument);
}

void call_ioctl(struct thread *thread, struct target *target, const struct call *call)
{
	const struct shape *shape = shape_of(call->number);
	size_t size = _IOC_SIZE(shape->cmd);
	void *argument = thread->arena + PAGE / 2 - 256;
	void *where;

	memset(argument, 0, 256);
	fill(thread, target, shape, call->genes, argument);
	tame(shape->cmd, argument, call->genes[GENES - 2]);
	where = pick_pointer(thread, call->genes[GENES - 1], argument, size);
	if (make_ioctl(target->fd, shape->cmd, where)) {
		check_errno(thread, shape->name, errno);
		return;
	}
	if (where != argument)
		return;
	if (shape->cmd == EDUDMA_BUFFER_ALLOC) {
		check_alloc(thread, argument);
		target_note(target, ((struct edudma_buffer_alloc *)argument)->handle);
	} else if (shape->cmd == EDUDMA_LIVENESS) {
		check_liveness(thread, argument);
	} else if (shape->cmd == EDUDMA_SUBMIT) {
		check_submit(thread, argument);
	}
}

/* A number that is wrong in one part: a struct that is shorter or longer, another direction */
void call_unknown(struct thread *thread, struct target *target, const struct call *call)
{
	const struct shape *shape = shape_of(call->number);
	unsigned int size = _IOC_SIZE(shape->cmd), direction = _IOC_DIR(shape->cmd);
	unsigned int number = _IOC_NR(shape->cmd), magic = EDUDMA_IOC_MAGIC;
	void *argument = thread->arena;

	memset(argument, 0, PAGE);
	fill(thread, target, shape, call->genes, argument);
	tame(shape->cmd, argument, 1);
	switch (call->genes[GENES - 1] % 8) {
	case 0: magic = call->genes[GENES - 2] % 256; break;
	case 1: number = call->genes[GENES - 2] % 256; break;
	case 2: direction = call->genes[GENES - 2] % 4; break;
	default: size = call->genes[GENES - 2] % 512;
	}
	if (call->genes[GENES - 1] % 64 > 60)
		memset(argument, 0xff, PAGE);
	if (make_ioctl(target->fd, _IOC(direction, magic, number, size),
		       pick_pointer(thread, call->genes[GENES - 1] >> 8, argument, size)))
		check_errno(thread, shape->name, errno);
}

static void check_completions(struct thread *thread)
{
	struct io_uring_cqe *cqe;

	while (!io_uring_peek_cqe(&thread->uring, &cqe)) {
		if (cqe->res > 0 || (cqe->res && cqe->res != -ECANCELED &&
				     !is_documented("edudma_transfer", -cqe->res)))
			complain(thread, "io_uring's result is %d", cqe->res);
		io_uring_cqe_seen(&thread->uring, cqe);
	}
}

void call_uring(struct thread *thread, struct target *target, const struct call *call)
{
	struct edudma_transfer transfer = {};
	struct io_uring_sqe *sqe;

	if (!thread->has_uring)
		return;
	check_completions(thread);
	sqe = io_uring_get_sqe(&thread->uring);
	if (!sqe)
		return;
	fill(thread, target, shape_of(_IOC_NR(EDUDMA_TRANSFER)), call->genes, &transfer);
	tame(EDUDMA_TRANSFER, &transfer, call->genes[GENES - 2]);
	if (call->genes[GENES - 1] % 8)
		transfer.timeout_ns = 0;
	prepare_transfer(sqe, target->fd,
			 call->genes[GENES - 1] % 32 ? EDUDMA_TRANSFER : call->genes[GENES - 3],
			 &transfer);
	io_uring_submit(&thread->uring);
	check_completions(thread);
}
