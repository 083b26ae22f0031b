/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors about packets that we sent for a flow: to a VIP from the clients' side, to a source-NAT address from the
 * backends', by the other end or by any router on the way there (RFC 4787 REQ-12a). The quoted packet is the flow's as
 * this side knows it; it is put back to what the other side sent, and the error goes there from the address that side
 * knows the flow by, so that neither side sees the other's addresses (RFC 5508 REQ-4, REQ-5). In mode dnat backends see
 * clients as they are, and so the routers before them.
 *
 * Anybody can send an error, so it is a hint: it never refreshes, changes or ends a flow (RFC 4787 REQ-12, RFC 5382
 * REQ-10, RFC 7857 section 8). Sequence numbers in the quote are what the end has sent, so it can judge the error by them
 * (RFC 5927 section 4.1).
 */
#include <netinet/in.h>

#include "stages.h"

#include "sluice/packet/parse.h"
#include "sluice/packet/quote.h"
#include "sluice/packet/translate.h"

bool sl_error_answer(struct rte_mbuf *m, const struct sl_pkt *p, struct sl_pkt *answer)
{
	struct sl_quote q;

	if (!sl_icmp_quotes(p) || sl_quote_parse(m, p, &q) != SL_PARSE_OK)
		return false;
	*answer = (struct sl_pkt){
		.src = q.dst, .dst = q.src, .sport_be = q.dport_be, .dport_be = q.sport_be, .proto = q.proto,
		.kind = q.proto == IPPROTO_TCP ? SL_PKT_TCP : SL_PKT_UDP, .flags = p->flags & SL_PKT_V6,
	};
	return true;
}

bool sl_is_dnat_error(const struct sl_snapshot *s, const struct sl_pkt *p)
{
	return s->dnat_slots != NULL && sl_icmp_quotes(p);
}

/* About a reply of a flow that is not known here, but would be of a certain backend. True: sent to it. */
static bool steer_unknown(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
			  const struct sl_tuple *client)
{
	const struct sl_service *service = sl_snapshot_service(s, &client->self, client->self_port_be, client->proto);
	const struct sl_target *target = service != NULL ? sl_reproducible_target(service, client) : NULL;

	if (target == NULL)
		return false;
	w->count[SL_COUNT_ICMP_ERRORS_STEERED]++;
	sl_steer_to(w, s, b, i, service, target);
	return true;
}

enum sl_drop_cause sl_translate_error(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	struct sl_quote q;
	struct sl_tuple out;
	uint8_t side;
	enum sl_drop_cause cause = sl_quote_parse(b->m[i], p, &q);

	if (cause != SL_PARSE_OK)
		return cause == SL_DROP_ICMP && sl_tunnel_error(w, s, b, i) ? SL_DROP_MAX : cause;
	struct sl_tuple k = { .peer = q.dst, .self = q.src, .peer_port_be = q.dport_be, .self_port_be = q.sport_be,
			      .proto = q.proto, .v6 = (p->flags & SL_PKT_V6) != 0 };
	uint32_t flow = sl_flow_lookup(&w->flows, &k, sl_flow_hash(&w->flows, &k), &side);
	if (flow == SL_FLOW_NONE)
		return steer_unknown(w, s, b, i, &k) || sl_tunnel_error(w, s, b, i) ? SL_DROP_MAX : SL_DROP_ICMP_NO_FLOW;
	if (w->flows.flows[flow].flags & SL_FLOW_ONE_WAY) {
		/* About what the backend sent to the client, as the VIP: the backend is to hear of it, and knows the packet as it is. */
		p->flow = flow;
		p->side = SL_CLIENT;
		w->count[SL_COUNT_ICMP_ERRORS_STEERED]++;
		return SL_DROP_MAX;
	}

	if (unlikely(w->flows.flows[flow].flags & SL_FLOW_SEQ))
		sl_seq_translate_quote(w, b, i, &q, flow, side);
	sl_flow_tuple(&w->flows, flow, !side, &out);
	bool keeps_source = side == SL_CLIENT && sl_ip_equal(&out.self, &k.peer);
	struct sl_quote_rewrite to = {
		.src = out.peer, .dst = out.self, .sport_be = out.peer_port_be, .dport_be = out.self_port_be,
		.outer_src = keeps_source ? p->src : out.self, .outer_dst = out.peer,
	};
	if (out.v6 == k.v6)
		sl_quote_rewrite(b->m[i], p, &q, &to);
	else
		cause = sl_translate_error_packet(b->m[i], p, &q, &to, s->interfaces[p->interface].mtu);
	if (cause != SL_TRANSLATE_OK)
		return cause;
	w->count[SL_COUNT_ICMP_ERRORS_TRANSLATED]++;
	p->src = to.outer_src;
	p->dst = to.outer_dst;
	p->flags |= SL_PKT_FORWARD; /* the rest is a router's work: TTL, route, MTU */
	return SL_DROP_MAX;
}
