/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a UDP flow's `state` says, by the kind of its service at the time it was made.
 *   bidirectional     1 once a reply was seen
 *   one-way           always 0: there are no replies
 *   request-response  replies still to come: udp_replies for each request; the flow is over at 0
 */
#ifndef SLUICE_STATE_UDP_H
#define SLUICE_STATE_UDP_H

#include "sluice/config/config.h"
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

/* A datagram passes; the changed timeout is found lazily. */
static inline void sl_udp_follow(struct sl_flow *f, unsigned int side)
{
	if (f->udp_kind == SL_UDP_BIDIRECTIONAL) {
		f->state |= side == SL_SERVER;
	} else if (f->udp_kind == SL_UDP_REQUEST_RESPONSE && f->state != SL_UDP_REPLIES_MANY) {
		unsigned int to_come = side == SL_SERVER ? f->state - 1u : (unsigned int)f->state + f->udp_replies;
		f->state = (uint8_t)(to_come < SL_UDP_REPLIES_MANY ? to_come : SL_UDP_REPLIES_MANY);
	}
}

static inline enum sl_timeout sl_udp_timeout(const struct sl_flow *f)
{
	return f->udp_kind == SL_UDP_BIDIRECTIONAL && f->state != 0 ? SL_TIMEOUT_UDP_BIDIRECTIONAL : SL_TIMEOUT_UDP_ONE_WAY;
}

#endif
