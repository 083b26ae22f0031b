/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bad configurations: every tests/config/bad/NAME.json is refused, with exactly the lines of NAME.expected. Run with
 * SLUICE_REGENERATE=1 to write the expected files anew, and read the difference before committing it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sluice/config/config.h"

#define CORPUS "tests/config/bad"

/* The lines that a file gets; NULL when it was accepted. */
static char *messages(const char *path)
{
	struct sl_problems problems;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	sl_problems_init(&problems);
	struct sl_config *config = sl_config_load(path, &problems);
	sl_problems_print(&problems, out);
	fclose(out);
	assert_true((config == NULL) == (problems.count != 0));
	if (config != NULL) {
		free(text);
		text = NULL;
	}
	sl_config_destroy(config);
	sl_problems_fini(&problems);
	return text;
}

static char *read_expected(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *in = fopen(path, "r");

	assert_non_null(text);
	if (in != NULL) {
		text[fread(text, 1, 65535, in)] = '\0';
		fclose(in);
	}
	return text;
}

static void write_expected(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static unsigned int check_file(const char *path)
{
	char expected_path[512], *got = messages(path);

	if (got == NULL) {
		print_error("%s: accepted\n", path);
		return 1;
	}
	snprintf(expected_path, sizeof(expected_path), "%.*s.expected", (int)(strlen(path) - strlen(".json")), path);
	if (getenv("SLUICE_REGENERATE") != NULL)
		write_expected(expected_path, got);
	char *expected = read_expected(expected_path);
	unsigned int wrong = strcmp(expected, got) != 0;
	if (wrong)
		print_error("%s\n--- expected\n%s--- got\n%s", path, expected, got);
	free(expected);
	free(got);
	return wrong;
}

static void every_bad_file_is_explained(void **state)
{
	unsigned int wrong = 0;
	glob_t files;

	assert_int_equal(glob(CORPUS "/*.json", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 70);
	for (size_t i = 0; i < files.gl_pathc; i++)
		wrong += check_file(files.gl_pathv[i]);
	print_message("%zu files, %u wrong\n", files.gl_pathc, wrong);
	globfree(&files);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_file_is_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
