/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors between the families: every type, code and pointer of RFC 7915 sections 4.2 and 5.2, and the quoted packet. */
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
#include "sluice/packet/parse.h"
#include "sluice/packet/translate.h"

static struct rte_mempool *pool;

/* A router 192.0.2.9 or 2001:db8::9 about what we sent from .3 port 5000 to .1 port 8080; the other end is 7 > 8. */
#define E ETH("02::01", "02::fe")
#define ERROR4(...) E, IP4("192.0.2.9", "192.0.2.3", .tos = 0xc0), ICMP(__VA_ARGS__), IP4("192.0.2.3", "192.0.2.1", .tos = 0x28, .ttl = 9)
#define ERROR6(...) E, IP6("2001:db8::9", "2001:db8::3", .tos = 0xc0), ICMP(__VA_ARGS__), IP6("2001:db8::3", "2001:db8::1", .tos = 0x28, .ttl = 9)
#define QUOTED TCP(5000, 8080, "S", .seq = 1)
#define QUOTED6 "{ ip6 fd00::7>fd00::8 ttl 9 tos 0x28 tcp 7>8 S seq 1 ack 0 win 65535 len 0 [csum ok] } [csum ok]"
#define QUOTED4 "{ ip4 10.0.0.7>10.0.0.8 ttl 9 tos 0x28 DF tcp 7>8 S seq 1 ack 0 win 65535 len 0 [csum ok] } [csum ok]"
#define OUT6 "ip6 fd00::8>fd00::7 ttl 64 tos 0xc0 icmp "
#define OUT4 "ip4 10.0.0.8>10.0.0.7 ttl 64 tos 0xc0 DF icmp "

/* Translate the error (m, p) to the other family, in which its two ends are 7 and 8. */
static enum sl_drop_cause translate(struct rte_mbuf *m, struct sl_pkt *p, uint16_t mtu)
{
	struct sl_quote_rewrite to = { .sport_be = RTE_BE16(7), .dport_be = RTE_BE16(8) };
	bool to_v6 = !(p->flags & SL_PKT_V6);
	struct sl_quote q;

	sl_ip_parse(to_v6 ? "fd00::7" : "10.0.0.7", &to.src);
	sl_ip_parse(to_v6 ? "fd00::8" : "10.0.0.8", &to.dst);
	to.outer_src = to.dst;
	to.outer_dst = to.src;
	assert_int_equal(sl_quote_parse(m, p, &q), SL_PARSE_OK);
	return sl_translate_error_packet(m, p, &q, &to, mtu);
}

/* The line of the translated error, or the name of the cause. */
static const char *translated(struct rte_mbuf *m, uint16_t mtu, char text[PKT_TEXT_MAX])
{
	struct sl_pkt p = pkt_parsed(m);
	bool to_v6 = !(p.flags & SL_PKT_V6);

	assert_true(sl_icmp_quotes(&p));
	enum sl_drop_cause cause = translate(m, &p, mtu);
	if (cause != SL_TRANSLATE_OK)
		return sl_drop_infos[cause].name;
	assert_int_equal(p.l3, 0);
	assert_int_equal(p.l3_len, m->pkt_len);
	assert_int_equal(!(p.flags & SL_PKT_V6), !to_v6);
	pkt_text_ip(m, text);
	if (strncmp(text, to_v6 ? OUT6 : OUT4, strlen(to_v6 ? OUT6 : OUT4)) != 0)
		fail_msg("outer header: %s", text);
	text += strlen(to_v6 ? OUT6 : OUT4);
	char *quote = strstr(text, " {");
	assert_non_null(quote);
	assert_string_equal(quote + 1, to_v6 ? QUOTED6 : QUOTED4);
	*quote = '\0';
	return text;
}

struct message_case {
	int type, code;
	int64_t rest;
	const char *expect;
};

static const struct message_case v4_cases[] = {
	{ 3, 0, 0, "unreachable 0" }, { 3, 1, 0, "unreachable 0" }, { 3, 2, 0, "parameter 1 rest 6" },
	{ 3, 3, 0, "unreachable 4" }, { 3, 5, 0, "unreachable 0" }, { 3, 6, 0, "unreachable 0" },
	{ 3, 7, 0, "unreachable 0" }, { 3, 8, 0, "unreachable 0" }, { 3, 9, 0, "unreachable 1" },
	{ 3, 10, 0, "unreachable 1" }, { 3, 11, 0, "unreachable 0" }, { 3, 12, 0, "unreachable 0" },
	{ 3, 13, 0, "unreachable 1" }, { 3, 14, 0, "icmp_family" }, { 3, 15, 0, "unreachable 1" },
	{ 3, 16, 0, "icmp_family" }, { 3, 255, 0, "icmp_family" },
	{ 3, 4, 1400, "too-big 0 mtu 1420" }, { 3, 4, 1480, "too-big 0 mtu 1500" }, { 3, 4, 9000, "too-big 0 mtu 1520" },
	{ 3, 4, 600, "too-big 0 mtu 1280" }, { 3, 4, 0, "too-big 0 mtu 1280" },
	{ 11, 0, 0, "time-exceeded 0" }, { 11, 1, 0, "time-exceeded 1" },
	{ 12, 0, 0 << 24, "parameter 0" }, { 12, 0, 1 << 24, "parameter 0 rest 1" },
	{ 12, 0, 2 << 24, "parameter 0 rest 4" }, { 12, 2, 3 << 24, "parameter 0 rest 4" },
	{ 12, 0, 4 << 24, "icmp_family" }, { 12, 0, 6 << 24, "icmp_family" }, { 12, 0, 8 << 24, "parameter 0 rest 7" },
	{ 12, 0, 9 << 24, "parameter 0 rest 6" }, { 12, 0, 10 << 24, "icmp_family" }, { 12, 0, 15 << 24, "parameter 0 rest 8" },
	{ 12, 0, 16 << 24, "parameter 0 rest 24" }, { 12, 0, 20 << 24, "icmp_family" }, { 12, 1, 0, "icmp_family" },
	{ 12, 3, 0, "icmp_family" },
};

static const struct message_case v6_cases[] = {
	{ 1, 0, 0, "unreachable 1" }, { 1, 1, 0, "unreachable 10" }, { 1, 2, 0, "unreachable 1" },
	{ 1, 3, 0, "unreachable 1" }, { 1, 4, 0, "unreachable 3" }, { 1, 5, 0, "icmp_family" }, { 1, 6, 0, "icmp_family" },
	{ 2, 0, 1400, "unreachable 4 mtu 1380" }, { 2, 0, 9000, "unreachable 4 mtu 1480" },
	{ 3, 0, 0, "time-exceeded 0" }, { 3, 1, 0, "time-exceeded 1" },
	{ 4, 0, 0, "parameter 0" }, { 4, 0, 1, "parameter 0 rest 16777216" }, { 4, 0, 2, "icmp_family" },
	{ 4, 0, 4, "parameter 0 rest 33554432" }, { 4, 0, 6, "parameter 0 rest 150994944" },
	{ 4, 0, 7, "parameter 0 rest 134217728" }, { 4, 0, 8, "parameter 0 rest 201326592" },
	{ 4, 0, 24, "parameter 0 rest 268435456" }, { 4, 0, 39, "parameter 0 rest 268435456" }, { 4, 0, 40, "icmp_family" },
	{ 4, 1, 6, "unreachable 2" }, { 4, 2, 6, "icmp_family" },
};

static void test_messages(void **state)
{
	char text[PKT_TEXT_MAX];

	for (size_t i = 0; i < RTE_DIM(v4_cases); i++) {
		const struct message_case *c = &v4_cases[i];
		struct rte_mbuf *m = pkt(pool, ERROR4(c->type, c->code, .rest = c->rest), QUOTED);
		const char *got = translated(m, 1500, text);
		if (strcmp(got, c->expect) != 0)
			fail_msg("ICMP %d/%d %lu: %s, expected %s", c->type, c->code, (long)c->rest, got, c->expect);
		rte_pktmbuf_free(m);
	}
	for (size_t i = 0; i < RTE_DIM(v6_cases); i++) {
		const struct message_case *c = &v6_cases[i];
		struct rte_mbuf *m = pkt(pool, ERROR6(c->type, c->code, .rest = c->rest), QUOTED);
		const char *got = translated(m, 1500, text);
		if (strcmp(got, c->expect) != 0)
			fail_msg("ICMPv6 %d/%d %lu: %s, expected %s", c->type, c->code, (long)c->rest, got, c->expect);
		rte_pktmbuf_free(m);
	}
}

/* A router that names no MTU: the plateau below the quoted packet's size (RFC 1191 section 7). */
static void test_plateau(void **state)
{
	char text[PKT_TEXT_MAX];
	struct rte_mbuf *m = pkt(pool, E, IP4("192.0.2.9", "192.0.2.3", .tos = 0xc0), ICMP(3, 4),
				 IP4("192.0.2.3", "192.0.2.1", .ttl = 9, .length = 1500), UDP(5000, 8080, .length = 1480), CUT(70));
	struct sl_pkt p;

	/* cut the quote as the router did: eight bytes of layer 4 */
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, 14);
	assert_int_equal(ip[3], 56);
	p = pkt_parsed(m);
	assert_int_equal(p.l3_len, 56);
	assert_int_equal(translate(m, &p, UINT16_MAX), SL_TRANSLATE_OK);
	assert_non_null(strstr(pkt_text_ip(m, text), "too-big 0 mtu 1512 { ip6 fd00::7>fd00::8 ttl 9 "));
	rte_pktmbuf_free(m);
}

/* Options and extension headers of the quoted packet fall away; so do ICMP extensions, and what is too long for ICMPv6. */
static void test_shapes(void **state)
{
	char text[PKT_TEXT_MAX];
	struct rte_mbuf *m = pkt(pool, E, IP4("192.0.2.9", "192.0.2.3", .tos = 0xc0, .options = "01010101"), ICMP(11, 0),
				 IP4("192.0.2.3", "192.0.2.1", .tos = 0x28, .ttl = 9, .options = "01010101"), QUOTED, SPLIT(40, 30));
	assert_string_equal(translated(m, 1500, text), "time-exceeded 0");
	rte_pktmbuf_free(m);
	m = pkt(pool, E, IP6("2001:db8::9", "2001:db8::3", .tos = 0xc0), DSTOPTS(), ICMP(3, 0),
		IP6("2001:db8::3", "2001:db8::1", .tos = 0x28, .ttl = 9), DSTOPTS(), QUOTED, SPLIT(40, 30, 20));
	assert_string_equal(translated(m, 1500, text), "time-exceeded 0");
	rte_pktmbuf_free(m);

	/* 1400 quoted bytes of IPv4 are more than an ICMPv6 error may have */
	m = pkt(pool, E, IP4("192.0.2.9", "192.0.2.3"), ICMP(3, 1), IP4("192.0.2.3", "192.0.2.1"), UDP(5000, 8080), FILL(1400));
	struct sl_pkt p = pkt_parsed(m);
	assert_int_equal(translate(m, &p, 1500), SL_TRANSLATE_OK);
	assert_int_equal(m->pkt_len, 1280);
	assert_non_null(strstr(pkt_text_ip(m, text), "udp 7>8 len 1184 "));
	assert_non_null(strstr(text, "} [csum ok]"));
	rte_pktmbuf_free(m);

	/* 128 bytes quoted, and an extension object behind them (RFC 4884: length 32 words) */
	m = pkt(pool, E, IP4("192.0.2.9", "192.0.2.3"), ICMP(3, 1, .rest = 32 << 16), IP4("192.0.2.3", "192.0.2.1"),
		UDP(5000, 8080), FILL(100), PAYLOAD("\x20\0\0\0" "object"));
	p = pkt_parsed(m);
	assert_int_equal(translate(m, &p, 1500), SL_TRANSLATE_OK);
	assert_int_equal(m->pkt_len, 40 + 8 + 40 + 108);
	assert_non_null(strstr(pkt_text_ip(m, text), "icmp unreachable 0 {"));
	rte_pktmbuf_free(m);
}

/* Eight bytes of TCP: the ports come back, there is no checksum to update. */
static void test_truncated(void **state)
{
	char text[PKT_TEXT_MAX];
	uint8_t eight[8] = { 5000 >> 8, 5000 & 0xff, 8080 >> 8, 8080 & 0xff, 0, 0, 0, 1 };
	struct rte_mbuf *m = pkt(pool, E, IP4("192.0.2.9", "192.0.2.3"), ICMP(3, 1),
				 IP4("192.0.2.3", "192.0.2.1", .proto = 6, .length = 40), BYTES(eight, 8));
	struct sl_pkt p = pkt_parsed(m);
	assert_int_equal(translate(m, &p, 1500), SL_TRANSLATE_OK);
	assert_non_null(strstr(pkt_text_ip(m, text), "} [csum ok]"));
	const uint8_t *l4 = rte_pktmbuf_mtod_offset(m, const uint8_t *, 88);
	assert_memory_equal(l4, ((uint8_t[8]){ 0, 7, 0, 8, 0, 0, 0, 1 }), 8);
	const uint8_t *inner = rte_pktmbuf_mtod_offset(m, const uint8_t *, 48);
	assert_int_equal(inner[4] << 8 | inner[5], 20); /* the length of the whole packet, not of the quote */
	rte_pktmbuf_free(m);
}

/* A quoted first fragment is shown as one, in either family; the MTU leaves room for what its header adds (section 5.2). */
static void test_fragments(void **state)
{
	static const struct {
		struct pkt_layer layers[9];
		const char *expect;
	} cases[] = {
		{ { E, IP4("192.0.2.9", "192.0.2.3"), ICMP(11, 0), IP4("192.0.2.3", "192.0.2.1", .id = 7, .mf = 1),
		    UDP(5000, 8080, .length = 48), FILL(40) },
		  "icmp time-exceeded 0 { ip6 fd00::7>fd00::8 ttl 64 frag 0:0+ udp 7>8 len 40 #6cb31c15 } [csum ok]" },
		{ { E, IP6("2001:db8::9", "2001:db8::3"), ICMP(2, 0, .rest = 1400), IP6("2001:db8::3", "2001:db8::1"),
		    DSTOPTS(), FRAG6(7, 0, 1), UDP(5000, 8080, .length = 48), FILL(40) },
		  "icmp unreachable 4 mtu 1372 { ip4 10.0.0.7>10.0.0.8 ttl 64 frag 0:0+ udp 7>8 len 40 #6cb31c15 } [csum ok]" },
		{ { E, IP6("2001:db8::9", "2001:db8::3"), ICMP(2, 0, .rest = 80), IP6("2001:db8::3", "2001:db8::1"),
		    FRAG6(7, 0, 0), UDP(5000, 8080) },
		  "icmp unreachable 4 mtu 68 { ip4 10.0.0.7>10.0.0.8 ttl 64 DF udp 7>8 len 0 [csum ok] } [csum ok]" },
	};
	char text[PKT_TEXT_MAX];

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *m = pkt_build(pool, cases[i].layers);
		struct sl_pkt p = pkt_parsed(m);
		assert_int_equal(translate(m, &p, 1500), SL_TRANSLATE_OK);
		assert_int_equal(p.l3_len, m->pkt_len);
		if (strstr(pkt_text_ip(m, text), cases[i].expect) == NULL)
			fail_msg("%s\nexpected\n%s", text, cases[i].expect);
		rte_pktmbuf_free(m);
	}
}

static int set_up(void **state)
{
	test_eal_init("translate_error");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_plateau),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_fragments),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
