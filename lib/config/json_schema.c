/* SPDX-License-Identifier: BSD-3-Clause */
/* config/sluice.schema.json: the tables in the words of JSON Schema. */
#include <stdio.h>

#include <jansson.h>

#include "schema.h"
#include "sluice/config/reference.h"

static void set_text(json_t *schema, const char *name, const char *text)
{
	json_object_set_new(schema, name, json_string(text));
}

static void set_number(json_t *schema, const char *name, uint32_t number)
{
	json_object_set_new(schema, name, json_integer(number));
}

static json_t *object_schema(const struct sl_object *object);
static json_t *value_schema(const struct sl_key *key);

static void uint_schema(const struct sl_key *key, json_t *schema)
{
	set_text(schema, "type", "integer");
	if (key->power_of_two) {
		json_t *values = json_array();
		for (uint32_t value = key->minimum; value <= key->maximum; value *= 2)
			json_array_append_new(values, json_integer(value));
		json_object_set_new(schema, "enum", values);
	} else {
		set_number(schema, "minimum", key->minimum);
		set_number(schema, "maximum", key->maximum);
	}
	if (!key->required && key->words == NULL)
		set_number(schema, "default", key->value);
}

static void choice_schema(const struct sl_key *key, json_t *schema)
{
	json_t *values = json_array();

	for (const struct sl_choice *choice = key->choices; choice->name != NULL; choice++) {
		json_array_append_new(values, json_string(choice->name));
		if (!key->required && choice->value == key->value)
			set_text(schema, "default", choice->name);
	}
	if (key->object == NULL)
		json_object_set_new(schema, "enum", values);
	else
		json_object_set_new(schema, "oneOf", json_pack("[{so}o]", "enum", values, object_schema(key->object)));
}

static void text_schema(const struct sl_key *key, json_t *schema)
{
	char pattern[64];

	set_text(schema, "type", "string");
	set_number(schema, "minLength", key->minimum);
	set_number(schema, "maxLength", key->maximum);
	if (key->charset != NULL) {
		snprintf(pattern, sizeof(pattern), "^%s*$", key->charset->pattern);
		set_text(schema, "pattern", pattern);
	}
	if (key->text != NULL)
		set_text(schema, "default", key->text);
}

static void pair_schema(const struct sl_key *key, json_t *schema)
{
	struct sl_key device = *key;

	device.type = SL_TYPE_DEVICE;
	device.help = "device";
	set_text(schema, "type", "array");
	json_object_set_new(schema, "items", value_schema(&device));
	set_number(schema, "minItems", 2);
	set_number(schema, "maxItems", 2);
}

static void ports_schema(const struct sl_key *key, json_t *schema)
{
	json_object_set_new(schema, "oneOf",
			    json_pack("[{sssisi}{ssss}]", "type", "integer", "minimum", key->minimum, "maximum", key->maximum, "type",
				      "string", "pattern", "^([1-9][0-9]*-[1-9][0-9]*|any)$"));
}

static json_t *value_schema(const struct sl_key *key)
{
	json_t *schema = key->type == SL_TYPE_OBJECT ? object_schema(key->object) : json_object();

	if (key->help != NULL)
		set_text(schema, "description", key->help);
	switch (key->type) {
	case SL_TYPE_UINT:
		uint_schema(key, schema);
		break;
	case SL_TYPE_PORTS:
		ports_schema(key, schema);
		break;
	case SL_TYPE_BOOL:
		set_text(schema, "type", "boolean");
		json_object_set_new(schema, "default", json_boolean(key->value));
		break;
	case SL_TYPE_CHOICE:
		choice_schema(key, schema);
		break;
	case SL_TYPE_TEXT:
	case SL_TYPE_NAME:
	case SL_TYPE_DEVICE:
		text_schema(key, schema);
		break;
	case SL_TYPE_DEVICE_PAIR:
		pair_schema(key, schema);
		break;
	case SL_TYPE_LIST:
		set_text(schema, "type", "array");
		set_number(schema, "minItems", key->minimum);
		set_number(schema, "maxItems", key->maximum);
		json_object_set_new(schema, "items", value_schema(key->item));
		break;
	case SL_TYPE_INTERFACE_ADDRESS:
	case SL_TYPE_NETWORK:
		set_text(schema, "type", "string");
		set_text(schema, "pattern", "^[0-9a-fA-F:.]+/[0-9]{1,3}$");
		break;
	case SL_TYPE_GROUP:
	case SL_TYPE_ADDRESSES:
		set_text(schema, "type", "string");
		set_text(schema, "pattern", "^[0-9a-fA-F:.]+(/[0-9]{1,3})?$");
		break;
	case SL_TYPE_ADDRESS:
	case SL_TYPE_DESTINATION:
		set_text(schema, "type", "string");
		set_text(schema, "pattern", "^[0-9a-fA-F:.]+$");
		break;
	case SL_TYPE_MAC:
		set_text(schema, "type", "string");
		set_text(schema, "pattern", "^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$");
		break;
	case SL_TYPE_INTERFACE:
		set_text(schema, "type", "string");
		break;
	default: /* objects are complete */
		break;
	}
	return schema;
}

static json_t *object_schema(const struct sl_object *object)
{
	json_t *schema = json_object(), *properties = json_object(), *required = json_array();

	for (unsigned int i = 0; i < object->n_keys; i++) {
		const struct sl_key *key = &object->keys[i];
		json_object_set_new(properties, key->name, value_schema(key));
		if (key->required)
			json_array_append_new(required, json_string(key->name));
	}
	set_text(schema, "description", object->help);
	set_text(schema, "type", "object");
	json_object_set_new(schema, "properties", properties);
	if (json_array_size(required) != 0)
		json_object_set(schema, "required", required);
	json_decref(required);
	json_object_set_new(schema, "additionalProperties", json_false());
	return schema;
}

void sl_config_write_schema(FILE *out)
{
	json_t *schema = json_object(), *body = object_schema(&sl_config_schema);

	set_text(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
	set_text(schema, "$comment", "Generated by build/app/sluice-doc schema from lib/config/schema.c. Do not edit.");
	set_text(schema, "title", "sluice configuration");
	json_object_update(schema, body);
	json_decref(body);
	json_dumpf(schema, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(schema);
}
