/* SPDX-License-Identifier: BSD-3-Clause */
/* What a NIC may have done to a packet, or not: header checksums verified, VLAN tags taken off. (Chained buffers: golden/buffers.c.) */
#include "lab.h"

#include "sluice/state/worker.h"

static void verifies_checksums(struct sl_worker *w, struct sl_snapshot *s)
{
	w->shared->port_rx_checksum[0] = true; /* wan */
}

#define QUERY(...) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", __VA_ARGS__), UDP(1000, 53), PAYLOAD("a?"))
#define QUERY_OUT OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 udp $1>8080 len 2 \"a?\" [csum ok]")

/* A port that verifies is believed, either way; what it did not look at is verified here. */
static const struct golden_step verified[] = {
	RESOLVED,
	CALL(verifies_checksums),
	QUERY(.checked = 1), QUERY_OUT,
	QUERY(.checked = -1), DROPPED(IP_CHECKSUM, 1),
	QUERY(.bad_checksum = 1), DROPPED(IP_CHECKSUM, 1),
	QUERY(.bad_checksum = 1, .checked = 1),
	OUT("lan", "eth 02::f1>02::b1 ip4 10.1.0.3>10.1.1.1 ttl 63 [ip-csum BAD] udp $1>8080 len 2 \"a?\" [csum ok]"),
	/* IPv6 has none */
	IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10", .checked = -1), UDP(1000, 53), PAYLOAD("a?")),
	OUT("lan", "eth 02::f1>02::b1 ip6 2001:db8:2::3>2001:db8:2::1:1 ttl 63 udp $2>8080 len 2 \"a?\" [csum ok]"),
	END
};

/* A port that never promised to is not believed when it says that all is well. */
static const struct golden_step software[] = {
	RESOLVED,
	QUERY(.bad_checksum = 1), DROPPED(IP_CHECKSUM, 1),
	QUERY(.bad_checksum = 1, .checked = 1), DROPPED(IP_CHECKSUM, 1),
	QUERY(.checked = 1), QUERY_OUT,
	QUERY(.checked = -1), DROPPED(IP_CHECKSUM, 1),
	END
};

/* Tags that a device takes off and puts beside the frame (net_af_packet): also by way of another worker, and while a packet is held. */
#define ONE_PORT(more) "{ \"version\": 1, " more "\"dpdk\": { \"vdevs\": [\"net_ring_trunk\"] }, \"interfaces\": [" \
	"{ \"name\": \"clients\", \"device\": \"net_ring_trunk\", \"vlan\": 10, \"addresses\": [\"192.0.2.2/24\", \"2001:db8:1::2/64\"] }," \
	"{ \"name\": \"servers\", \"device\": \"net_ring_trunk\", \"vlan\": 20, \"addresses\": [\"10.1.0.2/16\", \"2001:db8:2::2/64\"] } ], " \
	LAB_SERVICES " }"
#define CLIENT(queue) "trunk" queue, CLIENT_ETH, VLAN(10, .stripped = 1)
#define SERVER(queue) "trunk" queue, ETH("02::b1", "02::f0"), VLAN(20, .stripped = 1)
#define FRAME(...) IN(__VA_ARGS__)
#define TO_B1 "eth 02::f0>02::b1 vlan 20 ip4 10.1.0.3>10.1.1.1 ttl 63 "
#define TO_CLIENT "eth 02::f0>02::c1 vlan 10 ip4 192.0.2.10>192.0.2.100 ttl 63 "

#define VLANS(q0, q1) \
	NEIGHBOUR("clients", "192.0.2.100", "02::c1"), \
	FRAME(CLIENT(q0), IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)), EVENT(RESOLVE, "servers", "10.1.1.1"), \
	NEIGHBOUR("servers", "10.1.1.1", "02::b1"), \
	OUT("trunk", TO_B1 "tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"), \
	FRAME(CLIENT(q1), IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 80, "S", .seq = 100)), \
	OUT("trunk", TO_B1 "tcp $1>8080 S seq 100 ack 0 win 65535 len 0 [csum ok]"), \
	FRAME(SERVER(q0), IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)), \
	OUT("trunk", TO_CLIENT "tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"), \
	FRAME(SERVER(q1), IP4("10.1.1.1", "10.1.0.3"), TCP(8080, VAR(1), "SA", .seq = 500, .ack = 101)), \
	OUT("trunk", TO_CLIENT "tcp 80>1000 SA seq 500 ack 101 win 65535 len 0 [csum ok]"), \
	/* a fragment waits for its first one */ \
	FRAME(CLIENT(q0), IP4("192.0.2.100", "192.0.2.10", .id = 7, .offset = 48, .proto = 6), PAYLOAD("tail")), COUNT(HELD, 1), \
	FRAME(CLIENT(q1), IP4("192.0.2.100", "192.0.2.10", .id = 7, .mf = 1), TCP(1000, 80, "A", .seq = 101, .ack = 501), FILL(28)), \
	OUT("trunk", TO_B1 "frag $2:0+ tcp $1>8080 A seq 101 ack 501 win 65535 len 28 #5ad5b375"), \
	OUT("trunk", TO_B1 "frag $2:48 proto 6 len 4 \"tail\""), \
	/* what we make ourselves */ \
	FRAME(CLIENT(q0), IP4("192.0.2.100", "192.0.2.10"), ECHO(7, 1)), \
	OUT("trunk", "eth 02::f0>02::c1 vlan 10 ip4 192.0.2.10>192.0.2.100 ttl 64 icmp echo-reply id 7 seq 1 len 0 [csum ok]"), \
	FRAME(CLIENT(q0), IP4("192.0.2.100", "192.0.2.10"), TCP(1000, 81, "S")), \
	OUT("trunk", "eth 02::f0>02::c1 vlan 10 ip4 192.0.2.10>192.0.2.100 ttl 64 DF tcp 81>1000 RA seq 0 ack 1 win 0 len 0 [csum ok]"), \
	DROPPED(NO_SERVICE, 1)

static const struct golden_step stripped[] = { VLANS("", ""), END };
static const struct golden_step stripped_two_workers[] = { VLANS(".0", ".1"), END };

static const struct golden_case cases[] = {
	{ "checksums verified by the port", LAB_CONFIG, 0, verified },
	{ "checksums verified in software", LAB_CONFIG, 0, software },
	{ "VLAN tags taken off", ONE_PORT(""), 0, stripped },
	{ "VLAN tags taken off, two workers", ONE_PORT("\"workers\": 2, "), 2, stripped_two_workers },
	{ 0 }
};

int main(int argc, char **argv)
{
	return golden_main(argc, argv, "offloads", cases);
}
