/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Everything one worker owns. No globals: a test can hold two. Fields are written by the worker alone unless they say
 * otherwise. `shared` is what all workers of a process see.
 */
#ifndef SLUICE_STATE_WORKER_H
#define SLUICE_STATE_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "sluice/base/dispatch.h"
#include "sluice/base/siphash.h"
#include "sluice/base/token_bucket.h"
#include "sluice/config/snapshot.h"
#include "sluice/packet/burst.h"
#include "sluice/state/affinity.h"
#include "sluice/state/counters.h"
#include "sluice/state/delivery.h"
#include "sluice/state/event.h"
#include "sluice/state/flow.h"
#include "sluice/state/fragment.h"
#include "sluice/state/ip_id.h"
#include "sluice/state/latency.h"
#include "sluice/state/neighbour.h"
#include "sluice/state/query.h"
#include "sluice/state/relay.h"
#include "sluice/state/seq.h"

#define SL_TX_BURST 64
#define SL_HOLD_NEIGHBOURS 64	/* unresolved next hops a worker holds packets for */
#define SL_HOLD_PACKETS 16	/* packets held per unresolved next hop */
#define SL_HOLD_NS (3ull * 1000 * 1000 * 1000) /* how long: three ARP requests a second apart (RFC 4861 MAX_MULTICAST_SOLICIT) */
#define SL_HOLD_PATIENCE_NS (1000ull * 1000 * 1000) /* from then on, one that nobody configured gives way to another */
#define SL_PORT_SELECT_COUNTERS 1024 /* RFC 6056 section 3.3.4, table size */
#define SL_RX_RING_SIZE 1024	/* between each two workers */
#define SL_EVENT_RING_SIZE 1024

/* Packets that wait to go out by one port. */
struct sl_tx_queue {
	uint16_t n;
	uint16_t queue;	      /* queue of the port, where has_queue */
	bool has_queue;	      /* otherwise `owner` transmits for us */
	bool removed;	      /* the port is gone: nobody transmits */
	uint16_t owner;
	struct rte_mbuf *m[SL_TX_BURST];
};

struct sl_rx_queue {
	uint16_t port, queue;
};

/* Packets that wait for one unresolved next hop. Headers are as they leave, without Ethernet header. */
struct sl_hold {
	uint16_t interface; /* SL_ID_NONE: free */
	uint16_t n;
	bool wanted;	    /* a gateway or backend of the configuration */
	struct sl_ip ip;
	uint64_t deadline_ns;
	struct rte_mbuf *m[SL_HOLD_PACKETS];
};

/* Set up before the workers start, and constant then, except where another writer is named. */
struct sl_shared {
	uint16_t n_workers, n_ports;
	struct sl_worker *workers[SL_MAX_WORKERS];
	_Atomic(const struct sl_snapshot *) snapshot; /* control: published configuration */
	struct rte_rcu_qsbr *rcu;		      /* thread id is the worker id */
	struct sl_neighbour_table *neighbours;	      /* control writes */
	struct sl_backend_state backends[SL_MAX_BACKENDS]; /* control writes; by id */
	struct sl_affinity_table *affinities;	      /* workers write, see affinity.h */
	_Atomic uint64_t path_mtus[SL_PATH_MTUS];     /* workers write, see delivery.h */
	_Atomic uint32_t backend_epoch;		      /* control: changes after a backend's health or administrative state */
	const struct sl_dispatch *dispatch;	      /* which worker has a packet; NULL with a single worker */
	uint8_t port_mac[SL_MAX_PORTS][8];	      /* in the first six */
	bool port_rx_checksum[SL_MAX_PORTS];	      /* the port verifies IPv4 header checksums */
	bool port_multi_segment[SL_MAX_PORTS];	      /* the port sends chained mbufs */
	_Atomic bool stop;			      /* control: workers return from their loop */
	_Atomic uint32_t removed_ports;		      /* control: one bit a port whose device has gone */
	int control_wakeup_fd;			      /* eventfd of the control loop, -1 in tests */
	_Atomic bool control_awake;		      /* false: control sleeps, write to the eventfd after an event */
	bool poll;				      /* never sleep */
	uint32_t idle_sleep_us;
	bool seq_translation;			      /* workers have records for it, as many as flows */
	uint32_t max_fragments;			      /* fragmented datagrams tracked, all workers together */
	uint64_t tsc_hz;
};

/* Of a backend among those of its service (lib/path/rank.c), by backend id. */
struct sl_rank {
	double load;
	uint32_t chosen; /* the last time, in the service's count */
	uint16_t place;	 /* among the targets of the schedule */
	uint16_t winner; /* of the node that has this backend's place: place of a target */
};

/* Of a service whose scheduler needs it, by service id. */
struct sl_ranking {
	uint64_t serial; /* of the schedule it is of; 0: of none */
	uint32_t tick;	 /* when it was set up */
	uint32_t chosen; /* how often a target was chosen */
};

struct sl_worker {
	/* the clock: set once per burst, virtual in tests */
	uint64_t now_ns;
	uint32_t now_tick;
	uint32_t epoch;	   /* SL_EPOCH_BITS of the sum of snapshot route epoch, neighbour epoch, backend epoch: set once per burst */
	uint16_t id;
	unsigned int lcore;
	int numa_node;	 /* for what belongs to the worker, -1: any */
	int memory_node; /* set up: where the flow table really is, -1: unknown */
	struct sl_shared *shared;
	struct rte_mempool *pool; /* for packets made here */

	uint16_t n_rx_queues;
	struct sl_rx_queue rx_queues[SL_MAX_PORTS * 4];
	struct sl_tx_queue tx[SL_MAX_PORTS];
	uint32_t removed_ports; /* those of shared->removed_ports that were let go here */

	struct sl_flow_table flows;
	struct sl_fragment_table fragments;
	struct sl_ip_ids ip_ids;
	uint32_t port_select[SL_PORT_SELECT_COUNTERS]; /* RFC 6056 algorithm 4 */
	struct { uint32_t destination, tick; } ports_gone[SL_PORT_SELECT_COUNTERS]; /* where a search found nothing, and when */
	/* SL_HASHED_*: of these packets the port delivers the dispatch hash, or another; neither: not seen often enough */
	uint8_t hash_trusted[SL_MAX_PORTS], hash_differs[SL_MAX_PORTS];
	uint8_t hash_agreed[SL_MAX_PORTS][4]; /* how often, up to the number that makes it trusted */
	struct sl_siphash_key secret;
	struct sl_token_bucket icmp_errors, rejects; /* of one rate: who scans ports takes no error from others */
	struct sl_token_bucket punts[SL_MAX_INTERFACES]; /* by interface id */

	struct sl_hold holds[SL_HOLD_NEIGHBOURS];
	uint16_t n_holds;

	/* rings: [i] comes from worker i; the last one of transmit_in comes from control. NULL where there is none */
	struct rte_ring *handover_in[SL_MAX_WORKERS];	   /* packets this worker owns */
	struct rte_ring *transmit_in[SL_MAX_WORKERS + 1]; /* complete frames for a port in mbuf.port */
	struct rte_ring *events;			   /* struct sl_event, to control */
	struct rte_ring *punts_out;			   /* packets for companions, to control; mbuf.port is the interface id */

	uint64_t count[SL_COUNT_MAX];
	uint64_t drops[SL_DROP_MAX];
	uint64_t rx_port[SL_MAX_PORTS], tx_port[SL_MAX_PORTS]; /* packets by port */
	uint32_t scheduler_turn[SL_MAX_SERVICES]; /* by service id: the next one; may be past the end of another schedule's round */
	uint64_t handed_port[SL_MAX_PORTS]; /* of those received, the ones that were another worker's */
	uint32_t removed_snat_tick[SL_MAX_SERVICES]; /* by service id: when a flow was last seen to use a removed address */
	struct sl_flow_counters service[SL_MAX_SERVICES];
	struct sl_flow_counters backend[SL_MAX_BACKENDS];
	struct sl_latency latency[SL_MAX_BACKENDS]; /* by backend id */
	struct sl_delivery delivery[SL_MAX_BACKENDS]; /* by backend id, in modes that do not rewrite */
	struct sl_rank rank[SL_MAX_BACKENDS];
	struct sl_ranking ranking[SL_MAX_SERVICES];
	uint64_t random; /* of schedulers that choose by chance */
	struct sl_relay_table *relays; /* NULL: none may be configured */
	struct sl_seq_table seqs;

	/* query: written by the reader while IDLE, by the worker while RUNNING; readers are telemetry's threads and control */
	pthread_mutex_t query_lock;	/* among readers */
	_Atomic uint32_t query_state; /* enum sl_query_state */
	struct sl_flow_query *query;

	uint64_t partial_checksum_ports; /* reported already, one bit a port */
	struct sl_burst burst;
};

/*
 * Allocate (on the NUMA node, -1: any) and set up a worker, and enter it in shared->workers; rings are made by
 * sl_worker_connect. now_ns starts its clock: CLOCK_MONOTONIC, or virtual time in tests.
 */
struct sl_worker *sl_worker_create(struct sl_shared *shared, uint16_t id, struct rte_mempool *pool, uint32_t max_flows,
				   bool ipv6, int numa_node, uint64_t now_ns);
void sl_worker_destroy(struct sl_worker *w); /* drained before; NULL is accepted */

/* After all workers stopped: drop what waits in the rings to this worker and in its holds, cause shutdown. */
void sl_worker_drain(struct sl_worker *w);

/* Create the rings between shared->workers[0..n_workers). Returns 0, or -1 when memory runs out (destroy the workers). */
int sl_worker_connect(struct sl_shared *shared);

/* Bytes of one worker without its tables of flows and fragments, and of its rings. */
uint64_t sl_worker_bytes(uint16_t n_workers);

/* Set the clock (same origin as at creation), and what depends on it once per burst. */
void sl_worker_set_time(struct sl_worker *w, const struct sl_snapshot *s, uint64_t now_ns);

/* Does the worker have flows on source-NAT addresses that were removed from the service? True in case of doubt. Any thread. */
bool sl_worker_uses_removed_snat(const struct sl_worker *w, uint16_t service);

/*
 * Wait until every worker has passed a quiescent state: nobody looks any more at what was taken out of sight before. A worker
 * that shares its core with others may be a while, so the caller sleeps and does not take what time there is.
 */
void sl_shared_quiesce(const struct sl_shared *shared);

/* Left side minus right side of the conservation law; 0 unless a packet was lost without a cause. */
int64_t sl_worker_imbalance(const struct sl_worker *w);

/* Wake the control thread, if it sleeps, to look at what this worker has left for it: an event, an answered query. */
void sl_worker_wake_control(struct sl_worker *w);

/* Tell control something; never blocks. Wakes the control thread if it sleeps. */
void sl_worker_event(struct sl_worker *w, const struct sl_event *event);

#endif
