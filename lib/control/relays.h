/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Relays as control sees them: what their workers have counted, and alarms. A worker writes its records while control and
 * telemetry read them, so whoever reads takes single fields, with relaxed loads. All under control's lock.
 */
#ifndef SLUICE_CONTROL_RELAYS_H
#define SLUICE_CONTROL_RELAYS_H

#include "sluice/state/relay.h"

struct sl_control;

/* A relay by its name, or by its id; NULL: none. */
const struct sl_relay *sl_relay_find(const struct sl_control *control, const char *text);

/* The worker that has a relay. */
const struct sl_worker *sl_relay_owner(const struct sl_control *control, const struct sl_relay *relay);

/* What the worker has counted: all 0 while nothing has come. */
const struct sl_relay_state *sl_relay_record(const struct sl_control *control, const struct sl_relay *relay);
const struct sl_relay_output_state *sl_relay_output_record(const struct sl_control *control, const struct sl_relay *relay,
							   const struct sl_relay_output *output);

/* Since an input has last brought something, by the worker's clock; SL_NEVER: it has brought nothing yet. */
uint64_t sl_relay_silent_ns(const struct sl_control *control, const struct sl_relay *relay, unsigned int input);

/*
 * Alarms: an input has brought nothing for alarm_ns, counted from when the relay was first seen here. One is logged and
 * counted when it begins, and logged when it ends.
 */
struct sl_relay_alarms *sl_relay_alarms_create(void);
void sl_relay_alarms_destroy(struct sl_relay_alarms *alarms);
/* Returns when to call again. */
uint64_t sl_relay_alarms_run(struct sl_control *control, uint64_t now_ns);
bool sl_relay_has_alarm(const struct sl_control *control, const struct sl_relay *relay, unsigned int input);

/* "wan 239.1.1.1:5001" */
#define SL_RELAY_INPUT_TEXT (SL_IFNAME_MAX + SL_IP_STRLEN + 16)
const char *sl_relay_input_text(const struct sl_snapshot *s, const struct sl_relay_input *in, char text[SL_RELAY_INPUT_TEXT]);

#endif
