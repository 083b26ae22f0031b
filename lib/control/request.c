/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sluice/base/suggest.h"
#include "sluice/config/config.h"

#define AT_MAX 96
#define SHOWN_MAX 64 /* of a name that is not known */

/* Printable ASCII, so that it may go into logs and messages as it is. */
static bool is_plain(const char *text, size_t limit)
{
	size_t n = 0;

	for (; text[n] != '\0' && n < limit; n++)
		if (text[n] < ' ' || text[n] > '~')
			return false;
	return n > 0 && n < limit;
}

/* ---- single values; each returns what is wrong, or NULL ---- */

static const char *read_name(const struct sl_argument *a, const json_t *json, struct sl_request_value *v)
{
	v->text = json_string_value(json);
	return v->text != NULL && is_plain(v->text, SL_REQUEST_NAME_MAX) ? NULL : "is not a name";
}

/* "10.1.1.1:80", "[2001:db8::1]:80"; without the port where `bare` allows it, an IPv6 address then without brackets, too. */
static int parse_end(const char *text, bool bare, struct sl_ip *ip, uint16_t *port)
{
	char address[SL_IP_STRLEN + 2];
	const char *colon = strrchr(text, ':'), *rest = colon != NULL ? colon + 1 : "";
	size_t length = colon != NULL ? (size_t)(colon - text) : 0;
	char *end;

	*port = 0;
	if (bare && sl_ip_parse(text, ip) == 0)
		return 0;
	if (length == 0 || length >= sizeof(address) || *rest < '0' || *rest > '9')
		return -1;
	memcpy(address, text, length);
	address[length] = '\0';
	unsigned long number = strtoul(rest, &end, 10);
	if (*end != '\0' || strlen(rest) > 5 || number == 0 || number > UINT16_MAX)
		return -1;
	*port = (uint16_t)number;
	if (address[0] != '[')
		return strchr(address, ':') == NULL ? sl_ip_parse(address, ip) : -1;
	if (address[length - 1] != ']')
		return -1;
	address[length - 1] = '\0';
	return strchr(address, ':') != NULL ? sl_ip_parse(address + 1, ip) : -1;
}

static const char *read_end(const struct sl_argument *a, const json_t *json, struct sl_request_value *v)
{
	bool bare = a->type == SL_ARGUMENT_CLIENT;

	v->text = json_string_value(json);
	if (v->text != NULL && parse_end(v->text, bare, &v->ip, &v->port) == 0)
		return NULL;
	return bare ? "is neither ADDRESS nor ADDRESS:PORT (IPv6: [ADDRESS]:PORT)" :
		      "is not ADDRESS:PORT (IPv6: [ADDRESS]:PORT), as sluicectl backends shows it";
}

static const char *read_protocol(const struct sl_argument *a, const json_t *json, struct sl_request_value *v)
{
	const char *text = json_string_value(json);

	v->number = text != NULL && strcmp(text, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
	return text != NULL && (strcmp(text, "tcp") == 0 || strcmp(text, "udp") == 0) ? NULL : "is neither \"tcp\" nor \"udp\"";
}

static const char *read_number(const struct sl_argument *a, const json_t *json, struct sl_request_value *v)
{
	json_int_t number = json_integer_value(json);

	if (a->type == SL_ARGUMENT_WEIGHT && json_is_string(json) && strcmp(json_string_value(json), "default") == 0) {
		v->number = UINT32_MAX;
		return NULL;
	}
	if (!json_is_integer(json))
		return a->type == SL_ARGUMENT_WEIGHT ? "is neither a whole number nor \"default\"" : "is not a whole number";
	if (number < a->minimum || number > a->maximum)
		return "is out of bounds";
	v->number = (uint32_t)number;
	return NULL;
}

static const char *read_flag(const struct sl_argument *a, const json_t *json, struct sl_request_value *v)
{
	v->number = json_is_true(json);
	return json_is_boolean(json) ? NULL : "is not true or false";
}

static const char *read_object(const struct sl_argument *a, const json_t *json, struct sl_request_value *v)
{
	v->json = (json_t *)json;
	return json_is_object(json) ? NULL : "is not an object";
}

static const char *read_cursor(const struct sl_argument *a, const json_t *json, struct sl_request_value *v)
{
	v->text = json_string_value(json);
	return v->text != NULL ? NULL : "is not a string";
}

static void read_argument(const struct sl_argument *a, const json_t *json, struct sl_request_value *v,
			  struct sl_problems *problems)
{
	typedef const char *reader(const struct sl_argument *, const json_t *, struct sl_request_value *);
	static reader *const readers[] = {
		[SL_ARGUMENT_NAME] = read_name,		[SL_ARGUMENT_BACKEND] = read_end,  [SL_ARGUMENT_CLIENT] = read_end,
		[SL_ARGUMENT_PROTOCOL] = read_protocol, [SL_ARGUMENT_NUMBER] = read_number, [SL_ARGUMENT_WEIGHT] = read_number,
		[SL_ARGUMENT_FLAG] = read_flag,		[SL_ARGUMENT_OBJECT] = read_object, [SL_ARGUMENT_CURSOR] = read_cursor,
	};
	char where[AT_MAX], remedy[AT_MAX];
	const char *wrong = readers[a->type](a, json, v);

	v->given = true;
	if (wrong == NULL)
		return;
	snprintf(where, sizeof(where), "/arguments/%s", a->name);
	snprintf(remedy, sizeof(remedy), "give %u to %u", a->minimum, a->maximum);
	if (json_is_string(json) && is_plain(json_string_value(json), SL_NAME_MAX))
		sl_problem_add(problems, where, a->maximum > 0 ? remedy : NULL, "\"%s\" %s", json_string_value(json), wrong);
	else
		sl_problem_add(problems, where, a->maximum > 0 ? remedy : NULL, "%s", wrong);
}

/* ---- the whole ---- */

/* As much of a name as can be shown: what others send does not write to the operator's terminal. */
static void show_name(const char *name, char shown[SHOWN_MAX])
{
	size_t n = 0;

	for (; name[n] != '\0' && n < SHOWN_MAX - 1; n++)
		shown[n] = name[n] >= ' ' && name[n] <= '~' ? name[n] : '?';
	shown[n] = '\0';
}

static void refuse_unknown(const struct sl_command *c, const char *name, struct sl_problems *problems)
{
	struct sl_suggestion suggestion = { .best = NULL };
	char known[256] = "none", shown[SHOWN_MAX];
	size_t used = 0;

	for (const struct sl_argument *a = c->arguments; a->name != NULL; a++) {
		int n = snprintf(known + used, sizeof(known) - used, "%s%s", used == 0 ? "" : ", ", a->name);
		used += n > 0 && (size_t)n < sizeof(known) - used ? (size_t)n : 0;
		sl_suggest(&suggestion, name, a->name);
	}
	show_name(name, shown);
	if (suggestion.best != NULL)
		sl_problem_add(problems, "/arguments", NULL, "\"%s\" is unknown; did you mean \"%s\"?", shown, suggestion.best);
	else
		sl_problem_add(problems, "/arguments", NULL, "\"%s\" is unknown; known here: %s", shown, known);
}

static void read_arguments(struct sl_request *r, const json_t *arguments, struct sl_problems *problems)
{
	const struct sl_command *c = &sl_commands[r->command];
	const char *name;
	json_t *value;

	if (arguments != NULL && !json_is_object(arguments)) {
		sl_problem_add(problems, "/arguments", NULL, "is not an object");
		return;
	}
	json_object_foreach((json_t *)arguments, name, value)
	{
		const struct sl_argument *a = c->arguments;
		while (a->name != NULL && strcmp(a->name, name) != 0)
			a++;
		if (a->name == NULL)
			refuse_unknown(c, name, problems);
		else
			read_argument(a, value, &r->values[a - c->arguments], problems);
	}
	for (unsigned int i = 0; c->arguments[i].name != NULL; i++)
		if (c->arguments[i].required && !r->values[i].given)
			sl_problem_add(problems, "/arguments", NULL, "\"%s\" is missing: %s", c->arguments[i].name,
				       c->arguments[i].help);
}

static int find_command(const json_t *json, enum sl_command_id *id, struct sl_problems *problems)
{
	const char *name = json_string_value(json_object_get(json, "command"));
	struct sl_suggestion suggestion = { .best = NULL };

	for (unsigned int i = 0; name != NULL && i < SL_COMMAND_MAX; i++) {
		sl_suggest(&suggestion, name, sl_commands[i].name);
		if (strcmp(sl_commands[i].name, name) != 0)
			continue;
		*id = i;
		return 0;
	}
	if (suggestion.best != NULL)
		sl_problem_add(problems, "/command", NULL, "unknown; did you mean \"%s\"?", suggestion.best);
	else
		sl_problem_add(problems, "/command", "docs/control.md has all of them", "%s", name != NULL ? "unknown" : "missing");
	return -1;
}

static void check_keys(const json_t *json, struct sl_problems *problems)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)json, name, value)
	{
		if (strcmp(name, "command") != 0 && strcmp(name, "arguments") != 0 && strcmp(name, "id") != 0)
			sl_problem_add(problems, "", NULL, "a request has \"command\", \"arguments\" and \"id\" only");
	}
}

int sl_request_parse(struct sl_request *request, const char *text, size_t length, struct sl_problems *problems)
{
	unsigned int before = problems->count;
	json_error_t error;

	*request = (struct sl_request){ .json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error) };
	if (request->json == NULL || !json_is_object(request->json)) {
		sl_problem_add(problems, "", "one JSON object a line: {\"command\": \"config diff\"}", "not a JSON object");
		return -1;
	}
	check_keys(request->json, problems);
	if (find_command(request->json, &request->command, problems) == 0)
		read_arguments(request, json_object_get(request->json, "arguments"), problems);
	return problems->count == before ? 0 : -1;
}

void sl_request_fini(struct sl_request *request)
{
	json_decref(request->json);
	request->json = NULL;
}

const struct sl_request_value *sl_request_value(const struct sl_request *request, const char *name)
{
	const struct sl_argument *a = sl_commands[request->command].arguments;
	unsigned int i = 0;

	while (strcmp(a[i].name, name) != 0)
		i++;
	return &request->values[i];
}

bool sl_request_flag(const struct sl_request *request, const char *name)
{
	return sl_request_value(request, name)->number != 0;
}

/* ---- replies ---- */

static char *reply(const struct sl_request *request, const char *key, json_t *value)
{
	json_t *all = json_object(), *id = request != NULL ? json_object_get(request->json, "id") : NULL;
	char *text = NULL;

	if (value != NULL && all != NULL && (id == NULL || json_object_set(all, "id", id) == 0) &&
	    json_object_set(all, key, value) == 0)
		text = json_dumps(all, 0);
	json_decref(value);
	json_decref(all);
	return text;
}

char *sl_request_result(const struct sl_request *request, json_t *result)
{
	return reply(request, "result", result);
}

json_t *sl_request_problems(const struct sl_problems *problems)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < problems->n_listed; i++) {
		const struct sl_problem *p = &problems->list[i];
		json_t *one = json_pack("{s:s, s:s}", "where", p->where, "what", p->what);
		if (one != NULL && p->remedy != NULL)
			json_object_set_new(one, "remedy", json_string(p->remedy));
		json_array_append_new(list, one);
	}
	if (problems->count > problems->n_listed)
		json_array_append_new(list, json_pack("{s:s, s:o}", "where", "", "what",
						      json_sprintf("and %u more", problems->count - problems->n_listed)));
	return list;
}

char *sl_request_error(const struct sl_request *request, const char *message, const struct sl_problems *problems)
{
	json_t *error = json_pack("{s:s}", "message", message);

	if (error != NULL && problems != NULL)
		json_object_set_new(error, "problems", sl_request_problems(problems));
	return reply(request, "error", error);
}
