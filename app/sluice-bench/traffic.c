/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <stdlib.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>
#include <rte_tcp.h>
#include <rte_udp.h>
#ifdef RTE_ARCH_X86
#include <emmintrin.h>
#endif

#include "sluice/packet/edit.h"
#include "sluice/packet/group.h"
#include "sluice/packet/relay.h"
#include "sluice/path/pipeline.h"

#include "traffic.h"

#define ESTABLISH_BURST 32 /* fits a transmit queue, so that the packets can be looked at before they leave */

struct frame {
	struct sl_ip src, dst;
	uint16_t sport, dport_be;
	uint8_t tcp_flags;
};

int traffic_init(struct traffic *t, struct gateway *g, const struct bench_options *o)
{
	*t = (struct traffic){ .gateway = g, .options = o, .random = 1, .next_new = o->flows };
	t->new_flow_q32 = (uint32_t)(o->new_flow_ratio * UINT32_MAX);
	plan_init(&t->plan[0], false);
	plan_init(&t->plan[1], true);
	t->flows = calloc(o->flows, sizeof(*t->flows));
	return t->flows != NULL ? 0 : -1;
}

void traffic_fini(struct traffic *t)
{
	free(t->flows);
}

/* splitmix64 */
static uint64_t random_next(struct traffic *t)
{
	uint64_t z = t->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void describe(const struct traffic *t, uint64_t number, enum sl_side side, struct frame *f)
{
	const struct bench_options *o = t->options;
	const struct traffic_flow *flow = &t->flows[number < o->flows ? number : 0];
	uint32_t host = (uint32_t)(number % PLAN_HOSTS);
	const struct plan *near = &t->plan[o->ipv6], *behind = &t->plan[bench_options_ipv6_behind(o)];
	struct sl_ip client = plan_address(near, PLAN_CLIENT, host);

	if (o->mode == BENCH_RELAY) {
		*f = (struct frame){ .src = plan_address(near, PLAN_CLIENT, 0), .dst = plan_address(near, PLAN_GROUP, 0),
				     .sport = 5000, .dport_be = RTE_BE16(PLAN_SERVICE_PORT) };
		return;
	}
	*f = (struct frame){ .src = client, .sport = (uint16_t)(1024 + number / PLAN_HOSTS % 64000), .tcp_flags = RTE_TCP_ACK_FLAG };
	if (o->mode == BENCH_FORWARD || o->mode == BENCH_PAIRS) {
		f->dst = plan_address(near, PLAN_DESTINATION, host);
		f->dport_be = RTE_BE16(PLAN_SERVICE_PORT);
		if (side == SL_SERVER) {
			f->src = f->dst;
			f->dst = client;
		}
	} else if (side == SL_SERVER) {
		f->src = plan_address(behind, PLAN_BACKEND, flow->backend);
		f->dst = o->mode == BENCH_DNAT ? client : plan_address(behind, PLAN_SNAT, flow->snat);
		f->sport = PLAN_BACKEND_PORT;
		f->dport_be = flow->port_be;
	} else {
		f->dst = plan_address(near, PLAN_VIP, 0);
		f->dport_be = RTE_BE16(PLAN_SERVICE_PORT);
	}
}

static void write_tcp(struct rte_mbuf *m, const struct frame *f, unsigned int l4, uint16_t l4_len)
{
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, l4);

	*tcp = (struct rte_tcp_hdr){ .src_port = rte_cpu_to_be_16(f->sport), .dst_port = f->dport_be, .sent_seq = RTE_BE32(1),
				     .recv_ack = f->tcp_flags & RTE_TCP_ACK_FLAG ? RTE_BE32(2) : 0, .data_off = 5 << 4,
				     .tcp_flags = f->tcp_flags, .rx_win = RTE_BE16(65535) };
	tcp->cksum = sl_checksum_l4(m, l4, l4_len, &f->src, &f->dst, IPPROTO_TCP);
}

static void write_udp(struct rte_mbuf *m, const struct frame *f, unsigned int l4, uint16_t l4_len)
{
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, l4);

	*udp = (struct rte_udp_hdr){ .src_port = rte_cpu_to_be_16(f->sport), .dst_port = f->dport_be,
				     .dgram_len = rte_cpu_to_be_16(l4_len) };
	udp->dgram_cksum = sl_checksum_l4(m, l4, l4_len, &f->src, &f->dst, IPPROTO_UDP);
	if (udp->dgram_cksum == 0)
		udp->dgram_cksum = 0xffff;
}

/* Into an mbuf of the pool; payload is 0. */
static void write_frame(const struct traffic *t, struct rte_mbuf *m, enum sl_side side, const struct frame *f)
{
	const struct bench_options *o = t->options;
	unsigned int l4 = RTE_ETHER_HDR_LEN + sl_ip_header_len(&f->dst);
	uint16_t l4_len = (uint16_t)(o->size - l4);

	rte_pktmbuf_reset(m);
	m->data_len = (uint16_t)o->size;
	m->pkt_len = o->size;
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	memcpy(&eth->dst_addr, t->gateway->shared.port_mac[side == SL_CLIENT ? PLAN_WAN : PLAN_LAN], 6);
	if (o->mode == BENCH_RELAY)
		sl_group_mac(&f->dst, eth->dst_addr.addr_bytes);
	memcpy(&eth->src_addr, (uint8_t[6]){ 2, 0, 0, 0, 2, side }, 6);
	eth->ether_type = sl_ip_is_v4(&f->dst) ? RTE_BE16(RTE_ETHER_TYPE_IPV4) : RTE_BE16(RTE_ETHER_TYPE_IPV6);
	sl_edit_ip_header(eth + 1, &f->src, &f->dst, o->tcp ? IPPROTO_TCP : IPPROTO_UDP, 64, l4_len);
	if (o->rss)
		m->hash.rss = sl_dispatch_hash(&t->gateway->dispatch, &f->src, &f->dst, rte_cpu_to_be_16(f->sport), f->dport_be);
	if (o->tcp)
		write_tcp(m, f, l4, l4_len);
	else
		write_udp(m, f, l4, l4_len);
}

/* ---- the ring ---- */

static void push_out(const struct rte_mbuf *m, uint32_t size)
{
#ifdef RTE_ARCH_X86
	for (uint32_t at = 0; at < size; at += RTE_CACHE_LINE_SIZE)
		_mm_clflush(rte_pktmbuf_mtod_offset(m, const uint8_t *, at));
#else
	(void)m, (void)size;
#endif
}

uint64_t traffic_burst_ns(const struct bench_options *o)
{
	return (uint64_t)(PLAN_FIRST_TIMEOUT_S * 1e9 / o->flows * o->new_flow_ratio * BENCH_BURST);
}

/* A flow that exists. */
static uint64_t pick(const struct traffic *t, uint64_t random)
{
	uint64_t n = (random >> 32) * t->options->flows >> 32;
	return t->options->command == BENCH_SOAK ? t->next_new - 1 - n : n;
}

void traffic_arrive(struct traffic *t)
{
	const struct bench_options *o = t->options;
	uint64_t number[BENCH_RING];
	struct frame f;

	for (unsigned int i = 0; i < BENCH_RING; i++) {
		uint64_t random = random_next(t);
		bool is_new = bench_mode_has_flows(o->mode) && (uint32_t)random < t->new_flow_q32;
		number[i] = is_new ? t->next_new++ : pick(t, random);
		bool from_client = is_new || o->mode == BENCH_DROP || o->mode == BENCH_RELAY || o->command == BENCH_SOAK ||
				   bench_mode_is_one_way(o->mode);
		t->side[i] = from_client ? SL_CLIENT : random_next(t) & 1;
		if (number[i] < o->flows)
			rte_prefetch_non_temporal(&t->flows[number[i]]);
	}
	if (rte_pktmbuf_alloc_bulk(t->gateway->pool, t->ring, BENCH_RING) != 0)
		rte_exit(1, "sluice-bench: packet buffers were lost\n"); /* the pool is four times as large */
	for (unsigned int i = 0; i < BENCH_RING; i++) {
		describe(t, number[i], t->side[i], &f);
		if (number[i] >= o->flows || o->command == BENCH_SOAK)
			f.tcp_flags = RTE_TCP_SYN_FLAG;
		if (o->mode == BENCH_DROP)
			f.dport_be = RTE_BE16(PLAN_CLOSED_PORT);
		write_frame(t, t->ring[i], t->side[i], &f);
	}
	for (unsigned int i = 0; i < BENCH_RING && o->cold; i++)
		push_out(t->ring[i], o->size);
}

void traffic_pick(struct traffic *t, struct sl_tuple *k)
{
	uint64_t random = random_next(t);
	struct frame f;

	describe(t, (random >> 32) * t->options->flows >> 32,
		 bench_mode_is_one_way(t->options->mode) ? SL_CLIENT : (enum sl_side)(random & 1), &f);
	*k = (struct sl_tuple){ .peer = f.src, .self = f.dst, .peer_port_be = rte_cpu_to_be_16(f.sport),
				.self_port_be = f.dport_be, .proto = t->options->tcp ? IPPROTO_TCP : IPPROTO_UDP,
				.v6 = !sl_ip_is_v4(&f.dst) };
}

void traffic_receive(const struct traffic *t, unsigned int first, struct sl_burst *b)
{
	uint16_t size = (uint16_t)t->options->size;
	uint64_t flags = t->options->rss ? RTE_MBUF_F_RX_RSS_HASH : 0;

	for (unsigned int i = 0; i < BENCH_BURST; i++) {
		struct rte_mbuf *m = t->ring[first + i];
		m->data_off = RTE_PKTMBUF_HEADROOM;
		m->port = t->side[first + i] == SL_CLIENT ? PLAN_WAN : PLAN_LAN;
		m->ol_flags = flags;
		m->packet_type = 0;
		m->data_len = size;
		m->pkt_len = size;
		b->m[i] = m;
	}
	b->n = BENCH_BURST;
	b->gaps = false;
	b->handed_in = false;
	t->gateway->worker->count[SL_COUNT_RX] += BENCH_BURST;
}

void traffic_walk(const struct traffic *t, unsigned int first, uint64_t ns)
{
	struct gateway *g = t->gateway;
	struct sl_worker *w = g->worker;

	traffic_receive(t, first, &w->burst);
	gateway_advance(g, ns);
	sl_pipeline(w, g->snapshot, &w->burst);
	sl_transmit_flush(w);
	sl_worker_housekeeping(w, g->snapshot);
}

/* ---- flows that exist before anything is measured ---- */

/* Send one packet of each of n flows through the pipeline. Their translations are in the transmit queue of `out` then. */
static int walk(struct traffic *t, uint32_t first, unsigned int n, enum sl_side side, uint8_t tcp_flags, uint16_t out)
{
	struct gateway *g = t->gateway;
	struct sl_burst *b = &g->worker->burst;
	struct frame f;

	if (rte_pktmbuf_alloc_bulk(g->pool, b->m, n) != 0)
		return -1;
	for (unsigned int i = 0; i < n; i++) {
		describe(t, first + i, side, &f);
		f.tcp_flags = tcp_flags;
		write_frame(t, b->m[i], side, &f);
		b->m[i]->port = side == SL_CLIENT ? PLAN_WAN : PLAN_LAN;
	}
	b->n = (uint16_t)n;
	b->gaps = false;
	b->handed_in = false;
	g->worker->count[SL_COUNT_RX] += n;
	sl_pipeline(g->worker, g->snapshot, b);
	if (g->worker->tx[out].n == n)
		return 0;
	fprintf(stderr, "sluice-bench: only %u of %u flows got through\n", g->worker->tx[out].n, n);
	gateway_print_drops(g, stderr);
	return -1;
}

/* Read from the translated query where the answer will go. */
static void learn(struct traffic *t, uint32_t number, const struct rte_mbuf *m)
{
	struct traffic_flow *flow = &t->flows[number];
	const uint8_t *l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, RTE_ETHER_HDR_LEN);
	const struct rte_ipv4_hdr *v4 = (const struct rte_ipv4_hdr *)l3;
	const struct rte_ipv6_hdr *v6 = (const struct rte_ipv6_hdr *)l3;
	bool ipv6 = bench_options_ipv6_behind(t->options);
	struct sl_ip snat = ipv6 ? sl_ip_from_v6(&v6->src_addr) : sl_ip_from_v4(v4->src_addr);
	struct sl_ip backend = ipv6 ? sl_ip_from_v6(&v6->dst_addr) : sl_ip_from_v4(v4->dst_addr);

	flow->snat = (uint8_t)plan_number(&t->plan[ipv6], PLAN_SNAT, &snat); /* dnat: means nothing */
	flow->backend = (uint8_t)plan_number(&t->plan[ipv6], PLAN_BACKEND, &backend);
	memcpy(&flow->port_be, l3 + sl_ip_header_len(&snat), 2); /* source port: first in TCP and UDP */
}

int traffic_establish(struct traffic *t)
{
	const struct bench_options *o = t->options;
	struct sl_worker *w = t->gateway->worker;

	if (o->stateless)
		return 0;
	if ((!bench_mode_has_flows(o->mode) && o->mode != BENCH_DROP) || o->new_flow_ratio == 1 || o->command == BENCH_SOAK)
		return 0; /* no packet is of an established flow */
	for (uint32_t first = 0; first < o->flows; first += ESTABLISH_BURST) {
		unsigned int n = RTE_MIN(o->flows - first, (uint32_t)ESTABLISH_BURST);

		if (walk(t, first, n, SL_CLIENT, RTE_TCP_SYN_FLAG, PLAN_LAN) != 0)
			return -1;
		for (unsigned int i = 0; i < n && !bench_mode_is_one_way(o->mode); i++)
			learn(t, first + i, w->tx[PLAN_LAN].m[i]);
		sl_transmit_flush(w);
		if (!bench_mode_is_one_way(o->mode) &&
		    walk(t, first, n, SL_SERVER, RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG, PLAN_WAN) != 0)
			return -1;
		sl_transmit_flush(w);
		if (o->tcp && walk(t, first, n, SL_CLIENT, RTE_TCP_ACK_FLAG, PLAN_LAN) != 0)
			return -1;
		sl_transmit_flush(w);
		gateway_advance(t->gateway, 1000);
	}
	return 0;
}
