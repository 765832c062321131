// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "say.h"

#ifndef EDUDMA_VERSION
#error "the Makefile gives the version"
#endif

const char *option_device;

static bool want_help;
static bool want_version;

bool name_chosen(const struct name_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->names[i], name))
			return true;
	return !list->n;
}

static bool parse_flag(char *text, void *value)
{
	(void)text;
	*(bool *)value = true;
	return true;
}

static bool parse_text(char *text, void *value)
{
	*(const char **)value = text;
	return *text;
}

static bool parse_any_count(char *text, void *value)
{
	return parse_count(text, value);
}

static bool parse_positive(char *text, void *value)
{
	return parse_count(text, value) && *(uint64_t *)value;
}

static bool parse_one_size(char *text, void *value)
{
	return parse_size(text, value);
}

static bool parse_one_time(char *text, void *value)
{
	return parse_time(text, value);
}

static bool parse_some_seconds(char *text, void *value)
{
	return parse_seconds(text, value) && *(uint64_t *)value;
}

static bool parse_list(char *text, struct size_list *list, uint64_t least_value,
		       bool (*parse)(const char *text, uint64_t *value))
{
	char *word;

	for (list->n = 0; (word = strsep(&text, ",")); list->n++)
		if (list->n == LIST_MAX || !parse(word, &list->values[list->n]) ||
		    list->values[list->n] < least_value)
			return false;
	return true;
}

static bool parse_offsets(char *text, void *value)
{
	return parse_list(text, value, 0, parse_size);
}

static bool parse_sizes(char *text, void *value)
{
	return parse_list(text, value, 1, parse_size);
}

static bool parse_small_count(const char *text, uint64_t *value)
{
	return parse_count(text, value) && *value < 10000;
}

static bool parse_counts(char *text, void *value)
{
	return parse_list(text, value, 1, parse_small_count);
}

static bool parse_names(char *text, void *value)
{
	struct name_list *list = value;

	for (list->n = 0; (list->names[list->n] = strsep(&text, ",")); list->n++)
		if (list->n == LIST_MAX - 1 || !*list->names[list->n])
			return false;
	return true;
}

const struct value_type type_flag = { "nothing", parse_flag };
const struct value_type type_text = { "something", parse_text };
const struct value_type type_count = { "a number", parse_any_count };
const struct value_type type_positive = { "a number from 1 on", parse_positive };
const struct value_type type_size = { "a size such as 4095, 64K or 1M", parse_one_size };
const struct value_type type_time = { "a time such as 500us, 20ms or 1.5s", parse_one_time };
const struct value_type type_seconds = { "a number of seconds such as 1 or 0.3",
					 parse_some_seconds };
const struct value_type type_counts = { "a list of numbers from 1 to 9999 such as 1,8,32",
					parse_counts };
const struct value_type type_sizes = { "a list of sizes such as 4095,64K,1M", parse_sizes };
const struct value_type type_offsets = { "a list of offsets such as 0,1,4095", parse_offsets };
const struct value_type type_names = { "a list of names such as kmalloc,vmalloc", parse_names };

/* Which device is the first of these, since a subcommand may need none */
static const struct setting common_settings[] = {
	{ "device", 'd', "DEVICE", "a device node, or N for /dev/edudmaN (0)",
	  &type_text, &option_device },
	{ "help", 'h', NULL, "show this", &type_flag, &want_help },
	{ "version", 'V', NULL, "show the version", &type_flag, &want_version },
};

#define NR_COMMON (sizeof(common_settings) / sizeof(common_settings[0]))

static size_t nr_settings(const struct usage *usage)
{
	return usage->nr_settings + NR_COMMON - usage->no_device;
}

static const struct setting *setting_at(const struct usage *usage, size_t i)
{
	return i < usage->nr_settings ? &usage->settings[i] :
					&common_settings[i - usage->nr_settings + usage->no_device];
}

static bool is_command(const struct usage *usage)
{
	return !*usage->subcommand;
}

static void print_help(const struct usage *usage)
{
	printf("Usage: edudma%s%s [OPTION]...%s%s\n\n%s\n\nOptions:\n",
	       *usage->subcommand ? " " : "", usage->subcommand, *usage->arguments ? " " : "",
	       usage->arguments, usage->about);
	for (size_t i = 0; i < nr_settings(usage); i++) {
		const struct setting *setting = setting_at(usage, i);
		char left[48];

		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", setting->letter ? '-' : ' ',
			 setting->letter ? setting->letter : ' ', setting->letter ? "," : " ",
			 setting->name, setting->argument ? " " : "",
			 setting->argument ? setting->argument : "");
		printf("  %-26s %s\n", left, setting->help);
	}
	if (usage->more)
		printf("\n%s", usage->more);
}

static void apply(const struct usage *usage, const struct setting *setting, char *text)
{
	char *copy = text ? strdup(text) : NULL;	/* for the message: parsing may cut it up */

	if (!setting->type->parse(text, setting->value))
		bad_usage(usage->subcommand, "--%s: '%s' is not %s", setting->name,
			  copy ? copy : "", setting->type->expects);
	free(copy);
}

/**
 * struct getopt_tables - settings in the form that getopt_long() takes
 * @options: one for each setting, in their order
 * @letters: the short forms
 */
struct getopt_tables {
	struct option *options;
	char *letters;
};

static struct getopt_tables make_tables(const struct usage *usage)
{
	size_t n = nr_settings(usage);
	struct getopt_tables tables = {
		.options = calloc(n + 1, sizeof(*tables.options)),
		.letters = calloc(2 * n + 3, 1),
	};
	char *letter = tables.letters;

	if (!tables.options || !tables.letters)
		exit(fail("out of memory"));
	/* what comes after the subcommand is for the subcommand */
	if (is_command(usage))
		*letter++ = '+';
	*letter++ = ':';
	for (size_t i = 0; i < n; i++) {
		const struct setting *setting = setting_at(usage, i);
		bool takes_argument = setting->type != &type_flag;

		tables.options[i] = (struct option){ .name = setting->name,
						     .has_arg = takes_argument };
		if (!setting->letter)
			continue;
		*letter++ = setting->letter;
		if (takes_argument)
			*letter++ = ':';
	}
	return tables;
}

/* @found is getopt_long()'s '?' or ':' */
static void refuse(const struct usage *usage, int found, const char *word)
{
	char short_form[] = { '-', (char)optopt, '\0' };

	/* set for a letter, which may be one of several in a word */
	if (optopt)
		word = short_form;
	bad_usage(usage->subcommand, found == ':' ? "option '%s' needs a value" :
						    "unknown option '%s'", word);
}

static void parse_all(const struct usage *usage, int argc, char **argv)
{
	struct getopt_tables tables = make_tables(usage);
	int found, index;

	opterr = 0;
	optind = 0;		/* glibc's way to start afresh, for the subcommand */
	while ((found = getopt_long(argc, argv, tables.letters, tables.options, &index)) != -1) {
		if (found == '?' || found == ':')
			refuse(usage, found, argv[optind - 1]);
		if (found) {
			for (index = 0; setting_at(usage, (size_t)index)->letter != found;)
				index++;
		}
		apply(usage, setting_at(usage, (size_t)index), optarg);
	}
	free(tables.options);
	free(tables.letters);
}

char **options_parse(const struct usage *usage, int argc, char **argv)
{
	parse_all(usage, argc, argv);
	if (want_help) {
		print_help(usage);
		exit(EXIT_SUCCESS);
	}
	if (want_version) {
		puts("edudma " EDUDMA_VERSION);
		exit(EXIT_SUCCESS);
	}
	if (is_command(usage))
		return argv + optind;
	if (usage->no_device && option_device)
		bad_usage(usage->subcommand, "no device is needed: leave --device away");
	if (argc - optind < usage->nr_arguments)
		bad_usage(usage->subcommand, "expected %s", usage->arguments);
	if (argc - optind > usage->nr_arguments)
		bad_usage(usage->subcommand, "unexpected argument '%s'",
			  argv[optind + usage->nr_arguments]);
	return argv + optind;
}
