// SPDX-License-Identifier: GPL-2.0-only
/* The rules by which figures become verdicts, and the sentences that say why */
#include "answer_judge.h"

#include "number.h"

#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define PAGE		4096ULL
#define TYPICAL		(64 * KIB)

static unsigned long long percent(unsigned long long part, unsigned long long whole)
{
	return whole ? 100 * part / whole : 0;
}

/* "1.84 times" */
static double times(unsigned long long a, unsigned long long b)
{
	return b ? (double)a / (double)b : 0;
}

/* Whether every transfer of a method brought the right bytes, at each size */
static bool dma_is_right(struct judgement *j, const char *machine, const char *method)
{
	bool right = true;

	for (unsigned long long size = PAGE; size <= MIB; size *= 4)
		right &= figure(j, "%s.%s.%llu.verified", machine, method,
				size) == 1;
	return right;
}

/* An IOMMU makes one piece of many; without one, many pieces cost many commands */
void judge_contiguity(struct judgement *j)
{
	unsigned long long runs = figure(j, "layout.vmalloc.65536.runs");
	unsigned long long direct = figure(j, "dma.vmalloc.65536.segments");
	unsigned long long merged = figure(j, "iommu.vmalloc.65536.segments");
	bool direct_works = dma_is_right(j, "dma", "vmalloc");
	bool merged_works = dma_is_right(j, "iommu", "vmalloc");
	bool rest_works = dma_is_right(j, "dma", "kmalloc") &&
			  dma_is_right(j, "dma", "coherent") &&
			  dma_is_right(j, "iommu", "kmalloc") &&
			  dma_is_right(j, "iommu", "coherent");

	if (!rest_works || !merged_works || merged != 1)
		j->verdict = DOES_NOT_HOLD;
	else
		j->verdict = direct_works && direct > 1 ? DEPENDS : HOLDS;
	append(&j->why, "64 KiB from vmalloc() lay in %llu physical pieces; no two buffers are alike. "
	       "Behind an IOMMU the device saw %llu, and %s bytes arrived. ", runs,
	       merged, merged_works ? "the right" : "wrong");
	append(&j->why, "Without one it saw %llu segments, and %s bytes arrived as well, "
	       "in %llu commands instead of kmalloc()'s %llu: contiguity is needed only by a "
	       "device on a physically addressed bus that cannot be given several pieces, one "
	       "after the other or as a list.", direct,
	       direct_works ? "the right" : "wrong",
	       figure(j, "dma.vmalloc.65536.commands"),
	       figure(j, "dma.kmalloc.65536.commands"));
}

static unsigned long long answers(struct judgement *j, const char *memory, const char *when)
{
	return figure(j, "handover.%s.%s.virt_addr_valid", memory, when) |
	       figure(j, "handover.%s.%s.is_vmalloc_addr", memory, when) << 1 |
	       figure(j, "handover.%s.%s.object_is_on_stack", memory, when) << 2;
}

/* If an address looks the same before and after it was mapped, nothing tells */
void judge_knowledge(struct judgement *j)
{
	static const char *const unfit[] = { "vmalloc", "stack", "static" };
	bool tells = answers(j, "slab", "before") != answers(j, "slab", "after");
	bool mapped = figure(j, "handover.slab.mapped");
	unsigned long long refused = 0, recognised = 0, warnings = 0;

	for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
		refused += !figure(j, "handover.%s.mapped", unfit[i]);
		warnings += figure(j, "handover.%s.warnings", unfit[i]);
		recognised += !(answers(j, unfit[i], "before") & 1);
	}
	j->verdict = mapped && !tells ? HOLDS : DOES_NOT_HOLD;
	append(&j->why, "virt_addr_valid(), is_vmalloc_addr() and object_is_on_stack() said the same "
	       "of a slab buffer before and after it was mapped for the device. They tell where "
	       "memory lies, not where it will go: virt_addr_valid() was false for %llu of the 3 "
	       "addresses that are no DMA memory (vmalloc, stack, static), and dma_map_single() "
	       "itself refused %llu of them, at run time and with %llu warnings (each kind of "
	       "warning comes once). So whoever passes a buffer on has to allocate it as if it "
	       "went to a device.", recognised, refused,
	       warnings);
}

static unsigned long long cost(struct judgement *j, const char *kind, unsigned long long size)
{
	return figure(j, "cost.%s.%llu.both_ns", kind, size);
}

/* Of what vmalloc() costs more than kmalloc(), what its page tables and the TLB cost */
static unsigned long long remapping_percent(struct judgement *j, unsigned long long size)
{
	unsigned long long bytes = size;
	unsigned long long more = cost(j, "vmalloc", size) - cost(j, "kmalloc", size);

	return percent(figure(j, "steps.%llu.map_ns", bytes) +
		       figure(j, "steps.%llu.unmap_ns", bytes) +
		       figure(j, "steps.%llu.flush_ns", bytes), more);
}

void judge_slowness(struct judgement *j)
{
	unsigned long long small, large;
	unsigned long long slower = 0, sizes = 0;

	for (unsigned long long size = 64; size <= 4 * MIB; size *= 4, sizes++)
		slower += cost(j, "vmalloc", size) > cost(j, "kmalloc", size);
	if (!slower) {
		j->verdict = DOES_NOT_HOLD;
		append(&j->why, "vmalloc() was slower at none of %llu sizes.",
		       sizes);
		return;
	}
	small = remapping_percent(j, PAGE);
	large = remapping_percent(j, 4 * MIB);
	j->verdict = slower == sizes && small >= 50 && large >= 50 ? HOLDS : DEPENDS;
	append(&j->why, "Allocating and freeing took vmalloc() longer at %llu of %llu sizes from 64 "
	       "bytes to 4 MiB: %.1f times at 4 KiB (%s instead of %s), %.1f times at 64 KiB, "
	       "%.1f times at 4 MiB. ", slower, sizes,
	       times(cost(j, "vmalloc", PAGE), cost(j, "kmalloc", PAGE)),
	       format_time(cost(j, "vmalloc", PAGE)).s, format_time(cost(j, "kmalloc", PAGE)).s,
	       times(cost(j, "vmalloc", TYPICAL), cost(j, "kmalloc", TYPICAL)),
	       times(cost(j, "vmalloc", 4 * MIB), cost(j, "kmalloc", 4 * MIB)));
	append(&j->why, "Page tables and the TLB flush make %llu %% of the difference at 4 KiB, but "
	       "only %llu %% at 4 MiB: there the time goes into getting and giving back 1024 "
	       "single pages (%s) where kmalloc() has one block.", small, large,
	       format_time(figure(j, "steps.4194304.pages_ns") -
			   figure(j, "steps.4194304.clear_ns") +
			   figure(j, "steps.4194304.free_ns")).s);
}

static bool never_remaps(struct judgement *j)
{
	bool never = true;

	for (unsigned long long size = 64; size <= 4 * MIB; size *= 4)
		never &= figure(j, "layout.kmalloc.%llu.direct_map", size) &&
			 !figure(j, "layout.kmalloc.%llu.leaves_made", size);
	return never;
}

void judge_remapping(struct judgement *j)
{
	bool never = never_remaps(j);
	unsigned long long made = figure(j, "layout.vmalloc.65536.leaves_made");
	unsigned long long reclaims = figure(j, "pressure.kernel.reclaims");
	unsigned long long atomic_reclaims = figure(j, "pressure.atomic.reclaims");
	unsigned long long reports = figure(j, "sleeping.debug.reports");
	unsigned long long got = figure(j, "interrupt.kmalloc.got");
	bool interrupt = figure(j, "interrupt.kmalloc.hardirq") &&
			 got == figure(j, "interrupt.kmalloc.attempts");
	unsigned long long bugs = figure(j, "interrupt.vmalloc.bugs");

	if (!never)
		j->verdict = DOES_NOT_HOLD;
	else
		j->verdict = reclaims && !atomic_reclaims && interrupt && reports && bugs ? HOLDS :
											    DEPENDS;
	append(&j->why, "From 64 bytes to 4 MiB kmalloc()'s addresses were %s the direct map, and "
	       "no page-table entry was made for them; 64 KiB from vmalloc() took %llu new ones. ",
	       never ? "all in" : "not all in", made);
	append(&j->why, "With memory full of pages that can be reclaimed, GFP_KERNEL stopped to reclaim "
	       "%llu times and GFP_ATOMIC %llu times. In an interrupt handler GFP_ATOMIC gave %llu "
	       "buffers of %llu; GFP_KERNEL there was reported %llu time%s by the debug kernel and %llu "
	       "times by Debian's; vmalloc() there was a kernel BUG (%llu), which ended the guest.",
	       reclaims, atomic_reclaims,
	       got,
	       figure(j, "interrupt.kmalloc.attempts"),
	       reports, reports == 1 ? "" : "s",
	       figure(j, "sleeping.plain.reports"), bugs);
}

void judge_limit(struct judgement *j)
{
	unsigned long long limit = figure(j, "kmalloc-limit.bytes");
	unsigned long long taken = figure(j, "fragments.taken");
	unsigned long long kept = figure(j, "fragments.kept");

	j->verdict = limit > 128 * KIB ? HELD_ONCE : limit == 128 * KIB ? HOLDS : DOES_NOT_HOLD;
	append(&j->why, "By trying, kmalloc() gives up to %s here (%llu bytes). What is left of the "
	       "old warning is that large ones fail when memory is fragmented: with one page in "
	       "%llu taken, at random, ", format_size(limit).s, limit,
	       kept ? taken / kept : 0);
	append(&j->why, "%llu %% of the requests for 256 KiB failed, %llu %% of those for 512 KiB, "
	       "%llu %% for 1 MiB and %llu %% for 4 MiB, with %s free; before that none (%llu %% at "
	       "4 MiB). Of vmalloc()'s requests for 4 MiB %llu %% failed.",
	       figure(j, "fragments.after.kmalloc.262144.failed_percent"),
	       figure(j, "fragments.after.kmalloc.524288.failed_percent"),
	       figure(j, "fragments.after.kmalloc.1048576.failed_percent"),
	       figure(j, "fragments.after.kmalloc.4194304.failed_percent"),
	       format_rough_size(figure(j, "fragments.free")).s,
	       figure(j, "fragments.fresh.kmalloc.4194304.failed_percent"),
	       figure(j, "fragments.after.vmalloc.4194304.failed_percent"));
}

void judge_size(struct judgement *j)
{
	unsigned long long kmalloc = figure(j, "limits.kmalloc");
	unsigned long long vmalloc = figure(j, "limits.vmalloc");
	unsigned long long big = figure(j, "cma.bytes");
	bool cma = figure(j, "cma.verified") && big > kmalloc;
	bool reserved = figure(j, "reserved.verified") &&
			figure(j, "reserved.bytes") > kmalloc;

	if (vmalloc <= kmalloc)
		j->verdict = DOES_NOT_HOLD;
	else
		j->verdict = cma && reserved ? HOLDS : DEPENDS;
	append(&j->why, "With %s free, the largest kmalloc() was %s, as were alloc_pages() (%s) and "
	       "dma_alloc_coherent() without CMA (%s); the largest vmalloc() was %s. ",
	       format_rough_size(figure(j, "limits.free")).s, format_size(kmalloc).s,
	       format_size(figure(j, "limits.pages")).s,
	       format_size(figure(j, "limits.coherent")).s, format_rough_size(vmalloc).s);
	append(&j->why, "Reserved at boot, %s came in %llu segment for the device: from CMA (cma=) "
	       "through dma_alloc_coherent(), %s; from a range that memmap= keeps away from the "
	       "kernel, %s.", format_size(big).s,
	       figure(j, "cma.segments"),
	       cma ? "and the bytes arrived" : "but the bytes did not arrive",
	       reserved ? "and they arrived there too" : "but there they did not");
}

void judge_failure(struct judgement *j)
{
	static const char *const methods[] = { "kmalloc", "vmalloc", "coherent" };
	unsigned long long asked = figure(j, "pressure.kernel.attempts");
	unsigned long long got = figure(j, "pressure.kernel.got");
	unsigned long long atomic_asked = figure(j, "pressure.atomic.attempts");
	unsigned long long atomic_got = figure(j, "pressure.atomic.got");
	unsigned long long lost = figure(j, "failing.lost");
	unsigned long long injected = 0, reported = 0, unnoticed = 0, other = 0;

	for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++) {
		injected += figure(j, "failing.%s.injected", methods[m]);
		reported += figure(j, "failing.%s.enomem", methods[m]);
		unnoticed += figure(j, "failing.%s.unnoticed", methods[m]);
		other += figure(j, "failing.%s.other_errno", methods[m]);
	}
	if (lost)
		j->verdict = DOES_NOT_HOLD;
	else
		j->verdict = got == asked && atomic_got < atomic_asked && reported ? HOLDS : DEPENDS;
	append(&j->why, "With memory full of pages that can be reclaimed, a system call got %llu of "
	       "%llu pages by GFP_KERNEL; an interrupt handler got %llu of %llu by GFP_ATOMIC, and "
	       "could do nothing about the rest. ", got,
	       asked, atomic_got,
	       atomic_asked);
	append(&j->why, "Made to fail at each of %llu places of a request, one after the other, the "
	       "driver answered ENOMEM %llu times; %llu times the request succeeded all the same, by "
	       "another way or because only a checker of the debug kernel went without; the other "
	       "%llu were copies to or from user space (EFAULT). Lost: %llu.",
	       injected, reported,
	       unnoticed, other, lost);
}

void judge_rarity(struct judgement *j)
{
	unsigned long long vmalloc = figure(j, "usage.vmalloc.bytes");
	unsigned long long kmalloc = figure(j, "usage.kmalloc.bytes");
	unsigned long long areas = figure(j, "usage.vmalloc.buffers");
	unsigned long long objects = figure(j, "usage.kmalloc.buffers");
	bool few_bytes = vmalloc * 10 < kmalloc, few_buffers = areas * 10 < objects;

	j->verdict = few_bytes && few_buffers ? HOLDS :
		     few_bytes || few_buffers ? DEPENDS : DOES_NOT_HOLD;
	append(&j->why, "In this kernel just after boot %llu buffers from vmalloc() hold %s, and %llu "
	       "from kmalloc() %s: by number vmalloc() is %s, by bytes %s. %llu functions had "
	       "called vmalloc(), %llu kmalloc().", areas,
	       format_rough_size(vmalloc).s, objects,
	       format_rough_size(kmalloc).s, few_buffers ? "rare" : "not rare",
	       few_bytes ? "rare" : "not",
	       figure(j, "callers.vmalloc"),
	       figure(j, "callers.kmalloc"));
}

void judge_mappings(struct judgement *j)
{
	unsigned long long sizes = 0, worst = 0, beyond = 0;

	for (unsigned long long size = PAGE; size <= 64 * MIB; size *= 4, sizes++) {
		unsigned long long leaves = figure(j, "layout.vmalloc.%llu.leaves_made",
					 size);

		worst += leaves == size / PAGE;
		beyond += leaves > size / PAGE;
	}
	j->verdict = beyond ? DOES_NOT_HOLD : worst == sizes ? HOLDS : DEPENDS;
	append(&j->why, "vmalloc() made size / 4096 entries at %llu of %llu sizes from 4 KiB to 64 MiB, "
	       "and never more: %llu for 4 MiB. So on x86-64 the worst case is the usual one, for "
	       "vmalloc() does not use large pages there; vmalloc_huge(), and kvmalloc() where "
	       "kmalloc() ends, do: %llu entries for 4 MiB, %llu instead of %llu for 64 MiB.",
	       worst, sizes,
	       figure(j, "layout.vmalloc.4194304.leaves_made"),
	       figure(j, "layout.vmalloc_huge.4194304.leaves_made"),
	       figure(j, "layout.vmalloc_huge.67108864.leaves_made"),
	       figure(j, "layout.vmalloc.67108864.leaves_made"));
}

void judge_tlb(struct judgement *j)
{
	unsigned long long few = figure(j, "layout.kmalloc.4194304.leaves");
	unsigned long long many = figure(j, "layout.vmalloc.4194304.leaves");
	bool counted = figure(j, "stride.counters");
	unsigned long long few_misses = figure(j, "stride.kmalloc.tlb_misses");
	unsigned long long many_misses = figure(j, "stride.vmalloc.tlb_misses");

	if (many <= few)
		j->verdict = DOES_NOT_HOLD;
	else
		j->verdict = counted && many_misses * 10 > few_misses * 11 ? HOLDS : DEPENDS;
	append(&j->why, "4 MiB from kmalloc() need %llu entries of the TLB, from vmalloc() %llu, from "
	       "vmalloc_huge() %llu. ", few, many,
	       figure(j, "layout.vmalloc_huge.4194304.leaves"));
	append(&j->why, "Reading 8 bytes of every page took %.1f ns each in the one and %.1f ns in the "
	       "other. ", times(figure(j, "stride.kmalloc.ns"), figure(j, "stride.kmalloc.reads")),
	       times(figure(j, "stride.vmalloc.ns"), figure(j, "stride.vmalloc.reads")));
	if (counted)
		append(&j->why, "The processor counted %llu and %llu misses of its TLB.",
		       few_misses, many_misses);
	else
		append(&j->why, "What a miss costs cannot be seen here: this machine has no counter "
		       "of TLB misses, as an emulated one has no TLB like a processor's. The "
		       "number of entries is real, its price depends on the processor.");
}

static void advise_kmalloc(struct judgement *j)
{
	append(&j->why, "- kmalloc(), if it is not long: up to %s, and with a plan for failure from some "
	       "100 KiB on. Cheapest to allocate (%s for 64 KiB) and to map (%s), one segment. In an "
	       "interrupt handler with GFP_ATOMIC: %llu of %llu. Failure: NULL, and ENOMEM for the "
	       "caller.\n",
	       format_size(figure(j, "limits.kmalloc")).s, format_time(cost(j, "kmalloc", TYPICAL)).s,
	       format_time(figure(j, "dma.kmalloc.65536.map_ns")).s,
	       figure(j, "interrupt.kmalloc.got"), figure(j, "interrupt.kmalloc.attempts"));
}

static void advise_vmalloc(struct judgement *j)
{
	append(&j->why, "- vmalloc(), if it is long (up to %s here) and the device takes lists of "
	       "segments, or an IOMMU makes one of them (%llu segments for 64 KiB without, %llu with "
	       "one). %.1f times kmalloc()'s price to allocate, %.0f times to map. Only where it may "
	       "sleep: in an interrupt handler it is a kernel BUG. Failure: NULL, and ENOMEM for the "
	       "caller.\n", format_rough_size(figure(j, "limits.vmalloc")).s,
	       figure(j, "dma.vmalloc.65536.segments"),
	       figure(j, "iommu.vmalloc.65536.segments"),
	       times(cost(j, "vmalloc", TYPICAL), cost(j, "kmalloc", TYPICAL)),
	       times(figure(j, "dma.vmalloc.65536.map_ns"),
		     figure(j, "dma.kmalloc.65536.map_ns")));
}

static void advise_coherent(struct judgement *j)
{
	append(&j->why, "- dma_alloc_coherent(), for what device and CPU touch in turn all the time, such "
	       "as descriptor rings: mapped once (%s to allocate 64 KiB), never synced. Up to %s, or as "
	       "much as CMA was given. In an interrupt handler with GFP_ATOMIC: %llu of %llu. Reading it "
	       "takes the CPU %.2f times as long as kmalloc()'s here; where DMA is not coherent with the "
	       "caches, far longer. Failure: NULL, and ENOMEM for the caller.\n",
	       format_time(cost(j, "coherent", TYPICAL)).s,
	       format_size(figure(j, "limits.coherent")).s, figure(j, "interrupt.coherent.got"),
	       figure(j, "interrupt.coherent.attempts"),
	       times(figure(j, "dma.coherent.65536.read_ns"),
		     figure(j, "dma.kmalloc.65536.read_ns")));
}

void judge_choice(struct judgement *j)
{
	advise_kmalloc(j);
	advise_vmalloc(j);
	advise_coherent(j);
	append(&j->why, "- kvmalloc(), if no device will see it and it may be long: kmalloc() as long as "
	       "that works, vmalloc() when not (%llu %% of requests for 4 MiB failed in fragmented "
	       "memory, instead of %llu %%).\n",
	       figure(j, "fragments.after.kvmalloc.4194304.failed_percent"),
	       figure(j, "fragments.after.kmalloc.4194304.failed_percent"));
	append(&j->why, "- Memory reserved at boot, by cma= or else memmap=, if it is long and must be in "
	       "one piece: %s in %llu segment.\n", format_size(figure(j, "cma.bytes")).s,
	       figure(j, "cma.segments"));
}
