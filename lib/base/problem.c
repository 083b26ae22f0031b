/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sluice/base/problem.h"

/* In place of a first problem that nobody can keep: it must not pass for "no problem". Never written to. */
static const struct sl_problem out_of_memory = { .where = (char *)"", .what = (char *)"out of memory" };

void sl_problems_init(struct sl_problems *p)
{
	*p = (struct sl_problems){ .list = NULL };
}

static void clear(struct sl_problem *problem)
{
	free(problem->where);
	free(problem->what);
	free(problem->remedy);
}

void sl_problems_fini(struct sl_problems *p)
{
	if (p->list != &out_of_memory) {
		for (unsigned int i = 0; i < p->n_listed; i++)
			clear(&p->list[i]);
		free(p->list);
	}
	sl_problems_init(p);
}

static bool append(struct sl_problems *p, const char *where, const char *remedy, const char *what)
{
	struct sl_problem *list = realloc(p->list, (p->n_listed + 1) * sizeof(*p->list));

	if (list == NULL)
		return false;
	p->list = list;
	struct sl_problem one = { .where = strdup(where), .what = strdup(what), .remedy = remedy != NULL ? strdup(remedy) : NULL };
	if (one.where == NULL || one.what == NULL || (one.remedy == NULL && remedy != NULL)) {
		clear(&one);
		return false;
	}
	list[p->n_listed++] = one;
	return true;
}

void sl_problem_add(struct sl_problems *p, const char *where, const char *remedy, const char *fmt, ...)
{
	char what[1024];
	va_list args;

	p->count++;
	if (p->n_listed == SL_PROBLEMS_MAX || p->list == &out_of_memory)
		return;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (append(p, where, remedy, what) || p->n_listed > 0)
		return;
	free(p->list);
	p->list = (struct sl_problem *)&out_of_memory;
	p->n_listed = 1;
}

void sl_problems_print(const struct sl_problems *p, FILE *out)
{
	for (unsigned int i = 0; i < p->n_listed; i++) {
		const struct sl_problem *problem = &p->list[i];
		const char *colon = problem->where[0] != '\0' ? ": " : "";
		fprintf(out, "%s%s%s", problem->where, colon, problem->what);
		if (problem->remedy != NULL)
			fprintf(out, "; remedy: %s", problem->remedy);
		fputc('\n', out);
	}
	if (p->count > p->n_listed)
		fprintf(out, "and %u more\n", p->count - p->n_listed);
}
