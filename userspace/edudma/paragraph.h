/* SPDX-License-Identifier: GPL-2.0-only */
/* Sentences that are made of pieces */
#ifndef EDUDMA_PARAGRAPH_H
#define EDUDMA_PARAGRAPH_H

#include <stdbool.h>
#include <stdio.h>

/* Grows by pieces; in text its lines are broken when it is printed. Begins as { 0 }. */
struct paragraph {
	size_t n;
	char text[4096];
};

/* What does not fit is cut off */
void append(struct paragraph *paragraph, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* In markdown it stays one line */
void print_paragraph(FILE *stream, const struct paragraph *paragraph, bool markdown);

#endif /* EDUDMA_PARAGRAPH_H */
