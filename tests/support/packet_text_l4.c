/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "packet_text.h"

void say(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->buf + t->used, PKT_TEXT_MAX - t->used, fmt, args);
	va_end(args);
	t->used = RTE_MIN(t->used + (size_t)n, (size_t)PKT_TEXT_MAX - 1);
}

uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

uint32_t get32(const uint8_t *at)
{
	return get16(at) << 16 | get16(at + 2);
}

struct span skip(struct span s, uint32_t n)
{
	return (struct span){ s.at + n, s.length - n, s.cut };
}

const char *pkt_mac_text(const uint8_t mac[6], char text[18])
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	unsigned int from = 0, best = 0, used = 0;

	if (memcmp(mac, broadcast, 6) == 0)
		return memcpy(text, "bcast", 6);
	for (unsigned int i = 0; i < 6; i++) {
		unsigned int n = 0;

		while (i + n < 6 && mac[i + n] == 0)
			n++;
		if (n > best) {
			best = n;
			from = i;
		}
	}
	if (best < 2)
		best = 0;
	text[0] = '\0';
	for (unsigned int i = 0; i < 6;) {
		if (best != 0 && i == from) {
			used += (unsigned int)snprintf(text + used, 18 - used, "::");
			i += best;
			continue;
		}
		used += (unsigned int)snprintf(text + used, 18 - used, "%s%02x",
					       used == 0 || text[used - 1] == ':' ? "" : ":", mac[i]);
		i++;
	}
	return text;
}

void say_mac(struct text *t, const uint8_t *mac)
{
	char text[18];

	say(t, "%s", pkt_mac_text(mac, text));
}

void say_ip(struct text *t, bool v6, const uint8_t *at)
{
	char text[INET6_ADDRSTRLEN];

	say(t, "%s", inet_ntop(v6 ? AF_INET6 : AF_INET, at, text, sizeof(text)));
}

static void say_hash(struct text *t, struct span s)
{
	uint32_t hash = 0x811c9dc5;

	for (uint32_t i = 0; i < s.length; i++)
		hash = (hash ^ s.at[i]) * 0x01000193;
	say(t, " #%08x", hash);
}

void say_data(struct text *t, struct span s)
{
	bool plain = s.length <= 40;

	say(t, " len %u", s.length);
	if (s.length == 0)
		return;
	for (uint32_t i = 0; plain && i < s.length; i++)
		plain = isprint(s.at[i]) && s.at[i] != '"';
	if (plain)
		say(t, " \"%.*s\"", (int)s.length, (const char *)s.at);
	else
		say_hash(t, s);
}

void say_hex(struct text *t, const uint8_t *at, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		say(t, "%02x", at[i]);
}

void say_short(struct text *t, struct span s)
{
	say(t, " short");
	say_hash(t, s);
}

/* proto 0: no pseudo header. field: where the checksum stands. */
static void say_checksum(struct text *t, const struct network *net, struct span s, uint32_t field, uint8_t proto)
{
	uint32_t sum = 0;

	if (!net->whole)
		return;
	if (proto == IPPROTO_UDP && get16(s.at + field) == 0) {
		say(t, " [csum none]");
		return;
	}
	if (proto != 0)
		sum = pkt_fold(pkt_sum(0, net->addresses, net->v6 ? 32 : 8) + proto + s.length);
	if (pkt_sum(sum, s.at, s.length) == 0xffff)
		say(t, " [csum ok]");
	else if (proto != 0 && get16(s.at + field) == sum)
		say(t, " [csum partial]");
	else
		say(t, " [csum BAD]");
}

static void text_tcp(struct text *t, const struct network *net, struct span s)
{
	static const char letters[] = "FSRPAUEW";
	char flags[9];
	unsigned int n = 0;
	uint32_t header;

	if (s.length < 8)
		return say_short(t, s);
	if (s.length < 20) { /* quoted by a thrifty router (RFC 792) */
		say(t, " tcp %u>%u seq %u", get16(s.at), get16(s.at + 2), get32(s.at + 4));
		return say_short(t, skip(s, 8));
	}
	header = (s.at[12] >> 4) * 4u;
	for (unsigned int i = 0; i < 8; i++) {
		if (s.at[13] >> i & 1)
			flags[n++] = letters[i];
	}
	flags[n] = '\0';
	say(t, " tcp %u>%u %s seq %u ack %u win %u", get16(s.at), get16(s.at + 2), n == 0 ? "none" : flags,
	    get32(s.at + 4), get32(s.at + 8), get16(s.at + 14));
	if (get16(s.at + 18) != 0)
		say(t, " urg %u", get16(s.at + 18));
	if (header < 20 || header > s.length)
		return say_short(t, s);
	if (header > 20) {
		say(t, " opt ");
		say_hex(t, s.at + 20, header - 20);
	}
	say_data(t, skip(s, header));
	say_checksum(t, net, s, 16, IPPROTO_TCP);
}

#define GUE_PORT 6080

/* The packet in a tunnel. */
static void text_inner(struct text *t, uint8_t proto, struct span s)
{
	say(t, " {");
	text_network(t, proto == IPPROTO_IPV6 ? 0x86dd : 0x0800, s);
	say(t, " }");
}

static void text_udp(struct text *t, const struct network *net, struct span s)
{
	struct span datagram = s;
	uint32_t length;

	if (s.length < 8)
		return say_short(t, s);
	length = get16(s.at + 4);
	say(t, " udp %u>%u", get16(s.at), get16(s.at + 2));
	if (length != s.length && net->whole)
		say(t, " udp-len %u", length);
	if (length >= 8 && length < s.length)
		datagram.length = length;
	if (get16(s.at + 2) == GUE_PORT && datagram.length > 12 && get32(s.at + 8) >> 24 == 0 && get16(s.at + 10) == 0) {
		say(t, " gue");
		text_inner(t, s.at[9], skip(datagram, 12));
	} else {
		say_data(t, skip(datagram, 8));
	}
	say_checksum(t, net, datagram, 6, IPPROTO_UDP);
}

static void text_nd(struct text *t, struct span s)
{
	say(t, s.at[0] == 135 ? " ns " : " na ");
	say_ip(t, true, s.at + 8);
	if (s.at[4] >> 5 != 0)
		say(t, " flags %s%s%s", s.at[4] & 0x80 ? "R" : "", s.at[4] & 0x40 ? "S" : "", s.at[4] & 0x20 ? "O" : "");
	for (struct span o = skip(s, 24); o.length > 0;) {
		if (o.length < 8 || o.at[1] == 0 || o.at[1] * 8u > o.length)
			return say_short(t, o);
		if (o.at[1] == 1 && o.at[0] == (s.at[0] == 135 ? 1 : 2)) {
			say(t, " mac ");
			say_mac(t, o.at + 2);
		} else {
			say(t, " option %u", o.at[0]);
		}
		o = skip(o, o.at[1] * 8u);
	}
}

/* Records of IGMPv3 and MLDv2 reports, behind the report's 8 bytes. */
static void text_records(struct text *t, bool v6, struct span s)
{
	uint32_t n = get16(s.at + 6), size = v6 ? 16 : 4;

	s = skip(s, 8);
	for (uint32_t i = 0; i < n && s.length >= 4 + size; i++) {
		uint32_t sources = get16(s.at + 2), whole = 4 + size * (1 + sources) + s.at[1] * 4u;
		if (whole > s.length)
			break;
		say(t, " ");
		if (s.at[0] != 4 || s.at[1] != 0 || sources != 0)
			say(t, "t%u:", s.at[0]);
		say_ip(t, v6, s.at + 4);
		for (uint32_t j = 1; j <= sources; j++) {
			say(t, j == 1 ? "(" : ",");
			say_ip(t, v6, s.at + 4 + j * size);
		}
		say(t, "%s", sources != 0 ? ")" : "");
		s = skip(s, whole);
	}
	if (s.length != 0)
		say_short(t, s);
}

/* The other messages about groups: a type and a group. */
static bool text_group(struct text *t, bool v6, struct span s)
{
	static const struct { bool v6; uint8_t type; const char *name; } names[] = {
		{ false, 0x11, "query" }, { false, 0x12, "v1-report" }, { false, 0x16, "v2-report" }, { false, 0x17, "leave" },
		{ true, 130, "mld-query" }, { true, 131, "mld-report" }, { true, 132, "mld-done" },
	};

	for (unsigned int i = 0; i < RTE_DIM(names); i++) {
		if (names[i].v6 != v6 || names[i].type != s.at[0] || s.length != (v6 ? 24 : 8))
			continue;
		say(t, " %s ", names[i].name);
		say_ip(t, v6, s.at + (v6 ? 8 : 4));
		if (s.at[1] != 0 || (v6 && get32(s.at + 4) != 0))
			say(t, " max %u", v6 ? get16(s.at + 4) : s.at[1]);
		return true;
	}
	return false;
}

static void text_igmp(struct text *t, const struct network *net, struct span s)
{
	if (s.length < 8)
		return say_short(t, s);
	say(t, " igmp");
	if (s.at[0] == 0x22) {
		say(t, " report");
		text_records(t, false, s);
	} else if (!text_group(t, false, s)) {
		say(t, " 0x%02x", s.at[0]);
		say_data(t, skip(s, 1));
	}
	say_checksum(t, net, s, 2, 0);
}

/* Errors: name by family and type, NULL for the other types. */
static const char *error_name(bool v6, uint8_t type)
{
	static const char *const v4_names[] = { [3] = "unreachable", [5] = "redirect", [11] = "time-exceeded",
						[12] = "parameter" };
	static const char *const v6_names[] = { [1] = "unreachable", [2] = "too-big", [3] = "time-exceeded",
						[4] = "parameter" };

	if (v6)
		return type < RTE_DIM(v6_names) ? v6_names[type] : NULL;
	return type < RTE_DIM(v4_names) ? v4_names[type] : NULL;
}

static void text_icmp(struct text *t, const struct network *net, struct span s)
{
	const char *error;
	uint8_t type, code;
	bool mtu;

	if (s.length < 8)
		return say_short(t, s);
	type = s.at[0];
	code = s.at[1];
	error = error_name(net->v6, type);
	mtu = net->v6 ? type == 2 : type == 3 && code == 4;
	say(t, " icmp");
	if (type == (net->v6 ? 128 : 8) || type == (net->v6 ? 129 : 0)) {
		say(t, " %s id %u seq %u", type == (net->v6 ? 128 : 8) ? "echo" : "echo-reply", get16(s.at + 4),
		    get16(s.at + 6));
		say_data(t, skip(s, 8));
	} else if (error != NULL) {
		say(t, " %s %u", error, code);
		if (mtu || get32(s.at + 4) != 0)
			say(t, " %s %u", mtu ? "mtu" : "rest", get32(s.at + 4));
		say(t, " {");
		struct span quoted = skip(s, 8);
		quoted.cut = true;
		text_network(t, net->v6 ? 0x86dd : 0x0800, quoted);
		say(t, " }");
	} else if (net->v6 && (type == 135 || type == 136) && s.length >= 24) {
		text_nd(t, s);
	} else if (net->v6 && type == 143) {
		say(t, " mld2-report");
		text_records(t, true, s);
	} else if (!net->v6 || !text_group(t, true, s)) {
		say(t, " %u/%u rest %u", type, code, get32(s.at + 4));
		say_data(t, skip(s, 8));
	}
	say_checksum(t, net, s, 2, net->v6 ? IPPROTO_ICMPV6 : 0);
}

void text_transport(struct text *t, const struct network *net, uint8_t proto, bool later, struct span s)
{
	if (!later && proto == IPPROTO_TCP)
		return text_tcp(t, net, s);
	if (!later && proto == IPPROTO_UDP)
		return text_udp(t, net, s);
	if (!later && proto == (net->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return text_icmp(t, net, s);
	if (!later && proto == IPPROTO_IGMP && !net->v6)
		return text_igmp(t, net, s);
	if (!later && (proto == IPPROTO_IPIP || proto == IPPROTO_IPV6))
		return text_inner(t, proto, s);
	say(t, " proto %u", proto);
	say_data(t, s);
}
