/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's parameter `completion`: how it learns that a transfer has ended */
#ifndef EDUDMA_COMPLETION_H
#define EDUDMA_COMPLETION_H

#include <stddef.h>

/* Its value; "" if this driver has no such parameter */
void completion_read(char *into, size_t size);

/*
 * Sets it until completion_restore(), or a signal that ends the program. Returns
 * 0, or says what is wrong and returns EXIT_FAILURE.
 */
int completion_set(const char *mode);

/* Does nothing if nothing was set */
void completion_restore(void);

#endif /* EDUDMA_COMPLETION_H */
