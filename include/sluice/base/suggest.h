/* SPDX-License-Identifier: BSD-3-Clause */
/* "did you mean": the candidate a misspelt word probably stands for. */
#ifndef SLUICE_BASE_SUGGEST_H
#define SLUICE_BASE_SUGGEST_H

/* The best so far, or NULL: at most two letters away, and less than half of the word. Begin with { .best = NULL }. */
struct sl_suggestion {
	const char *best;
	unsigned int distance;
};
void sl_suggest(struct sl_suggestion *s, const char *word, const char *candidate);

#endif
