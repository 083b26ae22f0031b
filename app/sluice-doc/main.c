/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-doc: print a document that is generated from the tables in the code. */
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "sluice/config/reference.h"
#include "sluice/control/commands.h"
#include "sluice/control/telemetry.h"

static const struct {
	const char *name, *target;
	void (*write)(FILE *out);
} generators[] = {
	{ "config", "docs/config.md", sl_config_write_reference },
	{ "schema", "config/sluice.schema.json", sl_config_write_schema },
	{ "telemetry", "docs/telemetry.md", sl_telemetry_write_reference },
	{ "control", "docs/control.md", sl_commands_write_reference },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < RTE_DIM(generators); i++) {
		if (strcmp(argv[1], generators[i].name) == 0) {
			generators[i].write(stdout);
			return fflush(stdout) == 0 ? 0 : 1;
		}
	}
	fputs("usage: sluice-doc DOCUMENT > FILE\n", stderr);
	for (size_t i = 0; i < RTE_DIM(generators); i++)
		fprintf(stderr, "  %-10s %s\n", generators[i].name, generators[i].target);
	return 2;
}
