/* SPDX-License-Identifier: BSD-3-Clause */
/* What the host's own stack gets of packets to addresses that it shares with sluice (config key kernel), and what it does not. */
#include "lab.h"

/* wan has a companion, and lan has none. One wan address is also a source-NAT address, another also a service's. */
#define CONFIG(rest) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
	"\"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"kernel\": true, " rest \
	"  \"addresses\": [\"192.0.2.2/24\", \"192.0.2.3/24\", \"192.0.2.4/24\", \"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] } ]," \
	"\"services\": [" LAB_SERVICE("web", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V4) "," \
	LAB_SERVICE("own", "192.0.2.4", 80, "tcp", LAB_BACKENDS_V4) "," \
	LAB_SERVICE("back", "10.1.0.9", 80, "tcp", "\"snat\": [\"192.0.2.3\"], \"backends\": [ { \"address\": \"192.0.2.200\", " \
		    "\"port\": 80 } ]") "] }"

#define FRAME(...) IN("wan", CLIENT_ETH, __VA_ARGS__)
#define HOST "eth 02::c1>02::f0 "

/* Ports that no service has, and other protocols: refused or dropped where there is no companion. */
static const struct golden_step unclaimed[] = {
	RESOLVED,
	FRAME(IP4("192.0.2.100", "192.0.2.2"), TCP(1000, 22, "S", .seq = 100)),
	OUT("host", HOST "ip4 192.0.2.100>192.0.2.2 ttl 64 tcp 1000>22 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(PUNTED, 1), COUNT(CONSUMED, 1), COUNT(RESETS_SENT, 0),
	FRAME(IP6("2001:db8:1::100", "2001:db8:1::2"), UDP(1000, 33434), PAYLOAD("?")),
	OUT("host", HOST "ip6 2001:db8:1::100>2001:db8:1::2 ttl 64 udp 1000>33434 len 1 \"?\" [csum ok]"),
	FRAME(IP4("192.0.2.100", "192.0.2.2", .proto = 47), PAYLOAD("gre")),
	COUNT(PUNTED, 1), OUT("host", HOST "ip4 192.0.2.100>192.0.2.2 ttl 64 proto 47 len 3 \"gre\""),
	/* of an address that a service has only what is not the service's */
	FRAME(IP4("192.0.2.100", "192.0.2.4"), TCP(1000, 22, "S", .seq = 100)),
	OUT("host", HOST "ip4 192.0.2.100>192.0.2.4 ttl 64 tcp 1000>22 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	FRAME(IP4("192.0.2.100", "192.0.2.4"), TCP(1000, 80, "S", .seq = 100)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"),
	COUNT(PUNTED, 0),
	END
};

/* A VIP, a source-NAT address, an interface without companion, and the address from that side: as without one. */
static const struct golden_step not_the_hosts[] = {
	RESOLVED,
	FRAME(IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 22, "S", .seq = 100)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 22>1000 RA seq 0 ack 101 win 0 len 0 [csum ok]"),
	DROPPED(NO_SERVICE, 1),
	FRAME(IP4("192.0.2.100", "192.0.2.3"), TCP(1000, 22, "S", .seq = 100)), DROPPED(NO_SNAT_FLOW, 1),
	FRAME(IP4("192.0.2.100", "192.0.2.3"), ICMP(0, 0)), DROPPED(ICMP, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.2"), UDP(1000, 9)),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 tos 0xc0 DF icmp unreachable 3 { ip4 10.1.1.1>10.1.0.2 ttl 64 "
		   "udp 1000>9 len 0 [csum ok] } [csum ok]"),
	DROPPED(NO_SERVICE, 1),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "192.0.2.2", .proto = 47), PAYLOAD("gre")), DROPPED(PROTOCOL, 1),
	/* in a broadcast frame: RFC 1122 section 3.3.6 */
	IN("wan", ETH("02::c1", "bcast"), IP4("192.0.2.100", "192.0.2.2"), UDP(1000, 9)), DROPPED(MULTICAST, 1),
	END
};

/* Echo requests are answered here; answers and errors to what the host has sent are its own. */
static const struct golden_step icmp[] = {
	RESOLVED,
	FRAME(IP4("192.0.2.100", "192.0.2.2"), ECHO(7, 1)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 icmp echo-reply id 7 seq 1 len 0 [csum ok]"), COUNT(PUNTED, 0),
	FRAME(IP4("192.0.2.100", "192.0.2.2"), ICMP(0, 0)),
	COUNT(PUNTED, 1), OUT("host", HOST "ip4 192.0.2.100>192.0.2.2 ttl 64 icmp echo-reply id 0 seq 0 len 0 [csum ok]"),
	FRAME(IP4("192.0.2.100", "192.0.2.2"), ICMP(3, 1), IP4("192.0.2.2", "192.0.2.77"), TCP(22, 9, "S")),
	COUNT(PUNTED, 1),
	OUT("host", HOST "ip4 192.0.2.100>192.0.2.2 ttl 64 icmp unreachable 1 { ip4 192.0.2.2>192.0.2.77 ttl 64 tcp 22>9 S seq 0 ack 0 "
			 "win 65535 len 0 [csum ok] } [csum ok]"),
	FRAME(IP4("192.0.2.100", "192.0.2.2"), ICMP(0, 0, .bad_checksum = 1)), DROPPED(L4_CHECKSUM, 1),
	END
};

/* Nobody can tell who asked: answers are read here, and are the host's, too. Questions are not, nor what comes in vain. */
static const struct golden_step neighbours[] = {
	FRAME(ARP_REPLY("02::c1", "192.0.2.100", "02::f0", "192.0.2.2")),
	EVENT(NEIGHBOUR, "wan", "192.0.2.100"), COUNT(PUNTED, 1),
	OUT("host", HOST "arp reply 192.0.2.100 is-at 02::c1 to 192.0.2.2 (02::f0)"),
	FRAME(IP6("2001:db8:1::100", "2001:db8:1::2", .ttl = 255), NA("2001:db8:1::100", .flags = "SO", .mac = "02::c1")),
	EVENT(NEIGHBOUR_GOSSIP, "wan", "2001:db8:1::100"), COUNT(PUNTED, 1),
	OUT("host", HOST "ip6 2001:db8:1::100>2001:db8:1::2 ttl 255 icmp na 2001:db8:1::100 flags SO mac 02::c1 [csum ok]"),
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.2")),
	OUT("wan", "eth 02::f0>02::c1 arp reply 192.0.2.2 is-at 02::f0 to 192.0.2.100 (02::c1)"), COUNT(PUNTED, 0),
	/* a claim to its address is a conflict, and no answer */
	FRAME(ARP_REPLY("02::c1", "192.0.2.2", "02::f0", "192.0.2.2")), EVENT(CONFLICT, "wan", "192.0.2.2"), COUNT(PUNTED, 0),
	IN("lan", BACKEND1_ETH, ARP_REPLY("02::b1", "10.1.1.1", "02::f1", "10.1.0.2")), COUNT(PUNTED, 0), COUNT(CONSUMED, 1),
	END
};

/* The host puts fragments together itself. */
static const struct golden_step fragments[] = {
	RESOLVED,
	FRAME(IP4("192.0.2.100", "192.0.2.2", .id = 7, .mf = 1), UDP(1000, 54, .length = 84), FILL(72)),
	FRAME(IP4("192.0.2.100", "192.0.2.2", .id = 7, .offset = 80, .proto = 17), PAYLOAD("tail")),
	OUT("host", HOST "ip4 192.0.2.100>192.0.2.2 ttl 64 frag 7:0+ udp 1000>54 len 72 #65d9df15"),
	OUT("host", HOST "ip4 192.0.2.100>192.0.2.2 ttl 64 frag 7:80 proto 17 len 4 \"tail\""),
	COUNT(PUNTED, 2),
	END
};

/* A twentieth of a second's packets at once, then at the rate. A reload changes it. */
static const struct golden_step limited[] = {
	IN_MANY("wan", 20, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), UDP(UP(1000), 9)),
	SENT("host", "udp", 5), DROPPED(PUNT_LIMIT, 15),
	TIME(20),
	IN_MANY("wan", 20, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), UDP(UP(1000), 9)),
	SENT("host", "udp", 2), DROPPED(PUNT_LIMIT, 18),
	RELOAD(CONFIG("\"kernel_pps\": 200, ")),
	IN_MANY("wan", 20, CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), UDP(UP(1000), 9)),
	SENT("host", "udp", 10), DROPPED(PUNT_LIMIT, 10),
	END
};

/* "health" alone brings the companion of the interface that leads to the backends, and room in its rate. */
#define CHECKED \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
	"\"interfaces\": [" \
	"{ \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\"] }," \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"kernel_pps\": 100, \"addresses\": [\"10.1.0.2/16\"] } ]," \
	"\"services\": [" LAB_SERVICE("web", "192.0.2.10", 80, "tcp", LAB_BACKENDS_V4 ", \"health\": { \"type\": \"http\", \"interval_ms\": 100 }") "] }"
static const struct golden_step checked[] = {
	RESOLVED,
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.2"), TCP(8080, 40000, "SA", .seq = 5, .ack = 7)),
	OUT("host", "eth 02::b1>02::f1 ip4 10.1.1.1>10.1.0.2 ttl 64 tcp 8080>40000 SA seq 5 ack 7 win 65535 len 0 [csum ok]"),
	IN("lan", BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.3"), TCP(8080, 40000, "SA", .seq = 5, .ack = 7)), DROPPED(NO_SNAT_FLOW, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), UDP(1000, 9, .no_checksum = 1)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.2>192.0.2.100 ttl 64 tos 0xc0 DF icmp unreachable 3 { ip4 192.0.2.100>192.0.2.2 ttl 64 "
		   "udp 1000>9 len 0 [csum none] } [csum ok]"),
	DROPPED(NO_SERVICE, 1),
	TIME(1000),
	IN_MANY("lan", 100, BACKEND1_ETH, IP4("10.1.1.1", "10.1.0.2"), TCP(UP(1000), 40000, "A", .seq = 5, .ack = 7)),
	SENT("host", "tcp", 69), DROPPED(PUNT_LIMIT, 31), /* a twentieth of 100 + 2 x 640 */
	END
};

static const struct golden_case cases[] = {
	{ "unclaimed", CONFIG(""), 0, unclaimed },
	{ "not the host's", CONFIG(""), 0, not_the_hosts },
	{ "ICMP", CONFIG(""), 0, icmp },
	{ "neighbours", CONFIG(""), 0, neighbours },
	{ "fragments", CONFIG(""), 0, fragments },
	{ "limited", CONFIG("\"kernel_pps\": 100, "), 0, limited },
	{ "checked", CHECKED, 0, checked },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "companion", cases);
}
