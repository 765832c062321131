// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a buffer lies: in physical memory, and in the page tables of the CPU
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>

#include "experiments.h"

static unsigned long pfn_at(void *cpu)
{
	return page_to_pfn(is_vmalloc_addr(cpu) ? vmalloc_to_page(cpu) : virt_to_page(cpu));
}

static u64 count_runs(const struct lab_buffer *buf)
{
	unsigned long pfn, last = 0;
	size_t offset;
	u64 runs = 0;

	for (offset = 0; offset < buf->size; offset += PAGE_SIZE) {
		pfn = pfn_at(buf->cpu + offset);
		if (!runs || pfn != last + 1)
			runs++;
		last = pfn;
	}
	return runs;
}

/* A leaf maps memory itself, it does not point to a further table */
static u64 count_leaves(const struct lab_buffer *buf, u64 *largest)
{
	unsigned long addr = (unsigned long)buf->cpu;
	unsigned long end = addr + buf->size;
	u64 leaves = 0;

	while (addr < end) {
		unsigned int level;
		pte_t *leaf = lookup_address(addr, &level);
		unsigned long bytes = leaf ? page_level_size(level) : PAGE_SIZE;

		if (leaf && pte_flags(*leaf) & _PAGE_PRESENT) {
			leaves++;
			*largest = max_t(u64, *largest, bytes);
		}
		addr = ALIGN_DOWN(addr, bytes) + bytes;
	}
	return leaves;
}

/**
 * lab_layout - the experiment of struct memlab_layout
 * @lab: the open file
 * @arg: the struct
 *
 * Return: 0 or an errno.
 */
int lab_layout(struct lab *lab, void *arg)
{
	struct memlab_layout *layout = arg;
	struct lab_buffer buf = { .kind = layout->kind, .size = layout->size };
	int ret = lab_check_kind(lab, layout->kind, layout->size);
	u64 ignored;

	if (ret)
		return ret;
	*layout = (struct memlab_layout) { .kind = buf.kind, .size = buf.size };
	if (!lab_get(lab, &buf, GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL))
		return 0;
	layout->got = true;
	layout->runs = count_runs(&buf);
	layout->leaves = count_leaves(&buf, &layout->largest_leaf);
	layout->direct_map = virt_addr_valid(buf.cpu);
	layout->vmalloc_range = is_vmalloc_addr(buf.cpu);
	lab_put(lab, &buf);
	/* its addresses are looked up, not its memory */
	layout->leaves_left = count_leaves(&buf, &ignored);
	return 0;
}
