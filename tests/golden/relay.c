/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP relays: matching, headers, outputs of all kinds, limits, fragments, two workers. Sender 192.0.2.100 (02::c1) on wan,
 * receivers on lan; copies come from the interface's own address unless the case says otherwise.
 */
#include "lab.h"

#include "sluice/state/worker.h"

#define CONFIG_WITH(rest, relays) \
	"{ \"version\": 1, \"unused_ports\": \"drop\", \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " rest LAB_INTERFACES ", \"relays\": [" relays "] }"
#define CONFIG(relays) CONFIG_WITH("", relays)
#define RELAY(name, in, out) "{ \"name\": \"" name "\", \"in\": { \"interface\": \"wan\", " in " }, \"out\": [" out "] }"
#define FEED(out) CONFIG(RELAY("feed", "\"group\": \"239.1.1.1\", \"udp_port\": 5001", out))
#define FEED6(out) CONFIG(RELAY("feed6", "\"group\": \"ff05::1:1\", \"udp_port\": 5001", out))
#define GROUP_OUT "{ \"interface\": \"lan\", \"address\": \"239.2.2.2\", \"udp_port\": 6001 }"
#define HOST_OUT "{ \"interface\": \"lan\", \"address\": \"10.1.1.1\", \"udp_port\": 6001 }"
#define HOST2_OUT "{ \"interface\": \"lan\", \"address\": \"10.1.1.2\", \"udp_port\": 6002 }"

#define TO_GROUP ETH("02::c1", "01:00:5e:01:01:01")
#define TO_GROUP6 ETH("02::c1", "33:33:00:01:00:01")
#define DATAGRAM IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .ttl = 1, .df = 1), UDP(4000, 5001), PAYLOAD("tick"))
#define DATAGRAM6 IN("wan", TO_GROUP6, IP6("2001:db8:1::100", "ff05::1:1", .ttl = 1), UDP(4000, 5001), PAYLOAD("tick"))
#define GROUP_COPY OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum ok]")
#define HOST_COPY OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum ok]")
#define HOST2_COPY OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.2>10.1.1.2 ttl 64 DF udp 4000>6002 len 4 \"tick\" [csum ok]")

static const struct golden_step one[] = { DATAGRAM, GROUP_COPY, COUNT(CONSUMED, 1), COUNT(CREATED, 1), DATAGRAM, GROUP_COPY, END };

/* Multicast and unicast together, and the payload is not copied. */
static const struct golden_step three[] = {
	RESOLVED,
	DATAGRAM, GROUP_COPY, HOST_COPY, HOST2_COPY,
	COUNT(CONSUMED, 1), COUNT(CREATED, 3), COUNT(TX, 3), COUNT(LINEARISED, 0),
	DATAGRAM, DATAGRAM, GROUP_COPY, GROUP_COPY, HOST_COPY, HOST_COPY, HOST2_COPY, HOST2_COPY,
	END
};

/* Ports without chains get copies. The first output is another port's, which has chains. */
static const struct golden_step no_chains[] = {
	RESOLVED, NO_CHAINS("lan"),
	DATAGRAM,
	OUT("wan", "eth 02::f0>01:00:5e:09:09:09 ip4 192.0.2.2>239.9.9.9 ttl 64 DF udp 4000>5001 len 4 \"tick\" [csum ok]"),
	GROUP_COPY, HOST_COPY, COUNT(LINEARISED, 2), COUNT(CREATED, 3),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), FILL(1400), SPLIT(60, 700)),
	OUT("wan", "eth 02::f0>01:00:5e:09:09:09 ip4 192.0.2.2>239.9.9.9 ttl 64 udp 4000>5001 len 1400 #b2eb9e95 [csum ok]"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 1400 #b2eb9e95 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 udp 4000>6001 len 1400 #b2eb9e95 [csum ok]"),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001)),
	OUT("wan", "eth 02::f0>01:00:5e:09:09:09 ip4 192.0.2.2>239.9.9.9 ttl 64 udp 4000>5001 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 udp 4000>6001 len 0 [csum ok]"),
	END
};

/* Only one output, to a port without chains: in place, nothing is copied. */
static const struct golden_step in_place[] = {
	NO_CHAINS("lan"), DATAGRAM, GROUP_COPY, COUNT(LINEARISED, 0),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), FILL(1400), SPLIT(42, 700)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 1400 #b2eb9e95 [csum ok]"),
	COUNT(LINEARISED, 1), /* it came in a chain */
	END
};

/* Headers may lie in a buffer of their own, and a datagram may be empty. */
static const struct golden_step odd_buffers[] = {
	RESOLVED,
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), FILL(1000), SPLIT(42, 500)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 1000 #0d1082d5 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 udp 4000>6001 len 1000 #0d1082d5 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.2>10.1.1.2 ttl 64 udp 4000>6002 len 1000 #0d1082d5 [csum ok]"),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), FILL(100), SPLIT(10, 5, 30)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 100 #feb36f65 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 udp 4000>6001 len 100 #feb36f65 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.2>10.1.1.2 ttl 64 udp 4000>6002 len 100 #feb36f65 [csum ok]"),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 udp 4000>6001 len 0 [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.2>10.1.1.2 ttl 64 udp 4000>6002 len 0 [csum ok]"),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), PAYLOAD("x"), PAD(17)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 1 \"x\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 udp 4000>6001 len 1 \"x\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b2 ip4 10.1.0.2>10.1.1.2 ttl 64 udp 4000>6002 len 1 \"x\" [csum ok]"),
	END
};

/* What is rewritten and what stays: TTL, DSCP with ECN, source, ports, options. */
static const struct golden_step fields[] = {
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .tos = 0x2b, .id = 77, .options = "94040000"), UDP(4000, 5001), PAYLOAD("tick")),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.9>239.2.2.2 ttl 16 tos 0xbb udp 4000>6001 len 4 \"tick\" [csum ok]"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:03 ip4 192.0.2.100>239.2.2.3 ttl 64 tos 0x2b udp 4000>5001 len 4 \"tick\" [csum ok]"),
	OUT("lan", "eth 02::f1>01:00:5e:01:01:01 ip4 10.1.0.2>239.1.1.1 ttl 1 tos 0x2b udp 4000>7001 len 4 \"tick\" [csum ok]"),
	OUT("lan", "eth 02::f1>01:00:5e:01:01:01 ip4 192.0.2.100>239.1.1.1 ttl 64 tos 0x03 udp 4000>5001 len 4 \"tick\" [csum ok]"),
	END
};
#define FIELDS FEED("{ \"interface\": \"lan\", \"address\": \"239.2.2.2\", \"udp_port\": 6001, \"source\": \"10.1.0.9\", \"ttl\": 16, \"dscp\": 46 }, " \
		    "{ \"interface\": \"lan\", \"address\": \"239.2.2.3\", \"keep_source\": true }, " \
		    "{ \"interface\": \"lan\", \"udp_port\": 7001, \"ttl\": 1 }, " \
		    "{ \"interface\": \"lan\", \"keep_source\": true, \"dscp\": 0 }")

/* Checksums: a wrong one stays wrong, unless it is computed; none stays none, or becomes one for IPv6. */
static const struct golden_step checksums[] = {
	DATAGRAM,
	GROUP_COPY,
	OUT("lan", "eth 02::f1>01:00:5e:02:02:03 ip4 10.1.0.2>239.2.2.3 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum ok]"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:04 ip4 10.1.0.2>239.2.2.4 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum none]"),
	OUT("lan", "eth 02::f1>33:33::05 ip6 2001:db8:2::2>ff05::5 ttl 64 udp 4000>6001 len 4 \"tick\" [csum ok]"),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .df = 1), UDP(4000, 5001, .bad_checksum = 1), PAYLOAD("tick")),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum BAD]"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:03 ip4 10.1.0.2>239.2.2.3 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum ok]"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:04 ip4 10.1.0.2>239.2.2.4 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum none]"),
	OUT("lan", "eth 02::f1>33:33::05 ip6 2001:db8:2::2>ff05::5 ttl 64 udp 4000>6001 len 4 \"tick\" [csum BAD]"),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .df = 1), UDP(4000, 5001, .no_checksum = 1), PAYLOAD("tick")),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum none]"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:03 ip4 10.1.0.2>239.2.2.3 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum ok]"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:04 ip4 10.1.0.2>239.2.2.4 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum none]"),
	OUT("lan", "eth 02::f1>33:33::05 ip6 2001:db8:2::2>ff05::5 ttl 64 udp 4000>6001 len 4 \"tick\" [csum ok]"),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001, .partial_checksum = 1), PAYLOAD("tick")),
	DROPPED(PARTIAL_CHECKSUM, 1), EVENT(PARTIAL_CHECKSUM, "wan", "::"),
	END
};
#define CHECKSUMS FEED(GROUP_OUT ", { \"interface\": \"lan\", \"address\": \"239.2.2.3\", \"udp_port\": 6001, \"checksum\": \"compute\" }, " \
		       "{ \"interface\": \"lan\", \"address\": \"239.2.2.4\", \"udp_port\": 6001, \"checksum\": \"none\" }, " \
		       "{ \"interface\": \"lan\", \"address\": \"ff05::5\", \"udp_port\": 6001 }")

/* IPv6 in, both families out. */
static const struct golden_step six[] = {
	RESOLVED,
	IN("wan", TO_GROUP6, IP6("2001:db8:1::100", "ff05::1:1", .ttl = 1, .tos = 0x2b, .flow = 5), HOPOPTS(), UDP(4000, 5001), PAYLOAD("tick")),
	OUT("lan", "eth 02::f1>33:33::02 ip6 2001:db8:2::2>ff05::2 ttl 64 tos 0x2b udp 4000>6001 len 4 \"tick\" [csum ok]"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 9 tos 0x03 udp 4000>5001 len 4 \"tick\" [csum ok]"),
	OUT("lan", "eth 02::f1>33:33:00:01:00:01 ip6 2001:db8:1::100>ff05::1:1 ttl 64 tos 0x2b udp 4000>5001 len 4 \"tick\" [csum ok]"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 tos 0x2b udp 4000>6001 len 4 \"tick\" [csum ok]"),
	END
};
#define SIX FEED6("{ \"interface\": \"lan\", \"address\": \"ff05::2\", \"udp_port\": 6001 }, " \
		  "{ \"interface\": \"lan\", \"address\": \"2001:db8:2::1:1\", \"ttl\": 9, \"dscp\": 0 }, " \
		  "{ \"interface\": \"lan\", \"keep_source\": true }, " GROUP_OUT)

/* (S,G), then (*,G), then the longest prefix; interface and port count too. */
#define COPY_TO(last) \
	OUT("lan", "eth 02::f1>01:00:5e:02:02:0" #last " ip4 10.1.0.2>239.2.2." #last " ttl 64 udp 4000>5001 len 1 \"a\" [csum ok]")
#define FROM_TO(source, group, mac) IN("wan", ETH("02::c1", mac), IP4(source, group), UDP(4000, 5001), PAYLOAD("a"))
static const struct golden_step longest[] = {
	FROM_TO("192.0.2.100", "239.1.1.1", "01:00:5e:01:01:01"), COPY_TO(1),
	FROM_TO("192.0.2.101", "239.1.1.1", "01:00:5e:01:01:01"), COPY_TO(1),
	FROM_TO("192.0.2.102", "239.1.1.1", "01:00:5e:01:01:01"), COPY_TO(2),
	FROM_TO("192.0.2.100", "239.1.1.2", "01:00:5e:01:01:02"), COPY_TO(3),
	FROM_TO("192.0.2.100", "239.1.2.2", "01:00:5e:01:02:02"), COPY_TO(4),
	FROM_TO("192.0.2.100", "239.2.2.2", "01:00:5e:02:02:02"), DROPPED(MULTICAST, 1),
	FROM_TO("192.0.2.100", "239.1.1.1", "02::f0"), DROPPED(MULTICAST, 1),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5002), PAYLOAD("a")), DROPPED(MULTICAST, 1),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 0), PAYLOAD("a")), DROPPED(MULTICAST, 1),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), TCP(4000, 5001, "S")), DROPPED(MULTICAST, 1),
	IN("lan", TO_GROUP, IP4("10.1.1.1", "239.1.1.1"), UDP(4000, 5001), PAYLOAD("a")), DROPPED(MULTICAST, 1),
	/* all of them in one burst: each relay's in their order */
	FROM_TO("192.0.2.102", "239.1.1.1", "01:00:5e:01:01:01"), FROM_TO("192.0.2.100", "239.1.2.2", "01:00:5e:01:02:02"),
	FROM_TO("192.0.2.100", "239.9.9.9", "01:00:5e:09:09:09"), FROM_TO("192.0.2.102", "239.1.1.1", "01:00:5e:01:01:01"),
	FROM_TO("192.0.2.100", "239.1.1.1", "01:00:5e:01:01:01"),
	COPY_TO(2), COPY_TO(2), COPY_TO(4), COPY_TO(1), DROPPED(MULTICAST, 1),
	END
};
#define TO(last) "{ \"interface\": \"lan\", \"address\": \"239.2.2." last "\" }"
#define LONGEST \
	CONFIG(RELAY("prefix", "\"group\": \"239.1.0.0/16\", \"udp_port\": 5001, \"join\": false", TO("4")) "," \
	       RELAY("group", "\"group\": \"239.1.1.1\", \"udp_port\": 5001", TO("2")) "," \
	       RELAY("longer", "\"group\": \"239.1.1.0/24\", \"udp_port\": 5001", TO("3")) "," \
	       RELAY("source", "\"group\": \"239.1.1.1\", \"udp_port\": 5001, \"sources\": [\"192.0.2.100\", \"192.0.2.101\"]", TO("1")))

/* Only the named source; the reverse path; what comes back to us. */
static const struct golden_step sources[] = {
	DATAGRAM, GROUP_COPY,
	FROM_TO("192.0.2.101", "239.1.1.1", "01:00:5e:01:01:01"), DROPPED(MULTICAST, 1),
	END
};
static const struct golden_step reverse_path[] = {
	DATAGRAM, GROUP_COPY,
	FROM_TO("203.0.113.5", "239.1.1.1", "01:00:5e:01:01:01"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 1 \"a\" [csum ok]"),
	FROM_TO("10.1.9.9", "239.1.1.1", "01:00:5e:01:01:01"), DROPPED(RELAY_RPF, 1),
	END
};
static const struct golden_step own_copies[] = {
	FROM_TO("192.0.2.2", "239.1.1.1", "01:00:5e:01:01:01"), DROPPED(IP_SOURCE, 1),
	FROM_TO("10.1.0.2", "239.1.1.1", "01:00:5e:01:01:01"), DROPPED(IP_SOURCE, 1),
	END
};

/* To an address of ours: one of an interface, and one that nothing else has. Its other ports stay what they are. */
static const struct golden_step unicast_in[] = {
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2", .df = 1), UDP(4000, 5001), PAYLOAD("tick")),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.77", .df = 1), UDP(4000, 5001), PAYLOAD("tick")),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:03 ip4 10.1.0.2>239.2.2.3 ttl 64 DF udp 4000>5001 len 4 \"tick\" [csum ok]"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), UDP(4000, 5002)), DROPPED(NO_SERVICE, 1),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.77"), UDP(4000, 0)), DROPPED(NO_SERVICE, 1),
	IN("wan", ETH("02::c1", "bcast"), IP4("192.0.2.100", "192.0.2.77"), UDP(4000, 5001)), DROPPED(MULTICAST, 1),
	IN("wan", ETH("02::c1", "bcast"), ARP_REQUEST("02::c1", "192.0.2.100", "192.0.2.77")),
	EVENT(NEIGHBOUR, "wan", "192.0.2.100"),
	OUT("wan", "eth 02::f0>02::c1 arp reply 192.0.2.77 is-at 02::f0 to 192.0.2.100 (02::c1)"),
	NEIGHBOUR("wan", "192.0.2.100", "02::c1"),
	IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.77"), ECHO(1, 1)),
	OUT("wan", "eth 02::f0>02::c1 ip4 192.0.2.77>192.0.2.100 ttl 64 icmp echo-reply id 1 seq 1 len 0 [csum ok]"),
	END
};
#define UNICAST_IN \
	CONFIG(RELAY("own", "\"address\": \"192.0.2.2\", \"udp_port\": 5001", GROUP_OUT) "," \
	       RELAY("alone", "\"address\": \"192.0.2.77\", \"udp_port\": 5001", TO("3")))

/* A next hop that is asked for: some copies wait, the others have a cause; one that fails does not hold up the others. */
#define TICKS(n) IN_MANY("wan", n, TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .df = 1), UDP(4000, 5001), PAYLOAD("tick"))
static const struct golden_step unresolved[] = {
	NEIGHBOUR("lan", "10.1.1.1", "02::b1"),
	TICKS(20),
	SENT("lan", "10.1.0.2>239.2.2.2 ", 20), SENT("lan", "10.1.0.2>10.1.1.1 ", 20), SENT("lan", "10.1.0.2>10.1.1.2", 0),
	EVENT(RESOLVE, "lan", "10.1.1.2"),
	DROPPED(RELAY_UNRESOLVED, 4), COUNT(HELD, 16), COUNT(CREATED, 60), COUNT(CONSUMED, 20),
	NEIGHBOUR("lan", "10.1.1.2", "02::b2"), SENT("lan", "10.1.0.2>10.1.1.2", 16),
	NEIGHBOUR("lan", "10.1.1.1", "failed"),
	TICKS(20),
	SENT("lan", "10.1.0.2>239.2.2.2 ", 20), SENT("lan", "10.1.0.2>10.1.1.2 ", 20),
	DROPPED(RELAY_UNRESOLVED, 20),
	NEIGHBOUR("lan", "10.1.1.1", "02::b9"),
	DATAGRAM, GROUP_COPY, OUT("lan", "eth 02::f1>02::b9 ip4 10.1.0.2>10.1.1.1 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum ok]"), HOST2_COPY,
	END
};

/* The same when it is the only output, and by a gateway. */
static const struct golden_step by_gateway[] = {
	DATAGRAM, EVENT(RESOLVE, "lan", "10.1.0.1"), COUNT(HELD, 1),
	NEIGHBOUR("lan", "10.1.0.1", "02::a1"),
	OUT("lan", "eth 02::f1>02::a1 ip4 10.1.0.2>10.9.1.1 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum ok]"),
	DATAGRAM,
	OUT("lan", "eth 02::f1>02::a1 ip4 10.1.0.2>10.9.1.1 ttl 64 DF udp 4000>6001 len 4 \"tick\" [csum ok]"),
	END
};
#define BY_GATEWAY \
	CONFIG_WITH("\"routes\": [ { \"prefix\": \"10.9.0.0/16\", \"via\": \"10.1.0.1\" } ], ", \
		    RELAY("feed", "\"group\": \"239.1.1.1\", \"udp_port\": 5001", \
			  "{ \"interface\": \"lan\", \"address\": \"10.9.1.1\", \"udp_port\": 6001 }"))

/* A limit of packets, one of bits, sampling: each of its own output. */
static const struct golden_step limits[] = {
	TICKS(1000),
	SENT("lan", ">239.2.2.1 ", 100), SENT("lan", ">239.2.2.3 ", 100), SENT("lan", ">239.2.2.4 ", 1000),
	DROPPED(RELAY_LIMIT, 900), COUNT(CREATED, 2100), COUNT(CONSUMED, 1000),
	TIME(5),
	TICKS(1000),
	SENT("lan", ">239.2.2.1 ", 50), SENT("lan", ">239.2.2.3 ", 100), SENT("lan", ">239.2.2.4 ", 1000),
	DROPPED(RELAY_LIMIT, 950),
	END
};
static const struct golden_step limit_bits[] = {
	IN_MANY("wan", 1000, TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), FILL(972)), /* 1000 bytes each */
	SENT("lan", ">239.2.2.2 ", 125), SENT("lan", ">239.2.2.3 ", 1000), DROPPED(RELAY_LIMIT, 875), /* 10 ms at 100 Mbit/s */
	TIME(4),
	IN_MANY("wan", 100, TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), FILL(972)),
	SENT("lan", ">239.2.2.2 ", 50), SENT("lan", ">239.2.2.3 ", 100), DROPPED(RELAY_LIMIT, 50),
	END
};
#define LIMITS FEED("{ \"interface\": \"lan\", \"address\": \"239.2.2.1\", \"max_pps\": 10000 }, " \
		    "{ \"interface\": \"lan\", \"address\": \"239.2.2.3\", \"sample\": 10 }, " TO("4"))
#define LIMIT_BITS FEED("{ \"interface\": \"lan\", \"address\": \"239.2.2.2\", \"max_kbps\": 100000 }, " TO("3"))

/* Fragments: relayed as such, in order, each with the number its datagram has on that output. */
#define FRAG(o, more) IP4("192.0.2.100", "239.1.1.1", .id = 500, .offset = o, .mf = more)
#define HEAD IN("wan", TO_GROUP, FRAG(0, 1), UDP(4000, 5001, .length = 8 + 16 + 16 + 4), FILL(16))
#define MIDDLE IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .id = 500, .offset = 24, .mf = 1, .proto = 17), FILL(16))
#define TAIL IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .id = 500, .offset = 40, .proto = 17), FILL(4))
#define HEAD_COPY(line) OUT("lan", line " frag $1:0+ udp 4000>6001 len 16 #850a3145")
#define MIDDLE_COPY(line) OUT("lan", line " frag $1:24+ proto 17 len 16 #850a3145")
#define TAIL_COPY(line) OUT("lan", line " frag $1:40 proto 17 len 4 #3c4207e5")
#define TO_G "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64"
#define TO_H "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64"
static const struct golden_step fragments[] = {
	RESOLVED,
	HEAD, HEAD_COPY(TO_G), HEAD_COPY(TO_H), MIDDLE, MIDDLE_COPY(TO_G), MIDDLE_COPY(TO_H), TAIL, TAIL_COPY(TO_G), TAIL_COPY(TO_H),
	TIME(3000),
	MIDDLE, COUNT(HELD, 1), HEAD, /* the held one walks right behind */
	OUT("lan", TO_G " frag $2:0+ udp 4000>6001 len 16 #850a3145"),
	OUT("lan", TO_H " frag $2:0+ udp 4000>6001 len 16 #850a3145"),
	OUT("lan", TO_G " frag $2:24+ proto 17 len 16 #850a3145"), OUT("lan", TO_H " frag $2:24+ proto 17 len 16 #850a3145"),
	TIME(3000), COUNT(DATAGRAMS_INCOMPLETE, 1),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.9", .id = 500, .offset = 40, .proto = 17), FILL(4)), DROPPED(MULTICAST, 1),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .id = 7, .mf = 1), UDP(4000, 9, .length = 44), FILL(16)), DROPPED(MULTICAST, 1),
	END
};
static const struct golden_step fragments6[] = {
	RESOLVED,
	IN("wan", TO_GROUP6, IP6("2001:db8:1::100", "ff05::1:1"), FRAG6(77, 0, 1), UDP(4000, 5001, .length = 28), FILL(16)),
	OUT("lan", "eth 02::f1>33:33::02 ip6 2001:db8:2::2>ff05::2 ttl 64 frag $1:0+ udp 4000>6001 len 16 #850a3145"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 9 frag $1:0+ udp 4000>5001 len 16 #850a3145"),
	OUT("lan", "eth 02::f1>33:33:00:01:00:01 ip6 2001:db8:1::100>ff05::1:1 ttl 64 frag $1:0+ udp 4000>5001 len 16 #850a3145"),
	DROPPED(RELAY_FAMILY, 1),
	IN("wan", TO_GROUP6, IP6("2001:db8:1::100", "ff05::1:1"), FRAG6(77, 24, 0, .proto = 17), FILL(4)),
	OUT("lan", "eth 02::f1>33:33::02 ip6 2001:db8:2::2>ff05::2 ttl 64 frag $1:24 proto 17 len 4 #3c4207e5"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 9 frag $1:24 proto 17 len 4 #3c4207e5"),
	OUT("lan", "eth 02::f1>33:33:00:01:00:01 ip6 2001:db8:1::100>ff05::1:1 ttl 64 frag $1:24 proto 17 len 4 #3c4207e5"),
	DROPPED(RELAY_FAMILY, 1),
	/* an offset that has the bit of IPv4's DF */
	IN("wan", TO_GROUP6, IP6("2001:db8:1::100", "ff05::1:1"), FRAG6(79, 0, 1), UDP(4000, 5001, .length = 16388), FILL(16)),
	OUT("lan", "eth 02::f1>33:33::02 ip6 2001:db8:2::2>ff05::2 ttl 64 frag $2:0+ udp 4000>6001 len 16 #850a3145"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 9 frag $2:0+ udp 4000>5001 len 16 #850a3145"),
	OUT("lan", "eth 02::f1>33:33:00:01:00:01 ip6 2001:db8:1::100>ff05::1:1 ttl 64 frag $2:0+ udp 4000>5001 len 16 #850a3145"),
	DROPPED(RELAY_FAMILY, 1),
	IN("wan", TO_GROUP6, IP6("2001:db8:1::100", "ff05::1:1"), FRAG6(79, 16384, 0, .proto = 17), FILL(4)),
	OUT("lan", "eth 02::f1>33:33::02 ip6 2001:db8:2::2>ff05::2 ttl 64 frag $2:16384 proto 17 len 4 #3c4207e5"),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::2>2001:db8:2::1:1 ttl 9 frag $2:16384 proto 17 len 4 #3c4207e5"),
	OUT("lan", "eth 02::f1>33:33:00:01:00:01 ip6 2001:db8:1::100>ff05::1:1 ttl 64 frag $2:16384 proto 17 len 4 #3c4207e5"),
	DROPPED(RELAY_FAMILY, 1),
	IN("wan", TO_GROUP6, IP6("2001:db8:1::100", "ff05::1:1"), FRAG6(78, 0, 1), DSTOPTS(), UDP(4000, 5001, .length = 28), FILL(16)),
	DROPPED(FRAGMENT, 1),
	END
};

/* Too large for the way out: cut where that is allowed. Jumbo frames where the interface has room for them. */
#define SMALL_LAN(out) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " \
	"\"devices\": [ { \"device\": \"net_ring_wan\", \"mtu\": 9000 }, { \"device\": \"net_ring_lan\", \"mtu\": 9000 } ], " \
	"\"interfaces\": [ { \"name\": \"wan\", \"device\": \"net_ring_wan\", \"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"] }, " \
	"{ \"name\": \"lan\", \"device\": \"net_ring_lan\", \"mtu\": 1280, \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] }, " \
	"{ \"name\": \"big\", \"device\": \"net_ring_lan\", \"vlan\": 7, \"addresses\": [\"10.2.0.2/16\", \"2001:db8:3::2/64\"] } ], " \
	"\"relays\": [" RELAY("feed", "\"group\": \"239.1.1.1\", \"udp_port\": 5001", out) "] }"
#define BIG_OUT "{ \"interface\": \"big\", \"address\": \"239.2.2.7\", \"udp_port\": 6001 }"
static const struct golden_step too_large[] = {
	RESOLVED,
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), FILL(1400)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 frag $1:0+ udp 4000>6001 len 1248 #b5e30585"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 frag $1:1256 proto 17 len 152 #a3e4c955"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 frag $1:0+ udp 4000>6001 len 1248 #b5e30585"),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.2>10.1.1.1 ttl 64 frag $1:1256 proto 17 len 152 #a3e4c955"),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:07 vlan 7 ip4 10.2.0.2>239.2.2.7 ttl 64 udp 4000>6001 len 1400 #b2eb9e95 [csum ok]"),
	COUNT(DATAGRAMS_CUT, 2),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .df = 1), UDP(4000, 5001), FILL(1400)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:07 vlan 7 ip4 10.2.0.2>239.2.2.7 ttl 64 DF udp 4000>6001 len 1400 #b2eb9e95 [csum ok]"),
	DROPPED(MTU, 2),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .df = 1), UDP(4000, 5001), FILL(8972), SPLIT(2000, 2000, 2000, 2000)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:07 vlan 7 ip4 10.2.0.2>239.2.2.7 ttl 64 DF udp 4000>6001 len 8972 #7f2010c9 [csum ok]"),
	DROPPED(MTU, 2),
	END
};

/* A relay has one owner, whatever queue its datagrams come by, and outputs leave by whoever has the port's queue. */
static const struct golden_step owners[] = {
	RESOLVED,
	IN("wan.0", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), PAYLOAD("0")),
	IN("wan.1", TO_GROUP, IP4("192.0.2.101", "239.1.1.1"), UDP(4000, 5001), PAYLOAD("1")),
	IN("wan.2", TO_GROUP, IP4("192.0.2.102", "239.1.1.1"), UDP(4001, 5001), PAYLOAD("2")),
	SENT("lan", "10.1.0.2>239.2.2.2 ", 3), SENT("lan", "10.1.0.2>10.1.1.1 ", 3),
	COUNT(HANDED_OUT, 2), COUNT(HANDED_IN, 2),
	HEAD, TAIL, MIDDLE, /* by way of their datagram's owner */
	SENT("lan", "10.1.0.2>239.2.2.2 ", 3), SENT("lan", "10.1.0.2>10.1.1.1 ", 3),
	IN("wan.1", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), UDP(4000, 5001), PAYLOAD("3")),
	IN("wan.0", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), UDP(4000, 5001), PAYLOAD("4")),
	IN("wan.2", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.2"), UDP(4000, 5001), PAYLOAD("5")),
	SENT("lan", "10.1.0.2>239.2.2.3 ", 3), COUNT(HANDED_OUT, 2), COUNT(HANDED_IN, 2),
	END
};
#define OWNERS OWNERS_WITH("")
#define OWNERS_WITH(rest) \
	CONFIG_WITH("\"workers\": 3, " rest, \
		    "{ \"name\": \"feed\", \"id\": 5, \"in\": { \"interface\": \"wan\", \"group\": \"239.1.1.1\", \"udp_port\": 5001 }, " \
		    "\"out\": [" GROUP_OUT "," HOST_OUT "] }, " RELAY("own", "\"address\": \"192.0.2.2\", \"udp_port\": 5001", TO("3")))

/* One transmit queue for two workers: copies and their shared payload go through the ring. */
static const struct golden_step one_queue[] = {
	RESOLVED,
	TICKS(500),
	SENT("lan", "10.1.0.2>239.2.2.2 ", 500), SENT("lan", "10.1.0.2>10.1.1.1 ", 500), SENT("lan", "10.1.0.2>10.1.1.2 ", 500),
	COUNT(CREATED, 1500), COUNT(TX, 1500),
	END
};
#define ONE_QUEUE \
	CONFIG_WITH("\"workers\": 2, ", \
		    "{ \"name\": \"feed\", \"id\": 7, \"in\": { \"interface\": \"wan\", \"group\": \"239.1.1.1\", \"udp_port\": 5001 }, " \
		    "\"out\": [" GROUP_OUT "," HOST_OUT "," HOST2_OUT "] }")

/* Rules come and go; a limit that stays is not filled up anew, a template follows. */
static const struct golden_step reloads[] = {
	TICKS(100), SENT("lan", ">239.2.2.1 ", 100), SENT("lan", ">239.2.2.3 ", 10), SENT("lan", ">239.2.2.4 ", 100),
	RELOAD(FEED("{ \"interface\": \"lan\", \"address\": \"239.2.2.1\", \"max_pps\": 10000, \"ttl\": 5 }")),
	TICKS(3), DROPPED(RELAY_LIMIT, 3),
	TIME(1),
	TICKS(1), SENT("lan", "10.1.0.2>239.2.2.1 ttl 5 ", 1),
	RELOAD(CONFIG("")),
	DATAGRAM, DROPPED(MULTICAST, 1),
	RELOAD(FEED("{ \"interface\": \"lan\", \"address\": \"239.2.2.1\", \"max_pps\": 10000, \"ttl\": 5 }")),
	TICKS(3), SENT("lan", "10.1.0.2>239.2.2.1 ttl 5 ", 3),
	END
};

/* 64 outputs for a burst of 7: more than a transmit queue at a time. */
#define EIGHT(n) TO(#n "1") "," TO(#n "2") "," TO(#n "3") "," TO(#n "4") "," TO(#n "5") "," TO(#n "6") "," TO(#n "7") "," TO(#n "8")
#define SIXTY_FOUR EIGHT(1) "," EIGHT(2) "," EIGHT(3) "," EIGHT(4) "," EIGHT(5) "," EIGHT(6) "," EIGHT(7) "," EIGHT(8)
static const struct golden_step wide[] = {
	DATAGRAM, DATAGRAM, DATAGRAM, DATAGRAM, DATAGRAM, DATAGRAM, DATAGRAM,
	SENT("lan", "len 4 \"tick\" [csum ok]", 448), COUNT(CREATED, 448), COUNT(CONSUMED, 7),
	END
};

/* Two inputs, numbered in the first four bytes: whichever copy comes first is sent, fragments with their first one. */
#define A(number) IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), BYTES("\0\0\0" number "data", 8))
#define B(number) IN("lan", ETH("02::b1", "01:00:5e:03:03:03"), IP4("10.1.1.1", "239.3.3.3"), UDP(4000, 5003), BYTES("\0\0\0" number "data", 8))
#define AB_COPY(hash) OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 8 #" hash " [csum ok]")
static const struct golden_step redundant[] = {
	A("\1"), AB_COPY("940bff52"), B("\1"), COUNT(CONSUMED, 1), COUNT(CREATED, 0),
	B("\2"), AB_COPY("bb5cb777"), A("\2"),
	B("\4"), B("\3"), A("\3"), A("\4"), AB_COPY("33b34d44"), AB_COPY("bacf9699"), /* port by port: A comes first */
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1"), UDP(4000, 5001), BYTES("\0\0", 2)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 udp 4000>6001 len 2 #117697cd [csum ok]"),
	IN("lan", ETH("02::b1", "01:00:5e:03:03:03"), IP4("10.1.1.1", "239.3.3.3"), UDP(4000, 5003), BYTES("\0\0", 2)),
	COUNT(CONSUMED, 1),
	/* the same datagram in fragments, by both ways */
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .id = 5, .mf = 1), UDP(4000, 5001, .length = 20), BYTES("\0\0\0\5datadatadata", 8)),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 frag $1:0+ udp 4000>6001 len 8 #bb5c69d6"),
	IN("lan", ETH("02::b1", "01:00:5e:03:03:03"), IP4("10.1.1.1", "239.3.3.3", .id = 6, .mf = 1), UDP(4000, 5003, .length = 20), BYTES("\0\0\0\5datadatadata", 8)),
	COUNT(CONSUMED, 1),
	IN("lan", ETH("02::b1", "01:00:5e:03:03:03"), IP4("10.1.1.1", "239.3.3.3", .id = 6, .offset = 16, .proto = 17), PAYLOAD("more")),
	COUNT(CONSUMED, 1),
	IN("wan", TO_GROUP, IP4("192.0.2.100", "239.1.1.1", .id = 5, .offset = 16, .proto = 17), PAYLOAD("more")),
	OUT("lan", "eth 02::f1>01:00:5e:02:02:02 ip4 10.1.0.2>239.2.2.2 ttl 64 frag $1:16 proto 17 len 4 \"more\""),
	END
};
#define REDUNDANT \
	CONFIG("{ \"name\": \"feed\", \"in\": { \"interface\": \"wan\", \"group\": \"239.1.1.1\", \"udp_port\": 5001 }, " \
	       "\"redundant\": { \"in\": { \"interface\": \"lan\", \"group\": \"239.3.3.3\", \"udp_port\": 5003 } }, " \
	       "\"stream\": { \"sequence\": \"u32\" }, \"out\": [" GROUP_OUT "] }")

static const struct golden_step failover[] = {
	A("\1"), AB_COPY("940bff52"), B("\1"), COUNT(CONSUMED, 1), TIME(400), B("\2"), COUNT(CONSUMED, 1), TIME(200),
	B("\3"), AB_COPY("33b34d44"), A("\1"), COUNT(CONSUMED, 1), TIME(300), A("\2"), TIME(300), A("\3"), AB_COPY("33b34d44"),
	B("\4"), COUNT(CONSUMED, 1),
	END
};
#define FAILOVER \
	CONFIG("{ \"name\": \"feed\", \"in\": { \"interface\": \"wan\", \"group\": \"239.1.1.1\", \"udp_port\": 5001 }, " \
	       "\"failover\": { \"in\": { \"interface\": \"lan\", \"group\": \"239.3.3.3\", \"udp_port\": 5003 } }, " \
	       "\"out\": [" GROUP_OUT "] }")

static const struct golden_case cases[] = {
	{ "one output", FEED(GROUP_OUT), 0, one },
	{ "three outputs", FEED(GROUP_OUT "," HOST_OUT "," HOST2_OUT), 0, three },
	{ "a port without chains", FEED(GROUP_OUT "," HOST_OUT ", { \"interface\": \"wan\", \"address\": \"239.9.9.9\" }"), 0, no_chains },
	{ "one output in place", FEED(GROUP_OUT), 0, in_place },
	{ "odd buffers", FEED(GROUP_OUT "," HOST_OUT "," HOST2_OUT), 0, odd_buffers },
	{ "fields", FIELDS, 0, fields },
	{ "checksums", CHECKSUMS, 0, checksums },
	{ "IPv6", SIX, 0, six },
	{ "longest match", LONGEST, 0, longest },
	{ "sources", CONFIG(RELAY("feed", "\"group\": \"239.1.1.1\", \"udp_port\": 5001, \"sources\": [\"192.0.2.100\"]", GROUP_OUT)), 0, sources },
	{ "reverse path", CONFIG(RELAY("feed", "\"group\": \"239.1.1.1\", \"udp_port\": 5001, \"rpf\": true", GROUP_OUT)), 0, reverse_path },
	{ "own copies come back", FEED(GROUP_OUT), 0, own_copies },
	{ "unicast in", UNICAST_IN, 0, unicast_in },
	{ "next hops that do not answer", FEED(GROUP_OUT "," HOST_OUT "," HOST2_OUT), 0, unresolved },
	{ "by a gateway", BY_GATEWAY, 0, by_gateway },
	{ "limits", LIMITS, 0, limits },
	{ "a limit in bits", LIMIT_BITS, 0, limit_bits },
	{ "fragments", FEED(GROUP_OUT "," HOST_OUT), 0, fragments },
	{ "fragments of IPv6", SIX, 0, fragments6 },
	{ "MTU", SMALL_LAN(GROUP_OUT "," HOST_OUT "," BIG_OUT), 0, too_large },
	{ "three workers", OWNERS, 3, owners },
	{ "three workers, services beside the relays", OWNERS_WITH(LAB_SERVICES ", "), 3, owners },
	{ "one queue for two workers", ONE_QUEUE, 1, one_queue },
	{ "reloads", LIMITS, 0, reloads },
	{ "redundant inputs", REDUNDANT, 0, redundant },
	{ "failover", FAILOVER, 0, failover },
	{ "64 outputs", FEED(SIXTY_FOUR), 0, wide },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "relay", cases);
}
