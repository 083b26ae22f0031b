/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP without checksum, in every mode and direction: over IPv4 none stays none (RFC 768), over IPv6 there is no such thing
 * (RFC 8200 section 8.1), and towards IPv6 one is made (RFC 7915 section 4.5). No checksum becomes 0 by being updated.
 */
#include "lab.h"

#define DNAT(name, address, backend) "{ \"name\": \"" name "\", \"address\": \"" address "\", \"port\": 53, \"protocol\": \"udp\", " \
	"\"mode\": \"dnat\", \"backends\": [ { \"address\": \"" backend "\", \"port\": 8080 } ] }"
#define CONFIG(services) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " LAB_INTERFACES ", \"services\": [" services "] }"
#define TRANSLATING CONFIG(LAB_SERVICE("dns46", "192.0.2.10", 53, "udp", LAB_BACKENDS_V6) "," LAB_SERVICE("dns64", "2001:db8:1::10", 53, "udp", LAB_BACKENDS_V4))
#define DNATS CONFIG(DNAT("dns", "192.0.2.10", "10.1.1.1") "," DNAT("dns6", "2001:db8:1::10", "2001:db8:2::1:1"))

#define NONE(s, d) UDP(s, d, .no_checksum = 1), PAYLOAD("a?")
#define ASK IP4("192.0.2.100", "192.0.2.10"), NONE(1000, 53)
#define ASK6 IP6("2001:db8:1::100", "2001:db8:1::10"), NONE(1000, 53)
#define ASK6_WITH IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 53), PAYLOAD("a?")
#define CLIENT(...) IN("wan", CLIENT_ETH, __VA_ARGS__)
#define BACKEND(...) IN("lan", BACKEND1_ETH, __VA_ARGS__)
#define TO_CLIENT(csum) OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 63 udp 53>1000 len 2 \"a?\" [csum " csum "]")
#define TO_CLIENT6 OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 63 udp 53>1000 len 2 \"a?\" [csum ok]")

static const struct golden_step full_nat[] = {
	RESOLVED,
	CLIENT(ASK), OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum none]"),
	BACKEND(IP4("10.1.1.1", "10.1.0.3"), NONE(8080, VAR(1))), TO_CLIENT("none"),
	CLIENT(ASK6), DROPPED(L4_CHECKSUM, 1),
	CLIENT(ASK6_WITH), OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $2>8080 len 2 \"a?\" [csum ok]"),
	BACKEND(IP6("2001:db8:2::1:1", "2001:db8:2::3"), NONE(8080, VAR(2))), DROPPED(L4_CHECKSUM, 1),
	/* in fragments */
	CLIENT(IP4("192.0.2.100", "192.0.2.10", .id = 7, .mf = 1), UDP(1000, 53, .no_checksum = 1, .length = 84), FILL(72)),
	CLIENT(IP4("192.0.2.100", "192.0.2.10", .id = 7, .offset = 80, .proto = 17), PAYLOAD("tail")),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 frag $3:0+ udp $1>8080 len 72 #65d9df15"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 frag $3:80 proto 17 len 4 \"tail\""),
	END
};

static const struct golden_step dnat[] = {
	RESOLVED,
	CLIENT(ASK), OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>10.1.1.1 ttl 63 udp 1000>8080 len 2 \"a?\" [csum none]"),
	BACKEND(IP4("10.1.1.1", "192.0.2.100"), NONE(8080, 1000)), TO_CLIENT("none"),
	CLIENT(ASK6), DROPPED(L4_CHECKSUM, 1),
	CLIENT(ASK6_WITH), OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:1::100>2001:db8:2::1:1 ttl 63 udp 1000>8080 len 2 \"a?\" [csum ok]"),
	BACKEND(IP6("2001:db8:2::1:1", "2001:db8:1::100"), NONE(8080, 1000)), DROPPED(L4_CHECKSUM, 1),
	END
};

static const struct golden_step translated[] = {
	RESOLVED,
	CLIENT(ASK), OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]"),
	BACKEND(IP6("2001:db8:2::1:1", "2001:db8:2::3"), NONE(8080, VAR(1))), DROPPED(L4_CHECKSUM, 1),
	CLIENT(ASK6), DROPPED(L4_CHECKSUM, 1),
	CLIENT(ASK6_WITH), OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $2>8080 len 2 \"a?\" [csum ok]"),
	BACKEND(IP4("10.1.1.1", "10.1.0.3"), NONE(8080, VAR(2))), TO_CLIENT6,
	END
};

/* Every port of a client: the sum takes nearly every value, and none is taken for "none" or wrong. */
#define PORTS 60000
#define EVERY_PORT(family, src, dst) \
	IN_MANY("wan", PORTS, CLIENT_ETH, family(src, dst), UDP(UP(1024), 53), PAYLOAD("a?")), SENT("lan", "len 2 \"a?\" [csum ok]", PORTS)
static const struct golden_step every_port[] = {
	RESOLVED,
	EVERY_PORT(IP4, "192.0.2.100", "192.0.2.10"),
	END
};
static const struct golden_step every_port_v6[] = {
	RESOLVED,
	EVERY_PORT(IP6, "2001:db8:1::100", "2001:db8:1::10"),
	END
};

static const struct golden_case cases[] = {
	{ "full-nat", LAB_CONFIG, 0, full_nat },
	{ "dnat", DNATS, 0, dnat },
	{ "NAT46 and NAT64", TRANSLATING, 0, translated },
	{ "full-nat, every port", LAB_CONFIG, 0, every_port },
	{ "full-nat, every port, IPv6", LAB_CONFIG, 0, every_port_v6 },
	{ "NAT46, every port", TRANSLATING, 0, every_port },
	{ "NAT64, every port", TRANSLATING, 0, every_port_v6 },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "udp_checksums", cases);
}
