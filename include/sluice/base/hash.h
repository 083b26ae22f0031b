/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hash of a packet's addresses and ports for the flow table: two keyed 64x64 -> 128 bit multiplications folded together.
 * A few cycles, and without the key (random at each start) collisions cannot be aimed; a plain CRC is linear and its
 * collisions do not depend on the seed.
 */
#ifndef SLUICE_BASE_HASH_H
#define SLUICE_BASE_HASH_H

#include <stdint.h>

#include "sluice/base/ip.h"

struct sl_hash_key {
	uint64_t k[4]; /* random; every k odd */
};

static inline uint64_t sl_hash_mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Ports are passed as (source << 16 | destination) in network byte order of each; proto distinguishes TCP from UDP. */
static inline uint64_t sl_hash_v4(const struct sl_hash_key *key, uint32_t src_be, uint32_t dst_be, uint32_t ports,
				  uint8_t proto)
{
	uint64_t addresses = (uint64_t)src_be << 32 | dst_be;
	uint64_t rest = (uint64_t)proto << 32 | ports;
	return sl_hash_mix(sl_hash_mix(addresses ^ key->k[0], rest ^ key->k[1]), key->k[2]);
}

static inline uint64_t sl_hash_v6(const struct sl_hash_key *key, const struct sl_ip *src, const struct sl_ip *dst,
				  uint32_t ports, uint8_t proto)
{
	uint64_t rest = (uint64_t)proto << 32 | ports;
	uint64_t a = sl_hash_mix(src->q[0] ^ key->k[0], src->q[1] ^ key->k[1]);
	uint64_t b = sl_hash_mix(dst->q[0] ^ key->k[2], dst->q[1] ^ key->k[3]);
	/* Ports in a row must differ in more than low bits, or one product in a hundred sends them to few buckets. */
	return sl_hash_mix(a ^ b ^ rest * 0x9e3779b97f4a7c15ull, key->k[1]);
}

#endif
