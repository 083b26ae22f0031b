/* SPDX-License-Identifier: BSD-3-Clause */
/* Building of TCP segments, of resets above all (RFC 9293 sections 3.5.2, 3.10.7.1). */
#ifndef SLUICE_PACKET_TCP_H
#define SLUICE_PACKET_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "sluice/base/ip.h"
#include "sluice/packet/burst.h"

struct sl_tcp_out {
	const struct sl_ip *src, *dst; /* of one family */
	uint16_t sport_be, dport_be;
	uint32_t seq, ack; /* host order */
	uint8_t flags;	   /* RTE_TCP_*_FLAG */
	uint16_t window_be;
	const uint32_t *timestamps_be; /* value and echo of the timestamps option, or NULL */
	const void *data;
	uint16_t data_len;
};

/* Write the segment into `out`, which is empty, from its IP header on. Returns 0, or -1 when out has no room. */
int sl_tcp_build(struct rte_mbuf *out, const struct sl_tcp_out *segment);

struct sl_tcp_reset {
	const struct sl_ip *src, *dst; /* of one family */
	uint16_t sport_be, dport_be;
	uint32_t seq, ack; /* host order */
	bool with_ack;	   /* ACK flag set, and `ack` in the header */
};

/* Write the reset into `out`, which is empty, from its IP header on. Returns 0, or -1 when out has no room. */
int sl_tcp_build_reset(struct rte_mbuf *out, const struct sl_tcp_reset *reset);

/*
 * The reset with which a host that knows no such connection answers TCP packet (m, p), in the name of its destination.
 * Never call it for a reset. Returns as above.
 */
int sl_tcp_build_refusal(struct rte_mbuf *out, const struct rte_mbuf *m, const struct sl_pkt *p);

/* Bytes of data in a TCP packet. */
uint32_t sl_tcp_data_len(const struct rte_mbuf *m, const struct sl_pkt *p);

#endif
