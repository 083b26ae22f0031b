/* SPDX-License-Identifier: BSD-3-Clause */
/* Edits: find the place in the configuration, change a copy of its JSON there, read that as if it were a file. */
#include <string.h>

#include "reader.h"
#include "sluice/config/edit.h"

#define NOWHERE UINT32_MAX

static unsigned int find_service(const struct sl_config *config, const char *name)
{
	for (unsigned int i = 0; i < config->n_services; i++) {
		if (strcmp(config->services[i].name, name) == 0)
			return i;
	}
	return NOWHERE;
}

static unsigned int find_backend(const struct sl_config_service *service, const struct sl_edit *edit)
{
	for (unsigned int i = 0; i < service->n_backends; i++) {
		if (service->backends[i].port == edit->port && sl_ip_equal(&service->backends[i].address, &edit->ip))
			return i;
	}
	return NOWHERE;
}

static void refuse_service(const struct sl_config *config, const char *name, struct sl_problems *problems)
{
	struct sl_suggestion suggestion = { .best = NULL };
	char remedy[SL_NAME_MAX + 32];

	for (unsigned int i = 0; i < config->n_services; i++)
		sl_suggest(&suggestion, name, config->services[i].name);
	if (suggestion.best == NULL)
		snprintf(remedy, sizeof(remedy), "sluicectl services shows them");
	else
		snprintf(remedy, sizeof(remedy), "did you mean \"%s\"?", suggestion.best);
	sl_problem_add(problems, "/services", remedy, "there is no service \"%s\"", name);
}

/* The list under a key of an object, made where there is none. */
static json_t *list_in(json_t *object, const char *key)
{
	json_t *list = json_object_get(object, key);

	if (list == NULL && json_object_set_new(object, key, json_array()) == 0)
		list = json_object_get(object, key);
	return list;
}

/* Returns 0, or -1 when memory runs out. */
static int edit_service(json_t *services, unsigned int at, const struct sl_edit *edit)
{
	if (edit->kind == SL_EDIT_SERVICE_ADD)
		return json_array_append_new(services, json_deep_copy(edit->value));
	return json_array_remove(services, at);
}

static int edit_backend(json_t *service, unsigned int at, const struct sl_edit *edit)
{
	json_t *backends = json_object_get(service, "backends");

	if (edit->kind == SL_EDIT_BACKEND_ADD)
		return json_array_append_new(backends, json_deep_copy(edit->value));
	if (edit->kind == SL_EDIT_BACKEND_REMOVE)
		return json_array_remove(backends, at);
	return json_object_set_new(json_array_get(backends, at), "weight", json_integer(edit->weight));
}

/* ---- relays ---- */

static unsigned int find_relay(const struct sl_config *config, const char *name, struct sl_problems *problems)
{
	struct sl_suggestion suggestion = { .best = NULL };

	for (unsigned int i = 0; i < config->n_relays; i++) {
		if (strcmp(config->relays[i].name, name) == 0)
			return i;
		sl_suggest(&suggestion, name, config->relays[i].name);
	}
	char remedy[SL_NAME_MAX + 32] = "sluicectl relay list shows them";
	if (suggestion.best != NULL)
		snprintf(remedy, sizeof(remedy), "did you mean \"%s\"?", suggestion.best);
	sl_problem_add(problems, "/relays", remedy, "there is no relay \"%s\"", name);
	return NOWHERE;
}

static bool is_about_relay(const struct sl_edit *edit)
{
	return edit->kind >= SL_EDIT_RELAY_ADD;
}

/* Returns 0, or -1 when memory runs out. */
static int change_keys(json_t *relay, const json_t *keys)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)keys, key, value)
	{
		if (json_is_null(value))
			json_object_del(relay, key); /* it may not have had it */
		else if (json_object_set_new(relay, key, json_deep_copy(value)) != 0)
			return -1;
	}
	return 0;
}

static int edit_relay(json_t *relays, unsigned int at, const struct sl_edit *edit)
{
	if (edit->kind == SL_EDIT_RELAY_ADD)
		return json_array_append_new(relays, json_deep_copy(edit->value));
	if (edit->kind == SL_EDIT_RELAY_REMOVE)
		return json_array_remove(relays, at);
	return change_keys(json_array_get(relays, at), edit->value);
}

/* ---- all ---- */

struct place {
	unsigned int service, backend, relay;
};

static int find_place(const struct sl_config *config, const struct sl_edit *edit, struct place *place,
		      struct sl_problems *problems)
{
	*place = (struct place){ NOWHERE, NOWHERE, NOWHERE };
	if (edit->kind == SL_EDIT_SERVICE_ADD || edit->kind == SL_EDIT_RELAY_ADD)
		return 0;
	if (is_about_relay(edit)) {
		place->relay = find_relay(config, edit->relay, problems);
		return place->relay == NOWHERE ? -1 : 0;
	}
	place->service = find_service(config, edit->service);
	if (place->service == NOWHERE) {
		refuse_service(config, edit->service, problems);
		return -1;
	}
	if (edit->kind == SL_EDIT_SERVICE_REMOVE)
		return 0;
	const struct sl_config_service *service = &config->services[place->service];
	const char *where = SL_AT("/services/%u/backends", place->service);
	char ip[SL_IP_STRLEN];

	place->backend = find_backend(service, edit);
	if (edit->kind == SL_EDIT_BACKEND_ADD && place->backend != NOWHERE)
		sl_problem_add(problems, SL_AT("%s/%u", where, place->backend), "change its weight, or remove it first",
			       "service \"%s\" has backend %s port %u already", edit->service,
			       sl_ip_format(&edit->ip, ip), edit->port);
	else if (edit->kind != SL_EDIT_BACKEND_ADD && place->backend == NOWHERE)
		sl_problem_add(problems, where, "sluicectl services NAME shows them", "service \"%s\" has no backend %s port %u",
			       edit->service, sl_ip_format(&edit->ip, ip), edit->port);
	else if (edit->kind == SL_EDIT_BACKEND_REMOVE && service->n_backends == 1)
		sl_problem_add(problems, where, "drain it, add another one first, or remove the service",
			       "%s port %u is the last backend of service \"%s\"", sl_ip_format(&edit->ip, ip), edit->port,
			       edit->service);
	else
		return 0;
	return -1;
}

int sl_config_edit_check(const struct sl_config *config, const struct sl_edit *edit, struct sl_problems *problems)
{
	struct place place;

	return find_place(config, edit, &place, problems);
}

struct sl_config *sl_config_edit(const struct sl_config *config, const struct sl_edit *edit, struct sl_problems *problems)
{
	struct sl_config *next = NULL;
	struct place place;
	int rc = -1;

	if (find_place(config, edit, &place, problems) != 0)
		return NULL;
	json_t *json = json_deep_copy(config->json);
	json_t *list = json != NULL ? list_in(json, is_about_relay(edit) ? "relays" : "services") : NULL;
	if (list != NULL && is_about_relay(edit))
		rc = edit_relay(list, place.relay, edit);
	else if (list != NULL && edit->kind <= SL_EDIT_SERVICE_REMOVE)
		rc = edit_service(list, place.service, edit);
	else if (list != NULL)
		rc = edit_backend(json_array_get(list, place.service), place.backend, edit);
	if (rc == 0)
		next = sl_config_from_json("configuration", json, problems);
	else
		sl_problem_add(problems, "", NULL, "out of memory");
	json_decref(json);
	return next;
}
