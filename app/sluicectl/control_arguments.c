/* SPDX-License-Identifier: BSD-3-Clause */
/* From words of the command line to a request, by the table of commands. What is wrong is answered with the command's usage. */
#include "sluicectl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sluice/base/suggest.h"

#define LIMIT_DEFAULT 100

void ctl_write_usage(const struct sl_command *c, FILE *out)
{
	fprintf(out, "sluicectl %s", c->name);
	for (const struct sl_argument *a = c->arguments; a->name != NULL; a++) {
		if (a->option == NULL)
			fprintf(out, " %s", a->value);
		else if (a->option[0] != '\0')
			fprintf(out, " [%s%s%s]", a->option, a->value != NULL ? " " : "", a->value != NULL ? a->value : "");
	}
}

static int wrong(const struct sl_command *c, FILE *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int wrong(const struct sl_command *c, FILE *err, const char *fmt, ...)
{
	va_list args;

	fputs("sluicectl: ", err);
	va_start(args, fmt);
	vfprintf(err, fmt, args);
	va_end(args);
	fputs("; usage: ", err);
	ctl_write_usage(c, err);
	fputc('\n', err);
	return CTL_EXIT_USAGE;
}

/* ---- which command ---- */

int ctl_match_name(const char *name, int argc, char **argv)
{
	size_t first = strcspn(name, " ");

	if (strlen(argv[0]) != first || memcmp(argv[0], name, first) != 0)
		return 0;
	if (name[first] == '\0')
		return 1;
	return argc > 1 && strcmp(argv[1], name + first + 1) == 0 ? 2 : 0;
}

const struct sl_command *ctl_find_control(int argc, char **argv, int *used)
{
	static char *flow_list[] = { "flow", "list" };

	if (strcmp(argv[0], "flows") == 0) { /* a short name for what is asked for most */
		*used = 1;
		argc = 2;
		argv = flow_list;
	} else {
		*used = 0;
	}
	for (unsigned int i = 0; i < SL_COMMAND_MAX; i++) {
		int n = ctl_match_name(sl_commands[i].name, argc, argv);
		if (n == 0)
			continue;
		*used = *used > 0 ? *used : n;
		return &sl_commands[i];
	}
	return NULL;
}

/* The i-th command whose name is "GROUP WORD", of both kinds: its second word, or NULL behind the last one. */
static const char *word_of_group(const char *group, unsigned int i)
{
	size_t length = strlen(group);

	for (unsigned int k = 0; k < SL_COMMAND_MAX; k++)
		if (strncmp(sl_commands[k].name, group, length) == 0 && sl_commands[k].name[length] == ' ' && i-- == 0)
			return sl_commands[k].name + length + 1;
	for (const struct ctl_command *c = ctl_command_table; c->name != NULL; c++)
		if (strncmp(c->name, group, length) == 0 && c->name[length] == ' ' && i-- == 0)
			return c->name + length + 1;
	return NULL;
}

/* The first of a command's two words alone, or with a second that there is not. */
bool ctl_explain_group(int argc, char **argv, FILE *err)
{
	struct sl_suggestion suggestion = { .best = NULL };
	const char *word;

	if (word_of_group(argv[0], 0) == NULL)
		return false;
	for (unsigned int i = 0; argc > 1 && (word = word_of_group(argv[0], i)) != NULL; i++)
		sl_suggest(&suggestion, argv[1], word);
	if (suggestion.best != NULL) {
		fprintf(err, "sluicectl: unknown command %s %s; did you mean %s %s?\n", argv[0], argv[1], argv[0], suggestion.best);
		return true;
	}
	fprintf(err, "sluicectl: %s what? One of: ", argv[0]);
	for (unsigned int i = 0; (word = word_of_group(argv[0], i)) != NULL; i++)
		fprintf(err, "%s%s %s", i == 0 ? "" : ", ", argv[0], word);
	fputs("; see sluicectl help\n", err);
	return true;
}

/* ---- its arguments ---- */

static int read_file(const char *path, json_t **value, FILE *err)
{
	json_error_t error;

	*value = strcmp(path, "-") == 0 ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &error) :
					  json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (*value != NULL && json_is_object(*value))
		return 0;
	if (*value != NULL)
		fprintf(err, "sluicectl: %s: holds no JSON object, { ... }\n", path);
	else if (error.line < 0)
		fprintf(err, "sluicectl: %s\n", error.text);
	else
		fprintf(err, "sluicectl: %s:%d:%d: not JSON: %s\n", path, error.line, error.column, error.text);
	json_decref(*value);
	*value = NULL;
	return CTL_EXIT_USAGE;
}

static int read_number(const struct sl_command *c, const struct sl_argument *a, const char *text, json_t **value, FILE *err)
{
	const char *name = a->option != NULL ? a->option : a->value;
	/* sluicectl asks for as many pieces as it takes. */
	bool open = c == &sl_commands[SL_COMMAND_FLOW_LIST];
	char *end;

	if (a->type == SL_ARGUMENT_WEIGHT && strcmp(text, "default") == 0) {
		*value = json_string(text);
		return 0;
	}
	unsigned long long number = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || strlen(text) > 18)
		return wrong(c, err, "%s %s is not a number of 0 or more", name, text);
	if (number < a->minimum || (number > a->maximum && !open))
		return wrong(c, err, "%s %s is not in %u..%u", name, text, a->minimum, a->maximum);
	*value = json_integer((json_int_t)number);
	return 0;
}

static int add_value(struct ctl_request *request, const struct sl_argument *a, const char *text, FILE *err)
{
	const struct sl_command *c = request->command;
	json_t *value = NULL;
	int rc = 0;

	if (a->type == SL_ARGUMENT_FLAG)
		value = json_true();
	else if (a->type == SL_ARGUMENT_OBJECT)
		rc = read_file(text, &value, err);
	else if (a->type == SL_ARGUMENT_NUMBER || a->type == SL_ARGUMENT_WEIGHT)
		rc = read_number(c, a, text, &value, err);
	else if (a->type == SL_ARGUMENT_PROTOCOL && strcmp(text, "tcp") != 0 && strcmp(text, "udp") != 0)
		rc = wrong(c, err, "%s is neither tcp nor udp", text);
	else if ((value = json_string(text)) == NULL)
		rc = wrong(c, err, "%s is not text", a->option != NULL ? a->option : a->value);
	if (rc == 0 && c == &sl_commands[SL_COMMAND_FLOW_LIST] && strcmp(a->name, "limit") == 0)
		request->limit = (unsigned long)json_integer_value(value);
	if (rc == 0)
		json_object_set_new(request->arguments, a->name, value);
	return rc;
}

/* "--option value", "--option=value", "--flag". Moves *i over a value of its own. */
static int add_option(struct ctl_request *request, int argc, char **argv, int *i, FILE *err)
{
	const char *arg = argv[*i], *value = strchr(arg, '=');
	size_t length = value == NULL ? strlen(arg) : (size_t)(value++ - arg);
	const struct sl_argument *a = request->command->arguments;
	struct sl_suggestion suggestion = { .best = NULL };

	for (; a->name != NULL; a++) {
		if (a->option == NULL)
			continue;
		if (length > 2 && strlen(a->option) == length && memcmp(a->option, arg, length) == 0)
			break;
		sl_suggest(&suggestion, arg, a->option);
	}
	if (a->name == NULL && suggestion.best != NULL)
		return wrong(request->command, err, "unknown option %s, did you mean %s?", arg, suggestion.best);
	if (a->name == NULL)
		return wrong(request->command, err, "unknown option %s", arg);
	if (a->type == SL_ARGUMENT_FLAG && value != NULL)
		return wrong(request->command, err, "no value goes with %s", a->option);
	if (a->type != SL_ARGUMENT_FLAG && value == NULL) {
		if (*i + 1 == argc)
			return wrong(request->command, err, "a value is missing behind %s", a->option);
		value = argv[++*i];
	}
	return add_value(request, a, value, err);
}

/* A word: the first argument without option that has none yet. */
static int add_word(struct ctl_request *request, const char *word, FILE *err)
{
	for (const struct sl_argument *a = request->command->arguments; a->name != NULL; a++)
		if (a->option == NULL && json_object_get(request->arguments, a->name) == NULL)
			return add_value(request, a, word, err);
	return wrong(request->command, err, "one word too many: %s", word);
}

int ctl_read_request(struct ctl_request *request, int argc, char **argv, struct ctl_options *options, FILE *err)
{
	request->arguments = json_object();
	request->limit = LIMIT_DEFAULT;
	for (int i = 0; i < argc; i++) {
		int rc = ctl_read_general(argc, argv, &i, options, err);
		if (rc == CTL_NOT_GENERAL)
			rc = argv[i][0] == '-' && argv[i][1] != '\0' ? add_option(request, argc, argv, &i, err) :
								       add_word(request, argv[i], err);
		if (rc != 0)
			return rc;
	}
	for (const struct sl_argument *a = request->command->arguments; a->name != NULL; a++)
		if (a->required && json_object_get(request->arguments, a->name) == NULL)
			return wrong(request->command, err, "%s is missing: %s", a->value, a->help);
	return 0;
}
