/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hairpin in mode full-nat (RFC 4787 REQ-9, RFC 5382 REQ-8): a backend as client of its own VIP gets there and back, by itself or
 * by another backend, and sees the source-NAT address and the VIP, never the other's own address. (Mode dnat: tests/golden/dnat.c.)
 */
#include "lab.h"

/* From backend `b` of the same link to the VIP, answered by backend 1, which is served first. */
#define TCP4(mac, address) \
	IN("lan", ETH(mac, "02::f1"), IP4(address, "192.0.2.10"), TCP(5000, 80, "S", .seq = 100)), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"), \
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)), \
	OUT("lan", "eth 02::f1>" mac " ip4 192.0.2.10>" address " ttl 63 tcp 80>5000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"), \
	IN("lan", ETH(mac, "02::f1"), IP4(address, "192.0.2.10"), TCP(5000, 80, "PA", .seq = 101, .ack = 501), PAYLOAD("me")), \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 PA seq 101 ack 501 win 65535 len 2 \"me\" [csum ok]")
#define UDP6(mac, address) \
	IN("lan", ETH(mac, "02::f1"), IP6(address, "2001:db8:1::10"), UDP(5000, 53), PAYLOAD("a?")), \
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $2>8080 len 2 \"a?\" [csum ok]"), \
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::3"), UDP(8080, VAR(2)), PAYLOAD("a!")), \
	OUT("lan", "eth 02::f1>" mac " ip6 2001:db8:1::10>" address " ttl 63 udp 53>5000 len 2 \"a!\" [csum ok]")

static const struct golden_step itself[] = {
	RESOLVED,
	TCP4("02::b1", "10.1.1.1"),
	UDP6("02::b1", "2001:db8:2::1:1"),
	END
};

static const struct golden_step another[] = {
	RESOLVED,
	TCP4("02::b2", "10.1.1.2"),
	UDP6("02::b2", "2001:db8:2::1:2"),
	END
};

/* The VIP and the source-NAT address on the backends' own network. */
#define ONE_ARM "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [" \
	LAB_SERVICE("web", "10.1.0.10", 80, "tcp", LAB_BACKENDS_V4) "] }"
static const struct golden_step one_arm[] = {
	RESOLVED,
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.10"), TCP(5000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.10>10.1.1.1 ttl 63 tcp 80>5000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"),
	END
};

#define TWO_WORKERS LAB_CONFIG_WITH("\"workers\": 2, ")
static const struct golden_case cases[] = {
	{ "by itself", LAB_CONFIG, 0, itself },
	{ "by another backend", LAB_CONFIG, 0, another },
	{ "all on one link", ONE_ARM, 0, one_arm },
	{ "by itself, two workers", TWO_WORKERS, 1, itself },
	{ "by another backend, two workers", TWO_WORKERS, 1, another },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "hairpin", cases);
}
