/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/edudmaN
 */
#ifndef EDUDMA_CHARDEV_H
#define EDUDMA_CHARDEV_H

struct edudma_device;
struct edudma_file;

int edudma_chardev_init(void);
void edudma_chardev_exit(void);
int edudma_chardev_add(struct edudma_device *edev);
void edudma_chardev_remove(struct edudma_device *edev);
void edudma_file_put(struct edudma_file *file);

#endif /* EDUDMA_CHARDEV_H */
