/* SPDX-License-Identifier: BSD-3-Clause */
/* Mode gue: as ipip, with UDP between the two packets. A flow has one source port, from which routers tell it from others. */
#include "one_way.h"

#define SERVICES ONE_WAY("4in4", "gue", "round-robin", "192.0.2.10", "80", "tcp", BACKENDS_V4) ", " \
	ONE_WAY("4in6", "gue", "round-robin", "192.0.2.10", "81", "tcp", BACKENDS_V6) ", " \
	ONE_WAY("6in4", "gue", "round-robin", "2001:db8:1::10", "80", "tcp", BACKENDS_V4) ", " \
	ONE_WAY("6in6", "gue", "round-robin", "2001:db8:1::10", "81", "tcp", BACKENDS_V6)
#define CONFIG ONE_WAY_CONFIG("", SERVICES)

#define IN4(rest, port, inner) \
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 " rest "udp " port ">6080 gue { " inner " } [csum none]")
#define IN6(rest, port, inner) \
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 64 " rest "udp " port ">6080 gue { " inner " } [csum none]")
#define V4(rest) "ip4 192.0.2.100>192.0.2.10 ttl 63 " rest
#define V6(rest) "ip6 2001:db8:1::100>2001:db8:1::10 ttl 63 " rest
#define SYN_TEXT(port) "tcp 1000>" port " S seq 100 ack 0 win 65535 len 0 [csum ok]"
#define ACK_TEXT(port) "tcp 1000>" port " A seq 101 ack 501 win 65535 len 0 [csum ok]"

static const struct golden_step in4[] = {
	RESOLVED,
	SYN, IN4("DF ", "$1", V4("DF " SYN_TEXT("80"))), COUNT(FLOWS_CREATED, 1),
	ACK, IN4("DF ", "$1", V4("DF " ACK_TEXT("80"))),
	ACK, IN4("DF ", "$1", V4("DF " ACK_TEXT("80"))),
	SYN6, IN4("DF ", "$2", V6(SYN_TEXT("80"))),
	FROM_CLIENT6(TCP(1000, 80, "A", .seq = 101, .ack = 501)), IN4("DF ", "$2", V6(ACK_TEXT("80"))),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .tos = 0xb9, .id = 77), TCP(1000, 80, "A", .seq = 101, .ack = 501)),
	IN4("tos 0xb9 id 1 ", "$1", V4("tos 0xb9 id 77 " ACK_TEXT("80"))),
	END
};

static const struct golden_step in6[] = {
	RESOLVED,
	FROM_CLIENT(TCP(1000, 81, "S", .seq = 100)), IN6("flow $1 ", "$2", V4("DF " SYN_TEXT("81"))),
	FROM_CLIENT(TCP(1000, 81, "A", .seq = 101, .ack = 501)), IN6("flow $1 ", "$2", V4("DF " ACK_TEXT("81"))),
	FROM_CLIENT(TCP(1000, 81, "A", .seq = 101, .ack = 501)), IN6("flow $1 ", "$2", V4("DF " ACK_TEXT("81"))),
	FROM_CLIENT6(TCP(1000, 81, "S", .seq = 100)), IN6("flow $3 ", "$4", V6(SYN_TEXT("81"))),
	FROM_CLIENT6(TCP(1000, 81, "A", .seq = 101, .ack = 501)), IN6("flow $3 ", "$4", V6(ACK_TEXT("81"))),
	END
};

/* A router in the tunnel: too big for the outer packet. The next long one is the client's to hear of. */
static const struct golden_step path_mtu[] = {
	RESOLVED,
	SYN, IN4("DF ", "$1", V4("DF " SYN_TEXT("80"))), ACK, IN4("DF ", "$1", V4("DF " ACK_TEXT("80"))),
	IN("lan", BACKEND1_ETH, IP4("10.1.5.5", "10.1.0.2"), ICMP(3, 4, .rest = 1400), IP4("10.1.0.2", "10.1.1.1", .df = 1),
	   UDP(50000, 6080), FILL(20)),
	COUNT(TUNNEL_ERRORS, 1), COUNT(PATH_MTUS_LEARNT, 1),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501), FILL(1329)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 4 mtu 1368 "
	    "{ ip4 192.0.2.100>192.0.2.10 ttl 64 DF tcp 1000>80 A seq 101 ack 501 win 65535 len 508 #c1bc5fed } [csum ok]"),
	DROPPED(MTU, 1),
	FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501), FILL(1328)),
	IN4("DF ", "$1", V4("DF tcp 1000>80 A seq 101 ack 501 win 65535 len 1328 #51e49d25 [csum ok]")),
	END
};

/* A router on the way of the backend's answer writes to the VIP: to the backend, through its tunnel, also in the other family. */
static const struct golden_step errors[] = {
	RESOLVED,
	SYN, IN4("DF ", "$1", V4("DF " SYN_TEXT("80"))),
	IN("wan", CLIENT_ETH, IP4("192.0.2.77", "192.0.2.10"), ICMP(3, 4, .rest = 1400),
	   IP4("192.0.2.10", "192.0.2.100", .df = 1), TCP(80, 1000, "A", .seq = 501, .ack = 101)),
	IN4("id 1 ", "$2", "ip4 192.0.2.77>192.0.2.10 ttl 63 icmp unreachable 4 mtu 1400 "
	    "{ ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok] } [csum ok]"),
	COUNT(ICMP_ERRORS_STEERED, 1),
	SYN6, IN4("DF ", "$3", V6(SYN_TEXT("80"))),
	IN("wan", CLIENT_ETH, IP6("2001:db8:7::7", "2001:db8:1::10"), ICMP(2, 0, .rest = 1400),
	   IP6("2001:db8:1::10", "2001:db8:1::100"), TCP(80, 1000, "A", .seq = 501, .ack = 101)),
	IN4("DF ", "$4", "ip6 2001:db8:7::7>2001:db8:1::10 ttl 63 icmp too-big 0 mtu 1400 "
	    "{ ip6 2001:db8:1::10>2001:db8:1::100 ttl 64 tcp 80>1000 A seq 501 ack 101 win 65535 len 0 [csum ok] } [csum ok]"),
	FROM_CLIENT(TCP(1000, 81, "S", .seq = 100)), IN6("flow $5 ", "$6", V4("DF " SYN_TEXT("81"))),
	IN("wan", CLIENT_ETH, IP4("192.0.2.77", "192.0.2.10"), ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .df = 1),
	   TCP(81, 1000, "A", .seq = 501, .ack = 101)),
	IN6("flow $7 ", "$8", "ip4 192.0.2.77>192.0.2.10 ttl 63 icmp unreachable 1 "
	    "{ ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 81>1000 A seq 501 ack 101 win 65535 len 0 [csum ok] } [csum ok]"),
	COUNT(ICMP_ERRORS_STEERED, 1),
	/* about a flow that nobody has */
	IN("wan", CLIENT_ETH, IP4("192.0.2.77", "192.0.2.10"), ICMP(3, 1), IP4("192.0.2.10", "192.0.2.101", .df = 1),
	   TCP(81, 1000, "A", .seq = 501, .ack = 101)),
	DROPPED(ICMP_NO_FLOW, 1), COUNT(ICMP_ERRORS_STEERED, 0),
	END
};

static const struct golden_case cases[] = {
	{ "over IPv4", CONFIG, .steps = in4 },
	{ "over IPv6", CONFIG, .steps = in6 },
	{ "errors about answers", CONFIG, .steps = errors },
	{ "path MTU", CONFIG, .steps = path_mtu },
	{ .name = NULL },
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "gue", cases);
}
