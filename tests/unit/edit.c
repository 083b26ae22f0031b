/* SPDX-License-Identifier: BSD-3-Clause */
/* The property that matters: whatever is rewritten, the incremental checksum is the one a new computation would give. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "eal.h"
#include "packet_builder.h"
#include "packet_parsed.h"
#include "sluice/packet/edit.h"

#define ROUNDS 100000

static struct rte_mempool *pool;

/* xorshift64* (Vigna 2016), fixed seed: the same packets in every run. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

static void fill(uint64_t *seed, void *to, size_t n)
{
	uint8_t *at = to;

	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(next(seed) >> 56);
}

/* Mostly random, sometimes full of the words where one's complement arithmetic has its corners. */
static void fill_words(uint64_t *seed, void *to, size_t n)
{
	fill(seed, to, n);
	if (next(seed) % 8 == 0)
		memset(to, next(seed) % 2 ? 0xff : 0, n - 1);
}

static void random_addresses(uint64_t *seed, bool v6, char src[SL_IP_STRLEN], char dst[SL_IP_STRLEN])
{
	struct sl_ip ip[2] = { { .q = { 0, 0 } }, { .q = { 0, 0 } } };

	for (int i = 0; i < 2; i++) {
		fill_words(seed, ip[i].b, 16);
		if (!v6)
			ip[i] = sl_ip_from_v4(ip[i].w_be[0]);
		ip[i].b[v6 ? 0 : 12] = v6 ? 0x20 : 10;
		sl_ip_format(&ip[i], i == 0 ? src : dst);
	}
}

static void rewrite_v4(struct rte_mbuf *m, const struct sl_pkt *p, uint64_t *seed)
{
	struct {
		uint32_t src, dst;
		uint16_t sport, dport;
	} old = { sl_ip_v4_be(&p->src), sl_ip_v4_be(&p->dst), p->sport_be, p->dport_be }, new;
	struct sl_rewrite_v4 to;

	fill_words(seed, &new, sizeof(new));
	to = (struct sl_rewrite_v4){ new.src, new.dst, new.sport, new.dport, sl_checksum_delta(&old, &new, 4),
				     sl_checksum_delta(&old, &new, 6) };
	sl_edit_rewrite_v4(m, p, &to);
}

static void rewrite_v6(struct rte_mbuf *m, const struct sl_pkt *p, uint64_t *seed)
{
	struct {
		struct sl_ip src, dst;
		uint16_t sport, dport;
	} old = { p->src, p->dst, p->sport_be, p->dport_be }, new;
	struct sl_rewrite_v6 to;

	fill_words(seed, &new, sizeof(new));
	to = (struct sl_rewrite_v6){ &new.src, &new.dst, new.sport, new.dport, sl_checksum_delta(&old, &new, 18) };
	sl_edit_rewrite_v6(m, p, &to);
}

/* The transport checksum of a flat packet as the plain reference computes it. */
static uint16_t reference(const struct rte_mbuf *m, const struct sl_pkt *p, uint16_t *stored)
{
	uint32_t length = p->l3_len - (p->l4 - p->l3), field = p->proto == IPPROTO_UDP ? 6 : 16, sum;
	uint8_t copy[2048];
	const void *bytes = rte_pktmbuf_read(m, 0, m->pkt_len, copy);
	uint16_t checksum;

	if (bytes != copy)
		memcpy(copy, bytes, m->pkt_len);
	sum = pkt_sum(0, copy + p->l3 + (p->flags & SL_PKT_V6 ? 8 : 12), p->flags & SL_PKT_V6 ? 32 : 8);
	memcpy(stored, copy + p->l4 + field, 2);
	memset(copy + p->l4 + field, 0, 2);
	checksum = (uint16_t)~pkt_sum(pkt_fold(sum + p->proto + length), copy + p->l4, length);
	*stored = ntohs(*stored);
	return p->proto == IPPROTO_UDP && checksum == 0 ? 0xffff : checksum;
}

static void incremental_equals_recomputed(void **state)
{
	uint64_t seed = 0x51e1ce;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		bool v6 = next(&seed) & 1, tcp = next(&seed) & 1, none = !tcp && !v6 && next(&seed) % 8 == 0;
		char src[SL_IP_STRLEN], dst[SL_IP_STRLEN];
		uint8_t data[64];
		int length = (int)(next(&seed) % sizeof(data)), ports[2];
		int split = next(&seed) % 4 == 0 ? (int)(14 + next(&seed) % 100) : 0;
		uint16_t stored, computed;
		struct rte_mbuf *m;
		struct sl_pkt p;

		random_addresses(&seed, v6, src, dst);
		fill_words(&seed, data, sizeof(data));
		ports[0] = (int)(next(&seed) & 0xffff);
		ports[1] = next(&seed) % 8 == 0 ? 0 : (int)(next(&seed) & 0xffff);
		const struct pkt_layer layers[] = {
			ETH("02::01", "02::fe"),
			v6 ? (struct pkt_layer)IP6(src, dst) : (struct pkt_layer)IP4(src, dst),
			tcp ? (struct pkt_layer)TCP(ports[0], ports[1], "A", .seq = (uint32_t)next(&seed))
			    : (struct pkt_layer)UDP(ports[0], ports[1], .no_checksum = none),
			BYTES(data, length), SPLIT(split, 1, 7), { .kind = PKT_END },
		};
		m = pkt_build(pool, layers);
		p = pkt_parsed(m);
		/* every 16th was corrupted on its way, and must stay so */
		bool corrupt = !none && length > 0 && next(&seed) % 16 == 0;
		if (corrupt) {
			uint8_t *last = rte_pktmbuf_mtod_offset(rte_pktmbuf_lastseg(m), uint8_t *,
								rte_pktmbuf_lastseg(m)->data_len - 1);
			*last ^= 0x10;
		}
		if (v6)
			rewrite_v6(m, &p, &seed);
		else
			rewrite_v4(m, &p, &seed);

		computed = reference(m, &p, &stored);
		if (none)
			assert_int_equal(stored, 0);
		else if (corrupt)
			assert_int_not_equal(stored, computed);
		else
			assert_int_equal(stored, computed);
		if (!v6) {
			const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, p.l3);
			uint16_t header = ip->hdr_checksum;

			assert_int_equal(header, sl_checksum_ipv4_header(ip));
			assert_true(sl_checksum_ipv4_is_good(ip));
			assert_int_equal(pkt_sum(0, (const uint8_t *)ip, 20), 0xffff);
		}
		rte_pktmbuf_free(m);
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

/* Complete checksums over chains cut anywhere, odd places included, agree with the plain reference. */
static void complete_over_segments(void **state)
{
	uint64_t seed = 7;
	uint8_t bytes[600];
	struct sl_ip src, dst;

	assert_int_equal(sl_ip_parse("2001:db8::1", &src), 0);
	assert_int_equal(sl_ip_parse("2001:db8::2", &dst), 0);
	fill(&seed, bytes, sizeof(bytes));
	for (unsigned int i = 0; i < 5000; i++) {
		uint32_t length = (uint32_t)(1 + next(&seed) % sizeof(bytes)), from = (uint32_t)(next(&seed) % length);
		int split[PKT_SPLITS];
		struct rte_mbuf *m;
		uint32_t sum;

		for (int k = 0; k < PKT_SPLITS; k++)
			split[k] = (int)(1 + next(&seed) % 60);
		m = pkt_from_bytes(pool, bytes, length, split);
		sum = pkt_sum(0, bytes + from, length - from);
		assert_int_equal(ntohs(sl_checksum_icmp(m, from, length - from)), (uint16_t)~sum);
		sum = pkt_sum(pkt_sum(sum + 58, src.b, 16), dst.b, 16);
		sum = pkt_fold(sum + length - from);
		assert_int_equal(ntohs(sl_checksum_l4(m, from, length - from, &src, &dst, 58)), (uint16_t)~sum);
		rte_pktmbuf_free(m);
	}
}

struct edit_case {
	const char *name;
	struct pkt_layer layers[6];
	const char *expect;
};

#define E ETH("02::01", "02::fe")
#define S4 "192.0.2.1"
#define D4 "192.0.2.10"
#define S6 "2001:db8::1"
#define D6 "2001:db8::10"

/* Rewritten to 10.0.0.1:7 > 10.0.0.2:8 or fd00::1 > fd00::2, and one hop further. */
static const struct edit_case rewrite_cases[] = {
	{ "tcp", { E, IP4(S4, D4), TCP(1000, 80, "PA", .seq = 5, .ack = 6), PAYLOAD("hello") },
	  "eth 02::01>02::fe ip4 10.0.0.1>10.0.0.2 ttl 63 tcp 7>8 PA seq 5 ack 6 win 65535 len 5 \"hello\" [csum ok]" },
	{ "udp", { E, VLAN(5), IP4(S4, D4, .ttl = 2, .options = "01010100"), UDP(1000, 80), PAYLOAD("hello") },
	  "eth 02::01>02::fe vlan 5 ip4 10.0.0.1>10.0.0.2 ttl 1 opt 01010100 udp 7>8 len 5 \"hello\" [csum ok]" },
	{ "udp without checksum", { E, IP4(S4, D4), UDP(1000, 80, .no_checksum = 1) },
	  "eth 02::01>02::fe ip4 10.0.0.1>10.0.0.2 ttl 63 udp 7>8 len 0 [csum none]" },
	{ "corrupted", { E, IP4(S4, D4), UDP(1000, 80, .bad_checksum = 1) },
	  "eth 02::01>02::fe ip4 10.0.0.1>10.0.0.2 ttl 63 udp 7>8 len 0 [csum BAD]" },
	{ "partial: the sender's mistake stays visible", { E, IP4(S4, D4), TCP(1000, 80, "S", .partial_checksum = 1) },
	  "eth 02::01>02::fe ip4 10.0.0.1>10.0.0.2 ttl 63 tcp 7>8 S seq 0 ack 0 win 65535 len 0 [csum BAD]" },
	{ "later fragment: addresses only", { E, IP4(S4, D4, .offset = 8, .id = 3, .proto = IPPROTO_TCP), PAYLOAD("01234567890123456789") },
	  "eth 02::01>02::fe ip4 10.0.0.1>10.0.0.2 ttl 63 frag 3:8 proto 6 len 20 \"01234567890123456789\"" },
	{ "tcp 6", { E, IP6(S6, D6), TCP(1000, 80, "S") },
	  "eth 02::01>02::fe ip6 fd00::1>fd00::2 ttl 63 tcp 7>8 S seq 0 ack 0 win 65535 len 0 [csum ok]" },
	{ "udp 6", { E, IP6(S6, D6, .ttl = 255), DSTOPTS(), UDP(1000, 80), PAYLOAD("odd") },
	  "eth 02::01>02::fe ip6 fd00::1>fd00::2 ttl 254 dst udp 7>8 len 3 \"odd\" [csum ok]" },
	{ "later fragment 6", { E, IP6(S6, D6), FRAG6(9, 16, 0, .proto = IPPROTO_UDP), PAYLOAD("tail of a datagram") },
	  "eth 02::01>02::fe ip6 fd00::1>fd00::2 ttl 63 frag 9:16 proto 17 len 18 \"tail of a datagram\"" },
};

static void rewrite(void **state)
{
	struct {
		struct sl_ip src, dst;
		uint16_t sport, dport;
	} old, new = { .sport = RTE_BE16(7), .dport = RTE_BE16(8) };

	for (unsigned int i = 0; i < RTE_DIM(rewrite_cases); i++) {
		struct rte_mbuf *m = pkt_build(pool, rewrite_cases[i].layers);
		struct sl_pkt p = pkt_parsed(m);
		bool v6 = (p.flags & SL_PKT_V6) != 0;
		char text[PKT_TEXT_MAX];

		old.src = p.src;
		old.dst = p.dst;
		old.sport = p.sport_be;
		old.dport = p.dport_be;
		sl_ip_parse(v6 ? "fd00::1" : "10.0.0.1", &new.src);
		sl_ip_parse(v6 ? "fd00::2" : "10.0.0.2", &new.dst);
		/* over the mapped form the IPv4 difference comes out the same */
		uint16_t l4_delta = sl_checksum_delta(&old, &new, 18);
		struct sl_rewrite_v4 v4 = { sl_ip_v4_be(&new.src), sl_ip_v4_be(&new.dst), new.sport, new.dport,
					    sl_checksum_delta(&old, &new, 16), l4_delta };
		struct sl_rewrite_v6 six = { &new.src, &new.dst, new.sport, new.dport, l4_delta };

		if (v6)
			sl_edit_rewrite_v6(m, &p, &six);
		else
			sl_edit_rewrite_v4(m, &p, &v4);
		if (strcmp(pkt_text(m, text), rewrite_cases[i].expect) != 0)
			fail_msg("%s\n  expected %s\n  got      %s", rewrite_cases[i].name, rewrite_cases[i].expect, text);
		rte_pktmbuf_free(m);
	}
}

/* The zeros: checksum in, delta, checksum out for TCP and for UDP over IPv4 (host order). */
static void zeros(void **state)
{
	static const struct {
		uint16_t checksum, delta, tcp, udp;
	} cases[] = {
		{ 0x0000, 0x1234, 0xedcb, 0x0000 }, /* UDP: none */
		{ 0x0000, 0x0000, 0x0000, 0x0000 },
		{ 0x0000, 0xffff, 0x0000, 0x0000 }, /* -0 changes nothing */
		{ 0xffff, 0x0000, 0xffff, 0xffff },
		{ 0xffff, 0xffff, 0x0000, 0xffff }, /* the ambiguous zero of TCP: both are good */
		{ 0xffff, 0x1234, 0xedcb, 0xedcb },
		{ 0x1234, 0x1234, 0x0000, 0xffff }, /* result 0 is sent as all ones by UDP */
		{ 0x1234, 0x0000, 0x1234, 0x1234 },
		{ 0x1234, 0xffff, 0x1234, 0x1234 },
		{ 0x1234, 0x1235, 0xfffe, 0xfffe }, /* end-around borrow */
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		uint16_t words[10] = { 0 };

		words[8] = htons(cases[i].checksum);
		sl_edit_l4((uint8_t *)words, IPPROTO_TCP, 1, 2, htons(cases[i].delta));
		assert_int_equal(ntohs(words[8]), cases[i].tcp);
		words[3] = htons(cases[i].checksum);
		sl_edit_l4((uint8_t *)words, IPPROTO_UDP, 1, 2, htons(cases[i].delta));
		assert_int_equal(ntohs(words[3]), cases[i].udp);
		assert_int_equal(words[0], 1);
		assert_int_equal(words[1], 2);
	}
}

static void ip_headers(void **state)
{
	static const struct {
		const char *src, *dst, *expect;
	} cases[] = {
		{ "192.0.2.1", "198.51.100.7", "ip4 192.0.2.1>198.51.100.7 ttl 33 DF proto 99 len 4 \"data\"" },
		{ "2001:db8::1", "2001:db8::2", "ip6 2001:db8::1>2001:db8::2 ttl 33 proto 99 len 4 \"data\"" },
		{ "::", "ff02::1", "ip6 ::>ff02::1 ttl 33 proto 99 len 4 \"data\"" },
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		char text[PKT_TEXT_MAX];
		struct sl_ip src, dst;
		unsigned int header;
		char *at;

		sl_ip_parse(cases[i].src, &src);
		sl_ip_parse(cases[i].dst, &dst);
		header = sl_ip_header_len(&dst);
		at = rte_pktmbuf_append(m, (uint16_t)(header + 4));
		memset(at, 0xa5, header);
		memcpy(at + header, "data", 4);
		sl_edit_ip_header(at, &src, &dst, 99, 33, 4);
		assert_string_equal(pkt_text_ip(m, text), cases[i].expect);
		rte_pktmbuf_free(m);
	}
}

/* What a sender with checksum offload leaves in the field is what sl_checksum_pseudo says. */
static void pseudo(void **state)
{
	struct rte_mbuf *m = pkt(pool, E, IP4(S4, D4), TCP(1, 2, "S", .partial_checksum = 1), PAYLOAD("abc"));
	struct rte_mbuf *six = pkt(pool, E, IP6(S6, D6), UDP(1, 2, .partial_checksum = 1), PAYLOAD("abc"));
	struct sl_pkt p = pkt_parsed(m), p6 = pkt_parsed(six);

	assert_int_equal(sl_checksum_pseudo(&p.src, &p.dst, IPPROTO_TCP, 23),
			 rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, p.l4)->cksum);
	assert_int_equal(sl_checksum_pseudo(&p6.src, &p6.dst, IPPROTO_UDP, 11),
			 rte_pktmbuf_mtod_offset(six, struct rte_udp_hdr *, p6.l4)->dgram_cksum);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(six);
}

static int set_up(void **state)
{
	test_eal_init("edit");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeros),
		cmocka_unit_test(rewrite),
		cmocka_unit_test(ip_headers),
		cmocka_unit_test(pseudo),
		cmocka_unit_test(complete_over_segments),
		cmocka_unit_test(incremental_equals_recomputed),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
