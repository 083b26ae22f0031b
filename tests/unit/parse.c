/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One row per packet: what goes in, and what parse says of it: the cause, or
 * "KIND SRC:SPORT>DST:DPORT proto P l3 OFFSET l4 OFFSET len L3_LEN [v6] [frag] [later] [l2mc] [tcp FLAGS] [vlan ID]".
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_ether.h>

#include "eal.h"
#include "packet_builder.h"
#include "sluice/packet/parse.h"
#include "sluice/packet/plain.h"

#define LAYERS(...) (const struct pkt_layer[]){ __VA_ARGS__, { .kind = PKT_END } }
#define E ETH("02::01", "02::fe")
#define A "192.0.2.1"
#define B "192.0.2.10"
#define A6 "2001:db8::1"
#define B6 "2001:db8::10"
#define I4 IP4(A, B)
#define I6 IP6(A6, B6)
#define HEX256 "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
	"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" \
	"00000000000000000000000000000000000000000000000000000000000000000000"

struct parse_case {
	const struct pkt_layer *layers;
	const char *expect;
};

static const struct parse_case ethernet_cases[] = {
	{ LAYERS(E, I4, TCP(1000, 80, "S")), "tcp 192.0.2.1:1000>192.0.2.10:80 proto 6 l3 14 l4 34 len 40 tcp 02" },
	{ LAYERS(ETH("02::01", "02::ff"), I4, UDP(1, 2)), "not_our_mac" },
	{ LAYERS(ETH("02::01", "bcast"), I4, UDP(1, 2)), "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 28 l2mc" },
	{ LAYERS(ETH("02::01", "01:00:5e::01"), I4, UDP(1, 2)),
	  "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 28 l2mc" },
	{ LAYERS(E, I4, UDP(1, 2), CUT(13)), "truncated" },
	{ LAYERS(E, I4, UDP(1, 2), CUT(14)), "truncated" },
	{ LAYERS(E, VLAN(100), I4, UDP(1, 2)), "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 18 l4 38 len 28 vlan 100" },
	{ LAYERS(E, VLAN(100, .prio = 5), I6, UDP(1, 2)),
	  "udp 2001:db8::1:1>2001:db8::10:2 proto 17 l3 18 l4 58 len 48 v6 vlan 100" },
	{ LAYERS(E, VLAN(0, .prio = 3), I4, UDP(1, 2)), "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 18 l4 38 len 28" },
	{ LAYERS(E, VLAN(100), I4, UDP(1, 2), CUT(17)), "truncated" },
	{ LAYERS(E, VLAN(7, .stripped = 1, .prio = 1), I4, UDP(1, 2)),
	  "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 28 vlan 7" },
	{ LAYERS(E, VLAN(7, .stripped = 1), VLAN(8), I4, UDP(1, 2)), "ethertype" },
	{ LAYERS(E, VLAN(7), VLAN(8), I4, UDP(1, 2)), "ethertype" },
	{ LAYERS(E, VLAN(7, .type = 0x88a8), VLAN(8), I4, UDP(1, 2)), "ethertype" },
	{ LAYERS(ETH("02::01", "02::fe", .type = 0x88cc), PAYLOAD("lldp")), "ethertype" },
	{ LAYERS(E, VLAN(7), PAYLOAD("?")), "ethertype" },
	{ LAYERS(E, ARP_REQUEST("02::01", A, B)), "arp 192.0.2.1:0>192.0.2.10:0 proto 0 l3 14 l4 42 len 28" },
	{ LAYERS(E, VLAN(9), ARP_REPLY("02::01", A, "02::fe", B)),
	  "arp 192.0.2.1:0>192.0.2.10:0 proto 0 l3 18 l4 46 len 28 vlan 9" },
	{ LAYERS(E, ARP_REQUEST("02::01", A, B), PAD(18)), "arp 192.0.2.1:0>192.0.2.10:0 proto 0 l3 14 l4 42 len 28" },
	{ LAYERS(E, ARP_REQUEST("02::01", A, B), CUT(41)), "truncated" },
	{ LAYERS(E, ARP_REQUEST("03::01", A, B)), "arp" },
	{ LAYERS(E, ARP_REQUEST("::", A, B)), "arp" },
	{ LAYERS(ETH("02::01", "02::fe", .type = 0x0806), BYTES("\0\6\x08\0\6\4\0\1\2\0\0\0\0\1\1\1\1\1\0\0\0\0\0\0\2\2\2\2", 28)),
	  "arp" },
	{ LAYERS(ETH("02::01", "02::fe", .type = 0x0806), BYTES("\0\1\x08\0\6\4\0\3\2\0\0\0\0\1\1\1\1\1\0\0\0\0\0\0\2\2\2\2", 28)),
	  "arp" },
};

static const struct parse_case ipv4_cases[] = {
	{ LAYERS(E, I4, UDP(1, 2), PAYLOAD("abc"), PAD(20)), "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 31" },
	{ LAYERS(E, I4, UDP(1, 2), CUT(33)), "truncated" },
	{ LAYERS(E, I4, UDP(1, 2), FILL(100), CUT(100)), "truncated" },
	{ LAYERS(E, IP4(A, B, .version_ihl = 0x65), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP4(A, B, .version_ihl = 0x44), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP4(A, B, .length = 19), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP4(A, B, .version_ihl = 0x4f), UDP(1, 2)), "truncated" },
	{ LAYERS(E, IP4(A, B, .version_ihl = 0x47, .length = 24), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP4(A, B, .bad_checksum = 1), UDP(1, 2)), "ip_checksum" },
	{ LAYERS(E, IP4(A, B, .options = "94040000", .bad_checksum = 1), UDP(1, 2)), "ip_checksum" },
	/* options */
	{ LAYERS(E, IP4(A, B, .options = "94040000"), UDP(1, 2)), "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 38 len 32" },
	{ LAYERS(E, IP4(A, B, .options = "01010100"), TCP(1, 2, "A")),
	  "tcp 192.0.2.1:1>192.0.2.10:2 proto 6 l3 14 l4 38 len 44 tcp 10" },
	{ LAYERS(E, IP4(A, B, .options = "00ff0000"), UDP(1, 2)), "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 38 len 32" },
	{ LAYERS(E, IP4(A, B, .options = "01 83070400000000"), UDP(1, 2)), "source_routed" },
	{ LAYERS(E, IP4(A, B, .options = "89070400000000 00"), UDP(1, 2)), "source_routed" },
	{ LAYERS(E, IP4(A, B, .options = "07050000"), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP4(A, B, .options = "07010000"), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP4(A, B, .options = "01010107"), UDP(1, 2)), "ip_header" },
	/* addresses */
	{ LAYERS(E, IP4("0.0.0.0", B), UDP(68, 67)), "ip_source" },
	{ LAYERS(E, IP4("0.1.2.3", B), UDP(1, 2)), "ip_source" },
	{ LAYERS(E, IP4("127.0.0.1", B), UDP(1, 2)), "ip_source" },
	{ LAYERS(E, IP4("224.0.0.1", B), UDP(1, 2)), "ip_source" },
	{ LAYERS(E, IP4("239.255.255.255", B), UDP(1, 2)), "ip_source" },
	{ LAYERS(E, IP4("255.255.255.255", B), UDP(1, 2)), "ip_source" },
	{ LAYERS(E, IP4("240.0.0.1", B), UDP(1, 2)), "udp 240.0.0.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 28" },
	{ LAYERS(E, IP4(A, "127.0.0.1"), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP4(A, "0.0.0.0"), UDP(1, 2)), "ip_header" },
	/* fragments */
	{ LAYERS(E, IP4(A, B, .id = 7, .mf = 1), UDP(1, 2, .length = 100), FILL(16)),
	  "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 44 frag" },
	{ LAYERS(E, IP4(A, B, .id = 7, .offset = 24, .proto = IPPROTO_UDP), FILL(5)),
	  "udp 192.0.2.1:0>192.0.2.10:0 proto 17 l3 14 l4 34 len 25 frag later" },
	{ LAYERS(E, IP4(A, B, .id = 7, .offset = 24, .proto = IPPROTO_TCP), FILL(1)),
	  "tcp 192.0.2.1:0>192.0.2.10:0 proto 6 l3 14 l4 34 len 21 frag later tcp 00" },
	{ LAYERS(E, IP4(A, B, .offset = 24, .mf = 1, .proto = IPPROTO_ICMP), FILL(8)),
	  "icmp 192.0.2.1:0>192.0.2.10:0 proto 1 l3 14 l4 34 len 28 frag later" },
	{ LAYERS(E, IP4(A, B, .mf = 1, .proto = IPPROTO_TCP), FILL(8)), "l4_header" },
	{ LAYERS(E, IP4(A, B, .mf = 1, .proto = IPPROTO_TCP), FILL(16)), "l4_header" },
	{ LAYERS(E, IP4(A, B, .mf = 1, .proto = IPPROTO_UDP), FILL(9)), "ip_header" },
	{ LAYERS(E, IP4(A, B, .mf = 1, .offset = 8, .proto = IPPROTO_UDP)), "ip_header" },
	{ LAYERS(E, IP4(A, B, .offset = 65528, .proto = IPPROTO_UDP), FILL(8)), "ip_header" },
	{ LAYERS(E, IP4(A, B, .offset = 65528, .proto = IPPROTO_UDP), FILL(7)),
	  "udp 192.0.2.1:0>192.0.2.10:0 proto 17 l3 14 l4 34 len 27 frag later" },
	{ LAYERS(E, IP4(A, B, .df = 1, .id = 9), UDP(1, 2)), "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 28" },
};

static const struct parse_case ipv6_cases[] = {
	{ LAYERS(E, I6, TCP(1000, 80, "S"), PAD(6)),
	  "tcp 2001:db8::1:1000>2001:db8::10:80 proto 6 l3 14 l4 54 len 60 v6 tcp 02" },
	{ LAYERS(E, I6, TCP(1, 2, "S"), CUT(53)), "truncated" },
	{ LAYERS(E, I6, TCP(1, 2, "S"), CUT(73)), "truncated" },
	{ LAYERS(E, IP6(A6, B6, .version_ihl = 4), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP6(A6, B6, .length = 65500), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, I6), "other 2001:db8::1:0>2001:db8::10:0 proto 59 l3 14 l4 54 len 40 v6" },
	{ LAYERS(E, IP6(A6, B6, .length = PKT_ZERO), HOPOPTS(.options = "c20400010000"), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP6(A6, B6, .length = PKT_ZERO), UDP(1, 2)), "l4_header" },
	{ LAYERS(E, IP6(A6, B6, .proto = 51), FILL(20)), "other 2001:db8::1:0>2001:db8::10:0 proto 51 l3 14 l4 54 len 60 v6" },
	{ LAYERS(E, IP6(A6, B6, .proto = 1), FILL(20)), "other 2001:db8::1:0>2001:db8::10:0 proto 1 l3 14 l4 54 len 60 v6" },
	/* extension headers */
	{ LAYERS(E, I6, HOPOPTS(), DSTOPTS(), ROUTING(4, 0), UDP(1, 2)),
	  "udp 2001:db8::1:1>2001:db8::10:2 proto 17 l3 14 l4 78 len 72 v6" },
	{ LAYERS(E, I6, DSTOPTS(), HOPOPTS(), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, I6, HOPOPTS(), HOPOPTS(), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, I6, HOPOPTS(.length = 9), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP6(A6, B6, .proto = IPPROTO_DSTOPTS), BYTES("\x11\0\1\2", 4)), "ip_header" },
	{ LAYERS(E, I6, FRAG6(1, 0, 0), FRAG6(2, 0, 1), UDP(1, 2), FILL(8)), "ip_header" },
	{ LAYERS(E, I6, ROUTING(0, 0), UDP(1, 2)), "udp 2001:db8::1:1>2001:db8::10:2 proto 17 l3 14 l4 62 len 56 v6" },
	{ LAYERS(E, I6, ROUTING(0, 1), UDP(1, 2)), "source_routed" },
	{ LAYERS(E, I6, DSTOPTS(), ROUTING(4, 2), UDP(1, 2)), "other 2001:db8::1:0>2001:db8::10:0 proto 43 l3 14 l4 62 len 64 v6" },
	{ LAYERS(E, I6, DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), UDP(1, 2)),
	  "udp 2001:db8::1:1>2001:db8::10:2 proto 17 l3 14 l4 118 len 112 v6" },
	{ LAYERS(E, I6, DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(),
		 UDP(1, 2)), "ip_header" },
	{ LAYERS(E, I6, DSTOPTS(), DSTOPTS(), DSTOPTS(.options = HEX256), DSTOPTS(.options = HEX256), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, I6, DSTOPTS(), NS("fe80::1")), "icmp 2001:db8::1:34560>2001:db8::10:0 proto 58 l3 14 l4 62 len 72 v6" },
	/* fragments */
	{ LAYERS(E, I6, FRAG6(7, 0, 0), UDP(1, 2)), "udp 2001:db8::1:1>2001:db8::10:2 proto 17 l3 14 l4 62 len 56 v6" },
	{ LAYERS(E, I6, FRAG6(7, 0, 1), UDP(1, 2, .length = 99), FILL(8)),
	  "udp 2001:db8::1:1>2001:db8::10:2 proto 17 l3 14 l4 62 len 64 v6 frag" },
	{ LAYERS(E, I6, FRAG6(7, 8, 1, .proto = 17), FILL(8)),
	  "udp 2001:db8::1:0>2001:db8::10:0 proto 17 l3 14 l4 62 len 56 v6 frag later" },
	{ LAYERS(E, I6, FRAG6(7, 8, 0, .proto = IPPROTO_DSTOPTS), FILL(3)),
	  "other 2001:db8::1:0>2001:db8::10:0 proto 60 l3 14 l4 62 len 51 v6 frag later" },
	{ LAYERS(E, I6, FRAG6(7, 0, 1), DSTOPTS(), TCP(1, 2, "S"), FILL(4)),
	  "tcp 2001:db8::1:1>2001:db8::10:2 proto 6 l3 14 l4 70 len 80 v6 frag tcp 02" },
	{ LAYERS(E, I6, FRAG6(7, 0, 1), DSTOPTS()), "other 2001:db8::1:0>2001:db8::10:0 proto 59 l3 14 l4 70 len 56 v6 frag" },
	{ LAYERS(E, I6, FRAG6(7, 0, 1, .proto = 6), FILL(16)), "l4_header" },
	{ LAYERS(E, I6, FRAG6(7, 0, 1, .proto = 60)), "ip_header" },
	{ LAYERS(E, I6, FRAG6(7, 0, 1), UDP(1, 2), FILL(3)), "ip_header" },
	{ LAYERS(E, I6, FRAG6(7, 0, 1), FRAG6(8, 8, 1), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, I6, FRAG6(7, 65528, 0, .proto = 17), FILL(8)), "ip_header" },
	/* addresses */
	{ LAYERS(E, IP6("ff02::1", B6), UDP(1, 2)), "ip_source" },
	{ LAYERS(E, IP6("::1", B6), UDP(1, 2)), "ip_source" },
	{ LAYERS(E, IP6("::ffff:192.0.2.1", B6), UDP(1, 2)), "ip_source" },
	{ LAYERS(E, IP6("::", B6), UDP(1, 2)), "ip_source" },
	{ LAYERS(E, IP6("::", B6), TCP(1, 2, "S")), "ip_source" },
	{ LAYERS(ETH("02::01", "33:33:ff::10"), IP6("::", "ff02::1:ff00:10", .ttl = 255), NS("fe80::10")),
	  "icmp :::34560>ff02::1:ff00:10:0 proto 58 l3 14 l4 54 len 64 v6 l2mc" },
	{ LAYERS(E, IP6(A6, "::ffff:192.0.2.1"), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP6(A6, "::"), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP6(A6, "::1"), UDP(1, 2)), "ip_header" },
	{ LAYERS(E, IP6("::2", "64:ff9b::1"), UDP(1, 2)), "udp ::2:1>64:ff9b::1:2 proto 17 l3 14 l4 54 len 48 v6" },
};

static const struct parse_case l4_cases[] = {
	{ LAYERS(E, IP4(A, B, .proto = 6), FILL(19)), "l4_header" },
	{ LAYERS(E, I4, TCP(1, 2, "S", .length = 16)), "l4_header" },
	{ LAYERS(E, I4, TCP(1, 2, "S", .length = 24)), "l4_header" },
	{ LAYERS(E, I4, TCP(1, 2, "S", .options = "020405b4")),
	  "tcp 192.0.2.1:1>192.0.2.10:2 proto 6 l3 14 l4 34 len 44 tcp 02" },
	{ LAYERS(E, I4, TCP(1, 2, "")), "tcp_flags" },
	{ LAYERS(E, I4, TCP(1, 2, "EW")), "tcp_flags" },
	{ LAYERS(E, I4, TCP(1, 2, "SF")), "tcp_flags" },
	{ LAYERS(E, I4, TCP(1, 2, "SFA")), "tcp_flags" },
	{ LAYERS(E, I4, TCP(1, 2, "SR")), "tcp_flags" },
	{ LAYERS(E, I4, TCP(1, 2, "SRA")), "tcp_flags" },
	{ LAYERS(E, I4, TCP(1, 2, "F")), "tcp_flags" },
	{ LAYERS(E, I4, TCP(1, 2, "FPU")), "tcp_flags" },
	{ LAYERS(E, I4, TCP(1, 2, "FA")), "tcp 192.0.2.1:1>192.0.2.10:2 proto 6 l3 14 l4 34 len 40 tcp 11" },
	{ LAYERS(E, I4, TCP(1, 2, "R")), "tcp 192.0.2.1:1>192.0.2.10:2 proto 6 l3 14 l4 34 len 40 tcp 04" },
	{ LAYERS(E, I4, TCP(1, 2, "SEW")), "tcp 192.0.2.1:1>192.0.2.10:2 proto 6 l3 14 l4 34 len 40 tcp c2" },
	{ LAYERS(E, I4, TCP(1, 2, "PAU")), "tcp 192.0.2.1:1>192.0.2.10:2 proto 6 l3 14 l4 34 len 40 tcp 38" },
	{ LAYERS(E, IP4(A, B, .proto = 17), FILL(7)), "l4_header" },
	{ LAYERS(E, I4, UDP(1, 2, .length = 7)), "l4_header" },
	{ LAYERS(E, I4, UDP(1, 2, .length = 9)), "l4_header" },
	{ LAYERS(E, I4, UDP(1, 2, .length = 8), FILL(4)), "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 32" },
	{ LAYERS(E, I4, UDP(1, 2, .no_checksum = 1)), "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 28" },
	{ LAYERS(E, I6, UDP(1, 2, .no_checksum = 1)), "l4_checksum" },
	{ LAYERS(E, I4, ECHO(0x1234, 1)), "icmp 192.0.2.1:2048>192.0.2.10:4660 proto 1 l3 14 l4 34 len 28" },
	{ LAYERS(E, I4, ECHO_REPLY(5, 1)), "icmp 192.0.2.1:0>192.0.2.10:5 proto 1 l3 14 l4 34 len 28" },
	{ LAYERS(E, I6, ECHO(5, 1), PAYLOAD("x")), "icmp 2001:db8::1:32768>2001:db8::10:5 proto 58 l3 14 l4 54 len 49 v6" },
	{ LAYERS(E, I4, ICMP(3, 4, .rest = 0x12345678), IP4(B, A), UDP(1, 2)),
	  "icmp 192.0.2.1:772>192.0.2.10:0 proto 1 l3 14 l4 34 len 56" },
	{ LAYERS(E, IP4(A, B, .proto = 1), FILL(7)), "l4_header" },
	{ LAYERS(E, IP6(A6, B6, .proto = 58), FILL(7)), "l4_header" },
	{ LAYERS(E, IP4(A, B, .proto = 58), FILL(40)), "other 192.0.2.1:0>192.0.2.10:0 proto 58 l3 14 l4 34 len 60" },
	{ LAYERS(E, IP4(A, B, .proto = 47), FILL(1)), "other 192.0.2.1:0>192.0.2.10:0 proto 47 l3 14 l4 34 len 21" },
};

static struct rte_mempool *pool;

static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 0xfe };

static enum sl_drop_cause parse(struct rte_mbuf *m, struct sl_pkt *p, struct sl_frame *frame, bool verify)
{
	enum sl_drop_cause cause;

	memset(p, 0xa5, sizeof(*p)); /* nothing stale may shine through */
	cause = sl_parse_ethernet(m, p, our_mac, frame);
	if (cause != SL_PARSE_OK)
		return cause;
	return frame->ethertype == RTE_ETHER_TYPE_ARP ? sl_parse_arp(m, p) : sl_parse_ip(m, p, frame->ethertype, verify);
}

static unsigned int n_plain;

/* What the shortcut takes, the long way takes too, and finds the same. */
static void compare_with_plain(const struct rte_mbuf *m, enum sl_drop_cause cause, const struct sl_pkt *p, bool plain,
			       const struct sl_pkt *plain_p, uint32_t plain_len)
{
	if (!plain)
		return;
	n_plain++;
	assert_int_equal(cause, SL_PARSE_OK);
	assert_memory_equal(p, plain_p, sizeof(*p));
	assert_int_equal(m->pkt_len, plain_len);
}

static void describe(struct rte_mbuf *m, bool verify, char text[256])
{
	static const char *const kinds[] = { "arp", "tcp", "udp", "icmp", "other" };
	static const uint8_t mac[8] = { 2, 0, 0, 0, 0, 0xfe };
	struct sl_frame frame;
	struct sl_pkt p, plain_p;
	char src[SL_IP_STRLEN], dst[SL_IP_STRLEN], tcp[16] = "", vlan[16] = "";

	memset(&plain_p, 0xa5, sizeof(plain_p));
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);
	assert_non_null(copy);
	bool plain = m->nb_segs == 1 && (sl_parse_plain(copy, &plain_p, mac) || sl_parse_plain_group(copy, &plain_p));
	uint32_t plain_len = copy->pkt_len;
	rte_pktmbuf_free(copy);
	enum sl_drop_cause cause = parse(m, &p, &frame, verify);
	compare_with_plain(m, cause, &p, plain, &plain_p, plain_len);

	if (cause != SL_PARSE_OK) {
		snprintf(text, 256, "%s", sl_drop_infos[cause].name);
		return;
	}
	assert_int_equal(m->pkt_len, p.l3 + p.l3_len);
	assert_int_equal(p.flow, SL_FLOW_NONE);
	assert_int_equal(p.out_interface, SL_ID_NONE);
	assert_int_equal(p.neighbour, SL_ID_NONE);
	if (p.kind == SL_PKT_TCP)
		snprintf(tcp, sizeof(tcp), " tcp %02x", p.tcp_flags);
	else
		assert_int_equal(p.tcp_flags, 0);
	if (frame.vlan != 0)
		snprintf(vlan, sizeof(vlan), " vlan %u", frame.vlan);
	snprintf(text, 256, "%s %s:%u>%s:%u proto %u l3 %u l4 %u len %u%s%s%s%s%s%s", kinds[p.kind],
		 sl_ip_format(&p.src, src), p.kind == SL_PKT_ICMP ? p.sport_be : ntohs(p.sport_be),
		 sl_ip_format(&p.dst, dst), ntohs(p.dport_be), p.proto, p.l3, p.l4, p.l3_len,
		 p.flags & SL_PKT_V6 ? " v6" : "", p.flags & SL_PKT_FRAGMENT ? " frag" : "",
		 p.flags & SL_PKT_FRAGMENT_LATER ? " later" : "", p.flags & SL_PKT_L2_MULTICAST ? " l2mc" : "", tcp, vlan);
}

/* The same bytes in pieces of `size`: every header is split somewhere. */
static struct rte_mbuf *build_split(const struct parse_case *c, int size)
{
	int split[PKT_SPLITS] = { size, size, size, size, size, size, size, size };
	struct rte_mbuf *whole = pkt_build(pool, c->layers);
	struct rte_mbuf *m = pkt_from_bytes(pool, rte_pktmbuf_mtod(whole, void *), whole->pkt_len, split);

	m->ol_flags = whole->ol_flags;
	m->vlan_tci = whole->vlan_tci;
	rte_pktmbuf_free(whole);
	return m;
}

static void check(const struct parse_case *cases, unsigned int n)
{
	static const int sizes[] = { 0, 1, 3, 7, 13, 15, 20, 33, 34, 41, 53, 55 };
	char text[256];

	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int k = 0; k < RTE_DIM(sizes); k++) {
			struct rte_mbuf *m = sizes[k] == 0 ? pkt_build(pool, cases[i].layers) : build_split(&cases[i], sizes[k]);
			char line[PKT_TEXT_MAX];

			pkt_text(m, line);
			describe(m, true, text);
			if (strcmp(text, cases[i].expect) != 0)
				fail_msg("pieces of %d: %s\n  expected %s\n  got      %s", sizes[k], line, cases[i].expect, text);
			rte_pktmbuf_free(m);
		}
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static void ethernet(void **state)
{
	check(ethernet_cases, RTE_DIM(ethernet_cases));
}

static void ipv4(void **state)
{
	check(ipv4_cases, RTE_DIM(ipv4_cases));
}

static void ipv6(void **state)
{
	check(ipv6_cases, RTE_DIM(ipv6_cases));
}

static void transport(void **state)
{
	check(l4_cases, RTE_DIM(l4_cases));
}

/* The rule in words, for all 64 combinations. */
static void tcp_flags(void **state)
{
	for (unsigned int f = 0; f < 64; f++) {
		bool syn = f & RTE_TCP_SYN_FLAG, fin = f & RTE_TCP_FIN_FLAG, rst = f & RTE_TCP_RST_FLAG, ack = f & RTE_TCP_ACK_FLAG;
		bool valid = f != 0 && !(syn && (fin || rst)) && (!fin || ack);

		assert_int_equal(SL_TCP_FLAGS_VALID >> f & 1, valid);
	}
}

/* The shortcut is really taken, and by nothing else. */
static void plain_packets(void **state)
{
	const struct {
		const struct pkt_layer *layers;
		bool plain;
	} cases[] = {
		{ LAYERS(E, I4, UDP(1, 2)), true },
		{ LAYERS(E, I4, UDP(1, 2), PAD(18)), true },
		{ LAYERS(E, I4, TCP(1, 2, "A"), PAD(6)), true },
		{ LAYERS(E, I4, TCP(1, 2, "S")), true },
		{ LAYERS(E, I6, UDP(1, 2)), true },
		{ LAYERS(E, I6, TCP(1, 2, "FA")), true },
		{ LAYERS(E, VLAN(5), I4, UDP(1, 2)), false },
		{ LAYERS(ETH("02::01", "bcast"), I4, UDP(1, 2)), true }, /* as to a group */
		{ LAYERS(ETH("02::01", "01:00:5e:01:01:01"), IP4(A, "239.1.1.1"), UDP(1, 2)), true },
		{ LAYERS(ETH("02::01", "33:33::01"), IP6("2001:db8::1", "ff05::1"), UDP(1, 2)), true },
		{ LAYERS(ETH("02::01", "01:00:5e:01:01:01"), IP4(A, "239.1.1.1", .options = "94040000"), UDP(1, 2)), false },
		{ LAYERS(ETH("02::01", "02::99"), IP4(A, "239.1.1.1"), UDP(1, 2)), false },
		{ LAYERS(E, IP4(A, B, .mf = 1), UDP(1, 2, .length = 100), FILL(16)), false },
		{ LAYERS(E, IP4(A, B, .bad_checksum = 1), UDP(1, 2)), false },
		{ LAYERS(E, I4, UDP(1, 2), CUT(41)), false },
		{ LAYERS(E, I4, TCP(1, 2, "SF")), false },
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *m = pkt_build(pool, cases[i].layers);
		char text[256], line[PKT_TEXT_MAX];

		pkt_text(m, line);
		n_plain = 0;
		describe(m, true, text);
		if (n_plain != cases[i].plain)
			fail_msg("%s is %splain", line, n_plain > 0 ? "" : "not ");
		rte_pktmbuf_free(m);
	}
}

static void checksum_trusted_from_the_port(void **state)
{
	struct rte_mbuf *m = pkt(pool, E, IP4(A, B, .bad_checksum = 1), UDP(1, 2));
	char text[256];

	describe(m, false, text);
	assert_string_equal(text, "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 28");
	rte_pktmbuf_free(m);
}

static void trim_drops_whole_segments(void **state)
{
	struct rte_mbuf *m = pkt(pool, E, I4, UDP(1, 2), PAYLOAD("hello"), PAD(300), SPLIT(42, 5, 100, 100));
	char text[256], line[PKT_TEXT_MAX];

	assert_int_equal(m->nb_segs, 5);
	describe(m, true, text);
	assert_int_equal(m->nb_segs, 2);
	assert_string_equal(pkt_text(m, line),
			    "eth 02::01>02::fe ip4 192.0.2.1>192.0.2.10 ttl 64 udp 1>2 len 5 \"hello\" [csum ok]");
	rte_pktmbuf_free(m);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

/* Headers split over segments that may not be written to, or without room, are refused and left as they were. */
static void pull_refused(void **state)
{
	struct rte_mbuf *m = pkt(pool, E, I4, UDP(1, 2), SPLIT(30)), *clone;
	uint16_t room = m->buf_len;
	char text[256];

	m->buf_len = m->data_off + m->data_len + 3; /* the IP header needs 4 more bytes */
	describe(m, true, text);
	assert_string_equal(text, "truncated");
	assert_int_equal(m->data_len, 30);
	assert_int_equal(m->nb_segs, 2);
	m->buf_len = room;

	clone = rte_pktmbuf_clone(m, pool);
	describe(m, true, text);
	assert_string_equal(text, "truncated");
	describe(clone, true, text);
	assert_string_equal(text, "truncated");
	rte_pktmbuf_free(clone);

	describe(m, true, text);
	assert_string_equal(text, "udp 192.0.2.1:1>192.0.2.10:2 proto 17 l3 14 l4 34 len 28");
	assert_int_equal(m->nb_segs, 1);
	rte_pktmbuf_free(m);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

/* Any cut of a good packet is refused, and never for the wrong reason. */
static void every_cut_is_truncated(void **state)
{
	const struct pkt_layer *const cases[] = {
		LAYERS(E, VLAN(5), IP4(A, B, .options = "94040000"), TCP(1, 2, "S", .options = "020405b4"), FILL(9)),
		LAYERS(E, I6, HOPOPTS(), FRAG6(1, 0, 0), UDP(1, 2), FILL(9)),
		LAYERS(E, VLAN(5), ARP_REQUEST("02::01", A, B)),
	};
	char text[256];

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *whole = pkt_build(pool, cases[i]);

		for (uint32_t n = 1; n < whole->pkt_len; n++) {
			struct rte_mbuf *m = pkt_from_bytes(pool, rte_pktmbuf_mtod(whole, void *), n, NULL);

			describe(m, true, text);
			assert_string_equal(text, "truncated");
			rte_pktmbuf_free(m);
		}
		rte_pktmbuf_free(whole);
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static int set_up(void **state)
{
	test_eal_init("parse");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ethernet),
		cmocka_unit_test(ipv4),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(transport),
		cmocka_unit_test(tcp_flags),
		cmocka_unit_test(plain_packets),
		cmocka_unit_test(checksum_trusted_from_the_port),
		cmocka_unit_test(trim_drops_whole_segments),
		cmocka_unit_test(pull_refused),
		cmocka_unit_test(every_cut_is_truncated),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
