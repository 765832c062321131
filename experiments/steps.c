// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the time of vmalloc() and vfree() goes: their steps, one after the other
 */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "experiments.h"

/* Nanoseconds since *@then, which becomes now */
static u64 lap(u64 *then)
{
	u64 now = ktime_get_ns();
	u64 ns = now - *then;

	*then = now;
	return ns;
}

static bool get_pages(struct page **pages, unsigned long n)
{
	unsigned long got = 0, before;

	do {
		before = got;
		got = alloc_pages_bulk(GFP_KERNEL, n, pages);
	} while (got < n && got > before);
	return got == n;
}

static void put_pages(struct page **pages, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n && pages[i]; i++)
		__free_page(pages[i]);
}

static int run_steps(struct memlab_steps *steps, struct page **pages, unsigned long n)
{
	unsigned long i;
	void *cpu;
	u64 then;

	vm_unmap_aliases();	/* or others' old mappings are flushed below */
	then = ktime_get_ns();
	if (!get_pages(pages, n))
		return -ENOMEM;
	steps->pages_ns = lap(&then);
	for (i = 0; i < n; i++)
		clear_highpage(pages[i]);
	steps->clear_ns = lap(&then);
	cpu = vmap(pages, n, VM_MAP, PAGE_KERNEL);
	steps->map_ns = lap(&then);
	if (!cpu)
		return -ENOMEM;
	vunmap(cpu);
	steps->unmap_ns = lap(&then);
	vm_unmap_aliases();
	steps->flush_ns = lap(&then);
	return 0;
}

/**
 * lab_steps - the experiment of struct memlab_steps
 * @lab: the open file
 * @arg: the struct
 *
 * Return: 0 or an errno.
 */
int lab_steps(struct lab *lab, void *arg)
{
	struct memlab_steps *steps = arg;
	unsigned long n = steps->size >> PAGE_SHIFT;
	struct page **pages;
	u64 then;
	int ret;

	if (!n || n > totalram_pages() / 2)
		return -EINVAL;
	pages = kvcalloc(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	ret = run_steps(steps, pages, n);
	then = ktime_get_ns();
	put_pages(pages, n);
	steps->free_ns = lap(&then);
	kvfree(pages);
	return ret;
}
