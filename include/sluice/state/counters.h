/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters of the packet path. Each is declared here once (enum, telemetry name, help); telemetry, docs and tests come
 * from these tables. One writer: the worker that holds them. Readers sum over workers with relaxed loads.
 */
#ifndef SLUICE_STATE_COUNTERS_H
#define SLUICE_STATE_COUNTERS_H

#include <stdint.h>

#include "sluice/packet/drop.h"

/*
 * The conservation law, true for every worker whenever no burst is in its hands:
 *   rx + injected + created + handed_in = tx + handed_out + consumed + sum(drops) + held
 */
/* X(identifier, telemetry name, help) */
#define SL_WORKER_COUNTERS(X)                                                                                        \
	X(RX, rx_packets, "packets received from ports")                                                             \
	X(RX_BYTES, rx_bytes, "bytes received from ports, without FCS")                                              \
	X(INJECTED, injected_packets, "packets the control thread gave this worker to send")                         \
	X(CREATED, created_packets, "packets made here: ICMP errors, resets, copies")                                \
	X(HANDED_IN, handed_in_packets, "packets other workers handed to this one")                                  \
	X(HANDED_OUT, handed_out_packets, "packets handed to the worker that owns them or their transmit queue")     \
	X(TX, tx_packets, "packets a port accepted for transmission")                                                \
	X(TX_BYTES, tx_bytes, "bytes a port accepted for transmission, without FCS")                                 \
	X(LINEARISED, linearised_packets, "packets copied together for a port that sends no chained buffers")       \
	X(CONSUMED, consumed_packets,                                                                                \
	  "packets that ended here on purpose: ARP and ND answers read, group queries, punted ones, ACKs a PROXY header took along") \
	X(PUNTED, punted_packets, "of these, those given to the host's own stack by the interface's companion")      \
	X(HELD, held_packets, "packets that wait for their next hop or for their first fragment (gauge)")                         \
	X(FLOWS_CREATED, flows_created, "flows created")                                                             \
	X(FLOWS_EXPIRED, flows_expired, "flows ended by their idle time")                                            \
	X(FLOWS_REUSED, flows_reused, "flows in TIME_WAIT ended early because their tuple was needed again")         \
	X(FLOWS_MOVED, flows_moved, "UDP flows that went on at another backend because theirs was down or disabled") \
	X(AFFINITY_KEPT, affinity_kept, "new flows that went to the backend of their client's earlier ones")          \
	X(AFFINITY_EVICTED, affinity_evicted, "clients whose backend was forgotten early to make room; raise max_affinities") \
	X(FLOWS_ANSWERED, flows_answered, "request-response UDP flows ended by their last reply")                    \
	X(FLOWS_SHUT, flows_shut, "flows ended by an operator or by a drain's deadline")                             \
	X(RESETS_SENT, resets_sent, "TCP resets sent: new flows refused, unused ports, flows shut, backends told of a tuple used again") \
	X(PROXY_HEADERS_SENT, proxy_headers_sent, "PROXY protocol headers sent to backends, repetitions not counted")     \
	X(PROXY_HEADERS_REPEATED, proxy_headers_repeated, "PROXY protocol headers sent again because they were not acknowledged") \
	X(PROXY_HEADERS_GIVEN_UP, proxy_headers_given_up, "connections ended because their backend never acknowledged the PROXY header") \
	X(DATAGRAMS_FRAGMENTED, datagrams_fragmented, "datagrams that came in fragments and were followed")          \
	X(DATAGRAMS_INCOMPLETE, datagrams_incomplete, "of these, those with fragments missing when their time was up") \
	X(DATAGRAMS_EVICTED, datagrams_evicted, "of these, those forgotten early to make room; raise max_fragments") \
	X(DATAGRAMS_CUT, datagrams_cut, "packets from or to IPv4 cut into fragments because the outgoing MTU is smaller") \
	X(NO_MBUF_CREATED, no_mbuf_created, "replies not made because no packet buffer was free")                    \
	X(ICMP_ERRORS_SENT, icmp_errors_sent, "ICMP and ICMPv6 errors sent")                                         \
	X(ICMP_ERRORS_LIMITED, icmp_errors_limited, "ICMP and ICMPv6 errors not sent because of the rate limit")     \
	X(REJECTS_LIMITED, rejects_limited, "packets to unused ports not answered because of the rate limit")        \
	X(ICMP_ERRORS_TRANSLATED, icmp_errors_translated, "ICMP and ICMPv6 errors translated for the flow's other end") \
	X(ICMP_ERRORS_STEERED, icmp_errors_steered, "ICMP and ICMPv6 errors about replies, sent on to the backend that replied") \
	X(TUNNEL_ERRORS, tunnel_errors, "ICMP and ICMPv6 errors from routers between sluice and a tunnel's far end")       \
	X(PATH_MTUS_LEARNT, path_mtus_learnt, "of these, those that said a smaller path MTU than was known")               \
	X(EVENTS_LOST, events_lost, "messages to the control thread lost because its ring was full")                 \
	X(LOOPS, loops, "poll loops")                                                                                \
	X(BUSY_CYCLES, busy_cycles, "TSC cycles in loops that moved packets")                                        \
	X(TOTAL_CYCLES, total_cycles, "TSC cycles since the worker started")                                         \
	X(SLEEPS, sleeps, "times the idle worker slept")                                                             \
	X(SLEEP_MAX_NS, sleep_max_ns, "longest sleep, wake-up delay included, in nanoseconds (gauge)")

enum sl_worker_counter {
#define X(id, name, help) SL_COUNT_##id,
	SL_WORKER_COUNTERS(X)
#undef X
	SL_COUNT_MAX
};

/* The same rows count for a service and for a backend. */
#define SL_FLOW_COUNTERS(X)                                                         \
	X(CLIENT_PACKETS, client_packets, "packets from clients that were forwarded") \
	X(CLIENT_BYTES, client_bytes, "bytes of those packets, IP header included")   \
	X(SERVER_PACKETS, server_packets, "packets from backends that were forwarded") \
	X(SERVER_BYTES, server_bytes, "bytes of those packets, IP header included")   \
	X(FLOWS_CREATED, flows_created, "flows created")                            \
	X(FLOWS_ACTIVE, flows_active, "flows that exist now (gauge)")               \
	X(FLOWS_REFUSED, flows_refused, "new flows that were refused")              \
	X(FLOWS_OPEN, flows_open, "flows that exist now and are not over as a closed TCP connection is (gauge)")

enum sl_flow_counter {
#define X(id, name, help) SL_FLOW_COUNT_##id,
	SL_FLOW_COUNTERS(X)
#undef X
	SL_FLOW_COUNT_MAX
};

struct sl_flow_counters {
	uint64_t value[8];
};
_Static_assert(SL_FLOW_COUNT_MAX == 8, "one cache line per service or backend");

struct sl_counter_info {
	const char *name;
	const char *help;
};
extern const struct sl_counter_info sl_worker_counter_infos[SL_COUNT_MAX];
extern const struct sl_counter_info sl_flow_counter_infos[SL_FLOW_COUNT_MAX];

#endif
