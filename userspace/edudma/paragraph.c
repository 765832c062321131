// SPDX-License-Identifier: GPL-2.0-only
#include "paragraph.h"

#include <stdarg.h>
#include <string.h>

#define LINE_WIDTH 100

void append(struct paragraph *paragraph, const char *format, ...)
{
	size_t room = sizeof(paragraph->text) - paragraph->n;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(paragraph->text + paragraph->n, room, format, arguments);
	va_end(arguments);
	paragraph->n += (size_t)n < room ? (size_t)n : room - 1;
}

void print_paragraph(FILE *stream, const struct paragraph *paragraph, bool markdown)
{
	const char *word = paragraph->text;
	size_t column = 0;

	while (*word) {
		size_t length = strcspn(word, " ");

		if (!markdown && column && column + 1 + length > LINE_WIDTH) {
			fputc('\n', stream);
			column = 0;
		}
		column += (size_t)fprintf(stream, "%s%.*s", column ? " " : "", (int)length, word);
		word += length;
		word += strspn(word, " ");
	}
	fputc('\n', stream);
}
