/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between IPv4 and IPv6 (RFC 7915 sections 4.1 and 5.1): the IP header is replaced, options and extension headers fall
 * away, TCP and UDP keep their bytes but for ports and checksum. docs/rfc/rfc7915.md has the mapping.
 */
#ifndef SLUICE_PACKET_TRANSLATE_H
#define SLUICE_PACKET_TRANSLATE_H

#include <rte_mbuf.h>

#include "sluice/packet/burst.h"
#include "sluice/packet/drop.h"
#include "sluice/packet/quote.h"

#define SL_TRANSLATE_OK SL_DROP_MAX

/* The other family's addresses, the new ports, and the difference they make to the transport checksum. */
struct sl_translation {
	const struct sl_ip *src, *dst;
	uint16_t sport_be, dport_be;
	uint16_t l4_delta;
	bool to_be_cut; /* to IPv6, for which it is too long: even a whole packet gets a fragment header */
};

/* Length of the IP packet once translated, without the fragment header of one that is to be cut. */
uint32_t sl_translate_length(const struct sl_pkt *p);

/* Translated, it may be fragmented: DF is clear, in what came by IPv4; what came by IPv6 gets it above 1260 bytes. */
bool sl_translate_may_cut(const struct rte_mbuf *m, const struct sl_pkt *p);

/* The MTU to tell a sender about whose packets leave translated by an interface of the given MTU (RFC 7915 sections 4, 5). */
uint16_t sl_translate_mtu(const struct sl_pkt *p, uint16_t mtu);

/*
 * Translate TCP, UDP or a fragment of one, TTL or hop limit one less (it is > 1). The packet starts at its new IP header
 * then: p->l3 is 0. Returns SL_TRANSLATE_OK, or the cause for which the packet cannot be sent, in no defined state.
 */
enum sl_drop_cause sl_translate(struct rte_mbuf *m, struct sl_pkt *p, const struct sl_translation *to);

/*
 * Translate the ICMP error (m, p), whose checksum is right, with the packet it quotes (RFC 7915 sections 4.2, 4.3, 5.2, 5.3); TTL or
 * hop limit stay. `mtu` is that of the interface it came in by, where the quoted packet left. ICMP extensions fall away.
 * The packet starts at its new IP header then, and p describes it. Returns as sl_translate.
 */
enum sl_drop_cause sl_translate_error_packet(struct rte_mbuf *m, struct sl_pkt *p, const struct sl_quote *q,
					     const struct sl_quote_rewrite *to, uint16_t mtu);

#endif
