/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was wrong: noted by any thread or child, printed by the first process
 */
#ifndef COMPLAINT_H
#define COMPLAINT_H

#include <stdbool.h>

#include "program.h"

void complaint_init(void);
/* The first one is kept, with its program; the others are counted. */
void complaint_note(const char *text, const struct program *program);
/* Prints what was noted since the last time; false if that was anything. */
bool complaint_none(void);

#endif /* COMPLAINT_H */
