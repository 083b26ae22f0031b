/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet to text: see packet_builder.h for the format. Reads a flat copy, with bounds of its own; uses no code of lib/. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet_text.h"

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

void text_network(struct text *t, uint16_t type, struct span s)
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
