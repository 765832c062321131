/* SPDX-License-Identifier: GPL-2.0-only */
/* A buffer of the driver that is mapped here, too */
#ifndef EDUDMA_AREA_H
#define EDUDMA_AREA_H

#include <edudma.h>

/**
 * struct area - a buffer and its mapping
 * @fd: the device
 * @buffer: the buffer
 * @bytes: the mapping, to be touched between area_begin() and area_end() only
 * @mmap_ns: time that mapping it here took
 */
struct area {
	int fd;
	struct edudma_buffer buffer;
	uint8_t *bytes;
	uint64_t mmap_ns;
};

/* All return 0 or a negative errno; area_close() does nothing to a closed area */
int area_open(struct area *area, int fd, uint32_t method, uint64_t length);
int area_close(struct area *area);

/* Borrow the whole buffer and give it back; add what that took to *sync_ns, unless NULL */
int area_begin(struct area *area, uint32_t sync_flags, uint64_t *sync_ns);
int area_end(struct area *area, uint32_t sync_flags, uint64_t *sync_ns);

#endif /* EDUDMA_AREA_H */
