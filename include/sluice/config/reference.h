/* SPDX-License-Identifier: BSD-3-Clause */
/* The documents that come from the table of configuration keys: docs/config.md and config/sluice.schema.json. */
#ifndef SLUICE_CONFIG_REFERENCE_H
#define SLUICE_CONFIG_REFERENCE_H

#include <stdio.h>

/* Every key with type, default, bounds and meaning, as Markdown. */
void sl_config_write_reference(FILE *out);

/* The same as JSON Schema, draft 2020-12, for editors. It knows single values; checks between keys are sluice's own. */
void sl_config_write_schema(FILE *out);

#endif
