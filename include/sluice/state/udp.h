/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a UDP flow's `state` says, by the kind of its service at the time it was made.
 *   bidirectional     1 once a reply was seen
 *   one-way           always 0: there are no replies
 *   request-response  replies still to come: udp_replies for each request; the flow is over at 0. A reply in fragments does not
 *                     count, as the rest of it must find the flow: that one ends by its idle time
 */
#ifndef SLUICE_STATE_UDP_H
#define SLUICE_STATE_UDP_H

#include "sluice/config/config.h"
#include "sluice/packet/burst.h"
#include "sluice/state/flow.h"

#define SL_UDP_REPLIES_MANY UINT8_MAX /* too many requests at once to count: such a flow ends by its idle time */

/* A datagram that its flow does not allow: the backend's in a one-way flow, or one more than was asked for. */
static inline bool sl_udp_is_unasked(const struct sl_flow *f, unsigned int side)
{
	return side == SL_SERVER && (f->udp_kind == SL_UDP_ONE_WAY || (f->udp_kind == SL_UDP_REQUEST_RESPONSE && f->state == 0));
}

/* All that was asked for has been answered. */
static inline bool sl_udp_is_over(const struct sl_flow *f)
{
	return f->udp_kind == SL_UDP_REQUEST_RESPONSE && f->state == 0;
}

/* A datagram, or the first fragment of one, passes; the changed timeout is found lazily. */
static inline void sl_udp_follow(struct sl_flow *f, const struct sl_pkt *p)
{
	if (f->udp_kind == SL_UDP_BIDIRECTIONAL) {
		f->state |= p->side == SL_SERVER;
	} else if (f->udp_kind == SL_UDP_REQUEST_RESPONSE && f->state != SL_UDP_REPLIES_MANY) {
		unsigned int to_come = f->state;
		if (p->side == SL_CLIENT)
			to_come += f->udp_replies;
		else if (!(p->flags & SL_PKT_FRAGMENT))
			to_come--;
		f->state = (uint8_t)(to_come < SL_UDP_REPLIES_MANY ? to_come : SL_UDP_REPLIES_MANY);
	}
}

static inline enum sl_timeout sl_udp_timeout(const struct sl_flow *f)
{
	return f->udp_kind == SL_UDP_BIDIRECTIONAL && f->state != 0 ? SL_TIMEOUT_UDP_BIDIRECTIONAL : SL_TIMEOUT_UDP_ONE_WAY;
}

#endif
