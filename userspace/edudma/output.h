/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user calls OUTFILE or FILE
 *
 * A new file, or a regular one with a single name, appears whole or not at all; it keeps owner
 * and mode, and links to it stay links. All else is written in place: devices, pipes, files
 * with several names, and files whose directory or owner the user cannot write as.
 */
#ifndef EDUDMA_OUTPUT_H
#define EDUDMA_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct output - a file being written
 * @path: what the user calls it; "-" is standard output, as /dev/stdout is
 * @target: where it will be, links resolved; NULL if it is written in place
 * @temporary: where it is until then, beside @target; NULL if it is written in place
 * @stream: what to write to
 */
struct output {
	const char *path;
	char *target;
	char *temporary;
	FILE *stream;
};

/* True for "-" and its other names; false for NULL, which is no file */
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
