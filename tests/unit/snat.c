/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Port allocation against a naive model: the set of tuples in use. Never one tuple for two flows, "none left" only when none
 * is (within the bound that lib/path/snat.c states), every worker its own ports, another secret another order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <rte_common.h>

#include "eal.h"
#include "stages.h"

#define BACKENDS 3
#define ADDRESSES 2
#define PORTS 65536
#define FIRST 1024
#define PAUSE (20 * 1000000ull) /* ns: longer than the pause behind a failed search */

struct model {
	struct sl_shared shared;
	struct sl_dispatch dispatch;
	struct sl_worker *w;
	struct sl_snapshot snapshot;
	struct sl_burst burst;
	struct sl_neighbour_table neighbours;
	struct sl_ip snat[ADDRESSES];
	struct sl_service service;
	uint32_t flow_of[BACKENDS][ADDRESSES][PORTS]; /* what the model knows */
	unsigned int used[BACKENDS];
	uint32_t clients; /* so far */
};

static struct model *begin(uint16_t n_workers, uint16_t id, unsigned int n_snat, uint64_t secret, uint32_t max_flows)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	memset(m->flow_of, 0xff, sizeof(m->flow_of));
	sl_dispatch_init(&m->dispatch, n_workers, 128);
	m->shared = (struct sl_shared){ .n_workers = n_workers, .neighbours = &m->neighbours, .dispatch = &m->dispatch };
	m->snapshot.icmp_errors_pps = 1;
	m->w = sl_worker_create(&m->shared, id, NULL, max_flows, false, -1, 1ull << 40);
	assert_non_null(m->w);
	sl_worker_set_time(m->w, &m->snapshot, 1ull << 40);
	m->w->secret = (struct sl_siphash_key){ { secret, ~secret } };
	for (unsigned int i = 0; i < ADDRESSES; i++)
		m->snat[i] = sl_ip_from_v4(rte_cpu_to_be_32(0x0a010003 + i));
	m->service = (struct sl_service){ .n_snat = (uint16_t)n_snat, .snat = m->snat };
	return m;
}

static void end(struct model *m)
{
	sl_worker_destroy(m->w);
	free(m);
}

static void later(struct model *m)
{
	sl_worker_set_time(m->w, &m->snapshot, m->w->now_ns + PAUSE);
}

static uint32_t *in_model(struct model *m, unsigned int backend, const struct sl_tuple *server)
{
	unsigned int address = sl_ip_equal(&server->self, &m->snat[0]) ? 0 : 1;

	assert_true(sl_ip_equal(&server->self, &m->snat[address]));
	return &m->flow_of[backend][address][rte_be_to_cpu_16(server->self_port_be)];
}

static struct sl_ip backend_ip(unsigned int backend)
{
	return sl_ip_from_v4(rte_cpu_to_be_32(0x0a020000 + backend));
}

/* A reply to this port belongs to the worker. */
static bool is_mine(const struct model *m, unsigned int backend, unsigned int address, unsigned int port)
{
	struct sl_ip ip = backend_ip(backend);

	if (port < FIRST)
		return false;
	return m->dispatch.worker[sl_dispatch_hash(&m->dispatch, &ip, &m->snat[address], 3, rte_cpu_to_be_16((uint16_t)port))] ==
	       m->w->id;
}

/* A flow of the next client. False when there is no port for it. */
static bool allocate(struct model *m, unsigned int backend, uint16_t *port)
{
	uint32_t client_ip = 0xc0000000 + m->clients++;
	struct sl_tuple client = { .peer = sl_ip_from_v4(rte_cpu_to_be_32(client_ip)), .self = sl_ip_from_v4(1),
				   .peer_port_be = 1, .self_port_be = 2, .proto = IPPROTO_TCP };
	struct sl_tuple server = { .peer = backend_ip(backend), .peer_port_be = 3, .proto = IPPROTO_TCP };

	if (sl_snat_allocate(m->w, &m->snapshot, &m->burst, &m->service, &client, &server) != 0)
		return false;
	*port = rte_be_to_cpu_16(server.self_port_be);
	assert_true(is_mine(m, backend, sl_ip_equal(&server.self, &m->snat[0]) ? 0 : 1, *port));
	assert_int_equal(*in_model(m, backend, &server), SL_FLOW_NONE); /* never two live flows on one tuple */
	uint32_t flow = sl_flow_create(&m->w->flows, &client, &server, m->w->now_tick, 1u << 30);
	assert_int_not_equal(flow, SL_FLOW_NONE);
	m->w->flows.flows[flow].state = SL_TCP_ESTABLISHED;
	*in_model(m, backend, &server) = flow;
	m->used[backend]++;
	return true;
}

static void release(struct model *m, unsigned int backend, unsigned int address, unsigned int port)
{
	sl_flow_destroy(&m->w->flows, m->flow_of[backend][address][port]);
	m->flow_of[backend][address][port] = SL_FLOW_NONE;
	m->used[backend]--;
}

static unsigned int ports_of(const struct model *m)
{
	unsigned int n = 0;

	for (unsigned int port = FIRST; port < PORTS; port++)
		n += is_mine(m, 0, 0, port);
	return n;
}

/* One of 32 workers has 2016 ports of an address: few enough to be searched to the last one. */
static void test_model(void **state)
{
	struct model *m = begin(32, 5, ADDRESSES, 1, 20000);
	unsigned int all = ADDRESSES * ports_of(m), refused = 0, most = 0;
	uint16_t port;

	srandom(2);
	for (unsigned int step = 0; step < 80000; step++) {
		unsigned int backend = (unsigned int)random() % BACKENDS;
		later(m);
		/* mostly filling, then mostly emptying, and again */
		bool fill = step / 20000 % 2 == 0;
		if (!fill)
			refused = 0;
		if ((unsigned int)random() % 8 < (fill ? refused < 1000 ? 7u : 4u : 2u)) {
			if (!allocate(m, backend, &port)) {
				assert_int_equal(m->used[backend], all);
				refused++;
				most = RTE_MAX(most, refused);
			}
			continue;
		}
		unsigned int address = (unsigned int)random() % ADDRESSES, at = (unsigned int)random() % PORTS;
		for (unsigned int tries = 0; tries < PORTS && m->flow_of[backend][address][at] == SL_FLOW_NONE; tries++)
			at = (at + 1) % PORTS;
		if (m->flow_of[backend][address][at] != SL_FLOW_NONE)
			release(m, backend, address, at);
	}
	assert_true(most > 100);
	end(m);
}

/* The last free port is found, wherever it is. */
static void test_last_port(void **state)
{
	struct model *m = begin(32, 0, 1, 3, 20000);
	unsigned int all = ports_of(m);
	uint16_t port;

	for (unsigned int i = 0; i < all; i++)
		assert_true(allocate(m, 0, &port));
	assert_false(allocate(m, 0, &port));
	for (unsigned int at = FIRST; at < PORTS; at++) {
		if (!is_mine(m, 0, 0, at))
			continue;
		release(m, 0, 0, at);
		later(m);
		assert_true(allocate(m, 0, &port));
		assert_int_equal(port, at);
	}
	end(m);
}

/*
 * The whole range of one worker: more than a search looks at. A long run of used ports is no obstacle, one free port in a
 * hundred is found nearly always, and a failure is no more than the stated bound allows.
 */
static void search_large_range(uint16_t n_workers)
{
	struct model *m = begin(n_workers, 0, 1, 4, 140000);
	unsigned int all = ports_of(m), failures = 0;
	uint16_t port;

	for (unsigned int i = 0; i < all * 9 / 10; i++) /* one run of used ports */
		assert_true(allocate(m, 0, &port));
	for (unsigned int i = 0; i < all / 2; i++) { /* every other one of the rest is freed at once, so the search goes round */
		assert_true(allocate(m, 0, &port));
		release(m, 0, 0, port);
	}
	while (m->used[0] < all - all / 100) { /* up to 1 % free, without any failure */
		for (unsigned int i = 0; i < 100; i++)
			assert_true(allocate(m, 0, &port));
	}
	for (unsigned int i = 0; i < 1000; i++) {
		unsigned int at;
		do
			at = FIRST + (unsigned int)random() % (PORTS - FIRST);
		while (m->flow_of[0][0][at] == SL_FLOW_NONE);
		release(m, 0, 0, at);
		later(m);
		failures += !allocate(m, 0, &port);
	}
	assert_in_range(failures, 0, 1);
	end(m);
}

static void test_large_range(void **state)
{
	search_large_range(1);
	search_large_range(2);
}

/* After a failed search there is none for the same backend within the pause; others are not concerned. */
static void test_pause(void **state)
{
	struct model *m = begin(32, 0, 1, 5, 20000);
	unsigned int all = ports_of(m);
	uint16_t port;

	for (unsigned int i = 0; i < all; i++)
		assert_true(allocate(m, 0, &port));
	assert_false(allocate(m, 0, &port));
	release(m, 0, 0, port);
	assert_false(allocate(m, 0, &port));
	assert_true(allocate(m, 1, &port));
	later(m);
	assert_true(allocate(m, 0, &port));
	end(m);
}

/* A freed port is not used again while others were free longer (RFC 6888 REQ-8, port reuse). */
static void test_reuse_is_late(void **state)
{
	struct model *m = begin(32, 7, 1, 6, 20000);
	static unsigned int last[PORTS];
	unsigned int all = ports_of(m);
	uint16_t port;

	memset(last, 0, sizeof(last));
	for (unsigned int i = 1; i < 10 * all; i++) {
		assert_true(allocate(m, 0, &port));
		assert_true(last[port] == 0 || i - last[port] == all);
		last[port] = i;
		release(m, 0, 0, port);
	}
	end(m);
}

/* Backends, addresses and secrets have starts of their own (RFC 6056): no two of 64 alike, and spread over the range. */
static void test_unpredictable(void **state)
{
	uint16_t first[64], again;
	unsigned int low = 0;

	for (unsigned int i = 0; i < RTE_DIM(first); i++) {
		struct model *m = begin(1, 0, 1, 1000 + i, 1024);
		assert_true(allocate(m, 0, &first[i]));
		assert_true(allocate(m, 1, &again));
		assert_int_not_equal(again, first[i]);
		for (unsigned int k = 0; k < i; k++)
			assert_int_not_equal(first[i], first[k]);
		low += first[i] < 33000;
		end(m);
	}
	assert_in_range(low, 16, 48);
}

/* One client, one address (RFC 4787 REQ-2), and both addresses are in use. */
static void test_paired(void **state)
{
	struct model *m = begin(1, 0, ADDRESSES, 8, 4096);
	unsigned int on_first = 0;

	for (uint32_t i = 0; i < 200; i++) {
		struct sl_tuple client = { .peer = sl_ip_from_v4(rte_cpu_to_be_32(0xc0000000 + i)), .proto = IPPROTO_UDP };
		struct sl_ip address = { .q = { 0 } };
		for (uint16_t k = 0; k < BACKENDS; k++) {
			struct sl_tuple server = { .peer = backend_ip(k), .peer_port_be = 3, .proto = IPPROTO_UDP };
			client.peer_port_be = k;
			assert_int_equal(sl_snat_allocate(m->w, &m->snapshot, &m->burst, &m->service, &client, &server), 0);
			assert_true(k == 0 || sl_ip_equal(&server.self, &address));
			address = server.self;
		}
		on_first += sl_ip_equal(&address, &m->snat[0]);
	}
	assert_in_range(on_first, 50, 150);
	end(m);
}

static int start_eal(void **state)
{
	test_eal_init("snat");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),	       cmocka_unit_test(test_last_port), cmocka_unit_test(test_large_range),
		cmocka_unit_test(test_pause),	       cmocka_unit_test(test_reuse_is_late), cmocka_unit_test(test_unpredictable),
		cmocka_unit_test(test_paired),
	};
	return cmocka_run_group_tests(tests, start_eal, NULL);
}
