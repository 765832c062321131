// SPDX-License-Identifier: GPL-2.0-only
/*
 * The claims, as the question's answers have made them for fifteen years, in our own
 * words; what was done about each; the tables that a reader wants to see; and where
 * the kernel's source says the same.
 */
#include "answer_judge.h"
#include "answer_table.h"

#include <string.h>

const char *const verdict_names[] = {
	[HOLDS] = "holds",
	[HELD_ONCE] = "held once",
	[DEPENDS] = "depends",
	[DOES_NOT_HOLD] = "does not hold",
};

static const struct table_row dma_sizes[] = {
	{ "4096", NULL }, { "16384", NULL }, { "65536", NULL }, { "262144", NULL },
	{ "1048576", NULL }, { NULL, NULL }
};

static const struct table_row all_sizes[] = {
	{ "64", NULL }, { "256", NULL }, { "1024", NULL }, { "4096", NULL }, { "16384", NULL },
	{ "65536", NULL }, { "262144", NULL }, { "1048576", NULL }, { "4194304", NULL },
	{ "16777216", NULL }, { "67108864", NULL }, { NULL, NULL }
};


#define FROM_A_PAGE (&all_sizes[3])

static const struct table pieces = {
	.title = "Pieces of a buffer",
	.head = "size",
	.rows = dma_sizes,
	.columns = (const struct table_column[]) {
		{ "kmalloc: physical", "layout.kmalloc.*.runs", CELL_COUNT },
		{ "segments", "dma.kmalloc.*.segments", CELL_COUNT },
		{ "commands", "dma.kmalloc.*.commands", CELL_COUNT },
		{ "vmalloc: physical (of another buffer)", "layout.vmalloc.*.runs", CELL_COUNT },
		{ "segments", "dma.vmalloc.*.segments", CELL_COUNT },
		{ "commands", "dma.vmalloc.*.commands", CELL_COUNT },
		{ "vmalloc, IOMMU: segments", "iommu.vmalloc.*.segments", CELL_COUNT },
		{ "commands", "iommu.vmalloc.*.commands", CELL_COUNT },
		{ "coherent: segments", "dma.coherent.*.segments", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
	.plot = "segments",
	.caption = "Pieces of a buffer for the device, by size",
};

static const struct table handover = {
	.title = "What a function can ask of an address, and what dma_map_single() does with it",
	.head = "memory",
	.rows = (const struct table_row[]) {
		{ "slab", "slab (kmalloc)" }, { "vmalloc", "vmalloc" }, { "stack", "stack" },
		{ "static", "static variable of a module" }, { NULL, NULL }
	},
	.columns = (const struct table_column[]) {
		{ "virt_addr_valid", "handover.*.before.virt_addr_valid", CELL_YES },
		{ "is_vmalloc_addr", "handover.*.before.is_vmalloc_addr", CELL_YES },
		{ "object_is_on_stack", "handover.*.before.object_is_on_stack", CELL_YES },
		{ "mapped", "handover.*.mapped", CELL_YES },
		{ "warnings", "handover.*.warnings", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table costs = {
	.title = "Time to allocate and free a buffer",
	.head = "size",
	.rows = all_sizes,
	.columns = (const struct table_column[]) {
		{ "kmalloc", "cost.kmalloc.*.both_ns", CELL_TIME },
		{ "kvmalloc", "cost.kvmalloc.*.both_ns", CELL_TIME },
		{ "vmalloc", "cost.vmalloc.*.both_ns", CELL_TIME },
		{ "vmalloc_huge", "cost.vmalloc_huge.*.both_ns", CELL_TIME },
		{ "alloc_pages", "cost.pages.*.both_ns", CELL_TIME },
		{ "dma_alloc_coherent", "cost.coherent.*.both_ns", CELL_TIME },
		{ NULL, NULL, 0 }
	},
	.plot = "allocation",
	.caption = "Time to allocate and free a buffer, by size",
};

static const struct table steps = {
	.title = "Where vmalloc()'s time goes: its steps, one after the other",
	.head = "size",
	.rows = FROM_A_PAGE,
	.columns = (const struct table_column[]) {
		{ "get pages", "steps.*.pages_ns", CELL_TIME },
		{ "of that, clear them", "steps.*.clear_ns", CELL_TIME },
		{ "page tables", "steps.*.map_ns", CELL_TIME },
		{ "clear page tables", "steps.*.unmap_ns", CELL_TIME },
		{ "flush TLB", "steps.*.flush_ns", CELL_TIME },
		{ "free pages", "steps.*.free_ns", CELL_TIME },
		{ NULL, NULL, 0 }
	},
};

static const struct table ranges = {
	.title = "Where addresses lie, and page-table entries that were made for them",
	.head = "size",
	.rows = all_sizes,
	.columns = (const struct table_column[]) {
		{ "kmalloc: direct map", "layout.kmalloc.*.direct_map", CELL_YES },
		{ "entries made", "layout.kmalloc.*.leaves_made", CELL_COUNT },
		{ "vmalloc: vmalloc range", "layout.vmalloc.*.vmalloc_range", CELL_YES },
		{ "entries made", "layout.vmalloc.*.leaves_made", CELL_COUNT },
		{ "kvmalloc: direct map", "layout.kvmalloc.*.direct_map", CELL_YES },
		{ "entries made", "layout.kvmalloc.*.leaves_made", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table interrupts = {
	.title = "4 KiB with GFP_ATOMIC in an interrupt handler",
	.head = "memory",
	.rows = (const struct table_row[]) {
		{ "kmalloc", "kmalloc" }, { "pages", "alloc_pages" },
		{ "coherent", "dma_alloc_coherent" }, { "vmalloc", "vmalloc" }, { NULL, NULL }
	},
	.columns = (const struct table_column[]) {
		{ "asked for", "interrupt.*.attempts", CELL_COUNT },
		{ "got", "interrupt.*.got", CELL_COUNT },
		{ "in_hardirq()", "interrupt.*.hardirq", CELL_YES },
		{ "kernel BUG", "interrupt.*.bugs", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table fragments = {
	.title = "Requests that failed",
	.head = "size",
	.rows = (const struct table_row[]) {
		{ "4096", NULL }, { "8192", NULL }, { "16384", NULL }, { "32768", NULL },
		{ "65536", NULL }, { "131072", NULL }, { "262144", NULL }, { "524288", NULL },
		{ "1048576", NULL }, { "2097152", NULL }, { "4194304", NULL }, { NULL, NULL }
	},
	.columns = (const struct table_column[]) {
		{ "kmalloc, fresh memory", "fragments.fresh.kmalloc.*.failed_percent", CELL_PERCENT },
		{ "kmalloc, fragmented", "fragments.after.kmalloc.*.failed_percent", CELL_PERCENT },
		{ "of so many", "fragments.after.kmalloc.*.attempts", CELL_COUNT },
		{ "kvmalloc, fragmented", "fragments.after.kvmalloc.*.failed_percent", CELL_PERCENT },
		{ "vmalloc, fragmented", "fragments.after.vmalloc.*.failed_percent", CELL_PERCENT },
		{ NULL, NULL, 0 }
	},
	.plot = "fragments",
	.caption = "Requests that failed after memory was fragmented, by size",
};

static const struct table limits = {
	.title = "The largest buffer of each kind",
	.head = "memory",
	.rows = (const struct table_row[]) {
		{ "kmalloc", "kmalloc" }, { "pages", "alloc_pages" },
		{ "coherent", "dma_alloc_coherent, no CMA" }, { "vmalloc", "vmalloc" },
		{ NULL, NULL }
	},
	.columns = (const struct table_column[]) {
		{ "largest", "limits.*", CELL_SIZE },
		{ NULL, NULL, 0 }
	},
};

static const struct table reservations = {
	.title = "Reserved at boot, and used for DMA",
	.head = "memory",
	.rows = (const struct table_row[]) {
		{ "cma", "CMA (cma=), dma_alloc_coherent, debug kernel" },
		{ "reserved", "a range that memmap= reserves" }, { NULL, NULL }
	},
	.columns = (const struct table_column[]) {
		{ "size", "*.bytes", CELL_SIZE },
		{ "allocate", "*.alloc_ns", CELL_TIME },
		{ "map", "*.map_ns", CELL_TIME },
		{ "segments", "*.segments", CELL_COUNT },
		{ "commands", "*.commands", CELL_COUNT },
		{ "throughput, edu", "*.throughput", CELL_RATE },
		{ "CPU writes", "*.write_ns", CELL_TIME },
		{ "CPU reads", "*.read_ns", CELL_TIME },
		{ "right bytes", "*.verified", CELL_YES },
		{ NULL, NULL, 0 }
	},
};

static const struct table pressure = {
	.title = "Single pages, with memory full of what can be reclaimed",
	.head = "who asks",
	.rows = (const struct table_row[]) {
		{ "kernel", "a system call, GFP_KERNEL" }, { "nowait", "a system call, GFP_NOWAIT" },
		{ "atomic", "an interrupt handler, GFP_ATOMIC" }, { NULL, NULL }
	},
	.columns = (const struct table_column[]) {
		{ "asked for", "pressure.*.attempts", CELL_COUNT },
		{ "got", "pressure.*.got", CELL_COUNT },
		{ "stopped to reclaim", "pressure.*.reclaims", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table failures = {
	.title = "A request, with everything in it that can fail made to fail in turn",
	.head = "memory",
	.rows = (const struct table_row[]) {
		{ "kmalloc", "kmalloc" }, { "vmalloc", "vmalloc" }, { "coherent", "coherent" },
		{ NULL, NULL }
	},
	.columns = (const struct table_column[]) {
		{ "failures", "failing.*.injected", CELL_COUNT },
		{ "ENOMEM", "failing.*.enomem", CELL_COUNT },
		{ "succeeded all the same", "failing.*.unnoticed", CELL_COUNT },
		{ "EFAULT", "failing.*.other_errno", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table usages = {
	.title = "In use just after boot",
	.head = "memory",
	.rows = (const struct table_row[]) {
		{ "kmalloc", "kmalloc" }, { "vmalloc", "vmalloc" }, { NULL, NULL }
	},
	.columns = (const struct table_column[]) {
		{ "bytes", "usage.*.bytes", CELL_SIZE },
		{ "buffers", "usage.*.buffers", CELL_COUNT },
		{ "functions that allocated", "callers.*", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table mappings = {
	.title = "Page-table entries that an allocation makes",
	.head = "size",
	.rows = FROM_A_PAGE,
	.columns = (const struct table_column[]) {
		{ "vmalloc", "layout.vmalloc.*.leaves_made", CELL_COUNT },
		{ "vmalloc_huge", "layout.vmalloc_huge.*.leaves_made", CELL_COUNT },
		{ "kvmalloc", "layout.kvmalloc.*.leaves_made", CELL_COUNT },
		{ "kmalloc", "layout.kmalloc.*.leaves_made", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table entries = {
	.title = "TLB entries that a buffer needs",
	.head = "size",
	.rows = FROM_A_PAGE,
	.columns = (const struct table_column[]) {
		{ "kmalloc", "layout.kmalloc.*.leaves", CELL_COUNT },
		{ "vmalloc", "layout.vmalloc.*.leaves", CELL_COUNT },
		{ "vmalloc_huge", "layout.vmalloc_huge.*.leaves", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table strides = {
	.title = "The CPU reads 8 bytes of every page of 4 MiB, 64 times over",
	.head = "memory",
	.rows = (const struct table_row[]) {
		{ "kmalloc", "kmalloc" }, { "vmalloc", "vmalloc" },
		{ "vmalloc_huge", "vmalloc_huge" }, { NULL, NULL }
	},
	.columns = (const struct table_column[]) {
		{ "reads", "stride.*.reads", CELL_COUNT },
		{ "time", "stride.*.ns", CELL_TIME },
		{ "in real time", "stride.*.ns" REAL_TIME, CELL_TIME },
		{ "TLB misses counted", "stride.*.tlb_misses", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table_row methods[] = {
	{ "kmalloc", "kmalloc" }, { "vmalloc", "vmalloc" }, { "coherent", "dma_alloc_coherent" },
	{ NULL, NULL }
};

static const struct table choice = {
	.title = "64 KiB of each kind, for a transfer from the device",
	.head = "",
	.turned = true,
	.rows = methods,
	.columns = (const struct table_column[]) {
		{ "allocate and free", "cost.*.65536.both_ns", CELL_TIME },
		{ "map for the device", "dma.*.65536.map_ns", CELL_TIME },
		{ "segments", "dma.*.65536.segments", CELL_COUNT },
		{ "segments behind an IOMMU", "iommu.*.65536.segments", CELL_COUNT },
		{ "commands of edu", "dma.*.65536.commands", CELL_COUNT },
		{ "commands behind an IOMMU", "iommu.*.65536.commands", CELL_COUNT },
		{ "throughput, edu", "dma.*.65536.throughput", CELL_RATE },
		{ "throughput, edu-sg (real time)", "fast.*.65536.throughput", CELL_RATE },
		{ "the CPU writes it", "dma.*.65536.write_ns", CELL_TIME },
		{ "the CPU writes it (real time)", "fast.*.65536.write_ns", CELL_TIME },
		{ "the CPU reads it", "dma.*.65536.read_ns", CELL_TIME },
		{ "the CPU reads it (real time)", "fast.*.65536.read_ns", CELL_TIME },
		{ "largest", "limits.*", CELL_SIZE },
		{ "in an interrupt handler, of 16", "interrupt.*.got", CELL_COUNT },
		{ "... kernel BUGs", "interrupt.*.bugs", CELL_COUNT },
		{ "failures made", "failing.*.injected", CELL_COUNT },
		{ "... ENOMEM for the caller", "failing.*.enomem", CELL_COUNT },
		{ "... succeeded all the same", "failing.*.unnoticed", CELL_COUNT },
		{ NULL, NULL, 0 }
	},
};

static const struct table throughput = {
	.title = "Throughput from the device into memory",
	.head = "size",
	.rows = dma_sizes,
	.columns = (const struct table_column[]) {
		{ "edu: kmalloc", "dma.kmalloc.*.throughput", CELL_RATE },
		{ "vmalloc", "dma.vmalloc.*.throughput", CELL_RATE },
		{ "coherent", "dma.coherent.*.throughput", CELL_RATE },
		{ "vmalloc, IOMMU", "iommu.vmalloc.*.throughput", CELL_RATE },
		{ "edu-sg (real time): kmalloc", "fast.kmalloc.*.throughput", CELL_RATE },
		{ "vmalloc", "fast.vmalloc.*.throughput", CELL_RATE },
		{ "coherent", "fast.coherent.*.throughput", CELL_RATE },
		{ NULL, NULL, 0 }
	},
	.plot = "throughput",
	.caption = "Throughput by size and kind of memory",
};

#define TABLES(...)  (const struct table *const[]) { __VA_ARGS__, NULL }
#define SOURCES(...) (const char *const[]) { __VA_ARGS__, NULL }

const struct claim claims[NR_CLAIMS] = {
	{
		.id = 1,
		.claim = "Only a DMA device on a physically addressed bus needs memory that is "
			 "physically contiguous.",
		.experiment = "Buffers of each kind were looked up page by page, mapped for the edu "
			      "device with and without an IOMMU, written by the device, and compared.",
		.judge = judge_contiguity,
		.tables = TABLES(&pieces),
		.sources = SOURCES("Documentation/core-api/dma-api-howto.rst",
				   "drivers/iommu/dma-iommu.c: iommu_dma_map_sg()"),
	},
	{
		.id = 2,
		.claim = "A function in the kernel cannot know whether the buffer that it is given "
			 "will end up at a device.",
		.experiment = "Addresses of four kinds of memory were asked all that can be asked of "
			      "an address, and handed to dma_map_single(), in a guest that was thrown "
			      "away.",
		.judge = judge_knowledge,
		.tables = TABLES(&handover),
		.sources = SOURCES("include/linux/dma-mapping.h: dma_map_single_attrs()",
				   "Documentation/core-api/dma-api-howto.rst, \"What memory is "
				   "DMA'able?\""),
	},
	{
		.id = 3,
		.claim = "vmalloc() is slower than kmalloc(), because it has to map its pages.",
		.experiment = "Every kind of memory was allocated and freed, from 64 bytes to 64 MiB; "
			      "then the steps of vmalloc() were taken one by one: get pages, vmap(), "
			      "vunmap(), flush, free pages.",
		.judge = judge_slowness,
		.tables = TABLES(&costs, &steps),
		.sources = SOURCES("mm/vmalloc.c: __vmalloc_area_node(), __purge_vmap_area_lazy()",
				   "mm/page_alloc.c: init_on_alloc clears pages of every kind"),
	},
	{
		.id = 4,
		.claim = "kmalloc() never maps anything, but unless told GFP_ATOMIC it may block.",
		.experiment = "The page tables of buffers were looked up before and after they were "
			      "freed. Then memory was filled with pages that can be reclaimed, and "
			      "buffers allocated in system calls and in an interrupt handler: as is "
			      "allowed, and as is not.",
		.judge = judge_remapping,
		.tables = TABLES(&ranges, &interrupts),
		.sources = SOURCES("Documentation/core-api/memory-allocation.rst",
				   "include/linux/sched/mm.h: might_alloc()",
				   "mm/vmalloc.c: __get_vm_area_node() refuses interrupts"),
	},
	{
		.id = 5,
		.claim = "kmalloc() is limited to 128 KiB (or to 4 MiB, as of Linux 2.6.33).",
		.experiment = "Sizes were tried until one failed. Then all free memory was taken in "
			      "single pages, all but one in 64 given back, chosen at random, and "
			      "buffers of each size asked for until a quarter of memory was gone.",
		.judge = judge_limit,
		.tables = TABLES(&fragments),
		.sources = SOURCES("include/linux/slab.h: KMALLOC_MAX_SIZE",
				   "include/linux/mmzone.h: MAX_ORDER"),
	},
	{
		.id = 6,
		.claim = "For a really big buffer use vmalloc(), or reserve memory at boot.",
		.experiment = "The largest buffer of each kind was found by trying. 8 MiB from CMA "
			      "(on the debug kernel, for Debian's has none) and from a range that "
			      "memmap= reserves (on Debian's) were used for DMA, and compared.",
		.judge = judge_size,
		.tables = TABLES(&limits, &reservations),
		.sources = SOURCES("Documentation/admin-guide/kernel-parameters.txt: cma=, memmap=",
				   "kernel/dma/contiguous.c"),
	},
	{
		.id = 7,
		.claim = "From a system call GFP_KERNEL is right; an interrupt handler needs a plan for "
			 "failure.",
		.experiment = "Both asked for as many pages while memory was full of pages that can "
			      "be reclaimed. Then each allocation of a request to the driver was made "
			      "to fail, one after the other, on the debug kernel, which looked for lost "
			      "memory afterwards.",
		.judge = judge_failure,
		.tables = TABLES(&pressure, &failures),
		.sources = SOURCES("Documentation/core-api/memory-allocation.rst",
				   "Documentation/fault-injection/fault-injection.rst",
				   "Documentation/dev-tools/kmemleak.rst"),
	},
	{
		.id = 8,
		.claim = "vmalloc() is rarely used.",
		.experiment = "The kernel's own lists of what is allocated were read after boot; "
			      "callers of kmalloc() in a guest with slub_debug=U.",
		.judge = judge_rarity,
		.tables = TABLES(&usages),
		.sources = SOURCES("Documentation/filesystems/proc.rst: vmallocinfo, slabinfo",
				   "Documentation/mm/slub.rst: slub_debug"),
	},
	{
		.id = 9,
		.claim = "In the worst case vmalloc() adds a mapping for every page.",
		.experiment = "Entries of the page tables were counted with lookup_address() while a "
			      "buffer was there and after it had been freed; with and without large "
			      "pages.",
		.judge = judge_mappings,
		.tables = TABLES(&mappings),
		.sources = SOURCES("mm/vmalloc.c: vmap_pages_range(), vmalloc_huge()",
				   "arch/x86/mm/pat/set_memory.c: lookup_address()"),
	},
	{
		.id = 10,
		.claim = "More mappings mean more pressure on the TLB.",
		.experiment = "The entries that map each buffer were counted, whoever made them (the "
			      "direct map has large pages, but small ones where the kernel protects "
			      "parts of itself). Every page of 4 MiB was read 64 times, with the "
			      "processor's counter of TLB misses where there is one.",
		.judge = judge_tlb,
		.tables = TABLES(&entries, &strides),
		.sources = SOURCES("Documentation/admin-guide/kernel-parameters.txt: nohugevmalloc",
				   "Documentation/x86/x86_64/mm.rst: the direct map"),
	},
};

const struct claim guide = {
	.claim = "For a driver author: which to use when",
	.experiment = "The figures of the claims, side by side.",
	.judge = judge_choice,
	.tables = TABLES(&choice, &reservations, &throughput),
	.sources = SOURCES("Documentation/core-api/memory-allocation.rst",
			   "Documentation/core-api/dma-api-howto.rst"),
};

struct judgement claim_judge(const struct claim *claim, const struct figures *figures)
{
	struct judgement judgement = {
		.figures = figures, .used.object = json_object_new_object(),
	};
	struct judgement cells = { .figures = figures, .used = judgement.used };

	claim->judge(&judgement);
	for (const struct table *const *table = claim->tables; *table; table++)
		table_read(*table, &cells);
	memcpy(judgement.missing_cell, cells.missing, sizeof(cells.missing));
	return judgement;
}
