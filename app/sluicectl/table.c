/* SPDX-License-Identifier: BSD-3-Clause */
/* Aligned columns, and numbers with units. */
#include "sluicectl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void ctl_table_init(struct ctl_table *t, const char *const *titles, unsigned int columns)
{
	*t = (struct ctl_table){ .titles = titles, .columns = columns };
}

void ctl_table_add(struct ctl_table *t, const char *fmt, ...)
{
	char **larger = realloc(t->cells, (t->n + 1) * sizeof(*t->cells));
	va_list args;

	if (larger == NULL)
		return;
	t->cells = larger;
	va_start(args, fmt);
	if (vasprintf(&t->cells[t->n], fmt, args) >= 0)
		t->n++;
	va_end(args);
}

void ctl_table_add_count(struct ctl_table *t, json_int_t n)
{
	char text[CTL_TEXT_MAX];

	ctl_table_add(t, "%s", ctl_format_count(text, n));
}

void ctl_table_add_joined(struct ctl_table *t, const json_t *strings)
{
	char text[128] = "";
	size_t i;
	json_t *s;

	json_array_foreach(strings, i, s) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "%s%s", i == 0 ? "" : " ", json_string_value(s));
	}
	ctl_table_add(t, "%s", text);
}

/* Two blanks between columns, none behind the last one. */
static void print_cell(FILE *out, const char *text, unsigned int width, bool right, bool last)
{
	if (right)
		fprintf(out, "%*s", (int)width, text);
	else
		fprintf(out, "%-*s", last ? 0 : (int)width, text);
	fputs(last ? "\n" : "  ", out);
}

void ctl_table_finish(struct ctl_table *t, FILE *out)
{
	unsigned int width[CTL_COLUMNS_MAX];

	for (unsigned int c = 0; c < t->columns; c++) {
		width[c] = (unsigned int)strlen(t->titles[c]) - (t->titles[c][0] == '>');
		for (unsigned int i = c; i < t->n; i += t->columns)
			if (strlen(t->cells[i]) > width[c])
				width[c] = (unsigned int)strlen(t->cells[i]);
	}
	for (unsigned int c = 0; c < t->columns; c++) {
		bool right = t->titles[c][0] == '>';
		print_cell(out, t->titles[c] + right, width[c], right, c + 1 == t->columns);
	}
	for (unsigned int i = 0; i < t->n; i++) {
		unsigned int c = i % t->columns;
		print_cell(out, t->cells[i], width[c], t->titles[c][0] == '>', c + 1 == t->columns || i + 1 == t->n);
		free(t->cells[i]);
	}
	free(t->cells);
	*t = (struct ctl_table){ 0 };
}

const char *ctl_format_count(char buf[CTL_TEXT_MAX], json_int_t n)
{
	char digits[CTL_TEXT_MAX];
	int length = snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, n);
	int out = 0;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

/* value < base is shown as a whole number without a prefix. */
static const char *format_scaled(char buf[CTL_TEXT_MAX], double value, double base, const char *const *units)
{
	unsigned int u = 0;

	while (value >= base && units[u + 1] != NULL) {
		value /= base;
		u++;
	}
	snprintf(buf, CTL_TEXT_MAX, u == 0 ? "%.0f %s" : "%.1f %s", value, units[u]);
	return buf;
}

const char *ctl_format_bytes(char buf[CTL_TEXT_MAX], json_int_t n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", NULL };

	return format_scaled(buf, (double)n, 1024, units);
}

const char *ctl_format_rate(char buf[CTL_TEXT_MAX], double packets_per_s)
{
	static const char *const units[] = { "pps", "kpps", "Mpps", "Gpps", NULL };

	return format_scaled(buf, packets_per_s, 1000, units);
}

const char *ctl_format_time(char buf[CTL_TEXT_MAX], json_int_t ms)
{
	json_int_t s = ms / 1000;

	if (s < 60)
		snprintf(buf, CTL_TEXT_MAX, "%.1f s", (double)ms / 1000);
	else if (s < 3600)
		snprintf(buf, CTL_TEXT_MAX, "%d min %d s", (int)(s / 60), (int)(s % 60));
	else if (s < 86400)
		snprintf(buf, CTL_TEXT_MAX, "%d h %d min", (int)(s / 3600), (int)(s / 60 % 60));
	else
		snprintf(buf, CTL_TEXT_MAX, "%" JSON_INTEGER_FORMAT " d %d h", s / 86400, (int)(s / 3600 % 24));
	return buf;
}
