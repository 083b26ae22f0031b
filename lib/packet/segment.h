/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chained mbufs: bring headers together, cut the tail. Never allocates; segments that become empty go back to their
 * pool.
 */
#ifndef SLUICE_LIB_PACKET_SEGMENT_H
#define SLUICE_LIB_PACKET_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_mbuf.h>

/*
 * Copy from the following segments until the first one holds `len` bytes. False, with the packet's bytes unchanged,
 * when the packet is shorter, the first segment has no room behind its data, or a segment is shared with another
 * packet.
 */
bool sl_segment_pull(struct rte_mbuf *m, uint32_t len);

/* Keep the first `len` bytes of the packet; len <= m->pkt_len. */
void sl_segment_trim(struct rte_mbuf *m, uint32_t len);

/* The first `len` bytes can be read at rte_pktmbuf_mtod(). One compare for a packet in one segment. */
static inline bool sl_segment_contiguous(struct rte_mbuf *m, uint32_t len)
{
	return likely(m->data_len >= len) || sl_segment_pull(m, len);
}

#endif
