/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How packets get to a backend as they are, in modes dsr, ipip and gue: what a worker knows of it, by backend id, so that a packet
 * costs a copy. It is found out by the first packet and again whenever the worker's epoch or the snapshot has changed
 * (lib/path/delivery.c), so nothing has to be told to forget it, and an id may become another backend's.
 * Owner and only writer: the worker.
 *
 * Path MTUs of tunnels, which routers on their way tell us, are few and rare, and every worker must know them: a table of one word an
 * entry that all share. A word has the upper half of the hash of the tunnel's far end, the MTU and the time; a new one simply
 * replaces what was there, and what is lost is learnt again.
 */
#ifndef SLUICE_STATE_DELIVERY_H
#define SLUICE_STATE_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/packet/encapsulate.h"

struct sl_delivery {
	_Alignas(64) uint8_t header[SL_OUTER_MAX]; /* the outer header for an empty packet */
	uint32_t epoch : 24;	      /* of the worker, SL_EPOCH_BITS */
	uint32_t header_len : 8;      /* 0: mode dsr */
	uint32_t generation;	      /* of the snapshot, its low half; 0: never found out */
	uint16_t neighbour;	      /* next hop, SL_ID_NONE: not in the table yet */
	uint16_t sure_len;	      /* packets that are not longer fit, whatever the path says */
};
_Static_assert(sizeof(struct sl_delivery) == 64, "one cache line a backend");

#define SL_PATH_MTUS 1024
#define SL_PATH_MTU_V4_LEAST 576  /* below that we do not believe it: forged (RFC 1191 section 3 allows 68) */
#define SL_PATH_MTU_V6_LEAST 1280 /* RFC 8201 section 4 */

#endif
