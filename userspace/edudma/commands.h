/* SPDX-License-Identifier: GPL-2.0-only */
/* The subcommands; argv[0] is the subcommand's name. Each returns the exit status. */
#ifndef EDUDMA_COMMANDS_H
#define EDUDMA_COMMANDS_H

int info_main(int argc, char **argv);
int copy_main(int argc, char **argv);
int test_main(int argc, char **argv);
int bench_main(int argc, char **argv);
int report_main(int argc, char **argv);
int answer_main(int argc, char **argv);

#endif /* EDUDMA_COMMANDS_H */
