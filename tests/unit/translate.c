/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 7915 on single packets: each rule of docs/rfc/rfc7915.md that does not need the pipeline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "packet_builder.h"
#include "packet_parsed.h"
#include "sluice/packet/edit.h"
#include "sluice/packet/translate.h"

static struct rte_mempool *pool;

#define E ETH("02::01", "02::fe")
#define V4(...) IP4("192.0.2.1", "192.0.2.10", __VA_ARGS__)
#define V6(...) IP6("2001:db8::1", "2001:db8::10", __VA_ARGS__)
#define OUT4 "ip4 10.0.0.1>10.0.0.2 "
#define OUT6 "ip6 fd00::1>fd00::2 "

struct translate_case {
	const char *name;
	struct pkt_layer layers[8];
	const char *expect; /* NULL: `cause` instead */
	enum sl_drop_cause cause;
};

/* To fd00::1 > fd00::2, ports 7 > 8. */
static const struct translate_case to_v6_cases[] = {
	{ "tcp", { E, V4(), TCP(1000, 80, "PA", .seq = 5, .ack = 6), PAYLOAD("hello") },
	  .expect = OUT6 "ttl 63 tcp 7>8 PA seq 5 ack 6 win 65535 len 5 \"hello\" [csum ok]" },
	{ "TOS becomes traffic class, with the ECN bits", { E, V4(.tos = 0xbb, .ttl = 2), TCP(1000, 80, "A") },
	  .expect = OUT6 "ttl 1 tos 0xbb tcp 7>8 A seq 0 ack 0 win 65535 len 0 [csum ok]" },
	{ "options fall away", { E, VLAN(5), V4(.options = "01010100"), UDP(1000, 80), PAYLOAD("odd") },
	  .expect = OUT6 "ttl 63 udp 7>8 len 3 \"odd\" [csum ok]" },
	{ "no fragment header for a whole packet, DF or not", { E, V4(.id = 9, .df = 1), UDP(1000, 80) },
	  .expect = OUT6 "ttl 63 udp 7>8 len 0 [csum ok]" },
	{ "UDP without checksum gets one", { E, V4(), UDP(1000, 80, .no_checksum = 1), PAYLOAD("zero"), SPLIT(44, 1) },
	  .expect = OUT6 "ttl 63 udp 7>8 len 4 \"zero\" [csum ok]" },
	{ "a fragment of one cannot", { E, V4(.mf = 1), UDP(1000, 80, .no_checksum = 1), FILL(8) }, .cause = SL_DROP_L4_CHECKSUM },
	{ "a wrong checksum stays wrong", { E, V4(), UDP(1000, 80, .bad_checksum = 1) },
	  .expect = OUT6 "ttl 63 udp 7>8 len 0 [csum BAD]" },
	{ "first fragment", { E, V4(.id = 0x1234, .mf = 1), UDP(1000, 80, .length = 40), PAYLOAD("8 bytes.") },
	  .expect = OUT6 "ttl 63 frag 4660:0+ udp 7>8 len 8 \"8 bytes.\"" },
	{ "last fragment", { E, V4(.id = 0x1234, .offset = 1480, .proto = IPPROTO_TCP), PAYLOAD("the end") },
	  .expect = OUT6 "ttl 63 frag 4660:1480 proto 6 len 7 \"the end\"" },
};

/* The same, to be cut: a fragment header in any case. */
static const struct translate_case to_be_cut_cases[] = {
	{ "whole packet", { E, V4(.id = 9), UDP(1000, 80), PAYLOAD("whole") },
	  .expect = OUT6 "ttl 63 frag 9:0 udp 7>8 len 5 \"whole\" [csum ok]" },
	{ "its checksum", { E, V4(.id = 9), UDP(1000, 80, .no_checksum = 1), PAYLOAD("whole") },
	  .expect = OUT6 "ttl 63 frag 9:0 udp 7>8 len 5 \"whole\" [csum ok]" },
	{ "fragment", { E, V4(.id = 9, .mf = 1), UDP(1000, 80, .length = 40), PAYLOAD("8 bytes.") },
	  .expect = OUT6 "ttl 63 frag 9:0+ udp 7>8 len 8 \"8 bytes.\"" },
};

/* To 10.0.0.1 > 10.0.0.2, ports 7 > 8. */
static const struct translate_case to_v4_cases[] = {
	{ "tcp, up to 1260 bytes: DF clear, an identification", { E, V6(), TCP(1000, 80, "PA", .seq = 5, .ack = 6), PAYLOAD("hello") },
	  .expect = OUT4 "ttl 63 tcp 7>8 PA seq 5 ack 6 win 65535 len 5 \"hello\" [csum ok]" },
	{ "1260 bytes", { E, V6(), UDP(1000, 80), FILL(1232) },
	  .expect = OUT4 "ttl 63 udp 7>8 len 1232 #c53718e5 [csum ok]" },
	{ "1261 bytes: DF set", { E, V6(), UDP(1000, 80), FILL(1233) },
	  .expect = OUT4 "ttl 63 DF udp 7>8 len 1233 #c6bb4783 [csum ok]" },
	{ "traffic class becomes TOS, the flow label is lost", { E, V6(.tos = 0xb8, .flow = 0x54321, .ttl = 255), UDP(1000, 80) },
	  .expect = OUT4 "ttl 254 tos 0xb8 udp 7>8 len 0 [csum ok]" },
	{ "extension headers fall away", { E, V6(), HOPOPTS(), ROUTING(3, 0), DSTOPTS(), UDP(1000, 80), PAYLOAD("odd") },
	  .expect = OUT4 "ttl 63 udp 7>8 len 3 \"odd\" [csum ok]" },
	{ "atomic fragment: its identification, DF clear", { E, V6(), FRAG6(0x56781234, 0, 0), UDP(1000, 80), FILL(1300) },
	  .expect = OUT4 "ttl 63 id 4660 udp 7>8 len 1300 #73463c7d [csum ok]" },
	{ "first fragment", { E, V6(), DSTOPTS(), FRAG6(0x56781234, 0, 1), UDP(1000, 80, .length = 40), PAYLOAD("8 bytes.") },
	  .expect = OUT4 "ttl 63 frag 4660:0+ udp 7>8 len 8 \"8 bytes.\"" },
	{ "last fragment", { E, V6(), FRAG6(0x56781234, 1448, 0, .proto = IPPROTO_TCP), PAYLOAD("the end") },
	  .expect = OUT4 "ttl 63 frag 4660:1448 proto 6 len 7 \"the end\"" },
	{ "a wrong checksum stays wrong", { E, V6(), TCP(1000, 80, "A", .bad_checksum = 1) },
	  .expect = OUT4 "ttl 63 tcp 7>8 A seq 0 ack 0 win 65535 len 0 [csum BAD]" },
};

static enum sl_drop_cause translate(struct rte_mbuf *m, struct sl_pkt *p, const char *src, const char *dst, bool to_be_cut)
{
	struct {
		struct sl_ip src, dst;
		uint16_t sport, dport;
	} old = { p->src, p->dst, p->sport_be, p->dport_be }, new = { .sport = RTE_BE16(7), .dport = RTE_BE16(8) };

	sl_ip_parse(src, &new.src);
	sl_ip_parse(dst, &new.dst);
	struct sl_translation to = { &new.src, &new.dst, new.sport, new.dport, sl_checksum_delta(&old, &new, 18), to_be_cut };
	return sl_translate(m, p, &to);
}

static void check_cases(const struct translate_case *cases, size_t n, const char *src, const char *dst, bool to_be_cut)
{
	for (size_t i = 0; i < n; i++) {
		struct rte_mbuf *m = pkt_build(pool, cases[i].layers);
		struct sl_pkt p = pkt_parsed(m);
		uint32_t length = sl_translate_length(&p);
		char text[PKT_TEXT_MAX];
		enum sl_drop_cause cause = translate(m, &p, src, dst, to_be_cut);

		if (cases[i].expect == NULL) {
			assert_int_equal(cause, cases[i].cause);
		} else {
			assert_int_equal(cause, SL_TRANSLATE_OK);
			if (strcmp(pkt_text_ip(m, text), cases[i].expect) != 0)
				fail_msg("%s\n  expected %s\n  got      %s", cases[i].name, cases[i].expect, text);
			assert_int_equal(p.l3, 0);
			assert_int_equal(p.l3_len, m->pkt_len);
			assert_int_equal(to_be_cut || length == m->pkt_len, 1);
			assert_int_equal((p.flags & SL_PKT_FRAGMENT) != 0, strstr(text, " frag ") != NULL);
		}
		rte_pktmbuf_free(m);
	}
}

static void test_to_v6(void **state)
{
	check_cases(to_v6_cases, RTE_DIM(to_v6_cases), "fd00::1", "fd00::2", false);
	check_cases(to_be_cut_cases, RTE_DIM(to_be_cut_cases), "fd00::1", "fd00::2", true);
}

static void test_to_v4(void **state)
{
	check_cases(to_v4_cases, RTE_DIM(to_v4_cases), "10.0.0.1", "10.0.0.2", false);
}

/* There and back again, all lengths, cut into segments anywhere behind the headers: the checksum stays right. */
static void test_both_ways(void **state)
{
	char text[PKT_TEXT_MAX];

	for (int length = 0; length < 300; length++) {
		struct rte_mbuf *m = pkt(pool, E, V4(), UDP(1000, 80), FILL(length), SPLIT(42 + length / 3, length % 7));
		struct sl_pkt p = pkt_parsed(m);

		for (unsigned int hop = 0; hop < 20; hop++) {
			assert_int_equal(translate(m, &p, hop % 2 ? "10.1.0.3" : "2001:db8:ffff::3",
						   hop % 2 ? "10.255.255.255" : "ffff::ffff", false), SL_TRANSLATE_OK);
			p.sport_be = RTE_BE16(7);
			p.dport_be = RTE_BE16(8);
			assert_non_null(strstr(pkt_text_ip(m, text), "[csum ok]"));
			assert_null(strstr(text, "BAD"));
		}
		rte_pktmbuf_free(m);
	}
}

static void test_mtu(void **state)
{
	struct sl_pkt v4 = { .flags = 0 }, fragment = { .flags = SL_PKT_FRAGMENT }, v6 = { .flags = SL_PKT_V6 };

	assert_int_equal(sl_translate_mtu(&v4, 1500), 1480);
	assert_int_equal(sl_translate_mtu(&v4, 1280), 1260);
	assert_int_equal(sl_translate_mtu(&fragment, 1500), 1472); /* it grows by its fragment header, too */
	assert_int_equal(sl_translate_mtu(&v6, 1500), 1520);
	assert_int_equal(sl_translate_mtu(&v6, 1260), 1280);
	assert_int_equal(sl_translate_mtu(&v6, 576), 1280); /* an IPv6 host does not go below (RFC 8200 section 5) */
}

static int set_up(void **state)
{
	test_eal_init("translate");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_v6),
		cmocka_unit_test(test_to_v4),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_mtu),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
