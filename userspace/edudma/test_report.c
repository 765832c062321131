// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "json.h"
#include "number.h"

/* For people: a line for each group, and for each failure */

static struct test_totals group_totals;

static void human_begin(FILE *stream, const struct device *device, const struct test_list *list)
{
	fprintf(stream, "%s: %zu transfers, window %s\n", device->path, list->n,
		format_size(device->info.window).s);
}

static void human_group(FILE *stream, const char *group, const struct test_totals *totals)
{
	const size_t *outcomes = totals->outcomes;

	fprintf(stream, "%s  %-28s %3zu passed", outcomes[TEST_FAILED] ? "FAILED" : "ok    ", group,
		outcomes[TEST_PASSED]);
	if (outcomes[TEST_FAILED])
		fprintf(stream, ", %zu failed", outcomes[TEST_FAILED]);
	if (outcomes[TEST_SKIPPED])
		fprintf(stream, ", %zu skipped", outcomes[TEST_SKIPPED]);
	fprintf(stream, ", %s\n", format_number(totals->commands, "command").s);
}

static void human_one(FILE *stream, size_t index, const char *group, const char *name,
		      const struct test_verdict *verdict, bool ends_group)
{
	(void)index;
	if (verdict->outcome != TEST_PASSED)
		fprintf(stream, "%s %s, %s: %s\n",
			verdict->outcome == TEST_FAILED ? "not ok" : "skip", group, name,
			verdict->why);
	group_totals.outcomes[verdict->outcome]++;
	group_totals.commands += verdict->commands;
	if (!ends_group)
		return;
	human_group(stream, group, &group_totals);
	group_totals = (struct test_totals){ 0 };
}

static void human_end(FILE *stream, const struct device *device, const struct test_totals *totals)
{
	fprintf(stream, "%zu passed, %zu failed, %zu skipped; %s",
		totals->outcomes[TEST_PASSED], totals->outcomes[TEST_FAILED],
		totals->outcomes[TEST_SKIPPED], format_number(totals->commands, "command").s);
	if (device->info.command_ns)
		fprintf(stream, ", %s of device time",
			format_time(totals->commands * device->info.command_ns).s);
	fputc('\n', stream);
}

const struct test_report test_report_human = { human_begin, human_one, human_end };

/* For test harnesses: KTAP, version 1 */

static void ktap_begin(FILE *stream, const struct device *device, const struct test_list *list)
{
	(void)device;
	fprintf(stream, "KTAP version 1\n1..%zu\n", list->n);
}

static void ktap_one(FILE *stream, size_t index, const char *group, const char *name,
		     const struct test_verdict *verdict, bool ends_group)
{
	bool is_failure = verdict->outcome == TEST_FAILED;

	(void)ends_group;
	if (is_failure)
		fprintf(stream, "# %s\n", verdict->why);
	fprintf(stream, "%s %zu - %s, %s", is_failure ? "not ok" : "ok", index + 1, group, name);
	if (verdict->outcome == TEST_SKIPPED)
		fprintf(stream, " # SKIP %s", verdict->why);
	fputc('\n', stream);
}

static void ktap_end(FILE *stream, const struct device *device, const struct test_totals *totals)
{
	(void)device;
	fprintf(stream, "# Totals: pass:%zu fail:%zu xfail:0 xpass:0 skip:%zu error:0\n",
		totals->outcomes[TEST_PASSED], totals->outcomes[TEST_FAILED],
		totals->outcomes[TEST_SKIPPED]);
}

const struct test_report test_report_ktap = { ktap_begin, ktap_one, ktap_end };

/* For programs: one JSON object at the end */

static struct json_object *json_cases;

static void json_begin(FILE *stream, const struct device *device, const struct test_list *list)
{
	(void)stream;
	(void)device;
	json_cases = json_object_new_array_ext((int)list->n);
}

static void json_one(FILE *stream, size_t index, const char *group, const char *name,
		     const struct test_verdict *verdict, bool ends_group)
{
	static const char *const words[] = {
		[TEST_PASSED] = "passed",
		[TEST_FAILED] = "failed",
		[TEST_SKIPPED] = "skipped",
	};
	struct json_object *object = json_object_new_object();

	(void)stream;
	(void)index;
	(void)ends_group;
	json_add_string(object, "group", group);
	json_add_string(object, "name", name);
	json_add_string(object, "outcome", words[verdict->outcome]);
	if (*verdict->why)
		json_add_string(object, "why", verdict->why);
	json_add_number(object, "commands", verdict->commands);
	json_object_array_add(json_cases, object);
}

static void json_end(FILE *stream, const struct device *device, const struct test_totals *totals)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "schema", 1);
	json_add_string(object, "device", device->path);
	json_add_number(object, "window", device->info.window);
	json_add_number(object, "passed", totals->outcomes[TEST_PASSED]);
	json_add_number(object, "failed", totals->outcomes[TEST_FAILED]);
	json_add_number(object, "skipped", totals->outcomes[TEST_SKIPPED]);
	json_add_number(object, "commands", totals->commands);
	json_add(object, "cases", json_cases);
	json_finish(stream, object);
}

const struct test_report test_report_json = { json_begin, json_one, json_end };
