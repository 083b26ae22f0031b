/* SPDX-License-Identifier: BSD-3-Clause */
/* IP fragments: what one says of itself (RFC 791 section 3.2, RFC 8200 section 4.5), and how to cut a packet up. */
#ifndef SLUICE_PACKET_FRAGMENT_H
#define SLUICE_PACKET_FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "sluice/packet/burst.h"

struct sl_fragment {
	uint32_t id_be;	     /* identification: 16 bits with IPv4, 32 with IPv6 */
	uint16_t start, end; /* the bytes of the datagram's payload that it carries: [start, end) */
	uint16_t header;     /* IPv6: offset of the fragment header from the start of the frame */
	bool more;	     /* not the last one */
};

/* p is a fragment that parse let pass (SL_PKT_FRAGMENT): its headers lie in the first segment, its length is right. */
void sl_fragment_read(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_fragment *f);

/*
 * Most pieces a packet can be cut into: 65535 bytes, header of 60, for an MTU of 576 (the smallest of an interface) less the 32
 * bytes that GUE puts in front: 480 bytes each.
 */
#define SL_FRAGMENT_PIECES_MAX 137

/*
 * What is cut, m, starts at its IP header and may be a fragment itself. IPv6 has nothing but a fragment header between IP
 * header and payload (RFC 8200 section 4.5), as what was translated from IPv4 has.
 *
 * Payload bytes of each piece but the last, for a header as long as m's; in *payload, of all together.
 */
uint32_t sl_fragment_piece_size(const struct rte_mbuf *m, uint16_t mtu, uint32_t *payload);

/*
 * Write the piece with payload [start, start + size) of m, or what is left of it, into `piece`, which is empty: a header of
 * its own, with the IPv4 options that belong into every fragment (RFC 791 section 3.1), then the bytes.
 * Returns 0, or -1 when piece has no room.
 */
int sl_fragment_copy(struct rte_mbuf *piece, const struct rte_mbuf *m, uint32_t start, uint32_t size);

/* Make m its own first piece: keep `size` bytes of payload, say that more follow. */
void sl_fragment_keep_first(struct rte_mbuf *m, uint32_t size);

#endif
