// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long interrupts are off: a timer that comes late tells
 *
 * By the virtual clock, which counts instructions, that is the same in each run.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "compat.h"

#define PERIOD_NS	(50 * NSEC_PER_USEC)

static ulong worst_ns;
module_param(worst_ns, ulong, 0644);
MODULE_PARM_DESC(worst_ns, "By how much the timer was late, at worst; set it to 0 to begin anew");

static struct hrtimer timer;

/*
 * Is it the page allocator that has just let interrupts in? How many free pages it moves at
 * a time is its own affair: Linux 6.7 and newer take 400 us for them.
 */
static bool is_page_allocator(void)
{
	static const char *const functions[] = { "get_page_from_freelist", "free_pcppages_bulk" };
	ulong entries[32];
	char name[64];
	uint nr = stack_trace_save(entries, ARRAY_SIZE(entries), 0);

	for (uint i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "%ps", (void *)entries[i]);
		if (match_string(functions, ARRAY_SIZE(functions), name) >= 0)
			return true;
	}
	return false;
}

static enum hrtimer_restart look(struct hrtimer *unused)
{
	ulong late = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(&timer)));

	if (late > worst_ns && !is_page_allocator())
		worst_ns = late;
	hrtimer_forward_now(&timer, ns_to_ktime(PERIOD_NS));
	return HRTIMER_RESTART;
}

static int __init latency_init(void)
{
	edudma_hrtimer_setup(&timer, look, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&timer, ns_to_ktime(PERIOD_NS), HRTIMER_MODE_REL_HARD);
	return 0;
}
module_init(latency_init);

static void __exit latency_exit(void)
{
	hrtimer_cancel(&timer);
}
module_exit(latency_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Measures how long interrupts are off");
