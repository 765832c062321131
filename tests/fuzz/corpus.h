/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs reach in the driver, and those that reached something new
 *
 * Where the kernel has no KCOV, nothing is known of that, and programs are all made up.
 */
#ifndef CORPUS_H
#define CORPUS_H

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

struct coverage;

/* Of the calling thread, or NULL without KCOV */
struct coverage *coverage_open(void);
void coverage_close(struct coverage *coverage);
void coverage_begin(struct coverage *coverage);
/* Did the calling thread go a way that nobody went before? */
bool coverage_is_new(struct coverage *coverage);
/* Different steps from one place in the driver to the next, so far */
unsigned int coverage_count(void);

void corpus_add(const struct program *program);
/* Makes one up, or changes one that is known to be worth it. */
void corpus_next(struct program *program, uint64_t *random);
unsigned int corpus_count(void);

#endif /* CORPUS_H */
