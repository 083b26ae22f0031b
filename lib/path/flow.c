/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds flows: hash and prefetch first, then look up, so that a burst's cache misses overlap. Everything survives, with
 * p->flow and p->side set where there is a flow. Also here: what ends a flow and when.
 */
#include <netinet/in.h>

#include <rte_tcp.h>

#include "stages.h"

#include "sluice/state/udp.h"

static inline bool has_ports(const struct sl_pkt *p)
{
	return p->kind == SL_PKT_TCP || p->kind == SL_PKT_UDP;
}

/* What the candidate was not: in a chained bucket, behind an equal signature, or nowhere; or it has no ports. */
static __rte_noinline void look_further(struct sl_worker *w, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	struct sl_tuple k;

	if (has_ports(p)) {
		sl_pkt_tuple(p, &k);
		p->flow = sl_flow_lookup(&w->flows, &k, b->hash[i], &p->side);
	}
	if (p->flow == SL_FLOW_NONE)
		b->seen |= SL_SEEN_NO_FLOW;
}

/* The look-up has loaded the addresses of the side that a packet came in by; IPv4 packets that leave as IPv6 need the others. */
static __rte_noinline void load_other_side(const struct sl_flow_table *t, const struct sl_burst *b)
{
	for (unsigned int i = 0; i < b->n; i++) {
		uint32_t flow = b->p[i].flow;
		if (flow != SL_FLOW_NONE && !(b->p[i].flags & SL_PKT_V6) && (t->flows[flow].flags & SL_FLOW_V6_BOTH))
			rte_prefetch0(&t->flows6[flow]);
	}
}

/* Between the steps of a look-up: about as long as a load from memory takes, and no more loads at a time than a core has room for. */
#define AHEAD 16

/* Parse has hashed the packets and started to load their buckets. */
void sl_stage_flow(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	const struct sl_flow_table *t = &w->flows;
	uint32_t entry[SL_BURST_MAX];
	unsigned int n = b->n;

	for (unsigned int i = 0; i < RTE_MIN(n, (unsigned int)AHEAD); i++)
		entry[i] = sl_flow_candidate(t, b->hash[i], b->p[i].flags & SL_PKT_V6);
	for (unsigned int i = 0; i < n; i++) {
		struct sl_pkt *p = &b->p[i];

		if (i + AHEAD < n)
			entry[i + AHEAD] = sl_flow_candidate(t, b->hash[i + AHEAD], b->p[i + AHEAD].flags & SL_PKT_V6);
		/* a flow's protocol has ports, and of such packets only fragments whose datagram is unknown have none */
		if (likely(entry[i] != SL_FLOW_NONE && sl_flow_is_parts(t, entry[i], &p->src, &p->dst, sl_pkt_ports(p), p->proto,
									p->flags & SL_PKT_V6))) {
			p->flow = entry[i] >> 1;
			p->side = entry[i] & 1;
		} else {
			look_further(w, b, i);
		}
	}
	if (unlikely(t->mixed))
		load_other_side(t, b);
}

void sl_burst_forget_flow(struct sl_burst *b, uint32_t flow)
{
	for (unsigned int i = 0; i < b->n; i++)
		if (b->p[i].flow == flow)
			b->p[i].flow = SL_FLOW_NONE;
	b->seen |= SL_SEEN_NO_FLOW;
}

void sl_flow_count_open(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_flow *f, int change)
{
	w->service[f->service].value[SL_FLOW_COUNT_FLOWS_OPEN] += (uint64_t)change;
	w->backend[f->backend].value[SL_FLOW_COUNT_FLOWS_OPEN] += (uint64_t)change;
	sl_rank_changed(w, s, f->service, f->backend);
}

void sl_flow_end(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow)
{
	const struct sl_flow *f = &w->flows.flows[flow];

	w->service[f->service].value[SL_FLOW_COUNT_FLOWS_ACTIVE]--;
	w->backend[f->backend].value[SL_FLOW_COUNT_FLOWS_ACTIVE]--;
	if (f->proto != IPPROTO_TCP || !sl_tcp_is_over(f))
		sl_flow_count_open(w, s, f, -1);
	if (unlikely(f->flags & SL_FLOW_SEQ))
		sl_seq_over(&w->seqs, flow);
	sl_flow_destroy(&w->flows, flow);
}

uint32_t sl_flow_timeout(const struct sl_snapshot *s, const struct sl_flow *f)
{
	const struct sl_service *service = sl_snapshot_service_by_id(s, f->service);
	enum sl_timeout timeout = f->proto == IPPROTO_TCP ? sl_tcp_timeout(f->state) : sl_udp_timeout(f);

	/* A service keeps its snapshot entry while it has flows, so NULL cannot be; if it were, the flow should go. */
	return service == NULL ? 0 : service->timeout_ticks[timeout];
}

/* One connection has ended, another begins on its tuple. */
static void count_reopened(struct sl_worker *w, const struct sl_flow *f)
{
	w->count[SL_COUNT_FLOWS_REUSED]++;
	w->count[SL_COUNT_FLOWS_CREATED]++;
	w->service[f->service].value[SL_FLOW_COUNT_FLOWS_CREATED]++;
	w->backend[f->backend].value[SL_FLOW_COUNT_FLOWS_CREATED]++;
}

void sl_flow_tcp_followed(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow, uint8_t flags, bool over, bool changed)
{
	struct sl_flow *f = &w->flows.flows[flow];

	if (over && changed)
		count_reopened(w, f);
	if (over != sl_tcp_is_over(f))
		sl_flow_count_open(w, s, f, over ? 1 : -1);
	/* A reset that ends nothing keeps nothing alive either (RFC 7857 section 8). */
	if (changed || !(flags & RTE_TCP_RST_FLAG))
		f->last_seen = w->now_tick;
	if (changed)
		sl_flow_reschedule(&w->flows, flow, w->now_tick + sl_flow_timeout(s, f));
}

bool sl_flow_has_removed_snat(const struct sl_worker *w, const struct sl_service *service, uint32_t flow)
{
	struct sl_tuple server;

	if (likely(service->n_draining_snat == 0))
		return false;
	sl_flow_tuple(&w->flows, flow, SL_SERVER, &server);
	for (unsigned int i = 0; i < service->n_draining_snat; i++)
		if (sl_ip_equal(&service->snat[service->n_snat + i], &server.self))
			return true;
	return false;
}
