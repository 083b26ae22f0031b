/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Identification for packets that leave with an address of ours and may be, or are, fragments. The senders behind us
 * number their packets without knowing of each other, so theirs would collide on the way to one receiver
 * (RFC 7857 section 11, RFC 6864 section 5.3). Counters by (source, destination, protocol), picked by a keyed hash and
 * started at random (RFC 7739 section 5.3); each worker has a part of the numbers for itself.
 */
#ifndef SLUICE_STATE_IP_ID_H
#define SLUICE_STATE_IP_ID_H

#include <stdint.h>

#include <rte_byteorder.h>

#include "sluice/base/hash.h"
#include "sluice/base/ip.h"
#include "sluice/base/siphash.h"

#define SL_IP_ID_COUNTERS_LOG2 10

struct sl_ip_ids {
	uint64_t key;
	uint8_t worker_bits; /* upper bits of every number that say whose it is */
	uint16_t worker;
	uint32_t next[1u << SL_IP_ID_COUNTERS_LOG2];
};

/* The secret may be the same for all workers. */
void sl_ip_ids_init(struct sl_ip_ids *ids, const struct sl_siphash_key *secret, uint16_t worker, uint16_t n_workers);

static inline uint32_t sl_ip_id_next(struct sl_ip_ids *ids, uint64_t addresses, uint8_t proto)
{
	uint64_t hash = sl_hash_mix(addresses ^ ids->key, 0x9e3779b97f4a7c15ull + proto * 2u);
	return ids->next[hash >> (64 - SL_IP_ID_COUNTERS_LOG2)]++;
}

static inline uint16_t sl_ip_id_v4(struct sl_ip_ids *ids, uint32_t src_be, uint32_t dst_be, uint8_t proto)
{
	uint32_t n = sl_ip_id_next(ids, (uint64_t)src_be << 32 | dst_be, proto);
	uint32_t own_bits = 16 - ids->worker_bits;
	return rte_cpu_to_be_16((uint16_t)(ids->worker << own_bits | (n & ((1u << own_bits) - 1))));
}

/* IPv6 numbers datagrams without regard to their protocol. */
static inline uint32_t sl_ip_id_v6(struct sl_ip_ids *ids, const struct sl_ip *src, const struct sl_ip *dst)
{
	uint64_t addresses = sl_hash_mix(src->q[0] ^ ids->key, src->q[1]) ^ sl_hash_mix(dst->q[0], dst->q[1] ^ ids->key);
	uint32_t n = sl_ip_id_next(ids, addresses, 0);
	uint64_t own_bits = 32 - ids->worker_bits;
	return rte_cpu_to_be_32((uint32_t)((uint64_t)ids->worker << own_bits | (n & ((1ull << own_bits) - 1))));
}

#endif
