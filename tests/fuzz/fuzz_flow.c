/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flow table and the allocation of source-NAT ports against a naive model: a list of conversations. Whatever is opened,
 * ended, expired and asked for in whatever order, the table knows what the list knows, no two flows have one tuple, and it is
 * full only when the list is.
 *
 * Input: families and key of the hash (a poor one makes chains), then steps of two bytes each.
 */
#include <netinet/in.h>
#include <string.h>

#include <rte_common.h>

#include "eal.h"
#include "fuzz.h"
#include "stages.h"

#define CAPACITY 48
#define CLIENTS 64 /* more than fit */
#define BACKENDS 4
#define TIMEOUT 5000 /* ticks */
#define POOR_KEY 0x04

struct conversation {
	struct sl_tuple client, server;
	uint32_t flow; /* SL_FLOW_NONE: closed */
};

struct model {
	struct sl_shared shared;
	struct sl_dispatch dispatch;
	struct sl_neighbour_table neighbours;
	struct sl_snapshot snapshot;
	struct sl_service service;
	struct sl_burst burst;
	struct sl_ip snat;
	struct sl_worker *w;
	bool v6[2]; /* by side */
	struct conversation conversations[CLIENTS];
	uint32_t live;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	test_eal_init("fuzz-flow");
	return 0;
}

static struct sl_ip address(bool v6, uint32_t number)
{
	struct sl_ip ip = sl_ip_from_v4(rte_cpu_to_be_32(number));

	if (v6)
		ip.b[0] = 0x20;
	return ip;
}

static void begin(struct model *m, uint8_t how)
{
	*m = (struct model){ .v6 = { how & 1, (how & 2) != 0 } };
	sl_dispatch_init(&m->dispatch, 1, 128);
	m->shared = (struct sl_shared){ .n_workers = 1, .neighbours = &m->neighbours, .dispatch = &m->dispatch };
	m->snapshot.icmp_errors_pps = 1;
	m->w = sl_worker_create(&m->shared, 0, NULL, CAPACITY, true, -1, 1ull << 40);
	EXPECT(m->w != NULL);
	m->w->secret = (struct sl_siphash_key){ { 1, 2 } };
	m->w->flows.key = how & POOR_KEY ? (struct sl_hash_key){ { 1, 1, 1, 1 } } :
			  (struct sl_hash_key){ { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93 } };
	m->snat = address(m->v6[SL_SERVER], 0x0a010003);
	m->service = (struct sl_service){ .n_snat = 1, .snat = &m->snat };
	for (unsigned int i = 0; i < CLIENTS; i++)
		m->conversations[i].flow = SL_FLOW_NONE;
}

static uint32_t find(const struct model *m, const struct sl_tuple *k, uint8_t *side)
{
	return sl_flow_lookup(&m->w->flows, k, sl_flow_hash(&m->w->flows, k), side);
}

static bool same(const struct sl_tuple *a, const struct sl_tuple *b)
{
	return sl_ip_equal(&a->peer, &b->peer) && sl_ip_equal(&a->self, &b->self) && a->peer_port_be == b->peer_port_be &&
	       a->self_port_be == b->self_port_be && a->proto == b->proto && a->v6 == b->v6;
}

static void open_one(struct model *m, unsigned int number, unsigned int backend)
{
	struct conversation *c = &m->conversations[number];
	uint8_t proto = number & 1 ? IPPROTO_TCP : IPPROTO_UDP;

	if (c->flow != SL_FLOW_NONE)
		return;
	c->client = (struct sl_tuple){ .peer = address(m->v6[SL_CLIENT], 0xc0000200 + number / 8), .proto = proto,
				       .self = address(m->v6[SL_CLIENT], 0xc6336401), .peer_port_be = (uint16_t)(number % 8),
				       .self_port_be = 80, .v6 = m->v6[SL_CLIENT] };
	c->server = (struct sl_tuple){ .peer = address(m->v6[SL_SERVER], 0x0a020000 + backend), .proto = proto, .peer_port_be = 80,
				       .v6 = m->v6[SL_SERVER] };
	EXPECT(sl_snat_allocate(m->w, &m->snapshot, &m->burst, &m->service, &c->client, &c->server) == 0);
	for (unsigned int i = 0; i < CLIENTS; i++)
		EXPECT(m->conversations[i].flow == SL_FLOW_NONE || !same(&m->conversations[i].server, &c->server));
	c->flow = sl_flow_create(&m->w->flows, &c->client, &c->server, m->w->now_tick, TIMEOUT);
	EXPECT((c->flow == SL_FLOW_NONE) == (m->live == CAPACITY));
	m->live += c->flow != SL_FLOW_NONE;
}

static void close_one(struct model *m, struct conversation *c)
{
	if (c->flow == SL_FLOW_NONE)
		return;
	sl_flow_destroy(&m->w->flows, c->flow);
	c->flow = SL_FLOW_NONE;
	m->live--;
}

/* The flow that has this tuple on its server side: a closed one's may be another's by now. */
static uint32_t owner_of(const struct model *m, const struct sl_tuple *server)
{
	for (unsigned int i = 0; i < CLIENTS; i++)
		if (m->conversations[i].flow != SL_FLOW_NONE && same(&m->conversations[i].server, server))
			return m->conversations[i].flow;
	return SL_FLOW_NONE;
}

static void ask(const struct model *m, const struct conversation *c)
{
	uint8_t side = 9;

	if (c->client.proto == 0)
		return; /* was never open */
	EXPECT(find(m, &c->client, &side) == c->flow && (c->flow == SL_FLOW_NONE || side == SL_CLIENT));
	EXPECT(find(m, &c->server, &side) == owner_of(m, &c->server) && (c->flow == SL_FLOW_NONE || side == SL_SERVER));
	struct sl_tuple other = c->client;
	other.proto ^= 1;
	EXPECT(find(m, &other, &side) == SL_FLOW_NONE);
}

/* Whatever the wheel brings up is a live flow; those that were touched lately stay. */
static void pass_time(struct model *m, unsigned int ticks)
{
	unsigned int budget = 4 * CAPACITY;
	uint32_t flow;

	sl_worker_set_time(m->w, &m->snapshot, m->w->now_ns + (uint64_t)ticks * SL_TICK_NS);
	while ((flow = sl_flow_due(&m->w->flows, m->w->now_tick, &budget)) != SL_FLOW_NONE) {
		struct sl_flow *f = &m->w->flows.flows[flow];
		unsigned int i = 0;

		while (i < CLIENTS && m->conversations[i].flow != flow)
			i++;
		EXPECT(i < CLIENTS);
		if (sl_flow_idle(f, m->w->now_tick) >= TIMEOUT)
			close_one(m, &m->conversations[i]);
		else
			sl_flow_reschedule(&m->w->flows, flow, f->last_seen + TIMEOUT);
	}
}

static void step(struct model *m, uint8_t what, uint8_t which)
{
	struct conversation *c = &m->conversations[which % CLIENTS];

	switch (what % 8) {
	case 0:
	case 1:
	case 2:
		open_one(m, which % CLIENTS, which / CLIENTS % BACKENDS);
		break;
	case 3:
		close_one(m, c);
		break;
	case 4:
		if (c->flow != SL_FLOW_NONE)
			m->w->flows.flows[c->flow].last_seen = m->w->now_tick;
		break;
	case 5:
		pass_time(m, which * 16u);
		break;
	default:
		ask(m, c);
		break;
	}
	EXPECT(m->w->flows.live == m->live);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model m;

	if (size < 3)
		return -1;
	begin(&m, data[0]);
	for (size_t i = 1; i + 1 < size && i < 4000; i += 2)
		step(&m, data[i], data[i + 1]);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		ask(&m, &m.conversations[i]);
		close_one(&m, &m.conversations[i]);
	}
	EXPECT(m.w->flows.live == 0);
	sl_worker_destroy(m.w);
	return 0;
}
