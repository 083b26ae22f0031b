/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stream's sequence numbers: which datagram is new, which one fills a gap, which one has come before. The last `window`
 * numbers are known one by one. A number further away is first believed when the next one follows it (RFC 3550 appendix A.1),
 * or when the caller knows that the sender has begun anew; of several inputs together only the caller knows, as one of them
 * may just be late.
 */
#ifndef SLUICE_BASE_SEQUENCE_H
#define SLUICE_BASE_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

enum sl_sequence_verdict {
	SL_SEQUENCE_NEXT,      /* one more than the highest */
	SL_SEQUENCE_GAP,       /* further ahead: *missing numbers in between have not come */
	SL_SEQUENCE_FILLS,     /* one of those */
	SL_SEQUENCE_DUPLICATE,
	SL_SEQUENCE_STRAY,     /* far away */
	SL_SEQUENCE_RESTART,   /* the first one, or the sender has begun anew; nothing is missing before it */
};

struct sl_sequence {
	uint64_t mask;	  /* of the number's width */
	uint64_t highest;
	uint64_t follows; /* what would confirm the last stray */
	bool has_stray;	  /* there is one, and nothing but strays has come since */
	bool learns;	  /* it believes strays that follow each other */
	uint32_t window;  /* numbers behind the highest that are told apart, at most `bits` */
	uint32_t ahead;	  /* a larger step forward is a stray */
	uint32_t bits;	  /* of `seen`; a power of two */
	uint64_t *seen;	  /* one bit a number, modulo bits */
	bool started;
};

/* width: 16, 32 or 64. seen: bits / 64 words, the caller's. */
void sl_sequence_init(struct sl_sequence *q, unsigned int width, uint64_t *seen, uint32_t bits, uint32_t window,
		      bool learns);

/* Judge the number and remember it. believe: the sender may have begun anew. *missing: set for SL_SEQUENCE_GAP. */
enum sl_sequence_verdict sl_sequence_take(struct sl_sequence *q, uint64_t number, bool believe, uint64_t *missing);

#endif
