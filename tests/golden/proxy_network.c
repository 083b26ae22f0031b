/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client and a server that talk through sluice over links that lose, repeat and reorder packets, with initial numbers all around
 * the circle. Whatever happens: the server reads one header and then what the client has sent, the client what the server has
 * sent, and neither is told of bytes that it has not sent. The ends know as much of TCP as that takes.
 */
#include <stdlib.h>
#include <string.h>

#include "proxy.h"

#include "sluice/packet/edit.h"
#include "sluice/packet/proxy.h"
#include "sluice/path/pipeline.h"

#define RUNS 1000
#define STEPS_MAX 40000
#define STEP_NS (20 * 1000 * 1000ull)
#define AGAIN 12  /* steps until something is sent again */
#define MSS 100
#define WINDOW 800
#define STREAM 3000
#define FLIGHT 4096

enum { WAN, LAN };

struct endpoint {
	uint32_t iss, irs, una, nxt; /* numbers; una and nxt of what is sent */
	bool open, peer_known;
	unsigned int sent_step, ack_due, n_out, n_in;
	uint8_t out[STREAM + SL_PROXY_HEADER_MAX], in[STREAM + SL_PROXY_HEADER_MAX];
	bool have[STREAM + SL_PROXY_HEADER_MAX];
};

struct packet {
	unsigned int step; /* when it arrives; 0: free */
	int to;		   /* LAN: at the server, WAN: at the client; -1: at sluice, from the client; -2: from the server */
	struct rte_mbuf *m;
};

struct network {
	struct sl_worker *w;
	struct sl_snapshot *s;
	struct endpoint client, server;
	struct packet flight[FLIGHT];
	unsigned int step, trouble; /* per cent of packets that something happens to */
	int client_port, snat_port;
	uint64_t now_ns;
};

static unsigned int chance(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static void fly(struct network *n, struct rte_mbuf *m, int to)
{
	unsigned int copies = chance(100) < n->trouble ? chance(3) : 1; /* lost, or twice, or not */

	for (unsigned int i = 0; i < FLIGHT && copies > 0; i++) {
		if (n->flight[i].step != 0)
			continue;
		struct rte_mbuf *copy = rte_pktmbuf_copy(m, m->pool, 0, UINT32_MAX);
		assert_non_null(copy);
		n->flight[i] = (struct packet){ n->step + 1 + (chance(100) < n->trouble ? chance(4) : 0), to, copy };
		copies--;
	}
	rte_pktmbuf_free(m);
}

/* ---- ends ---- */

static void emit(struct network *n, bool from_client, const char *flags, uint32_t seq, uint32_t len)
{
	struct endpoint *e = from_client ? &n->client : &n->server;
	uint32_t ack = e->peer_known ? e->irs + 1 + e->n_in : 0, at = e->n_in;
	char sack[32] = "";

	while (at < sizeof(e->have) && !e->have[at])
		at++;
	if (e->peer_known && at < sizeof(e->have) && len == 0 && chance(2) == 0) {
		uint32_t end = at;
		while (end < sizeof(e->have) && e->have[end])
			end++;
		snprintf(sack, sizeof(sack), "0101050a%08x%08x", e->irs + 1 + at, e->irs + 1 + end);
	}
	const uint8_t *data = e->out + (seq - e->iss - 1);
	struct rte_mbuf *m = from_client ?
		pkt(n->w->pool, ETH("02::c1", "02::f0"), IP4("192.0.2.100", "192.0.2.10"),
		    TCP(n->client_port, 80, flags, .seq = seq, .ack = ack, .options = sack[0] ? sack : NULL), BYTES(data, len)) :
		pkt(n->w->pool, ETH("02::b1", "02::f1"), IP4("10.1.1.1", "10.1.0.3"),
		    TCP(8080, n->snat_port, flags, .seq = seq, .ack = ack, .options = sack[0] ? sack : NULL), BYTES(data, len));
	e->sent_step = n->step;
	e->ack_due = 0;
	fly(n, m, from_client ? -1 : -2);
}

/* What an end does in a step: its SYN, what was not acknowledged for long, new data, an ACK that is due. */
static void act(struct network *n, bool from_client)
{
	struct endpoint *e = from_client ? &n->client : &n->server;
	bool again = e->sent_step == 0 || n->step - e->sent_step >= AGAIN;

	if (!e->open) {
		if (again && (from_client || e->peer_known))
			emit(n, from_client, from_client ? "S" : "SA", e->iss, 0);
		return;
	}
	uint32_t end = e->iss + 1 + e->n_out;
	if (e->una != e->nxt && again) {
		emit(n, from_client, "PA", e->una, RTE_MIN((uint32_t)MSS, e->nxt - e->una));
	} else if (e->nxt != end && e->nxt - e->una < WINDOW && chance(3) == 0) {
		uint32_t len = RTE_MIN(1 + chance(MSS), end - e->nxt), seq = e->nxt;
		e->nxt += len;
		emit(n, from_client, "PA", seq, len);
	} else if (e->ack_due) {
		emit(n, from_client, "A", e->nxt, 0);
	}
}

static void check_sack(const struct endpoint *e, struct rte_tcp_hdr *tcp)
{
	const uint8_t *o = sl_tcp_option(tcp, SL_TCP_OPTION_SACK);
	uint32_t edge[2];

	if (o == NULL)
		return;
	memcpy(edge, o + 2, sizeof(edge));
	uint32_t left = rte_be_to_cpu_32(edge[0]), right = rte_be_to_cpu_32(edge[1]);
	assert_true(sl_seq_is_before(rte_be_to_cpu_32(tcp->recv_ack), left) && sl_seq_is_before(left, right));
	assert_false(sl_seq_is_before(e->nxt, right)); /* nothing that was not sent */
	assert_true(sl_seq_is_before(e->iss, left));
}

static void take_data(struct endpoint *e, uint32_t seq, const uint8_t *data, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = seq + i - e->irs - 1;
		assert_true(at < sizeof(e->in));
		assert_true(!e->have[at] || e->in[at] == data[i]); /* a number has one byte, always */
		e->in[at] = data[i];
		e->have[at] = true;
	}
	while (e->n_in < sizeof(e->have) && e->have[e->n_in])
		e->n_in++;
	e->ack_due = 1;
}

static void arrive(struct network *n, bool at_client, struct rte_mbuf *m)
{
	struct endpoint *e = at_client ? &n->client : &n->server;
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, 34);
	uint32_t seq = rte_be_to_cpu_32(tcp->sent_seq), ack = rte_be_to_cpu_32(tcp->recv_ack), header = (tcp->data_off >> 4) * 4u;
	char text[PKT_TEXT_MAX];

	assert_non_null(strstr(pkt_text(m, text), "[csum ok]"));
	assert_int_equal(tcp->tcp_flags & RTE_TCP_RST_FLAG, 0);
	if (tcp->tcp_flags & RTE_TCP_SYN_FLAG) {
		if (!e->peer_known) {
			e->peer_known = true;
			e->irs = seq;
		}
		assert_int_equal(seq, e->irs); /* the same one each time */
		if (!at_client)
			n->snat_port = rte_be_to_cpu_16(tcp->src_port);
		else
			e->ack_due = 1;
	}
	if (tcp->tcp_flags & RTE_TCP_ACK_FLAG) {
		/* never of what was not sent; of less than the SYN, only what is late (decision 0018, limits) */
		assert_false(sl_seq_is_before(e->nxt, ack));
		if (sl_seq_is_before(ack, e->iss + 1)) {
			assert_true(at_client && e->una != e->iss);
			goto out;
		}
		e->open = true;
		check_sack(e, tcp);
		if (sl_seq_is_before(e->una, ack)) {
			e->una = ack;
			e->sent_step = n->step;
		}
	}
	if (e->peer_known && m->pkt_len > 34 + header)
		take_data(e, seq, (const uint8_t *)tcp + header, m->pkt_len - 34 - header);
out:
	rte_pktmbuf_free(m);
}

/* ---- sluice ---- */

static void leave(struct network *n)
{
	for (int port = WAN; port <= LAN; port++) {
		struct sl_tx_queue *q = &n->w->tx[port];
		for (unsigned int i = 0; i < q->n; i++)
			fly(n, q->m[i], port);
		n->w->count[SL_COUNT_TX] += q->n;
		q->n = 0;
	}
}

static void pass(struct network *n, struct rte_mbuf *m, bool from_client)
{
	struct sl_burst *b = &n->w->burst;

	m->port = from_client ? WAN : LAN;
	b->m[0] = m;
	b->n = 1;
	b->gaps = b->handed_in = false;
	b->resumed = SL_ID_NONE;
	n->w->count[SL_COUNT_RX]++;
	sl_pipeline(n->w, n->s, b);
	leave(n);
}

/* A turn without anything to receive: headers are sent again, by the in-memory ports. */
static void turn(struct network *n)
{
	static const char *const rings[] = { [WAN] = "tx_0_0", [LAN] = "tx_1_0" };
	void *m;

	sl_worker_turn(n->w, n->s);
	for (int port = WAN; port <= LAN; port++)
		while (rte_ring_dequeue(rte_ring_lookup(rings[port]), &m) == 0)
			fly(n, m, port);
}

static void step(struct network *n)
{
	n->step++;
	n->now_ns += STEP_NS;
	sl_worker_set_time(n->w, n->s, n->now_ns);
	turn(n);
	for (unsigned int i = 0; i < FLIGHT; i++) {
		struct packet p = n->flight[i];
		if (p.step == 0 || p.step > n->step)
			continue;
		n->flight[i].step = 0;
		if (p.to < 0)
			pass(n, p.m, p.to == -1);
		else
			arrive(n, p.to == WAN, p.m);
	}
	act(n, true);
	act(n, false);
}

static bool is_done(const struct network *n, unsigned int header)
{
	return n->client.una == n->client.iss + 1 + n->client.n_out && n->server.una == n->server.iss + 1 + n->server.n_out &&
	       n->server.n_in == header + n->client.n_out && n->client.n_in == n->server.n_out;
}

static void endpoint_init(struct endpoint *e, unsigned int run)
{
	memset(e, 0, sizeof(*e));
	e->iss = run % 3 == 0 ? UINT32_MAX - chance(2000) : run % 3 == 1 ? chance(200) : (uint32_t)rand() * 2u;
	e->una = e->nxt = e->iss + 1;
	e->n_out = 1 + chance(STREAM);
	for (unsigned int i = 0; i < e->n_out; i++)
		e->out[i] = (uint8_t)rand();
}

static void simulate(struct sl_worker *w, struct sl_snapshot *s)
{
	static struct network n;
	struct sl_proxy_ends ends = { .vip_port_be = RTE_BE16(80) };
	uint8_t header[SL_PROXY_HEADER_MAX];

	srand(4);
	n = (struct network){ .w = w, .s = s, .now_ns = w->now_ns };
	assert_true(sl_ip_parse("192.0.2.100", &ends.client) == 0 && sl_ip_parse("192.0.2.10", &ends.vip) == 0);
	for (unsigned int run = 0; run < RUNS; run++) {
		endpoint_init(&n.client, run);
		endpoint_init(&n.server, run / 3);
		n.client_port = (int)(2000 + run);
		n.step = 0;
		n.trouble = run % 7 * 5;
		ends.client_port_be = rte_cpu_to_be_16((uint16_t)n.client_port);
		unsigned int len = sl_proxy_header(header, 2, &ends);

		while (!is_done(&n, len)) {
			step(&n);
			assert_true(n.step < STEPS_MAX);
		}
		assert_memory_equal(n.server.in, header, len);
		assert_memory_equal(n.server.in + len, n.client.out, n.client.n_out);
		assert_memory_equal(n.client.in, n.server.out, n.server.n_out);
		assert_ordinary(w, s);
		for (unsigned int i = 0; i < FLIGHT; i++) {
			if (n.flight[i].step != 0)
				rte_pktmbuf_free(n.flight[i].m);
			n.flight[i].step = 0;
		}
	}
}

/* All by one backend: the model's addresses. */
#define ONE_BACKEND "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [" \
	LAB_SERVICE("web", "192.0.2.10", 80, "tcp", "\"proxy_protocol\": \"v2\", \"snat\": [\"10.1.0.3\"], " \
		    "\"backends\": [ { \"address\": \"10.1.1.1\", \"port\": 8080 } ]") "] }"

static const struct golden_step network[] = { RESOLVED, CALL(simulate), END };

static const struct golden_case cases[] = {
	{ "links that lose, repeat and reorder", ONE_BACKEND, 0, network },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "proxy network", cases);
}
