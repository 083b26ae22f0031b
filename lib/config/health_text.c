/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sluice/config/health.h"

/* Three digits from 100 to 599; moves on behind them. -1: something else. */
static long read_status(const char **at)
{
	long status = 0;

	for (unsigned int i = 0; i < 3; i++, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return -1;
		status = 10 * status + (**at - '0');
	}
	return status >= 100 && status <= 599 ? status : -1;
}

/* Walk the list; *has: the status is in it. */
static bool walk(const char *list, long status, bool *has)
{
	const char *at = list;

	*has = false;
	for (;;) {
		long low = read_status(&at), high = low;
		if (low >= 0 && *at == '-') {
			at++;
			high = read_status(&at);
		}
		if (low < 0 || high < low)
			return false;
		*has |= status >= low && status <= high;
		if (*at == '\0')
			return true;
		if (*at++ != ',')
			return false;
	}
}

bool sl_status_list_is_good(const char *list)
{
	bool has;

	return walk(list, 0, &has);
}

bool sl_status_list_has(const char *list, long status)
{
	bool has;

	return walk(list, status, &has) && has;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

int sl_unescape(const char *text, uint8_t *out, size_t room)
{
	size_t n = 0;

	while (*text != '\0') {
		uint8_t byte = (uint8_t)*text++;
		if (byte == '\\' && *text == '\\') {
			text++;
		} else if (byte == '\\') {
			if (*text != 'x' || digit(text[1]) < 0 || digit(text[2]) < 0)
				return -1;
			byte = (uint8_t)(digit(text[1]) << 4 | digit(text[2]));
			text += 3;
		}
		if (n == room)
			return -1;
		out[n++] = byte;
	}
	return (int)n;
}
