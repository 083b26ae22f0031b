/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the hosts around us ask of our own addresses. Answers need no state, so whichever worker gets the question gives
 * them; what was learnt goes to the control thread, which owns the neighbour table.
 *
 * Out: answered (transmitted or created), consumed, dropped as ARP, ND, MULTICAST, IP_SOURCE, L4_CHECKSUM or ICMP.
 * Survives: TCP, UDP, other protocols but IGMP to groups, ICMP that is not for us, and intact ICMP errors, which may be
 * about a flow.
 */
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_ether.h>
#include <rte_icmp.h>

#include "stages.h"

#include "sluice/packet/edit.h"
#include "sluice/packet/group.h"
#include "sluice/packet/quote.h"

#define MLD_QUERY 130 /* RFC 3810 section 5 */
#define MLD_REPORT 131
#define MLD_DONE 132
#define MLDV2_REPORT 143

/* Our own address, if it is answered on this interface. */
static const struct sl_local *answered_here(const struct sl_snapshot *s, const struct sl_ip *ip, uint16_t interface)
{
	const struct sl_local *local = sl_snapshot_local(s, ip);
	bool here = local != NULL && (local->interface == interface || local->interface == SL_ID_NONE);
	return here ? local : NULL;
}

static void tell_neighbour(struct sl_worker *w, const struct sl_burst *b, unsigned int i, enum sl_event_type type,
			   const struct sl_ip *ip, const uint8_t mac[6])
{
	struct sl_event event = { .type = type, .interface = b->p[i].interface, .port = b->m[i]->port, .ip = *ip };
	memcpy(event.mac, mac, 6);
	sl_worker_event(w, &event);
}

/* Message i has been read. An answer may be to a question of the host's. */
static void read_message(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i, bool answer)
{
	if (answer && unlikely(s->interfaces[b->p[i].interface].kernel))
		sl_burst_punt(w, s, b, i);
	else
		sl_burst_consume(w, b, i);
}

/* ---- ARP (RFC 826, RFC 5227) ---- */

static void handle_arp(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	const struct rte_arp_hdr *arp = sl_burst_at(b, i, p->l3);
	const uint8_t *our_mac = w->shared->port_mac[b->m[i]->port];
	const uint8_t *mac = arp->arp_data.arp_sha.addr_bytes;
	struct sl_ip sender = sl_ip_from_v4(arp->arp_data.arp_sip), target = sl_ip_from_v4(arp->arp_data.arp_tip);
	bool request = arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST);
	bool probe = arp->arp_data.arp_sip == 0;
	bool for_us = answered_here(s, &target, p->interface) != NULL;
	bool impostor = answered_here(s, &sender, p->interface) != NULL;

	if (memcmp(mac, our_mac, 6) == 0) {
		sl_burst_drop(w, b, i, SL_DROP_ARP); /* our own broadcast came back */
		return;
	}
	if (impostor)
		tell_neighbour(w, b, i, SL_EVENT_CONFLICT, &sender, mac);
	else if (probe && for_us)
		tell_neighbour(w, b, i, SL_EVENT_CONFLICT, &target, mac);
	else if (!probe && for_us)
		tell_neighbour(w, b, i, SL_EVENT_NEIGHBOUR, &sender, mac);
	else if (!probe && sl_ip_equal(&sender, &target))
		tell_neighbour(w, b, i, SL_EVENT_NEIGHBOUR_GOSSIP, &sender, mac);

	if (request && for_us && !impostor) {
		struct rte_mbuf *m = sl_burst_take(b, i);
		sl_arp_reply(m, p, our_mac);
		sl_transmit(w, m, m->port);
	} else if (for_us || impostor || sl_ip_equal(&sender, &target)) {
		read_message(w, s, b, i, !request && for_us && !impostor);
	} else {
		sl_burst_drop(w, b, i, SL_DROP_ARP);
	}
}

/* ---- neighbour discovery (RFC 4861) ---- */

static void answer_solicitation(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
				const struct sl_nd_message *nd)
{
	static const struct sl_ip all_nodes = { .b = { 0xff, 2, [15] = 1 } };
	const struct sl_pkt *p = &b->p[i];
	const struct rte_ether_hdr *eth = sl_burst_at(b, i, 0);
	uint16_t port = b->m[i]->port;
	bool probe = sl_ip_is_zero(&p->src); /* somebody's duplicate address detection: defend (RFC 4862 section 5.4.3) */
	uint8_t all_nodes_mac[6];
	struct rte_mbuf *out = sl_packet_create(w);

	if (out == NULL)
		return;
	sl_nd_group_mac(&all_nodes, all_nodes_mac);
	const uint8_t *dst_mac = probe ? all_nodes_mac : nd->has_mac ? nd->mac : eth->src_addr.addr_bytes;
	if (sl_nd_build_advertisement(out, w->shared->port_mac[port], s->interfaces[p->interface].vlan, &nd->target,
				      probe ? &all_nodes : &p->src, dst_mac, !probe) != 0)
		sl_packet_drop(w, out, SL_DROP_NO_MBUF);
	else
		sl_transmit(w, out, port);
}

static void handle_nd(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	const struct rte_ether_hdr *eth = sl_burst_at(b, i, 0);
	const uint8_t *our_mac = w->shared->port_mac[b->m[i]->port];
	struct sl_nd_message nd;

	if (sl_nd_parse(b->m[i], p, &nd) != 0 || memcmp(eth->src_addr.addr_bytes, our_mac, 6) == 0) {
		sl_burst_drop(w, b, i, SL_DROP_ND);
		return;
	}
	bool for_us = answered_here(s, &nd.target, p->interface) != NULL;
	bool probe = sl_ip_is_zero(&p->src);

	if (for_us && (probe || !nd.solicitation))
		tell_neighbour(w, b, i, SL_EVENT_CONFLICT, &nd.target, nd.has_mac ? nd.mac : eth->src_addr.addr_bytes);
	else if (for_us && nd.has_mac)
		tell_neighbour(w, b, i, SL_EVENT_NEIGHBOUR, &p->src, nd.mac);
	else if (!nd.solicitation && nd.override && nd.has_mac)
		tell_neighbour(w, b, i, SL_EVENT_NEIGHBOUR_GOSSIP, &nd.target, nd.mac);
	else if (nd.solicited)
		tell_neighbour(w, b, i, SL_EVENT_NEIGHBOUR_HINT, &nd.target, nd.mac); /* 0 without the option */

	if (for_us && nd.solicitation)
		answer_solicitation(w, s, b, i, &nd);
	if (for_us || !nd.solicitation)
		read_message(w, s, b, i, !nd.solicitation && !for_us);
	else
		sl_burst_drop(w, b, i, SL_DROP_ND);
}

/* ---- ICMP ---- */

bool sl_icmp_is_intact(const struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	unsigned int len = p->l3 + p->l3_len - p->l4;

	if (p->flags & SL_PKT_V6)
		return sl_checksum_l4(b->m[i], p->l4, len, &p->src, &p->dst, p->proto) == 0;
	return sl_checksum_icmp(b->m[i], p->l4, len) == 0;
}

/*
 * No answer to what was sent to all on the link (RFC 1122 section 3.3.6), nor where nobody would get it: to ::
 * (RFC 4291 section 2.5.2) and to ourselves.
 */
static enum sl_drop_cause check_echo(const struct sl_snapshot *s, const struct sl_pkt *p)
{
	if (p->flags & SL_PKT_L2_MULTICAST)
		return SL_DROP_MULTICAST;
	if (sl_ip_is_zero(&p->src) || sl_snapshot_is_local(s, &p->src))
		return SL_DROP_IP_SOURCE;
	return SL_DROP_MAX;
}

static void answer_echo(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	enum sl_drop_cause cause = check_echo(s, p);

	if (cause != SL_DROP_MAX) {
		sl_burst_drop(w, b, i, cause);
		return;
	}
	struct rte_mbuf *m = sl_burst_take(b, i);
	sl_icmp_echo_reply(m, p);
	rte_pktmbuf_adj(m, p->l3);
	sl_answer(w, s, m, p);
}

/* A router asks who listens. What answers it is the control thread's. */
static void handle_query(struct sl_worker *w, struct sl_burst *b, unsigned int i, enum sl_drop_cause cause)
{
	struct sl_group_query query;

	if (sl_group_parse_query(b->m[i], &b->p[i], &query) != 0) {
		sl_burst_drop(w, b, i, cause);
		return;
	}
	struct sl_event event = { .type = SL_EVENT_GROUP_QUERY, .version = query.version, .interface = b->p[i].interface,
				  .port = b->m[i]->port, .delay_ms = query.delay_ms, .ip = query.group };
	sl_worker_event(w, &event);
	sl_burst_consume(w, b, i);
}

static void handle_icmp6(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i, uint8_t type)
{
	switch (type) {
	case ND_NEIGHBOR_SOLICIT:
	case ND_NEIGHBOR_ADVERT:
		handle_nd(w, s, b, i);
		return;
	case MLD_QUERY:
		handle_query(w, b, i, SL_DROP_ND);
		return;
	case ND_ROUTER_SOLICIT: /* routes come from the configuration */
	case ND_ROUTER_ADVERT:
	case ND_REDIRECT:
		sl_burst_drop(w, b, i, SL_DROP_ND);
		return;
	case MLD_REPORT: /* for routers */
	case MLD_DONE:
	case MLDV2_REPORT:
		sl_burst_drop(w, b, i, SL_DROP_MULTICAST);
		return;
	}
}

static bool is_link_scope(const struct sl_pkt *p, uint8_t type)
{
	return (p->flags & SL_PKT_V6) && ((type >= ND_ROUTER_SOLICIT && type <= ND_REDIRECT) || type == MLDV2_REPORT ||
					  (type >= MLD_QUERY && type <= MLD_DONE));
}

static void handle_icmp(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	uint8_t type = p->sport_be >> 8;
	uint8_t echo = p->flags & SL_PKT_V6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;

	if (p->flags & SL_PKT_FRAGMENT)
		return;
	bool link_scope = is_link_scope(p, type);
	if (!link_scope && !sl_snapshot_is_local(s, &p->dst))
		return;
	if (!sl_icmp_is_intact(b, i))
		sl_burst_drop(w, b, i, SL_DROP_L4_CHECKSUM);
	else if (link_scope)
		handle_icmp6(w, s, b, i, type);
	else if (type == echo)
		answer_echo(w, s, b, i);
	else if (!sl_icmp_quotes(p) && sl_is_kernels(s, p))
		sl_burst_punt(w, s, b, i);
	else if (!sl_icmp_quotes(p)) /* redirect, source quench (RFC 6633), answers to what we never asked */
		sl_burst_drop(w, b, i, SL_DROP_ICMP);
}

/* ---- IGMP, of which only what goes to groups is for one link (RFC 3376 section 4) ---- */

static void handle_other(struct sl_worker *w, struct sl_burst *b, unsigned int i)
{
	static const struct sl_ip nobody = { .b = { [10] = 0xff, 0xff } }; /* 0.0.0.0 */
	const struct sl_pkt *p = &b->p[i];

	if (p->proto != IPPROTO_IGMP || (p->flags & SL_PKT_V6))
		return;
	if (!(p->flags & SL_PKT_L2_MULTICAST)) {
		if (sl_ip_equal(&p->src, &nobody))
			sl_burst_drop(w, b, i, SL_DROP_IP_SOURCE);
	} else if (p->flags & SL_PKT_FRAGMENT) {
		sl_burst_drop(w, b, i, SL_DROP_MULTICAST);
	} else if (!sl_icmp_is_intact(b, i)) { /* its checksum is that of ICMP */
		sl_burst_drop(w, b, i, SL_DROP_L4_CHECKSUM);
	} else {
		handle_query(w, b, i, SL_DROP_MULTICAST); /* not a query: a report, which is for routers */
	}
}

void sl_stage_local(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (likely(!(b->seen & (SL_SEEN_KIND(SL_PKT_ARP) | SL_SEEN_KIND(SL_PKT_ICMP) | SL_SEEN_KIND(SL_PKT_OTHER)))))
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		if (b->p[i].kind == SL_PKT_ARP)
			handle_arp(w, s, b, i);
		else if (b->p[i].kind == SL_PKT_ICMP)
			handle_icmp(w, s, b, i);
		else if (b->p[i].kind == SL_PKT_OTHER)
			handle_other(w, b, i);
	}
	sl_burst_compact(b);
}
