/* SPDX-License-Identifier: BSD-3-Clause */
/* Relays with their ids and outputs, and the look-up of a datagram's relay. */
#include <stdlib.h>

#include <rte_branch_prediction.h>

#include "snapshot_build.h"

/* ---- ids ---- */

struct ids {
	bool taken[SL_MAX_RELAY_OUTPUTS + 1];
	uint16_t next, end; /* all below next are taken */
};

static uint16_t take_id(struct ids *ids)
{
	while (ids->next < ids->end && ids->taken[ids->next])
		ids->next++;
	if (ids->next == ids->end)
		return SL_ID_NONE;
	ids->taken[ids->next] = true;
	return ids->next++;
}

static const struct sl_relay *previous_relay(const struct sl_build *b, const struct sl_config_relay *c)
{
	for (unsigned int i = 0; b->previous != NULL && i < b->previous->relays.n; i++) {
		const struct sl_relay *old = &b->previous->relays.list[i];
		if (strcmp(old->name, c->name) == 0 && (c->id == 0 || c->id == old->id))
			return old;
	}
	return NULL;
}

/* Given ids first, then those that relays had, then free ones. The configuration was checked: there are enough. */
static int assign_relay_ids(struct sl_build *b, struct ids *ids)
{
	const struct sl_config *config = b->config;

	ids->next = 1;
	ids->end = SL_MAX_RELAYS;
	for (unsigned int i = 0; i < config->n_relays; i++)
		ids->taken[config->relays[i].id] = true;
	for (unsigned int i = 0; i < config->n_relays; i++) {
		const struct sl_relay *old = previous_relay(b, &config->relays[i]);
		struct sl_relay *relay = &b->s->relays.list[i];

		relay->id = config->relays[i].id;
		if (old != NULL && (relay->id != 0 || (!ids->taken[old->id] && old->id <= config->max_relays))) {
			relay->id = old->id;
			relay->instance = old->instance;
			ids->taken[old->id] = true;
		}
	}
	for (unsigned int i = 0; i < config->n_relays; i++) {
		struct sl_relay *relay = &b->s->relays.list[i];
		if (relay->id == 0)
			relay->id = take_id(ids);
		if (relay->id == SL_ID_NONE) {
			sl_problem_add(b->problems, "/relays", NULL, "more than %u relays", SL_MAX_RELAYS - 1);
			return -1;
		}
		if (relay->instance == 0)
			relay->instance = (uint32_t)b->s->generation;
	}
	return 0;
}

static const struct sl_relay_output *previous_output(const struct sl_relay *old, const struct sl_relay_output *output)
{
	for (unsigned int i = 0; old != NULL && i < old->n_outputs; i++) {
		const struct sl_relay_output *o = &old->outputs[i];
		if (o->interface == output->interface && o->port_be == output->port_be && sl_ip_equal(&o->ip, &output->ip))
			return o;
	}
	return NULL;
}

static void keep_output_ids(struct sl_build *b, struct ids *ids)
{
	for (unsigned int i = 0; i < b->s->relays.n; i++) {
		struct sl_relay *relay = &b->s->relays.list[i];
		const struct sl_relay *old = previous_relay(b, &b->config->relays[i]);
		for (unsigned int j = 0; j < relay->n_outputs; j++) {
			struct sl_relay_output *output = &relay->outputs[j];
			const struct sl_relay_output *was = previous_output(old, output);
			output->id = SL_ID_NONE;
			if (was == NULL || ids->taken[was->id] || was->id >= b->config->max_relay_outputs)
				continue;
			output->id = was->id;
			output->instance = was->instance;
			ids->taken[was->id] = true;
		}
	}
}

static int assign_output_ids(struct sl_build *b, struct ids *ids)
{
	ids->end = SL_MAX_RELAY_OUTPUTS;
	keep_output_ids(b, ids);
	for (unsigned int i = 0; i < b->s->relays.n; i++) {
		struct sl_relay *relay = &b->s->relays.list[i];
		for (unsigned int j = 0; j < relay->n_outputs; j++) {
			struct sl_relay_output *output = &relay->outputs[j];
			if (output->id != SL_ID_NONE)
				continue;
			output->id = take_id(ids);
			output->instance = (uint32_t)b->s->generation;
			if (output->id == SL_ID_NONE) {
				sl_problem_add(b->problems, "/relays", NULL, "more than %u outputs in all relays together",
					       SL_MAX_RELAY_OUTPUTS);
				return -1;
			}
		}
	}
	return 0;
}

/* ---- one relay ---- */

static int set_input(struct sl_build *b, struct sl_relay *relay, const struct sl_config_relay_input *c)
{
	struct sl_relay_input *in = &relay->in[relay->n_inputs++];

	in->multicast = !sl_ip_is_zero(&c->group.ip);
	in->group = in->multicast ? c->group : (struct sl_prefix){ .ip = c->address, .len = 128 };
	in->port_be = rte_cpu_to_be_16(c->udp_port);
	in->interface = b->interface_ids[c->interface];
	in->join = c->join && in->multicast;
	in->rpf = c->rpf;
	in->sources = sl_build_alloc(b, c->n_sources, sizeof(*in->sources));
	if (in->sources == NULL)
		return -1;
	if (c->n_sources > 0)
		memcpy(in->sources, c->sources, c->n_sources * sizeof(*in->sources));
	in->n_sources = (uint16_t)c->n_sources;
	b->s->relays.has_unicast |= !in->multicast;
	b->s->relays.has_sources |= in->n_sources > 0;
	b->s->relays.n_prefixes += in->group.len < 128;
	return 0;
}

static void set_output(struct sl_build *b, struct sl_relay *relay, const struct sl_config_relay_output *c)
{
	struct sl_relay_output *output = &relay->outputs[relay->n_outputs++];
	const struct sl_ip *own;

	*output = (struct sl_relay_output){
		.interface = b->interface_ids[c->interface],
		.ip = c->address,
		.source = c->source,
		.port_be = rte_cpu_to_be_16(c->udp_port),
		.v6 = sl_ip_is_zero(&c->address) ? relay->v6 : !sl_ip_is_v4(&c->address),
		.multicast = sl_ip_is_zero(&c->address) || sl_ip_is_multicast(&c->address),
		.keep_source = c->keep_source,
		.ttl = c->ttl,
		.dscp = c->dscp,
		.checksum = (uint8_t)c->checksum,
		.max_pps = c->max_pps,
		.max_kbps = c->max_kbps,
		.sample = c->sample != 0 ? c->sample : 1,
	};
	own = sl_interface_address(&b->s->interfaces[output->interface], !output->v6);
	if (sl_ip_is_zero(&c->source) && own != NULL)
		output->source = *own;
}

static int set_relay(struct sl_build *b, struct sl_relay *relay, const struct sl_config_relay *c)
{
	const struct sl_config_relay_input *second;
	unsigned int n = sl_config_relay_inputs(c, &second);
	bool redundant = second == &c->redundant.in;

	memcpy(relay->name, c->name, sizeof(relay->name));
	relay->mode = n == 1 ? SL_RELAY_SINGLE : redundant ? SL_RELAY_REDUNDANT : SL_RELAY_FAILOVER;
	relay->sequence = (uint8_t)c->stream.sequence;
	relay->offset = c->stream.offset;
	if (c->stream.sequence == SL_RELAY_SEQUENCE_RTP)
		relay->offset += 2; /* RFC 3550 section 5.1 */
	relay->alarm_ns = c->stream.alarm_ms * UINT64_C(1000000);
	relay->window = (uint16_t)c->redundant.window;
	relay->silence_ns = c->failover.silence_ms * UINT64_C(1000000);
	if (set_input(b, relay, &c->in) != 0 || (n == 2 && set_input(b, relay, second) != 0))
		return -1;
	relay->v6 = !sl_ip_is_v4(&relay->in[0].group.ip);
	relay->outputs = sl_build_alloc(b, c->n_out, sizeof(*relay->outputs));
	if (relay->outputs == NULL)
		return -1;
	for (unsigned int j = 0; j < c->n_out; j++)
		set_output(b, relay, &c->out[j]);
	return 0;
}

/* ---- look-up ---- */

static const struct sl_ip anybody;

static uint32_t slot_hash(uint16_t interface, const struct sl_ip *src, const struct sl_ip *dst, uint16_t port_be)
{
	uint64_t a = sl_hash_mix(dst->q[0] ^ 0x9e3779b97f4a7c15, dst->q[1] ^ 0xd1b54a32d192ed03);
	uint64_t b = sl_hash_mix(src->q[0] ^ 0xa0761d6478bd642f, src->q[1] ^ 0xe7037ed1a0b428db);

	return (uint32_t)sl_hash_mix(a ^ b, ((uint64_t)interface << 16 | port_be) ^ 0x8cb92ba72f3d8dd7);
}

static bool slot_is(const struct sl_relay_slot *slot, uint16_t interface, const struct sl_ip *src, const struct sl_ip *dst,
		    uint16_t port_be)
{
	return slot->port_be == port_be && slot->interface == interface && sl_ip_equal(&slot->dst, dst) &&
	       sl_ip_equal(&slot->src, src);
}

static const struct sl_relay_slot *find_slot(const struct sl_relays *r, uint16_t interface, const struct sl_ip *src,
					     const struct sl_ip *dst, uint16_t port_be)
{
	uint32_t mask = (1u << r->slot_bits) - 1;
	uint32_t at = slot_hash(interface, src, dst, port_be) & mask;

	for (; r->slots[at].relay != SL_ID_NONE; at = (at + 1) & mask)
		if (slot_is(&r->slots[at], interface, src, dst, port_be))
			return &r->slots[at];
	return NULL;
}

static void add_slot(struct sl_relays *r, struct sl_relay_slot slot)
{
	uint32_t mask = (1u << r->slot_bits) - 1;
	uint32_t at = slot_hash(slot.interface, &slot.src, &slot.dst, slot.port_be) & mask;

	while (r->slots[at].relay != SL_ID_NONE) {
		if (slot_is(&r->slots[at], slot.interface, &slot.src, &slot.dst, slot.port_be))
			return;
		at = (at + 1) & mask;
	}
	r->slots[at] = slot;
}

static void add_input(struct sl_relays *r, uint16_t relay, uint8_t input)
{
	const struct sl_relay_input *in = &r->list[relay].in[input];
	struct sl_relay_slot slot = { .dst = in->group.ip, .port_be = in->port_be, .interface = in->interface, .relay = relay,
				      .input = input };

	if (in->group.len < 128) {
		r->prefixes[r->n_prefixes++] = (struct sl_relay_prefix){ in->group, in->port_be, in->interface, relay, input };
		return;
	}
	if (in->n_sources == 0)
		add_slot(r, slot);
	for (unsigned int i = 0; i < in->n_sources; i++) {
		slot.src = in->sources[i];
		add_slot(r, slot);
	}
	slot.src = anybody;
	slot.port_be = 0;
	add_slot(r, slot);
}

static int longest_first(const void *a, const void *b)
{
	return (int)((const struct sl_relay_prefix *)b)->group.len - (int)((const struct sl_relay_prefix *)a)->group.len;
}

static int build_lookup(struct sl_build *b)
{
	struct sl_relays *r = &b->s->relays;
	unsigned int n = 0;

	for (unsigned int i = 0; i < r->n; i++)
		for (unsigned int k = 0; k < r->list[i].n_inputs; k++)
			n += 2u + r->list[i].in[k].n_sources;
	r->slot_bits = sl_table_bits(n);
	r->slots = sl_build_alloc(b, (size_t)1 << r->slot_bits, sizeof(*r->slots));
	r->prefixes = sl_build_alloc(b, r->n_prefixes, sizeof(*r->prefixes));
	if (r->slots == NULL || r->prefixes == NULL)
		return -1;
	for (uint32_t at = 0; at < 1u << r->slot_bits; at++)
		r->slots[at].relay = SL_ID_NONE;
	r->n_prefixes = 0;
	for (uint16_t i = 0; i < r->n; i++)
		for (uint8_t k = 0; k < r->list[i].n_inputs; k++)
			add_input(r, i, k);
	qsort(r->prefixes, r->n_prefixes, sizeof(*r->prefixes), longest_first);
	return 0;
}

const struct sl_relay *sl_snapshot_relay(const struct sl_snapshot *s, uint16_t interface, const struct sl_ip *src,
					 const struct sl_ip *dst, uint16_t port_be, uint8_t *input)
{
	const struct sl_relays *r = &s->relays;
	const struct sl_relay_slot *slot = NULL;

	if (unlikely(port_be == 0)) /* means "some port" in the table */
		return NULL;
	if (r->has_sources)
		slot = find_slot(r, interface, src, dst, port_be);
	if (slot == NULL)
		slot = find_slot(r, interface, &anybody, dst, port_be);
	if (slot != NULL) {
		*input = slot->input;
		return &r->list[slot->relay];
	}
	for (unsigned int i = 0; i < r->n_prefixes; i++) {
		const struct sl_relay_prefix *p = &r->prefixes[i];
		if (p->port_be == port_be && p->interface == interface && sl_prefix_covers(&p->group, dst)) {
			*input = p->input;
			return &r->list[p->relay];
		}
	}
	return NULL;
}

bool sl_snapshot_relay_listens(const struct sl_snapshot *s, uint16_t interface, const struct sl_ip *dst)
{
	const struct sl_relays *r = &s->relays;

	if (r->n == 0)
		return false;
	if (find_slot(r, interface, &anybody, dst, 0) != NULL)
		return true;
	for (unsigned int i = 0; i < r->n_prefixes; i++)
		if (r->prefixes[i].interface == interface && sl_prefix_covers(&r->prefixes[i].group, dst))
			return true;
	return false;
}

/* ---- all together ---- */

int sl_build_relays(struct sl_build *b)
{
	struct sl_relays *r = &b->s->relays;
	struct ids *ids;
	int result;

	if (b->config->n_relays == 0)
		return 0;
	r->list = sl_build_alloc(b, b->config->n_relays, sizeof(*r->list));
	if (r->list == NULL)
		return -1;
	for (unsigned int i = 0; i < b->config->n_relays; i++) {
		r->n = (uint16_t)(i + 1);
		if (set_relay(b, &r->list[i], &b->config->relays[i]) != 0)
			return -1;
	}
	ids = sl_build_alloc(b, 2, sizeof(*ids));
	if (ids == NULL)
		return -1;
	result = assign_relay_ids(b, &ids[0]) != 0 || assign_output_ids(b, &ids[1]) != 0 ? -1 : build_lookup(b);
	free(ids);
	return result;
}

void sl_relays_free(struct sl_relays *r)
{
	for (unsigned int i = 0; i < r->n; i++) {
		for (unsigned int k = 0; k < r->list[i].n_inputs; k++)
			free(r->list[i].in[k].sources);
		free(r->list[i].outputs);
	}
	free(r->list);
	free(r->slots);
	free(r->prefixes);
}
