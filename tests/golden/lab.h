/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The topology most golden cases use.
 *
 *	client 192.0.2.100, 2001:db8:1::100		backend 1: 10.1.1.1, 2001:db8:2::1:1   02::b1
 *	       02::c1					backend 2: 10.1.1.2, 2001:db8:2::1:2   02::b2
 *	   |						   |
 *	 wan 192.0.2.2/24, 2001:db8:1::2/64  02::f0  sluice  lan 10.1.0.2/16, 2001:db8:2::2/64  02::f1
 *
 *	VIPs 192.0.2.10 and 2001:db8:1::10 (tcp 80, udp 53); source-NAT 10.1.0.3 and 2001:db8:2::3
 */
#ifndef SLUICE_TESTS_GOLDEN_LAB_H
#define SLUICE_TESTS_GOLDEN_LAB_H

#include "golden.h"

#define LAB_INTERFACES \
	"\"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"]," \
	"  \"gateways\": [\"192.0.2.1\", \"2001:db8:1::1\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] } ]"

#define LAB_BACKENDS_V4 LAB_BACKENDS_V4_BY("10.1.0.3")
#define LAB_BACKENDS_V4_BY(snat) "\"snat\": [\"" snat "\"], \"backends\": [ { \"address\": \"10.1.1.1\", \"port\": 8080 }, " \
			"{ \"address\": \"10.1.1.2\", \"port\": 8080 } ]"
#define LAB_BACKENDS_V6 "\"snat\": [\"2001:db8:2::3\"], \"backends\": [ { \"address\": \"2001:db8:2::1:1\", \"port\": 8080 }, " \
			"{ \"address\": \"2001:db8:2::1:2\", \"port\": 8080 } ]"

#define LAB_SERVICE(name, address, port, protocol, rest) \
	"{ \"name\": \"" name "\", \"address\": \"" address "\", \"port\": " #port ", \"protocol\": \"" protocol "\", " \
	"\"mode\": \"full-nat\", \"scheduler\": \"round-robin\", " rest " }"

#define LAB_SERVICES \
	"\"services\": [" LAB_SERVICE("web", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V4) "," \
	LAB_SERVICE("dns", "192.0.2.10", 53, "udp", LAB_BACKENDS_V4) "," \
	LAB_SERVICE("web6", "2001:db8:1::10", 80, "tcp", LAB_BACKENDS_V6) "," \
	LAB_SERVICE("dns6", "2001:db8:1::10", 53, "udp", LAB_BACKENDS_V6) "]"

#define LAB_CONFIG_WITH(rest) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " rest LAB_INTERFACES ", " LAB_SERVICES " }"
#define LAB_CONFIG LAB_CONFIG_WITH("")

#define CLIENT_ETH ETH("02::c1", "02::f0")
#define BACKEND1_ETH ETH("02::b1", "02::f1")
#define BACKEND2_ETH ETH("02::b2", "02::f1")

#define RESOLVED \
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"), NEIGHBOUR("wan", "2001:db8:1::100", "02::c1"), \
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"), NEIGHBOUR("lan", "10.1.1.2", "02::b2"), \
	NEIGHBOUR("lan", "2001:db8:2::1:1", "02::b1"), NEIGHBOUR("lan", "2001:db8:2::1:2", "02::b2")

/* A TCP connection opened through the VIP to backend 1; $1 is the source-NAT port. */
#define OPENED \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"), \
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)), \
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"), \
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "A", .seq = 101, .ack = 501)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 A seq 101 ack 501 win 65535 len 0 [csum ok]")

#endif
