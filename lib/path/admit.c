/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gate before a new flow costs anything. Also reopens: a client's SYN on a flow that has ended begins a new connection on
 * the same tuple. Drops: TCP_NOT_SYN, DRAINING, IP_SOURCE, PARTIAL_CHECKSUM, TTL. Survives: packets of flows, and packets that may open one.
 */
#include <rte_udp.h>

#include "stages.h"

#include "sluice/packet/edit.h"

/* A SYN; where the service picks connections up, any segment with ACK (config key tcp_pickup). */
static bool may_open(const struct sl_service *service, const struct sl_pkt *p)
{
	return sl_pkt_is_opening_syn(p) ||
	       (service->tcp_pickup &&
		(p->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG | RTE_TCP_RST_FLAG)) == RTE_TCP_ACK_FLAG);
}

/*
 * veth and other software devices may leave only the pseudo-header sum in the checksum field and rely on an offload that
 * never comes. Rewriting such a packet would produce garbage, so it is refused and its sender's remedy reported once.
 */
static bool has_partial_checksum(const struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	uint32_t len = p->l3 + p->l3_len - p->l4;
	uint16_t field;

	if (p->kind == SL_PKT_TCP)
		field = ((const struct rte_tcp_hdr *)sl_burst_at(b, i, p->l4))->cksum;
	else
		field = ((const struct rte_udp_hdr *)sl_burst_at(b, i, p->l4))->dgram_cksum;
	if (field != sl_checksum_pseudo(&p->src, &p->dst, p->proto, len))
		return false;
	/* A complete checksum may look like that by chance (1 in 65536): then it is right. */
	return sl_checksum_l4(b->m[i], p->l4, len, &p->src, &p->dst, p->proto) != 0;
}

static void report_partial_checksum(struct sl_worker *w, uint16_t port)
{
	struct sl_event event = { .type = SL_EVENT_PARTIAL_CHECKSUM, .port = port };

	if (w->partial_checksum_ports & (1ull << port))
		return;
	w->partial_checksum_ports |= 1ull << port;
	sl_worker_event(w, &event);
}

bool sl_is_partial(struct sl_worker *w, const struct sl_burst *b, unsigned int i)
{
	/* of a fragment nobody here can tell */
	if ((b->p[i].flags & SL_PKT_FRAGMENT) || likely(!has_partial_checksum(b, i)))
		return false;
	report_partial_checksum(w, b->m[i]->port);
	return true;
}

/* A reset of a flow that is not known here opens none, but its backend should hear of it, if everybody knows which one that is. */
static bool steer_reset(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_service *service = &s->services[b->p[i].service];
	const struct sl_target *target;
	struct sl_tuple client;

	if (!(b->p[i].tcp_flags & RTE_TCP_RST_FLAG) || !sl_mode_is_one_way(service->mode))
		return false;
	sl_pkt_tuple(&b->p[i], &client);
	target = sl_reproducible_target(service, &client);
	if (target != NULL)
		sl_steer_to(w, s, b, i, service, target);
	return target != NULL;
}

static enum sl_drop_cause admit(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	const struct sl_service *service = &s->services[p->service];

	if (p->flags & SL_PKT_FRAGMENT_LATER)
		return SL_DROP_MAX; /* opens nothing; its first fragment may do so in this burst */
	if (p->kind == SL_PKT_TCP && !may_open(service, p))
		return steer_reset(w, s, b, i) ? SL_DROP_MAX : SL_DROP_TCP_NOT_SYN;
	if (service->draining)
		return SL_DROP_DRAINING;
	if (sl_snapshot_is_local(s, &p->src)) /* the answer would come back to us */
		return SL_DROP_IP_SOURCE;
	if (sl_is_partial(w, b, i))
		return SL_DROP_PARTIAL_CHECKSUM;
	if (sl_pkt_ttl(b, i) <= 1) {
		sl_answer_error(w, s, b, i, SL_ICMP_TTL_EXCEEDED, 0);
		return SL_DROP_TTL;
	}
	return SL_DROP_MAX;
}

/* The service still gives new flows to the backend. */
static bool backend_is_in_use(const struct sl_service *service, uint16_t id)
{
	const struct sl_schedule *schedule = sl_service_schedule(service);

	return schedule != NULL && sl_schedule_find(schedule, id) != NULL;
}

/*
 * SYN on a flow in TIME_WAIT or after a reset. The same backend and source-NAT tuple go on where possible: the client keeps
 * sequence numbers and timestamps rising for one tuple (RFC 6191), which is what the backend's own TIME_WAIT checks. Otherwise
 * the flow ends here and the packet opens a new one, or has no service any more.
 */
static enum sl_drop_cause reopen(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	const struct sl_flow *f = &w->flows.flows[p->flow];
	const struct sl_service *service = sl_snapshot_service(s, &p->dst, p->dport_be, p->proto);

	if (service != NULL && service->id == f->service && f->udp_kind != SL_FLOW_SHUT && backend_is_in_use(service, f->backend) &&
	    !sl_flow_has_removed_snat(w, service, p->flow))
		return SL_DROP_MAX; /* the state machine takes the SYN from there */
	uint32_t flow = p->flow;
	w->count[SL_COUNT_FLOWS_REUSED]++;
	sl_burst_forget_flow(b, flow);
	sl_flow_end(w, s, flow);
	if (service == NULL)
		return SL_DROP_NO_SERVICE;
	p->service = (uint16_t)(service - s->services);
	return SL_DROP_MAX;
}

void sl_stage_admit(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (likely(!(b->seen & (SL_SEEN_NO_FLOW | SL_SEEN_TCP_FLAG(RTE_TCP_SYN_FLAG)))))
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		struct sl_pkt *p = &b->p[i];
		enum sl_drop_cause cause = SL_DROP_MAX;

		if (p->flow != SL_FLOW_NONE && unlikely(p->kind == SL_PKT_TCP && sl_pkt_is_opening_syn(p)) &&
		    p->side == SL_CLIENT && sl_tcp_is_over(&w->flows.flows[p->flow]))
			cause = reopen(w, s, b, i);
		if (cause == SL_DROP_MAX && unlikely(p->flow == SL_FLOW_NONE && p->service != SL_ID_NONE)) {
			cause = admit(w, s, b, i);
			if (cause != SL_DROP_MAX)
				sl_refuse(w, s, b, i, cause);
		} else if (unlikely(cause != SL_DROP_MAX)) {
			sl_burst_drop(w, b, i, cause);
		}
	}
	sl_burst_compact(b);
}
