/* SPDX-License-Identifier: BSD-3-Clause */
/* Two passes: lay all layers out in one flat buffer, then complete lengths and checksums from the last layer to the first. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet_builder.h"

#define LAYERS_MAX 24

struct builder {
	uint8_t *bytes;
	uint32_t length, pad;
	unsigned int n;
	const struct pkt_layer *layer[LAYERS_MAX];
	uint32_t at[LAYERS_MAX + 1]; /* where each begins, and the end of the last */
	const struct pkt_layer *stripped;
	const int *split;
};

static void __attribute__((noreturn, format(printf, 1, 2))) mistake(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "packet builder: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	abort();
}

uint32_t pkt_sum(uint32_t sum, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		sum = pkt_fold(sum + (i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i]));
	return sum;
}

uint16_t pkt_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

void pkt_mac(const char *text, uint8_t mac[6])
{
	unsigned int n = 0, tail = 0;
	uint8_t parts[6];
	bool gap = false;

	if (strcmp(text, "bcast") == 0) {
		memset(mac, 0xff, 6);
		return;
	}
	memset(mac, 0, 6);
	for (const char *s = text; *s != '\0';) {
		char *end;

		if (s[0] == ':' && s[1] == ':' && !gap) {
			gap = true;
			tail = n;
			s += 2;
			continue;
		}
		if (*s == ':' && s != text)
			s++;
		if (n == 6)
			mistake("\"%s\" is no MAC address", text);
		parts[n++] = (uint8_t)strtoul(s, &end, 16);
		if (end == s)
			mistake("\"%s\" is no MAC address", text);
		s = end;
	}
	if (!gap && n != 6)
		mistake("\"%s\" is no MAC address", text);
	if (!gap)
		tail = n;
	memcpy(mac, parts, tail);
	memcpy(mac + 6 - (n - tail), parts + tail, n - tail);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* The field's value, or what it usually is. */
static uint32_t or(int64_t value, uint32_t usual)
{
	return value == PKT_ZERO ? 0 : value == 0 ? usual : (uint32_t)value;
}

static void address(int family, const char *text, uint8_t *at)
{
	if (inet_pton(family, text, at) != 1)
		mistake("\"%s\" is no %s address", text, family == AF_INET ? "IPv4" : "IPv6");
}

static uint8_t *append(struct builder *b, uint32_t length)
{
	uint8_t *at = b->bytes + b->length;

	memset(at, 0, length);
	b->length += length;
	return at;
}

static void append_hex(struct builder *b, const char *hex)
{
	for (; hex != NULL && *hex != '\0'; hex++) {
		unsigned int value;

		if (*hex == ' ')
			continue;
		if (sscanf(hex, "%2x", &value) != 1)
			mistake("\"%s\" is not hex", hex);
		*append(b, 1) = (uint8_t)value;
		hex++;
	}
}

/* What a layer is called in the header in front of it. */
static uint32_t protocol_of(const struct pkt_layer *l, bool v6)
{
	switch (l->kind) {
	case PKT_HOPOPTS: return IPPROTO_HOPOPTS;
	case PKT_DSTOPTS: return IPPROTO_DSTOPTS;
	case PKT_ROUTING: return IPPROTO_ROUTING;
	case PKT_FRAG6: return IPPROTO_FRAGMENT;
	case PKT_TCP: return IPPROTO_TCP;
	case PKT_UDP: return IPPROTO_UDP;
	case PKT_ICMP:
	case PKT_ECHO:
	case PKT_ND: return v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	case PKT_IP4: return IPPROTO_IPIP;
	case PKT_IP6: return IPPROTO_IPV6;
	default: return v6 ? IPPROTO_NONE : 255;
	}
}

static uint32_t ethertype_of(const struct pkt_layer *l)
{
	switch (l->kind) {
	case PKT_VLAN: return or(l->type, 0x8100);
	case PKT_IP4: return 0x0800;
	case PKT_IP6: return 0x86dd;
	case PKT_ARP: return 0x0806;
	default: return 0x88b5; /* local experiments */
	}
}

static uint8_t tcp_flags(const char *flags)
{
	static const char letters[] = "FSRPAUEW";
	uint8_t bits = 0;

	for (; *flags != '\0'; flags++) {
		const char *letter = strchr(letters, *flags);

		if (*flags != '.' && letter == NULL)
			mistake("'%c' is no TCP flag", *flags);
		bits |= *flags == '.' ? 0x10 : (uint8_t)(1u << (letter - letters));
	}
	return bits;
}

static void layout_ip4(struct builder *b, const struct pkt_layer *l, const struct pkt_layer *next)
{
	uint8_t *h = append(b, 20);

	append_hex(b, l->options);
	h[0] = (uint8_t)or(l->version_ihl, 0x40 | (uint32_t)(b->bytes + b->length - h) / 4);
	h[1] = (uint8_t)l->tos;
	put16(h + 4, (uint32_t)l->id);
	put16(h + 6, (uint32_t)(l->df << 14 | l->mf << 13 | l->offset / 8));
	h[8] = (uint8_t)or(l->ttl, 64);
	h[9] = (uint8_t)or(l->proto, protocol_of(next, false));
	address(AF_INET, l->src, h + 12);
	address(AF_INET, l->dst, h + 16);
}

static void layout_ip6(struct builder *b, const struct pkt_layer *l, const struct pkt_layer *next)
{
	uint8_t *h = append(b, 40);

	put32(h, or(l->version_ihl, 6) << 28 | (uint32_t)l->tos << 20 | (uint32_t)l->flow);
	h[6] = (uint8_t)or(l->proto, protocol_of(next, true));
	h[7] = (uint8_t)or(l->ttl, 64);
	address(AF_INET6, l->src, h + 8);
	address(AF_INET6, l->dst, h + 24);
}

static void layout_extension(struct builder *b, const struct pkt_layer *l, const struct pkt_layer *next)
{
	uint8_t *h = append(b, l->options != NULL ? 2 : 8);

	h[0] = (uint8_t)or(l->proto, protocol_of(next, true));
	if (l->kind == PKT_ROUTING) {
		h[2] = (uint8_t)l->type;
		h[3] = (uint8_t)l->code;
	} else if (l->kind == PKT_FRAG6) {
		put16(h + 2, (uint32_t)(l->offset | l->mf));
		put32(h + 4, (uint32_t)l->id);
	} else if (l->options != NULL) {
		append_hex(b, l->options);
		h[1] = (uint8_t)or(l->length, (uint32_t)(b->bytes + b->length - h) / 8 - 1);
	} else {
		h[1] = (uint8_t)l->length;
		h[2] = 1; /* PadN of 4 bytes */
		h[3] = 4;
	}
}

static void layout_tcp(struct builder *b, const struct pkt_layer *l)
{
	uint8_t *h = append(b, 20);

	append_hex(b, l->options);
	put16(h, (uint32_t)l->sport);
	put16(h + 2, (uint32_t)l->dport);
	put32(h + 4, (uint32_t)l->seq);
	put32(h + 8, (uint32_t)l->ack);
	h[12] = (uint8_t)(or(l->length, (uint32_t)(b->bytes + b->length - h)) / 4 << 4);
	h[13] = tcp_flags(l->flags);
	put16(h + 14, or(l->window, 65535));
}

static void layout_icmp(struct builder *b, const struct pkt_layer *l, bool v6)
{
	uint8_t *h = append(b, 8);

	h[0] = (uint8_t)l->type;
	h[1] = (uint8_t)l->code;
	put32(h + 4, (uint32_t)l->rest);
	if (l->kind == PKT_ECHO) {
		h[0] = v6 ? (uint8_t)(128 + l->type) : (l->type ? 0 : 8);
		put16(h + 4, (uint32_t)l->id);
		put16(h + 6, (uint32_t)l->seq);
	} else if (l->kind == PKT_ND) {
		for (const char *f = l->flags != NULL ? l->flags : ""; *f != '\0'; f++)
			h[4] |= *f == 'R' ? 0x80 : *f == 'S' ? 0x40 : 0x20;
		address(AF_INET6, l->dst, append(b, 16));
		if (l->mac != NULL) {
			uint8_t *option = append(b, 8);

			option[0] = l->type == 135 ? 1 : 2;
			option[1] = 1;
			pkt_mac(l->mac, option + 2);
		}
	}
}

static void layout_arp(struct builder *b, const struct pkt_layer *l)
{
	uint8_t *h = append(b, 28);

	put16(h, 1);
	put16(h + 2, 0x0800);
	h[4] = 6;
	h[5] = 4;
	put16(h + 6, (uint32_t)l->type);
	pkt_mac(l->mac, h + 8);
	address(AF_INET, l->src, h + 14);
	if (l->target_mac != NULL)
		pkt_mac(l->target_mac, h + 18);
	address(AF_INET, l->dst, h + 24);
}

static void layout(struct builder *b, const struct pkt_layer *l, const struct pkt_layer *next, bool v6)
{
	uint8_t *h;

	switch (l->kind) {
	case PKT_ETH:
		h = append(b, 14);
		pkt_mac(l->dst, h);
		pkt_mac(l->src, h + 6);
		put16(h + 12, or(l->type, ethertype_of(next)));
		break;
	case PKT_VLAN:
		h = append(b, 4);
		put16(h, (uint32_t)(l->prio << 13 | l->id));
		put16(h + 2, ethertype_of(next));
		break;
	case PKT_IP4: layout_ip4(b, l, next); break;
	case PKT_IP6: layout_ip6(b, l, next); break;
	case PKT_HOPOPTS:
	case PKT_DSTOPTS:
	case PKT_ROUTING:
	case PKT_FRAG6: layout_extension(b, l, next); break;
	case PKT_TCP: layout_tcp(b, l); break;
	case PKT_UDP:
		h = append(b, 8);
		put16(h, (uint32_t)l->sport);
		put16(h + 2, (uint32_t)l->dport);
		break;
	case PKT_ICMP:
	case PKT_ECHO:
	case PKT_ND: layout_icmp(b, l, v6); break;
	case PKT_ARP: layout_arp(b, l); break;
	case PKT_BYTES: memcpy(append(b, (uint32_t)l->length), l->bytes, (size_t)l->length); break;
	case PKT_FILL:
		h = append(b, (uint32_t)l->length);
		for (int64_t i = 0; i < l->length; i++)
			h[i] = (uint8_t)(i * 7 + (i >> 8));
		break;
	case PKT_PAD:
		memset(append(b, (uint32_t)l->length), 0xee, (size_t)l->length);
		b->pad = (uint32_t)l->length;
		break;
	default:
		mistake("a layer of unknown kind %d", (int)l->kind);
	}
}

static void complete_checksum(struct builder *b, unsigned int i, uint32_t field, uint32_t end, int ip, uint32_t proto)
{
	const struct pkt_layer *l = b->layer[i];
	uint8_t *at = b->bytes + b->at[i] + field;
	uint32_t sum = 0, length = end - b->at[i];
	uint16_t checksum;

	if (l->no_checksum)
		return;
	if (ip >= 0) {
		bool v6 = b->layer[ip]->kind == PKT_IP6;

		sum = pkt_sum(0, b->bytes + b->at[ip] + (v6 ? 8 : 12), v6 ? 32 : 8);
		sum = pkt_fold(sum + proto + length);
	}
	checksum = (uint16_t)sum;
	if (!l->partial_checksum) {
		checksum = (uint16_t)~pkt_sum(sum, b->bytes + b->at[i], length);
		if (l->kind == PKT_UDP && checksum == 0)
			checksum = 0xffff;
	}
	put16(at, l->bad_checksum ? checksum ^ 0x5555u : checksum);
}

static void complete(struct builder *b)
{
	uint32_t end = b->length - b->pad;

	for (unsigned int i = b->n; i-- > 0;) {
		const struct pkt_layer *l = b->layer[i];
		uint8_t *h = b->bytes + b->at[i];
		int ip = (int)i;

		while (ip >= 0 && b->layer[ip]->kind != PKT_IP4 && b->layer[ip]->kind != PKT_IP6)
			ip--;
		if (l->kind == PKT_IP4) {
			put16(h + 2, or(l->length, end - b->at[i]));
			complete_checksum(b, i, 10, b->at[i + 1], -1, 0);
		} else if (l->kind == PKT_IP6) {
			put16(h + 4, or(l->length, end - b->at[i] - 40));
		} else if (l->kind == PKT_TCP) {
			complete_checksum(b, i, 16, end, ip, IPPROTO_TCP);
		} else if (l->kind == PKT_UDP) {
			put16(h + 4, or(l->length, end - b->at[i]));
			complete_checksum(b, i, 6, end, ip, IPPROTO_UDP);
		} else if (l->kind == PKT_ICMP || l->kind == PKT_ECHO || l->kind == PKT_ND) {
			bool v6 = ip >= 0 && b->layer[ip]->kind == PKT_IP6;

			if (l->kind == PKT_ICMP && l->length != 0)
				end = b->length = b->at[i] + 8 + (uint32_t)l->length;
			complete_checksum(b, i, 2, end, v6 ? ip : -1, IPPROTO_ICMPV6);
		}
	}
}

struct rte_mbuf *pkt_from_bytes(struct rte_mempool *pool, const void *bytes, uint32_t length, const int *split)
{
	struct rte_mbuf *first = NULL, *last = NULL;
	const uint8_t *from = bytes;
	unsigned int n = 0;

	do {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		uint32_t take = length;

		if (m == NULL)
			mistake("the pool is empty");
		if (split != NULL && n < PKT_SPLITS && split[n] > 0)
			take = RTE_MIN(take, (uint32_t)split[n++]);
		take = RTE_MIN(take, (uint32_t)rte_pktmbuf_tailroom(m));
		memcpy(rte_pktmbuf_append(m, (uint16_t)take), from, take);
		from += take;
		length -= take;
		if (first == NULL) {
			first = m;
		} else {
			last->next = m;
			first->nb_segs++;
			first->pkt_len += take;
		}
		last = m;
	} while (length > 0);
	return first;
}

struct rte_mbuf *pkt_build(struct rte_mempool *pool, const struct pkt_layer *layers)
{
	static const struct pkt_layer nothing = { .kind = PKT_END };
	struct builder b = { .bytes = calloc(1, 2 * 65536) };
	struct rte_mbuf *m;
	uint32_t cut = UINT32_MAX;
	bool v6 = false;
	int checked = 0;

	if (b.bytes == NULL)
		mistake("no memory");
	for (const struct pkt_layer *l = layers; l->kind != PKT_END; l++) {
		if (l->kind == PKT_SPLIT)
			b.split = l->split;
		else if (l->kind == PKT_CUT)
			cut = (uint32_t)l->length;
		else if (l->kind == PKT_VLAN && l->stripped)
			b.stripped = l;
		else if (b.n == LAYERS_MAX)
			mistake("more than %d layers", LAYERS_MAX);
		else
			b.layer[b.n++] = l;
	}
	for (unsigned int i = 0; i < b.n; i++) {
		const struct pkt_layer *l = b.layer[i];

		checked += l->checked;
		if (l->kind == PKT_IP4 || l->kind == PKT_IP6)
			v6 = l->kind == PKT_IP6;
		b.at[i] = b.length;
		layout(&b, l, i + 1 < b.n ? b.layer[i + 1] : &nothing, v6);
	}
	b.at[b.n] = b.length;
	complete(&b);
	m = pkt_from_bytes(pool, b.bytes, RTE_MIN(b.length, cut), b.split);
	if (b.stripped != NULL) {
		m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		m->vlan_tci = (uint16_t)(b.stripped->prio << 13 | b.stripped->id);
	}
	if (checked != 0)
		m->ol_flags |= checked > 0 ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : RTE_MBUF_F_RX_IP_CKSUM_BAD;
	free(b.bytes);
	return m;
}
