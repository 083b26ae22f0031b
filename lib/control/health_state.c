/* SPDX-License-Identifier: BSD-3-Clause */
#include "health_state.h"

#define NS_PER_MS 1000000ull

bool sl_health_judge(struct sl_health_state *state, const struct sl_config_health *config, bool passed)
{
	uint8_t before = state->health;

	state->in_a_row = passed == state->last && state->in_a_row < UINT32_MAX ? state->in_a_row + 1 : 1;
	state->last = passed;
	if (passed && (state->in_a_row >= config->rise || before == SL_HEALTH_UNKNOWN))
		state->health = SL_HEALTH_UP;
	else if (!passed && state->in_a_row >= config->fall)
		state->health = SL_HEALTH_DOWN;
	return state->health != before;
}

/* A part of the span: random is taken as a fraction of 2^32. */
static uint64_t part(uint64_t span, uint32_t random)
{
	return (uint64_t)((__uint128_t)span * random >> 32);
}

uint64_t sl_health_first_ns(const struct sl_config_health *config, uint64_t now_ns, uint32_t random)
{
	return now_ns + part(config->interval_ms * NS_PER_MS, random);
}

uint64_t sl_health_next_ns(const struct sl_config_health *config, uint64_t began_ns, uint64_t now_ns, uint32_t random)
{
	uint64_t interval_ns = config->interval_ms * NS_PER_MS, jitter_ns = interval_ns * config->jitter_percent / 100;
	uint64_t due_ns = began_ns + interval_ns - jitter_ns + part(2 * jitter_ns, random);

	return due_ns > now_ns ? due_ns : now_ns;
}
