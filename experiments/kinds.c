// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kinds of memory, and allocating them: how long that takes, in a system call
 * or in an interrupt handler, and how often it fails
 */
#include <linux/dma-mapping.h>
#include <linux/irq_work.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "experiments.h"

static void *get_kmalloc(struct lab *lab, struct lab_buffer *buf, gfp_t gfp)
{
	return kmalloc(buf->size, gfp);
}

static void put_kmalloc(struct lab *lab, const struct lab_buffer *buf)
{
	kfree(buf->cpu);
}

static void *get_kvmalloc(struct lab *lab, struct lab_buffer *buf, gfp_t gfp)
{
	return kvmalloc(buf->size, gfp);
}

static void put_kvmalloc(struct lab *lab, const struct lab_buffer *buf)
{
	kvfree(buf->cpu);
}

static void *get_vmalloc(struct lab *lab, struct lab_buffer *buf, gfp_t gfp)
{
	return __vmalloc(buf->size, gfp);
}

static void *get_vmalloc_huge(struct lab *lab, struct lab_buffer *buf, gfp_t gfp)
{
	return vmalloc_huge(buf->size, gfp);
}

static void put_vmalloc(struct lab *lab, const struct lab_buffer *buf)
{
	vfree(buf->cpu);
}

static void *get_pages(struct lab *lab, struct lab_buffer *buf, gfp_t gfp)
{
	return (void *)__get_free_pages(gfp, get_order(buf->size));
}

static void put_pages(struct lab *lab, const struct lab_buffer *buf)
{
	free_pages((unsigned long)buf->cpu, get_order(buf->size));
}

static void *get_coherent(struct lab *lab, struct lab_buffer *buf, gfp_t gfp)
{
	return dma_alloc_coherent(lab->dev, buf->size, &buf->dma, gfp);
}

static void put_coherent(struct lab *lab, const struct lab_buffer *buf)
{
	dma_free_coherent(lab->dev, buf->size, buf->cpu, buf->dma);
}

static const struct {
	void *(*get)(struct lab *lab, struct lab_buffer *buf, gfp_t gfp);
	void (*put)(struct lab *lab, const struct lab_buffer *buf);
} kinds[MEMLAB_NR_KINDS] = {
	[MEMLAB_KMALLOC] = { get_kmalloc, put_kmalloc },
	[MEMLAB_KVMALLOC] = { get_kvmalloc, put_kvmalloc },
	[MEMLAB_VMALLOC] = { get_vmalloc, put_vmalloc },
	[MEMLAB_VMALLOC_HUGE] = { get_vmalloc_huge, put_vmalloc },
	[MEMLAB_PAGES] = { get_pages, put_pages },
	[MEMLAB_COHERENT] = { get_coherent, put_coherent },
};

/* Failure is a result, and neither worth a line in the log nor somebody's life */
static const gfp_t gfps[MEMLAB_NR_GFPS] = {
	[MEMLAB_GFP_KERNEL] = GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL,
	[MEMLAB_GFP_ATOMIC] = GFP_ATOMIC | __GFP_NOWARN,
	[MEMLAB_GFP_NOWAIT] = GFP_NOWAIT | __GFP_NOWARN,
};

/**
 * lab_check_kind - is this something that can be allocated?
 * @lab: the open file
 * @kind: should be one of enum memlab_kind
 * @size: in bytes
 *
 * Return: 0, -EINVAL or -ENODEV.
 */
int lab_check_kind(struct lab *lab, u32 kind, u64 size)
{
	if (kind >= MEMLAB_NR_KINDS || size < MEMLAB_MIN_SIZE || size > LONG_MAX)
		return -EINVAL;
	return kind == MEMLAB_COHERENT && !lab->dev ? -ENODEV : 0;
}

/**
 * lab_get - allocate a buffer
 * @lab: the open file
 * @buf: its @kind and @size are set, the rest is filled in
 * @gfp: how
 *
 * Return: false if there is no such memory.
 */
bool lab_get(struct lab *lab, struct lab_buffer *buf, gfp_t gfp)
{
	buf->cpu = kinds[buf->kind].get(lab, buf, gfp);
	return buf->cpu;
}

/**
 * lab_put - free a buffer
 * @lab: the open file
 * @buf: the buffer
 */
void lab_put(struct lab *lab, const struct lab_buffer *buf)
{
	kinds[buf->kind].put(lab, buf);
}

/**
 * struct series - buffers being allocated, perhaps by an interrupt handler
 * @work: to get there
 * @lab: the open file
 * @arg: what is asked, and the answer
 * @last: the last one; each begins with the description of the one before, so
 *	that they need no memory but their own
 */
struct series {
	struct irq_work work;
	struct lab *lab;
	struct memlab_alloc *arg;
	struct lab_buffer last;
};

static void allocate(struct series *series)
{
	struct memlab_alloc *arg = series->arg;
	u32 i;

	arg->hardirq = !!in_hardirq();
	for (i = 0; i < arg->attempts; i++) {
		struct lab_buffer buf = { .kind = arg->kind, .size = arg->size };
		u64 start = ktime_get_ns();
		bool got = lab_get(series->lab, &buf, gfps[arg->gfp]);

		arg->alloc_ns += ktime_get_ns() - start;
		if (!got)
			continue;
		*(struct lab_buffer *)buf.cpu = series->last;
		series->last = buf;
		arg->got++;
	}
}

static void allocate_in_interrupt(struct irq_work *work)
{
	allocate(container_of(work, struct series, work));
}

static void free_all(struct series *series)
{
	while (series->last.cpu) {
		struct lab_buffer buf = series->last;
		u64 start;

		series->last = *(struct lab_buffer *)buf.cpu;
		start = ktime_get_ns();
		lab_put(series->lab, &buf);
		series->arg->free_ns += ktime_get_ns() - start;
	}
}

/* Of what may be allocated in an interrupt handler, and what must not */
static int check_context(const struct memlab_alloc *arg)
{
	bool sleeps = arg->gfp == MEMLAB_GFP_KERNEL ||
		      arg->kind == MEMLAB_VMALLOC || arg->kind == MEMLAB_VMALLOC_HUGE;

	return arg->in_interrupt && sleeps ? lab_check_throwaway() : 0;
}

/**
 * lab_alloc - the experiment of struct memlab_alloc
 * @lab: the open file
 * @arg: the struct
 *
 * Return: 0 or an errno.
 */
int lab_alloc(struct lab *lab, void *arg)
{
	struct memlab_alloc *alloc = arg;
	struct series series = {
		.work = IRQ_WORK_INIT_HARD(allocate_in_interrupt),
		.lab = lab,
		.arg = alloc,
	};
	int ret = lab_check_kind(lab, alloc->kind, alloc->size);

	if (!ret && alloc->gfp >= MEMLAB_NR_GFPS)
		ret = -EINVAL;
	if (!ret)
		ret = check_context(alloc);
	if (ret)
		return ret;
	alloc->got = 0;
	alloc->alloc_ns = 0;
	alloc->free_ns = 0;
	if (alloc->in_interrupt) {
		irq_work_queue(&series.work);
		irq_work_sync(&series.work);
	} else {
		allocate(&series);
	}
	free_all(&series);
	return 0;
}
