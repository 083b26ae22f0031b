/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "sluice/base/sequence.h"

#define AHEAD_16 3000u	    /* RFC 3550 appendix A.1, MAX_DROPOUT */
#define AHEAD_WIDE 1000000u

void sl_sequence_init(struct sl_sequence *q, unsigned int width, uint64_t *seen, uint32_t bits, uint32_t window,
		      bool learns)
{
	*q = (struct sl_sequence){
		.mask = UINT64_MAX >> (64 - width),
		.window = RTE_MIN(window, bits),
		.ahead = width == 16 ? AHEAD_16 : AHEAD_WIDE,
		.bits = bits,
		.seen = seen,
		.learns = learns,
	};
}

static inline bool is_seen(const struct sl_sequence *q, uint64_t number)
{
	uint64_t bit = number & (q->bits - 1);
	return (q->seen[bit / 64] >> (bit % 64) & 1) != 0;
}

static inline void mark(struct sl_sequence *q, uint64_t number)
{
	uint64_t bit = number & (q->bits - 1);
	q->seen[bit / 64] |= 1ull << (bit % 64);
}

static inline void unmark(struct sl_sequence *q, uint64_t number)
{
	uint64_t bit = number & (q->bits - 1);
	q->seen[bit / 64] &= ~(1ull << (bit % 64));
}

/* Numbers before the first one cannot be missing, nor come late: they count as seen. */
static enum sl_sequence_verdict begin(struct sl_sequence *q, uint64_t number)
{
	memset(q->seen, 0xff, q->bits / 8);
	q->highest = number;
	q->has_stray = false;
	q->started = true;
	return SL_SEQUENCE_RESTART;
}

static enum sl_sequence_verdict go_ahead(struct sl_sequence *q, uint64_t number, uint64_t step, uint64_t *missing)
{
	for (uint64_t i = 1; i < step && i <= q->bits; i++)
		unmark(q, number - i);
	mark(q, number);
	q->highest = number;
	q->has_stray = false;
	*missing = step - 1;
	return step == 1 ? SL_SEQUENCE_NEXT : SL_SEQUENCE_GAP;
}

/* A number that fits nowhere. The next one after it, with nothing in between, tells that the sender has begun anew. */
static enum sl_sequence_verdict doubt(struct sl_sequence *q, uint64_t number)
{
	if (q->has_stray && number == ((q->follows - 1) & q->mask))
		return SL_SEQUENCE_DUPLICATE;
	if (q->has_stray && number == q->follows && q->learns)
		return begin(q, number);
	q->has_stray = true;
	q->follows = (number + 1) & q->mask;
	return SL_SEQUENCE_STRAY;
}

enum sl_sequence_verdict sl_sequence_take(struct sl_sequence *q, uint64_t number, bool believe, uint64_t *missing)
{
	uint64_t ahead = (number - q->highest) & q->mask, behind = (q->highest - number) & q->mask;

	if (unlikely(!q->started))
		return begin(q, number);
	if (likely(ahead <= behind && ahead != 0 && ahead <= q->ahead))
		return go_ahead(q, number, ahead, missing);
	if (behind < q->window) {
		q->has_stray = false;
		if (is_seen(q, number))
			return SL_SEQUENCE_DUPLICATE;
		mark(q, number);
		return SL_SEQUENCE_FILLS;
	}
	return believe ? begin(q, number) : doubt(q, number);
}
