/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine: walks a JSON value and the tables side by side. It goes on after a problem, so that all are reported;
 * what was refused keeps its default or zero, and lists keep their length, so an index in memory is the index in the
 * file.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

const char *sl_at(char buf[SL_AT_MAX], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, SL_AT_MAX, fmt, args);
	va_end(args);
	return buf;
}

const char *sl_show(const json_t *value, char buf[SL_SHOW_MAX])
{
	const char *word = json_is_object(value) ? "an object" : json_is_array(value) ? "a list" : NULL;
	char *text = NULL;

	if (word == NULL)
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(10));
	const char *shown = word != NULL ? word : text != NULL ? text : "?";
	const char *cut = strlen(shown) < SL_SHOW_MAX ? "" : "...";
	snprintf(buf, SL_SHOW_MAX, "%.*s%s", (int)(SL_SHOW_MAX - 1 - strlen(cut)), shown, cut);
	for (char *c = buf; *c != '\0'; c++) {
		if (*c == 0x7f) /* the one control character that JSON does not escape */
			*c = '?';
	}
	free(text);
	return buf;
}

static size_t enter(struct sl_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static size_t enter(struct sl_reader *r, const char *fmt, ...)
{
	size_t before = r->length, room = sizeof(r->path) - before;
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(r->path + before, room, fmt, args);
	va_end(args);
	if (n > 0)
		r->length += (size_t)n < room ? (size_t)n : room - 1;
	return before;
}

size_t sl_reader_enter_key(struct sl_reader *r, const char *name)
{
	return enter(r, "/%s", name);
}

size_t sl_reader_enter_index(struct sl_reader *r, size_t index)
{
	return enter(r, "/%zu", index);
}

void sl_reader_leave(struct sl_reader *r, size_t length)
{
	r->length = length;
	r->path[length] = '\0';
}

/* A key that is not in the table may be anything: enter it as ASCII, cut, and with the escapes of RFC 6901. */
static size_t enter_unknown(struct sl_reader *r, const char *name)
{
	json_t *string = json_string(name);
	const char *shown = SL_SHOW(string);
	size_t before = sl_reader_enter_key(r, "");

	for (const char *c = shown + (*shown == '"'); *c != '\0' && strcmp(c, "\"") != 0; c++) {
		if (*c == '~')
			enter(r, "~0");
		else if (*c == '/')
			enter(r, "~1");
		else
			enter(r, "%c", *c);
	}
	json_decref(string);
	return before;
}

static void refuse_unknown(struct sl_reader *r, const struct sl_object *object, const char *name)
{
	struct sl_suggestion suggestion = { .best = NULL };
	char known[512] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < object->n_keys; i++) {
		const char *candidate = object->keys[i].name;
		sl_suggest(&suggestion, name, candidate);
		int n = snprintf(known + used, sizeof(known) - used, "%s%s", i == 0 ? "" : ", ", candidate);
		if (n > 0 && (size_t)n < sizeof(known) - used)
			used += (size_t)n;
	}
	size_t before = enter_unknown(r, name);
	if (suggestion.best != NULL)
		sl_problem_add(r->problems, r->path, NULL, "unknown key; did you mean \"%s\"?", suggestion.best);
	else
		sl_problem_add(r->problems, r->path, NULL, "unknown key; known here: %s", known);
	sl_reader_leave(r, before);
}

/* The word of a CHOICE in an object, given or by default; NULL where none is, which is reported elsewhere. */
static const char *word_of(const struct sl_key *key, const json_t *object)
{
	const json_t *value = json_object_get(object, key->name);

	for (const struct sl_choice *choice = key->choices; choice->name != NULL; choice++) {
		if (value == NULL ? !key->required && choice->value == key->value :
				    json_is_string(value) && strcmp(choice->name, json_string_value(value)) == 0)
			return choice->name;
	}
	return NULL;
}

/* A key that means something only with another key's word. */
static void refuse_misplaced(struct sl_reader *r, const struct sl_object *object, const struct sl_key *key,
			     const json_t *value)
{
	const char *word = key->only_key == NULL ? NULL : word_of(sl_schema_key(object, key->only_key), value);
	char remedy[128];

	if (word == NULL || strcmp(word, key->only_value) == 0)
		return;
	snprintf(remedy, sizeof(remedy), "remove \"%s\", or set \"%s\" to \"%s\"", key->name, key->only_key,
		 key->only_value);
	sl_problem_add(r->problems, r->path, remedy, "only for \"%s\": \"%s\", and it is \"%s\" here", key->only_key,
		       key->only_value, word);
}

void sl_read_object(struct sl_reader *r, const struct sl_object *object, const json_t *value, char *base)
{
	const char *name;
	json_t *member;

	if (!json_is_object(value)) {
		sl_problem_add(r->problems, r->path, NULL, "%s is not an object", SL_SHOW(value));
		return;
	}
	json_object_foreach((json_t *)value, name, member)
	{
		if (sl_schema_key(object, name) == NULL)
			refuse_unknown(r, object, name);
	}

	for (unsigned int i = 0; i < object->n_keys; i++) {
		const struct sl_key *key = &object->keys[i];
		size_t before = sl_reader_enter_key(r, key->name);
		member = json_object_get(value, key->name);
		if (member != NULL) {
			refuse_misplaced(r, object, key, value);
			sl_read_value(r, key, member, base);
		} else if (key->required) {
			sl_problem_add(r->problems, r->path, NULL, "missing; it must be given");
		}
		sl_reader_leave(r, before);
	}
}

static void read_list(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *base)
{
	const struct sl_key *item = key->item;
	size_t n = json_array_size(value);

	if (!json_is_array(value)) {
		sl_problem_add(r->problems, r->path, NULL, "%s is not a list", SL_SHOW(value));
		return;
	}
	if (n < key->minimum || n > key->maximum) {
		sl_problem_add(r->problems, r->path, NULL, "a list of %zu; it must have %u..%u entries", n,
			       key->minimum, key->maximum);
		return;
	}
	if (n == 0)
		return;

	char *entries = calloc(n, item->size);
	if (entries == NULL) {
		sl_problem_add(r->problems, r->path, NULL, "out of memory for %zu entries", n);
		return;
	}
	*(char **)(void *)(base + key->offset) = entries;
	*(unsigned int *)(void *)(base + key->count_offset) = (unsigned int)n;
	for (size_t i = 0; i < n; i++) {
		char *entry = entries + i * item->size;
		size_t before = sl_reader_enter_index(r, i);
		if (item->type == SL_TYPE_OBJECT && sl_object_defaults(item->object, entry) != 0)
			sl_problem_add(r->problems, r->path, NULL, "out of memory");
		else
			sl_read_value(r, item, json_array_get(value, i), entry);
		sl_reader_leave(r, before);
	}
}

void sl_read_value(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *base)
{
	typedef void reader(struct sl_reader *, const struct sl_key *, const json_t *, char *);
	static reader *const string_readers[SL_TYPE_MAX] = {
		[SL_TYPE_TEXT] = sl_read_text,
		[SL_TYPE_NAME] = sl_read_name,
		[SL_TYPE_DEVICE] = sl_read_device,
		[SL_TYPE_ADDRESS] = sl_read_address,
		[SL_TYPE_ADDRESSES] = sl_read_addresses,
		[SL_TYPE_INTERFACE_ADDRESS] = sl_read_interface_address,
		[SL_TYPE_NETWORK] = sl_read_network,
		[SL_TYPE_GROUP] = sl_read_group,
		[SL_TYPE_DESTINATION] = sl_read_destination,
		[SL_TYPE_MAC] = sl_read_mac,
		[SL_TYPE_INTERFACE] = sl_read_interface,
	};
	static reader *const readers[SL_TYPE_MAX] = {
		[SL_TYPE_UINT] = sl_read_uint,
		[SL_TYPE_PORTS] = sl_read_ports,
		[SL_TYPE_BOOL] = sl_read_bool,
		[SL_TYPE_DEVICE_PAIR] = sl_read_device_pair,
	};
	char *field = base + key->offset;

	if (key->type == SL_TYPE_OBJECT)
		sl_read_object(r, key->object, value, field);
	else if (key->type == SL_TYPE_LIST)
		read_list(r, key, value, base);
	else if (key->type == SL_TYPE_CHOICE)
		sl_read_choice(r, key, value, base);
	else if (readers[key->type] != NULL)
		readers[key->type](r, key, value, field);
	else if (json_is_string(value))
		string_readers[key->type](r, key, value, field);
	else
		sl_problem_add(r->problems, r->path, NULL, "%s is not a string", SL_SHOW(value));
}
