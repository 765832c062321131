/* SPDX-License-Identifier: GPL-2.0-only */
/* How `edudma bench` measures one row */
#ifndef EDUDMA_BENCH_MEASURE_H
#define EDUDMA_BENCH_MEASURE_H

#include "bench_result.h"

/*
 * Measures a row whose method, direction, bytes and iterations are set, after
 * some iterations that do not count. Returns 0, or says what is wrong and
 * returns EXIT_FAILURE; data that did not arrive is no error but in @verified.
 */
int bench_measure(const struct device *device, struct bench_row *row, uint64_t warmup);

/* The same for a CPU copy whose memory, bytes and iterations are set; NULL: malloc() */
int bench_measure_cpu(const struct device *device, const struct edudma_method_info *method,
		      struct cpu_copy_row *row);

#endif /* EDUDMA_BENCH_MEASURE_H */
