/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of eight 16-bit words are equal to one: the tags of a hash bucket. */
#ifndef SLUICE_BASE_MATCH_H
#define SLUICE_BASE_MATCH_H

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SL_MATCH_ALL 0xffffu

/*
 * Bits 2i and 2i + 1 for each words[i] that is equal to `word`. `words` is aligned to 16 bytes. All at once: a branch between
 * them would be mispredicted every other time.
 */
static inline uint32_t sl_match_u16x8(const uint16_t words[8], uint16_t word)
{
#ifdef __SSE2__
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(*(const __m128i *)words, _mm_set1_epi16((short)word)));
#else
	uint32_t match = 0;

	for (unsigned int i = 0; i < 8; i++)
		match |= words[i] == word ? 3u << 2 * i : 0;
	return match;
#endif
}

/* The first i of a match that is not 0. */
static inline unsigned int sl_match_first(uint32_t match)
{
	return (unsigned int)__builtin_ctz(match) / 2;
}

/* The match without its first i. */
static inline uint32_t sl_match_rest(uint32_t match)
{
	match &= match - 1;
	return match & (match - 1);
}

#endif
