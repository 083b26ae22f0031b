/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a running sluice cannot change: the rows marked `restart`, the set of devices, the first IPv6 address, and the first service
 * with a PROXY header.
 */
#include <stdio.h>
#include <string.h>

#include "schema.h"

#define REMEDY "restart sluice, or take the change back"

/* Value of a key as the file has it, for messages; empty for what does not fit on a line. */
static const char *describe(const struct sl_key *key, const char *field, char buf[SL_AT_MAX])
{
	uint32_t value = key->type == SL_TYPE_TEXT || key->type == SL_TYPE_LIST ? 0 : sl_field_get(field, key->size);
	const char *text;

	switch (key->type) {
	case SL_TYPE_UINT:
		return value == 0 && key->words != NULL ? key->words : sl_at(buf, "%u", value);
	case SL_TYPE_BOOL:
		return value != 0 ? "true" : "false";
	case SL_TYPE_CHOICE:
		for (const struct sl_choice *choice = key->choices; choice->name != NULL; choice++) {
			if (choice->value == value)
				return choice->name;
		}
		return "";
	case SL_TYPE_TEXT:
		text = *(char *const *)(const void *)field;
		return text != NULL ? text : key->words;
	default:
		return "";
	}
}

static void compare_key(const char *where, const struct sl_key *key, const char *running, const char *next,
			struct sl_problems *problems)
{
	char a[SL_AT_MAX], b[SL_AT_MAX];

	if (sl_key_equal(key, running, next))
		return;
	if (key->type == SL_TYPE_LIST)
		sl_problem_add(problems, where, REMEDY, "this list has changed; it needs a restart");
	else
		sl_problem_add(problems, where, REMEDY, "changed from %s to %s; it needs a restart",
			       describe(key, running + key->offset, a), describe(key, next + key->offset, b));
}

static void compare_object(const char *where, const struct sl_object *object, const char *running, const char *next,
			   struct sl_problems *problems)
{
	for (unsigned int i = 0; i < object->n_keys; i++)
		compare_key(SL_AT("%s/%s", where, object->keys[i].name), &object->keys[i], running, next, problems);
}

static bool has_name(const char *const *names, unsigned int n, const char *name)
{
	for (unsigned int i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* Tuning of a device that is in both; a device without an entry has the defaults. */
static void compare_tuning(const struct sl_config *running, const struct sl_config *next, const char *name,
			   struct sl_problems *problems)
{
	const struct sl_key *list = sl_schema_key(&sl_config_schema, "devices");
	const struct sl_config_device *entry = sl_config_device_find(next, name);
	struct sl_config_device a, b;

	memset(&a, 0, sizeof(a));
	snprintf(a.device, sizeof(a.device), "%s", name);
	sl_object_defaults(list->item->object, (char *)&a);
	b = a;
	if (sl_config_device_find(running, name) != NULL)
		a = *sl_config_device_find(running, name);
	if (entry != NULL)
		b = *entry;
	const char *where = entry != NULL ? SL_AT("/devices/%u", (unsigned int)(entry - next->devices)) : "/devices";
	compare_object(where, list->item->object, (const char *)&a, (const char *)&b, problems);
}

static void compare_devices(const struct sl_config *running, const struct sl_config *next, struct sl_problems *problems)
{
	const char *names_a[SL_MAX_PORTS], *names_b[SL_MAX_PORTS];
	unsigned int n_a = sl_config_device_names(running, names_a), n_b = sl_config_device_names(next, names_b);

	for (unsigned int i = 0; i < n_a; i++) {
		if (has_name(names_b, n_b, names_a[i]))
			compare_tuning(running, next, names_a[i], problems);
		else
			sl_problem_add(problems, "/devices", REMEDY, "%s is open and named no more; it needs a restart",
				       names_a[i]);
	}
	for (unsigned int i = 0; i < n_b; i++) {
		if (!has_name(names_a, n_a, names_b[i]))
			sl_problem_add(problems, "/devices", REMEDY, "%s is new; it needs a restart", names_b[i]);
	}
}

void sl_config_check_reload(const struct sl_config *running, const struct sl_config *next, struct sl_problems *problems)
{
	const char *a = (const char *)running, *b = (const char *)next;

	for (unsigned int i = 0; i < sl_config_schema.n_keys; i++) {
		const struct sl_key *key = &sl_config_schema.keys[i];
		const char *where = SL_AT("/%s", key->name);

		if (!key->restart)
			continue;
		if (key->type == SL_TYPE_OBJECT)
			compare_object(where, key->object, a + key->offset, b + key->offset, problems);
		else if (key->type == SL_TYPE_LIST) /* the devices: by name, not by place */
			compare_devices(running, next, problems);
		else
			compare_key(where, key, a, b, problems);
	}
}

/* The first IPv6 address and where it stands, or NULL. Backends and gateways come with one of an interface. */
static const struct sl_ip *first_ipv6(const struct sl_config *config, char where[SL_AT_MAX])
{
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		const struct sl_config_interface *interface = &config->interfaces[i];
		for (unsigned int j = 0; j < interface->n_addresses; j++) {
			sl_at(where, "/interfaces/%u/addresses/%u", i, j);
			if (!sl_ip_is_v4(&interface->addresses[j].ip))
				return &interface->addresses[j].ip;
		}
	}
	for (unsigned int i = 0; i < config->n_services; i++) {
		sl_at(where, "/services/%u/address", i);
		if (!sl_ip_is_v4(&config->services[i].address))
			return &config->services[i].address;
	}
	return NULL;
}

bool sl_config_uses_ipv6(const struct sl_config *config)
{
	char where[SL_AT_MAX];

	return first_ipv6(config, where) != NULL;
}

void sl_config_refuse_ipv6(const struct sl_config *next, struct sl_problems *problems)
{
	char where[SL_AT_MAX], text[SL_IP_STRLEN];
	const struct sl_ip *ip = first_ipv6(next, where);

	if (ip != NULL)
		sl_problem_add(problems, where, REMEDY,
			       "%s is IPv6, and sluice was started without any, so its flow tables have no room for it; it "
			       "needs a restart", sl_ip_format(ip, text));
}

/* Number of the first service with it, or n_services. */
static unsigned int first_proxy_protocol(const struct sl_config *config)
{
	unsigned int i = 0;

	while (i < config->n_services && config->services[i].proxy_protocol == SL_PROXY_PROTOCOL_OFF)
		i++;
	return i;
}

bool sl_config_uses_proxy_protocol(const struct sl_config *config)
{
	return first_proxy_protocol(config) < config->n_services;
}

void sl_config_refuse_proxy_protocol(const struct sl_config *next, struct sl_problems *problems)
{
	unsigned int i = first_proxy_protocol(next);

	if (i < next->n_services)
		sl_problem_add(problems, SL_AT("/services/%u/proxy_protocol", i), REMEDY,
			       "sluice was started without any service that has it, so it has taken no memory for sequence "
			       "translation; it needs a restart");
}
