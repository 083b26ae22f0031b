/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>

#include "eal.h"
#include "gateway.h"
#include "states.h"

#include "sluice/path/pipeline.h"
#include "sluice/state/verdict.h"

#define RING_SIZE 1024
#define SETTLE_TURNS 64
#define MBUFS 4095

/* ---- set-up ---- */

static struct sl_config *config_parse(const char *json)
{
	struct sl_problems problems;
	sl_problems_init(&problems);
	struct sl_config *config = sl_config_parse(json, strlen(json), &problems);

	sl_problems_print(&problems, stderr);
	sl_problems_fini(&problems);
	assert_non_null(config);
	return config;
}

static void publish(struct gateway *g)
{
	static struct sl_usage usage;
	struct sl_problems problems;

	usage = (struct sl_usage){ .backends = g->shared.backends };
	for (unsigned int i = 0; i < g->shared.n_workers; i++) {
		for (uint16_t id = 0; id < SL_MAX_SERVICES; id++) {
			usage.service_flows[id] += g->shared.workers[i]->service[id].value[SL_FLOW_COUNT_FLOWS_ACTIVE];
			usage.removed_snat[id] |= sl_worker_uses_removed_snat(g->shared.workers[i], id);
		}
		for (unsigned int id = 0; id < SL_MAX_BACKENDS; id++)
			usage.backend_flows[id] += g->shared.workers[i]->backend[id].value[SL_FLOW_COUNT_FLOWS_ACTIVE];
	}
	sl_problems_init(&problems);
	struct sl_snapshot *next =
		sl_snapshot_build(g->config, g->facts, g->shared.n_ports, g->snapshot, &usage, &problems);
	sl_problems_print(&problems, stderr);
	sl_problems_fini(&problems);
	assert_non_null(next);
	golden_states_follow(&g->shared, next);
	atomic_store(&g->shared.snapshot, next);
	sl_snapshot_destroy(g->snapshot);
	g->snapshot = next;
}

static void ports_open(struct gateway *g)
{
	const char *names[SL_MAX_PORTS];
	struct sl_port_options options = { .workers = g->config->workers, .rx_queues = g->queues, .descriptors = 64 };
	struct sl_problems problems;

	sl_problems_init(&problems);
	g->shared.n_ports = sl_config_device_names(g->config, names);
	for (unsigned int i = 0; i < g->shared.n_ports; i++) {
		struct gateway_port *p = &g->ports[i];
		char name[64];
		for (unsigned int q = 0; q < g->queues; q++) {
			snprintf(name, sizeof(name), "rx_%u_%u", i, q);
			p->rx[q] = rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY, 0);
			snprintf(name, sizeof(name), "tx_%u_%u", i, q);
			p->tx[q] = rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY, 0);
			assert_true(p->rx[q] != NULL && p->tx[q] != NULL);
		}
		int id = rte_eth_from_rings(names[i] + strlen("net_ring_"), p->rx, g->queues, p->tx, g->queues, 0);
		assert_true(id >= 0);
		if (sl_port_open(&p->port, names[i], &options, g->pool, &problems) != 0 ||
		    sl_port_start(&p->port, &problems) != 0) {
			sl_problems_print(&problems, stderr);
			fail();
		}
		p->rss = i < GATEWAY_RSS_PORTS ? g->rss[i] : RSS_NONE;
		assert_int_equal(p->port.id, i); /* port index == ethdev id, as in the daemon */
		g->facts[i] = p->port.facts;
		const struct sl_config_device *device = sl_config_device_find(g->config, names[i]);
		if (device != NULL && device->mtu != 0)
			g->facts[i].mtu = device->mtu; /* buffers are chained where it takes more than one */
		g->shared.port_multi_segment[i] = p->port.multi_segment;
		memcpy(g->facts[i].mac, (uint8_t[6]){ 2, 0, 0, 0, 0, (uint8_t)(0xf0 + i) }, 6);
		memcpy(g->shared.port_mac[i], g->facts[i].mac, 6);
	}
	sl_problems_fini(&problems);
}

static void workers_create(struct gateway *g)
{
	g->shared.n_workers = g->config->workers;
	g->shared.max_fragments = g->config->max_fragments;
	g->shared.seq_translation = sl_config_uses_proxy_protocol(g->config);
	g->shared.neighbours = &g->neighbours;
	g->shared.control_wakeup_fd = -1;
	sl_dispatch_init(&g->dispatch, g->shared.n_workers, g->rss[0] != RSS_NONE || g->rss[1] != RSS_NONE ? 128 : SL_DISPATCH_ENTRIES);
	g->shared.dispatch = &g->dispatch;
	assert_int_equal(sl_neighbour_table_init(&g->neighbours, 64), 0);
	assert_int_equal(sl_affinity_table_init(&g->affinities, g->config->max_affinities, -1), 0);
	g->shared.affinities = &g->affinities;
	for (uint16_t id = 0; id < g->shared.n_workers; id++) {
		struct sl_worker *w = sl_worker_create(&g->shared, id, g->pool, g->config->max_flows, true, -1, g->now_ns);
		assert_non_null(w);
		assert_int_equal(sl_relay_attach(w, (uint16_t)g->config->max_relays, (uint16_t)g->config->max_relay_outputs,
						 g->headers, -1), 0);
		w->relays->next_id = 1;
		w->secret = (struct sl_siphash_key){ { 1, 2 } };
		w->ip_ids.key = 1;
		w->random = id;
		for (unsigned int i = 0; i < RTE_DIM(w->ip_ids.next); i++)
			w->ip_ids.next[i] = 1;
		for (uint16_t port = 0; port < g->shared.n_ports; port++) {
			bool own = id < g->queues;
			w->tx[port].has_queue = own;
			w->tx[port].queue = id;
			w->tx[port].owner = (uint16_t)(id % g->queues);
			if (own)
				w->rx_queues[w->n_rx_queues++] = (struct sl_rx_queue){ port, id };
		}
	}
	assert_int_equal(sl_worker_connect(&g->shared), 0);
}

void gateway_start(struct gateway *g, const char *config, unsigned int queues, const enum rss_device rss[GATEWAY_RSS_PORTS])
{
	*g = (struct gateway){ .pool = rte_mempool_lookup("gateway"), .headers = rte_mempool_lookup("headers"),
			       .now_ns = 1000ull * 1000 * 1000 * 1000 };
	memcpy(g->rss, rss, sizeof(g->rss));
	g->config = config_parse(config);
	g->queues = queues != 0 ? queues : g->config->workers;
	ports_open(g);
	workers_create(g);
	publish(g);
	snprintf(g->ports[g->shared.n_ports].port.facts.name, SL_DEVICE_NAME_MAX, "net_ring_host");
}

void gateway_finish(struct gateway *g)
{
	for (unsigned int i = 0; i < g->shared.n_workers; i++) {
		struct sl_worker *w = g->shared.workers[i];
		if (!g->meddled)
			golden_states_check(w);
		sl_worker_drain(w);
		assert_int_equal(sl_worker_imbalance(w), 0);
		assert_int_equal(w->count[SL_COUNT_HELD], 0);
	}
	for (unsigned int i = 0; i < g->shared.n_workers; i++)
		sl_worker_destroy(g->shared.workers[i]);
	for (unsigned int i = 0; i < g->shared.n_ports; i++) {
		char name[SL_DEVICE_NAME_MAX];
		memcpy(name, g->ports[i].port.facts.name, sizeof(name));
		sl_port_close(&g->ports[i].port);
		rte_eal_hotplug_remove("vdev", name);
		for (unsigned int q = 0; q < g->queues; q++) {
			rte_ring_free(g->ports[i].rx[q]);
			rte_ring_free(g->ports[i].tx[q]);
		}
	}
	sl_neighbour_table_fini(&g->neighbours);
	sl_affinity_table_fini(&g->affinities);
	sl_snapshot_destroy(g->snapshot);
	sl_config_destroy(g->config);
	assert_int_equal(rte_mempool_in_use_count(g->pool), 0); /* no packet leaked */
	assert_int_equal(rte_mempool_in_use_count(g->headers), 0);
}

/* ---- running ---- */

void gateway_receive(struct gateway *g, struct gateway_port *port, unsigned int queue, struct rte_mbuf *m)
{
	unsigned int chosen = rss_receive(port->rss, m, g->queues);

	assert_int_equal(rte_ring_enqueue(port->rx[queue == GATEWAY_ANY_QUEUE ? chosen : queue], m), 0);
}

static void collect(struct gateway *g)
{
	for (unsigned int i = 0; i < g->shared.n_ports; i++) {
		struct gateway_port *p = &g->ports[i];
		for (unsigned int q = 0; q < g->queues; q++) {
			void *m;
			while (rte_ring_dequeue(p->tx[q], &m) == 0) {
				assert_in_range(p->n_out, 0, GATEWAY_OUT_MAX - 1);
				p->out[p->n_out] = m; /* a device does not look at what reception noted */
				p->out[p->n_out++]->ol_flags &= ~(uint64_t)(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
			}
		}
	}
	struct gateway_port *host = &g->ports[g->shared.n_ports]; /* behind the real ports, for what is punted to control */
	for (unsigned int i = 0; i < g->shared.n_workers; i++)
		host->n_out += rte_ring_dequeue_burst(g->shared.workers[i]->punts_out, (void **)&host->out[host->n_out],
						      GATEWAY_OUT_MAX - host->n_out, NULL);
}

void gateway_settle(struct gateway *g)
{
	unsigned int moved = 1;

	for (unsigned int turn = 0; moved > 0 && turn < SETTLE_TURNS; turn++) {
		moved = 0;
		for (unsigned int i = 0; i < g->shared.n_workers; i++) {
			struct sl_worker *w = g->shared.workers[i];
			sl_worker_set_time(w, g->snapshot, g->now_ns);
			moved += sl_worker_turn(w, g->snapshot);
			assert_int_equal(sl_worker_imbalance(w), 0);
		}
	}
	assert_int_equal(moved, 0);
	collect(g);
}

void gateway_pass(struct gateway *g, uint64_t ms)
{
	for (uint64_t left = ms; left > 0; left -= RTE_MIN(left, 100u)) {
		g->now_ns += RTE_MIN(left, 100u) * 1000000;
		gateway_settle(g);
	}
}

void gateway_reload(struct gateway *g, const char *config)
{
	struct sl_config *next = config_parse(config);

	sl_config_destroy(g->config);
	g->config = next;
	publish(g);
}

void gateway_resolve(struct gateway *g, uint16_t interface, const struct sl_ip *ip, const uint8_t mac[6])
{
	const struct sl_interface *of = &g->snapshot->interfaces[interface];
	uint16_t index = sl_neighbour_add(&g->neighbours, interface, ip);
	struct sl_l2 l2 = { .port = of->port, .mtu = of->mtu, .interface = interface, .failed = mac == NULL,
			    .usable = mac != NULL, .header_len = of->vlan != 0 ? 18 : 14 };

	if (mac != NULL)
		memcpy(l2.header, mac, 6);
	memcpy(l2.header + 6, of->mac, 6);
	if (of->vlan != 0)
		memcpy(l2.header + 12, (uint8_t[4]){ 0x81, 0, (uint8_t)(of->vlan >> 8), (uint8_t)of->vlan }, 4);
	sl_neighbour_write(&g->neighbours, index, mac == NULL ? SL_NEIGHBOUR_FAILED : SL_NEIGHBOUR_REACHABLE, &l2);
}

int gateway_eal_init(const char *name)
{
	static char prefix[64];
	snprintf(prefix, sizeof(prefix), "--file-prefix=%s-%d", name, (int)getpid());
	char *args[] = { "gateway", "--no-huge", "-m", "256", "--no-pci", "--no-telemetry", "--no-shconf", prefix,
			 "-l", "0", "--log-level=lib.eal:error" };

	if (rte_eal_init(sizeof(args) / sizeof(args[0]), args) < 0)
		return -1;
	test_eal_leave_nothing();
	return rte_pktmbuf_pool_create("gateway", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY) == NULL ||
	       rte_pktmbuf_pool_create("headers", MBUFS, 0, 0, SL_RELAY_HEADER_ROOM, SOCKET_ID_ANY) == NULL;
}
