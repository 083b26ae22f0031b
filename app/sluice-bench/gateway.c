/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "gateway.h"
#include "plan.h"

#define FLOWS_PER_TUPLE_RANGE 32000u /* of 64512 ports: allocation never has to search */
#define MBUFS (4 * BENCH_RING - 1)
#define HEADERS 4095 /* what two ports with 1024 descriptors hold, and a worker's hands */
#define OTHER_FLOWS 1024u /* of workers that are not measured */
#define SPARE_BYTES (UINT64_C(48) << 20) /* DPDK's own, and gaps in its heap */

/* While flows are opened there are those of before, those opened since, and those that are due but not gone. */
static uint32_t capacity_for(const struct bench_options *o)
{
	return RTE_MAX(o->flows * (o->new_flow_ratio > 0 ? 3 : 1), 1024u);
}

static unsigned int snat_for(const struct bench_options *o, uint32_t capacity)
{
	if (o->mode == BENCH_DNAT || bench_mode_is_one_way(o->mode))
		return 0;
	return RTE_MIN(capacity / (FLOWS_PER_TUPLE_RANGE * PLAN_BACKENDS) + 1, (unsigned int)PLAN_SNAT_MAX);
}

static int configure(struct gateway *g, const struct bench_options *o)
{
	struct sl_problems problems;
	struct plan_service service = { .ipv6 = o->ipv6, .ipv6_behind = bench_options_ipv6_behind(o), .tcp = o->tcp,
					.snat = snat_for(o, g->capacity), .one_way = bench_mode_is_one_way(o->mode),
					.stateless = o->stateless };

	service.mode = service.snat > 0 ? "full-nat" : bench_mode_name(o->mode);
	char *json = o->mode == BENCH_FORWARD ? plan_config_forward() : o->mode == BENCH_PAIRS ? plan_config_pairs() :
		     o->mode == BENCH_RELAY ? plan_config_relay(o->ipv6, o->fanout, o->workers /* ours */) :
		     plan_config_service(&service);
	struct sl_port_facts facts[2] = { g->ports[0].facts, g->ports[1].facts };

	if (json == NULL)
		return -1;
	sl_problems_init(&problems);
	g->config = sl_config_parse(json, strlen(json), &problems);
	if (g->config != NULL)
		g->snapshot = sl_snapshot_build(g->config, facts, 2, NULL, NULL, &problems);
	sl_problems_print(&problems, stderr);
	sl_problems_fini(&problems);
	free(json);
	return g->snapshot != NULL ? 0 : -1;
}

static int open_ports(struct gateway *g)
{
	struct sl_port_options options = { .workers = 1, .rx_queues = 1, .descriptors = BENCH_RING };
	struct sl_problems problems;
	int result = 0;

	sl_problems_init(&problems);
	for (unsigned int i = 0; i < 2 && result == 0; i++) {
		result = sl_port_open(&g->ports[i], i == 0 ? "net_null0" : "net_null1", &options, g->pool, &problems);
		if (result == 0)
			result = sl_port_start(&g->ports[i], &problems);
		memcpy(g->shared.port_mac[i], g->ports[i].facts.mac, 6);
	}
	sl_problems_print(&problems, stderr);
	sl_problems_fini(&problems);
	return result;
}

static void add_neighbour(struct gateway *g, uint16_t interface, struct sl_ip ip, uint8_t last_byte)
{
	const struct sl_interface *i = &g->snapshot->interfaces[interface];
	struct sl_l2 l2 = { .port = i->port, .mtu = i->mtu, .interface = interface, .header_len = 14, .usable = true };
	uint16_t index = sl_neighbour_add(&g->neighbours, interface, &ip);

	memcpy(l2.header, (uint8_t[6]){ 2, 0, 0, 0, 1, last_byte }, 6);
	memcpy(l2.header + 6, i->mac, 6);
	sl_neighbour_write(&g->neighbours, index, SL_NEIGHBOUR_REACHABLE, &l2);
}

static void add_neighbours(struct gateway *g)
{
	struct plan plan;

	for (unsigned int ipv6 = 0; ipv6 < 2 && g->snapshot->n_interfaces > 0; ipv6++) {
		plan_init(&plan, ipv6);
		add_neighbour(g, PLAN_WAN, plan_address(&plan, PLAN_ROUTER, 0), 1);
		for (unsigned int i = 0; i < PLAN_BACKENDS; i++)
			add_neighbour(g, PLAN_LAN, plan_address(&plan, PLAN_BACKEND, i), (uint8_t)(16 + i));
	}
}

/* Free records in random order, as after hours of flows that came and went; a new table hands them out in address order. */
static void shuffle_free_records(struct sl_flow_table *t)
{
	uint32_t *order = malloc(t->capacity * sizeof(*order));

	if (order == NULL)
		return;
	for (uint32_t i = 0; i < t->capacity; i++) {
		uint32_t other = (uint32_t)rte_rand_max(i + 1);
		order[i] = order[other];
		order[other] = i;
	}
	for (uint32_t i = 0; i < t->capacity; i++)
		t->flows[order[i]].next = i + 1 < t->capacity ? order[i + 1] : SL_FLOW_NONE;
	t->free_head = order[0];
	free(order);
}

static bool uses_ipv6(const struct bench_options *o)
{
	return o->ipv6 || bench_options_ipv6_behind(o);
}

/* All hashes lead to the worker that is measured, and all ports to it: to find that out costs the same whoever it is. */
static void init_dispatch(struct gateway *g)
{
	sl_dispatch_init(&g->dispatch, 1, SL_DISPATCH_ENTRIES);
	g->shared.dispatch = &g->dispatch;
}

static int create_workers(struct gateway *g, const struct bench_options *o)
{
	g->shared.n_workers = (uint16_t)o->workers;
	g->shared.n_ports = 2;
	for (unsigned int i = 0; i < 2; i++)
		g->shared.port_multi_segment[i] = !o->no_chains; /* net_null does not say that it sends chains, but it does */
	g->shared.neighbours = &g->neighbours;
	g->shared.control_wakeup_fd = -1;
	g->shared.tsc_hz = rte_get_tsc_hz();
	if (sl_neighbour_table_init(&g->neighbours, 4096) != 0)
		return -1;
	if (o->workers > 1)
		init_dispatch(g);
	for (uint16_t i = 0; i < o->workers; i++)
		if (sl_worker_create(&g->shared, i, g->pool, i == 0 ? g->capacity : OTHER_FLOWS, uses_ipv6(o), -1,
				     g->now_ns) == NULL)
			return -1;
	g->worker = g->shared.workers[0];
	if (sl_relay_attach(g->worker, o->workers, BENCH_FANOUT_MAX, g->headers, -1) != 0)
		return -1;
	if (sl_worker_connect(&g->shared) != 0)
		return -1;
	for (uint16_t port = 0; port < 2; port++)
		g->worker->tx[port].has_queue = true;
	if (o->command != BENCH_SOAK) /* whose business it is */
		shuffle_free_records(&g->worker->flows);
	return 0;
}

static void clear_packet(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	struct rte_mbuf *m = object;

	memset(m->buf_addr, 0, m->buf_len);
}

int gateway_init(struct gateway *g, const struct bench_options *o)
{
	uint64_t bytes;

	*g = (struct gateway){ .capacity = capacity_for(o), .now_ns = UINT64_C(1000000000000) };
	g->table_bytes = sl_flow_table_bytes(g->capacity, uses_ipv6(o));
	bytes = g->table_bytes + sl_neighbour_table_bytes(4096) +
		o->workers * (sl_worker_bytes((uint16_t)o->workers) + sl_flow_table_bytes(OTHER_FLOWS, true)) +
		(uint64_t)MBUFS * (sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE + 128) + SPARE_BYTES;
	if (bench_eal_start(o, bytes, &g->hugepages) != 0)
		return -1;
	rte_srand(1); /* the same flows in the same buckets each time */
	g->pool = rte_pktmbuf_pool_create("bench", MBUFS, RTE_MEMPOOL_CACHE_MAX_SIZE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	g->headers = rte_pktmbuf_pool_create("headers", HEADERS, RTE_MEMPOOL_CACHE_MAX_SIZE, 0, SL_RELAY_HEADER_ROOM, SOCKET_ID_ANY);
	if (g->pool == NULL || g->headers == NULL || open_ports(g) != 0 || create_workers(g, o) != 0) {
		fprintf(stderr, "sluice-bench: not enough memory, or no net_null driver: %s\n", rte_strerror(rte_errno));
		return -1;
	}
	rte_mempool_obj_iter(g->pool, clear_packet, NULL);
	if (configure(g, o) != 0)
		return -1;
	add_neighbours(g);
	gateway_advance(g, 0);
	return 0;
}

void gateway_fini(struct gateway *g)
{
	for (unsigned int i = 0; i < g->shared.n_workers; i++)
		sl_worker_destroy(g->shared.workers[i]);
	sl_neighbour_table_fini(&g->neighbours);
	sl_snapshot_destroy(g->snapshot);
	sl_config_destroy(g->config);
	for (unsigned int i = 0; i < 2; i++)
		sl_port_close(&g->ports[i]);
	rte_mempool_free(g->pool);
	rte_mempool_free(g->headers);
	bench_eal_stop();
}

void gateway_advance(struct gateway *g, uint64_t ns)
{
	g->now_ns += ns;
	sl_worker_set_time(g->worker, g->snapshot, g->now_ns);
}

uint64_t gateway_drops(const struct gateway *g)
{
	uint64_t sum = 0;

	for (unsigned int cause = 0; cause < SL_DROP_MAX; cause++)
		sum += g->worker->drops[cause];
	return sum;
}

void gateway_print_drops(const struct gateway *g, FILE *out)
{
	for (unsigned int cause = 0; cause < SL_DROP_MAX; cause++)
		if (g->worker->drops[cause] > 0)
			fprintf(out, "  dropped: %s %" PRIu64 "\n", sl_drop_infos[cause].name, g->worker->drops[cause]);
}
