/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stages of the pipeline, one file each, in the order of pipeline.c. A stage owns b->m[0..n) on entry and leaves no
 * gaps; every packet it takes out has gone through sluice/state/verdict.h.
 */
#ifndef SLUICE_PATH_STAGES_H
#define SLUICE_PATH_STAGES_H

#include <rte_tcp.h>

#include "sluice/packet/fragment.h"
#include "sluice/packet/icmp.h"
#include "sluice/packet/quote.h"
#include "sluice/packet/tcp.h"
#include "sluice/path/pick.h"
#include "sluice/state/tcp.h"
#include "sluice/state/verdict.h"

/* Port pairs: everything goes out by the partner port, unread. */
void sl_stage_pairs(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Bytes -> sl_pkt; malformed packets and foreign frames end here. */
void sl_stage_parse(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* ARP, ND, MLD and echo requests for our own addresses. */
void sl_stage_local(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Packets that another worker owns go to it. */
void sl_stage_owner(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Fragments to services and source-NAT addresses. */
void sl_stage_fragments(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* What a relay takes: replicated, and gone. */
void sl_stage_relay(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Packets of services without flows go straight to their backend. */
void sl_stage_stateless(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Find the flow of each TCP and UDP packet. */
void sl_stage_flow(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* What has no flow: a new flow of a service, layer-3 forwarding, or nobody's. */
void sl_stage_classify(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* May this packet open a flow? */
void sl_stage_admit(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Choose the backend and the source-NAT port, make the flow. */
void sl_stage_balance(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Packets of flows whose backend answers its client directly are sent to it. */
void sl_stage_steer(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Rewrite packets of flows, follow their state, find the next hop. */
void sl_stage_nat(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Layer-3 forwarding: TTL, route, ICMP errors. */
void sl_stage_forward(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);
/* Everything left has a next hop: queue it. */
void sl_stage_output(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b);

/* ---- shared by stages ---- */

/* Send `out`, the answer to p, to p's source: by route, or by p's interface where only its link knows it. */
void sl_answer(struct sl_worker *w, const struct sl_snapshot *s, struct rte_mbuf *out, const struct sl_pkt *p);

/* Answer packet i with an ICMP error, at the limited rate, when one may be sent at all. The packet itself stays. */
void sl_answer_error(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		     enum sl_icmp_error error, uint16_t mtu);
/* The same from `src`, for callers that know that it may be sent, and do not send too many. */
void sl_send_error(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		   enum sl_icmp_error error, uint16_t mtu, const struct sl_ip *src);

/* Packet p is to an address that is the host's, too: what nothing here claims of such packets is punted. */
static inline bool sl_is_kernels(const struct sl_snapshot *s, const struct sl_pkt *p)
{
	if (likely(!s->interfaces[p->interface].kernel) || (p->flags & SL_PKT_L2_MULTICAST))
		return false;
	const struct sl_local *local = sl_snapshot_local(s, &p->dst);
	return local != NULL && sl_local_is_kernels(s, local, p->interface);
}

/* The checksum of ICMP or ICMPv6 message i is right. */
bool sl_icmp_is_intact(const struct sl_burst *b, unsigned int i);

/*
 * ICMP error i, intact and to one of our addresses or to a client of mode dnat: if it is about a packet of a flow, rewrite
 * it for the flow's other end, to be forwarded, and return SL_DROP_MAX. Otherwise return the cause to drop it for.
 */
enum sl_drop_cause sl_translate_error(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/* Message i may be an ICMP error about a packet to a dnat backend, which went there from its client's own address. */
bool sl_is_dnat_error(const struct sl_snapshot *s, const struct sl_pkt *p);

/*
 * The packet that would answer the one that ICMP error (m, p) quotes: its addresses, ports, protocol, kind and family.
 * False when p is no such error, or its quote is not good enough.
 */
bool sl_error_answer(struct rte_mbuf *m, const struct sl_pkt *p, struct sl_pkt *answer);

/* Both ports as they lie in memory, the source first. */
static inline uint32_t sl_pkt_ports(const struct sl_pkt *p)
{
	uint32_t ports;

	memcpy(&ports, &p->sport_be, sizeof(ports));
	return ports;
}

/* Hash packet i, whose addresses and ports are known now, and start loading its flow's bucket. */
static inline void sl_burst_hash(const struct sl_worker *w, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];

	b->hash[i] = sl_flow_hash_parts(&w->flows, &p->src, &p->dst, sl_pkt_ports(p), p->proto, p->flags & SL_PKT_V6);
	sl_flow_prefetch_bucket(&w->flows, b->hash[i]);
}

/* The tuple by which packet p finds its flow. */
static inline void sl_pkt_tuple(const struct sl_pkt *p, struct sl_tuple *k)
{
	k->peer = p->src;
	k->self = p->dst;
	k->peer_port_be = p->sport_be;
	k->self_port_be = p->dport_be;
	k->proto = p->proto;
	k->v6 = (p->flags & SL_PKT_V6) != 0;
}

/* Current TTL or hop limit. */
static inline uint8_t sl_pkt_ttl(const struct sl_burst *b, unsigned int i)
{
	const uint8_t *ip = sl_burst_at(b, i, b->p[i].l3);
	return b->p[i].flags & SL_PKT_V6 ? ip[7] : ip[8];
}

/* A SYN, which opens a TCP connection. */
static inline bool sl_pkt_is_opening_syn(const struct sl_pkt *p)
{
	return (p->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG | RTE_TCP_RST_FLAG)) == RTE_TCP_SYN_FLAG;
}

/* Numbers of TCP packet i. */
static inline struct sl_tcp_segment sl_pkt_segment(const struct sl_burst *b, unsigned int i)
{
	const struct rte_tcp_hdr *tcp = sl_burst_at(b, i, b->p[i].l4);

	return (struct sl_tcp_segment){
		.seq = rte_be_to_cpu_32(tcp->sent_seq),
		.ack = rte_be_to_cpu_32(tcp->recv_ack),
		.len = sl_tcp_data_len(b->m[i], &b->p[i]),
		.flags = tcp->tcp_flags,
	};
}

/*
 * Drop packet i, which its service (p->service) does not give a flow, and count it there. Its sender is told where the service
 * says so and another try might do better.
 */
void sl_refuse(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
	       enum sl_drop_cause cause);

/*
 * Tell the sender of packet i, TCP or UDP to an address of ours, that nobody listens on the port, where the configuration says so.
 * The packet stays, to be dropped as NO_SERVICE.
 */
void sl_reject(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/* Send a reset, counted as such. False: there was no buffer for it. */
bool sl_send_reset(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_tcp_reset *reset);

/* Answer packet i, TCP, with a reset (RFC 9293 section 3.10.7.1). It must be no reset itself, and no later fragment. */
void sl_reset_sender(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/* The relay that takes UDP datagram p, and in *input which of its inputs it is; NULL: none. */
const struct sl_relay *sl_relay_match(const struct sl_snapshot *s, const struct sl_pkt *p, uint8_t *input);
static inline const struct sl_relay *sl_relay_of(const struct sl_snapshot *s, const struct sl_pkt *p)
{
	uint8_t input;
	return s->relays.n == 0 ? NULL : sl_relay_match(s, p, &input);
}

/* The worker for a hash of these addresses and ports, as a NIC with our RSS key would choose it. */
uint16_t sl_dispatch_to(const struct sl_worker *w, const struct sl_ip *client, uint16_t client_port_be, const struct sl_ip *vip,
			uint16_t vip_port_be);

/* The worker that owns packet p, whose ports are known; w itself where any worker will do. */
uint16_t sl_owner(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_pkt *p);

/* The worker that owns the datagram of fragment i: sees all its fragments before their flow's owner does. */
uint16_t sl_fragment_owner(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b,
			   unsigned int i);

/* After a burst that brought fragments: held ones whose first one has come walk now, complete datagrams are forgotten. */
void sl_fragments_settle(struct sl_worker *w, const struct sl_snapshot *s);

/* Forget datagrams whose time is up: a bounded number. */
void sl_fragments_expire(struct sl_worker *w);

/*
 * Give the packet, rewritten but for this, which is a fragment or may become one on its way, an identification of ours.
 * All fragments of a datagram get the same.
 */
void sl_renumber(struct sl_worker *w, struct rte_mbuf *m, const struct sl_pkt *p);

/* Packet i does not fit the interface. True where it may be cut to fit (IPv4 without DF); output will. */
bool sl_may_cut(struct sl_burst *b, unsigned int i, uint16_t interface);
/* The same for a packet that leaves translated to the other family. */
bool sl_may_cut_translated(struct sl_burst *b, unsigned int i, uint16_t interface);

/*
 * Cut m (at its IP header, all its buffers its own) into pieces, m itself the first one. Returns how many; 0 when packet
 * buffers ran out, with everything dropped: a datagram with a hole is of no use to anybody.
 */
unsigned int sl_cut(struct sl_worker *w, struct rte_mbuf *m, uint16_t mtu, struct rte_mbuf *pieces[SL_FRAGMENT_PIECES_MAX]);

/* Send packet i, taken out of the burst, to its neighbour in the table. */
void sl_output_cut(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);
/* Send packet i, cut if it must be, taken out of the burst, to a next hop that is not in the neighbour table yet. */
void sl_output_unresolved(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
			  uint16_t interface, const struct sl_ip *next_hop);

/* A packet of a service passes to or from a backend (ids). */
static inline void sl_count_packet(struct sl_worker *w, uint16_t service_id, uint16_t backend_id, const struct sl_pkt *p)
{
	uint64_t *service = &w->service[service_id].value[SL_FLOW_COUNT_CLIENT_PACKETS + 2u * p->side];
	uint64_t *backend = &w->backend[backend_id].value[SL_FLOW_COUNT_CLIENT_PACKETS + 2u * p->side];

	service[0]++;
	backend[0]++;
	service[1] += p->l3_len;
	backend[1] += p->l3_len;
}
_Static_assert(SL_FLOW_COUNT_CLIENT_BYTES == SL_FLOW_COUNT_CLIENT_PACKETS + 1 &&
		       SL_FLOW_COUNT_SERVER_PACKETS == SL_FLOW_COUNT_CLIENT_PACKETS + 2 &&
		       SL_FLOW_COUNT_SERVER_BYTES == SL_FLOW_COUNT_SERVER_PACKETS + 1, "bytes follow packets, side 1 side 0");

/* Send packet i, rewritten and with p->neighbour, now; it is taken out of the burst. */
void sl_output_packet(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/* Send packet i, of no flow, to a backend of a service of mode dsr, ipip or gue; it is taken out of the burst. */
void sl_steer_to(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		 const struct sl_service *service, const struct sl_target *target);

/*
 * The backend that everybody would choose for a flow, whoever has seen it: NULL unless the service is of such a mode with a scheduler
 * that hashes.
 */
const struct sl_target *sl_reproducible_target(const struct sl_service *service, const struct sl_tuple *client);

/*
 * Find out how packets of a service get to one of its backends, and note it in w->delivery. Returns the next hop, its address in
 * *next; NULL when nothing leads there.
 */
const struct sl_nexthop *sl_delivery_find(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_service *service,
					  uint16_t id, const struct sl_ip *backend, struct sl_ip *next);

/* Longest outer packet, as far as is known, by an interface. */
uint16_t sl_delivery_mtu(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_delivery *d, uint16_t interface);

/* A packet of this length fits, outer header included; d has a neighbour. */
bool sl_delivery_fits(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_delivery *d, uint32_t len);

/* A router on the way to a tunnel's far end takes packets of this size at most. True: that is news. */
bool sl_path_mtu_note(struct sl_worker *w, const struct sl_ip *far_end, uint32_t mtu);

/* ICMP error i, intact and to an address of ours, is about an outer packet of ours: what it says is noted, and it ends here. */
bool sl_tunnel_error(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/* A flow record is about to be freed or changed to another conversation: packets of this burst must not refer to it. */
void sl_burst_forget_flow(struct sl_burst *b, uint32_t flow);

/* End a flow: its gauges and its record. */
void sl_flow_end(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow);

/*
 * End a flow for reasons that none of its packets has (between bursts): TCP by resets to both ends, and one to each packet they
 * still send until tcp_reset_s is over; UDP at once, so that the client's next datagram opens a flow anew. True: resets were sent.
 */
bool sl_flow_shut(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow);

/* Packet i of a flow that was shut: answer it, and drop it. */
void sl_refuse_shut(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/* The sender of a TCP or UDP packet, no fragment, left its checksum to an offload that never ran; reported once a port. */
bool sl_is_partial(struct sl_worker *w, const struct sl_burst *b, unsigned int i);

/* The flow's source-NAT address was removed from its service: it lives on, but no new connection may take it over. */
bool sl_flow_has_removed_snat(const struct sl_worker *w, const struct sl_service *service, uint32_t flow);

/* Idle time after which the flow ends in its present state, in ticks. */
uint32_t sl_flow_timeout(const struct sl_snapshot *s, const struct sl_flow *f);

/*
 * A free tuple towards the backend: fills server->self and self_port_be and returns 0; -1 when none is left (how sure that is:
 * snat.c). Ends a flow in TIME_WAIT if it must, of those met the one idle longest.
 */
int sl_snat_allocate(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b,
		     const struct sl_service *service, const struct sl_tuple *client, struct sl_tuple *server);

/*
 * The same in mode dnat, without a choice: (backend -> client). Returns SL_DROP_MAX, or the cause for which the flow cannot be:
 * DNAT_ON_LINK, TUPLE_IN_USE.
 */
enum sl_drop_cause sl_dnat_tuple(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_tuple *client,
				 struct sl_tuple *server);

/* Rewrite packet i of a flow whose sides are of different families. Returns SL_DROP_MAX, or the cause to drop it for. */
enum sl_drop_cause sl_translate_flow_packet(struct sl_worker *w, struct sl_burst *b, unsigned int i);

/* Limit the segment size that SYN or SYN+ACK i announces to what both interfaces and the service let through. */
void sl_clamp_mss(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i, uint16_t out_mtu);

/* The target with the least load, for the schedulers that ask that. There must be targets. */
const struct sl_target *sl_rank_least(struct sl_worker *w, const struct sl_service *service, const struct sl_schedule *schedule);

/* A flow is open now (1), or over (-1): its service and backend have one more or less. */
void sl_flow_count_open(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_flow *f, int change);

/* A segment with these TCP flags has been followed: counts, and when the flow expires. over: it was before; changed: its state did. */
void sl_flow_tcp_followed(struct sl_worker *w, const struct sl_snapshot *s, uint32_t flow, uint8_t flags, bool over, bool changed);

/* What a schedule with targets gives a new flow, by its scheduler alone, and for a service with affinity. */
const struct sl_target *sl_schedule_target(struct sl_worker *w, const struct sl_service *service,
					   const struct sl_schedule *schedule, const struct sl_tuple *client);
const struct sl_target *sl_affinity_target(struct sl_worker *w, const struct sl_service *service,
					   const struct sl_schedule *schedule, const struct sl_tuple *client);

/*
 * Give packet i, of its service (p->service) and without a flow, a new one: returns SL_DROP_MAX with p->flow and p->side, or the
 * cause to refuse or drop it for.
 */
enum sl_drop_cause sl_open_flow(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/*
 * The flow of packet i is not of the worker's epoch: make it so, which may give the packet another flow. Returns SL_DROP_MAX,
 * or the cause to refuse the packet for, whose flow is gone then.
 */
enum sl_drop_cause sl_flow_renew(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/*
 * Sequence translation (sluice/state/seq.h) of flows with SL_FLOW_SEQ. Packet i, for the other side: its numbers and SACK blocks.
 * For a reset of ours to the server: numbers as the client counts, as the flow record has them, become the server's. The
 * quoted packet of ICMP error i, which came in on `side` of the flow, gets the numbers that its sender gave it.
 */
void sl_seq_translate(const struct sl_worker *w, struct sl_burst *b, unsigned int i);
void sl_seq_to_server(const struct sl_worker *w, uint32_t flow, uint32_t *seq, uint32_t *ack);
void sl_seq_translate_quote(const struct sl_worker *w, struct sl_burst *b, unsigned int i, const struct sl_quote *q, uint32_t flow,
			    enum sl_side side);

/*
 * PROXY headers, of workers that have records for them. A SYN: if it comes from a client and begins a connection that gets a
 * header, its flow is marked. Packets of marked flows from the client, after their flow has followed them, and from the server,
 * before that: translated, with whatever has to be sent. False: packet i was taken out.
 */
void sl_proxy_open(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_burst *b, unsigned int i);
bool sl_proxy_from_client(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);
void sl_proxy_from_server(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i);

/* Send headers again whose time it is: a bounded number. */
void sl_proxy_repeat(struct sl_worker *w, const struct sl_snapshot *s);

/* The checksum of TCP or UDP packet i is right, or cannot be told, as it is a fragment. */
bool sl_is_intact(const struct sl_burst *b, unsigned int i);

/* A flow asks its backend for the first time; its backend has answered. For UDP: TCP's are found by the one below. */
void sl_latency_ask(const struct sl_worker *w, struct sl_flow *f);
void sl_latency_answer(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_flow *f);
/* A flow ends by its idle time: its backend may never have answered. */
void sl_latency_expire(struct sl_worker *w, const struct sl_flow *f);

/*
 * A segment with these flags has brought the flow from a state to its present one, and one of the two is SYN_SENT; `asked`
 * is what f->ack[SL_CLIENT] was before.
 */
void sl_latency_follow_tcp(struct sl_worker *w, const struct sl_snapshot *s, struct sl_flow *f, enum sl_side side, uint8_t flags,
			   enum sl_tcp_state before, uint32_t asked);

#endif
