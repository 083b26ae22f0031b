/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "packet_builder.h"

#include "lines.h"

/* Behind " id N", which an IPv4 packet shows that may be fragmented further on. */
static const char *skip_id(const char *text)
{
	if (strncmp(text, " id ", 4) != 0)
		return text;
	text += 4;
	while (isdigit((unsigned char)*text))
		text++;
	return text;
}

bool line_has(const char *line, const char *text)
{
	char without[PKT_TEXT_MAX];
	const char *id = strstr(line, " id ");

	if (id == NULL || strstr(text, " id ") != NULL)
		return strstr(line, text) != NULL;
	snprintf(without, sizeof(without), "%.*s%s", (int)(id - line), line, skip_id(id));
	return strstr(without, text) != NULL;
}

bool line_matches(char variables[10][8], const char *expected, const char *actual)
{
	while (*expected != '\0') {
		if (strncmp(expected, " id ", 4) != 0)
			actual = skip_id(actual);
		if (*expected != '$') {
			if (*expected++ != *actual++)
				return false;
			continue;
		}
		char digits[8] = "", *variable = variables[expected[1] - '0'];
		for (size_t n = 0; isdigit((unsigned char)*actual) && n < sizeof(digits) - 1; n++)
			digits[n] = *actual++;
		if (variable[0] == '\0')
			memcpy(variable, digits, sizeof(digits));
		if (strcmp(variable, digits) != 0)
			return false;
		expected += 2;
	}
	return *actual == '\0';
}
