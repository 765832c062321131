// SPDX-License-Identifier: GPL-2.0-only
/* What each errno means here, in words that say what to do about it */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "edudma.h"

struct meaning {
	int error;
	const char *text;
};

static const struct meaning meanings[] = {
	{ EINVAL, "the request is malformed: a zero length, a range outside the buffer or the "
		  "device, overlapping source and destination, or an unknown flag; check the "
		  "offsets and the length" },
	{ E2BIG, "this program is newer than the driver and uses something that the driver does "
		 "not know; load the module that belongs to it" },
	{ EFAULT, "an address given to the driver is bad" },
	{ ENOTTY, "the driver knows no such call; is this an edudma device, and is the module as "
		  "new as this program?" },
	{ ENOENT, "no such buffer in this open file, no such kind of memory, or no queue to "
		  "submit to; `edudma info` lists the kinds" },
	{ EBADF, "the descriptor given for notification is no eventfd" },
	{ EBUSY, "the range is in use by a transfer or by a SYNC without its END, or the buffer "
		 "is still mapped; end that first, then try again. Or this open file has a "
		 "queue already" },
	{ EDQUOT, "over this open file's quota of bytes, buffers or SYNC ranges; free some, or "
		  "load the module with a larger quota_mb" },
	{ EAGAIN, "over this open file's quota of outstanding transfers, or its queue is full; "
		  "wait for one to end, and reap" },
	{ EFBIG, "longer than this kind of memory can be (`edudma info` shows the limits), or "
		 "than a transfer of this device" },
	{ ENOMEM, "no memory of this kind and size is free; ask for less, or for vmalloc, which "
		  "needs no contiguous memory" },
	{ ERANGE, "the device cannot address this kind of memory on this machine; `edudma info` "
		  "lists the kinds that it can, and the kernel log says why" },
	{ EIO, "the memory could not be mapped for the device, or the device failed, was reset "
	       "or went to sleep; the kernel log says which" },
	{ EINTR, "interrupted by a signal; some bytes may have moved" },
	{ ETIMEDOUT, "the timeout came first; some bytes may have moved; allow more time" },
	{ ENODEV, "the device has gone; open it again once it is back" },
	{ EOPNOTSUPP, "the device has no such function" },
};

static const struct meaning open_meanings[] = {
	{ ENOENT, "No such device; is the edudma module loaded? `lspci -d 1234:` shows the "
		  "device, `dmesg` what the driver made of it" },
	{ ENXIO, "No device behind this node; is the edudma module loaded? `lspci -d 1234:` shows "
		 "the device" },
	{ ENODEV, "The device has gone; is the edudma module loaded? `lspci -d 1234:` shows "
		  "the device" },
	{ EACCES, "Permission denied; run as root or add yourself to the group that owns it" },
	{ EPERM, "Permission denied; run as root or add yourself to the group that owns it" },
};

static const char *explain(const struct meaning *table, size_t n, int error)
{
	const char *other;

	error = abs(error);
	for (size_t i = 0; i < n; i++)
		if (table[i].error == error)
			return table[i].text;
	other = strerrordesc_np(error);
	return other ? other : "unknown error";
}

const char *edudma_strerror(int error)
{
	return explain(meanings, sizeof(meanings) / sizeof(meanings[0]), error);
}

const char *edudma_open_strerror(int error)
{
	return explain(open_meanings, sizeof(open_meanings) / sizeof(open_meanings[0]), error);
}
