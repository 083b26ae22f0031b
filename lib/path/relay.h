/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the two halves of the relay stage: relay.c decides which datagrams are sent on, relay_out.c makes and sends the
 * copies.
 *
 * Nothing of the payload is copied: the datagram's own buffers, with its headers cut off, follow a small buffer with new
 * headers, one for each output. All those chains share the payload, which counts how many of them there still are. Where a
 * port sends no chains the payload is copied; where there is one output, the datagram gets its new headers in place.
 */
#ifndef SLUICE_PATH_RELAY_H
#define SLUICE_PATH_RELAY_H

#include "stages.h"

#include "sluice/state/relay.h"

/* Whose UDP checksums were computed anew. */
enum relay_sums { RELAY_SUMS_NONE, RELAY_SUMS_UNCHECKED, RELAY_SUMS_ALL };

/* Datagrams of one relay in a burst, in their order, taken out of it. */
struct relay_batch {
	unsigned int n;
	uint32_t longest;	    /* IP payload of the longest */
	bool has_fragments;
	bool has_unchecked;	    /* some have no UDP checksum */
	struct rte_mbuf *m[SL_BURST_MAX];
	uint16_t unused[SL_BURST_MAX]; /* references to m[] that no copy took over */
	struct sl_relay_datagram d[SL_BURST_MAX];
	enum relay_sums other_kind;
	struct {
		uint16_t rest_sum, mask;
	} other[SL_BURST_MAX]; /* d[].rest_sum and checksum_mask for outputs that want them computed */
};

/* Send the datagrams to all outputs. */
void relay_send(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_relay *relay, struct relay_batch *b);

#endif
