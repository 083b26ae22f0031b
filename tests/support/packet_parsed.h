/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets as the stages behind parse get them. */
#ifndef SLUICE_TESTS_PACKET_PARSED_H
#define SLUICE_TESTS_PACKET_PARSED_H

#include "sluice/packet/burst.h"

/* The interface's own, 02::fe in a builder's words. */
extern const uint8_t pkt_our_mac[6];

/* ARP and IP, which must be well formed; the test ends otherwise. */
struct sl_pkt pkt_parsed(struct rte_mbuf *m);

#endif
