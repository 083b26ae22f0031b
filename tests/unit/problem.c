/* SPDX-License-Identifier: BSD-3-Clause */
/* Problems that are too many, or that no memory is left for: they stay problems, and the process goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sluice/base/problem.h"

static unsigned int allocations_left = UINT32_MAX;

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

void *__wrap_realloc(void *p, size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return __real_strdup(text);
}

static char *printed(const struct sl_problems *problems)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	sl_problems_print(problems, out);
	fclose(out);
	return text;
}

static void what_is_not_remembered_is_counted(void **state)
{
	struct sl_problems problems;

	(void)state;
	sl_problems_init(&problems);
	for (unsigned int i = 0; i < SL_PROBLEMS_MAX + 3; i++)
		sl_problem_add(&problems, "/x", NULL, "%u", i);
	assert_int_equal(problems.count, SL_PROBLEMS_MAX + 3);
	assert_int_equal(problems.n_listed, SL_PROBLEMS_MAX);
	char *text = printed(&problems);
	assert_non_null(strstr(text, "/x: 255\nand 3 more\n"));
	free(text);
	sl_problems_fini(&problems);
	assert_int_equal(problems.count, 0);
}

/* Wherever memory ends, the problem is one, and has a text. */
static void without_memory_there_is_a_problem(void **state)
{
	(void)state;
	for (unsigned int left = 0; left <= 8; left++) {
		struct sl_problems problems;
		sl_problems_init(&problems);
		allocations_left = left;
		sl_problem_add(&problems, "/a", "mend", "first");
		sl_problem_add(&problems, "/b", "mend", "second");
		allocations_left = UINT32_MAX;
		assert_int_equal(problems.count, 2);
		assert_int_equal(problems.n_listed, left == 8 ? 2 : 1);
		assert_string_equal(problems.list[0].what, left < 4 ? "out of memory" : "first");
		char *text = printed(&problems);
		assert_string_equal(text, left < 4  ? "out of memory\nand 1 more\n" :
					  left < 8 ? "/a: first; remedy: mend\nand 1 more\n" :
						     "/a: first; remedy: mend\n/b: second; remedy: mend\n");
		free(text);
		sl_problem_add(&problems, "/c", NULL, "third");
		assert_int_equal(problems.count, 3);
		sl_problems_fini(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_remembered_is_counted),
		cmocka_unit_test(without_memory_there_is_a_problem),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
