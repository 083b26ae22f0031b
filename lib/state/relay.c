/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of relays and outputs: made at start, brought up to a snapshot by the first datagram that comes under it. */
#include <rte_malloc.h>

#include "sluice/state/relay.h"
#include "sluice/state/worker.h"

#define BURST_MS 10		/* of a limited output: what may come at once */
#define BURST_PACKETS 64u	/* at least */
#define BURST_BYTES 65536u

const struct sl_counter_info sl_relay_input_counter_infos[SL_RELAY_INPUT_COUNT_MAX] = {
#define X(id, name, help) { #name, help },
	SL_RELAY_INPUT_COUNTERS(X)
#undef X
};

const struct sl_counter_info sl_relay_counter_infos[SL_RELAY_COUNT_MAX] = {
#define X(id, name, help) { #name, help },
	SL_RELAY_COUNTERS(X)
#undef X
};

const struct sl_counter_info sl_relay_output_counter_infos[SL_RELAY_OUTPUT_COUNT_MAX] = {
#define X(id, name, help) { #name, help },
	SL_RELAY_OUTPUT_COUNTERS(X)
#undef X
};

/* ---- life ---- */

uint64_t sl_relay_table_bytes(uint16_t max_relays, uint16_t max_outputs)
{
	return sizeof(struct sl_relay_table) + (max_relays + 1ull) * (sizeof(struct sl_relay_state) + sizeof(uint16_t)) +
	       (uint64_t)max_outputs * sizeof(struct sl_relay_output_state);
}

int sl_relay_attach(struct sl_worker *w, uint16_t max_relays, uint16_t max_outputs, struct rte_mempool *headers,
		    int numa_node)
{
	struct sl_relay_table *t = rte_zmalloc_socket("relays", sizeof(*t), RTE_CACHE_LINE_SIZE, numa_node);

	if (t == NULL)
		return -1;
	*t = (struct sl_relay_table){ .headers = headers, .max_relays = max_relays, .max_outputs = max_outputs };
	t->next_id = (uint32_t)w->ip_ids.key; /* random: nobody can guess it */
	w->relays = t;
	t->relays = rte_zmalloc_socket("relays", (max_relays + 1ull) * sizeof(*t->relays), RTE_CACHE_LINE_SIZE, numa_node);
	t->outputs = rte_zmalloc_socket("relays", (max_outputs + 1ull) * sizeof(*t->outputs), RTE_CACHE_LINE_SIZE, numa_node);
	t->last = rte_malloc_socket("relays", (max_relays + 1ull) * sizeof(*t->last), RTE_CACHE_LINE_SIZE, numa_node);
	if (t->relays == NULL || t->outputs == NULL || t->last == NULL) {
		sl_relay_detach(w);
		return -1;
	}
	for (unsigned int i = 0; i <= max_relays; i++)
		t->last[i] = SL_BURST_MAX;
	return 0;
}

void sl_relay_detach(struct sl_worker *w)
{
	struct sl_relay_table *t = w->relays;

	if (t == NULL)
		return;
	rte_free(t->relays);
	rte_free(t->outputs);
	rte_free(t->last);
	rte_free(t);
	w->relays = NULL;
}

/* ---- following snapshots ---- */

static unsigned int width_of(uint8_t sequence)
{
	return sequence == SL_RELAY_SEQUENCE_RTP						? 16 :
	       sequence == SL_RELAY_SEQUENCE_U32 || sequence == SL_RELAY_SEQUENCE_U32_LE ? 32 :
											   64;
}

static void begin_sequences(struct sl_relay_state *r, const struct sl_relay *relay)
{
	unsigned int width = width_of(relay->sequence);

	for (unsigned int i = 0; i < RTE_DIM(r->leg); i++)
		sl_sequence_init(&r->leg[i].sequence, width, r->leg[i].seen, SL_RELAY_SEEN_BITS, SL_RELAY_SEEN_BITS, true);
	sl_sequence_init(&r->merged, width, r->seen, SL_RELAY_WINDOW_MAX, relay->window, false);
	r->sequence = relay->sequence;
	r->offset = relay->offset;
	r->window = relay->window;
}

static __rte_noinline void bring_up(struct sl_worker *w, const struct sl_snapshot *s, struct sl_relay_state *r,
				    const struct sl_relay *relay)
{
	if (r->instance != relay->instance) {
		memset(r, 0, sizeof(*r));
		r->since_ns = w->now_ns;
		__atomic_store_n(&r->instance, relay->instance, __ATOMIC_RELEASE);
		begin_sequences(r, relay);
	} else if (r->sequence != relay->sequence || r->offset != relay->offset || r->window != relay->window) {
		begin_sequences(r, relay);
	}
	if (relay->mode != SL_RELAY_FAILOVER)
		r->active = 0;
	r->generation = (uint32_t)s->generation;
}

struct sl_relay_state *sl_relay_state(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_relay *relay)
{
	struct sl_relay_state *r = &w->relays->relays[relay->id];

	if (unlikely(r->generation != (uint32_t)s->generation))
		bring_up(w, s, r, relay);
	return r;
}

static void set_limits(struct sl_relay_output_state *o, const struct sl_relay_output *output)
{
	uint64_t ns_per_packet = output->max_pps != 0 ? sl_token_bucket_interval_ns(output->max_pps) : 0;
	uint64_t ns_per_byte_q16 = output->max_kbps != 0 ? (8000000ull << 16) / output->max_kbps : 0;

	if (o->pps.ns_per_token != ns_per_packet) {
		o->pps = (struct sl_token_bucket){ 0 };
		if (output->max_pps != 0)
			sl_token_bucket_init(&o->pps, output->max_pps,
					     RTE_MAX(output->max_pps / (1000 / BURST_MS), BURST_PACKETS));
	}
	if (o->ns_per_byte_q16 != ns_per_byte_q16)
		o->bps = (struct sl_token_bucket){
			.burst_ns = RTE_MAX(BURST_MS * UINT64_C(1000000), BURST_BYTES * ns_per_byte_q16 >> 16),
		};
	o->ns_per_byte_q16 = ns_per_byte_q16;
	o->has_limit = (ns_per_packet | ns_per_byte_q16) != 0;
}

static __rte_noinline void bring_up_output(const struct sl_snapshot *s, struct sl_relay_output_state *o,
					   const struct sl_relay_output *output)
{
	const struct sl_interface *interface = &s->interfaces[output->interface];
	struct sl_relay_template_options options = {
		.src = output->source, .dst = output->ip, .dport_be = output->port_be, .ttl = output->ttl,
		.dscp = output->dscp, .v6 = output->v6, .no_checksum = output->checksum == SL_RELAY_CHECKSUM_ZERO,
		.vlan = interface->vlan,
	};

	if (o->instance != output->instance) {
		memset(o, 0, sizeof(*o));
		__atomic_store_n(&o->instance, output->instance, __ATOMIC_RELEASE);
	}
	memcpy(options.mac, interface->mac, sizeof(options.mac));
	if (output->keep_source)
		options.src = (struct sl_ip){ 0 };
	sl_relay_template_init(&o->t, &options);
	o->port = interface->port;
	o->mtu = interface->mtu;
	o->interface = output->interface;
	o->multicast = output->multicast;
	o->compute = output->checksum == SL_RELAY_CHECKSUM_COMPUTE;
	o->sample = output->sample;
	o->to_sample = o->to_sample == 0 || o->to_sample > output->sample ? 1 : o->to_sample;
	o->neighbour = SL_ID_NONE;
	if (!output->multicast)
		o->hop = sl_snapshot_relay_hop(s, output);
	set_limits(o, output);
	o->generation = (uint32_t)s->generation;
}

struct sl_relay_output_state *sl_relay_output_state(struct sl_worker *w, const struct sl_snapshot *s,
						    const struct sl_relay_output *output)
{
	struct sl_relay_output_state *o = &w->relays->outputs[output->id];

	if (unlikely(o->generation != (uint32_t)s->generation))
		bring_up_output(s, o, output);
	return o;
}
