// SPDX-License-Identifier: GPL-2.0-only
/* edudma report: show again what bench has measured */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "commands.h"
#include "say.h"

static bool markdown;

static const struct setting settings[] = {
	{ "markdown", 'm', NULL, "the short form: one table and the answer, in markdown",
	  &type_flag, &markdown },
};

static const struct usage usage = {
	.subcommand = "report",
	.arguments = "FILE",
	.nr_arguments = 1,
	.about = "Read what `edudma bench --json FILE` wrote, and print what it printed.\n"
		 "No device is needed.",
	.settings = settings,
	.nr_settings = sizeof(settings) / sizeof(settings[0]),
	.more = "Examples:\n"
		"  edudma report run.json\n"
		"  edudma report --markdown run.json >>README.md\n",
};

static void print_text(const struct bench_result *result)
{
	bench_table_begin(stdout, result);
	for (size_t i = 0; i < result->nr_rows; i++)
		bench_table_row(stdout, result, i);
	bench_table_end(stdout, result);
}

int report_main(int argc, char **argv)
{
	char **files = options_parse(&usage, argc, argv);
	struct bench_result result;
	struct device device;

	if (bench_read_json(*files, &result, &device))
		return EXIT_FAILURE;
	if (markdown)
		bench_table_markdown(stdout, &result);
	else
		print_text(&result);
	bench_free(&result);
	if (ferror(stdout) || fflush(stdout))
		return fail("cannot write standard output: %s", strerror(errno));
	return EXIT_SUCCESS;
}
