/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers in user space's address space
 */
#ifndef EDUDMA_MMAP_H
#define EDUDMA_MMAP_H

struct edudma_file;
struct vm_area_struct;

/* In mmap's offset, the place in a buffer is below this bit, the handle above. */
#define EDUDMA_MMAP_SHIFT	32

int edudma_buffer_mmap(struct edudma_file *file, struct vm_area_struct *vma);

#endif /* EDUDMA_MMAP_H */
