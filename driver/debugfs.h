/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What debugfs shows of a device
 */
#ifndef EDUDMA_DEBUGFS_H
#define EDUDMA_DEBUGFS_H

struct edudma_device;

void edudma_debugfs_init(void);
void edudma_debugfs_exit(void);
void edudma_debugfs_add(struct edudma_device *edev);
void edudma_debugfs_remove(struct edudma_device *edev);

#endif /* EDUDMA_DEBUGFS_H */
