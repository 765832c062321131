/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that appears whole or not at all */
#ifndef EDUDMA_OUTPUT_H
#define EDUDMA_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct output - a file being written
 * @path: where it will be; "-": standard output
 * @temporary: where it is until then; NULL if it is written in place, as
 *	standard output, a pipe or a device is
 * @stream: what to write to
 */
struct output {
	const char *path;
	char *temporary;
	FILE *stream;
};

/* True for "-"; false for NULL, which is no file */
bool is_standard_output(const char *path);

/* Both return 0, or say what is wrong and return EXIT_FAILURE */
int output_open(struct output *output, const char *path);
int output_commit(struct output *output);

/* Leaves no trace */
void output_discard(struct output *output);

/* All of it at once: what @format writes of @data, unless @path is NULL; returns as above */
int output_write(const char *path, void (*format)(FILE *stream, const void *data),
		 const void *data);

#endif /* EDUDMA_OUTPUT_H */
