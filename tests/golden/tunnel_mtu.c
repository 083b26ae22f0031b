/* SPDX-License-Identifier: BSD-3-Clause */
/* What a tunnel can carry: by the interface's MTU, and by what routers in it said (RFC 2003 section 5, RFC 2473 section 7). */
#include "one_way.h"

#define SERVICES ONE_WAY("4in4", "ipip", "round-robin", "192.0.2.10", "80", "udp", BACKEND_V4) ", " \
	ONE_WAY("4in6", "ipip", "round-robin", "192.0.2.10", "81", "udp", BACKEND_V6) ", " \
	ONE_WAY("6in4", "ipip", "round-robin", "2001:db8:1::10", "80", "udp", BACKEND_V4) ", " \
	ONE_WAY("6in6", "ipip", "round-robin", "2001:db8:1::10", "81", "udp", BACKEND_V6) ", " \
	ONE_WAY("gue", "gue", "round-robin", "2001:db8:1::10", "82", "udp", BACKEND_V6) ", " \
	ONE_WAY("dsr", "dsr", "round-robin", "192.0.2.10", "83", "udp", BACKEND_V4)
#define INTERFACES(mtu) "\"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"mtu\": " #mtu ", \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] } ]"
#define CONFIG(more, mtu) "{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " more INTERFACES(mtu) ", " \
	"\"services\": [ " SERVICES " ] }"
#define NORMAL CONFIG("", 1500)
#define NARROW CONFIG("", 1300)
#define WORKERS CONFIG("\"workers\": 2, ", 1500)

/* UDP with n bytes of payload; the flow has been opened, so that the short way is taken where it can be. */
#define DF4(port, n) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(1000, port), FILL(n))
#define CUT4(port, n) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = 7), UDP(1000, port), FILL(n))
#define FROM6(port, n) IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, port), FILL(n))
#define GOES(part) SENT("lan", part, 1)
#define TOO_BIG4(mtu) SENT("wan", "192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu " mtu " ", 1)
#define TOO_BIG6(mtu) SENT("wan", "2001:db8:1::2>2001:db8:1::100 ttl 64 icmp too-big 0 mtu " mtu " ", 1)

static const struct golden_step by_interface[] = {
	RESOLVED,
	DF4(80, 1), GOES("10.1.0.2>10.1.1.1 "), DF4(80, 1452), GOES("len 1452 "), DF4(80, 1453), TOO_BIG4("1480"), DROPPED(MTU, 1),
	DF4(81, 1), GOES("2001:db8:2::1:1 "), DF4(81, 1432), GOES("len 1432 "), DF4(81, 1433), TOO_BIG4("1460"), DROPPED(MTU, 1),
	FROM6(80, 1), GOES("10.1.0.2>10.1.1.1 "), FROM6(80, 1432), GOES("len 1432 "), FROM6(80, 1433), TOO_BIG6("1480"), DROPPED(MTU, 1),
	FROM6(81, 1), GOES("2001:db8:2::1:1 "), FROM6(81, 1412), GOES("len 1412 "), FROM6(81, 1413), TOO_BIG6("1460"), DROPPED(MTU, 1),
	FROM6(82, 1), GOES("gue { "), FROM6(82, 1400), GOES("len 1400 "), FROM6(82, 1401), TOO_BIG6("1448"), DROPPED(MTU, 1),
	END
};

/* Without DF the inner packet is cut, and the pieces travel by themselves. */
static const struct golden_step cut[] = {
	RESOLVED,
	CUT4(80, 1472),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 { ip4 192.0.2.100>192.0.2.10 ttl 63 frag 7:0+ udp 1000>80 len 1448 #33608735 }"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 { ip4 192.0.2.100>192.0.2.10 ttl 63 frag 7:1456 proto 17 len 24 #e2dbfd75 }"),
	COUNT(DATAGRAMS_CUT, 1),
	CUT4(81, 1472), SENT("lan", "2001:db8:2::2>2001:db8:2::1:1 ", 2), COUNT(DATAGRAMS_CUT, 1),
	END
};

static const struct golden_step dsr[] = {
	RESOLVED,
	DF4(83, 1), GOES("192.0.2.100>192.0.2.10 "), DF4(83, 1272), GOES("len 1272 "), DF4(83, 1273), TOO_BIG4("1300"), DROPPED(MTU, 1),
	CUT4(83, 1472),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.10 ttl 63 frag 7:0+ udp 1000>83 len 1272 #5b57e355"),
	OUT("lan", "eth 02::f1>02::b1 ip4 192.0.2.100>192.0.2.10 ttl 63 frag 7:1280 proto 17 len 200 #d889bbb5"),
	END
};

/* IPv6 sends 1280 bytes without asking: then the outer packet is cut. */
static const struct golden_step least_ipv6[] = {
	RESOLVED,
	FROM6(81, 1213), SENT("lan", "2001:db8:2::2>2001:db8:2::1:1 ttl 64 flow", 2), COUNT(DATAGRAMS_CUT, 1),
	FROM6(81, 1212), SENT("lan", "{ ip6 2001:db8:1::100>2001:db8:1::10 ttl 63 udp 1000>81 len 1212 ", 1), COUNT(DATAGRAMS_CUT, 0),
	FROM6(81, 1232),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 64 flow $1 frag $2:0+ { ip6 2001:db8:1::100>2001:db8:1::10 ttl 63 "
	    "cut udp 1000>81 len 1200 #2f594165 }"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 64 flow $1 frag $2:1248 proto 41 len 32 #3d3e2105"),
	FROM6(81, 1233), TOO_BIG6("1280"), DROPPED(MTU, 1),
	END
};

#define ERROR6(mtu) IN("lan", BACKEND1_ETH, IP6("2001:db8:2::5", "2001:db8:2::2"), ICMP(2, 0, .rest = mtu), \
	IP6("2001:db8:2::2", "2001:db8:2::1:1"), IP6("2001:db8:1::100", "2001:db8:1::10"), UDP(1000, 81))
#define PATH4(mtu) IN("lan", BACKEND1_ETH, IP4("10.1.5.5", "10.1.0.2"), ICMP(3, 4, .rest = mtu), \
	IP4("10.1.0.2", "10.1.1.1", .df = 1), IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 80))

static const struct golden_step by_path[] = {
	RESOLVED,
	DF4(80, 1452), GOES("len 1452 "),
	PATH4(1400), COUNT(TUNNEL_ERRORS, 1), COUNT(PATH_MTUS_LEARNT, 1),
	DF4(80, 1353), TOO_BIG4("1380"), DROPPED(MTU, 1), DF4(80, 1352), GOES("len 1352 "),
	/* never raised, not even by a later one; lowered no further than anybody needs */
	PATH4(1450), COUNT(TUNNEL_ERRORS, 1), COUNT(PATH_MTUS_LEARNT, 0),
	DF4(80, 1353), TOO_BIG4("1380"), DROPPED(MTU, 1),
	PATH4(68), COUNT(PATH_MTUS_LEARNT, 1),
	DF4(80, 529), TOO_BIG4("556"), DROPPED(MTU, 1), DF4(80, 528), GOES("len 528 "),
	/* to the same backend by IPv6: as long as IPv6 must be able to, in pieces of the outer packet */
	FROM6(80, 1232), SENT("lan", "10.1.0.2>10.1.1.1 ttl 64 frag ", 3), COUNT(DATAGRAMS_CUT, 1),
	FROM6(80, 1233), TOO_BIG6("1280"), DROPPED(MTU, 1),
	/* of the other family nobody has said anything */
	DF4(81, 1432), GOES("len 1432 "),
	ERROR6(1300), COUNT(PATH_MTUS_LEARNT, 1),
	DF4(81, 1233), TOO_BIG4("1260"), DROPPED(MTU, 1),
	FROM6(81, 1233), TOO_BIG6("1280"), DROPPED(MTU, 1),
	/* forgotten after ten minutes */
	TIME(590000), DF4(80, 529), TOO_BIG4("556"), DROPPED(MTU, 1),
	TIME(20000), DF4(80, 1452), GOES("len 1452 "),
	END
};

/* Whatever else comes from in there, and what is not about our tunnels. */
static const struct golden_step other_errors[] = {
	RESOLVED,
	IN("lan", BACKEND1_ETH, IP4("10.1.5.5", "10.1.0.2"), ICMP(11, 0), IP4("10.1.0.2", "10.1.1.1", .df = 1),
	   IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 80)),
	COUNT(TUNNEL_ERRORS, 1), COUNT(CONSUMED, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.5.5", "10.1.0.2"), ICMP(3, 4, .rest = 600), IP4("10.1.0.7", "10.1.1.1", .df = 1),
	   IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 80)),
	DROPPED(ICMP_QUOTE, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.5.5", "10.1.0.2"), ICMP(3, 4, .rest = 600), IP4("10.1.0.2", "10.1.1.1", .proto = 47), FILL(20)),
	DROPPED(ICMP, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.5.5", "10.1.0.2"), ICMP(3, 4, .rest = 600, .bad_checksum = 1), IP4("10.1.0.2", "10.1.1.1"),
	   IP4("192.0.2.100", "192.0.2.10"), UDP(1000, 80)),
	DROPPED(L4_CHECKSUM, 1),
	/* about the host's own datagrams */
	IN("lan", BACKEND1_ETH, IP4("10.1.5.5", "10.1.0.2"), ICMP(3, 3), IP4("10.1.0.2", "10.1.1.1"), UDP(5000, 53), FILL(20)),
	DROPPED(ICMP_NO_FLOW, 1),
	DF4(80, 1452), GOES("len 1452 "),
	END
};

/* One worker hears of it, all of them know. */
static const struct golden_step workers[] = {
	RESOLVED,
	PATH4(1400), COUNT(PATH_MTUS_LEARNT, 1),
	IN_MANY("wan", 50, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), UDP(UP(1000), 80), FILL(1353)),
	SENT("wan", "icmp unreachable 4 mtu 1380 ", 50), DROPPED(MTU, 50),
	END
};

static const struct golden_case cases[] = {
	{ "by the interface", NORMAL, .steps = by_interface },
	{ "cut", NORMAL, .steps = cut },
	{ "dsr", NARROW, .steps = dsr },
	{ "IPv6's least", NARROW, .steps = least_ipv6 },
	{ "by the path", NORMAL, .steps = by_path },
	{ "other errors", NORMAL, .steps = other_errors },
	{ "workers", WORKERS, .queues = 2, .steps = workers },
	{ .name = NULL },
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "tunnel_mtu", cases);
}
