/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command tells its user on stderr */
#ifndef EDUDMA_SAY_H
#define EDUDMA_SAY_H

#define EXIT_USAGE 2		/* the command line is wrong; 1 is for all other trouble */

/* "edudma: ..." and returns EXIT_FAILURE, for `return fail(...)` */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "edudma SUBCOMMAND: ...", points to --help, and exits with EXIT_USAGE */
void bad_usage(const char *subcommand, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* Something left out or unusual that is no failure */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * What is being done now: on a terminal one line that the next output
 * replaces, elsewhere nothing
 */
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void progress_clear(void);

#endif /* EDUDMA_SAY_H */
