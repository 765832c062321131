// SPDX-License-Identifier: GPL-2.0-only
#include "answer_table.h"

#include <stdlib.h>
#include <string.h>

#include "number.h"

#define NAME_MAX_LENGTH 96

/* A column's name of a figure, with the row's key for its star */
static void cell_name(char name[NAME_MAX_LENGTH], const struct table_column *column,
		      const struct table_row *row)
{
	const char *star = strchr(column->figure, '*');

	snprintf(name, NAME_MAX_LENGTH, "%.*s%s%s", (int)(star - column->figure), column->figure,
		 row->key, star + 1);
}

/* Its first figure that was not measured is judgement->missing then */
void table_read(const struct table *table, struct judgement *judgement)
{
	for (const struct table_row *row = table->rows; row->key; row++) {
		for (const struct table_column *column = table->columns; column->title; column++) {
			char name[NAME_MAX_LENGTH];

			cell_name(name, column, row);
			figure(judgement, "%s", name);
		}
	}
}

static struct text cell_text(enum cell cell, uint64_t value)
{
	struct text text;

	switch (cell) {
	case CELL_TIME:
		return format_time(value);
	case CELL_SIZE:
		return format_rough_size(value);
	case CELL_RATE:
		return format_rate((double)value);
	case CELL_YES:
		snprintf(text.s, sizeof(text.s), "%s", value ? "yes" : "no");
		return text;
	case CELL_PERCENT:
	case CELL_COUNT:
		break;
	}
	snprintf(text.s, sizeof(text.s), "%llu%s", (unsigned long long)value,
		 cell == CELL_PERCENT ? " %" : "");
	return text;
}

static void write_cell(FILE *stream, const struct table_column *column,
		       const struct table_row *row, const struct figures *figures)
{
	char name[NAME_MAX_LENGTH];
	uint64_t value;
	bool none;

	cell_name(name, column, row);
	if (!figures_get(figures, name, &value, &none) || none)
		fputs(" - |", stream);
	else
		fprintf(stream, " %s |", cell_text(column->cell, value).s);
}

static struct text row_label(const struct table_row *row)
{
	struct text text;

	if (!row->label)
		return format_size(strtoull(row->key, NULL, 10));
	snprintf(text.s, sizeof(text.s), "%s", row->label);
	return text;
}

static void write_rule(FILE *stream, bool words, size_t n)
{
	fprintf(stream, "\n|%s|", words ? ":--" : "--:");
	while (n--)
		fputs("--:|", stream);
	fputc('\n', stream);
}

static void write_straight(FILE *stream, const struct table *table, const struct figures *figures)
{
	size_t n = 0;

	for (const struct table_column *column = table->columns; column->title; column++, n++)
		fprintf(stream, " %s |", column->title);
	write_rule(stream, table->rows->label, n);
	for (const struct table_row *row = table->rows; row->key; row++) {
		fprintf(stream, "| %s |", row_label(row).s);
		for (const struct table_column *column = table->columns; column->title; column++)
			write_cell(stream, column, row, figures);
		fputc('\n', stream);
	}
}

static void write_turned(FILE *stream, const struct table *table, const struct figures *figures)
{
	size_t n = 0;

	for (const struct table_row *row = table->rows; row->key; row++, n++)
		fprintf(stream, " %s |", row_label(row).s);
	write_rule(stream, true, n);
	for (const struct table_column *column = table->columns; column->title; column++) {
		fprintf(stream, "| %s |", column->title);
		for (const struct table_row *row = table->rows; row->key; row++)
			write_cell(stream, column, row, figures);
		fputc('\n', stream);
	}
}

void table_write(FILE *stream, const struct table *table, const struct figures *figures)
{
	fprintf(stream, "\n%s:\n\n| %s |", table->title, table->head);
	(table->turned ? write_turned : write_straight)(stream, table, figures);
}

void table_write_data(FILE *stream, const struct table *table, const struct figures *figures)
{
	fprintf(stream, "# %s", table->head);
	for (const struct table_column *column = table->columns; column->title; column++)
		fprintf(stream, ", %s", column->title);
	fputc('\n', stream);
	for (const struct table_row *row = table->rows; row->key; row++) {
		fputs(row->key, stream);
		for (const struct table_column *column = table->columns; column->title; column++) {
			char name[NAME_MAX_LENGTH];
			uint64_t value;
			bool none;

			cell_name(name, column, row);
			if (figures_get(figures, name, &value, &none) && !none)
				fprintf(stream, " %llu", (unsigned long long)value);
			else
				fputs(" ?", stream);
		}
		fputc('\n', stream);
	}
}
