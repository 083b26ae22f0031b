/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies that count their JSON, so that nothing is lost at DPDK's limits. See telemetry_internal.h. */
#include "telemetry_internal.h"

#include <inttypes.h>
#include <string.h>

#define U64_DIGITS 20

/* Quotes, colon, comma and a space around a name and its value. */
static size_t name_bytes(const char *name)
{
	return strlen(name) + 6;
}

/* Copy what JSON and DPDK can carry; returns the bytes of JSON it takes. */
static size_t clean(char out[RTE_TEL_MAX_STRING_LEN], const char *text)
{
	size_t n = 0, bytes = 4;

	for (; text[n] != '\0' && n < RTE_TEL_MAX_STRING_LEN - 1; n++) {
		out[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
		bytes += out[n] == '"' || out[n] == '\\' ? 2 : 1;
	}
	if (text[n] != '\0')
		memcpy(&out[n - 3], "...", 3);
	out[n] = '\0';
	return bytes;
}

void sl_tel_u64(struct sl_tel_node *n, const char *name, uint64_t value)
{
	if (n->d != NULL && rte_tel_data_add_dict_uint(n->d, name, value) == 0)
		n->bytes += name_bytes(name) + U64_DIGITS;
}

void sl_tel_int(struct sl_tel_node *n, const char *name, int64_t value)
{
	int narrow = value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int)value;

	if (n->d != NULL && rte_tel_data_add_dict_int(n->d, name, narrow) == 0)
		n->bytes += name_bytes(name) + U64_DIGITS;
}

void sl_tel_string(struct sl_tel_node *n, const char *name, const char *value)
{
	char text[RTE_TEL_MAX_STRING_LEN];
	size_t bytes = clean(text, value);

	if (n->d != NULL && rte_tel_data_add_dict_string(n->d, name, text) == 0)
		n->bytes += name_bytes(name) + bytes;
}

void sl_tel_ip(struct sl_tel_node *n, const char *name, const struct sl_ip *ip)
{
	char text[SL_IP_STRLEN];

	sl_tel_string(n, name, sl_ip_format(ip, text));
}

void sl_tel_mac(struct sl_tel_node *n, const char *name, const uint8_t mac[6])
{
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	sl_tel_string(n, name, text);
}

static void attach(struct sl_tel_node *out, const char *name, struct sl_tel_node *child)
{
	if (child->d == NULL)
		return;
	if (out->d != NULL && rte_tel_data_add_dict_container(out->d, name, child->d, 0) == 0)
		out->bytes += name_bytes(name) + child->bytes;
	else
		rte_tel_data_free(child->d);
}

static size_t room_left(const struct sl_tel_node *out)
{
	const size_t reserve = 128; /* the name of the list, and "next" behind it */

	return out->bytes + reserve < SL_TEL_REPLY_BYTES ? SL_TEL_REPLY_BYTES - out->bytes - reserve : 0;
}

void sl_tel_strings_open(struct sl_tel_strings *s, const struct sl_tel_node *out)
{
	s->list = (struct sl_tel_node){ .d = rte_tel_data_alloc(), .bytes = 4 };
	s->room = room_left(out);
	s->n = 0;
	if (s->list.d != NULL)
		rte_tel_data_start_array(s->list.d, RTE_TEL_STRING_VAL);
}

bool sl_tel_strings_add(struct sl_tel_strings *s, const char *text)
{
	char copy[RTE_TEL_MAX_STRING_LEN];
	size_t bytes = clean(copy, text);

	if (s->list.d == NULL || s->list.bytes + bytes > s->room || s->n == RTE_TEL_MAX_ARRAY_ENTRIES)
		return false;
	rte_tel_data_add_array_string(s->list.d, copy);
	s->list.bytes += bytes;
	s->n++;
	return true;
}

void sl_tel_strings_close(struct sl_tel_strings *s, struct sl_tel_node *out, const char *name)
{
	attach(out, name, &s->list);
}

struct sl_tel_node sl_tel_row_begin(void)
{
	struct sl_tel_node row = { .d = rte_tel_data_alloc(), .bytes = 4 };

	if (row.d != NULL)
		rte_tel_data_start_dict(row.d);
	return row;
}

void sl_tel_page_open(struct sl_tel_page *page, const struct sl_tel_node *out)
{
	page->rows = sl_tel_row_begin();
	page->room = room_left(out);
	page->n = 0;
}

bool sl_tel_page_add(struct sl_tel_page *page, struct sl_tel_node *row)
{
	char key[12];
	size_t before = page->rows.bytes;

	if (row->d == NULL)
		return false;
	snprintf(key, sizeof(key), "%u", page->n);
	if (page->rows.bytes + row->bytes + name_bytes(key) > page->room || page->n == RTE_TEL_MAX_DICT_ENTRIES) {
		rte_tel_data_free(row->d);
		return false;
	}
	attach(&page->rows, key, row);
	page->n++;
	return page->rows.bytes > before;
}

void sl_tel_page_close(struct sl_tel_page *page, struct sl_tel_node *out, const char *name)
{
	attach(out, name, &page->rows);
}

void sl_tel_next(struct sl_tel_node *out, uint32_t at, uint32_t n)
{
	char text[12] = "";

	if (at < n)
		snprintf(text, sizeof(text), "%" PRIu32, at);
	sl_tel_string(out, "next", text);
}
