// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory as it looks after weeks: pages here and there that cannot be moved
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#include "experiments.h"

/**
 * lab_fragment - the experiment of struct memlab_fragment
 * @lab: the open file; it keeps the pages until lab_fragment_end()
 * @arg: the struct
 *
 * Return: 0 or an errno.
 */
int lab_fragment(struct lab *lab, void *arg)
{
	struct memlab_fragment *fragment = arg;
	struct page *page, *next;
	struct rnd_state random;
	LIST_HEAD(taken);
	int ret = lab_check_throwaway();

	if (ret)
		return ret;
	if (!fragment->keep_one_in || fragment->reserved)
		return -EINVAL;
	fragment->taken = 0;
	fragment->kept = 0;
	/* down to where others would have to be evicted */
	while ((page = alloc_page(GFP_NOWAIT | __GFP_NOWARN))) {
		list_add(&page->lru, &taken);
		fragment->taken++;
	}
	prandom_seed_state(&random, 1);
	list_for_each_entry_safe(page, next, &taken, lru) {
		list_del(&page->lru);
		if (prandom_u32_state(&random) % fragment->keep_one_in) {
			__free_page(page);
		} else {
			list_add(&page->lru, &lab->kept);
			fragment->kept++;
		}
	}
	return 0;
}

/**
 * lab_fragment_end - free what lab_fragment() kept
 * @lab: the open file
 */
void lab_fragment_end(struct lab *lab)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &lab->kept, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}
