// SPDX-License-Identifier: GPL-2.0-only
/* The answer as a page that can be read */
#include "answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer_table.h"
#include "output.h"
#include "say.h"

static const char *get_string(struct json_object *object, const char *key)
{
	struct json_object *value;
	const char *text = json_object_object_get_ex(object, key, &value) ?
			   json_object_get_string(value) : NULL;

	return text ? text : "unknown";
}

/* The answer's claim with this number; NULL if it was left out */
static struct json_object *find_claim(struct json_object *answer, int id)
{
	struct json_object *list, *number;

	if (!json_object_object_get_ex(answer, "claims", &list))
		return NULL;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *claim = json_object_array_get_idx(list, i);

		if (json_object_object_get_ex(claim, "id", &number) &&
		    json_object_get_int(number) == id)
			return claim;
	}
	return NULL;
}

static void write_introduction(FILE *stream, struct json_object *answer)
{
	bool virtual = !strcmp(get_string(answer, "clock"), "virtual");
	struct paragraph where = { 0 };

	fputs("# kmalloc or vmalloc?\n\n"
	      "For fifteen years people have asked what the difference between kmalloc() and vmalloc() is,\n"
	      "and for fifteen years the answers have made the same claims. Here each of them is put to the\n"
	      "test, on the kernel that runs. A command wrote this page from what it measured (`make answer`),\n"
	      "verdicts included: each follows from figures by a rule in `userspace/edudma/answer_judge.c`.\n\n",
	      stream);
	append(&where, "Linux %s, QEMU %s, machine %s, %s. Clock %s%s.",
	       get_string(answer, "kernel"), get_string(answer, "qemu"),
	       get_string(answer, "machine"), get_string(answer, "accel"),
	       get_string(answer, "clock"),
	       virtual ? ": a time is a number of instructions, 8 ns each, and repeats exactly; "
			 "caches and TLBs cost nothing. The exceptions are marked \"real time\"" :
			 ": times depend on what else the machine does");
	print_paragraph(stream, &where, false);
	fputc('\n', stream);
}

static void write_summary(FILE *stream, struct json_object *answer)
{
	fputs("| | the claim | verdict |\n|--:|:--|:--|\n", stream);
	for (size_t i = 0; i < NR_CLAIMS; i++) {
		struct json_object *claim = find_claim(answer, claims[i].id);

		fprintf(stream, "| %d | %s | %s |\n", claims[i].id, claims[i].claim,
			claim ? get_string(claim, "verdict") : "left out on this machine");
	}
}

static void write_words(FILE *stream, const char *first, const char *second, const char *third,
			const char *fourth)
{
	struct paragraph paragraph = { 0 };

	append(&paragraph, "%s%s%s%s", first, second, third, fourth);
	print_paragraph(stream, &paragraph, false);
}

/* Where a plot shows what a table holds, the plot comes first */
static void write_table(FILE *stream, const struct table *table, const struct figures *figures)
{
	if (table->plot)
		fprintf(stream, "\n![%s](answer/%s.svg)\n", table->caption, table->plot);
	table_write(stream, table, figures);
}

static void write_claim(FILE *stream, const struct claim *claim, struct json_object *found)
{
	struct figures figures = { 0 };

	json_object_object_get_ex(found, "figures", &figures.object);
	fprintf(stream, "\n## %d. %s\n\n", claim->id, claim->claim);
	write_words(stream, "**It ", get_string(found, "verdict"), ".** ", get_string(found, "why"));
	fputc('\n', stream);
	write_words(stream, "How: ", claim->experiment, "", "");
	for (const struct table *const *table = claim->tables; *table; table++)
		write_table(stream, *table, &figures);
	fputs("\nIn the kernel's source:", stream);
	for (const char *const *source = claim->sources; *source; source++)
		fprintf(stream, "%s %s", source == claim->sources ? "" : ";", *source);
	fputs(".\n", stream);
}

/* What to take, a line for each kind, and the figures behind it */
static void write_guide(FILE *stream, struct json_object *found)
{
	const char *advice = get_string(found, "why");
	struct figures figures = { 0 };

	json_object_object_get_ex(found, "figures", &figures.object);
	fprintf(stream, "\n## %s\n\n", guide.claim);
	while (*advice) {
		int length = (int)strcspn(advice, "\n");
		struct paragraph paragraph = { 0 };

		append(&paragraph, "%.*s", length, advice);
		print_paragraph(stream, &paragraph, false);
		advice += length;
		advice += strspn(advice, "\n");
	}
	for (const struct table *const *table = guide.tables; *table; table++)
		write_table(stream, *table, &figures);
}

static void write_method(FILE *stream)
{
	fputs("\n## How this was measured\n\n"
	      "`experiments/run` boots a guest for each kind of experiment; those that warn, fragment\n"
	      "memory or kill the kernel have guests of their own. What drivers do with memory is\n"
	      "measured through the driver (`edudma bench`), everything else through the small module\n"
	      "`experiments/`. Reports of the debug kernel, failures and CMA come from `make\n"
	      "debug-kernel`, whose checkers make it slow; all else from the kernel named above, as it\n"
	      "comes: it clears all memory that it allocates (`init_on_alloc`), which is a part of every\n"
	      "price here. edu-sg was measured in real time; those figures differ from run to run, and\n"
	      "all others do not.\n", stream);
}

static int write_plot(const struct table *table, const struct figures *figures,
		      const char *directory)
{
	struct output output;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s.dat", directory, table->plot);
	if (output_open(&output, path))
		return EXIT_FAILURE;
	table_write_data(output.stream, table, figures);
	return output_commit(&output);
}

static int write_plots(const struct claim *claim, struct json_object *found,
		       const char *directory)
{
	struct figures figures = { 0 };

	if (!found || !json_object_object_get_ex(found, "figures", &figures.object))
		return 0;
	for (const struct table *const *table = claim->tables; *table; table++)
		if ((*table)->plot && write_plot(*table, &figures, directory))
			return EXIT_FAILURE;
	return 0;
}

int answer_report(struct json_object *answer, const char *plots)
{
	struct json_object *found;
	int status = 0;

	write_introduction(stdout, answer);
	write_summary(stdout, answer);
	for (size_t i = 0; i < NR_CLAIMS; i++) {
		found = find_claim(answer, claims[i].id);
		if (found)
			write_claim(stdout, &claims[i], found);
		if (plots)
			status |= write_plots(&claims[i], found, plots);
	}
	if (json_object_object_get_ex(answer, "guide", &found) && found) {
		write_guide(stdout, found);
		if (plots)
			status |= write_plots(&guide, found, plots);
	}
	write_method(stdout);
	return status;
}
