// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation of a request is made to fail, one after the other: by the fault
 * injection of a debug kernel (Documentation/fault-injection/fault-injection.rst)
 */
#include "answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

#define BYTES	(64 << 10)
#define NTH_MAX	1000

#define FAULTS	"/sys/kernel/debug"

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* Without the first three, allocations that may sleep never fail */
static bool prepare_injection(void)
{
	return write_text(FAULTS "/failslab/ignore-gfp-wait", "N") &&
	       write_text(FAULTS "/fail_page_alloc/ignore-gfp-wait", "N") &&
	       write_text(FAULTS "/fail_page_alloc/min-order", "0") &&
	       write_text(FAULTS "/failslab/verbose", "0") &&
	       write_text(FAULTS "/fail_page_alloc/verbose", "0") &&
	       write_text(FAULTS "/fail_usercopy/verbose", "0");
}

/**
 * struct sweep - a step, with one allocation of it failing, then the next
 * @fd: the device
 * @method: the kind of memory
 * @injected: failures, each of another allocation
 * @reported: of those the caller was told ENOMEM
 * @other: of those he was told something else: EFAULT, where not an allocation
 *	failed but the copy to or from user space
 * @unnoticed: of those he was told nothing, because there was another way
 */
struct sweep {
	int fd;
	uint32_t method;
	uint64_t injected;
	uint64_t reported;
	uint64_t other;
	uint64_t unnoticed;
};

static int one_request(const struct sweep *sweep)
{
	struct edudma_buffer buffer;
	struct edudma_transfer transfer;
	int error = edudma_buffer_alloc(sweep->fd, sweep->method, BYTES, &buffer);
	int freed;

	if (error)
		return error;
	edudma_prepare_to_device(&transfer, &buffer, 0, 0, 4096);
	error = edudma_transfer(sweep->fd, &transfer);
	freed = edudma_buffer_free(sweep->fd, &buffer);
	return error ? error : freed;
}

/* Returns false when the request has fewer allocations than that */
static bool fail_nth(struct sweep *sweep, unsigned int nth)
{
	int nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	char text[16] = "";
	bool injected;
	int error;

	dprintf(nth_fd, "%u", nth);
	error = one_request(sweep);
	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 0)
		text[0] = '1';
	injected = atoi(text) == 0;
	if (!injected && pwrite(nth_fd, "0", 1, 0) != 1)
		injected = false;
	close(nth_fd);
	if (!injected)
		return false;
	sweep->injected++;
	sweep->reported += error == -ENOMEM;
	sweep->unnoticed += !error;
	sweep->other += error && error != -ENOMEM;
	return true;
}

/* Lines of the kernel's own list of lost memory, after it has looked for some */
static uint64_t count_leaks(void)
{
	if (!write_text("/sys/kernel/debug/kmemleak", "scan") ||
	    !write_text("/sys/kernel/debug/kmemleak", "scan"))
		return UINT64_MAX;
	return log_count(fopen("/sys/kernel/debug/kmemleak", "re"), "unreferenced object");
}

static int sweep_method(struct machine *machine, const struct edudma_method_info *method)
{
	struct figures *figures = &machine->figures;
	struct sweep sweep = { .fd = machine->device->fd, .method = method->index };
	unsigned int nth = 1;

	while (nth < NTH_MAX && fail_nth(&sweep, nth))
		nth++;
	if (!sweep.injected || nth == NTH_MAX)
		return fail("failing: no end of failures, or none, with %s", method->name);
	figures_set(figures, sweep.injected, "failing.%s.injected", method->name);
	figures_set(figures, sweep.reported, "failing.%s.enomem", method->name);
	figures_set(figures, sweep.unnoticed, "failing.%s.unnoticed", method->name);
	figures_set(figures, sweep.other, "failing.%s.other_errno", method->name);
	return 0;
}

int measure_failing(struct machine *machine)
{
	uint64_t leaks;

	if (!prepare_injection())
		return fail("failing: this kernel has no fault injection; a debug kernel has");
	for (uint32_t m = 0; m < machine->device->nr_methods; m++)
		if (sweep_method(machine, &machine->device->methods[m]))
			return EXIT_FAILURE;
	leaks = count_leaks();
	if (leaks == UINT64_MAX)
		return fail("failing: this kernel has no kmemleak; a debug kernel has");
	figures_set(&machine->figures, leaks, "failing.lost");
	return 0;
}
