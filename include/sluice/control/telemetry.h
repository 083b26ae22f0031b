/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands under /sluice/ on the DPDK telemetry socket. Their handlers run in threads of EAL's. */
#ifndef SLUICE_CONTROL_TELEMETRY_H
#define SLUICE_CONTROL_TELEMETRY_H

struct sl_control;

/* Register the commands; `control` must live until sl_telemetry_stop. Returns 0, or -1 when EAL refuses them. */
int sl_telemetry_start(struct sl_control *control);

/* Handlers answer nothing from here on: control may be freed. */
void sl_telemetry_stop(void);

#endif
