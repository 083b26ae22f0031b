/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that people can read: build one from a list of layers, and turn one into a line of text.
 *
 *	m = pkt(pool, ETH("02::01", "02::fe"), IP4("192.0.2.1", "192.0.2.10"), TCP(1000, 80, "PA", .seq = 1), PAYLOAD("hello"));
 *	pkt_text(m, text)
 *	-> "eth 02::01>02::fe ip4 192.0.2.1>192.0.2.10 ttl 64 tcp 1000>80 PA seq 1 ack 0 win 65535 len 5 "hello" [csum ok]"
 *
 * Building
 *	Layers nest in the order given; an IP layer behind ICMP() is the quoted packet. Lengths, next protocols and checksums are
 *	filled in from the inside out. Every field not named has its usual value; a field of 0 is its usual value too, so a
 *	real 0 where the usual value differs is written PKT_ZERO. `.bad_checksum = 1` spoils the layer's checksum (IP4, TCP, UDP,
 *	ICMP), `.no_checksum = 1` leaves it 0, `.partial_checksum = 1` leaves the pseudo header's sum (TCP, UDP).
 *	A mistake in the test itself (bad address, no mbuf) ends the program with a message.
 *
 *	ETH(src, dst)                   MAC addresses; "02::01" is 02:00:00:00:00:01, "bcast" is ff:ff:ff:ff:ff:ff; .type
 *	VLAN(id)                        .prio, .type (TPID, 0x8100); .stripped: taken off by the NIC
 *	IP4(src, dst)                   .ttl 64, .tos, .id, .df, .mf, .offset (bytes), .proto, .options (hex, a multiple of 4
 *	                                bytes), .length (total length), .version_ihl; .checked: what the NIC says of the header
 *	                                checksum, 1 right, -1 wrong
 *	IP6(src, dst)                   .ttl 64 (hop limit), .tos (traffic class), .flow, .proto, .length (payload length)
 *	HOPOPTS(), DSTOPTS()            8 bytes of padding, or .options (hex, 6 bytes + a multiple of 8)
 *	ROUTING(type, left)             8 bytes
 *	FRAG6(id, offset, mf)           offset in bytes; .proto where no layer follows that says it
 *	TCP(sport, dport, "SAFRPU.")    flags as letters (E and W are ECE and CWR), "" for none; .seq, .ack, .window 65535,
 *	                                .options (hex, a multiple of 4 bytes), .length (data offset in bytes)
 *	UDP(sport, dport)               .length
 *	ICMP(type, code)                .rest (the header's second word, host order), .length (keep so many bytes of the
 *	                                finished quote)
 *	ECHO(id, seq), ECHO_REPLY(id, seq)	of the family of the IP layer in front
 *	NS(target), NA(target)          .mac (link-layer address option), .flags "RSO" (NA); checked by their IP layer
 *	ARP_REQUEST(mac, sender, target), ARP_REPLY(mac, sender, target_mac, target)
 *	PAYLOAD("text"), BYTES(pointer, length), FILL(n)	n bytes of a fixed pattern
 *	PAD(n)                          last: n bytes behind the end of the IP packet
 *	CUT(n)                          anywhere: keep only the first n bytes of the finished frame
 *	SPLIT(a, b, c)                  anywhere: the first segments have a, b, c bytes; the rest is the last one
 *
 * Text
 *	Compact, complete (what is not shown has its usual value) and stable: golden files hold these lines. In order:
 *	eth SRC>DST | [vlan ID[.PRIO][ stripped]] | network | transport | [pad N]
 *	network:   ip4 SRC>DST ttl N [tos 0xNN] [id N] [DF] [frag ID:OFFSET[+]] [opt HEX] [ip-csum BAD] [cut]
 *	           ip6 SRC>DST ttl N [tos 0xNN] [flow N] [hbh] [dst] [rt TYPE/LEFT] [frag ID:OFFSET[+]] [cut]
 *	           arp request who-has IP tell IP (MAC)[ target (MAC)] | arp reply IP is-at MAC to IP (MAC)
 *	           (+: more fragments follow; "cut": the frame ends before the IP packet does)
 *	transport: tcp SPORT>DPORT FLAGS seq N ack N win N [urg N] [opt HEX] DATA [csum ..]     (FLAGS "none" without any)
 *	           udp SPORT>DPORT [udp-len N] DATA [csum ..]     (udp-len: only where it does not fill the packet)
 *	           icmp echo|echo-reply id N seq N DATA [csum ..]
 *	           icmp unreachable|time-exceeded|too-big|redirect|parameter CODE [mtu N|rest N] { quoted packet } [csum ..]
 *	           icmp ns|na TARGET [flags RSO] [mac MAC] [option N].. [csum ..]
 *	           icmp mld2-report GROUP.. [csum ..]   (records other than "change to exclude {}": tN:GROUP(SOURCE,..))
 *	           icmp mld-query|mld-report|mld-done GROUP [max N] [csum ..]
 *	           igmp query|v1-report|v2-report|leave GROUP [max N] [csum ..]
 *	           igmp report GROUP.. [csum ..]        (IGMPv3, as with MLDv2)
 *	           icmp TYPE/CODE rest N DATA [csum ..]
 *	           { packet }              IP in IP; "udp SPORT>6080 gue { packet }" in UDP
 *	           proto N DATA            any other protocol, and later fragments
 *	DATA:      len N, then "text" (up to 40 printable bytes) or #HASH (FNV-1a, 32 bit) of the bytes
 *	[csum ok], [csum BAD], [csum none] (UDP 0), [csum partial] (pseudo header sum only); nothing where the datagram is not
 *	complete: fragments and cut packets. An IPv4 header checksum is only shown when it is BAD. Another EtherType shows as
 *	"type 0xNNNN DATA", bytes too short for their header as "short #HASH". In the text an address shows as it is
 *	written for building: MAC 02::01, bcast; IPv6 compressed.
 */
#ifndef SLUICE_TESTS_PACKET_BUILDER_H
#define SLUICE_TESTS_PACKET_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define PKT_ZERO (-1)
#define PKT_TEXT_MAX 1024
#define PKT_SPLITS 8

enum pkt_layer_kind {
	PKT_END, PKT_ETH, PKT_VLAN, PKT_IP4, PKT_IP6, PKT_HOPOPTS, PKT_DSTOPTS, PKT_ROUTING, PKT_FRAG6, PKT_TCP, PKT_UDP,
	PKT_ICMP, PKT_ECHO, PKT_ND, PKT_ARP, PKT_BYTES, PKT_FILL, PKT_PAD, PKT_CUT, PKT_SPLIT,
};

/* One layer; which fields it has is written above. Use the macros below. */
struct pkt_layer {
	enum pkt_layer_kind kind;
	const char *src, *dst, *flags, *options, *mac, *target_mac;
	const void *bytes;
	int sport, dport, ttl, tos, id, df, mf, offset, proto, version_ihl, flow, window, code, prio, stripped, checked;
	int64_t type, length, seq, ack, rest;
	int bad_checksum, no_checksum, partial_checksum;
	int split[PKT_SPLITS];
};

#define ETH(s, d, ...) { .kind = PKT_ETH, .src = (s), .dst = (d), __VA_ARGS__ }
#define VLAN(i, ...) { .kind = PKT_VLAN, .id = (i), __VA_ARGS__ }
#define IP4(s, d, ...) { .kind = PKT_IP4, .src = (s), .dst = (d), __VA_ARGS__ }
#define IP6(s, d, ...) { .kind = PKT_IP6, .src = (s), .dst = (d), __VA_ARGS__ }
#define HOPOPTS(...) { .kind = PKT_HOPOPTS, __VA_ARGS__ }
#define DSTOPTS(...) { .kind = PKT_DSTOPTS, __VA_ARGS__ }
#define ROUTING(t, left) { .kind = PKT_ROUTING, .type = (t), .code = (left) }
#define FRAG6(i, o, more, ...) { .kind = PKT_FRAG6, .id = (i), .offset = (o), .mf = (more), __VA_ARGS__ }
#define TCP(s, d, f, ...) { .kind = PKT_TCP, .sport = (s), .dport = (d), .flags = (f), __VA_ARGS__ }
#define UDP(s, d, ...) { .kind = PKT_UDP, .sport = (s), .dport = (d), __VA_ARGS__ }
#define ICMP(t, c, ...) { .kind = PKT_ICMP, .type = (t), .code = (c), __VA_ARGS__ }
#define ECHO(i, s, ...) { .kind = PKT_ECHO, .type = 0, .id = (i), .seq = (s), __VA_ARGS__ }
#define ECHO_REPLY(i, s, ...) { .kind = PKT_ECHO, .type = 1, .id = (i), .seq = (s), __VA_ARGS__ }
#define NS(t, ...) { .kind = PKT_ND, .type = 135, .dst = (t), __VA_ARGS__ }
#define NA(t, ...) { .kind = PKT_ND, .type = 136, .dst = (t), __VA_ARGS__ }
#define ARP_REQUEST(m, s, t, ...) { .kind = PKT_ARP, .type = 1, .mac = (m), .src = (s), .dst = (t), __VA_ARGS__ }
#define ARP_REPLY(m, s, tm, t, ...) \
	{ .kind = PKT_ARP, .type = 2, .mac = (m), .src = (s), .target_mac = (tm), .dst = (t), __VA_ARGS__ }
#define PAYLOAD(text) { .kind = PKT_BYTES, .bytes = "" text, .length = sizeof(text) - 1 }
#define BYTES(pointer, n) { .kind = PKT_BYTES, .bytes = (pointer), .length = (n) }
#define FILL(n) { .kind = PKT_FILL, .length = (n) }
#define PAD(n) { .kind = PKT_PAD, .length = (n) }
#define CUT(n) { .kind = PKT_CUT, .length = (n) }
#define SPLIT(...) { .kind = PKT_SPLIT, .split = { __VA_ARGS__ } }

/* A packet from the pool; the caller owns it. One segment where it fits and SPLIT() does not say otherwise. */
#define pkt(pool, ...) pkt_build(pool, (const struct pkt_layer[]){ __VA_ARGS__, { .kind = PKT_END } })
struct rte_mbuf *pkt_build(struct rte_mempool *pool, const struct pkt_layer *layers);

/* Bytes to a packet, cut into segments of the given sizes (NULL: as few as fit). The caller owns it. */
struct rte_mbuf *pkt_from_bytes(struct rte_mempool *pool, const void *bytes, uint32_t length, const int *split);

/* The line for a frame, and for a packet that starts at its IP header. Returns `text`. */
const char *pkt_text(const struct rte_mbuf *m, char text[PKT_TEXT_MAX]);
const char *pkt_text_ip(const struct rte_mbuf *m, char text[PKT_TEXT_MAX]);

/* "02::01" -> bytes, and back. */
void pkt_mac(const char *text, uint8_t mac[6]);
const char *pkt_mac_text(const uint8_t mac[6], char text[18]);

/* RFC 1071 in its plainest form, kept apart from the code under test. Sums add up; the result is not complemented. */
uint32_t pkt_sum(uint32_t sum, const uint8_t *bytes, uint32_t length);
uint16_t pkt_fold(uint32_t sum);

#endif
