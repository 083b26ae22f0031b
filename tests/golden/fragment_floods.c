/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Floods of fragments over two workers with room for 128 datagrams each: what they take is bounded and counted, and who is not part
 * of the flood does not notice (RFC 4787 REQ-14a). One worker, packet by packet: golden/fragments.c.
 */
#include "lab.h"

#define CONFIG LAB_CONFIG_WITH("\"workers\": 2, \"max_fragments\": 256, \"unused_ports\": \"drop\", ")
#define FLOOD 10000
#define FLOODER IP4("198.51.100.9", "192.0.2.10", .id = UP(1), .offset = 800, .mf = 1, .proto = 17)
#define FLOODER6 IP6("2001:db8:f::9", "2001:db8:1::10")

/* Two connections, one at each worker, are not disturbed. */
#define QUERY(port, n) IN("wan.0", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10"), UDP(port, 53), PAYLOAD("a?"))
#define WELL \
	QUERY(1000, 1), SENT("lan", "len 2 \"a?\" [csum ok]", 1), \
	QUERY(872, 2), SENT("lan", "len 2 \"a?\" [csum ok]", 1)
/* A datagram that comes right behind the flood, the last fragment first: port 1000 is worker 0's, 872 worker 1's. */
#define DATAGRAM(port, i) \
	IN("wan.0", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = i, .offset = 80, .proto = 17), PAYLOAD("tail")), \
	IN("wan.0", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .id = i, .mf = 1), UDP(port, 53, .length = 84), FILL(72)), \
	SENT("lan", " udp ", 1), SENT("lan", "\"tail\"", 1)

/* Each worker holds 128 at most: by then the oldest datagram makes room. Handed over to the datagram's owner, wherever they come in. */
static const struct golden_step middle[] = {
	RESOLVED,
	WELL,
	IN_MANY("wan.0", FLOOD, CLIENT_ETH, FLOODER, FILL(80)), SENT("lan", "", 0),
	COUNT(HELD, 256), COUNT(DATAGRAMS_EVICTED, FLOOD - 256), DROPPED(FRAGMENT_LIMIT, FLOOD - 256),
	WELL,
	DATAGRAM(1000, 7), DROPPED_ABOUT(FRAGMENT_LIMIT, 1, 1),
	DATAGRAM(872, 135), DROPPED_ABOUT(FRAGMENT_LIMIT, 2, 2),
	IN_MANY("wan.1", FLOOD, CLIENT_ETH, FLOODER, FILL(80)), SENT("lan", "", 0),
	DROPPED_ABOUT(FRAGMENT_LIMIT, FLOOD, 300), DROPPED_ABOUT(FRAGMENT_DUPLICATE, 0, 256),
	WELL,
	TIME(2200), DROPPED(FRAGMENT_TIMEOUT, 256), COUNT(HELD, -256),
	WELL,
	END
};

/* Of as many datagrams of one sender as there are sources and numbers: with IPv6, 32 bits of them. */
static const struct golden_step middle_v6[] = {
	RESOLVED,
	WELL,
	IN_MANY("wan.0", FLOOD, CLIENT_ETH, FLOODER6, FRAG6(UP(1), 800, 1, .proto = 17), FILL(80)), SENT("lan", "", 0),
	COUNT(HELD, 256), DROPPED(FRAGMENT_LIMIT, FLOOD - 256),
	WELL,
	TIME(2200), DROPPED(FRAGMENT_TIMEOUT, 256), COUNT(HELD, -256),
	END
};

/* First fragments of datagrams that never end, to a port that is none: nothing is held, and what is remembered is bounded. */
static const struct golden_step first[] = {
	RESOLVED,
	WELL,
	IN_MANY("wan.1", FLOOD, CLIENT_ETH, IP4("198.51.100.9", "192.0.2.10", .id = UP(1), .mf = 1), UDP(1000, 54, .length = 200), FILL(72)),
	SENT("lan", "", 0), COUNT(HELD, 0), DROPPED(NO_SERVICE, FLOOD),
	WELL,
	DATAGRAM(1000, 7), DATAGRAM(872, 135),
	WELL,
	END
};

/* Fragments of one datagram that leave gaps, as many as fit: no more than its share is held, or kept account of. */
static const struct golden_step one_datagram[] = {
	RESOLVED,
	IN_MANY("wan.0", 13, CLIENT_ETH, IP4("198.51.100.9", "192.0.2.10", .id = 7, .offset = 16 * 8, .mf = 1, .proto = 17), FILL(80)),
	SENT("lan", "", 0), COUNT(HELD, 1), DROPPED(FRAGMENT_DUPLICATE, 12),
	WELL,
	TIME(2200), DROPPED(FRAGMENT_TIMEOUT, 1),
	END
};

static const struct golden_case cases[] = {
	{ "fragments without a first one", CONFIG, 2, middle },
	{ "fragments without a first one, IPv6", CONFIG, 2, middle_v6 },
	{ "first fragments", CONFIG, 2, first },
	{ "one datagram", CONFIG, 2, one_datagram },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "fragment_floods", cases);
}
