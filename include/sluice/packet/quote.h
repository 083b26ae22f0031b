/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet that an ICMP or ICMPv6 error quotes: finding it, and rewriting it together with the error around it, so
 * that a host reads of the packet it sent, not of what translation made of it (RFC 5508 sections 4.2, 4.3).
 */
#ifndef SLUICE_PACKET_QUOTE_H
#define SLUICE_PACKET_QUOTE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "sluice/base/ip.h"
#include "sluice/packet/burst.h"
#include "sluice/packet/drop.h"

/* A quoted TCP or UDP packet, or the first fragment of one; offsets are from the start of the frame. */
struct sl_quote {
	struct sl_ip src, dst;
	uint32_t l3, l4;
	uint32_t end;	   /* of what is quoted of the packet: extensions (RFC 4884) or padding may lie behind */
	uint32_t fragment; /* IPv6: its fragment header, 0 without */
	uint16_t sport_be, dport_be;
	uint8_t proto;	   /* IPPROTO_TCP or IPPROTO_UDP */
	bool has_checksum; /* the TCP or UDP checksum is part of the quote */
};

/* New addresses and ports of the quoted packet, and new addresses of the error; all of one family. */
struct sl_quote_rewrite {
	struct sl_ip src, dst;
	uint16_t sport_be, dport_be;
	struct sl_ip outer_src, outer_dst;
};

/* An error about somebody's packet: destination unreachable, packet too big, time exceeded or parameter problem. */
bool sl_icmp_quotes(const struct sl_pkt *p);

/*
 * Find the packet that the error (m, p) quotes; sl_icmp_quotes(p) holds. IP options and extension headers are walked
 * past; eight bytes of layer 4 are enough, and ICMP extensions (RFC 4884) do not count. The quoted headers are pulled
 * into the first segment. Returns SL_PARSE_OK, or the cause to drop the error for.
 */
enum sl_drop_cause sl_quote_parse(struct rte_mbuf *m, const struct sl_pkt *p, struct sl_quote *q);

/*
 * Sequence number and acknowledgement of a quoted TCP header, in host order. What is quoted need not reach the acknowledgement:
 * it is 0 then, and is not written. Writing them updates the checksums.
 */
struct sl_quote_numbers {
	uint32_t seq, ack;
};
struct sl_quote_numbers sl_quote_numbers(const struct rte_mbuf *m, const struct sl_quote *q);
void sl_quote_set_numbers(struct rte_mbuf *m, const struct sl_pkt *p, const struct sl_quote *q,
			  const struct sl_quote_numbers *numbers);

/*
 * Rewrite the quoted packet and the addresses of the error, within their family, with all checksums over them. An
 * identification that we gave the quoted packet becomes 0. Type, code, MTU, pointer, lengths and extensions stay; so do p and q.
 * (To the other family: sl_translate_error_packet.)
 */
void sl_quote_rewrite(struct rte_mbuf *m, const struct sl_pkt *p, const struct sl_quote *q,
		      const struct sl_quote_rewrite *to);

#endif
