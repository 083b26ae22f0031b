/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the flow of a packet that opens one. Drops: NO_BACKEND, SNAT_EXHAUSTED, FLOW_TABLE_FULL, in mode dnat TUPLE_IN_USE and
 * DNAT_ON_LINK, each also counted as refused by the service; FRAGMENT_NO_FLOW. Survives: everything else.
 */
#include "stages.h"

/* Ports of a range follow its first one. */
static uint16_t target_port(const struct sl_service *service, const struct sl_target *target, const struct sl_pkt *p)
{
	uint16_t offset = rte_be_to_cpu_16(p->dport_be) - rte_be_to_cpu_16(service->port_be);

	return service->port_span == 0 ? target->port_be : rte_cpu_to_be_16(rte_be_to_cpu_16(target->port_be) + offset);
}

/* Where the backend answers the client directly, its side is not looked up: what it sees of the flow, for listings. */
static void one_way_tuple(const struct sl_tuple *client, struct sl_tuple *server)
{
	server->peer_port_be = client->self_port_be;
	server->self_port_be = client->peer_port_be;
	if (client->v6 == server->v6)
		server->self = client->peer;
	else
		server->self = server->v6 ? (struct sl_ip){ 0 } : sl_ip_from_v4(0);
}

enum sl_drop_cause sl_open_flow(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	const struct sl_service *service = &s->services[p->service];
	struct sl_tuple client, server;

	/* An earlier packet of this burst may have opened it. */
	sl_pkt_tuple(p, &client);
	p->flow = sl_flow_lookup(&w->flows, &client, b->hash[i], &p->side);
	if (p->flow != SL_FLOW_NONE)
		return SL_DROP_MAX;
	if (p->flags & SL_PKT_FRAGMENT_LATER)
		return SL_DROP_FRAGMENT_NO_FLOW;

	if (w->flows.free_head == SL_FLOW_NONE)
		return SL_DROP_FLOW_TABLE_FULL;
	const struct sl_target *backend = sl_pick_target(w, service, &client);
	if (backend == NULL)
		return SL_DROP_NO_BACKEND;
	server = (struct sl_tuple){ .peer = backend->ip, .peer_port_be = target_port(service, backend, p), .proto = p->proto,
				    .v6 = !sl_ip_is_v4(&backend->ip) };
	if (sl_mode_is_one_way(service->mode)) {
		one_way_tuple(&client, &server);
	} else if (service->mode == SL_MODE_DNAT) {
		enum sl_drop_cause cause = sl_dnat_tuple(w, s, &client, &server);
		if (cause != SL_DROP_MAX)
			return cause;
	} else if (sl_snat_allocate(w, s, b, service, &client, &server) != 0) {
		return SL_DROP_SNAT_EXHAUSTED;
	}

	enum sl_timeout first = p->kind == SL_PKT_TCP ? SL_TIMEOUT_TCP_OPENING : SL_TIMEOUT_UDP_ONE_WAY;
	p->flow = (sl_mode_is_one_way(service->mode) ? sl_flow_create_one_way : sl_flow_create)(
		&w->flows, &client, &server, w->now_tick, service->timeout_ticks[first]);
	if (p->flow == SL_FLOW_NONE)
		return SL_DROP_FLOW_TABLE_FULL;
	p->side = SL_CLIENT;
	struct sl_flow *f = &w->flows.flows[p->flow];
	f->epoch = w->epoch;
	f->service = service->id;
	f->backend = backend->id;
	f->udp_kind = service->udp_kind;
	f->udp_replies = service->udp_replies;
	if (p->kind == SL_PKT_UDP && (f->flags & SL_FLOW_ONE_WAY)) {
		f->state = service->udp_kind == SL_UDP_BIDIRECTIONAL; /* there are replies, but not by us */
	} else if (p->kind == SL_PKT_UDP) {
		sl_latency_ask(w, f);
	} else if (unlikely(!sl_pkt_is_opening_syn(p))) {
		struct sl_tcp_segment segment = sl_pkt_segment(b, i);
		sl_tcp_pick_up(f, &segment);
	}
	w->count[SL_COUNT_FLOWS_CREATED]++;
	struct sl_flow_counters *counters[] = { &w->service[service->id], &w->backend[backend->id] };
	for (unsigned int c = 0; c < RTE_DIM(counters); c++) {
		counters[c]->value[SL_FLOW_COUNT_FLOWS_CREATED]++;
		counters[c]->value[SL_FLOW_COUNT_FLOWS_ACTIVE]++;
	}
	sl_flow_count_open(w, s, f, 1);
	return SL_DROP_MAX;
}

void sl_stage_balance(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (likely(!(b->seen & SL_SEEN_NO_FLOW)))
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		struct sl_pkt *p = &b->p[i];
		if (likely(p->flow != SL_FLOW_NONE || p->service == SL_ID_NONE))
			continue;
		enum sl_drop_cause cause = sl_open_flow(w, s, b, i);
		if (unlikely(cause == SL_DROP_FRAGMENT_NO_FLOW))
			sl_burst_drop(w, b, i, cause);
		else if (unlikely(cause != SL_DROP_MAX))
			sl_refuse(w, s, b, i, cause);
	}
	sl_burst_compact(b);
}
