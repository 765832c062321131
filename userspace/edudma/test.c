// SPDX-License-Identifier: GPL-2.0-only
/* edudma test: is every byte where it belongs? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "device.h"
#include "number.h"
#include "output.h"
#include "say.h"
#include "test.h"

static struct test_selection selection;
static struct name_list method_names;
static uint64_t seed = 1;
static bool ktap;
static const char *json_path;

static const struct setting settings[] = {
	{ "methods", 'm', "NAME,...", "only these kinds of memory", &type_names, &method_names },
	{ "directions", 'D', "NAME,...", "only to, from or copy",
	  &type_names, &selection.directions },
	{ "sizes", 's', "SIZE,...", "these sizes, not those around the boundaries",
	  &type_sizes, &selection.sizes },
	{ "offsets", 'o', "N,...", "these offsets, not the built-in ones",
	  &type_offsets, &selection.offsets },
	{ "max-bytes", 0, "SIZE", "the longest transfer (8M, or what 1100 commands move)",
	  &type_size, &selection.max_bytes },
	{ "quick", 'q', NULL, "only small sizes: the default where a command takes\n"
	  "                             100 ms and the clock is real, without -s, -o, --max-bytes",
	  &type_flag, &selection.quick },
	{ "seed", 0, "N", "other patterns (1)", &type_count, &seed },
	{ "ktap", 0, NULL, "print KTAP, one line for each case", &type_flag, &ktap },
	{ "json", 0, "FILE", "write JSON, too; - for standard output, and nothing else",
	  &type_text, &json_path },
};

static const struct usage usage = {
	.subcommand = "test",
	.arguments = "",
	.about = "Check that transfers move the right bytes, and no others: every kind of memory\n"
		 "and direction, with sizes and offsets around every boundary. Each byte of a\n"
		 "pattern depends on its position, and what surrounds a transfer is checked too.",
	.settings = settings,
	.nr_settings = sizeof(settings) / sizeof(settings[0]),
	.more = "Examples:\n"
		"  edudma test                                everything\n"
		"  edudma test --max-bytes 8M                 everything, however long it takes\n"
		"  edudma test -m vmalloc -D copy -s 4097     one size\n"
		"  edudma test --ktap                         for a test harness\n",
};

/**
 * struct sinks - who gets the verdicts
 * @n: how many do
 * @reports: in what form
 * @outputs: and where
 */
struct sinks {
	size_t n;
	const struct test_report *reports[2];
	struct output outputs[2];
};

static int add_sink(struct sinks *sinks, const char *path, const struct test_report *report)
{
	if (output_open(&sinks->outputs[sinks->n], path))
		return EXIT_FAILURE;
	sinks->reports[sinks->n++] = report;
	return 0;
}

static int open_sinks(struct sinks *sinks)
{
	if (!is_standard_output(json_path))
		add_sink(sinks, "-", ktap ? &test_report_ktap : &test_report_human);
	return json_path ? add_sink(sinks, json_path, &test_report_json) : 0;
}

static int close_sinks(struct sinks *sinks)
{
	int status = 0;

	for (size_t i = 0; i < sinks->n; i++)
		status |= output_commit(&sinks->outputs[i]);
	return status;
}

/* Every case has its own key, and other seeds have other ones */
static uint64_t case_key(size_t index)
{
	return (seed << 32 | index) * 0x9e3779b97f4a7c15ULL;
}

static bool ends_group(const struct test_list *list, size_t i, const char *group)
{
	char next[64];

	if (i + 1 == list->n)
		return true;
	test_group_name(&list->cases[i + 1], next);
	return strcmp(group, next);
}

static void run_cases(const struct device *device, const struct test_list *list,
		      struct sinks *sinks, struct test_totals *totals)
{
	bool is_first = true;

	for (size_t s = 0; s < sinks->n; s++)
		sinks->reports[s]->begin(sinks->outputs[s].stream, device, list);
	for (size_t i = 0; i < list->n; i++) {
		struct test_verdict verdict;
		char group[64], name[128];
		bool is_last;

		test_group_name(&list->cases[i], group);
		test_case_name(&list->cases[i], name);
		is_last = ends_group(list, i, group);
		if (is_first && !ktap)
			progress("%zu/%zu %s", i + 1, list->n, group);
		verdict = test_run(device, &list->cases[i], case_key(i));
		if (is_last || verdict.outcome != TEST_PASSED)
			progress_clear();
		totals->outcomes[verdict.outcome]++;
		totals->commands += verdict.commands;
		for (size_t s = 0; s < sinks->n; s++) {
			sinks->reports[s]->one(sinks->outputs[s].stream, i, group, name, &verdict,
					       is_last);
			fflush(sinks->outputs[s].stream);
		}
		is_first = is_last;
	}
	for (size_t s = 0; s < sinks->n; s++)
		sinks->reports[s]->end(sinks->outputs[s].stream, device, totals);
}

/* Nobody waits half an hour for what was not asked for */
static void set_defaults(const struct device *device)
{
	struct environment environment;

	environment_read(&environment);
	if (selection.quick || selection.sizes.n || selection.offsets.n || selection.max_bytes ||
	    !device_is_slow(device, &environment))
		return;
	note("the clock is real and a command takes %s: only small sizes, as with --quick; "
	     "--max-bytes 8M takes all", format_time(device->info.command_ns).s);
	selection.quick = true;
}

static int test(struct device *device)
{
	struct test_totals totals = { 0 };
	struct sinks sinks = { 0 };
	struct test_list list;

	if (!device_choose_methods(device, "test", &method_names))
		return fail("nothing is left to test; `edudma info` shows what the device reaches");
	set_defaults(device);
	list = test_cases(device, &selection);
	if (!list.n)
		return fail("no such transfer fits these kinds of memory; `edudma info` shows the "
			    "limits");
	if (!open_sinks(&sinks))
		run_cases(device, &list, &sinks, &totals);
	else
		totals.outcomes[TEST_FAILED]++;
	free(list.cases);
	return close_sinks(&sinks) || totals.outcomes[TEST_FAILED] ? EXIT_FAILURE : EXIT_SUCCESS;
}

int test_main(int argc, char **argv)
{
	struct device device;
	int status;

	options_parse(&usage, argc, argv);
	directions_check("test", &selection.directions);
	if (ktap && is_standard_output(json_path))
		bad_usage("test", "KTAP and --json cannot both be standard output");
	if (device_open(&device))
		return EXIT_FAILURE;
	status = test(&device);
	device_close(&device);
	return status;
}
