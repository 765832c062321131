// SPDX-License-Identifier: GPL-2.0-only
/* Who may ask for memory, and which memory is not for DMA */
#include "answer.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/memlab.h>

#include "say.h"

#define ATTEMPTS 16

static int in_interrupt(struct machine *machine, struct memlab_alloc *alloc)
{
	alloc->in_interrupt = true;
	alloc->attempts = ATTEMPTS;
	return ioctl(machine->lab, MEMLAB_ALLOC, alloc) ?
	       fail("%s in an interrupt: " MEMLAB_DEVICE ": %s", kind_names[alloc->kind],
		    strerror(errno)) : 0;
}

/* What is allowed there */
int measure_interrupt(struct machine *machine)
{
	static const uint32_t kinds[] = { MEMLAB_KMALLOC, MEMLAB_PAGES, MEMLAB_COHERENT };
	struct figures *figures = &machine->figures;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct memlab_alloc alloc = {
			.kind = kinds[i], .gfp = MEMLAB_GFP_ATOMIC, .size = 4096,
		};
		const char *name = kind_names[kinds[i]];

		if (in_interrupt(machine, &alloc))
			return 1;
		figures_set(figures, alloc.attempts, "interrupt.%s.attempts", name);
		figures_set(figures, alloc.got, "interrupt.%s.got", name);
		figures_set(figures, alloc.hardirq, "interrupt.%s.hardirq", name);
		figures_set(figures, 0, "interrupt.%s.bugs", name);
	}
	return 0;
}

/* A debug kernel notices; others let it pass until it goes wrong */
int measure_sleeping(struct machine *machine)
{
	const char *kernel = access("/proc/lockdep_stats", F_OK) ? "plain" : "debug";
	struct memlab_alloc alloc = { .kind = MEMLAB_KMALLOC, .size = 4096 };
	FILE *log = log_open();

	if (in_interrupt(machine, &alloc))
		return 1;
	figures_set(&machine->figures, alloc.hardirq, "sleeping.%s.hardirq", kernel);
	figures_set(&machine->figures, alloc.got, "sleeping.%s.got", kernel);
	figures_set(&machine->figures, log_count(log, "BUG: sleeping function called from invalid"),
		    "sleeping.%s.reports", kernel);
	return 0;
}

/* The forbidden kind; if the guest dies of it, its console is read afterwards */
static void note_forbidden(struct figures *figures, uint64_t got, uint64_t hardirq, FILE *log)
{
	figures_set(figures, ATTEMPTS, "interrupt.vmalloc.attempts");
	figures_set(figures, got, "interrupt.vmalloc.got");
	figures_set(figures, hardirq, "interrupt.vmalloc.hardirq");
	figures_set(figures, log_count(log, "kernel BUG at mm/vmalloc.c"), "interrupt.vmalloc.bugs");
}

int measure_forbidden(struct machine *machine)
{
	struct memlab_alloc alloc = {
		.kind = MEMLAB_VMALLOC, .gfp = MEMLAB_GFP_ATOMIC, .size = 4096,
	};
	FILE *log = log_open();

	if (in_interrupt(machine, &alloc))
		return 1;
	note_forbidden(&machine->figures, alloc.got, alloc.hardirq, log);
	return 0;
}

int autopsy_forbidden(struct figures *figures, const char *console)
{
	FILE *file = fopen(console, "re");

	if (!file)
		return fail("cannot read %s: %s", console, strerror(errno));
	note_forbidden(figures, 0, log_count(fopen(console, "re"), "<IRQ>") > 0, file);
	return 0;
}

static void note_answers(struct figures *figures, const char *name, const char *when, uint32_t bits)
{
	figures_set(figures, !!(bits & MEMLAB_VIRT_ADDR_VALID),
		    "handover.%s.%s.virt_addr_valid", name, when);
	figures_set(figures, !!(bits & MEMLAB_IS_VMALLOC_ADDR),
		    "handover.%s.%s.is_vmalloc_addr", name, when);
	figures_set(figures, !!(bits & MEMLAB_ON_STACK),
		    "handover.%s.%s.object_is_on_stack", name, when);
}

/* The kernel warns once of a kind of mistake; each is refused all the same */
int measure_handover(struct machine *machine)
{
	static const char *const names[MEMLAB_NR_MEMORIES] = {
		[MEMLAB_SLAB] = "slab", [MEMLAB_VMALLOCED] = "vmalloc",
		[MEMLAB_STACK] = "stack", [MEMLAB_STATIC] = "static",
	};
	struct figures *figures = &machine->figures;

	for (uint32_t memory = 0; memory < MEMLAB_NR_MEMORIES; memory++) {
		struct memlab_handover handover = { .memory = memory };
		FILE *log = log_open();

		if (ioctl(machine->lab, MEMLAB_HANDOVER, &handover))
			return fail("handover: " MEMLAB_DEVICE ": %s", strerror(errno));
		figures_set(figures, handover.mapped, "handover.%s.mapped", names[memory]);
		figures_set(figures, log_count(log, "WARNING: "),
			    "handover.%s.warnings", names[memory]);
		note_answers(figures, names[memory], "before", handover.before);
		note_answers(figures, names[memory], "after", handover.after);
	}
	return 0;
}
