// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of `edudma answer`: which figures make which verdict, and that a claim
 * without figures has none.
 */
#include <string.h>

#include "answer_judge.h"

#include "../ktap.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

static struct figures figures;

static void set(const char *name, uint64_t value)
{
	figures_set(&figures, value, "%s", name);
}

/* The figures of each size, four times as large as the one before */
static void set_sizes(const char *prefix, const char *suffix, uint64_t from, uint64_t to,
		      uint64_t value)
{
	for (uint64_t size = from; size <= to; size *= 4)
		figures_set(&figures, value, "%s.%llu.%s", prefix, (unsigned long long)size, suffix);
}

static void begin(void)
{
	json_object_put(figures.object);
	figures.object = json_object_new_object();
}

static struct judgement judge(void (*rule)(struct judgement *j))
{
	struct judgement judgement = {
		.figures = &figures, .used.object = json_object_new_object(),
	};

	rule(&judgement);
	json_object_put(judgement.used.object);
	return judgement;
}

static enum verdict verdict(void (*rule)(struct judgement *j))
{
	struct judgement judgement = judge(rule);

	if (*judgement.missing)
		ktap_diag("missing: %s", judgement.missing);
	EXPECT(!*judgement.missing);
	EXPECT(judgement.why.n > 0 && judgement.why.n < sizeof(judgement.why.text) - 1);
	return judgement.verdict;
}

/* Without any figures each judge says which one it misses, and none crashes */
TEST(no_verdict_without_figures)
{
	begin();
	for (size_t i = 0; i < NR_CLAIMS; i++) {
		struct judgement judgement = judge(claims[i].judge);

		EXPECT_EQ(claims[i].id, i + 1);
		EXPECT(*judgement.missing);
	}
	EXPECT(*judge(guide.judge).missing);
}

/* One that is missing among many is found, too */
TEST(no_verdict_without_one_figure)
{
	begin();
	set("kmalloc-limit.bytes", 4 << 20);
	EXPECT_EQ(strcmp(judge(judge_limit).missing, "fragments.taken"), 0);
}

/* A table's figures are asked for apart from the judge's */
TEST(cells_are_figures)
{
	struct judgement judgement;

	begin();
	judgement = claim_judge(&claims[0], &figures);
	EXPECT_EQ(strcmp(judgement.missing_cell, "layout.kmalloc.4096.runs"), 0);
	EXPECT_EQ(json_object_object_length(judgement.used.object), 0);
	json_object_put(judgement.used.object);
	set("layout.kmalloc.4096.runs", 1);
	judgement = claim_judge(&claims[0], &figures);
	EXPECT_EQ(strcmp(judgement.missing_cell, "dma.kmalloc.4096.segments"), 0);
	EXPECT_EQ(json_object_object_length(judgement.used.object), 1);
	json_object_put(judgement.used.object);
}

/* What could not be had was measured all the same */
TEST(none_is_a_figure)
{
	struct judgement judgement;

	begin();
	figures_set_none(&figures, "layout.kmalloc.4194304.leaves");
	judgement = judge(judge_tlb);
	EXPECT_EQ(strcmp(judgement.missing, "layout.vmalloc.4194304.leaves"), 0);
}

TEST(real_time_is_found_by_its_plain_name)
{
	struct judgement judgement = { .figures = &figures };
	uint64_t value = 0;
	bool none;

	begin();
	set("cost.x_ns" REAL_TIME, 7);
	EXPECT(figures_get(&figures, "cost.x_ns", &value, &none));
	EXPECT_EQ(value, 7);
	judgement.used.object = json_object_new_object();
	EXPECT_EQ(figure(&judgement, "cost.x_ns"), 7);
	EXPECT(json_object_object_get_ex(judgement.used.object, "cost.x_ns" REAL_TIME, NULL));
	json_object_put(judgement.used.object);
	set("cost.x_ns", 8);
	EXPECT(figures_get(&figures, "cost.x_ns", &value, &none));
	EXPECT_EQ(value, 8);
	EXPECT(!figures_get(&figures, "cost.y_ns", &value, &none));
}

static void set_contiguity(uint64_t segments, uint64_t merged)
{
	static const char *const methods[] = {
		"dma.kmalloc", "dma.vmalloc", "dma.coherent",
		"iommu.kmalloc", "iommu.vmalloc", "iommu.coherent",
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		set_sizes(methods[i], "verified", 4096, 1 << 20, 1);
	set("layout.vmalloc.65536.runs", 9);
	set("dma.vmalloc.65536.segments", segments);
	set("iommu.vmalloc.65536.segments", merged);
	set("dma.vmalloc.65536.commands", 25);
	set("dma.kmalloc.65536.commands", 17);
}

TEST(contiguity)
{
	set_contiguity(9, 1);
	EXPECT_EQ(verdict(judge_contiguity), DEPENDS);
	set_contiguity(9, 1);
	set("dma.vmalloc.1048576.verified", 0);
	EXPECT_EQ(verdict(judge_contiguity), HOLDS);
	set_contiguity(9, 2);
	EXPECT_EQ(verdict(judge_contiguity), DOES_NOT_HOLD);
	set_contiguity(9, 1);
	set("iommu.vmalloc.4096.verified", 0);
	EXPECT_EQ(verdict(judge_contiguity), DOES_NOT_HOLD);
}

static void set_knowledge(void)
{
	static const char *const memories[] = { "slab", "vmalloc", "stack", "static" };

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(memories); i++) {
		figures_set(&figures, !i, "handover.%s.mapped", memories[i]);
		figures_set(&figures, 0, "handover.%s.warnings", memories[i]);
		for (int after = 0; after < 2; after++) {
			const char *when = after ? "after" : "before";

			figures_set(&figures, !i, "handover.%s.%s.virt_addr_valid", memories[i],
				    when);
			figures_set(&figures, 0, "handover.%s.%s.is_vmalloc_addr", memories[i],
				    when);
			figures_set(&figures, 0, "handover.%s.%s.object_is_on_stack", memories[i],
				    when);
		}
	}
}

TEST(knowledge)
{
	set_knowledge();
	EXPECT_EQ(verdict(judge_knowledge), HOLDS);
	set("handover.slab.after.virt_addr_valid", 0);
	EXPECT_EQ(verdict(judge_knowledge), DOES_NOT_HOLD);
	set_knowledge();
	set("handover.slab.mapped", 0);
	EXPECT_EQ(verdict(judge_knowledge), DOES_NOT_HOLD);
}

/* vmalloc() costs @more, of which @remapping is page tables and TLB */
static void set_slowness(uint64_t more, uint64_t remapping)
{
	static const char *const steps[] = { "pages", "clear", "unmap", "flush", "free" };

	begin();
	set_sizes("cost.kmalloc", "both_ns", 64, 4 << 20, 1000);
	set_sizes("cost.vmalloc", "both_ns", 64, 4 << 20, 1000 + more);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		for (uint64_t size = 4096; size <= 4 << 20; size *= 4)
			figures_set(&figures, 0, "steps.%llu.%s_ns", (unsigned long long)size,
				    steps[i]);
	set_sizes("steps", "map_ns", 4096, 4 << 20, remapping);
}

TEST(slowness)
{
	set_slowness(1000, 900);
	EXPECT_EQ(verdict(judge_slowness), HOLDS);
	set_slowness(1000, 400);
	EXPECT_EQ(verdict(judge_slowness), DEPENDS);
	set_slowness(1000, 900);
	set("cost.vmalloc.64.both_ns", 1000);
	EXPECT_EQ(verdict(judge_slowness), DEPENDS);
	set_slowness(0, 900);
	EXPECT_EQ(verdict(judge_slowness), DOES_NOT_HOLD);
}

static void set_remapping(void)
{
	begin();
	set_sizes("layout.kmalloc", "direct_map", 64, 4 << 20, 1);
	set_sizes("layout.kmalloc", "leaves_made", 64, 4 << 20, 0);
	set("layout.vmalloc.65536.leaves_made", 16);
	set("pressure.kernel.reclaims", 5);
	set("pressure.atomic.reclaims", 0);
	set("sleeping.debug.reports", 1);
	set("sleeping.plain.reports", 0);
	set("interrupt.kmalloc.attempts", 16);
	set("interrupt.kmalloc.got", 16);
	set("interrupt.kmalloc.hardirq", 1);
	set("interrupt.vmalloc.bugs", 1);
}

TEST(remapping)
{
	static const struct {
		const char *figure;
		uint64_t value;
		enum verdict verdict;
	} changes[] = {
		{ "layout.kmalloc.64.direct_map", 0, DOES_NOT_HOLD },
		{ "layout.kmalloc.4194304.leaves_made", 1, DOES_NOT_HOLD },
		{ "pressure.kernel.reclaims", 0, DEPENDS },
		{ "pressure.atomic.reclaims", 1, DEPENDS },
		{ "sleeping.debug.reports", 0, DEPENDS },
		{ "interrupt.kmalloc.got", 15, DEPENDS },
		{ "interrupt.kmalloc.hardirq", 0, DEPENDS },
		{ "interrupt.vmalloc.bugs", 0, DEPENDS },
	};

	set_remapping();
	EXPECT_EQ(verdict(judge_remapping), HOLDS);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		set_remapping();
		set(changes[i].figure, changes[i].value);
		EXPECT_EQ(verdict(judge_remapping), changes[i].verdict);
	}
}

TEST(limit)
{
	begin();
	set("fragments.taken", 6400);
	set("fragments.kept", 100);
	set("fragments.free", 1 << 20);
	set("fragments.after.vmalloc.4194304.failed_percent", 0);
	set("fragments.fresh.kmalloc.4194304.failed_percent", 0);
	for (uint64_t size = 256 << 10; size <= 4 << 20; size *= 2)
		figures_set(&figures, 50, "fragments.after.kmalloc.%llu.failed_percent",
			    (unsigned long long)size);
	set("kmalloc-limit.bytes", 4 << 20);
	EXPECT_EQ(verdict(judge_limit), HELD_ONCE);
	set("kmalloc-limit.bytes", 128 << 10);
	EXPECT_EQ(verdict(judge_limit), HOLDS);
	set("kmalloc-limit.bytes", 64 << 10);
	EXPECT_EQ(verdict(judge_limit), DOES_NOT_HOLD);
}

TEST(size)
{
	begin();
	set("limits.free", 160 << 20);
	set("limits.kmalloc", 4 << 20);
	set("limits.pages", 4 << 20);
	set("limits.coherent", 4 << 20);
	set("limits.vmalloc", 150 << 20);
	set("cma.bytes", 8 << 20);
	set("cma.segments", 1);
	set("cma.verified", 1);
	set("reserved.bytes", 8 << 20);
	set("reserved.verified", 1);
	EXPECT_EQ(verdict(judge_size), HOLDS);
	set("reserved.verified", 0);
	EXPECT_EQ(verdict(judge_size), DEPENDS);
	set("reserved.verified", 1);
	set("cma.bytes", 4 << 20);
	EXPECT_EQ(verdict(judge_size), DEPENDS);
	set("limits.vmalloc", 4 << 20);
	EXPECT_EQ(verdict(judge_size), DOES_NOT_HOLD);
}

TEST(failure)
{
	static const char *const methods[] = { "kmalloc", "vmalloc", "coherent" };

	begin();
	set("pressure.kernel.attempts", 100);
	set("pressure.kernel.got", 100);
	set("pressure.atomic.attempts", 100);
	set("pressure.atomic.got", 40);
	set("failing.lost", 0);
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		figures_set(&figures, 9, "failing.%s.injected", methods[i]);
		figures_set(&figures, 5, "failing.%s.enomem", methods[i]);
		figures_set(&figures, 3, "failing.%s.unnoticed", methods[i]);
		figures_set(&figures, 1, "failing.%s.other_errno", methods[i]);
	}
	EXPECT_EQ(verdict(judge_failure), HOLDS);
	set("pressure.atomic.got", 100);
	EXPECT_EQ(verdict(judge_failure), DEPENDS);
	set("failing.lost", 1);
	EXPECT_EQ(verdict(judge_failure), DOES_NOT_HOLD);
}

TEST(rarity)
{
	begin();
	set("usage.vmalloc.bytes", 9);
	set("usage.kmalloc.bytes", 100);
	set("usage.vmalloc.buffers", 9);
	set("usage.kmalloc.buffers", 100);
	set("callers.vmalloc", 3);
	set("callers.kmalloc", 30);
	EXPECT_EQ(verdict(judge_rarity), HOLDS);
	set("usage.vmalloc.bytes", 500);
	EXPECT_EQ(verdict(judge_rarity), DEPENDS);
	set("usage.vmalloc.buffers", 500);
	EXPECT_EQ(verdict(judge_rarity), DOES_NOT_HOLD);
}

static void set_mappings(void)
{
	begin();
	for (uint64_t size = 4096; size <= 64 << 20; size *= 4)
		figures_set(&figures, size / 4096, "layout.vmalloc.%llu.leaves_made",
			    (unsigned long long)size);
	set("layout.vmalloc_huge.4194304.leaves_made", 2);
	set("layout.vmalloc_huge.67108864.leaves_made", 32);
}

TEST(mappings)
{
	set_mappings();
	EXPECT_EQ(verdict(judge_mappings), HOLDS);
	set("layout.vmalloc.4194304.leaves_made", 2);
	EXPECT_EQ(verdict(judge_mappings), DEPENDS);
	set("layout.vmalloc.4096.leaves_made", 2);
	EXPECT_EQ(verdict(judge_mappings), DOES_NOT_HOLD);
}

static void set_tlb(uint64_t kmalloc_misses, uint64_t vmalloc_misses, bool counted)
{
	begin();
	set("layout.kmalloc.4194304.leaves", 2);
	set("layout.vmalloc.4194304.leaves", 1024);
	set("layout.vmalloc_huge.4194304.leaves", 2);
	set("stride.counters", counted);
	set("stride.kmalloc.reads", 100);
	set("stride.kmalloc.ns", 100);
	set("stride.kmalloc.tlb_misses", kmalloc_misses);
	set("stride.vmalloc.reads", 100);
	set("stride.vmalloc.ns", 100);
	set("stride.vmalloc.tlb_misses", vmalloc_misses);
}

TEST(tlb)
{
	set_tlb(100, 1000, true);
	EXPECT_EQ(verdict(judge_tlb), HOLDS);
	set_tlb(100, 105, true);
	EXPECT_EQ(verdict(judge_tlb), DEPENDS);
	set_tlb(0, 0, false);
	EXPECT_EQ(verdict(judge_tlb), DEPENDS);
	set("layout.vmalloc.4194304.leaves", 2);
	EXPECT_EQ(verdict(judge_tlb), DOES_NOT_HOLD);
}

int main(void)
{
	return ktap_run();
}
