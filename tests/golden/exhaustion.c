/* SPDX-License-Identifier: BSD-3-Clause */
/* New flows that cannot be had (config key on_exhaustion): dropped with their cause, and the client is told, or not. */
#include <netinet/in.h>
#include <stdlib.h>

#include "lab.h"

#include "sluice/state/tcp.h"
#include "sluice/state/worker.h"

#define POLICY_CONFIG(more, policy) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " more LAB_INTERFACES ", " \
	"\"services\": [" LAB_SERVICE("web", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V4 policy) ", " \
	LAB_SERVICE("dns", "192.0.2.10", 53, "udp", LAB_BACKENDS_V4 policy) ", " \
	LAB_SERVICE("web6", "2001:db8:1::10", 80, "tcp", LAB_BACKENDS_V6 policy) ", " \
	LAB_SERVICE("dns6", "2001:db8:1::10", 53, "udp", LAB_BACKENDS_V6 policy) "] }"

#define QUIET POLICY_CONFIG("", "")
#define RESET POLICY_CONFIG("", ", \"on_exhaustion\": \"reset\"")
#define FEW_FLOWS POLICY_CONFIG("\"max_flows\": 1024, ", ", \"on_exhaustion\": \"reset\"")
#define MANY_FLOWS POLICY_CONFIG("\"max_flows\": 300000, ", ", \"on_exhaustion\": \"reset\"")
#define NO_ICMP POLICY_CONFIG("\"icmp_errors_pps\": 0, ", ", \"on_exhaustion\": \"reset\"")
#define PICKUP "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", " \
	"\"services\": [" LAB_SERVICE("web", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V4 \
				      ", \"tcp_pickup\": true, \"on_exhaustion\": \"reset\"") "] }"

#define FROM_CLIENT IP4("192.0.2.100", "192.0.2.10")
#define FROM_CLIENT6 IP6("2001:db8:1::100", "2001:db8:1::10")
#define TCP_IN(...) IN("wan", CLIENT_ETH, FROM_CLIENT, TCP(1000, 80, __VA_ARGS__))
#define TCP6_IN(...) IN("wan", CLIENT_ETH, FROM_CLIENT6, TCP(1000, 80, __VA_ARGS__))
#define UDP_IN IN("wan", CLIENT_ETH, FROM_CLIENT, UDP(1000, 53), PAYLOAD("?"))
#define UDP6_IN IN("wan", CLIENT_ETH, FROM_CLIENT6, UDP(1000, 53), PAYLOAD("?"))

#define REFUSAL(text) OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 80>1000 " text " win 0 len 0 [csum ok]")
#define REFUSAL6(text) \
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 64 tcp 80>1000 " text " win 0 len 0 [csum ok]")
#define PROHIBITED \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 13 " \
	    "{ ip4 192.0.2.100>192.0.2.10 ttl 64 udp 1000>53 len 1 \"?\" [csum ok] } [csum ok]")
#define PROHIBITED6 \
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 64 icmp unreachable 1 " \
	    "{ ip6 2001:db8:1::100>2001:db8:1::10 ttl 64 udp 1000>53 len 1 \"?\" [csum ok] } [csum ok]")

/* What all four clients hear, and one cause for all. */
#define ALL_REFUSED(cause) \
	TCP_IN("S", .seq = 4294967295), REFUSAL("RA seq 0 ack 0"), COUNT(RESETS_SENT, 1), DROPPED(cause, 1), \
	TCP6_IN("S", .seq = 100), REFUSAL6("RA seq 0 ack 101"), DROPPED(cause, 1), \
	UDP_IN, PROHIBITED, COUNT(ICMP_ERRORS_SENT, 1), DROPPED(cause, 1), \
	UDP6_IN, PROHIBITED6, DROPPED(cause, 1)

#define CASE(name, ...) static const struct golden_step name[] = { RESOLVED, __VA_ARGS__, END }

/* ---- what no packet can bring about in a short script ---- */

static void no_backend_takes_flows(struct sl_worker *w, struct sl_snapshot *s)
{
	struct sl_backend_state *states = w->shared->backends;

	for (uint16_t i = 0; i < s->n_services; i++) {
		for (unsigned int j = 0; j < s->services[i].n_backends; j++) {
			const struct sl_backend *backend = &s->services[i].backends[j];
			states[backend->id] = sl_backend_state_of(backend, NULL);
			states[backend->id].admin = SL_ADMIN_DISABLED;
		}
		sl_schedule_release(sl_snapshot_reschedule(s, i, states));
	}
}

/* A flow of nobody's client on a tuple of the server side. */
static uint32_t occupy(struct sl_worker *w, const struct sl_service *service, const struct sl_backend *backend, uint16_t port,
		       uint8_t tcp_state)
{
	struct sl_tuple client = { .peer = service->vip, .self = backend->ip, .peer_port_be = rte_cpu_to_be_16(port),
				   .self_port_be = backend->port_be, .proto = service->proto, .v6 = !sl_ip_is_v4(&service->vip) };
	struct sl_tuple server = { .peer = backend->ip, .self = service->snat[0], .peer_port_be = backend->port_be,
				   .self_port_be = rte_cpu_to_be_16(port), .proto = service->proto, .v6 = client.v6 };
	uint32_t flow = sl_flow_create(&w->flows, &client, &server, w->now_tick, service->timeout_ticks[SL_TIMEOUT_TCP_OPENING]);

	if (flow == SL_FLOW_NONE)
		return flow;
	w->flows.flows[flow].service = service->id;
	w->flows.flows[flow].backend = backend->id;
	w->flows.flows[flow].state = tcp_state;
	w->service[service->id].value[SL_FLOW_COUNT_FLOWS_ACTIVE]++;
	w->backend[backend->id].value[SL_FLOW_COUNT_FLOWS_ACTIVE]++;
	return flow;
}

static void flow_table_full(struct sl_worker *w, struct sl_snapshot *s)
{
	for (uint16_t port = 1; occupy(w, &s->services[0], &s->services[0].backends[0], port, SL_TCP_ESTABLISHED) != SL_FLOW_NONE; port++)
		;
}

/* All ports to all backends of a service. */
static void occupy_ports(struct sl_worker *w, const struct sl_service *service)
{
	for (unsigned int j = 0; j < service->n_backends; j++)
		for (uint32_t port = 1024; port <= 65535; port++)
			if (occupy(w, service, &service->backends[j], (uint16_t)port, SL_TCP_ESTABLISHED) == SL_FLOW_NONE)
				abort();
}

static void tcp_ports_gone(struct sl_worker *w, struct sl_snapshot *s)
{
	occupy_ports(w, &s->services[0]);
}

static void udp_ports_gone(struct sl_worker *w, struct sl_snapshot *s)
{
	occupy_ports(w, &s->services[1]);
}

/* One in eight of the client ports is in TIME_WAIT. */
static void all_but_some_in_time_wait(struct sl_worker *w, struct sl_snapshot *s)
{
	occupy_ports(w, &s->services[0]);
	for (uint32_t flow = 0; flow < w->flows.live; flow += 8)
		w->flows.flows[flow].state = SL_TCP_TIME_WAIT_CLIENT;
}

static void all_in_time_wait_at_backends(struct sl_worker *w, struct sl_snapshot *s)
{
	occupy_ports(w, &s->services[0]);
	for (uint32_t flow = 0; flow < w->flows.live; flow++) {
		w->flows.flows[flow].state = SL_TCP_TIME_WAIT_SERVER;
		w->flows.flows[flow].ack[SL_SERVER] = 777;
	}
}

/* Far from wherever the search is. */
static void free_some_ports(struct sl_worker *w, struct sl_snapshot *s)
{
	for (unsigned int j = 0; j < 2; j++) {
		const struct sl_backend *backend = &s->services[0].backends[j];
		struct sl_tuple server = { .peer = backend->ip, .self = s->services[0].snat[0], .peer_port_be = backend->port_be,
					   .proto = IPPROTO_TCP };
		for (uint32_t port = 30000; port < 30100; port++) {
			uint8_t side;
			server.self_port_be = rte_cpu_to_be_16((uint16_t)port);
			sl_flow_destroy(&w->flows, sl_flow_lookup(&w->flows, &server, sl_flow_hash(&w->flows, &server), &side));
		}
	}
}

/* ---- each cause ---- */

CASE(no_backend, CALL(no_backend_takes_flows), ALL_REFUSED(NO_BACKEND), COUNT(FLOWS_CREATED, 0));
CASE(table_full, CALL(flow_table_full), ALL_REFUSED(FLOW_TABLE_FULL));
CASE(no_tcp_port, CALL(tcp_ports_gone), TCP_IN("S", .seq = 100), REFUSAL("RA seq 0 ack 101"), DROPPED(SNAT_EXHAUSTED, 1));
CASE(no_udp_port, CALL(udp_ports_gone), UDP_IN, PROHIBITED, DROPPED(SNAT_EXHAUSTED, 1));

/* Ports that come free are found: after the pause behind a failed search, and wherever they are. */
CASE(port_freed, CALL(tcp_ports_gone), TCP_IN("S", .seq = 100), REFUSAL("RA seq 0 ack 101"), DROPPED(SNAT_EXHAUSTED, 1),
     TIME(10), TCP_IN("S", .seq = 100), REFUSAL("RA seq 0 ack 101"), DROPPED(SNAT_EXHAUSTED, 1), CALL(free_some_ports),
     TIME(10), TCP_IN("S", .seq = 100),
     OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"));

/* Connections in TIME_WAIT give way, and nothing else does. */
CASE(time_wait_at_client, CALL(all_but_some_in_time_wait), TCP_IN("S", .seq = 100), COUNT(FLOWS_REUSED, 1),
     OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"));
CASE(time_wait_at_backend, CALL(all_in_time_wait_at_backends), TCP_IN("S", .seq = 100), COUNT(FLOWS_REUSED, 1), COUNT(RESETS_SENT, 1),
     OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 64 DF tcp $1>8080 R seq 777 ack 0 win 0 len 0 [csum ok]"),
     OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"));

/* A removed service that drains. */
#define WITHOUT_SERVICES "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES " }"
CASE(draining, OPENED, UDP_IN, OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $2>8080 len 1 \"?\" [csum ok]"),
     RELOAD(WITHOUT_SERVICES), IN("wan", CLIENT_ETH, FROM_CLIENT, TCP(2000, 80, "S", .seq = 6)),
     OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 80>2000 RA seq 0 ack 7 win 0 len 0 [csum ok]"),
     DROPPED(DRAINING, 1), IN("wan", CLIENT_ETH, FROM_CLIENT, UDP(2000, 53), PAYLOAD("?")),
     OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 13 "
	 "{ ip4 192.0.2.100>192.0.2.10 ttl 64 udp 2000>53 len 1 \"?\" [csum ok] } [csum ok]"),
     DROPPED(DRAINING, 1));

/* A dnat service in the place of another before the same backend, where a flow of the old one has the client's port. */
#define DNAT(name, port) "{ \"name\": \"" name "\", \"address\": \"192.0.2.10\", \"port\": " #port ", \"protocol\": \"tcp\", " \
	"\"mode\": \"dnat\", \"on_exhaustion\": \"reset\", \"backends\": [ { \"address\": \"10.1.1.1\", \"port\": 8080 } ] }"
#define DNAT_CONFIG(service) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", " \
	"\"services\": [" service "] }"
CASE(tuple_in_use, TCP_IN("S", .seq = 100),
     OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 tcp 1000>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
     RELOAD(DNAT_CONFIG(DNAT("new", 81))), IN("wan", CLIENT_ETH, FROM_CLIENT, TCP(1000, 81, "S", .seq = 6)),
     OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 81>1000 RA seq 0 ack 7 win 0 len 0 [csum ok]"),
     DROPPED(TUPLE_IN_USE, 1));

/* ---- the form of the answer ---- */

/* A SYN with data (RFC 7413) is acknowledged with it; a segment with ACK gets the number it expects (RFC 9293 section 3.10.7.1). */
CASE(data_in_syn, CALL(no_backend_takes_flows), IN("wan", CLIENT_ETH, FROM_CLIENT, TCP(1000, 80, "S", .seq = 100), PAYLOAD("hello")),
     REFUSAL("RA seq 0 ack 106"), DROPPED(NO_BACKEND, 1), TCP_IN("S", .seq = 100, .options = "020405b4"), REFUSAL("RA seq 0 ack 101"),
     DROPPED(NO_BACKEND, 1));
CASE(segment_with_ack, CALL(no_backend_takes_flows), TCP_IN("PA", .seq = 100, .ack = 9000), REFUSAL("R seq 9000 ack 0"),
     DROPPED(NO_BACKEND, 1));

/* ---- when there is no answer ---- */

CASE(quiet, CALL(no_backend_takes_flows), TCP_IN("S", .seq = 100), TCP6_IN("S", .seq = 100), UDP_IN, UDP6_IN, DROPPED(NO_BACKEND, 4),
     COUNT(TX, 0));
CASE(not_exhaustion, TCP_IN("A", .seq = 100, .ack = 5), TCP_IN("RA", .seq = 100, .ack = 5), TCP_IN("SA", .seq = 100, .ack = 5),
     DROPPED(TCP_NOT_SYN, 3), COUNT(TX, 0));
CASE(resets_get_none, CALL(no_backend_takes_flows), TCP_IN("R", .seq = 100), TCP_IN("RA", .seq = 100, .ack = 5), DROPPED(TCP_NOT_SYN, 2),
     COUNT(TX, 0));
/* ICMP at the limited rate: 1000 a second in bursts of 100, or none. */
CASE(no_icmp, CALL(no_backend_takes_flows), UDP_IN, DROPPED(NO_BACKEND, 1), COUNT(ICMP_ERRORS_LIMITED, 1), COUNT(TX, 0));

static const struct golden_case cases[] = {
	{ "no backend", RESET, 0, no_backend },
	{ "flow table full", FEW_FLOWS, 0, table_full },
	{ "no TCP port", MANY_FLOWS, 0, no_tcp_port },
	{ "no UDP port", MANY_FLOWS, 0, no_udp_port },
	{ "a port comes free", MANY_FLOWS, 0, port_freed },
	{ "TIME_WAIT at the client gives way", MANY_FLOWS, 0, time_wait_at_client },
	{ "TIME_WAIT at the backend gives way", MANY_FLOWS, 0, time_wait_at_backend },
	{ "draining", RESET, 0, draining },
	{ "tuple in use", DNAT_CONFIG(DNAT("old", 80)), 0, tuple_in_use },
	{ "data in the SYN", RESET, 0, data_in_syn },
	{ "a segment with ACK", PICKUP, 0, segment_with_ack },
	{ "dropped without an answer", QUIET, 0, quiet },
	{ "no way to open a flow", RESET, 0, not_exhaustion },
	{ "resets get no answer", PICKUP, 0, resets_get_none },
	{ "ICMP not allowed", NO_ICMP, 0, no_icmp },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "exhaustion", cases);
}
