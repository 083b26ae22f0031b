/* SPDX-License-Identifier: BSD-3-Clause */
/* Each cause by which a packet is dropped on its way to a service, named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lab.h"

#include "sluice/state/worker.h"

static const struct golden_step frames[] = {
	IN("wan", ETH("02::c1", "02::99"), IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S")),
	DROPPED(NOT_OUR_MAC, 1),
	IN("wan", ETH("02::c1", "02::f0", .type = 0x88cc), PAYLOAD("lldp")),
	DROPPED(ETHERTYPE, 1),
	IN("wan", CLIENT_ETH, VLAN(7), IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S")),
	DROPPED(VLAN, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .length = 4000), TCP(1000, 80, "S")),
	DROPPED(TRUNCATED, 1),
	IN("wan", ETH("02::c1", "bcast"), IP4("192.0.2.100", "192.0.2.255"), UDP(1000, 137)),
	DROPPED(MULTICAST, 1),
	IN("wan", ETH("02::c1", "33:33::fb"), IP6("fe80::1", "ff02::fb"), UDP(5353, 5353)),
	DROPPED(MULTICAST, 1),
	END
};

static const struct golden_step headers[] = {
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .version_ihl = 0x44), TCP(1000, 80, "S")),
	DROPPED(IP_HEADER, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .bad_checksum = 1), TCP(1000, 80, "S")),
	DROPPED(IP_CHECKSUM, 1),
	IN("wan", CLIENT_ETH, IP4("127.0.0.1", "192.0.2.10"), TCP(1000, 80, "S")),
	DROPPED(IP_SOURCE, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .options = "830704c000020100"), TCP(1000, 80, "S")),
	DROPPED(SOURCE_ROUTED, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .length = 8)),
	DROPPED(L4_HEADER, 1),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53, .no_checksum = 1)),
	DROPPED(L4_CHECKSUM, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "SF")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "FUP")),
	DROPPED(TCP_FLAGS, 3),
	END
};

static const struct golden_step nobody[] = { /* golden/unused_ports.c: where senders are told */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 81, "S")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), TCP(1000, 22, "S")),
	DROPPED(NO_SERVICE, 2),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, 5000, "SA")),
	DROPPED(NO_SNAT_FLOW, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .proto = 47), PAYLOAD("gre?")),
	DROPPED(PROTOCOL, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "203.0.113.1"), TCP(1000, 80, "S")),
	DROPPED(NOT_FORWARDED, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "SA")),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R")),
	DROPPED(TCP_NOT_SYN, 3),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 9, .mf = 1), ECHO(1, 1), FILL(96)),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 9, .offset = 104, .proto = 1), FILL(100)),
	DROPPED(FRAGMENT, 2),
	END
};

/* A veth peer that leaves checksums to an offload: refused, and told once. */
static const struct golden_step partial_checksum[] = {
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .partial_checksum = 1)),
	DROPPED(PARTIAL_CHECKSUM, 1),
	EVENT(PARTIAL_CHECKSUM, "wan", "::"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53, .partial_checksum = 1)),
	DROPPED(PARTIAL_CHECKSUM, 1),
	COUNT(EVENTS_LOST, 0),
	END
};

/* traceroute to a VIP: the hop limit ends here, and the client is told by whom; so is a backend. */
static const struct golden_step ttl[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .ttl = 1), UDP(1000, 53), PAYLOAD("a?")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp time-exceeded 0 { ip4 192.0.2.100>192.0.2.10 ttl 1 udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	DROPPED(TTL, 1),
	COUNT(FLOWS_CREATED, 0),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10", .ttl = 1), UDP(1000, 53), PAYLOAD("a?")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 64 icmp time-exceeded 0 { ip6 2001:db8:1::100>2001:db8:1::10 ttl 1 udp 1000>53 len 2 \"a?\" [csum ok] } [csum ok]"),
	DROPPED(TTL, 1),
	END
};

/* Too big for the way out: path MTU discovery works through the VIP. */
/* Backends do it too: their first packet shows it. Later ones, and a complete checksum, are not looked at. */
static const struct golden_step partial_replies[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101, .partial_checksum = 1)),
	DROPPED(PARTIAL_CHECKSUM, 1),
	EVENT(PARTIAL_CHECKSUM, "wan", "::"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $2>8080 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, VAR(2), .partial_checksum = 1)),
	DROPPED(PARTIAL_CHECKSUM, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), UDP(8080, VAR(2))),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1000 len 0 [csum ok]"),
	/* a client's second connection on the same tuple */
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R", .seq = 101)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 R seq 101 ack 0 win 65535 len 0 [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 900, .partial_checksum = 1)),
	DROPPED(PARTIAL_CHECKSUM, 1),
	COUNT(FLOWS_CREATED, 0),
	COUNT(FLOWS_REUSED, 0),
	END
};

static const struct golden_step ttl_answers[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .ttl = 1), UDP(8080, VAR(1)), PAYLOAD("a!")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 tos 0xc0 DF icmp time-exceeded 0 { ip4 10.1.1.1>10.1.0.3 ttl 1 udp 8080>$1 len 2 \"a!\" [csum ok] } [csum ok]"),
	DROPPED(TTL, 1),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $2>8080 len 2 \"a?\" [csum ok]"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3", .ttl = 1), UDP(8080, VAR(2)), PAYLOAD("a!")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 64 icmp time-exceeded 0 { ip6 2001:db8:2::1:1>2001:db8:2::3 ttl 1 udp 8080>$2 len 2 \"a!\" [csum ok] } [csum ok]"),
	DROPPED(TTL, 1), COUNT(ICMP_ERRORS_SENT, 1),
	/* a TTL of 2 is enough */
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3", .ttl = 2), UDP(8080, VAR(1)), PAYLOAD("a!")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 1 udp 53>1000 len 2 \"a!\" [csum ok]"),
	END
};

static void nothing_refused(struct sl_worker *w, struct sl_snapshot *s)
{
	for (unsigned int id = 0; id < SL_MAX_SERVICES; id++)
		assert_int_equal(w->service[id].value[SL_FLOW_COUNT_FLOWS_REFUSED], 0);
}

/* The rest of a connection that is forgotten is no new flow that was refused. */
static const struct golden_step stray[] = {
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 100)),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "R", .seq = 100)),
	DROPPED(TCP_NOT_SYN, 2),
	CALL(nothing_refused),
	END
};

static const struct golden_step mtu[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(1000, 53), FILL(1400)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu 1400 { ip4 192.0.2.100>192.0.2.10 ttl 64 DF udp 1000>53 len 520 #d0b9cf6d } [csum ok]"),
	DROPPED(MTU, 1),
	END
};

#define NARROW "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"mtu\": 1400, \"addresses\": [\"10.1.0.2/16\"] } ], " \
	"\"services\": [" LAB_SERVICE("dns", "192.0.2.10", 53, "udp", LAB_BACKENDS_V4) "] }"

/* Also while the next hop is being asked for: a packet that does not fit must not wait for it. */
static const struct golden_step mtu_unresolved[] = {
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"),
	NEIGHBOUR("lan", "10.1.1.1", "asked"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(1000, 53), FILL(1400)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu 1400 { ip4 192.0.2.100>192.0.2.10 ttl 64 DF udp 1000>53 len 520 #d0b9cf6d } [csum ok]"),
	DROPPED(MTU, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(1000, 53), FILL(1400)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu 1400 { ip4 192.0.2.100>192.0.2.10 ttl 64 DF udp 1000>53 len 520 #d0b9cf6d } [csum ok]"),
	DROPPED(MTU, 1),
	END
};

static const struct golden_step no_route[] = {
	RESOLVED,
	OPENED,
	RELOAD("{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, \"interfaces\": ["
	       "{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\"] },"
	       "{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"addresses\": [\"10.9.0.2/16\"] } ] }"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 0 { ip4 192.0.2.100>192.0.2.10 ttl 64 tcp 1000>80 A seq 101 ack 501 win 65535 len 0 [csum ok] } [csum ok]"),
	DROPPED(NO_ROUTE, 1),
	END
};

/* RFC 1122 section 3.3.6: in a frame to all nothing is for a host, not of flows that there are either. */
static const struct golden_step to_all[] = {
	RESOLVED,
	OPENED,
	IN("wan", ETH("02::c1", "bcast"), IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	DROPPED(MULTICAST, 1),
	END
};

static const struct golden_case cases[] = {
	{ "frames to all", LAB_CONFIG, 0, to_all },
	{ "frames", LAB_CONFIG, 0, frames },
	{ "headers", LAB_CONFIG, 0, headers },
	{ "nobody listens", LAB_CONFIG_WITH("\"unused_ports\": \"drop\", "), 0, nobody },
	{ "stray TCP segments", LAB_CONFIG, 0, stray },
	{ "partial checksums", LAB_CONFIG, 0, partial_checksum },
	{ "partial checksums of replies", LAB_CONFIG, 0, partial_replies },
	{ "TTL", LAB_CONFIG, 0, ttl },
	{ "TTL of answers", LAB_CONFIG, 0, ttl_answers },
	{ "MTU", NARROW, 0, mtu },
	{ "MTU of a next hop being asked for", NARROW, 0, mtu_unresolved },
	{ "no route", LAB_CONFIG, 0, no_route },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "drops", cases);
}
