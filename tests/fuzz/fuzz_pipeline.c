/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole gateway with services of every mode, relays and two workers, in virtual time. What it sends is kept for a while, so
 * that hosts can answer it, quote it in an ICMP error, repeat it or cut it. Whatever happens, no packet is lost without a cause, none
 * leaks, and the gauges of flows are what the flow table says (tests/golden/gateway.c asserts it).
 *
 * Input: bytes that are taken one after the other: which gateway, then what happens, each with as many bytes as it needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "fuzz.h"
#include "golden/gateway.h"
#include "golden/one_way.h"
#include "golden/states.h"

#define HAPPENINGS_MAX 96
#define FRAME_MAX 1600
#define RECENT 8

/* ---- gateways ---- */

#define V4_BOTH "\"snat\": [\"10.1.0.3\"], " BACKENDS_V4
#define V6_BOTH "\"snat\": [\"2001:db8:2::3\"], " BACKENDS_V6
#define NAT(name, address, port, protocol, more) ONE_WAY(name, "full-nat", "round-robin", address, port, protocol, more)
#define SERVICES_BOTH NAT("web", "192.0.2.10", "80", "tcp", V4_BOTH) ", " NAT("dns", "192.0.2.10", "53", "udp", V4_BOTH) ", " \
	NAT("web6", "2001:db8:1::10", "80", "tcp", V6_BOTH) ", " NAT("dns6", "2001:db8:1::10", "53", "udp", V6_BOTH) ", " \
	NAT("proxied", "192.0.2.10", "81", "tcp", "\"proxy_protocol\": \"v2\", " V4_BOTH) ", " \
	NAT("proxied6", "2001:db8:1::10", "81", "tcp", "\"proxy_protocol\": \"v1\", " V4_BOTH) ", " \
	NAT("to6", "192.0.2.10", "82", "tcp", V6_BOTH) ", " NAT("to4", "2001:db8:1::10", "82", "udp", V4_BOTH)
#define SERVICES_MANY SERVICES_BOTH ", " \
	NAT("ask", "192.0.2.10", "54", "udp", "\"udp_kind\": \"request-response\", " V4_BOTH) ", " \
	ONE_WAY("direct", "dnat", "round-robin", "192.0.2.10", "83", "tcp", BACKENDS_V4) ", " \
	ONE_WAY("dsr", "dsr", "maglev", "192.0.2.10", "84", "tcp", "\"table_size\": 251, " BACKENDS_V4) ", " \
	ONE_WAY("ipip", "ipip", "maglev", "192.0.2.10", "55", "udp", "\"table_size\": 251, " BACKENDS_V6) ", " \
	ONE_WAY("gue", "gue", "round-robin", "2001:db8:1::10", "84", "tcp", BACKENDS_V4) ", " \
	ONE_WAY("free", "gue", "maglev", "192.0.2.16/28", "\"any\"", "udp", "\"table_size\": 251, \"stateless\": true, " BACKENDS_V4)
#define RELAYS "\"relays\": [ { \"name\": \"feed\", \"in\": { \"interface\": \"wan\", \"group\": \"239.1.1.1\", \"udp_port\": 5001 }, " \
	"\"stream\": { \"sequence\": \"u32\" }, \"out\": [ { \"interface\": \"lan\", \"address\": \"239.2.2.2\", \"udp_port\": 6001 }, " \
	"{ \"interface\": \"lan\", \"address\": \"10.1.1.1\", \"udp_port\": 6002 }, " \
	"{ \"interface\": \"lan\", \"address\": \"2001:db8:2::1:1\", \"udp_port\": 6003 } ] } ], "
#define GATEWAY(more, services) ONE_WAY_CONFIG("\"workers\": 2, \"max_flows\": 1024, \"max_fragments\": 128, \"max_relays\": 4, \"max_relay_outputs\": 16, \"max_affinities\": 1024, " more, services)

static const char *const configs[] = {
	GATEWAY(RELAYS, SERVICES_MANY),
	GATEWAY("", SERVICES_BOTH),
	GATEWAY("\"forwarding\": \"route\", \"unused_ports\": \"drop\", " RELAYS, SERVICES_MANY),
};

/* ---- hosts ---- */

#define L(...) (const struct pkt_layer[]){ __VA_ARGS__, { .kind = PKT_END } }
#define V4(...) L(CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), __VA_ARGS__)
#define V6(...) L(CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), __VA_ARGS__)

/* What clients begin with; a patch makes another port, flag or address of it. */
static const struct pkt_layer *const openings[] = {
	V4(TCP(1000, 80, "S", .seq = 100, .options = "020405b401010402")), V4(TCP(1000, 81, "S", .seq = 100, .options = "020405b401010402")),
	V4(TCP(1000, 82, "S", .seq = 100)), V4(TCP(1000, 83, "S", .seq = 100)), V4(TCP(1000, 84, "S", .seq = 100)),
	V4(TCP(1000, 80, "A", .seq = 101, .ack = 501)), V4(TCP(1000, 81, "PA", .seq = 101, .ack = 501), FILL(40)),
	V4(UDP(1000, 53), FILL(30)), V4(UDP(1000, 54), FILL(30)), V4(UDP(1000, 55), FILL(30)), V4(UDP(1000, 55), FILL(1440)),
	L(CLIENT_ETH, IP4("192.0.2.100", "192.0.2.17"), UDP(1000, 99), FILL(9)),
	L(CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .mf = 1, .id = 7), UDP(1000, 53, .length = 108), FILL(92)),
	L(CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .offset = 100 - 4, .proto = 17, .id = 7), FILL(12)),
	L(CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .mf = 1, .id = 8), TCP(1000, 84, "A"), FILL(60)),
	V6(TCP(1000, 80, "S", .seq = 100)), V6(TCP(1000, 81, "S", .seq = 100)), V6(UDP(1000, 82), FILL(30)), V6(TCP(1000, 84, "S", .seq = 7)),
	V6(UDP(1000, 53), FILL(1300)), V6(FRAG6(9, 0, 1), UDP(1000, 53, .length = 48), FILL(32)), V6(FRAG6(9, 40, 0, .proto = 17), FILL(8)),
	V6(HOPOPTS(), TCP(1000, 84, "A", .seq = 8)),
	V4(ECHO(1, 2)), V6(ECHO(1, 2)),
	L(ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.10")),
	L(ETH("02::c1", "01:00:5e:01:01:01"), IP4("192.0.2.100", "239.1.1.1", .ttl = 1), UDP(4000, 5001), FILL(100)),
	L(ETH("02::c1", "01:00:5e:01:01:01"), IP4("192.0.2.100", "239.1.1.1", .mf = 1, .id = 9), UDP(4000, 5001, .length = 64), FILL(40)),
	L(ETH("02::c1", "01:00:5e:00:00:01"), IP4("192.0.2.1", "224.0.0.1", .ttl = 1, .proto = 2), FILL(8)),
	L(ETH("02::b1", "02::f1"), IP4("10.1.1.1", "192.0.2.100"), TCP(8080, 1000, "SA", .seq = 500, .ack = 101)),
	L(CLIENT_ETH, IP4("192.0.2.100", "10.1.1.1"), UDP(1, 2), FILL(1400)),
};

struct input {
	const uint8_t *data;
	size_t left;
};

static uint8_t take(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->data++;
}

struct frame {
	uint8_t bytes[FRAME_MAX];
	uint32_t length;
	unsigned int port;
};

static struct gateway g;
static struct frame recent[RECENT];
static unsigned int n_recent;

static uint32_t network(const struct frame *f)
{
	return f->bytes[12] == 0x81 && f->bytes[13] == 0 ? 18 : 14;
}

/* Headers that have been changed get good checksums again, as far as their lengths are true. */
static void sign(struct frame *f)
{
	uint32_t l3 = network(f);
	uint8_t *ip = f->bytes + l3, *l4;
	bool v4 = f->length >= l3 + 20 && ip[0] >> 4 == 4;
	uint32_t header = v4 ? (ip[0] & 0xf) * 4u : 40, payload;

	if (f->length < l3 + header + 8 || header < 20 || (!v4 && ip[0] >> 4 != 6))
		return;
	payload = (uint32_t)(v4 ? ip[2] << 8 | ip[3] : ip[4] << 8 | ip[5]) - (v4 ? header : 0);
	if (v4)
		((struct rte_ipv4_hdr *)ip)->hdr_checksum = 0;
	if (v4)
		((struct rte_ipv4_hdr *)ip)->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, header);
	if (payload > f->length - l3 - header)
		return;
	l4 = ip + header;
	uint8_t proto = v4 ? ip[9] : ip[6];
	uint32_t at = proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2;
	if (payload < at + 2 || (proto != IPPROTO_TCP && proto != IPPROTO_UDP && proto != IPPROTO_ICMP && proto != IPPROTO_ICMPV6))
		return;
	memset(l4 + at, 0, 2);
	uint32_t sum = rte_raw_cksum(l4, payload);
	if (proto != IPPROTO_ICMP)
		sum += v4 ? rte_ipv4_phdr_cksum((struct rte_ipv4_hdr *)ip, 0) : rte_ipv6_phdr_cksum((struct rte_ipv6_hdr *)ip, 0);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	uint16_t checksum = (uint16_t)~sum;
	memcpy(l4 + at, &checksum, 2);
}

static void arrive(struct frame *f, struct input *in)
{
	uint8_t how = take(in);
	const int split[PKT_SPLITS] = { how & 4 ? take(in) : 0, how & 4 ? take(in) : 0 };

	for (unsigned int n = how & 3; n > 0 && f->length > 0; n--) {
		uint32_t at = take(in);
		f->bytes[at % f->length] = take(in);
	}
	if (!(how & 8))
		sign(f);
	gateway_receive(&g, &g.ports[f->port % g.shared.n_ports], GATEWAY_ANY_QUEUE, pkt_from_bytes(g.pool, f->bytes, f->length, split));
}

static void open(struct input *in)
{
	static struct frame f;
	const struct pkt_layer *const *opening = &openings[take(in) % RTE_DIM(openings)];
	struct rte_mbuf *m = pkt_build(g.pool, *opening);

	f.length = m->pkt_len;
	f.port = (*opening)->dst != NULL && strcmp((*opening)->dst, "02::f1") == 0;
	memcpy(f.bytes, rte_pktmbuf_mtod(m, void *), f.length);
	rte_pktmbuf_free(m);
	arrive(&f, in);
}

static void swap(uint8_t *a, uint8_t *b, unsigned int n)
{
	uint8_t t[16];

	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

/* What a host would answer: addresses, ports and numbers the other way round. */
static void turn_round(struct frame *f)
{
	uint32_t l3 = network(f);
	uint8_t *ip = f->bytes + l3;
	bool v4 = f->length >= l3 + 20 && ip[0] >> 4 == 4;
	uint32_t header = v4 ? (ip[0] & 0xf) * 4u : 40;

	swap(f->bytes, f->bytes + 6, 6);
	if (f->length < l3 + header + 8)
		return;
	if (v4)
		swap(ip + 12, ip + 16, 4);
	else
		swap(ip + 8, ip + 24, 16);
	uint8_t *l4 = ip + header, proto = v4 ? ip[9] : ip[6];
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP)
		swap(l4, l4 + 2, 2);
	if (proto != IPPROTO_TCP || f->length < l3 + header + 20)
		return;
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)l4;
	uint32_t seq = rte_be_to_cpu_32(tcp->sent_seq), data = f->length - l3 - header - (tcp->data_off >> 4) * 4u;
	bool syn = (tcp->tcp_flags & RTE_TCP_SYN_FLAG) != 0, opens = syn && !(tcp->tcp_flags & RTE_TCP_ACK_FLAG);
	tcp->sent_seq = opens ? RTE_BE32(500) : tcp->recv_ack;
	tcp->recv_ack = rte_cpu_to_be_32(seq + data + syn + (tcp->tcp_flags & RTE_TCP_FIN_FLAG));
	tcp->tcp_flags = opens ? RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG : RTE_TCP_ACK_FLAG;
}

/* A router on the way refuses it. */
static void refuse(struct frame *f, struct input *in)
{
	static struct frame error;
	uint32_t l3 = network(f), quoted = RTE_MIN(f->length - l3, 20u + take(in) * 2u);
	bool v4 = f->bytes[l3] >> 4 == 4;
	uint32_t header = v4 ? 20 : 40;
	uint8_t *ip = error.bytes + l3, kind = take(in);

	memset(&error, 0, sizeof(error));
	memcpy(error.bytes, f->bytes, l3);
	swap(error.bytes, error.bytes + 6, 6);
	ip[0] = v4 ? 0x45 : 0x60;
	ip[v4 ? 8 : 7] = 64;
	ip[v4 ? 9 : 6] = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint32_t length = quoted + 8 + (v4 ? 20 : 0);
	ip[v4 ? 2 : 4] = (uint8_t)(length >> 8);
	ip[v4 ? 3 : 5] = (uint8_t)length;
	memcpy(ip + (v4 ? 12 : 8), f->bytes + l3 + (v4 ? 16 : 24), v4 ? 4 : 16);
	memcpy(ip + (v4 ? 16 : 24), f->bytes + l3 + (v4 ? 12 : 8), v4 ? 4 : 16);
	ip[header] = v4 ? (kind & 1 ? 11 : 3) : (uint8_t)(1 + (kind & 3));
	ip[header + 1] = v4 && !(kind & 1) ? kind >> 4 : 0;
	ip[header + 6] = kind >> 2;
	ip[header + 7] = take(in);
	memcpy(ip + header + 8, f->bytes + l3, quoted);
	error.length = l3 + header + 8 + quoted;
	error.port = f->port;
	arrive(&error, in);
}

/* Somebody does something with a frame that the gateway has sent. */
static void answer(struct input *in)
{
	static struct frame f;
	uint8_t what = take(in);

	if (n_recent == 0)
		return;
	f = recent[(what >> 4) % RTE_MIN(n_recent, (unsigned int)RECENT)];
	switch (what & 7) {
	case 0:
	case 1:
		turn_round(&f);
		arrive(&f, in);
		break;
	case 2: /* and once more the same way: what a tunnel's end or a loop does */
		f.port ^= 1;
		arrive(&f, in);
		break;
	case 3:
	case 4:
		if (f.length > network(&f) + 40)
			refuse(&f, in);
		break;
	case 5: /* with data */
		turn_round(&f);
		if (f.length + 64 < FRAME_MAX && f.bytes[14] >> 4 == 4) {
			uint16_t length = (uint16_t)((f.bytes[16] << 8 | f.bytes[17]) + 64);
			f.bytes[16] = (uint8_t)(length >> 8);
			f.bytes[17] = (uint8_t)length;
			memset(f.bytes + f.length, 'x', 64);
			f.length += 64;
		}
		arrive(&f, in);
		break;
	default: /* the end, or a reset */
		turn_round(&f);
		if (f.length >= 54 && f.bytes[14] >> 4 == 4)
			f.bytes[47] |= what & 8 ? RTE_TCP_RST_FLAG : RTE_TCP_FIN_FLAG;
		arrive(&f, in);
	}
}

/* ---- the gateway and its control ---- */

static void keep(const struct rte_mbuf *m, unsigned int port)
{
	struct frame *f = &recent[n_recent++ % RECENT];

	f->length = RTE_MIN(m->pkt_len, (uint32_t)FRAME_MAX);
	f->port = port;
	const void *bytes = rte_pktmbuf_read(m, 0, f->length, f->bytes);
	if (bytes != f->bytes)
		memcpy(f->bytes, bytes, f->length);
}

static void look(void)
{
	struct sl_event event;

	for (unsigned int i = 0; i <= g.shared.n_ports; i++) {
		struct gateway_port *p = &g.ports[i];
		for (; p->next_out < p->n_out; p->next_out++) {
			if (i < g.shared.n_ports)
				keep(p->out[p->next_out], i);
			rte_pktmbuf_free(p->out[p->next_out]);
		}
		p->n_out = p->next_out = 0;
	}
	for (unsigned int i = 0; i < g.shared.n_workers; i++)
		while (rte_ring_sc_dequeue_elem(g.shared.workers[i]->events, &event, sizeof(event)) == 0)
			;
}

static void control(struct input *in)
{
	static const char *const backends[] = { "10.1.1.1", "10.1.1.2", "2001:db8:2::1:1", "2001:db8:2::1:2" };
	uint8_t what = take(in);
	struct golden_step step = { .kind = GOLDEN_HEALTH, .text = backends[what & 3], .number = (what >> 2 & 1) != 0 ? SL_HEALTH_DOWN : SL_HEALTH_UP };

	if (what & 0x10)
		step = (struct golden_step){ .kind = GOLDEN_ADMIN, .text = backends[what & 3], .number = what >> 2 & 1 ? SL_ADMIN_DISABLED : SL_ADMIN_ENABLED };
	if (what & 0x20) {
		golden_states_end_flows(g.shared.workers[what & 1], g.snapshot);
		golden_states_end_flows(g.shared.workers[~what & 1], g.snapshot);
	} else if (what & 0x40) {
		gateway_reload(&g, configs[what % RTE_DIM(configs)]);
	} else {
		golden_states_set(&g.shared, g.snapshot, &step);
	}
}

static void resolve_all(const uint8_t *client, const uint8_t *first, const uint8_t *second)
{
	static const struct {
		uint16_t interface;
		const char *address;
		unsigned int whose;
	} hosts[] = {
		{ 0, "192.0.2.100", 0 }, { 0, "2001:db8:1::100", 0 }, { 1, "10.1.1.1", 1 }, { 1, "2001:db8:2::1:1", 1 },
		{ 1, "10.1.1.2", 2 }, { 1, "2001:db8:2::1:2", 2 },
	};
	const uint8_t *const macs[] = { client, first, second };
	struct sl_ip ip;

	for (unsigned int i = 0; i < RTE_DIM(hosts); i++)
		if (sl_ip_parse(hosts[i].address, &ip) == 0)
			gateway_resolve(&g, hosts[i].interface, &ip, macs[hosts[i].whose]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return gateway_eal_init("fuzz-pipeline");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum rss_device rss[GATEWAY_RSS_PORTS] = { RSS_NONE, RSS_NONE }, steers[GATEWAY_RSS_PORTS] = { RSS_STEERS, RSS_SILENT };
	static const uint8_t client[6] = { 2, 0, 0, 0, 0, 0xc1 }, first[6] = { 2, 0, 0, 0, 0, 0xb1 }, second[6] = { 2, 0, 0, 0, 0, 0xb2 };
	struct input in = { data, size };
	uint8_t which = take(&in);

	n_recent = 0;
	gateway_start(&g, configs[which % RTE_DIM(configs)], which & 0x40 ? 2 : 1, which & 0x80 ? steers : rss);
	if (!(which & 0x20))
		resolve_all(client, first, second);
	for (unsigned int n = 0; n < HAPPENINGS_MAX && in.left > 0; n++) {
		uint8_t happens = take(&in);

		if ((happens & 7) < 3)
			open(&in);
		else if ((happens & 7) < 6)
			answer(&in);
		else if ((happens & 7) == 6)
			control(&in);
		else if (happens & 0x80)
			resolve_all(happens & 0x10 ? NULL : client, first, happens & 0x20 ? NULL : second);
		if (!(happens & 0x40)) /* otherwise in one burst with what comes next */
			gateway_settle(&g);
		if (happens & 0x08)
			gateway_pass(&g, UINT64_C(1) << (happens >> 4));
		look();
	}
	gateway_settle(&g);
	look();
	gateway_finish(&g);
	return 0;
}
