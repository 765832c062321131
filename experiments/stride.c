// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs the CPU to read here and there in a buffer
 */
#include <linux/ktime.h>
#include <linux/sched.h>

#include "experiments.h"

static u64 read_pass(const struct lab_buffer *buf, u64 stride)
{
	u64 reads = 0;
	size_t offset;

	for (offset = 0; offset + sizeof(u64) <= buf->size; offset += stride) {
		(void)READ_ONCE(*(u64 *)(buf->cpu + offset));
		reads++;
	}
	return reads;
}

/**
 * lab_stride - the experiment of struct memlab_stride
 * @lab: the open file
 * @arg: the struct
 *
 * Return: 0 or an errno.
 */
int lab_stride(struct lab *lab, void *arg)
{
	struct memlab_stride *stride = arg;
	struct lab_buffer buf = { .kind = stride->kind, .size = stride->size };
	int ret = lab_check_kind(lab, stride->kind, stride->size);
	u64 pass, start;

	if (ret)
		return ret;
	if (stride->stride < sizeof(u64) || stride->stride % sizeof(u64) || !stride->passes)
		return -EINVAL;
	stride->reads = 0;
	stride->ns = 0;
	stride->got = lab_get(lab, &buf, GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	if (!stride->got)
		return 0;
	for (pass = 0; pass < stride->passes; pass++) {
		start = ktime_get_ns();
		stride->reads += read_pass(&buf, stride->stride);
		stride->ns += ktime_get_ns() - start;
		cond_resched();
	}
	lab_put(lab, &buf);
	return 0;
}
