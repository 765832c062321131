/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EDUDMA_CALL_H
#define EDUDMA_CALL_H

#include <errno.h>
#include <sys/ioctl.h>

/* ioctl() with the kernel's own convention for errors */
static inline int edudma_call(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

#endif /* EDUDMA_CALL_H */
