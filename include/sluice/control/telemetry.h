/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands under /sluice/ on the DPDK telemetry socket. Their handlers run in threads of EAL's. */
#ifndef SLUICE_CONTROL_TELEMETRY_H
#define SLUICE_CONTROL_TELEMETRY_H

#include <stdio.h>

struct sl_control;

/* Register the commands; `control` must live until sl_telemetry_stop. Returns 0, or -1 when EAL refuses them. */
int sl_telemetry_start(struct sl_control *control);

/*
 * Handlers answer null from here on: control may be freed. Waits for the ones that run, so call it without the lock of
 * control, which they want.
 */
void sl_telemetry_stop(void);

/* The reference (docs/telemetry.md) as Markdown: commands, parameters, reply keys, counters, drop causes. */
void sl_telemetry_write_reference(FILE *out);

#endif
