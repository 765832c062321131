// SPDX-License-Identifier: GPL-2.0-only
/* edudma report: show again what bench or answer has written */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "bench.h"
#include "commands.h"
#include "say.h"

static bool markdown;
static const char *plots;

static const struct setting settings[] = {
	{ "markdown", 'm', NULL, "of a bench: one table and the answer, in markdown",
	  &type_flag, &markdown },
	{ "plots", 'p', "DIR", "of an answer: write the data of its plots there",
	  &type_text, &plots },
};

static const struct usage usage = {
	.subcommand = "report",
	.arguments = "FILE",
	.nr_arguments = 1,
	.no_device = true,
	.about = "Read what `edudma bench --json FILE` wrote, and print what it printed; or what\n"
		 "`edudma answer --json FILE` wrote, and print it as a page in markdown. No device\n"
		 "is needed.",
	.settings = settings,
	.nr_settings = sizeof(settings) / sizeof(settings[0]),
	.more = "Examples:\n"
		"  edudma report run.json\n"
		"  edudma report --markdown run.json >>README.md\n"
		"  edudma report --plots plots answer.json >answer.md\n",
};

static void print_text(const struct bench_result *result)
{
	bench_table_begin(stdout, result);
	for (size_t i = 0; i < result->nr_rows; i++)
		bench_table_row(stdout, result, i);
	bench_table_end(stdout, result);
}

static int report_bench(const char *path)
{
	struct bench_result result;
	struct device device;

	if (bench_read_json(path, &result, &device))
		return EXIT_FAILURE;
	if (markdown)
		bench_table_markdown(stdout, &result);
	else
		print_text(&result);
	bench_free(&result);
	return 0;
}

/* A file that has claims is an answer; whatever else it is, report_bench() says */
static int report(const char *path)
{
	struct json_object *object = json_object_from_file(path), *list;
	bool is_answer = json_object_object_get_ex(object, "claims", &list);
	int status;

	if (is_answer ? markdown : !!plots)
		status = fail("%s: --%s is for what `edudma %s` wrote", path,
			      is_answer ? "markdown" : "plots", is_answer ? "bench" : "answer");
	else
		status = is_answer ? answer_report(object, plots) : report_bench(path);
	json_object_put(object);
	return status;
}

int report_main(int argc, char **argv)
{
	char **files = options_parse(&usage, argc, argv);

	if (report(*files))
		return EXIT_FAILURE;
	if (ferror(stdout) || fflush(stdout))
		return fail("cannot write standard output: %s", strerror(errno));
	return EXIT_SUCCESS;
}
