/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Health of backends: who is checked, when, and what follows from it. One check for each backend of a service that has "health",
 * by backend id and generation; the state machine is health_state.h's, the sockets are probe.h's. Decision 0019.
 */
#ifndef SLUICE_CONTROL_HEALTH_H
#define SLUICE_CONTROL_HEALTH_H

#include "control_internal.h"
#include "probe.h"

struct sl_health_checks;

/* Opens what must be open before rights are dropped. NULL: no memory, or no files. */
int sl_health_create(struct sl_control *control, struct sl_health_checks **made); /* 0 or -errno */
void sl_health_destroy(struct sl_health_checks *health); /* NULL is accepted */

/* Readable when a check has something to look at. */
int sl_health_fd(const struct sl_health_checks *health);

/* control->snapshot is of this configuration: check what it wants checked, go on with what has not changed. */
void sl_health_follow(struct sl_control *control, const struct sl_config *config, uint64_t now_ns);

/* Begin and end checks. Returns when to call again. */
uint64_t sl_health_run(struct sl_control *control, uint64_t now_ns);

/* Give a backend the health that follows from its check and from what passive.h says. */
void sl_health_settle(struct sl_control *control, uint16_t id, const char *reason);

/* What is known of a backend's check. */
struct sl_health_view {
	enum sl_check_type type; /* SL_CHECK_NONE: it is not checked; the rest means nothing then */
	const char *result;	 /* of the last one; "" before */
	uint64_t ended_ns;	 /* when that was, 0: never */
	uint64_t passed, failed;
};
struct sl_health_view sl_health_view(const struct sl_control *control, const struct sl_backend *backend);

#endif
