/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker has a packet: the low byte of the Toeplitz hash of its addresses and ports, looked up in a table. A NIC with
 * our key and our table does the same, so its packets arrive where they belong; for the others workers do it in software.
 *
 * The table works for source NAT too: replies go to the worker that has the flow if the flow's port was chosen so that the
 * reply's hash leads there. The hash is linear, so what a port adds to it is one exclusive or, and with our key the 256 values
 * of a port's low byte add the 256 values of a byte (tests/unit/dispatch.c): for any high byte exactly one low byte gives the
 * hash that is wanted. So a worker's ports towards a destination are numbered and computed, not searched for.
 *
 * Written once before the workers start, the same for all of them. Decision 0011.
 */
#ifndef SLUICE_BASE_DISPATCH_H
#define SLUICE_BASE_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/base/toeplitz.h"

#define SL_DISPATCH_ENTRIES 256
#define SL_DISPATCH_RETA_MIN 64 /* smallest redirection table that is worth to be followed */
#define SL_DISPATCH_FIRST_PORT 1024u /* of those for source NAT; whole high bytes */
#define SL_DISPATCH_HIGH_BYTES ((0x10000u - SL_DISPATCH_FIRST_PORT) / 256)

/* Packets that NICs hash by addresses and ports, a bit each; others, and fragments, by addresses alone or not at all. */
#define SL_HASHED_TCP4 0x1
#define SL_HASHED_TCP6 0x2
#define SL_HASHED_UDP4 0x4
#define SL_HASHED_UDP6 0x8

struct sl_dispatch {
	struct sl_toeplitz toeplitz;
	uint8_t worker[SL_DISPATCH_ENTRIES]; /* by hash */
	uint8_t entries[SL_DISPATCH_ENTRIES]; /* the hashes of worker 0, then those of worker 1, and so on */
	uint16_t first[SL_DISPATCH_ENTRIES + 1]; /* of worker i's in entries */
	uint8_t low_byte[2][SL_DISPATCH_ENTRIES]; /* of a destination port, by what it adds to the hash: IPv4, IPv6 */
	uint16_t n_workers;
};

/* reta_size: of the smallest redirection table among the NICs that are to follow, a power of two from 64 to 256. */
void sl_dispatch_init(struct sl_dispatch *d, uint16_t n_workers, uint16_t reta_size);

/* Hash of a packet with these addresses, of one family, and ports. */
static inline uint8_t sl_dispatch_hash(const struct sl_dispatch *d, const struct sl_ip *src, const struct sl_ip *dst,
				       uint16_t sport_be, uint16_t dport_be)
{
	if (sl_ip_is_v4(dst))
		return sl_toeplitz_v4(&d->toeplitz, sl_ip_v4_be(src), sl_ip_v4_be(dst), sport_be, dport_be);
	return sl_toeplitz_v6(&d->toeplitz, src, dst, sport_be, dport_be);
}

/* How many destination ports, of those for source NAT, lead packets from any one address and port to the worker. */
static inline uint32_t sl_dispatch_ports(const struct sl_dispatch *d, uint16_t worker)
{
	return (uint32_t)(d->first[worker + 1] - d->first[worker]) * SL_DISPATCH_HIGH_BYTES;
}

/* Number i of these ports; `portless` is the hash of such a packet with destination port 0. */
static inline uint16_t sl_dispatch_port(const struct sl_dispatch *d, uint16_t worker, uint8_t portless, bool v6, uint32_t i)
{
	uint32_t high = SL_DISPATCH_FIRST_PORT / 256 + i % SL_DISPATCH_HIGH_BYTES;
	uint8_t wanted = d->entries[d->first[worker] + i / SL_DISPATCH_HIGH_BYTES];
	uint8_t adds = d->toeplitz.table[v6 ? SL_TOEPLITZ_PORT_V6 : SL_TOEPLITZ_PORT_V4][high];

	return (uint16_t)(high << 8 | d->low_byte[v6][wanted ^ portless ^ adds]);
}

#endif
