/* SPDX-License-Identifier: BSD-3-Clause */
/* What the control socket answered, for people. */
#include "sluicectl.h"

#include <stdlib.h>
#include <string.h>

/* "+ services/web/backends/10.1.1.4:8080  {...}", "~ max_flows: default -> 2048 (needs a restart)" */
static void show_change(const json_t *change, FILE *out)
{
	const char *kind = ctl_text(change, "change");
	const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");
	char *before = from != NULL ? json_dumps(from, JSON_ENCODE_ANY) : NULL;
	char *after = to != NULL ? json_dumps(to, JSON_ENCODE_ANY) : NULL;

	fprintf(out, "  %c %s", *kind == 'a' ? '+' : *kind == 'r' ? '-' : '~', ctl_text(change, "path"));
	if (*kind == 'c')
		fprintf(out, ": %s -> %s", before != NULL ? before : "default", after != NULL ? after : "default");
	else if (*kind == 'a' && after != NULL)
		fprintf(out, "  %s", after);
	fputs(json_is_true(json_object_get(change, "restart")) ? "  (needs a restart)\n" : "\n", out);
	free(before);
	free(after);
}

static void show_changes(const json_t *changes, FILE *out)
{
	json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)
		show_change(change, out);
}

/* Under a title, or in other words when there are none. */
static void show_list(const json_t *changes, const char *title, const char *none, FILE *out)
{
	fprintf(out, "%s\n", json_array_size(changes) > 0 ? title : none);
	show_changes(changes, out);
}

static void show_reload(const json_t *value, FILE *out)
{
	const json_t *lost = json_object_get(value, "lost_edits");

	show_list(json_object_get(value, "changes"), "reloaded:", "reloaded; nothing has changed", out);
	if (json_array_size(lost) > 0)
		show_list(lost, "edits that the file does not have, and that are lost:", "", out);
}

static void show_config(const json_t *value, FILE *out)
{
	json_dumpf(json_object_get(value, "config"), out, JSON_INDENT(2));
	fputc('\n', out);
}

static void show_diff(const json_t *value, FILE *out)
{
	const json_t *unsaved = json_object_get(value, "unsaved_edits"), *problems = json_object_get(value, "problems");

	show_list(json_object_get(value, "changes"), "a reload would change:", "a reload would change nothing", out);
	if (json_array_size(unsaved) > 0)
		show_list(unsaved, "edits made since the file was read (sluicectl config save writes them to it):", "", out);
	if (json_array_size(problems) > 0)
		fputs("but it would be refused:\n", out);
	ctl_print_problems(problems, "  ", out);
}

static void show_save(const json_t *value, FILE *out)
{
	char title[CTL_PATH_MAX];

	snprintf(title, sizeof(title), "written to %s:", ctl_text(value, "path"));
	show_list(json_object_get(value, "changes"), title, "the file had all of it already", out);
}

static void show_edit(const json_t *value, FILE *out)
{
	bool persisted = json_is_true(json_object_get(value, "persisted"));

	show_list(json_object_get(value, "changes"), persisted ? "done, in the file too:" : "done, until the next reload:",
		  "nothing has changed", out);
}

static void show_backend(const json_t *value, FILE *out)
{
	char text[CTL_TEXT_MAX];
	json_int_t deadline_ms = ctl_number(value, "deadline_ms");

	fprintf(out, "%s %s: %s, weight %d, %s flows", ctl_text(value, "service"), ctl_text(value, "backend"),
		ctl_text(value, "state"), (int)ctl_number(value, "weight"),
		ctl_format_count(text, ctl_number(value, "flows_active")));
	if (json_object_get(value, "deadline_ms") != NULL)
		fprintf(out, ", those left end in %s", ctl_format_time(text, deadline_ms));
	fputc('\n', out);
	if (json_is_integer(json_object_get(value, "backends_in_use")) && ctl_number(value, "backends_in_use") == 0)
		fprintf(out, "no backend of %s takes new flows now\n", ctl_text(value, "service"));
	if (json_object_get(value, "changes") != NULL)
		show_edit(value, out);
}

static void show_kill(const json_t *value, FILE *out)
{
	char a[CTL_TEXT_MAX], b[CTL_TEXT_MAX];

	fprintf(out, "%s flows ended, %s of them by resets\n", ctl_format_count(a, ctl_number(value, "ended")),
		ctl_format_count(b, ctl_number(value, "resets")));
}

void ctl_show_result(const struct sl_command *command, const json_t *value, FILE *out)
{
	static void (*const show[SL_COMMAND_MAX])(const json_t *, FILE *) = {
		[SL_COMMAND_RELOAD] = show_reload,
		[SL_COMMAND_CONFIG_SHOW] = show_config,
		[SL_COMMAND_CONFIG_DIFF] = show_diff,
		[SL_COMMAND_CONFIG_SAVE] = show_save,
		[SL_COMMAND_SERVICE_ADD] = show_edit,
		[SL_COMMAND_SERVICE_REMOVE] = show_edit,
		[SL_COMMAND_BACKEND_ADD] = show_edit,
		[SL_COMMAND_BACKEND_REMOVE] = show_edit,
		[SL_COMMAND_BACKEND_DRAIN] = show_backend,
		[SL_COMMAND_BACKEND_DISABLE] = show_backend,
		[SL_COMMAND_BACKEND_ENABLE] = show_backend,
		[SL_COMMAND_BACKEND_WEIGHT] = show_backend,
		[SL_COMMAND_RELAY_ADD] = show_edit,
		[SL_COMMAND_RELAY_CHANGE] = show_edit,
		[SL_COMMAND_RELAY_REMOVE] = show_edit,
		[SL_COMMAND_FLOW_LIST] = ctl_render_flows,
		[SL_COMMAND_FLOW_KILL] = show_kill,
	};
	show[command - sl_commands](value, out);
}

void ctl_write_command_help(const struct sl_command *c, FILE *out)
{
	fputs("usage: ", out);
	ctl_write_usage(c, out);
	fprintf(out, "\n\n%s.%s%s\n", c->help, c->detail != NULL ? " " : "", c->detail != NULL ? c->detail : "");
	for (const struct sl_argument *a = c->arguments; a->name != NULL; a++) {
		char name[40];
		if (a->option != NULL && a->option[0] == '\0')
			continue;
		snprintf(name, sizeof(name), "%s%s%s", a->option != NULL ? a->option : "",
			 a->option != NULL && a->value != NULL ? " " : "", a->value != NULL ? a->value : "");
		fprintf(out, "%s  %-20s %s\n", a == c->arguments ? "\n" : "", name, a->help);
	}
}
