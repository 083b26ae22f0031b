/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sluice/base/problem.h"

/* A problem that cannot be recorded must not pass for "no problem": give up loudly. */
static void *must(void *p)
{
	if (p == NULL) {
		fputs("sluice: out of memory\n", stderr);
		abort();
	}
	return p;
}

void sl_problems_init(struct sl_problems *p)
{
	p->list = NULL;
	p->count = 0;
}

void sl_problems_fini(struct sl_problems *p)
{
	for (unsigned int i = 0; i < p->count; i++) {
		free(p->list[i].where);
		free(p->list[i].what);
		free(p->list[i].remedy);
	}
	free(p->list);
	sl_problems_init(p);
}

void sl_problem_add(struct sl_problems *p, const char *where, const char *remedy, const char *fmt, ...)
{
	char what[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);

	p->list = must(realloc(p->list, (p->count + 1) * sizeof(*p->list)));
	p->list[p->count++] = (struct sl_problem){
		.where = must(strdup(where)),
		.what = must(strdup(what)),
		.remedy = remedy == NULL ? NULL : must(strdup(remedy)),
	};
}

void sl_problems_print(const struct sl_problems *p, FILE *out)
{
	for (unsigned int i = 0; i < p->count; i++) {
		const struct sl_problem *problem = &p->list[i];
		const char *colon = problem->where[0] != '\0' ? ": " : "";
		fprintf(out, "%s%s%s", problem->where, colon, problem->what);
		if (problem->remedy != NULL)
			fprintf(out, "; remedy: %s", problem->remedy);
		fputc('\n', out);
	}
}
