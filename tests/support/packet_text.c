/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet to text: see packet_builder.h for the format. Reads a flat copy, with bounds of its own; uses no code of lib/. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet_builder.h"

struct text {
	char *buf;
	size_t used;
};

/* A packet or a part of one; `cut`: there was more of it. */
struct span {
	const uint8_t *at;
	uint32_t length;
	bool cut;
};

/* What a transport checksum needs to know of the network layer; whole: neither fragment nor cut. */
struct network {
	bool v6, whole;
	const uint8_t *addresses;
};

static void say(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void text_network(struct text *t, uint16_t type, struct span s);

static void say(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->buf + t->used, PKT_TEXT_MAX - t->used, fmt, args);
	va_end(args);
	t->used = RTE_MIN(t->used + (size_t)n, (size_t)PKT_TEXT_MAX - 1);
}

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return get16(at) << 16 | get16(at + 2);
}

static struct span skip(struct span s, uint32_t n)
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

static void say_mac(struct text *t, const uint8_t *mac)
{
	char text[18];

	say(t, "%s", pkt_mac_text(mac, text));
}

static void say_ip(struct text *t, bool v6, const uint8_t *at)
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

static void say_data(struct text *t, struct span s)
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

static void say_hex(struct text *t, const uint8_t *at, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		say(t, "%02x", at[i]);
}

static void say_short(struct text *t, struct span s)
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
	say_data(t, skip(datagram, 8));
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

static void text_mld2(struct text *t, struct span s)
{
	uint32_t n = get16(s.at + 6);

	say(t, " mld2-report");
	s = skip(s, 8);
	for (uint32_t i = 0; i < n && s.length >= 20; i++) {
		say(t, " ");
		if (s.at[0] != 4 || s.at[1] != 0 || get16(s.at + 2) != 0)
			say(t, "t%u:", s.at[0]);
		say_ip(t, true, s.at + 4);
		s = skip(s, RTE_MIN(s.length, 20 + get16(s.at + 2) * 16 + s.at[1] * 4u));
	}
	if (s.length != 0)
		say_short(t, s);
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
		text_mld2(t, s);
	} else {
		say(t, " %u/%u rest %u", type, code, get32(s.at + 4));
		say_data(t, skip(s, 8));
	}
	say_checksum(t, net, s, 2, net->v6 ? IPPROTO_ICMPV6 : 0);
}

static void text_transport(struct text *t, const struct network *net, uint8_t proto, bool later, struct span s)
{
	if (!later && proto == IPPROTO_TCP)
		return text_tcp(t, net, s);
	if (!later && proto == IPPROTO_UDP)
		return text_udp(t, net, s);
	if (!later && proto == (net->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return text_icmp(t, net, s);
	say(t, " proto %u", proto);
	say_data(t, s);
}

/* Limit s to the IP packet's own length. A quoted packet may be cut without a word; any other says so. */
static struct span fit(struct text *t, struct span s, uint32_t length, struct network *net)
{
	bool quoted = s.cut;

	s.cut = s.length < length;
	net->whole = !s.cut;
	if (s.cut && !quoted)
		say(t, " cut");
	s.length = RTE_MIN(s.length, length);
	return s;
}

static void text_ip4(struct text *t, struct span s)
{
	struct network net = { .v6 = false };
	uint32_t header, offset;
	bool more;

	if (s.length < 20 || s.at[0] >> 4 != 4 || (s.at[0] & 15) < 5 || (s.at[0] & 15) * 4u > s.length)
		return say_short(t, s);
	header = (s.at[0] & 15) * 4u;
	net.addresses = s.at + 12;
	say(t, " ip4 ");
	say_ip(t, false, s.at + 12);
	say(t, ">");
	say_ip(t, false, s.at + 16);
	say(t, " ttl %u", s.at[8]);
	offset = (get16(s.at + 6) & 0x1fff) * 8;
	more = (s.at[6] & 0x20) != 0;
	if (s.at[1] != 0)
		say(t, " tos 0x%02x", s.at[1]);
	if (get16(s.at + 4) != 0 && offset == 0 && !more)
		say(t, " id %u", get16(s.at + 4));
	if (s.at[6] & 0x40)
		say(t, " DF");
	if (offset != 0 || more)
		say(t, " frag %u:%u%s", get16(s.at + 4), offset, more ? "+" : "");
	if (header > 20) {
		say(t, " opt ");
		say_hex(t, s.at + 20, header - 20);
	}
	if (pkt_sum(0, s.at, header) != 0xffff)
		say(t, " [ip-csum BAD]");
	if (get16(s.at + 2) < header)
		return say_short(t, s);
	s = fit(t, s, get16(s.at + 2), &net);
	net.whole = net.whole && offset == 0 && !more;
	text_transport(t, &net, s.at[9], offset != 0, skip(s, header));
}

static void text_ip6(struct text *t, struct span s)
{
	struct network net = { .v6 = true };
	bool fragment = false, later = false;
	uint8_t next;

	if (s.length < 40 || s.at[0] >> 4 != 6)
		return say_short(t, s);
	net.addresses = s.at + 8;
	next = s.at[6];
	say(t, " ip6 ");
	say_ip(t, true, s.at + 8);
	say(t, ">");
	say_ip(t, true, s.at + 24);
	say(t, " ttl %u", s.at[7]);
	if ((get16(s.at) >> 4 & 0xff) != 0)
		say(t, " tos 0x%02x", get16(s.at) >> 4 & 0xff);
	if ((get32(s.at) & 0xfffff) != 0)
		say(t, " flow %u", get32(s.at) & 0xfffff);
	s = skip(fit(t, s, 40 + get16(s.at + 4), &net), 40);
	while (!later && (next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS || next == IPPROTO_ROUTING ||
			  next == IPPROTO_FRAGMENT)) {
		uint32_t length = s.length < 8 ? 0 : next == IPPROTO_FRAGMENT ? 8 : (s.at[1] + 1u) * 8;

		if (length == 0 || length > s.length)
			return say_short(t, s);
		if (next == IPPROTO_FRAGMENT) {
			later = get16(s.at + 2) >> 3 != 0;
			fragment = later || (s.at[3] & 1);
			say(t, " frag %u:%u%s", get32(s.at + 4), get16(s.at + 2) & 0xfff8, s.at[3] & 1 ? "+" : "");
		} else if (next == IPPROTO_ROUTING) {
			say(t, " rt %u/%u", s.at[2], s.at[3]);
		} else {
			say(t, next == IPPROTO_HOPOPTS ? " hbh" : " dst");
		}
		next = s.at[0];
		s = skip(s, length);
	}
	net.whole = net.whole && !fragment;
	text_transport(t, &net, next, later, s);
}

static void text_arp(struct text *t, struct span s)
{
	static const uint8_t kind[6] = { 0, 1, 8, 0, 6, 4 }, nobody[6];
	uint32_t operation;

	if (s.length < 28 || memcmp(s.at, kind, 6) != 0 || get16(s.at + 6) < 1 || get16(s.at + 6) > 2)
		return say_short(t, s);
	operation = get16(s.at + 6);
	say(t, operation == 1 ? " arp request who-has " : " arp reply ");
	say_ip(t, false, s.at + (operation == 1 ? 24 : 14));
	say(t, operation == 1 ? " tell " : " is-at ");
	if (operation == 1)
		say_ip(t, false, s.at + 14);
	else
		say_mac(t, s.at + 8);
	say(t, operation == 1 ? " (" : " to ");
	if (operation == 1)
		say_mac(t, s.at + 8);
	else
		say_ip(t, false, s.at + 24);
	if (operation == 2 || memcmp(s.at + 18, nobody, 6) != 0) {
		say(t, operation == 1 ? ") target (" : " (");
		say_mac(t, s.at + 18);
	}
	say(t, ")");
}

static void text_network(struct text *t, uint16_t type, struct span s)
{
	if (type == 0x0800) {
		text_ip4(t, s);
	} else if (type == 0x86dd) {
		text_ip6(t, s);
	} else if (type == 0x0806) {
		text_arp(t, s);
	} else {
		say(t, " type 0x%04x", type);
		say_data(t, s);
	}
}

/* Bytes of the network packet itself: what is behind them is padding. */
static uint32_t network_length(uint16_t type, struct span s)
{
	uint32_t length = s.length;

	if (type == 0x0806)
		length = 28;
	else if (type == 0x0800 && s.length >= 20)
		length = get16(s.at + 2);
	else if (type == 0x86dd && s.length >= 40)
		length = 40 + get16(s.at + 4);
	return RTE_MIN(length, s.length);
}

static uint8_t *flat_copy(const struct rte_mbuf *m)
{
	uint8_t *bytes = malloc(m->pkt_len + 1u);
	uint32_t length = 0;

	for (const struct rte_mbuf *s = m; bytes != NULL && s != NULL; s = s->next) {
		if (length + s->data_len > m->pkt_len)
			break;
		memcpy(bytes + length, rte_pktmbuf_mtod(s, const void *), s->data_len);
		length += s->data_len;
	}
	if (bytes == NULL || length != m->pkt_len) {
		fprintf(stderr, "packet text: pkt_len %u does not agree with the segments\n", m->pkt_len);
		abort();
	}
	return bytes;
}

const char *pkt_text(const struct rte_mbuf *m, char text[PKT_TEXT_MAX])
{
	struct text t = { .buf = text };
	uint8_t *bytes = flat_copy(m);
	struct span s = { .at = bytes, .length = m->pkt_len };
	uint32_t type, own;

	text[0] = '\0';
	say(&t, "eth");
	if (s.length < 14) {
		say_short(&t, s);
		free(bytes);
		return text;
	}
	say(&t, " ");
	say_mac(&t, bytes + 6);
	say(&t, ">");
	say_mac(&t, bytes);
	if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)
		say(&t, " vlan %u stripped", m->vlan_tci & 0xfffu);
	type = get16(bytes + 12);
	s = skip(s, 14);
	while (type == 0x8100 && s.length >= 4) {
		say(&t, " vlan %u", get16(s.at) & 0xfff);
		if (s.at[0] >> 4 != 0)
			say(&t, ".%u", s.at[0] >> 5);
		type = get16(s.at + 2);
		s = skip(s, 4);
	}
	own = network_length((uint16_t)type, s);
	text_network(&t, (uint16_t)type, s);
	if (own < s.length)
		say(&t, " pad %u", s.length - own);
	free(bytes);
	return text;
}

const char *pkt_text_ip(const struct rte_mbuf *m, char text[PKT_TEXT_MAX])
{
	struct text t = { .buf = text };
	uint8_t *bytes = flat_copy(m);
	struct span s = { .at = bytes, .length = m->pkt_len };

	text[0] = '\0';
	text_network(&t, s.length > 0 && bytes[0] >> 4 == 6 ? 0x86dd : 0x0800, s);
	free(bytes);
	return memmove(text, text + (text[0] == ' '), strlen(text + (text[0] == ' ')) + 1);
}
