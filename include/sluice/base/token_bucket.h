/* SPDX-License-Identifier: BSD-3-Clause */
/* Token bucket in virtual time: one writer, time is an argument. */
#ifndef SLUICE_BASE_TOKEN_BUCKET_H
#define SLUICE_BASE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct sl_token_bucket {
	uint64_t ns_per_token;
	uint64_t burst_ns; /* burst size, as the time that refills it */
	uint64_t full_at_ns; /* when the bucket would be full again */
};

/* Time between two tokens; a rate of 0 gives none, ever. */
static inline uint64_t sl_token_bucket_interval_ns(uint32_t rate_per_s)
{
	return rate_per_s == 0 ? UINT64_MAX / 4 : 1000000000ull / rate_per_s;
}

static inline void sl_token_bucket_init(struct sl_token_bucket *t, uint32_t rate_per_s, uint32_t burst)
{
	t->ns_per_token = sl_token_bucket_interval_ns(rate_per_s);
	t->burst_ns = rate_per_s == 0 ? 0 : t->ns_per_token * burst;
	t->full_at_ns = 0;
}

/* Take what refills in cost_ns; false when there is not so much. */
static inline bool sl_token_bucket_take_ns(struct sl_token_bucket *t, uint64_t now_ns, uint64_t cost_ns)
{
	uint64_t full_at = t->full_at_ns > now_ns ? t->full_at_ns : now_ns;
	if (full_at - now_ns + cost_ns > t->burst_ns)
		return false;
	t->full_at_ns = full_at + cost_ns;
	return true;
}

/* Take one token; false when there is none. */
static inline bool sl_token_bucket_take(struct sl_token_bucket *t, uint64_t now_ns)
{
	return sl_token_bucket_take_ns(t, now_ns, t->ns_per_token);
}

#endif
