/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker tells the control thread: fixed-size messages over a single-producer ring. Lost ones are counted. */
#ifndef SLUICE_STATE_EVENT_H
#define SLUICE_STATE_EVENT_H

#include <stdint.h>

#include "sluice/base/ip.h"

enum sl_event_type {
	SL_EVENT_RESOLVE,	   /* please resolve ip on interface: packets wait */
	SL_EVENT_NEIGHBOUR,	   /* ip on interface has this mac: it told us (reply, or request for us) */
	SL_EVENT_NEIGHBOUR_GOSSIP, /* the same, not asked for: refresh only what we already know */
	SL_EVENT_NEIGHBOUR_HINT,   /* asked for, but the mac (zero: none given) may not replace another: a proxy's answer */
	SL_EVENT_CONFLICT,	   /* mac claims our own ip */
	SL_EVENT_GROUP_QUERY,	   /* a multicast router asks on interface for a group ip, or for all (0.0.0.0, ::) */
	SL_EVENT_PARTIAL_CHECKSUM, /* packets from this port carry partial checksums */
};

struct sl_event {
	uint8_t type; /* enum sl_event_type */
	uint8_t version;   /* of a query: enum sl_group_version */
	uint16_t interface;
	uint16_t port;
	uint8_t mac[6];
	uint32_t delay_ms; /* of a query */
	struct sl_ip ip;
};
_Static_assert(sizeof(struct sl_event) == 32, "a ring element");

#endif
