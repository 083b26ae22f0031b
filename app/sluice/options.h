/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line: `sluice [EAL options] -- --config FILE`, or `sluice --config FILE`. Without "--" every argument is
 * sluice's own.
 */
#ifndef APP_SLUICE_OPTIONS_H
#define APP_SLUICE_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

enum options_action { OPTIONS_RUN, OPTIONS_CHECK, OPTIONS_VERSION, OPTIONS_HELP };

struct options {
	enum options_action action;
	const char *config_path;
	char **eal; /* arguments before "--"; part of argv */
	int n_eal;
};

/* Returns 0, or -1 after one line on err that says what is wrong. */
int options_parse(struct options *options, int argc, char **argv, FILE *err);

void options_print_help(FILE *out);

#endif
