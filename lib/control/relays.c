/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdlib.h>

#include "sluice/base/log.h"

#include "control_internal.h"
#include "relays.h"

const struct sl_relay *sl_relay_find(const struct sl_control *control, const char *text)
{
	const struct sl_relays *relays = &control->snapshot->relays;
	char id[8];

	for (unsigned int i = 0; i < relays->n; i++)
		if (strcmp(relays->list[i].name, text) == 0)
			return &relays->list[i];
	for (unsigned int i = 0; i < relays->n; i++) {
		snprintf(id, sizeof(id), "%u", relays->list[i].id);
		if (strcmp(id, text) == 0)
			return &relays->list[i];
	}
	return NULL;
}

/* ---- what workers have counted ---- */

const struct sl_worker *sl_relay_owner(const struct sl_control *control, const struct sl_relay *relay)
{
	return control->shared->workers[relay->id % control->shared->n_workers];
}

const struct sl_relay_state *sl_relay_record(const struct sl_control *control, const struct sl_relay *relay)
{
	static const struct sl_relay_state nothing;
	const struct sl_relay_table *t = sl_relay_owner(control, relay)->relays;

	if (t == NULL)
		return &nothing;
	const struct sl_relay_state *r = &t->relays[relay->id];
	return __atomic_load_n(&r->instance, __ATOMIC_ACQUIRE) == relay->instance ? r : &nothing;
}

const struct sl_relay_output_state *sl_relay_output_record(const struct sl_control *control, const struct sl_relay *relay,
							   const struct sl_relay_output *output)
{
	static const struct sl_relay_output_state nothing;
	const struct sl_relay_table *t = sl_relay_owner(control, relay)->relays;

	if (t == NULL)
		return &nothing;
	const struct sl_relay_output_state *o = &t->outputs[output->id];
	return __atomic_load_n(&o->instance, __ATOMIC_ACQUIRE) == output->instance ? o : &nothing;
}

/* Its clock is not that of control: it is counted by the TSC, and drifts. */
uint64_t sl_relay_silent_ns(const struct sl_control *control, const struct sl_relay *relay, unsigned int input)
{
	uint64_t last_ns = __atomic_load_n(&sl_relay_record(control, relay)->leg[input].last_ns, __ATOMIC_RELAXED);
	uint64_t now_ns = __atomic_load_n(&sl_relay_owner(control, relay)->now_ns, __ATOMIC_RELAXED);

	if (last_ns == 0)
		return SL_NEVER;
	return now_ns > last_ns ? now_ns - last_ns : 0;
}

const char *sl_relay_input_text(const struct sl_snapshot *s, const struct sl_relay_input *in, char text[SL_RELAY_INPUT_TEXT])
{
	char group[SL_IP_STRLEN];
	bool v6 = !sl_ip_is_v4(&in->group.ip);

	snprintf(text, SL_RELAY_INPUT_TEXT, "%s %s%s%s:%u", s->interfaces[in->interface].name, v6 ? "[" : "",
		 in->group.len == 128 ? sl_ip_format(&in->group.ip, group) : sl_prefix_format(&in->group, group), v6 ? "]" : "",
		 rte_be_to_cpu_16(in->port_be));
	return text;
}

/* ---- alarms ---- */

#define BACK_NS (100 * 1000 * 1000ull) /* between looks at an input that was silent */

struct alarm {
	uint32_t instance; /* of the relay; 0: none */
	uint64_t since_ns; /* it has been there */
	bool raised[2];
};

struct sl_relay_alarms {
	uint64_t next_ns;
	uint64_t generation; /* of the snapshot that next_ns is of */
	struct alarm list[SL_MAX_RELAYS]; /* by relay id */
};

struct sl_relay_alarms *sl_relay_alarms_create(void)
{
	return calloc(1, sizeof(struct sl_relay_alarms));
}

void sl_relay_alarms_destroy(struct sl_relay_alarms *alarms)
{
	free(alarms);
}

static void change(struct sl_control *control, const struct sl_relay *relay, unsigned int input, bool raise)
{
	char in[SL_RELAY_INPUT_TEXT];

	control->relay_alarms->list[relay->id].raised[input] = raise;
	sl_relay_input_text(control->snapshot, &relay->in[input], in);
	if (!raise) {
		sl_log_info("relay %s: %s is back", relay->name, in);
		return;
	}
	control->count[SL_CONTROL_COUNT_RELAY_ALARMS]++;
	sl_log_warning("relay %s: nothing from %s for %" PRIu64 " ms", relay->name, in, relay->alarm_ns / 1000000);
}

/* Returns when the input may have been silent for too long, or when to look whether it is back. */
static uint64_t watch(struct sl_control *control, const struct sl_relay *relay, unsigned int input, uint64_t now_ns)
{
	const struct alarm *alarm = &control->relay_alarms->list[relay->id];
	uint64_t silent_ns = sl_relay_silent_ns(control, relay, input);

	if (silent_ns == SL_NEVER)
		silent_ns = now_ns - alarm->since_ns;
	bool raise = silent_ns >= relay->alarm_ns;
	if (raise != alarm->raised[input])
		change(control, relay, input, raise);
	return now_ns + (raise ? RTE_MIN(relay->alarm_ns, BACK_NS) : relay->alarm_ns - silent_ns);
}

uint64_t sl_relay_alarms_run(struct sl_control *control, uint64_t now_ns)
{
	const struct sl_relays *relays = &control->snapshot->relays;
	struct sl_relay_alarms *alarms = control->relay_alarms;

	if (now_ns < alarms->next_ns && alarms->generation == control->snapshot->generation)
		return alarms->next_ns;
	alarms->next_ns = SL_NEVER;
	alarms->generation = control->snapshot->generation;
	for (unsigned int i = 0; i < relays->n; i++) {
		const struct sl_relay *relay = &relays->list[i];
		struct alarm *alarm = &alarms->list[relay->id];
		if (alarm->instance != relay->instance || relay->alarm_ns == 0)
			*alarm = (struct alarm){ .instance = relay->instance, .since_ns = now_ns };
		for (unsigned int k = 0; k < relay->n_inputs && relay->alarm_ns != 0; k++)
			alarms->next_ns = RTE_MIN(alarms->next_ns, watch(control, relay, k, now_ns));
	}
	return alarms->next_ns;
}

bool sl_relay_has_alarm(const struct sl_control *control, const struct sl_relay *relay, unsigned int input)
{
	const struct alarm *alarm = &control->relay_alarms->list[relay->id];

	return alarm->instance == relay->instance && alarm->raised[input];
}
