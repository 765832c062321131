// SPDX-License-Identifier: GPL-2.0-only
/* How much memory there is of each kind, in one piece and in all */
#include "answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/memlab.h>

#include "number.h"
#include "say.h"

#define PAGE		4096ULL
#define KEEP_ONE_IN	64
#define ATTEMPTS_MAX	256
#define EXACT		(8ULL << 20)

/* A number from a file of lines "NAME[:] NUMBER", such as /proc/meminfo; or zero */
static uint64_t read_line(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	unsigned long long number = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) &&
		    sscanf(line + strlen(name), "%*[: ]%llu", &number) == 1)
			break;
	fclose(file);
	return number;
}

static uint64_t free_bytes(void)
{
	return read_line("/proc/meminfo", "MemFree") * 1024;
}

static int allocate(const struct machine *machine, struct memlab_alloc *alloc)
{
	return ioctl(machine->lab, MEMLAB_ALLOC, alloc) ?
	       fail("%s: " MEMLAB_DEVICE ": %s", kind_names[alloc->kind], strerror(errno)) : 0;
}

static bool can_have(const struct machine *machine, uint32_t kind, uint64_t size)
{
	struct memlab_alloc alloc = { .kind = kind, .size = size, .attempts = 1 };

	return !allocate(machine, &alloc) && alloc.got;
}

/*
 * By trying: twice as much each time, then halfway between what works and what does
 * not; to the page, or to 2 % where a page does not matter
 */
static uint64_t find_largest(const struct machine *machine, uint32_t kind)
{
	uint64_t good = PAGE, bad, size;

	while (can_have(machine, kind, 2 * good))
		good *= 2;
	bad = 2 * good;
	while (bad - good > (good > EXACT ? good / 64 : PAGE)) {
		size = good + (bad - good) / 2 / PAGE * PAGE;
		if (can_have(machine, kind, size))
			good = size;
		else
			bad = size;
	}
	return good;
}

int measure_kmalloc_limit(struct machine *machine)
{
	figures_set(&machine->figures, find_largest(machine, MEMLAB_KMALLOC),
		    "kmalloc-limit.bytes");
	return 0;
}

int measure_limits(struct machine *machine)
{
	static const uint32_t kinds[] = {
		MEMLAB_KMALLOC, MEMLAB_VMALLOC, MEMLAB_PAGES, MEMLAB_COHERENT
	};

	figures_set(&machine->figures, free_bytes(), "limits.free");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		figures_set(&machine->figures, find_largest(machine, kinds[i]), "limits.%s",
			    kind_names[kinds[i]]);
	return 0;
}

/* Asks for up to a quarter of what is free, in pieces of each size */
static int measure_failures(struct machine *machine, const char *when)
{
	static const uint32_t kinds[] = { MEMLAB_KMALLOC, MEMLAB_KVMALLOC, MEMLAB_VMALLOC };
	uint64_t budget = free_bytes() / 4;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (uint64_t size = PAGE; size <= 4 << 20; size *= 2) {
			struct memlab_alloc alloc = {
				.kind = kinds[i], .size = size,
				.attempts = (uint32_t)least(budget / size, ATTEMPTS_MAX),
			};
			char prefix[64];

			if (allocate(machine, &alloc))
				return EXIT_FAILURE;
			snprintf(prefix, sizeof(prefix), "fragments.%s.%s.%llu", when,
				 kind_names[kinds[i]], (unsigned long long)size);
			figures_set(&machine->figures, alloc.attempts, "%s.attempts", prefix);
			figures_set(&machine->figures, alloc.got, "%s.got", prefix);
			figures_set(&machine->figures,
				    100ULL * (alloc.attempts - alloc.got) / alloc.attempts,
				    "%s.failed_percent", prefix);
		}
	}
	return 0;
}

int measure_fragments(struct machine *machine)
{
	struct memlab_fragment fragment = { .keep_one_in = KEEP_ONE_IN };

	if (measure_failures(machine, "fresh"))
		return EXIT_FAILURE;
	if (ioctl(machine->lab, MEMLAB_FRAGMENT, &fragment))
		return fail("fragments: " MEMLAB_DEVICE ": %s", strerror(errno));
	figures_set(&machine->figures, fragment.taken, "fragments.taken");
	figures_set(&machine->figures, fragment.kept, "fragments.kept");
	figures_set(&machine->figures, free_bytes(), "fragments.free");
	return measure_failures(machine, "after");
}

/*
 * Fills memory with pages that the kernel may take back, but has to work for: what
 * a machine looks like that has been up for a while.
 */
static void *fill_memory(uint64_t bytes)
{
	void *memory;

	if (!bytes) {
		errno = ENOMEM;
		return NULL;
	}
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	memset(memory, 1, bytes);
	if (madvise(memory, bytes, MADV_FREE)) {
		munmap(memory, bytes);
		return NULL;
	}
	return memory;
}

static uint64_t direct_reclaims(void)
{
	return read_line("/proc/vmstat", "allocstall_normal") +
	       read_line("/proc/vmstat", "allocstall_dma32") +
	       read_line("/proc/vmstat", "allocstall_dma") +
	       read_line("/proc/vmstat", "allocstall_movable");
}

static int press(struct machine *machine, uint32_t gfp, bool in_interrupt, const char *name)
{
	uint64_t most = free_bytes() * 7 / 8;
	struct memlab_alloc alloc = {
		.kind = MEMLAB_PAGES, .gfp = gfp, .size = PAGE, .in_interrupt = in_interrupt,
		.attempts = (uint32_t)(most / 2 / PAGE),
	};
	void *memory = fill_memory(most);
	uint64_t reclaims = direct_reclaims();
	int status;

	if (!memory)
		return fail("pressure: cannot fill memory: %s", strerror(errno));
	status = allocate(machine, &alloc);
	figures_set(&machine->figures, alloc.attempts, "pressure.%s.attempts", name);
	figures_set(&machine->figures, alloc.got, "pressure.%s.got", name);
	figures_set(&machine->figures, direct_reclaims() - reclaims, "pressure.%s.reclaims", name);
	munmap(memory, most);
	return status;
}

int measure_pressure(struct machine *machine)
{
	int status = press(machine, MEMLAB_GFP_KERNEL, false, "kernel");

	if (!status)
		status = press(machine, MEMLAB_GFP_NOWAIT, false, "nowait");
	if (!status)
		status = press(machine, MEMLAB_GFP_ATOMIC, true, "atomic");
	return status;
}
