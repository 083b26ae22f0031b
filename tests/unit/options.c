/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../app/sluice/options.h"

#define ARGS 8

struct row {
	const char *args[ARGS]; /* behind the program's name */
	int result;
	enum options_action action;
	const char *config;
	int n_eal;
	const char *message; /* part of the line on a wrong command line */
};

static const struct row rows[] = {
	{ { "--config", "f" }, 0, OPTIONS_RUN, "f", 0, NULL },
	{ { "--config=f" }, 0, OPTIONS_RUN, "f", 0, NULL },
	{ { "--check", "--config", "f" }, 0, OPTIONS_CHECK, "f", 0, NULL },
	{ { "--config", "f", "--check" }, 0, OPTIONS_CHECK, "f", 0, NULL },
	{ { "-l", "0,1", "--", "--config", "f" }, 0, OPTIONS_RUN, "f", 2, NULL },
	{ { "--", "--config", "f" }, 0, OPTIONS_RUN, "f", 0, NULL },
	{ { "--version" }, 0, OPTIONS_VERSION, NULL, 0, NULL },
	{ { "--help" }, 0, OPTIONS_HELP, NULL, 0, NULL },
	{ { "-l", "0", "--", "--help" }, 0, OPTIONS_HELP, NULL, 2, NULL },
	{ { NULL }, -1, OPTIONS_RUN, NULL, 0, "--config FILE is missing" },
	{ { "--config" }, -1, OPTIONS_RUN, NULL, 0, "--config needs a file name" },
	{ { "--config=" }, -1, OPTIONS_RUN, NULL, 0, "--config FILE is missing" },
	{ { "-l", "0", "--config", "f" }, -1, OPTIONS_RUN, NULL, 0, "unknown option -l (EAL options go before \"--\")" },
	{ { "file.json" }, -1, OPTIONS_RUN, NULL, 0, "unexpected argument file.json" },
	{ { "--config", "f", "--" }, -1, OPTIONS_RUN, NULL, 0, "--config is sluice's own option" },
};

static void test_parse(void **state)
{
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		char *argv[ARGS + 2] = { (char *)(uintptr_t)"sluice" }, *text = NULL;
		size_t size;
		int argc = 1;
		struct options options;

		for (unsigned int k = 0; k < ARGS && row->args[k] != NULL; k++)
			argv[argc++] = (char *)(uintptr_t)row->args[k];
		FILE *err = open_memstream(&text, &size);
		int result = options_parse(&options, argc, argv, err);
		fclose(err);
		assert_int_equal(result, row->result);
		if (result == 0) {
			assert_int_equal(options.action, row->action);
			assert_int_equal(options.n_eal, row->n_eal);
			if (row->config != NULL)
				assert_string_equal(options.config_path, row->config);
			assert_string_equal(text, "");
		} else {
			assert_non_null(strstr(text, row->message));
			assert_non_null(strstr(text, "; see sluice --help\n"));
			assert_ptr_equal(strchr(text, '\n'), text + size - 1); /* one line */
		}
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_parse) };

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
