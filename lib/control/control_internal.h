/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of lib/control share. The control thread is the only writer of everything here. It holds `lock` while it
 * works (all the time but when it sleeps or reads the configuration file), so that telemetry's threads
 * can read these fields, the configuration, the snapshot and the neighbour table under the same lock. Workers never take it.
 */
#ifndef SLUICE_CONTROL_INTERNAL_H
#define SLUICE_CONTROL_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "sluice/control/control.h"
#include "sluice/state/counters.h"

#define SL_CONFLICTS_MAX 16
#define SL_MESSAGE_MAX 256
#define SL_NEVER UINT64_MAX /* a deadline that does not come */
#define SL_NS_PER_S 1000000000ull

/* X(identifier, telemetry name, help) */
#define SL_CONTROL_COUNTERS(X)                                                                                   \
	X(EVENTS, events, "messages from workers")                                                               \
	X(CONFLICTS, address_conflicts, "times another station was seen to use one of our addresses")            \
	X(GROUP_QUERIES, group_queries, "questions of multicast routers for groups (IGMP, MLD)")                 \
	X(FRAMES_SENT, frames_sent, "ARP, ND, IGMP and MLD frames given to a worker to send")                          \
	X(FRAMES_NOT_SENT, frames_not_sent,                                                                            \
	  "ARP, ND, IGMP and MLD frames put off: no packet buffer or ring full; or for a port that was removed")       \
	X(COMPANION_TO_HOST, companion_to_host, "frames given to the host's stack by companions")               \
	X(COMPANION_FROM_HOST, companion_from_host, "frames of the host's stack given to a worker to send")     \
	X(COMPANION_REFUSED, companion_refused, "frames the host's stack did not take: its link is down, or its queue full") \
	X(COMPANION_LOST, companion_lost, "frames of the host's stack lost: no packet buffer, or ring to the worker full")            \
	X(CHECKS_IMPOSSIBLE, checks_impossible, "health checks that could not be made, which says nothing of the backends") \
	X(NEIGHBOURS_EVICTED, neighbours_evicted, "idle next hops removed early because the table was full")     \
	X(NEIGHBOURS_REFUSED, neighbours_refused, "next hops not resolved because the table was full; raise max_neighbours") \
	X(RELAY_ALARMS, relay_alarms, "times an input of a relay had brought nothing for its stream's alarm_ms")    \
	X(LINK_CHANGES, link_changes, "times a port's link went up or down")                                     \
	X(PORTS_REMOVED, ports_removed, "ports whose devices were taken away and released")                      \
	X(PUBLICATIONS, publications, "snapshots published since the start")                                     \
	X(BACKEND_CHANGES, backend_changes, "schedules exchanged because a backend's weight, health or administrative state changed") \
	X(RELOADS, reloads, "reloads that succeeded")                                                            \
	X(RELOADS_REFUSED, reloads_refused, "reloads refused because of problems in the file")                   \
	X(REQUESTS, requests, "requests on the control socket")                                                  \
	X(REQUESTS_REFUSED, requests_refused, "of these, those that were refused")                               \
	X(EDITS, edits, "changes of the configuration by the control socket")                                    \
	X(LOOPS, loops, "turns of the control loop")

enum sl_control_counter {
#define X(id, name, help) SL_CONTROL_COUNT_##id,
	SL_CONTROL_COUNTERS(X)
#undef X
	SL_CONTROL_COUNT_MAX
};
extern const struct sl_counter_info sl_control_counter_infos[SL_CONTROL_COUNT_MAX];

/* Another station claims an address of ours. */
struct sl_conflict {
	struct sl_ip ip;
	uint8_t mac[6];
	char interface[SL_IFNAME_MAX];
	uint64_t first_ns, last_ns; /* sl_control_now_ns() */
	uint32_t count;
};

/* The last reload, or the start. */
struct sl_reload_status {
	bool ok;
	time_t when;		   /* wall clock */
	unsigned int n_problems;   /* of a refused one */
	char message[SL_MESSAGE_MAX]; /* what changed, or the first problem */
};

struct sl_backend_note;
struct sl_companions;
struct sl_passive;
struct sl_health_checks;
struct json_t;
struct sl_call;
struct sl_flow_counts;
struct sl_flow_job;
struct sl_drains;
struct sl_server;
struct sl_neighbours;
struct sl_announcer;
struct sl_listener;
struct sl_relay_alarms;

struct sl_control {
	pthread_mutex_t lock;
	char *config_path;
	struct sl_config *config; /* that runs */
	struct json_t *file;	  /* what the file said when it was read or written last; config has later edits, too */
	struct sl_snapshot *snapshot; /* the one in shared->snapshot */
	struct sl_shared *shared;
	struct sl_port *ports;
	unsigned int n_ports;
	struct rte_mempool *pool;

	uint64_t start_ns; /* sl_control_now_ns() at start */
	time_t start_time; /* wall clock */
	uint64_t count[SL_CONTROL_COUNT_MAX];
	struct sl_flow_counts *counts; /* of services and backends */
	struct sl_backend_note *backend_notes; /* by backend id */
	uint64_t snat_removed_ns[SL_MAX_SERVICES]; /* by service id: when addresses were last removed from a service that stays */
	struct sl_reload_status reload;
	struct sl_conflict conflicts[SL_CONFLICTS_MAX]; /* the latest ones, oldest first */
	unsigned int n_conflicts;

	struct sl_neighbours *neighbours; /* state machine over shared->neighbours */
	struct sl_announcer *announcer;
	struct sl_listener *listener;
	struct sl_relay_alarms *relay_alarms;
	struct sl_companions *companions;
	struct sl_health_checks *health;
	struct sl_passive *passive;
	uint64_t next_link_ns, next_drain_ns, next_ramp_ns;
	unsigned int bury_failures;	  /* of tombstones, in a row */
	uint64_t next_settle_ns;	  /* of schedules, SL_NEVER: all are as they should be */
	bool unsettled[SL_MAX_SERVICES];  /* by service id: its schedule is not */
	uint64_t partial_checksum_ports; /* reported already, one bit a port */
	struct sl_flow_job *flow_jobs;	 /* under way */
	struct sl_drains *drains;	 /* deadlines of backends */
	struct sl_server *server;	 /* control socket, NULL: none */
	struct sl_call *calls;		 /* its requests that wait for their job */
	int epoll_fd, signal_fd, timer_fd;
	bool stopping;
};

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t sl_control_now_ns(void);

#endif
