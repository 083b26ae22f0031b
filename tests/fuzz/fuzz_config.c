/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any text either becomes a configuration or is explained, and nothing is leaked. What was accepted is used as the rest
 * of sluice would: its devices are named, and it can be reloaded into itself.
 */
#include "fuzz.h"

#include "sluice/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *names[SL_MAX_PORTS];
	struct sl_problems problems;
	char *text = NULL;
	size_t length;

	sl_problems_init(&problems);
	struct sl_config *config = sl_config_parse((const char *)data, size, &problems);
	EXPECT((config == NULL) == (problems.count != 0));
	if (config != NULL) {
		EXPECT(sl_config_device_names(config, names) != 0);
		sl_config_check_reload(config, config, &problems);
		EXPECT(problems.count == 0);
	}

	/* one printable line each: a hostile file cannot write to the operator's terminal */
	FILE *out = open_memstream(&text, &length);
	sl_problems_print(&problems, out);
	fclose(out);
	size_t lines = 0;
	for (size_t i = 0; i < length; i++) {
		EXPECT(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
		lines += text[i] == '\n';
	}
	EXPECT(lines == problems.n_listed + (problems.count > problems.n_listed));
	free(text);
	sl_config_destroy(config);
	sl_problems_fini(&problems);
	return 0;
}
