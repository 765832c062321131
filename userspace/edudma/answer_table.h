/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures as tables, and as data for plots */
#ifndef EDUDMA_ANSWER_TABLE_H
#define EDUDMA_ANSWER_TABLE_H

#include "answer.h"

/* Looks at every figure of a table, which are then part of the judgement */
void table_read(const struct table *table, struct judgement *judgement);

void table_write(FILE *stream, const struct table *table, const struct figures *figures);

/* Columns of numbers for gnuplot: sizes first; what could not be had is "?" */
void table_write_data(FILE *stream, const struct table *table, const struct figures *figures);

#endif /* EDUDMA_ANSWER_TABLE_H */
