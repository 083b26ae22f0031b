/* SPDX-License-Identifier: BSD-3-Clause */
/* "did you mean": edit distance between what the user wrote and what could stand there. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <rte_common.h>

#include "sluice/base/suggest.h"

#define WORD_MAX 32
#define DISTANCE_MAX 2

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein distance without regard to case; two swapped neighbours count as one edit (optimal string alignment). */
static unsigned int distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	unsigned int d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= n_a; i++)
		d[i][0] = (unsigned int)i;
	for (size_t j = 0; j <= n_b; j++)
		d[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= n_a; i++) {
		for (size_t j = 1; j <= n_b; j++) {
			unsigned int edit = d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]);
			edit = RTE_MIN(edit, d[i - 1][j] + 1);
			edit = RTE_MIN(edit, d[i][j - 1] + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				edit = RTE_MIN(edit, d[i - 2][j - 2] + 1);
			d[i][j] = edit;
		}
	}
	return d[n_a][n_b];
}

void sl_suggest(struct sl_suggestion *s, const char *word, const char *candidate)
{
	size_t n_word = strlen(word), n_candidate = strlen(candidate);

	if (n_word > WORD_MAX || n_candidate > WORD_MAX)
		return;
	unsigned int edits = distance(word, n_word, candidate, n_candidate);
	if (edits > DISTANCE_MAX || 2 * edits >= n_candidate || (s->best != NULL && edits >= s->distance))
		return;
	s->best = candidate;
	s->distance = edits;
}
