/* SPDX-License-Identifier: BSD-3-Clause */
/* What the golden cases of PROXY headers and sequence translation have in common. */
#ifndef SLUICE_TESTS_GOLDEN_PROXY_H
#define SLUICE_TESTS_GOLDEN_PROXY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lab.h"

#include "sluice/state/worker.h"

/* Ports: 80 version 2, 81 version 1, 82 version 2 to the other family, 83 dnat, 84 without. */
#define PROXY_CONFIG PROXY_CONFIG_WITH("\"proxy_protocol\": \"v2\", ")
#define PROXY_CONFIG_WITH(v2) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [" \
	LAB_SERVICE("web", "192.0.2.10", 80, "tcp", v2 LAB_BACKENDS_V4) "," \
	LAB_SERVICE("old", "192.0.2.10", 81, "tcp", "\"proxy_protocol\": \"v1\", " LAB_BACKENDS_V4) "," \
	LAB_SERVICE("web6", "2001:db8:1::10", 80, "tcp", v2 LAB_BACKENDS_V6) "," \
	LAB_SERVICE("old6", "2001:db8:1::10", 81, "tcp", "\"proxy_protocol\": \"v1\", " LAB_BACKENDS_V6) "," \
	LAB_SERVICE("web64", "2001:db8:1::10", 82, "tcp", v2 LAB_BACKENDS_V4) "," \
	LAB_SERVICE("web46", "192.0.2.10", 82, "tcp", v2 LAB_BACKENDS_V6) "," \
	"{ \"name\": \"dnat\", \"address\": \"192.0.2.10\", \"port\": 83, \"protocol\": \"tcp\", \"mode\": \"dnat\", " v2 \
	"\"backends\": [ { \"address\": \"10.1.1.1\", \"port\": 8083 } ] }," \
	LAB_SERVICE("plain", "192.0.2.10", 84, "tcp", LAB_BACKENDS_V4) "] }"

#define FROM_CLIENT(...) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), __VA_ARGS__)
#define FROM_BACKEND(...) IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), __VA_ARGS__)
#define TO_CLIENT(text) OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl " text)
#define TO_BACKEND(text) OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl " text)

#define V6_CLIENT(...) IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), __VA_ARGS__)
#define V6_TO_BACKEND(text) OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl " text)
#define V6_BACKEND(...) IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), __VA_ARGS__)
#define V6_TO_CLIENT(text) OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl " text)

#define SYN \
	FROM_CLIENT(TCP(1000, 80, "S", .seq = 100)), \
	TO_BACKEND("63 tcp $1>8080 S seq 72 ack 0 win 65535 len 0 [csum ok]")
#define SYN_ACK \
	FROM_BACKEND(TCP(8080, VAR(1), "SA", .seq = 500, .ack = 73)), \
	TO_CLIENT("63 tcp 80>1000 SA seq 500 ack 101 win 65507 len 0 [csum ok]")
#define HEADER "tcp $1>8080 PA seq 73 ack 501 win 65535 len 28 #32383d48 [csum ok]"

/* Up to the header, which has not been acknowledged. */
#define HEADER_SENT \
	SYN, SYN_ACK, \
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501)), \
	TO_BACKEND("64 DF " HEADER)
#define HEADER_ACKNOWLEDGED \
	FROM_BACKEND(TCP(8080, VAR(1), "A", .seq = 501, .ack = 101)), \
	TO_CLIENT("63 tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok]")

/* No flow is translated any more, and no header waits. */
static inline void assert_ordinary(struct sl_worker *w, struct sl_snapshot *s)
{
	for (uint32_t i = 0; i < w->flows.capacity; i++)
		assert_false(w->flows.flows[i].flags & SL_FLOW_SEQ);
	assert_int_equal(w->seqs.sent, 0);
}

#endif
