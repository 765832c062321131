/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EDUDMA_BENCH_ANSWER_H
#define EDUDMA_BENCH_ANSWER_H

#include "bench_result.h"

/* In words: why that many commands, and which kind of memory to take */
void bench_write_answer(FILE *stream, const struct bench_result *result);

#endif /* EDUDMA_BENCH_ANSWER_H */
