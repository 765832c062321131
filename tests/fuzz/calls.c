// SPDX-License-Identifier: GPL-2.0-only
/* Makes the calls of a program, on files that it shares and on its own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "complaint.h"
#include "../guest/sound.h"

/* In the arena */
#define WRITABLE	0
#define NOWHERE		PAGE
#define READABLE	(2 * PAGE)
#define LATE		(3 * PAGE)
#define ARENA		(4 * PAGE)

/* Tells of pages that are late. */
static int late_fd;

static __thread sigjmp_buf on_fault;
static __thread volatile bool may_fault;

static void handle_fault(int signal)
{
	if (may_fault)
		siglongjmp(on_fault, 1);
	/* The fuzzer's own mistake: the same once more, without a handler. */
	sigaction(signal, &(struct sigaction) { .sa_handler = SIG_DFL }, NULL);
}

static void handle_interruption(int signal)
{
	(void)signal;
}

bool clock_is_virtual(void)
{
	const char *clock = getenv("EDUDMA_CLOCK");

	return clock && !strcmp(clock, "virtual");
}

/* They come with what is in the arena's first page. */
static void *serve_late_pages(void *unused)
{
	struct uffd_msg message;

	while (read(late_fd, &message, sizeof(message)) == sizeof(message)) {
		uint64_t page = message.arg.pagefault.address / PAGE * PAGE;
		struct uffdio_copy copy = { .dst = page, .src = page - LATE, .len = PAGE };

		usleep(50000);
		ioctl(late_fd, UFFDIO_COPY, &copy);
	}
	return unused;
}

static void late_init(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	pthread_t server;

	late_fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	ASSERT_OK(late_fd);
	ASSERT_OK(ioctl(late_fd, UFFDIO_API, &api));
	ASSERT(!pthread_create(&server, NULL, serve_late_pages, NULL));
}

void calls_init(void)
{
	struct sigaction fault = { .sa_handler = handle_fault, .sa_flags = SA_NODEFER };
	struct sigaction interruption = { .sa_handler = handle_interruption };

	ASSERT_OK(sigaction(SIGSEGV, &fault, NULL));
	ASSERT_OK(sigaction(SIGBUS, &fault, NULL));
	/* Without SA_RESTART: it shall end calls. */
	ASSERT_OK(sigaction(SIGUSR1, &interruption, NULL));
	late_init();
}

void calls_thread_init(struct thread *thread)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };
	struct uffdio_register late = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	unsigned int flags = IORING_SETUP_SQE128 | IORING_SETUP_CQE32;

	thread->arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(thread->arena != MAP_FAILED);
	ASSERT_OK(mprotect(thread->arena + NOWHERE, PAGE, PROT_NONE));
	ASSERT_OK(mprotect(thread->arena + READABLE, PAGE, PROT_READ));
	late.range.start = (uintptr_t)thread->arena + LATE;
	late.range.len = PAGE;
	ASSERT_OK(ioctl(late_fd, UFFDIO_REGISTER, &late));
	thread->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_OK(thread->eventfd);
	/* Wide entries: a transfer does not fit into others. Some take results only when asked. */
	if (thread->random % 2)
		flags |= IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
	thread->has_uring = !io_uring_queue_init(8, &thread->uring, flags);
	event._sigev_un._tid = gettid();
	ASSERT_OK(timer_create(CLOCK_MONOTONIC, &event, &thread->timer));
	for (unsigned int i = 0; i < ARRAY_SIZE(thread->own); i++)
		thread->own[i].fd = -1;
}

void calls_thread_exit(struct thread *thread)
{
	timer_delete(thread->timer);
	if (thread->has_uring)
		io_uring_queue_exit(&thread->uring);
	close(thread->eventfd);
	munmap(thread->arena, ARENA);
}

uint64_t pick_value(uint64_t gene)
{
	static const uint64_t favourites[] = {
		0, 1, 2, 3, 7, 8, 63, 64, 65, 255, 256, 1023, 1024, 1025, 4095, 4096, 4097,
		65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		1ULL << 51, 1ULL << 52, INT64_MAX, 1ULL << 63, UINT64_MAX - 4096, UINT64_MAX,
	};
	uint64_t rest = gene >> 8;

	switch (gene % 4) {
	case 0: return rest;
	case 1: return rest >> (gene >> 2) % 56;
	default: return favourites[rest % ARRAY_SIZE(favourites)];
	}
}

uint64_t pick_length(uint64_t gene)
{
	uint64_t rest = gene >> 4;

	switch (gene % 16) {
	case 0: return pick_value(rest);
	case 1: return rest % (1 << 18);
	case 2: return rest % 65536 / PAGE * PAGE;
	case 3: case 4: return PAGE;
	case 5: case 6: case 7: return 1 + rest % (2 * PAGE);
	default: return 1 + rest % 256;
	}
}

uint32_t pick_handle(const struct target *target, uint64_t gene)
{
	uint64_t rest = gene >> 4;

	switch (gene % 16) {
	case 0: return pick_value(rest);
	case 1: return rest % 8;
	default: return target->handles[rest % NR_HANDLES];
	}
}

static bool copy_guarded(void *to, const void *from, size_t size)
{
	if (sigsetjmp(on_fault, 1)) {
		may_fault = false;
		return false;
	}
	may_fault = true;
	memcpy(to, from, size);
	may_fault = false;
	return true;
}

/* What the device may write at the same time */
static void *in_a_mapping(struct thread *thread, uint64_t gene, void *good, size_t size)
{
	struct mapping *mapping = &thread->mappings[gene % NR_MAPPINGS];

	if (mapping->length < size || !copy_guarded(mapping->memory, good, size))
		return good;
	return mapping->memory;
}

/* What is not there until somebody brings it */
static void *in_a_late_page(struct thread *thread, void *good)
{
	madvise(thread->arena + LATE, PAGE, MADV_DONTNEED);
	return (uint8_t *)good + LATE;
}

void *pick_pointer(struct thread *thread, uint64_t gene, void *good, size_t size)
{
	uint8_t *arena = thread->arena;

	switch (gene % 64) {
	case 0: return NULL;
	case 1: return arena + NOWHERE;
	case 2: return arena + READABLE;
	case 3: return memmove(arena + NOWHERE - size / 2, good, size / 2);
	case 4: return (void *)0xffff888000001000;
	case 5: return (void *)0x800000000000;
	case 6: return (void *)~0xfULL;
	case 7: return memmove((uint8_t *)good + 1, good, size);
	case 8 ... 15: return in_a_mapping(thread, gene >> 6, good, size);
	case 16 ... 17: return in_a_late_page(thread, good);
	default: return good;
	}
}

void complain(const struct thread *thread, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complaint_note(text, thread->program);
}

static bool is_shared(const struct thread *thread, const struct target *target)
{
	return target >= thread->shared && target < thread->shared + NR_SHARED;
}

void target_note(struct target *target, uint32_t handle)
{
	/* Many times over, so that a guess hits */
	for (unsigned int i = 0; i < NR_HANDLES / 4; i++)
		target->handles[target->next++ % NR_HANDLES] = handle;
}

void target_open(struct target *target, int flags, bool furnish)
{
	struct edudma_ring_setup ring = { .entries = 64, .eventfd = -1 };

	memset(target, 0, sizeof(*target));
	target->fd = open(device_path(), flags | O_CLOEXEC);
	for (uint32_t method = 0; furnish && method < 3; method++) {
		struct edudma_buffer_alloc alloc = { .method = method, .length = PAGE };

		if (!ioctl(target->fd, EDUDMA_BUFFER_ALLOC, &alloc))
			target_note(target, alloc.handle);
	}
	if (furnish)
		ioctl(target->fd, EDUDMA_RING, &ring);
}

static struct target *target_of(struct thread *thread, const struct call *call)
{
	struct target *target;

	if (call->file < NR_SHARED)
		return &thread->shared[call->file];
	target = &thread->own[call->file - NR_SHARED];
	if (target->fd < 0)
		target_open(target, call->number % 16 ? O_RDWR : O_RDONLY, call->genes[0] % 4);
	return target;
}

static void call_close(struct thread *thread, struct target *target)
{
	int fd;

	if (!is_shared(thread, target)) {
		close(target->fd);
		target->fd = -1;
		return;
	}
	/* Its number stays one of the device's, whoever is using it. */
	fd = open(device_path(), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	dup3(fd, target->fd, O_CLOEXEC);
	close(fd);
}

static void call_dup(struct thread *thread, struct target *target)
{
	struct edudma_info info;
	int fd = dup(target->fd);

	if (fd < 0)
		return;
	if (ioctl(fd, EDUDMA_INFO, &info))
		complain(thread, "info of a duplicate: %s", strerrorname_np(errno));
	if (is_shared(thread, target)) {
		close(fd);
	} else {
		close(target->fd);
		target->fd = fd;
	}
}

static void check_mmap_errno(const struct thread *thread, int error)
{
	static const int errors[] = {
		EINVAL, ENOENT, ENOMEM, ENODEV, EACCES, EAGAIN, EOVERFLOW, EPERM
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(errors); i++)
		if (error == errors[i])
			return;
	complain(thread, "mmap fails with %s", strerrorname_np(error));
}

static uint64_t pick_mmap_offset(const struct target *target, const uint64_t *genes)
{
	uint64_t handle = pick_handle(target, genes[0]);

	switch (genes[1] % 8) {
	case 0: return pick_value(genes[2]) / PAGE * PAGE;
	case 1: case 2: return genes[2] % 4 ? 0 : genes[2] / 4 % 4 * PAGE;
	case 3: return (handle << 32) + genes[2] % 16 * PAGE;
	default: return handle << 32;
	}
}

static void call_mmap(struct thread *thread, struct target *target, const struct call *call)
{
	static const int flags[] = {
		MAP_SHARED, MAP_SHARED, MAP_SHARED, MAP_SHARED | MAP_POPULATE,
		MAP_SHARED, MAP_SHARED | MAP_LOCKED, MAP_SHARED_VALIDATE, MAP_PRIVATE,
	};
	const uint64_t *genes = call->genes;
	struct mapping *mapping = &thread->mappings[genes[3] % NR_MAPPINGS];
	size_t length = genes[4] % 2 ? PAGE : genes[4] / 2 % 8 * PAGE;
	int prot = genes[5] % 4 ? PROT_READ | PROT_WRITE : genes[5] / 4 % 8;
	void *memory;

	memory = mmap(NULL, length, prot, flags[genes[6] % ARRAY_SIZE(flags)],
		      target->fd, pick_mmap_offset(target, genes));
	if (memory == MAP_FAILED) {
		check_mmap_errno(thread, errno);
		return;
	}
	if (mapping->memory)
		munmap(mapping->memory, mapping->length);
	mapping->memory = memory;
	mapping->length = length;
}

static struct mapping *mapping_of(struct thread *thread, const struct call *call)
{
	/* One that is there, if any is */
	for (unsigned int i = 0; i < NR_MAPPINGS; i++) {
		unsigned int at = (call->genes[0] + i) % NR_MAPPINGS;

		if (thread->mappings[at].memory)
			return &thread->mappings[at];
	}
	return NULL;
}

static void call_touch(struct thread *thread, const struct call *call)
{
	struct mapping *mapping = mapping_of(thread, call);
	uint32_t value = pick_value(call->genes[1]);
	uint8_t *at;

	if (!mapping)
		return;
	/* Often the first words, which matter in a ring */
	at = mapping->memory + (call->genes[2] % 2 ? call->genes[2] / 2 % 160 / 4 * 4 :
				call->genes[2] / 2 % mapping->length / 4 * 4);
	if (call->genes[3] % 2)
		copy_guarded(&value, at, sizeof(value));
	else
		copy_guarded(at, &value, sizeof(value));
}

static void call_remap(struct thread *thread, const struct call *call)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_DONTFORK, MADV_DOFORK, MADV_WILLNEED, MADV_FREE,
		MADV_DODUMP, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_WRITE, MADV_REMOVE,
	};
	struct mapping *mapping = mapping_of(thread, call);
	const uint64_t *genes = call->genes;
	void *memory;

	if (!mapping)
		return;
	switch (genes[1] % 6) {
	case 0:
		memory = mremap(mapping->memory, mapping->length, genes[2] % 8 * PAGE, MREMAP_MAYMOVE);
		if (memory == MAP_FAILED)
			return;
		mapping->memory = memory;
		mapping->length = genes[2] % 8 * PAGE;
		return;
	case 1:
		/* Some page of it: that makes up to three of one. */
		mprotect(mapping->memory + genes[3] % mapping->length / PAGE * PAGE, PAGE,
			 genes[2] % 8);
		return;
	case 2:
		msync(mapping->memory, mapping->length, MS_SYNC);
		return;
	case 3:
		mlock(mapping->memory, mapping->length);
		munlock(mapping->memory, mapping->length);
		return;
	default:
		madvise(mapping->memory, mapping->length, advices[genes[2] % ARRAY_SIZE(advices)]);
	}
}

static void call_munmap(struct thread *thread, const struct call *call)
{
	struct mapping *mapping = mapping_of(thread, call);

	if (!mapping)
		return;
	if (mapping->length > PAGE && call->genes[1] % 2) {
		mapping->length -= PAGE;
		munmap(mapping->memory + mapping->length, PAGE);
		return;
	}
	munmap(mapping->memory, mapping->length);
	mapping->memory = NULL;
	mapping->length = 0;
}

static void call_poll(struct thread *thread, struct target *target, const struct call *call)
{
	struct pollfd fds[] = {
		{ .fd = target->fd, .events = call->genes[0] },
		{ .fd = thread->eventfd, .events = POLLIN },
	};
	uint64_t value;

	if (poll(fds, ARRAY_SIZE(fds), call->genes[1] % 4) > 0 &&
	    fds[0].revents & ~(POLLIN | POLLRDNORM | POLLHUP | POLLERR))
		complain(thread, "poll returns %#x", fds[0].revents);
	if (fds[1].revents && read(thread->eventfd, &value, sizeof(value)) != sizeof(value) &&
	    errno != EAGAIN)
		complain(thread, "read of the eventfd: %s", strerrorname_np(errno));
}

/* What a device that is no stream does not do */
static void call_file(struct thread *thread, struct target *target, const struct call *call)
{
	void *memory = pick_pointer(thread, call->genes[0], thread->arena, 16);

	if (read(target->fd, memory, 16) != -1 || write(target->fd, memory, 16) != -1)
		complain(thread, "it can be read or written");
	if (lseek(target->fd, call->genes[1], SEEK_SET) != -1)
		complain(thread, "it has a position");
	fcntl(target->fd, F_SETFL, call->genes[2] % 2 ? O_NONBLOCK : 0);
	fsync(target->fd);
	if (ftruncate(target->fd, 0) != -1)
		complain(thread, "it can be truncated");
}

static void call_show(const struct call *call)
{
	static const char * const files[] = {
		"/sys/kernel/debug/edudma/edudma0/buffers",
		"/sys/kernel/debug/edudma/edudma0/counters",
		"/sys/kernel/debug/edudma/edudma0/registers",
		"/sys/module/edudma/parameters/completion",
		"/sys/module/edudma/parameters/quota_mb",
	};
	char text[4096];
	int fd = open(files[call->number % ARRAY_SIZE(files)], O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	while (read(fd, text, 1 + call->genes[0] % sizeof(text)) > 0)
		;
	close(fd);
}

static void call_tune(const struct call *call)
{
	static const char * const modes[] = { "interrupt", "poll", "hybrid", "never", "" };
	const char *mode = modes[call->number % ARRAY_SIZE(modes)];
	int fd = open("/sys/module/edudma/parameters/completion", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, mode, strlen(mode));
	close(fd);
}

static void call_interrupt(struct thread *thread, const struct call *call)
{
	struct itimerspec when = { .it_value.tv_nsec = 1 + call->genes[0] % 200000000 };

	timer_settime(thread->timer, 0, &when, NULL);
}

static void call_sound(struct thread *thread, const struct call *call)
{
	struct sound sound;

	sound_open(&sound, call->genes[0], 2 * PAGE);
	sound_step(&sound);
	if (sound.wrong)
		complain(thread, "wrong bytes: %s", sound.what);
	thread->verified += sound.verified;
	sound_close(&sound);
}

static void make_calls(struct thread *thread, unsigned int from);

/* A child goes on with the same program, on the same files; who is it that closes them last? */
static void call_fork(struct thread *thread, unsigned int next)
{
	pid_t child;

	if (thread->child)
		return;
	child = fork();
	if (child) {
		thread->child = child > 0 ? child : 0;
		return;
	}
	thread->child = -1;
	alarm(120);
	make_calls(thread, next);
	_exit(0);
}

static void call_stop(const struct thread *thread, const struct call *call)
{
	if (thread->child > 0)
		kill(thread->child, call->number % 2 ? SIGSTOP : SIGCONT);
}

static void reap_child(struct thread *thread)
{
	int status;

	if (thread->child > 0) {
		kill(thread->child, SIGCONT);
		if (thread->program->calls[0].genes[0] % 2)
			kill(thread->child, SIGKILL);
		while (waitpid(thread->child, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			complain(thread, "a child dies of SIG%s", sigabbrev_np(WTERMSIG(status)));
	}
	thread->child = 0;
}

static void make_call(struct thread *thread, const struct call *call, unsigned int next)
{
	struct target *target = target_of(thread, call);

	/* It could not be opened. */
	if (target->fd < 0)
		return;
	switch (call->verb) {
	case CALL_IOCTL: call_ioctl(thread, target, call); break;
	case CALL_UNKNOWN: call_unknown(thread, target, call); break;
	case CALL_MMAP: call_mmap(thread, target, call); break;
	case CALL_TOUCH: call_touch(thread, call); break;
	case CALL_REMAP: call_remap(thread, call); break;
	case CALL_MUNMAP: call_munmap(thread, call); break;
	case CALL_POLL: call_poll(thread, target, call); break;
	case CALL_DUP: call_dup(thread, target); break;
	case CALL_CLOSE: call_close(thread, target); break;
	case CALL_FORK: call_fork(thread, next); break;
	case CALL_STOP: call_stop(thread, call); break;
	case CALL_FILE: call_file(thread, target, call); break;
	case CALL_SHOW: call_show(call); break;
	case CALL_TUNE: call_tune(call); break;
	}
	/* What a child did not inherit */
	if (thread->child < 0)
		return;
	switch (call->verb) {
	case CALL_INTERRUPT: call_interrupt(thread, call); break;
	case CALL_URING: call_uring(thread, target, call); break;
	case CALL_SOUND: call_sound(thread, call); break;
	}
}

static void make_calls(struct thread *thread, unsigned int from)
{
	for (unsigned int i = from; i < thread->program->nr; i++) {
		make_call(thread, &thread->program->calls[i], i + 1);
		thread->calls++;
	}
}

static void clean_up(struct thread *thread)
{
	timer_settime(thread->timer, 0, &(struct itimerspec) {}, NULL);
	for (unsigned int i = 0; i < NR_MAPPINGS; i++)
		if (thread->mappings[i].memory)
			munmap(thread->mappings[i].memory, thread->mappings[i].length);
	memset(thread->mappings, 0, sizeof(thread->mappings));
	for (unsigned int i = 0; i < ARRAY_SIZE(thread->own); i++) {
		if (thread->own[i].fd >= 0)
			close(thread->own[i].fd);
		thread->own[i].fd = -1;
	}
	reap_child(thread);
}

void calls_run(struct thread *thread, const struct program *program)
{
	thread->program = program;
	make_calls(thread, 0);
	clean_up(thread);
}
