/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP, neighbour discovery and echo for our own addresses; next hops that are not known yet. */
#include "lab.h"

static const struct golden_step arp[] = {
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.2")),
	OUT("wan", "eth 02::f0>02::c1 arp reply 192.0.2.2 is-at 02::f0 to 192.0.2.100 (02::c1)"),
	EVENT(NEIGHBOUR, "wan", "192.0.2.100"),
	/* a VIP and, on its own side, a source-NAT address */
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.10")),
	OUT("wan", "eth 02::f0>02::c1 arp reply 192.0.2.10 is-at 02::f0 to 192.0.2.100 (02::c1)"),
	IN("lan", ETH("02::b1", "bcast"), ARP_REQUEST("02::b1", "10.1.1.1", "10.1.0.3")),
	OUT("lan", "eth 02::f1>02::b1 arp reply 10.1.0.3 is-at 02::f1 to 10.1.1.1 (02::b1)"),
	/* not on the other side, and not for others */
	IN("lan", ETH("02::b1", "bcast"), ARP_REQUEST("02::b1", "10.1.1.1", "192.0.2.10")),
	DROPPED(ARP, 1),
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.77")),
	DROPPED(ARP, 1),
	/* answers are read, and so is gossip about a third address */
	IN("lan", ETH("02::b1", "02::f1"), ARP_REPLY("02::b1", "10.1.1.1", "02::f1", "10.1.0.2")),
	EVENT(NEIGHBOUR, "lan", "10.1.1.1"),
	COUNT(CONSUMED, 1),
	IN("lan", ETH("02::b1", "bcast"), ARP_REQUEST("02::b1", "10.1.1.1", "10.1.1.1")),
	EVENT(NEIGHBOUR_GOSSIP, "lan", "10.1.1.1"),
	COUNT(CONSUMED, 1),
	/* somebody else claims or probes our address */
	IN("lan", ETH("02::ba", "bcast"), ARP_REQUEST("02::ba", "10.1.0.3", "10.1.0.3")),
	EVENT(CONFLICT, "lan", "10.1.0.3"),
	COUNT(CONSUMED, 1),
	IN("lan", ETH("02::ba", "bcast"), ARP_REQUEST("02::ba", "0.0.0.0", "10.1.0.3")),
	OUT("lan", "eth 02::f1>02::ba arp reply 10.1.0.3 is-at 02::f1 to 0.0.0.0 (02::ba)"),
	EVENT(CONFLICT, "lan", "10.1.0.3"),
	END
};

static const struct golden_step nd[] = {
	IN("wan", ETH("02::c1", "33:33:ff:00:00:02"), IP6("2001:db8:1::100", "ff02::1:ff00:2", .ttl = 255), NS("2001:db8:1::2", .mac = "02::c1")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 255 icmp na 2001:db8:1::2 flags SO mac 02::f0 [csum ok]"),
	EVENT(NEIGHBOUR, "wan", "2001:db8:1::100"),
	/* a VIP */
	IN("wan", ETH("02::c1", "33:33:ff:00:00:10"), IP6("2001:db8:1::100", "ff02::1:ff00:10", .ttl = 255), NS("2001:db8:1::10", .mac = "02::c1")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::10>2001:db8:1::100 ttl 255 icmp na 2001:db8:1::10 flags SO mac 02::f0 [csum ok]"),
	/* duplicate address detection of our address is answered to all nodes */
	IN("wan", ETH("02::c1", "33:33:ff:00:00:10"), IP6("::", "ff02::1:ff00:10", .ttl = 255), NS("2001:db8:1::10")),
	OUT("wan", "eth 02::f0>33:33::01 ip6 2001:db8:1::10>ff02::1 ttl 255 icmp na 2001:db8:1::10 flags O mac 02::f0 [csum ok]"),
	EVENT(CONFLICT, "wan", "2001:db8:1::10"),
	/* from off the link (hop limit) */
	IN("wan", ETH("02::c1", "33:33:ff:00:00:02"), IP6("2001:db8:1::100", "ff02::1:ff00:2", .ttl = 254), NS("2001:db8:1::2", .mac = "02::c1")),
	DROPPED(ND, 1),
	/* an answer */
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::2", .ttl = 255), NA("2001:db8:2::1:1", .flags = "SO", .mac = "02::b1")),
	EVENT(NEIGHBOUR_GOSSIP, "lan", "2001:db8:2::1:1"),
	COUNT(CONSUMED, 1),
	/* one that must not replace what is known, and one that says no MAC address */
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::2", .ttl = 255), NA("2001:db8:2::1:1", .flags = "S", .mac = "02::b1")),
	EVENT(NEIGHBOUR_HINT, "lan", "2001:db8:2::1:1"),
	IN("lan", BACKEND1_ETH, IP6("2001:db8:2::1:1", "2001:db8:2::2", .ttl = 255), NA("2001:db8:2::1:1", .flags = "SO")),
	EVENT(NEIGHBOUR_HINT, "lan", "2001:db8:2::1:1"),
	END
};

static const struct golden_step echo[] = {
	RESOLVED,
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), ECHO(7, 1), PAYLOAD("ping")),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 icmp echo-reply id 7 seq 1 len 4 \"ping\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::2"), ECHO(7, 2), PAYLOAD("ping")),
	OUT("wan", "eth 02::f0>02::c1 ip6 2001:db8:1::2>2001:db8:1::100 ttl 64 icmp echo-reply id 7 seq 2 len 4 \"ping\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), ECHO(7, 3, .bad_checksum = 1)),
	DROPPED(L4_CHECKSUM, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), ICMP(13, 0)),
	DROPPED(ICMP, 1),
	END
};

/* What no honest host sends gets no answer: nobody is there to read it, or everybody would. */
static const struct golden_step not_answered[] = {
	RESOLVED,
	IN("wan", ETH("02::c1", "bcast"), IP4("192.0.2.100", "192.0.2.10"), ECHO(7, 1)),
	DROPPED(MULTICAST, 1),
	IN("wan", CLIENT_ETH, IP6("::", "2001:db8:1::10"), ECHO(7, 1)),
	DROPPED(IP_SOURCE, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.10", "192.0.2.10"), ECHO(7, 1)),
	DROPPED(IP_SOURCE, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.2", "192.0.2.10"), TCP(80, 80, "S")),
	DROPPED(IP_SOURCE, 1),
	IN("wan", CLIENT_ETH, IP6("2001:db8:2::3", "2001:db8:1::10"), UDP(1000, 53)),
	DROPPED(IP_SOURCE, 1),
	END
};

static const uint8_t any_group[16];

#define ROUTER_ETH ETH("02::c9", "33:33::01")

/* RFC 3810 section 6.2: from a link-local address, with hop limit 1, behind a router alert. */
static const struct golden_step mld[] = {
	IN("wan", ROUTER_ETH, IP6("fe80::9", "ff02::1", .ttl = 1), HOPOPTS(.options = "050200000100"), ICMP(130, 0), BYTES(any_group, 16)),
	EVENT(GROUP_QUERY, "wan", "::"),
	COUNT(CONSUMED, 1),
	IN("wan", ROUTER_ETH, IP6("2001:db8:1::9", "ff02::1", .ttl = 1), HOPOPTS(.options = "050200000100"), ICMP(130, 0), FILL(20)),
	DROPPED(ND, 1),
	IN("wan", ROUTER_ETH, IP6("fe80::9", "ff02::1", .ttl = 2), HOPOPTS(.options = "050200000100"), ICMP(130, 0), FILL(20)),
	DROPPED(ND, 1),
	IN("wan", ROUTER_ETH, IP6("fe80::9", "ff02::1", .ttl = 1), ICMP(130, 0), FILL(20)),
	DROPPED(ND, 1),
	END
};

#define SWITCH_ETH ETH("02::c9", "01:00:5e::01")
#define ALERT .options = "94040000", .proto = 2, .ttl = 1

/* Routers and, from 0.0.0.0, switches ask; reports of others are theirs to read. */
static const struct golden_step igmp[] = {
	IN("wan", SWITCH_ETH, IP4("192.0.2.9", "224.0.0.1", ALERT), BYTES("\x11\x64\xee\x9b\0\0\0\0", 8)),
	EVENT(GROUP_QUERY, "wan", "0.0.0.0"),
	COUNT(CONSUMED, 1),
	IN("wan", SWITCH_ETH, IP4("0.0.0.0", "224.0.0.1", ALERT), BYTES("\x11\x64\xec\x1e\0\0\0\0\x02\x7d\0\0", 12)),
	EVENT(GROUP_QUERY, "wan", "0.0.0.0"),
	COUNT(CONSUMED, 1),
	IN("wan", SWITCH_ETH, IP4("192.0.2.9", "224.0.0.1", ALERT), BYTES("\x11\x64\xee\x9c\0\0\0\0", 8)),
	DROPPED(L4_CHECKSUM, 1),
	IN("wan", SWITCH_ETH, IP4("192.0.2.9", "224.0.0.1", .proto = 2, .ttl = 2), BYTES("\x11\x64\xee\x9b\0\0\0\0", 8)),
	DROPPED(MULTICAST, 1),
	IN("wan", SWITCH_ETH, IP4("192.0.2.9", "224.0.0.1", ALERT, .mf = 1), BYTES("\x11\x64\xee\x9b\0\0\0\0", 8)),
	DROPPED(MULTICAST, 1),
	IN("wan", ETH("02::c8", "01:00:5e:01:01:01"), IP4("192.0.2.8", "239.1.1.1", ALERT), BYTES("\x16\0\xf9\xfc\xef\x01\x01\x01", 8)),
	DROPPED(MULTICAST, 1),
	/* only routers' questions may come from nobody */
	IN("wan", SWITCH_ETH, IP4("0.0.0.0", "224.0.0.1"), UDP(1000, 80)),
	DROPPED(IP_SOURCE, 1),
	IN("wan", CLIENT_ETH, IP4("0.0.0.0", "192.0.2.10", ALERT), BYTES("\x11\x64\xee\x9b\0\0\0\0", 8)),
	DROPPED(IP_SOURCE, 1),
	END
};

/* The first SYN waits for ARP, in order, at most 16 packets; then it goes on. */
static const struct golden_step held[] = {
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 101)),
	EVENT(RESOLVE, "lan", "10.1.1.1"),
	COUNT(HELD, 2),
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 101 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(HELD, -2),
	END
};

#define SYN IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100))
#define SYN4 SYN, SYN, SYN, SYN

static const struct golden_step held_too_many[] = {
	SYN4, SYN4, SYN4, SYN4, SYN,
	COUNT(HELD, 16),
	DROPPED(NEIGHBOUR_QUEUE, 1),
	TIME(2900),
	COUNT(HELD, 0),
	TIME(200),
	DROPPED(NEIGHBOUR_UNRESOLVED, 16),
	COUNT(HELD, -16),
	END
};

static const struct golden_step held_failed[] = {
	SYN,
	COUNT(HELD, 1),
	NEIGHBOUR("lan", "10.1.1.1", "failed"),
	DROPPED(NEIGHBOUR_UNRESOLVED, 1),
	SYN,
	DROPPED(NEIGHBOUR_UNRESOLVED, 1),
	END
};

static const struct golden_case cases[] = {
	{ "ARP", LAB_CONFIG, 0, arp },
	{ "neighbour discovery", LAB_CONFIG, 0, nd },
	{ "echo", LAB_CONFIG, 0, echo },
	{ "not answered", LAB_CONFIG, 0, not_answered },
	{ "MLD queries", LAB_CONFIG, 0, mld },
	{ "IGMP queries", LAB_CONFIG, 0, igmp },
	{ "held until resolved", LAB_CONFIG, 0, held },
	{ "held, too many and too long", LAB_CONFIG, 0, held_too_many },
	{ "held, no answer", LAB_CONFIG, 0, held_failed },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "local", cases);
}
