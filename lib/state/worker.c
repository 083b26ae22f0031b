/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's life: create, connect its rings to the others, keep its clock, drain, destroy. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include <rte_malloc.h>
#include <rte_ring_elem.h>

#include "sluice/state/verdict.h"

#define QUIESCE_SPINS 1000 /* about as long as a worker's turn takes */
#define QUIESCE_SLEEP_US 50

struct sl_worker *sl_worker_create(struct sl_shared *shared, uint16_t id, struct rte_mempool *pool, uint32_t max_flows,
				   bool ipv6, int numa_node, uint64_t now_ns)
{
	struct sl_hash_key key;
	struct sl_worker *w = rte_zmalloc_socket("worker", sizeof(*w), RTE_CACHE_LINE_SIZE, numa_node);

	if (w == NULL)
		return NULL;
	/* From the kernel: rte_rand's generator is linear, and who sees some of its output can tell the rest. */
	if (getentropy(&key, sizeof(key)) != 0 || getentropy(&w->secret, sizeof(w->secret)) != 0) {
		rte_free(w);
		return NULL;
	}
	for (unsigned int i = 0; i < RTE_DIM(key.k); i++)
		key.k[i] |= 1;
	/* One for all, so that every worker pairs a client with the same source-NAT address (RFC 4787 REQ-2). */
	if (shared->workers[0] != NULL)
		w->secret = shared->workers[0]->secret;
	w->random = w->secret.k[0] + id;
	w->id = id;
	w->numa_node = numa_node;
	w->memory_node = -1;
	w->shared = shared;
	w->pool = pool;
	for (unsigned int i = 0; i < SL_HOLD_NEIGHBOURS; i++)
		w->holds[i].interface = SL_ID_NONE;
	sl_ip_ids_init(&w->ip_ids, &w->secret, id, shared->n_workers);
	if (sl_flow_table_init(&w->flows, max_flows, ipv6, numa_node, &key, (uint32_t)(now_ns / SL_TICK_NS)) != 0) {
		rte_free(w);
		return NULL;
	}
	if (sl_fragment_table_init(&w->fragments, sl_fragment_capacity(shared->max_fragments, shared->n_workers), numa_node,
				   &key) != 0 ||
	    (shared->seq_translation && sl_seq_table_init(&w->seqs, max_flows, numa_node) != 0)) {
		sl_fragment_table_fini(&w->fragments);
		sl_flow_table_fini(&w->flows);
		rte_free(w);
		return NULL;
	}
	pthread_mutex_init(&w->query_lock, NULL);
	shared->workers[id] = w;
	return w;
}

/* On the node of the worker that reads it. */
static struct rte_ring *ring_create(const char *kind, unsigned int from, const struct sl_worker *to, unsigned int size)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "sluice_%s_%u_%u", kind, from, to->id);
	return rte_ring_create(name, size, to->numa_node, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

int sl_worker_connect(struct sl_shared *shared)
{
	for (unsigned int to = 0; to < shared->n_workers; to++) {
		struct sl_worker *w = shared->workers[to];
		char name[RTE_RING_NAMESIZE];

		for (unsigned int from = 0; from < shared->n_workers; from++) {
			if (from == to)
				continue;
			w->handover_in[from] = ring_create("handover", from, w, SL_RX_RING_SIZE);
			w->transmit_in[from] = ring_create("transmit", from, w, SL_RX_RING_SIZE);
			if (w->handover_in[from] == NULL || w->transmit_in[from] == NULL)
				return -1;
		}
		snprintf(name, sizeof(name), "sluice_events_%u", to);
		w->events = rte_ring_create_elem(name, sizeof(struct sl_event), SL_EVENT_RING_SIZE, w->numa_node,
						 RING_F_SP_ENQ | RING_F_SC_DEQ);
		w->transmit_in[SL_MAX_WORKERS] = ring_create("transmit", SL_MAX_WORKERS, w, SL_RX_RING_SIZE);
		w->punts_out = ring_create("punts", SL_MAX_WORKERS, w, SL_RX_RING_SIZE);
		if (w->events == NULL || w->transmit_in[SL_MAX_WORKERS] == NULL || w->punts_out == NULL)
			return -1;
	}
	return 0;
}

uint64_t sl_worker_bytes(uint16_t n_workers)
{
	uint64_t ring = SL_RX_RING_SIZE * sizeof(void *) + sizeof(struct rte_ring);
	uint64_t events = SL_EVENT_RING_SIZE * sizeof(struct sl_event) + sizeof(struct rte_ring);

	return sizeof(struct sl_worker) + (2ull * (n_workers - 1) + 2) * ring + events;
}

void sl_worker_set_time(struct sl_worker *w, const struct sl_snapshot *s, uint64_t now_ns)
{
	w->now_ns = now_ns;
	w->now_tick = (uint32_t)(now_ns / SL_TICK_NS);
	w->epoch = (s->route_epoch + atomic_load_explicit(&w->shared->neighbours->epoch, memory_order_acquire) +
		    atomic_load_explicit(&w->shared->backend_epoch, memory_order_acquire)) & SL_EPOCH_MASK;
	/* The buckets' rate is configuration; their fill is ours. */
	if (unlikely(w->icmp_errors.ns_per_token != sl_token_bucket_interval_ns(s->icmp_errors_pps))) {
		sl_token_bucket_init(&w->icmp_errors, s->icmp_errors_pps, RTE_MAX(s->icmp_errors_pps / 10, 1u));
		w->rejects = w->icmp_errors;
	}
}

bool sl_worker_uses_removed_snat(const struct sl_worker *w, uint16_t service)
{
	uint32_t seen = __atomic_load_n(&w->removed_snat_tick[service], __ATOMIC_RELAXED);

	return __atomic_load_n(&w->now_tick, __ATOMIC_RELAXED) - seen <= SL_FLOW_VISIT_TICKS;
}

void sl_shared_quiesce(const struct sl_shared *shared)
{
	uint64_t token = rte_rcu_qsbr_start(shared->rcu);

	for (unsigned int looks = 0; rte_rcu_qsbr_check(shared->rcu, token, false) == 0; looks++) {
		if (looks < QUIESCE_SPINS)
			rte_pause();
		else
			usleep(QUIESCE_SLEEP_US);
	}
}

int64_t sl_worker_imbalance(const struct sl_worker *w)
{
	const uint64_t *c = w->count;
	uint64_t in = c[SL_COUNT_RX] + c[SL_COUNT_INJECTED] + c[SL_COUNT_CREATED] + c[SL_COUNT_HANDED_IN];
	uint64_t out = c[SL_COUNT_TX] + c[SL_COUNT_HANDED_OUT] + c[SL_COUNT_CONSUMED] + c[SL_COUNT_HELD];

	for (unsigned int i = 0; i < SL_DROP_MAX; i++)
		out += w->drops[i];
	return (int64_t)(in - out);
}

void sl_worker_wake_control(struct sl_worker *w)
{
	struct sl_shared *shared = w->shared;
	uint64_t one = 1;

	/* Pairs with control, which clears control_awake and then looks once more at what workers left. */
	atomic_thread_fence(memory_order_seq_cst);
	if (shared->control_wakeup_fd >= 0 && !atomic_exchange_explicit(&shared->control_awake, true, memory_order_acq_rel) &&
	    write(shared->control_wakeup_fd, &one, sizeof(one)) < 0)
		w->count[SL_COUNT_EVENTS_LOST]++; /* only a closed eventfd refuses */
}

void sl_worker_event(struct sl_worker *w, const struct sl_event *event)
{
	struct sl_event copy = *event; /* the ring's prototype wants it writable */

	if (rte_ring_sp_enqueue_elem(w->events, &copy, sizeof(copy)) != 0) {
		w->count[SL_COUNT_EVENTS_LOST]++;
		return;
	}
	sl_worker_wake_control(w);
}

static void ring_drain(struct sl_worker *w, struct rte_ring *ring, enum sl_worker_counter counter)
{
	void *m;

	while (ring != NULL && rte_ring_sc_dequeue(ring, &m) == 0) {
		w->count[counter]++;
		sl_packet_drop(w, m, SL_DROP_SHUTDOWN);
	}
}

/* They were counted as consumed. */
static void forget_punts(struct sl_worker *w)
{
	void *m;

	while (w->punts_out != NULL && rte_ring_sc_dequeue(w->punts_out, &m) == 0)
		rte_pktmbuf_free(m);
}

void sl_worker_drain(struct sl_worker *w)
{
	for (unsigned int from = 0; from < SL_MAX_WORKERS; from++) {
		ring_drain(w, w->handover_in[from], SL_COUNT_HANDED_IN);
		ring_drain(w, w->transmit_in[from], SL_COUNT_HANDED_IN);
	}
	ring_drain(w, w->transmit_in[SL_MAX_WORKERS], SL_COUNT_INJECTED);
	forget_punts(w);
	sl_hold_drop_all(w, SL_DROP_SHUTDOWN);
	for (uint16_t i; (i = sl_fragment_oldest(&w->fragments)) != SL_ID_NONE; sl_fragment_remove(&w->fragments, i)) {
		struct rte_mbuf *m;
		while ((m = sl_fragment_unhold(&w->fragments, i)) != NULL) {
			w->count[SL_COUNT_HELD]--;
			sl_packet_drop(w, m, SL_DROP_SHUTDOWN);
		}
	}
}

void sl_worker_destroy(struct sl_worker *w)
{
	if (w == NULL)
		return;
	for (unsigned int from = 0; from < SL_MAX_WORKERS; from++) {
		rte_ring_free(w->handover_in[from]);
		rte_ring_free(w->transmit_in[from]);
	}
	rte_ring_free(w->transmit_in[SL_MAX_WORKERS]);
	rte_ring_free(w->events);
	rte_ring_free(w->punts_out);
	pthread_mutex_destroy(&w->query_lock);
	sl_flow_table_fini(&w->flows);
	sl_fragment_table_fini(&w->fragments);
	sl_relay_detach(w);
	sl_seq_table_fini(&w->seqs);
	w->shared->workers[w->id] = NULL;
	rte_free(w);
}
