/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-2-4 (Aumasson, Bernstein 2012): for choices that an attacker could aim at, once per new flow. */
#ifndef SLUICE_BASE_SIPHASH_H
#define SLUICE_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct sl_siphash_key {
	uint64_t k[2];
};

uint64_t sl_siphash(const struct sl_siphash_key *key, const void *data, size_t len);

#endif
