/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <string.h>

#include "options.h"

void options_print_help(FILE *out)
{
	fputs("sluice - layer-4 gateway on DPDK\n"
	      "\n"
	      "usage: sluice --config FILE\n"
	      "       sluice [EAL options] -- --config FILE\n"
	      "\n"
	      "  --config FILE  the configuration (JSON)\n"
	      "  --check        check configuration and machine, print every problem and its remedy, open nothing\n"
	      "  --version      print the version\n"
	      "  --help         print this\n"
	      "\n"
	      "EAL options replace what the file's \"dpdk\" section says about the same thing: -l/--lcores/-c, -m/--socket-mem,\n"
	      "--no-huge, --in-memory, --file-prefix, --vdev. All others are passed on to DPDK.\n"
	      "\n"
	      "signals: HUP reads the configuration again; INT and TERM end sluice.\n"
	      "exit status: 0 ended in order; 2 something has to be mended first (nothing is left behind).\n",
	      out);
}

static int wrong(FILE *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int wrong(FILE *err, const char *fmt, ...)
{
	va_list args;

	fputs("sluice: ", err);
	va_start(args, fmt);
	vfprintf(err, fmt, args);
	va_end(args);
	fputs("; see sluice --help\n", err);
	return -1;
}

static int parse_own(struct options *options, int argc, char **argv, FILE *err)
{
	for (int i = 0; i < argc; i++) {
		const char *arg = argv[i];
		if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
			options->action = OPTIONS_HELP;
			return 0;
		}
		if (strcmp(arg, "--version") == 0) {
			options->action = OPTIONS_VERSION;
			return 0;
		}
		if (strcmp(arg, "--check") == 0) {
			options->action = OPTIONS_CHECK;
		} else if (strcmp(arg, "--config") == 0) {
			if (i + 1 == argc)
				return wrong(err, "--config needs a file name");
			options->config_path = argv[++i];
		} else if (strncmp(arg, "--config=", 9) == 0) {
			options->config_path = arg + 9;
		} else if (arg[0] == '-') {
			return wrong(err, "unknown option %s (EAL options go before \"--\")", arg);
		} else {
			return wrong(err, "unexpected argument %s", arg);
		}
	}
	if (options->config_path == NULL || options->config_path[0] == '\0')
		return wrong(err, "--config FILE is missing");
	return 0;
}

int options_parse(struct options *options, int argc, char **argv, FILE *err)
{
	int separator = 0;

	*options = (struct options){ .action = OPTIONS_RUN };
	for (int i = 1; i < argc && separator == 0; i++)
		if (strcmp(argv[i], "--") == 0)
			separator = i;
	if (separator > 0) {
		options->eal = argv + 1;
		options->n_eal = separator - 1;
		for (int i = 0; i < options->n_eal; i++)
			if (strncmp(options->eal[i], "--config", 8) == 0 || strcmp(options->eal[i], "--check") == 0)
				return wrong(err, "%s is sluice's own option: it goes after \"--\"", options->eal[i]);
	}
	return parse_own(options, argc - 1 - separator, argv + 1 + separator, err);
}
