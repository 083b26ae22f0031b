/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What single checks make of a backend, and when the next one is due: no clock, no sockets. One failure among successes changes
 * nothing, nor one success among failures.
 *
 *	UNKNOWN --first success--> UP --`fall` failures in a row--> DOWN --`rise` successes in a row--> UP
 *	   `------------------`fall` failures in a row----------------^
 */
#ifndef SLUICE_CONTROL_HEALTH_STATE_H
#define SLUICE_CONTROL_HEALTH_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/config/health.h"
#include "sluice/config/schedule.h"

/* Zeroed: UNKNOWN. */
struct sl_health_state {
	uint8_t health;	   /* enum sl_health */
	bool last;	   /* the last check was passed */
	uint32_t in_a_row; /* checks that ended so, the last one among them */
};

/* A check has ended. True: state->health is another now. */
bool sl_health_judge(struct sl_health_state *state, const struct sl_config_health *config, bool passed);

/* When the first check is due: spread over an interval by `random`. */
uint64_t sl_health_first_ns(const struct sl_config_health *config, uint64_t now_ns, uint32_t random);

/* When the next one is due after the one that began then: an interval later, more or less by `random`; never before now. */
uint64_t sl_health_next_ns(const struct sl_config_health *config, uint64_t began_ns, uint64_t now_ns, uint32_t random);

#endif
