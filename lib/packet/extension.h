/* SPDX-License-Identifier: BSD-3-Clause */
/* The rare part of IP parsing: fragments, and the IPv6 extension headers (RFC 8200 section 4). */
#ifndef SLUICE_LIB_PACKET_EXTENSION_H
#define SLUICE_LIB_PACKET_EXTENSION_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/packet/parse.h"

/* Flag p as fragment; offset and payload in bytes. False: a piece that fits no datagram. */
bool sl_parse_fragment(struct sl_pkt *p, uint32_t offset, bool more, uint32_t payload);

/*
 * Walk on from the first header behind the IPv6 header (p->proto, p->l4) to the one that is no extension, which
 * p->proto and p->l4 name on success. A later fragment ends the walk, and so does a routing header that is not worked
 * off yet: p->proto is IPPROTO_ROUTING then.
 */
enum sl_drop_cause sl_parse_extensions(struct rte_mbuf *m, struct sl_pkt *p);

#endif
