// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "options.h"
#include "say.h"

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = {
	{ "info", info_main },
	{ "copy", copy_main },
	{ "test", test_main },
	{ "bench", bench_main },
	{ "report", report_main },
	{ "answer", answer_main },
};

static const struct usage usage = {
	.subcommand = "",
	.arguments = "SUBCOMMAND ...",
	.about = "Drive a PCI device's DMA into kmalloc, vmalloc and coherent memory.\n\n"
		 "  info    what the device is, and what it can do\n"
		 "  copy    send a file through the device\n"
		 "  test    check every kind of memory, direction and boundary\n"
		 "  bench   measure them: which kind of memory for DMA?\n"
		 "  report  show again what bench or answer has written\n"
		 "  answer  kmalloc or vmalloc? Ten claims, measured on this kernel",
	.more = "`edudma SUBCOMMAND --help` says more, with examples.\n"
		"Exit status: 0 all is well, 1 something failed, 2 the command line is wrong.\n",
};

int main(int argc, char **argv)
{
	char **rest = options_parse(&usage, argc, argv);

	if (!*rest)
		bad_usage("", "which subcommand: info, copy, test, bench, report or answer?");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(*rest, commands[i].name))
			return commands[i].main((int)(argv + argc - rest), rest);
	bad_usage("", "unknown subcommand '%s'; there are info, copy, test, bench, report and answer",
		  *rest);
}
