/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be done with a configuration in memory by walking the tables: defaults, comparison, release. */
#include <stdlib.h>
#include <string.h>

#include "schema.h"

uint32_t sl_field_get(const char *field, size_t size)
{
	uint32_t value = 0;

	if (size == sizeof(uint8_t))
		value = *(const uint8_t *)field;
	else if (size == sizeof(uint16_t))
		value = *(const uint16_t *)(const void *)field;
	else if (size == sizeof(uint32_t))
		value = *(const uint32_t *)(const void *)field;
	return value;
}

void sl_field_set(char *field, size_t size, uint32_t value)
{
	if (size == sizeof(uint8_t))
		*(uint8_t *)field = (uint8_t)value;
	else if (size == sizeof(uint16_t))
		*(uint16_t *)(void *)field = (uint16_t)value;
	else if (size == sizeof(uint32_t))
		*(uint32_t *)(void *)field = value;
}

int sl_object_defaults(const struct sl_object *object, char *base)
{
	for (unsigned int i = 0; i < object->n_keys; i++) {
		const struct sl_key *key = &object->keys[i];
		char *field = base + key->offset;

		switch (key->type) {
		case SL_TYPE_UINT:
		case SL_TYPE_BOOL:
		case SL_TYPE_CHOICE:
			sl_field_set(field, key->size, key->value);
			break;
		case SL_TYPE_TEXT:
			if (key->text != NULL && (*(char **)(void *)field = strdup(key->text)) == NULL)
				return -1;
			break;
		case SL_TYPE_OBJECT:
			if (sl_object_defaults(key->object, field) != 0)
				return -1;
			break;
		default: /* zero */
			break;
		}
	}
	return 0;
}

static void value_fini(const struct sl_key *key, char *base)
{
	char *field = base + key->offset;

	switch (key->type) {
	case SL_TYPE_TEXT:
		free(*(char **)(void *)field);
		break;
	case SL_TYPE_OBJECT:
		sl_object_fini(key->object, field);
		break;
	case SL_TYPE_CHOICE:
		if (key->object != NULL)
			sl_object_fini(key->object, base);
		break;
	case SL_TYPE_LIST: {
		char *entries = *(char **)(void *)field;
		unsigned int n = *(unsigned int *)(void *)(base + key->count_offset);
		for (unsigned int i = 0; i < n; i++)
			value_fini(key->item, entries + i * key->item->size);
		free(entries);
		break;
	}
	default: /* in place */
		break;
	}
}

void sl_object_fini(const struct sl_object *object, char *base)
{
	for (unsigned int i = 0; i < object->n_keys; i++)
		value_fini(&object->keys[i], base);
}

static bool list_equal(const struct sl_key *key, const char *a, const char *b)
{
	unsigned int n = *(const unsigned int *)(const void *)(a + key->count_offset);
	const char *entries_a = *(char *const *)(const void *)(a + key->offset);
	const char *entries_b = *(char *const *)(const void *)(b + key->offset);

	if (n != *(const unsigned int *)(const void *)(b + key->count_offset))
		return false;
	for (unsigned int i = 0; i < n; i++) {
		if (!sl_key_equal(key->item, entries_a + i * key->item->size, entries_b + i * key->item->size))
			return false;
	}
	return true;
}

bool sl_key_equal(const struct sl_key *key, const char *a, const char *b)
{
	const char *field_a = a + key->offset, *field_b = b + key->offset;

	switch (key->type) {
	case SL_TYPE_TEXT: {
		const char *text_a = *(char *const *)(const void *)field_a;
		const char *text_b = *(char *const *)(const void *)field_b;
		return text_a == text_b || (text_a != NULL && text_b != NULL && strcmp(text_a, text_b) == 0);
	}
	case SL_TYPE_LIST:
		return list_equal(key, a, b);
	case SL_TYPE_OBJECT:
		for (unsigned int i = 0; i < key->object->n_keys; i++) {
			if (!sl_key_equal(&key->object->keys[i], field_a, field_b))
				return false;
		}
		return true;
	case SL_TYPE_ADDRESSES:
	case SL_TYPE_INTERFACE_ADDRESS:
	case SL_TYPE_NETWORK:
	case SL_TYPE_GROUP: {
		const struct sl_prefix *prefix_a = (const void *)field_a, *prefix_b = (const void *)field_b;
		return prefix_a->len == prefix_b->len && sl_ip_equal(&prefix_a->ip, &prefix_b->ip); /* there is padding */
	}
	default:
		return memcmp(field_a, field_b, key->size) == 0;
	}
}
