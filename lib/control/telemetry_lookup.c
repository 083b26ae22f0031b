/* SPDX-License-Identifier: BSD-3-Clause */
/* What telemetry handlers look up and add up: counters over workers, objects by name, names of counters. */
#include "telemetry_internal.h"

#include <netinet/in.h>

#include "sluice/packet/drop.h"

uint64_t sl_tel_sum_count(const struct sl_shared *shared, enum sl_worker_counter counter)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < shared->n_workers; i++)
		sum += sl_tel_read(&shared->workers[i]->count[counter]);
	return sum;
}

uint64_t sl_tel_sum_drops(const struct sl_shared *shared, enum sl_drop_cause cause)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < shared->n_workers; i++)
		sum += sl_tel_read(&shared->workers[i]->drops[cause]);
	return sum;
}

uint64_t sl_tel_worker_drops(const struct sl_worker *w)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < SL_DROP_MAX; i++)
		sum += sl_tel_read(&w->drops[i]);
	return sum;
}

const struct sl_worker *sl_tel_find_worker(const struct sl_control *control, const char *text)
{
	uint32_t id;

	if (sl_tel_parse_u32(text, SL_MAX_WORKERS - 1, &id) != 0 || id >= control->shared->n_workers)
		return NULL;
	return control->shared->workers[id];
}

const char *sl_tel_port_name(const struct sl_control *control, uint16_t port)
{
	return port < control->n_ports ? control->ports[port].facts.name : "";
}

const char *sl_tel_protocol_name(uint8_t proto)
{
	return proto == IPPROTO_TCP ? "tcp" : proto == IPPROTO_UDP ? "udp" : "other";
}

unsigned int sl_tel_counters_count(enum sl_tel_counters counters)
{
	switch (counters) {
	case SL_TEL_WORKER_COUNTERS:
		return SL_COUNT_MAX;
	case SL_TEL_FLOW_COUNTERS:
		return SL_FLOW_COUNT_MAX;
	case SL_TEL_CONTROL_COUNTERS:
		return SL_CONTROL_COUNT_MAX;
	case SL_TEL_DROP_CAUSES:
		return SL_DROP_MAX;
	case SL_TEL_RELAY_COUNTERS:
		return SL_RELAY_COUNT_MAX;
	case SL_TEL_RELAY_INPUT_COUNTERS:
		return SL_RELAY_INPUT_COUNT_MAX;
	case SL_TEL_RELAY_OUTPUT_COUNTERS:
		return SL_RELAY_OUTPUT_COUNT_MAX;
	case SL_TEL_NO_COUNTERS:
		break;
	}
	return 0;
}

struct sl_tel_key sl_tel_counters_key(enum sl_tel_counters counters, unsigned int i)
{
	switch (counters) {
	case SL_TEL_WORKER_COUNTERS:
		return (struct sl_tel_key){ sl_worker_counter_infos[i].name, sl_worker_counter_infos[i].help };
	case SL_TEL_FLOW_COUNTERS:
		return (struct sl_tel_key){ sl_flow_counter_infos[i].name, sl_flow_counter_infos[i].help };
	case SL_TEL_CONTROL_COUNTERS:
		return (struct sl_tel_key){ sl_control_counter_infos[i].name, sl_control_counter_infos[i].help };
	case SL_TEL_DROP_CAUSES:
		return (struct sl_tel_key){ sl_drop_infos[i].name, sl_drop_infos[i].help };
	case SL_TEL_RELAY_COUNTERS:
		return (struct sl_tel_key){ sl_relay_counter_infos[i].name, sl_relay_counter_infos[i].help };
	case SL_TEL_RELAY_INPUT_COUNTERS:
		return (struct sl_tel_key){ sl_relay_input_counter_infos[i].name, sl_relay_input_counter_infos[i].help };
	case SL_TEL_RELAY_OUTPUT_COUNTERS:
		return (struct sl_tel_key){ sl_relay_output_counter_infos[i].name, sl_relay_output_counter_infos[i].help };
	case SL_TEL_NO_COUNTERS:
		break;
	}
	return (struct sl_tel_key){ 0 };
}
