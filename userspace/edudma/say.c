// SPDX-License-Identifier: GPL-2.0-only
#include "say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool progress_shown;

/* A serial line that nobody gave a size has a program at its other end, or a file */
static bool on_terminal(void)
{
	const char *terminal = getenv("TERM");
	struct winsize size;

	return terminal && strcmp(terminal, "dumb") &&
	       !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 0;
}

static void say(const char *prefix, const char *format, va_list arguments)
{
	bool colour = on_terminal() && !getenv("NO_COLOR");

	progress_clear();
	fflush(stdout);
	fprintf(stderr, colour ? "\033[1m%s:\033[0m " : "%s: ", prefix);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

int fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("edudma", format, arguments);
	va_end(arguments);
	return EXIT_FAILURE;
}

void note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("note", format, arguments);
	va_end(arguments);
}

void bad_usage(const char *subcommand, const char *format, ...)
{
	const char *space = *subcommand ? " " : "";
	char prefix[32];
	va_list arguments;

	snprintf(prefix, sizeof(prefix), "edudma%s%s", space, subcommand);
	va_start(arguments, format);
	say(prefix, format, arguments);
	va_end(arguments);
	fprintf(stderr, "Try `edudma%s%s --help`.\n", space, subcommand);
	exit(EXIT_USAGE);
}

void progress(const char *format, ...)
{
	va_list arguments;

	if (!on_terminal())
		return;
	fflush(stdout);
	fputs("\r\033[K", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fflush(stderr);
	progress_shown = true;
}

void progress_clear(void)
{
	if (!progress_shown)
		return;
	fputs("\r\033[K", stderr);
	progress_shown = false;
}
