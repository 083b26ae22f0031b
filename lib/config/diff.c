/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Differences between two configurations, by the tables of schema.c. JSON says what the user wrote, the struct beside it
 * what that means: only what differs in both is a difference, so neither another spelling of an address nor a default
 * that was written out is one, and a global timeout that changes is reported once and not for every service.
 */
#include <stdio.h>
#include <string.h>

#include "reader.h"
#include "sluice/config/edit.h"

#define PATH_MAX_BYTES 256
#define LABEL_MAX_BYTES 128

struct diff {
	json_t *out; /* NULL once memory ran out */
	bool restart; /* what is looked at cannot change without */
};

/* One object of both configurations: as written (NULL: absent) and as read. */
struct pair {
	const json_t *json[2];
	const char *base[2];
	const char *path;     /* by names */
	const char *where[2]; /* JSON pointers */
};

static bool same_json(const json_t *a, const json_t *b)
{
	return a == b || (a != NULL && b != NULL && json_equal(a, b));
}

/* Written the same, or meant the same. The struct has no more than a number of an interface, and of an object in a word's place. */
static bool same_value(const struct sl_key *key, const struct pair *p)
{
	const json_t *a = json_object_get(p->json[0], key->name), *b = json_object_get(p->json[1], key->name);

	if (same_json(a, b))
		return true;
	if (key->type == SL_TYPE_INTERFACE || json_is_object(a) || json_is_object(b))
		return false;
	return sl_key_equal(key, p->base[0], p->base[1]);
}

static void report(struct diff *d, const char *change, const char *path, const char *where, const json_t *from,
		   const json_t *to)
{
	json_t *entry = json_pack("{s:s, s:s, s:s}", "change", change, "path", path + 1, "where", where);

	if (entry != NULL && from != NULL)
		json_object_set(entry, "from", (json_t *)from);
	if (entry != NULL && to != NULL)
		json_object_set(entry, "to", (json_t *)to);
	if (entry != NULL && d->restart)
		json_object_set_new(entry, "restart", json_true());
	if (d->out != NULL && json_array_append_new(d->out, entry) != 0) {
		json_decref(d->out);
		d->out = NULL;
	}
}

/* An entry of a list is known by its name, or by all that it must have. */
static bool is_identity(const struct sl_object *object, const struct sl_key *key)
{
	bool named = object->keys[0].type == SL_TYPE_NAME;

	return named ? key == &object->keys[0] : (key->required || key->identity) && key->type != SL_TYPE_LIST && key->type != SL_TYPE_OBJECT;
}

static bool same_entry(const struct sl_object *object, const struct pair *p)
{
	for (unsigned int i = 0; i < object->n_keys; i++) {
		if (is_identity(object, &object->keys[i]) && !same_value(&object->keys[i], p))
			return false;
	}
	return true;
}

/* One step further down; a path that becomes too long ends in dots. */
static void join(char to[PATH_MAX_BYTES], const char *path, const char *step)
{
	int n = snprintf(to, PATH_MAX_BYTES, "%s/%s", path, step);

	if (n >= PATH_MAX_BYTES)
		memcpy(to + PATH_MAX_BYTES - 4, "...", 4);
}

/* "web", "10.1.1.1:8080", "[2001:db8::1]:80", "10.9.0.0/16 10.1.0.1". Cut where it does not fit. */
static void label(const struct sl_object *object, const json_t *json, char text[LABEL_MAX_BYTES])
{
	FILE *out = fmemopen(text, LABEL_MAX_BYTES, "w");
	const char *before = "", *words = NULL;

	text[0] = '\0';
	if (out == NULL)
		return;
	for (unsigned int i = 0; i < object->n_keys; i++) {
		const json_t *value = json_object_get(json, object->keys[i].name);
		if (!is_identity(object, &object->keys[i]))
			continue;
		if (words != NULL && json_is_integer(value)) {
			fprintf(out, strchr(words, ':') != NULL ? "%s[%s]" : "%s%s", before, words);
			fprintf(out, ":%" JSON_INTEGER_FORMAT, json_integer_value(value));
			words = NULL;
			before = " ";
			continue;
		}
		if (words != NULL) {
			fprintf(out, "%s%s", before, words);
			before = " ";
		}
		words = json_string_value(value);
	}
	if (words != NULL)
		fprintf(out, "%s%s", before, words);
	fclose(out);
	text[LABEL_MAX_BYTES - 1] = '\0';
}

static void compare_object(struct diff *d, const struct sl_object *object, const struct pair *p);

struct list {
	const struct sl_key *key;
	const json_t *json;
	const char *entries;
	const char *where; /* of the list */
};

static const char *entry_of(const struct list *list, size_t i)
{
	return list->entries + i * list->key->item->size;
}

static struct pair pair_of(const struct list *a, size_t i, const struct list *b, size_t j)
{
	return (struct pair){ .json = { json_array_get(a->json, i), json_array_get(b->json, j) },
			      .base = { entry_of(a, i), entry_of(b, j) } };
}

/* The entry of `in` that is entry i of `list`, looked for from *at on; the number of entries where there is none. */
static size_t counterpart(const struct list *list, size_t i, const struct list *in, size_t *at)
{
	size_t n = json_array_size(in->json);

	for (size_t tried = 0; tried < n; tried++) {
		size_t j = (*at + tried) % n;
		struct pair p = pair_of(list, i, in, j);
		if (!same_entry(list->key->item->object, &p))
			continue;
		*at = j + 1; /* lists are mostly in the same order */
		return j;
	}
	return n;
}

static void compare_lists(struct diff *d, const char *path, const struct list *a, const struct list *b)
{
	const struct sl_object *object = a->key->item->object;
	char name[LABEL_MAX_BYTES], inner[PATH_MAX_BYTES];
	size_t at = 0;

	for (size_t i = 0; i < json_array_size(a->json); i++) {
		if (counterpart(a, i, b, &at) < json_array_size(b->json))
			continue;
		const json_t *gone = json_array_get(a->json, i);
		label(object, gone, name);
		join(inner, path, name);
		report(d, "removed", inner, SL_AT("%s/%zu", a->where, i), gone, NULL);
	}
	at = 0;
	for (size_t j = 0; j < json_array_size(b->json); j++) {
		size_t i = counterpart(b, j, a, &at);
		const char *where = SL_AT("%s/%zu", b->where, j);
		label(object, json_array_get(b->json, j), name);
		join(inner, path, name);
		if (i == json_array_size(a->json)) {
			report(d, "added", inner, where, NULL, json_array_get(b->json, j));
			continue;
		}
		struct pair p = pair_of(a, i, b, j);
		p.path = inner;
		p.where[0] = SL_AT("%s/%zu", a->where, i);
		p.where[1] = where;
		compare_object(d, object, &p);
	}
}

static struct list list_of(const struct sl_key *key, const struct pair *p, unsigned int side, const char *where)
{
	return (struct list){ .key = key, .json = json_object_get(p->json[side], key->name), .where = where,
			      .entries = *(char *const *)(const void *)(p->base[side] + key->offset) };
}

static void compare_key(struct diff *d, const struct sl_key *key, const struct pair *p)
{
	const json_t *from = json_object_get(p->json[0], key->name), *to = json_object_get(p->json[1], key->name);
	const char *where[2] = { SL_AT("%s/%s", p->where[0], key->name), SL_AT("%s/%s", p->where[1], key->name) };
	char path[PATH_MAX_BYTES];

	if (same_value(key, p) && key->type != SL_TYPE_OBJECT)
		return;
	join(path, p->path, key->name);
	if (key->type == SL_TYPE_OBJECT) {
		struct pair inner = { .json = { from, to }, .base = { p->base[0] + key->offset, p->base[1] + key->offset },
				      .path = path, .where = { where[0], where[1] } };
		compare_object(d, key->object, &inner);
	} else if (key->type == SL_TYPE_LIST && key->item->type == SL_TYPE_OBJECT) {
		struct list a = list_of(key, p, 0, where[0]), b = list_of(key, p, 1, where[1]);
		compare_lists(d, path, &a, &b);
	} else {
		report(d, "changed", path, where[1], from, to);
	}
}

static void compare_object(struct diff *d, const struct sl_object *object, const struct pair *p)
{
	bool restart = d->restart;

	if (same_json(p->json[0], p->json[1]))
		return;
	for (unsigned int i = 0; i < object->n_keys; i++) {
		d->restart = restart || object->keys[i].restart;
		compare_key(d, &object->keys[i], p);
	}
	d->restart = restart;
}

json_t *sl_config_diff(const struct sl_config *from, const struct sl_config *to)
{
	struct diff d = { .out = json_array() };
	struct pair p = { .json = { from->json, to->json }, .base = { (const char *)from, (const char *)to },
			  .path = "", .where = { "", "" } };

	compare_object(&d, &sl_config_schema, &p);
	return d.out;
}
