/* SPDX-License-Identifier: BSD-3-Clause */
/* The quote of an ICMP error: found or refused, and rewritten to exactly what a new computation gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <rte_ether.h>

#include "eal.h"
#include "packet_builder.h"
#include "packet_parsed.h"
#include "sluice/packet/edit.h"
#include "sluice/packet/parse.h"
#include "sluice/packet/quote.h"

#define E ETH("02::01", "02::fe")
#define I4 IP4("203.0.113.9", "192.0.2.10")
#define I6 IP6("2001:db8:f::9", "2001:db8::10")
#define Q4 IP4("192.0.2.10", "192.0.2.100")
#define Q6 IP6("2001:db8::10", "2001:db8::100")

static struct rte_mempool *pool;
static struct sl_ip ip(const char *text)
{
	struct sl_ip out;

	assert_int_equal(sl_ip_parse(text, &out), 0);
	return out;
}

static void kinds(void **state)
{
	static const struct {
		struct pkt_layer layers[6];
		bool expect;
	} cases[] = {
		{ { E, I4, ICMP(3, 4), Q4, UDP(1, 2) }, true },
		{ { E, I4, ICMP(11, 0), Q4, UDP(1, 2) }, true },
		{ { E, I4, ICMP(12, 0), Q4, UDP(1, 2) }, true },
		{ { E, I4, ICMP(4, 0), Q4, UDP(1, 2) }, false },
		{ { E, I4, ICMP(5, 0), Q4, UDP(1, 2) }, false },
		{ { E, I4, ICMP(1, 0), Q4, UDP(1, 2) }, false },
		{ { E, I4, ECHO(1, 1) }, false },
		{ { E, I4, UDP(0x0300, 1) }, false },
		{ { E, IP4("203.0.113.9", "192.0.2.10", .mf = 1), ICMP(3, 4), Q4, TCP(1, 2, "A") }, false },
		{ { E, I6, ICMP(1, 0), Q6, UDP(1, 2) }, true },
		{ { E, I6, ICMP(2, 0), Q6, UDP(1, 2) }, true },
		{ { E, I6, ICMP(3, 0), Q6, UDP(1, 2) }, true },
		{ { E, I6, ICMP(4, 0), Q6, UDP(1, 2) }, true },
		{ { E, I6, ICMP(0, 0), Q6, UDP(1, 2) }, false },
		{ { E, I6, ICMP(5, 0), Q6, UDP(1, 2) }, false },
		{ { E, I6, ICMP(11, 0), Q6, UDP(1, 2) }, false },
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *m = pkt_build(pool, cases[i].layers);
		struct sl_pkt p = pkt_parsed(m);
		char text[PKT_TEXT_MAX];

		if (sl_icmp_quotes(&p) != cases[i].expect)
			fail_msg("%s: expected %d", pkt_text(m, text), cases[i].expect);
		rte_pktmbuf_free(m);
	}
}

#define EIGHT DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS(), DSTOPTS()
#define BYTES_16 "00000000000000000000000000000000"
#define BYTES_80 BYTES_16 BYTES_16 BYTES_16 BYTES_16 BYTES_16

/* expect: "[tcp|udp] SPORT>DPORT at L3+L4[ no checksum]", or the cause. */
static const struct {
	struct pkt_layer layers[15];
	const char *expect;
} quotes[] = {
	{ { E, I4, ICMP(3, 1), Q4, TCP(80, 1000, "A") }, "tcp 80>1000 at 42+20" },
	{ { E, VLAN(7), I4, ICMP(3, 1), Q4, UDP(53, 1000) }, "udp 53>1000 at 46+20" },
	{ { E, IP4("203.0.113.9", "192.0.2.10", .options = "01010101"), ICMP(3, 1), Q4, UDP(53, 1000) }, "udp 53>1000 at 46+20" },
	{ { E, I4, ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .options = "0101010101010101"), UDP(53, 1000) },
	  "udp 53>1000 at 42+28" },
	{ { E, I4, ICMP(3, 1), Q4, UDP(53, 1000), SPLIT(40, 3, 20, 5) }, "udp 53>1000 at 42+20" },
	{ { E, I6, ICMP(1, 1), Q6, TCP(80, 1000, "A") }, "tcp 80>1000 at 62+40" },
	{ { E, I6, DSTOPTS(), ICMP(1, 1), Q6, UDP(53, 1000) }, "udp 53>1000 at 70+40" },
	{ { E, I6, ICMP(1, 1), Q6, HOPOPTS(), DSTOPTS(), ROUTING(4, 0), FRAG6(7, 0, 1), UDP(53, 1000), FILL(8) },
	  "udp 53>1000 at 62+72" },
	{ { E, I6, ICMP(1, 1), Q6, HOPOPTS(.options = "010c0000000000000000000000001122334455667788"), UDP(53, 1000) },
	  "udp 53>1000 at 62+64" },
	{ { E, I6, ICMP(1, 1), Q6, DSTOPTS(), UDP(53, 1000), SPLIT(60, 30, 30) }, "udp 53>1000 at 62+48" },
	/* cut off */
	{ { E, I4, ICMP(3, 1, .length = 38), Q4, TCP(80, 1000, "A") }, "tcp 80>1000 at 42+20" },
	{ { E, I4, ICMP(3, 1, .length = 37), Q4, TCP(80, 1000, "A") }, "tcp 80>1000 at 42+20 no checksum" },
	{ { E, I4, ICMP(3, 1, .length = 28), Q4, TCP(80, 1000, "A") }, "tcp 80>1000 at 42+20 no checksum" },
	{ { E, I4, ICMP(3, 1, .length = 28), Q4, UDP(53, 1000), FILL(100) }, "udp 53>1000 at 42+20" },
	{ { E, I4, ICMP(3, 1, .length = 27), Q4, UDP(53, 1000), FILL(100) }, "icmp_quote" },
	{ { E, I4, ICMP(3, 1, .length = 20), Q4, UDP(53, 1000), FILL(100) }, "icmp_quote" },
	{ { E, I4, ICMP(3, 1, .length = 19), Q4, UDP(53, 1000), FILL(100) }, "icmp_quote" },
	{ { E, I4, ICMP(3, 1, .length = 23), IP4("192.0.2.10", "192.0.2.100", .options = "01010101"), UDP(53, 1000) }, "icmp_quote" },
	{ { E, I4, ICMP(3, 1) }, "icmp_quote" },
	{ { E, I6, ICMP(1, 1, .length = 48), Q6, TCP(80, 1000, "A") }, "tcp 80>1000 at 62+40 no checksum" },
	{ { E, I6, ICMP(1, 1, .length = 47), Q6, TCP(80, 1000, "A") }, "icmp_quote" },
	{ { E, I6, ICMP(1, 1, .length = 39), Q6, TCP(80, 1000, "A") }, "icmp_quote" },
	{ { E, I6, ICMP(1, 1, .length = 47), Q6, DSTOPTS(), TCP(80, 1000, "A") }, "icmp_quote" },
	{ { E, I6, ICMP(1, 1) }, "icmp_quote" },
	/* the quoted packet is shorter than the quote */
	{ { E, I4, ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .length = 37), TCP(80, 1000, "A") },
	  "tcp 80>1000 at 42+20 no checksum" },
	{ { E, I4, ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .length = 27), TCP(80, 1000, "A") }, "icmp_quote" },
	{ { E, I6, ICMP(1, 1), IP6("2001:db8::10", "2001:db8::100", .length = 17), TCP(80, 1000, "A") },
	  "tcp 80>1000 at 62+40 no checksum" },
	{ { E, I6, ICMP(1, 1), IP6("2001:db8::10", "2001:db8::100", .length = PKT_ZERO), TCP(80, 1000, "A") }, "icmp_quote" },
	{ { E, I6, ICMP(1, 1), Q6, DSTOPTS(.length = 3), UDP(53, 1000) }, "icmp_quote" },
	{ { E, I6, ICMP(1, 1), Q6, EIGHT, UDP(53, 1000) }, "udp 53>1000 at 62+104" },
	{ { E, I6, ICMP(1, 1), Q6, EIGHT, DSTOPTS(), UDP(53, 1000) }, "icmp_quote" },
	/* RFC 4884: the header says where the extensions begin; below 128 bytes it says nothing */
	{ { E, I4, ICMP(11, 0, .rest = 32 << 16), IP4("192.0.2.10", "192.0.2.100", .length = 1500), TCP(80, 1000, "A"), FILL(100) },
	  "tcp 80>1000 at 42+20" },
	{ { E, I4, ICMP(11, 0, .rest = 1 << 16), Q4, TCP(80, 1000, "A") }, "tcp 80>1000 at 42+20" },
	{ { E, I6, ICMP(3, 0, .rest = 16 << 24), IP6("2001:db8::10", "2001:db8::100", .length = 1500),
	    HOPOPTS(.options = "010400000000" BYTES_80),
	    UDP(53, 1000), FILL(100) }, "icmp_quote" },
	/* too big keeps its MTU there: 0x10000514 is no length */
	{ { E, I6, ICMP(2, 0, .rest = 0x10000514), IP6("2001:db8::10", "2001:db8::100", .length = 1500),
	    HOPOPTS(.options = "010400000000" BYTES_80),
	    UDP(53, 1000), FILL(100) }, "udp 53>1000 at 62+128" },
	/* not ours, not a quote, not of a flow */
	{ { E, I4, ICMP(3, 1), IP4("192.0.2.11", "192.0.2.100"), UDP(53, 1000) }, "icmp_quote" },
	{ { E, I4, ICMP(3, 1), Q6, UDP(53, 1000) }, "icmp_quote" },
	{ { E, I6, ICMP(1, 1), Q4, UDP(53, 1000), FILL(40) }, "icmp_quote" },
	{ { E, I4, ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .version_ihl = 0x44), UDP(53, 1000) }, "icmp_quote" },
	{ { E, I4, ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .bad_checksum = 1), UDP(53, 1000) }, "icmp_quote" },
	{ { E, I4, ICMP(3, 1), Q4, ECHO_REPLY(1, 1) }, "icmp" },
	{ { E, I4, ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .proto = 58), FILL(20) }, "icmp" },
	{ { E, I6, ICMP(1, 1), Q6, ECHO_REPLY(1, 1) }, "icmp" },
	{ { E, I6, ICMP(1, 1), Q6, ROUTING(4, 1), UDP(53, 1000) }, "icmp" },
	{ { E, I4, ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .mf = 1), UDP(53, 1000) }, "udp 53>1000 at 42+20" },
	{ { E, I4, ICMP(3, 1), IP4("192.0.2.10", "192.0.2.100", .offset = 8, .proto = 17), FILL(1) }, "icmp_fragment" },
	{ { E, I6, ICMP(1, 1), Q6, FRAG6(7, 8, 1, .proto = 17), FILL(1) }, "icmp_fragment" },
};

static void parse(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(quotes); i++) {
		struct rte_mbuf *m = pkt_build(pool, quotes[i].layers);
		struct sl_pkt p = pkt_parsed(m);
		struct sl_quote q;
		char text[PKT_TEXT_MAX], got[80];
		enum sl_drop_cause cause = sl_quote_parse(m, &p, &q);

		if (cause == SL_PARSE_OK)
			snprintf(got, sizeof(got), "%s %u>%u at %u+%u%s", q.proto == IPPROTO_TCP ? "tcp" : "udp",
				 rte_be_to_cpu_16(q.sport_be), rte_be_to_cpu_16(q.dport_be), q.l3, q.l4 - q.l3,
				 q.has_checksum ? "" : " no checksum");
		else
			snprintf(got, sizeof(got), "%s", sl_drop_infos[cause].name);
		if (strcmp(got, quotes[i].expect) != 0)
			fail_msg("%s: %s, expected %s", pkt_text(m, text), got, quotes[i].expect);
		if (cause == SL_PARSE_OK) {
			bool v6 = (p.flags & SL_PKT_V6) != 0;
			struct sl_ip dst = ip(v6 ? "2001:db8::100" : "192.0.2.100");

			assert_memory_equal(&q.src, &p.dst, sizeof(q.src));
			assert_memory_equal(&q.dst, &dst, sizeof(dst));
			assert_true(q.l4 + (!q.has_checksum || q.proto == IPPROTO_UDP ? 8 : 18) <= m->data_len);
		}
		rte_pktmbuf_free(m);
	}
}

/* A router that counted the TTL down first and left the checksum: believed, one hop and no further (RFC 5508 REQ-3a). */
static void stale_checksum(void **state)
{
	struct rte_mbuf *m = pkt(pool, E, I4, ICMP(11, 0), Q4, UDP(53, 1000));
	struct sl_pkt p = pkt_parsed(m);
	uint8_t *ttl = rte_pktmbuf_mtod_offset(m, uint8_t *, 42 + 8);
	struct sl_quote q;

	assert_int_equal(sl_quote_parse(m, &p, &q), SL_PARSE_OK);
	--*ttl;
	assert_int_equal(sl_quote_parse(m, &p, &q), SL_PARSE_OK);
	--*ttl;
	assert_int_equal(sl_quote_parse(m, &p, &q), SL_DROP_ICMP_QUOTE);
	*ttl += 3;
	assert_int_equal(sl_quote_parse(m, &p, &q), SL_DROP_ICMP_QUOTE);
	rte_pktmbuf_free(m);
}

/* A segment that somebody else holds too must not be emptied. */
static void shared_segment(void **state)
{
	static const int at[] = { 50, 62, 68 };

	for (unsigned int i = 0; i < RTE_DIM(at); i++) {
		struct rte_mbuf *m = pkt(pool, E, I4, ICMP(3, 1), Q4, TCP(80, 1000, "A"), SPLIT(at[i]));
		struct sl_pkt p = pkt_parsed(m);
		struct sl_quote q;

		rte_mbuf_refcnt_update(m->next, 1);
		assert_int_equal(sl_quote_parse(m, &p, &q), SL_DROP_TRUNCATED);
		rte_mbuf_refcnt_update(m->next, -1);
		rte_pktmbuf_free(m);
	}
}

/* Rewrite what `from` builds, and compare with `to` byte for byte. */
static void rewritten_equals(const struct pkt_layer *from, const struct pkt_layer *to, uint16_t sport, uint16_t dport)
{
	struct rte_mbuf *m = pkt_build(pool, from), *expected = pkt_build(pool, to);
	struct sl_pkt p = pkt_parsed(m);
	struct sl_quote q;
	bool v6 = (p.flags & SL_PKT_V6) != 0;
	struct sl_quote_rewrite rewrite = {
		.src = ip(v6 ? "2001:db8:2::9" : "10.1.1.1"), .dst = ip(v6 ? "2001:db8:2::3" : "10.1.0.3"),
		.outer_src = ip(v6 ? "2001:db8:2::3" : "10.1.0.3"), .outer_dst = ip(v6 ? "2001:db8:2::9" : "10.1.1.1"),
		.sport_be = rte_cpu_to_be_16(sport), .dport_be = rte_cpu_to_be_16(dport),
	};
	char got[PKT_TEXT_MAX], want[PKT_TEXT_MAX];

	assert_int_equal(sl_quote_parse(m, &p, &q), SL_PARSE_OK);
	sl_quote_rewrite(m, &p, &q, &rewrite);
	if (m->pkt_len != expected->pkt_len ||
	    memcmp(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(expected, void *), m->pkt_len) != 0)
		fail_msg("%s\nexpected\n%s", pkt_text(m, got), pkt_text(expected, want));
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(expected);
}

#define OUT4 IP4("10.1.0.3", "10.1.1.1")
#define OUT6 IP6("2001:db8:2::3", "2001:db8:2::9")
#define R4 IP4("10.1.1.1", "10.1.0.3")
#define R6 IP6("2001:db8:2::9", "2001:db8:2::3")
#define L(...) (const struct pkt_layer[]){ __VA_ARGS__, { .kind = PKT_END } }

/* Every port, so that all sums pass through their edge values. */
static void rewrite_whole(void **state)
{
	for (int port = 1; port <= 65535; port++) {
		uint16_t changed = (uint16_t)port;

		rewritten_equals(L(E, I4, ICMP(3, 4, .rest = 1300), Q4, TCP(port, 1000, "A", .seq = 7), FILL(5)),
				 L(E, OUT4, ICMP(3, 4, .rest = 1300), R4, TCP(8080, 5000, "A", .seq = 7), FILL(5)), 8080, 5000);
		rewritten_equals(L(E, I4, ICMP(3, 3), Q4, UDP(53, 1000), FILL(5)),
				 L(E, OUT4, ICMP(3, 3), R4, UDP(port, 5000), FILL(5)), changed, 5000);
		rewritten_equals(L(E, I6, ICMP(2, 0, .rest = 1300), Q6, TCP(port, 1000, "A", .seq = 7), FILL(5)),
				 L(E, OUT6, ICMP(2, 0, .rest = 1300), R6, TCP(8080, 5000, "A", .seq = 7), FILL(5)), 8080, 5000);
		rewritten_equals(L(E, I6, ICMP(1, 4), Q6, DSTOPTS(), UDP(53, 1000), FILL(5)),
				 L(E, OUT6, ICMP(1, 4), R6, DSTOPTS(), UDP(port, 5000), FILL(5)), changed, 5000);
	}
}

/* The TCP checksum is not in the quote any more, or only its first byte. */
static void rewrite_truncated(void **state)
{
	for (int port = 1; port <= 65535; port += 13) {
		rewritten_equals(L(E, I4, ICMP(11, 0, .length = 28), Q4, TCP(port, 1000, "A", .seq = 7)),
				 L(E, OUT4, ICMP(11, 0, .length = 28), R4, TCP(8080, 5000, "A", .seq = 7)), 8080, 5000);
		rewritten_equals(L(E, I6, ICMP(3, 0, .length = 48), Q6, TCP(port, 1000, "A", .seq = 7)),
				 L(E, OUT6, ICMP(3, 0, .length = 48), R6, TCP(8080, 5000, "A", .seq = 7)), 8080, 5000);
	}
	struct rte_mbuf *m = pkt(pool, E, I4, ICMP(11, 0, .length = 37), Q4, TCP(80, 1000, "A"));
	struct sl_pkt p = pkt_parsed(m);
	uint8_t before = *rte_pktmbuf_mtod_offset(m, uint8_t *, 42 + 36);
	struct sl_quote q;
	struct sl_quote_rewrite rewrite = { ip("10.1.1.1"), ip("10.1.0.3"), 1, 2, ip("10.1.0.3"), ip("10.1.1.1") };

	assert_int_equal(sl_quote_parse(m, &p, &q), SL_PARSE_OK);
	sl_quote_rewrite(m, &p, &q, &rewrite);
	assert_int_equal(*rte_pktmbuf_mtod_offset(m, uint8_t *, 42 + 36), before);
	assert_int_equal(sl_checksum_icmp(m, p.l4, m->pkt_len - p.l4), 0);
	rte_pktmbuf_free(m);
}

/* A UDP checksum of 0 is none, and stays none; extensions stay byte for byte. */
static void rewrite_odd(void **state)
{
	rewritten_equals(L(E, I4, ICMP(3, 3), Q4, UDP(53, 1000, .no_checksum = 1), FILL(5)),
			 L(E, OUT4, ICMP(3, 3), R4, UDP(8080, 5000, .no_checksum = 1), FILL(5)), 8080, 5000);
	rewritten_equals(L(E, I4, ICMP(11, 0, .rest = 32 << 16), Q4, UDP(53, 1000, .no_checksum = 1, .length = 8), FILL(112)),
			 L(E, OUT4, ICMP(11, 0, .rest = 32 << 16), R4,
			   UDP(8080, 5000, .no_checksum = 1, .length = 8), FILL(112)), 8080, 5000);
}

/* An identification of ours is not shown: of IPv4 packets unless they have DF and are whole, of IPv6 first fragments. */
static void rewrite_identification(void **state)
{
	for (int id = 1; id <= 65535; id += 7) {
#define BOTH(inner, outer) \
	rewritten_equals(L(E, I4, ICMP(3, 4, .rest = 1300), IP4("192.0.2.10", "192.0.2.100", inner), UDP(53, 1000), FILL(5)), \
			 L(E, OUT4, ICMP(3, 4, .rest = 1300), IP4("10.1.1.1", "10.1.0.3", outer), UDP(8080, 5000), FILL(5)), 8080, 5000)
#define AND ,
		BOTH(.id = id, .id = 0);
		BOTH(.id = id AND .mf = 1, .mf = 1);
		BOTH(.id = id AND .mf = 1 AND .df = 1, .mf = 1 AND .df = 1);
		BOTH(.id = id AND .df = 1, .id = id AND .df = 1);
		rewritten_equals(L(E, I6, ICMP(2, 0, .rest = 1300), Q6, FRAG6(id << 10, 0, 1), UDP(53, 1000), FILL(5)),
				 L(E, OUT6, ICMP(2, 0, .rest = 1300), R6, FRAG6(0, 0, 1), UDP(8080, 5000), FILL(5)), 8080, 5000);
		rewritten_equals(L(E, I6, ICMP(2, 0, .rest = 1300), Q6, DSTOPTS(), FRAG6(id, 0, 0), UDP(53, 1000), FILL(5)),
				 L(E, OUT6, ICMP(2, 0, .rest = 1300), R6, DSTOPTS(), FRAG6(id, 0, 0), UDP(8080, 5000), FILL(5)), 8080, 5000);
#undef AND
#undef BOTH
	}
}

static int set_up(void **state)
{
	test_eal_init("quote");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(parse),
		cmocka_unit_test(stale_checksum),
		cmocka_unit_test(shared_segment),
		cmocka_unit_test(rewrite_whole),
		cmocka_unit_test(rewrite_truncated),
		cmocka_unit_test(rewrite_odd),
		cmocka_unit_test(rewrite_identification),
	};

	return cmocka_run_group_tests_name("quote", tests, set_up, NULL);
}
