/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options as data: the table that parses them also writes --help
 */
#ifndef EDUDMA_OPTIONS_H
#define EDUDMA_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIST_MAX 32

struct size_list {
	size_t n;
	uint64_t values[LIST_MAX];
};

struct name_list {
	size_t n;
	const char *names[LIST_MAX];
};

/* True if the list has it, or has nothing */
bool name_chosen(const struct name_list *list, const char *name);

/**
 * struct value_type - what an option's argument may be
 * @expects: for the error message: "a size such as 4095, 64K or 1M"
 * @parse: stores the value; false if the text is none. It may cut up the text.
 */
struct value_type {
	const char *expects;
	bool (*parse)(char *text, void *value);
};

extern const struct value_type type_flag;	/* bool; takes no argument */
extern const struct value_type type_text;	/* const char * */
extern const struct value_type type_count;	/* uint64_t */
extern const struct value_type type_positive;	/* uint64_t, not zero */
extern const struct value_type type_size;	/* uint64_t, bytes */
extern const struct value_type type_time;	/* uint64_t, ns */
extern const struct value_type type_seconds;	/* uint64_t, ns, not zero */
extern const struct value_type type_counts;	/* struct size_list, 1 to 9999 */
extern const struct value_type type_sizes;	/* struct size_list, none of them zero */
extern const struct value_type type_offsets;	/* struct size_list */
extern const struct value_type type_names;	/* struct name_list */

/**
 * struct setting - one option
 * @name: without the dashes
 * @letter: its short form, or 0
 * @argument: what --help calls the argument
 * @help: what --help says
 * @type: of the argument
 * @value: where it goes
 */
struct setting {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
	const struct value_type *type;
	void *value;
};

/**
 * struct usage - how a subcommand is called
 * @subcommand: its name; "" for the command itself, whose options end at the
 *	first argument that is none
 * @arguments: what follows the options, as --help shows it
 * @nr_arguments: how many those are
 * @no_device: whether it needs none
 * @about: what it does
 * @settings: its options
 * @nr_settings: how many
 * @more: printed at the end of --help; examples
 */
struct usage {
	const char *subcommand;
	const char *arguments;
	int nr_arguments;
	bool no_device;
	const char *about;
	const struct setting *settings;
	size_t nr_settings;
	const char *more;
};

/*
 * Parses argv[1] and on. Returns the rest, which are @nr_arguments unless this
 * is the command itself. Exits for --help and after an error.
 */
char **options_parse(const struct usage *usage, int argc, char **argv);

/* The device that -d named, here or before the subcommand; NULL if none */
extern const char *option_device;

#endif /* EDUDMA_OPTIONS_H */
