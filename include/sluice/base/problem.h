/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Problems found in the user's configuration or machine: collected, never just the first. Whoever collects them may be a gateway
 * that forwards: it goes on without memory for a text, and what somebody can make it collect has a bound.
 */
#ifndef SLUICE_BASE_PROBLEM_H
#define SLUICE_BASE_PROBLEM_H

#include <stdio.h>

struct sl_problem {
	char *where;  /* JSON pointer, device or file; never NULL, may be empty */
	char *what;   /* one line: what is wrong */
	char *remedy; /* the command or edit that mends it; NULL where `what` already says it */
};

#define SL_PROBLEMS_MAX 256 /* in a list */

struct sl_problems {
	struct sl_problem *list;
	unsigned int n_listed; /* at least one when there is any */
	unsigned int count;    /* with those that are not in the list: there are too many, or memory was out */
};

void sl_problems_init(struct sl_problems *p);
void sl_problems_fini(struct sl_problems *p);

/* Add one problem. `remedy` may be NULL. All strings are copied. Whatever fails here, there is a problem afterwards. */
void sl_problem_add(struct sl_problems *p, const char *where, const char *remedy,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* One line each: "WHERE: WHAT" and, where there is one, "; remedy: REMEDY"; then how many are not in the list. */
void sl_problems_print(const struct sl_problems *p, FILE *out);

#endif
