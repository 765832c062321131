// SPDX-License-Identifier: GPL-2.0-only
/* What was wrong, in memory that threads and children share. */
#include <stdio.h>
#include <string.h>

#include "../guest/device.h"
#include "complaint.h"

static struct {
	unsigned int number;
	char text[200];
	char program[MAX_CALLS * 300];
} *complaint;

void complaint_init(void)
{
	complaint = mmap(NULL, sizeof(*complaint), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(complaint != MAP_FAILED);
}

void complaint_note(const char *text, const struct program *program)
{
	if (__atomic_fetch_add(&complaint->number, 1, __ATOMIC_RELAXED))
		return;
	snprintf(complaint->text, sizeof(complaint->text), "%s", text);
	program_print(program, complaint->program, sizeof(complaint->program));
}

bool complaint_none(void)
{
	char *line, *rest = complaint->program;

	if (!complaint->number)
		return true;
	ktap_diag("the first of %u: %s", complaint->number, complaint->text);
	ktap_diag("in this program:");
	while ((line = strsep(&rest, "\n")))
		ktap_diag("  %s", line);
	memset(complaint, 0, sizeof(*complaint));
	return false;
}
