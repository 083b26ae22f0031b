/* SPDX-License-Identifier: BSD-3-Clause */
/* One reader for each type of value: check it, and store it in its field. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "reader.h"

/* Where we are, with a remedy or without. */
#define REFUSE(r, ...) sl_problem_add((r)->problems, (r)->path, NULL, __VA_ARGS__)
#define REFUSE_WITH(r, remedy, ...) sl_problem_add((r)->problems, (r)->path, remedy, __VA_ARGS__)

void sl_read_uint(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value))
		REFUSE(r, "%s is not a whole number", SL_SHOW(value));
	else if (number != key->minimum && key->minimum == key->maximum)
		REFUSE(r, "%s is not %u", SL_SHOW(value), key->minimum);
	else if (number < key->minimum || number > key->maximum)
		REFUSE(r, "%s is not in %u..%u", SL_SHOW(value), key->minimum, key->maximum);
	else if (key->power_of_two && (number & (number - 1)) != 0)
		REFUSE(r, "%s is not a power of two in %u..%u", SL_SHOW(value), key->minimum, key->maximum);
	else
		sl_field_set(field, key->size, (uint32_t)number);
}

static bool is_number(const char *text, char end)
{
	size_t length = strspn(text, "0123456789");

	return length > 0 && length <= 5 && text[0] != '0' && text[length] == end;
}

void sl_read_ports(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	const char *text = json_string_value(value), *dash = text != NULL ? strchr(text, '-') : NULL;
	struct sl_port_range *ports = (struct sl_port_range *)(void *)field;
	unsigned long first, last;

	if (text == NULL) {
		sl_read_uint(r, key, value, (char *)&ports->first);
		ports->last = ports->first;
		return;
	}
	if (strcmp(text, "any") == 0) {
		*ports = (struct sl_port_range){ 1, UINT16_MAX };
		return;
	}
	if (dash == NULL || !is_number(text, '-') || !is_number(dash + 1, '\0')) {
		REFUSE(r, "%s is neither a port, nor a range like \"8000-8100\", nor \"any\"", SL_SHOW(value));
		return;
	}
	first = strtoul(text, NULL, 10);
	last = strtoul(dash + 1, NULL, 10);
	if (last > UINT16_MAX)
		REFUSE(r, "%s ends behind port 65535", SL_SHOW(value));
	else if (first >= last)
		REFUSE(r, "%s does not go up; a single port is written as a number", SL_SHOW(value));
	else
		*ports = (struct sl_port_range){ (uint16_t)first, (uint16_t)last };
}

void sl_read_bool(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	if (!json_is_boolean(value))
		REFUSE(r, "%s is not true or false", SL_SHOW(value));
	else
		sl_field_set(field, key->size, json_is_true(value));
}

static void refuse_choice(struct sl_reader *r, const struct sl_key *key, const json_t *value)
{
	struct sl_suggestion suggestion = { .best = NULL };
	char known[256] = "";
	size_t used = 0;

	for (const struct sl_choice *choice = key->choices; choice->name != NULL; choice++) {
		if (json_is_string(value))
			sl_suggest(&suggestion, json_string_value(value), choice->name);
		int n = snprintf(known + used, sizeof(known) - used, "%s\"%s\"", used == 0 ? "" : ", ", choice->name);
		if (n > 0 && (size_t)n < sizeof(known) - used)
			used += (size_t)n;
	}
	if (key->object != NULL)
		snprintf(known + used, sizeof(known) - used, ", or an object with \"%s\"", key->object->keys[0].name);
	if (suggestion.best != NULL)
		REFUSE(r, "unknown value %s; did you mean \"%s\"?", SL_SHOW(value), suggestion.best);
	else
		REFUSE(r, "unknown value %s; one of %s", SL_SHOW(value), known);
}

void sl_read_choice(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *base)
{
	if (key->object != NULL && json_is_object(value)) {
		sl_field_set(base + key->offset, key->size, key->object_value);
		sl_read_object(r, key->object, value, base);
		return;
	}
	for (const struct sl_choice *choice = key->choices; choice->name != NULL && json_is_string(value); choice++) {
		if (strcmp(json_string_value(value), choice->name) == 0) {
			sl_field_set(base + key->offset, key->size, choice->value);
			return;
		}
	}
	refuse_choice(r, key, value);
}

/* Length and characters of a text. */
static bool text_fits(struct sl_reader *r, const struct sl_key *key, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t length = strlen(text);

	if (length < key->minimum || length > key->maximum) {
		REFUSE(r, "%s has %zu characters; it must have %u..%u", SL_SHOW(value), length, key->minimum,
		       key->maximum);
		return false;
	}
	if (key->charset != NULL && text[strspn(text, key->charset->members)] != '\0') {
		REFUSE(r, "%s has characters other than %s", SL_SHOW(value), key->charset->words);
		return false;
	}
	return true;
}

void sl_read_text(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	if (!text_fits(r, key, value))
		return;
	char *copy = strdup(json_string_value(value));
	if (copy == NULL) {
		REFUSE(r, "out of memory");
		return;
	}
	free(*(char **)(void *)field); /* the default */
	*(char **)(void *)field = copy;
}

void sl_read_name(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	if (text_fits(r, key, value))
		snprintf(field, key->maximum + 1, "%s", json_string_value(value));
}

/* The text has the form of a PCI address: [DDDD:]BB:DD.F in hexadecimal. */
static bool is_pci_address(const char *text, bool *with_domain)
{
	static const char long_form[] = "xxxx:xx:xx.x";
	size_t length = strlen(text);

	*with_domain = length == strlen(long_form);
	if (!*with_domain && length != strlen(long_form) - 5)
		return false;
	const char *form = long_form + strlen(long_form) - length;
	for (; *form != '\0'; form++, text++) {
		if (*form == 'x' ? !isxdigit((unsigned char)*text) : *text != *form)
			return false;
	}
	return true;
}

/* DPDK knows a PCI device by its address in full and in lower case only. */
void sl_read_device(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	const char *text = json_string_value(value);
	bool with_domain;

	if (!text_fits(r, key, value))
		return;
	char full[SL_DEVICE_NAME_MAX + 5];
	bool pci = is_pci_address(text, &with_domain);
	snprintf(full, sizeof(full), "%s%s", pci && !with_domain ? "0000:" : "", text);
	for (char *c = full; pci && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strcmp(full, text) != 0) {
		REFUSE(r, "%s is not how DPDK names this device; write \"%s\"", SL_SHOW(value), full);
		return;
	}
	snprintf(field, SL_DEVICE_NAME_MAX, "%s", text);
}

void sl_read_device_pair(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	if (json_array_size(value) != 2) {
		REFUSE(r, "a pair is a list of two devices");
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		const json_t *device = json_array_get(value, i);
		size_t before = sl_reader_enter_index(r, i);
		if (json_is_string(device))
			sl_read_device(r, key, device, field + i * SL_DEVICE_NAME_MAX);
		else
			REFUSE(r, "%s is not a string", SL_SHOW(device));
		sl_reader_leave(r, before);
	}
}

/* Why an address cannot be a host's on the network, or NULL (RFC 6890, RFC 1112 section 4, RFC 4291 section 2.5). */
static const char *not_unicast(const struct sl_ip *ip)
{
	static const struct sl_ip loopback = { .b = { [15] = 1 } };

	if (sl_ip_is_multicast(ip))
		return "a multicast address";
	if (sl_ip_is_zero(ip) || (sl_ip_is_v4(ip) && sl_ip_v4_be(ip) == 0))
		return "the unspecified address";
	if (sl_ip_equal(ip, &loopback) || (sl_ip_is_v4(ip) && ip->b[12] == 127))
		return "a loopback address";
	if (sl_ip_is_v4(ip) && (ip->b[12] == 0 || ip->b[12] >= 240))
		return "a reserved address";
	return NULL;
}

static bool read_ip(struct sl_reader *r, const json_t *value, struct sl_ip *ip)
{
	const char *text = json_string_value(value);
	struct sl_prefix prefix;

	if (sl_ip_parse(text, ip) == 0)
		return true;
	if (sl_prefix_parse(text, &prefix) == 0)
		REFUSE(r, "%s has a prefix length; an address alone stands here", SL_SHOW(value));
	else
		REFUSE(r, "%s is not an IPv4 or IPv6 address%s", SL_SHOW(value),
		       strncmp(text, "::ffff:", 7) == 0 ? " here; write the IPv4 address alone" : "");
	return false;
}

void sl_read_address(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	struct sl_ip ip;

	if (!read_ip(r, value, &ip))
		return;
	const char *why = not_unicast(&ip);
	if (why != NULL)
		REFUSE(r, "%s is %s; a unicast address stands here", SL_SHOW(value), why);
	else
		*(struct sl_ip *)(void *)field = ip;
}

/* Scopes 0 and 1 never leave a host (RFC 4291 section 2.7). */
static bool is_host_scope(const struct sl_ip *ip)
{
	return ip->b[0] == 0xff && (ip->b[1] & 0x0f) <= 1;
}

void sl_read_destination(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	struct sl_ip ip;

	if (!read_ip(r, value, &ip))
		return;
	const char *why = sl_ip_is_multicast(&ip) ? NULL : not_unicast(&ip);
	if (why != NULL)
		REFUSE(r, "%s is %s; a host or a multicast group stands here", SL_SHOW(value), why);
	else if (is_host_scope(&ip))
		REFUSE(r, "%s is a group within one host", SL_SHOW(value));
	else
		*(struct sl_ip *)(void *)field = ip;
}

/* Address and prefix length of either kind of prefix. */
static bool read_prefix(struct sl_reader *r, const json_t *value, int minimum, struct sl_prefix *prefix)
{
	int status = sl_prefix_parse(json_string_value(value), prefix);

	if (status == -1)
		REFUSE(r, "%s is not an IPv4 or IPv6 address with prefix length", SL_SHOW(value));
	else if (status == -2)
		REFUSE(r, "%s has no prefix length in %d..%d, as in \"%s\"", SL_SHOW(value), minimum,
		       sl_ip_is_v4(&prefix->ip) ? 32 : 128,
		       sl_ip_is_v4(&prefix->ip) ? "192.0.2.2/24" : "2001:db8::2/64");
	return status == 0;
}

/* True when it was reported. */
static bool refuse_host_bits(struct sl_reader *r, const json_t *value, const struct sl_prefix *prefix)
{
	struct sl_prefix network = sl_prefix_network(prefix);
	char text[SL_IP_STRLEN];

	if (sl_ip_equal(&network.ip, &prefix->ip))
		return false;
	REFUSE(r, "%s has host bits set; write \"%s\"", SL_SHOW(value), sl_prefix_format(&network, text));
	return true;
}

void sl_read_addresses(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	struct sl_prefix *prefix = (struct sl_prefix *)(void *)field, given;

	if (strchr(json_string_value(value), '/') == NULL) {
		sl_read_address(r, key, value, (char *)&prefix->ip);
		prefix->len = 128;
		return;
	}
	if (!read_prefix(r, value, 8, &given) || refuse_host_bits(r, value, &given))
		return;
	const char *why = not_unicast(&given.ip);
	if (given.len < (sl_ip_is_v4(&given.ip) ? 96 + 8 : 8))
		REFUSE(r, "%s is more than a service can have; the shortest prefix is /8", SL_SHOW(value));
	else if (why != NULL)
		REFUSE(r, "%s is %s; unicast addresses stand here", SL_SHOW(value), why);
	else
		*prefix = given;
}

void sl_read_interface_address(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	struct sl_prefix prefix;

	if (!read_prefix(r, value, 1, &prefix))
		return;
	const char *why = not_unicast(&prefix.ip);
	if (why != NULL)
		REFUSE(r, "%s is %s; a unicast address stands here", SL_SHOW(value), why);
	else if (prefix.len == (sl_ip_is_v4(&prefix.ip) ? 96 : 0))
		REFUSE_WITH(r, "give the network's prefix length; default routes go into \"gateways\"",
			    "%s would put every address on link", SL_SHOW(value));
	else
		*(struct sl_prefix *)(void *)field = prefix;
}

void sl_read_network(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	struct sl_prefix prefix;

	if (!read_prefix(r, value, 0, &prefix) || refuse_host_bits(r, value, &prefix))
		return;
	if (sl_ip_is_multicast(&prefix.ip))
		REFUSE(r, "%s is a multicast prefix; unicast routes stand here", SL_SHOW(value));
	else
		*(struct sl_prefix *)(void *)field = prefix;
}

void sl_read_group(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	struct sl_prefix prefix = { .len = 128 };
	bool has_length = strchr(json_string_value(value), '/') != NULL;

	if (has_length ? !read_prefix(r, value, 4, &prefix) || refuse_host_bits(r, value, &prefix) :
			 !read_ip(r, value, &prefix.ip))
		return;
	if (!sl_ip_is_multicast(&prefix.ip) || prefix.len < (sl_ip_is_v4(&prefix.ip) ? 96 + 4 : 8))
		REFUSE(r, "%s is not multicast; groups are in 224.0.0.0/4 and ff00::/8", SL_SHOW(value));
	else if (prefix.len >= 16 && is_host_scope(&prefix.ip))
		REFUSE(r, "%s is a group within one host", SL_SHOW(value));
	else
		*(struct sl_prefix *)(void *)field = prefix;
}

void sl_read_mac(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	static const char form[] = "xx:xx:xx:xx:xx:xx";
	const char *text = json_string_value(value);
	uint8_t mac[6], any = 0;
	bool valid = strlen(text) == strlen(form);

	for (size_t i = 0; valid && form[i] != '\0'; i++)
		valid = form[i] == 'x' ? isxdigit((unsigned char)text[i]) != 0 : text[i] == form[i];
	if (!valid) {
		REFUSE(r, "%s is not a MAC address like \"02:00:00:00:01:09\"", SL_SHOW(value));
		return;
	}
	for (size_t i = 0; i < sizeof(mac); i++) {
		mac[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
		any |= mac[i];
	}
	if ((mac[0] & 1) != 0 || any == 0)
		REFUSE(r, "%s is not the MAC address of one host", SL_SHOW(value));
	else
		memcpy(field, mac, sizeof(mac));
}

void sl_read_interface(struct sl_reader *r, const struct sl_key *key, const json_t *value, char *field)
{
	struct sl_suggestion suggestion = { .best = NULL };
	const char *name = json_string_value(value);

	for (unsigned int i = 0; i < r->config->n_interfaces; i++) {
		if (strcmp(r->config->interfaces[i].name, name) == 0) {
			sl_field_set(field, key->size, i);
			return;
		}
		sl_suggest(&suggestion, name, r->config->interfaces[i].name);
	}
	if (suggestion.best != NULL)
		REFUSE(r, "no interface is called %s; did you mean \"%s\"?", SL_SHOW(value), suggestion.best);
	else
		REFUSE_WITH(r, "name one of /interfaces", "no interface is called %s", SL_SHOW(value));
}
