// SPDX-License-Identifier: GPL-2.0-only
#include "completion.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

#define PARAMETER "/sys/module/edudma/parameters/completion"

static const int signals[] = { SIGHUP, SIGINT, SIGTERM };

static char saved[16];
static pid_t saved_by;

void completion_read(char *into, size_t size)
{
	FILE *file = fopen(PARAMETER, "re");

	*into = '\0';
	if (!file)
		return;
	if (fgets(into, (int)size, file))
		into[strcspn(into, "\n")] = '\0';
	fclose(file);
}

/* 0 or an errno; fit for a signal's handler */
static int write_parameter(const char *mode)
{
	int fd = open(PARAMETER, O_WRONLY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, mode, strlen(mode)) < 0)
		error = errno;
	close(fd);
	return error;
}

void completion_restore(void)
{
	/* children have a copy of all this, but it is the parent's business */
	if (*saved && getpid() == saved_by)
		write_parameter(saved);
	*saved = '\0';
}

static void restore_and_die(int signal)
{
	completion_restore();
	raise(signal);
}

int completion_set(const char *mode)
{
	struct sigaction action = { .sa_handler = restore_and_die, .sa_flags = SA_RESETHAND };
	int error;

	completion_read(saved, sizeof(saved));
	saved_by = getpid();
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	error = write_parameter(mode);
	if (!error)
		return 0;
	*saved = '\0';
	if (error == EINVAL)
		return fail("the driver knows no completion '%s'; it knows interrupt, hybrid and "
			    "poll", mode);
	return fail("cannot write %s: %s%s", PARAMETER, strerror(error),
		    error == ENOENT ? "; is this driver too old?" :
		    error == EACCES ? "; run as root" : "");
}
