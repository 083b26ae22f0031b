/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors, echo replies and ARP: packet in, line of text out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <rte_ether.h>

#include "eal.h"
#include "packet_builder.h"
#include "packet_parsed.h"
#include "sluice/packet/icmp.h"

#define E ETH("02::01", "02::fe")
#define I4 IP4("192.0.2.1", "192.0.2.10")
#define I6 IP6("2001:db8::1", "2001:db8::10")

static struct rte_mempool *pool;

static void may_answer(void **state)
{
	static const struct {
		struct pkt_layer layers[6];
		bool expect;
	} cases[] = {
		{ { E, I4, TCP(1, 2, "S") }, true },
		{ { E, I4, UDP(1, 2) }, true },
		{ { E, I4, ECHO(1, 2) }, true },
		{ { E, I4, ICMP(13, 0) }, true },
		{ { E, I4, ICMP(3, 1), I4, UDP(1, 2) }, false },
		{ { E, I4, ICMP(4, 0), I4, UDP(1, 2) }, false },
		{ { E, I4, ICMP(5, 1), I4, UDP(1, 2) }, false },
		{ { E, I4, ICMP(11, 0), I4, UDP(1, 2) }, false },
		{ { E, I4, ICMP(12, 0), I4, UDP(1, 2) }, false },
		{ { E, I4, ICMP(42, 0) }, false },
		{ { E, IP4("192.0.2.1", "192.0.2.10", .mf = 1), UDP(1, 2) }, true },
		{ { E, IP4("192.0.2.1", "192.0.2.10", .offset = 8, .proto = 17), FILL(8) }, false },
		{ { ETH("02::01", "bcast"), I4, UDP(1, 2) }, false },
		{ { E, IP4("192.0.2.1", "224.0.0.5"), UDP(1, 2) }, false },
		{ { E, IP4("192.0.2.1", "255.255.255.255"), UDP(1, 2) }, false },
		{ { E, IP4("240.0.0.1", "192.0.2.10"), UDP(1, 2) }, false },
		{ { E, IP4("192.0.2.1", "192.0.2.10", .proto = 47), FILL(8) }, true },
		{ { E, ARP_REQUEST("02::01", "192.0.2.1", "192.0.2.10") }, false },
		{ { E, I6, TCP(1, 2, "S") }, true },
		{ { E, I6, ECHO(1, 2) }, true },
		{ { E, I6, ICMP(1, 0), I6, UDP(1, 2) }, false },
		{ { E, I6, ICMP(127, 0) }, false },
		{ { E, I6, ICMP(137, 0) }, false },
		{ { E, IP6("::", "2001:db8::10"), ECHO(1, 2) }, false },
		{ { E, IP6("2001:db8::1", "ff0e::1"), UDP(1, 2) }, false },
		{ { E, I6, FRAG6(1, 8, 0, .proto = 17), FILL(8) }, false },
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *m = pkt_build(pool, cases[i].layers);
		struct sl_pkt p = pkt_parsed(m);
		char text[PKT_TEXT_MAX];

		if (sl_icmp_may_answer(m, &p) != cases[i].expect)
			fail_msg("%s: expected %d", pkt_text(m, text), cases[i].expect);
		rte_pktmbuf_free(m);
	}
}

#define OUT4 "ip4 192.0.2.254>192.0.2.1 ttl 64 tos 0xc0 DF icmp "
#define OUT6 "ip6 2001:db8::fe>2001:db8::1 ttl 64 icmp "
#define IN4 " { ip4 192.0.2.1>192.0.2.10 ttl 64 udp 1>2 len 3 \"abc\" [csum ok] } [csum ok]"
#define IN6 " { ip6 2001:db8::1>2001:db8::10 ttl 64 udp 1>2 len 3 \"abc\" [csum ok] } [csum ok]"

static void errors(void **state)
{
	static const struct {
		enum sl_icmp_error error;
		uint16_t mtu;
		const char *v4, *v6;
	} cases[] = {
		{ SL_ICMP_TTL_EXCEEDED, 0, OUT4 "time-exceeded 0" IN4, OUT6 "time-exceeded 0" IN6 },
		{ SL_ICMP_NO_ROUTE, 0, OUT4 "unreachable 0" IN4, OUT6 "unreachable 0" IN6 },
		{ SL_ICMP_HOST_UNREACHABLE, 0, OUT4 "unreachable 1" IN4, OUT6 "unreachable 3" IN6 },
		{ SL_ICMP_PORT_UNREACHABLE, 0, OUT4 "unreachable 3" IN4, OUT6 "unreachable 4" IN6 },
		{ SL_ICMP_PROHIBITED, 0, OUT4 "unreachable 13" IN4, OUT6 "unreachable 1" IN6 },
		{ SL_ICMP_TOO_BIG, 1400, OUT4 "unreachable 4 mtu 1400" IN4, OUT6 "too-big 0 mtu 1400" IN6 },
	};
	struct sl_ip src4, src6;

	sl_ip_parse("192.0.2.254", &src4);
	sl_ip_parse("2001:db8::fe", &src6);
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		for (int v6 = 0; v6 < 2; v6++) {
			struct rte_mbuf *m = v6 ? pkt(pool, E, VLAN(3), I6, UDP(1, 2), PAYLOAD("abc"), SPLIT(67, 1))
						: pkt(pool, E, VLAN(3), I4, UDP(1, 2), PAYLOAD("abc"), PAD(9), SPLIT(47));
			struct rte_mbuf *out = rte_pktmbuf_alloc(pool);
			struct sl_pkt p = pkt_parsed(m);
			char text[PKT_TEXT_MAX];

			assert_int_equal(sl_icmp_build_error(out, m, &p, cases[i].error, cases[i].mtu, v6 ? &src6 : &src4), 0);
			assert_string_equal(pkt_text_ip(out, text), v6 ? cases[i].v6 : cases[i].v4);
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(out);
		}
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

/* As much as the RFCs allow, and no more; -1 when even that does not fit. */
static void error_sizes(void **state)
{
	struct sl_ip src4, src6;

	sl_ip_parse("192.0.2.254", &src4);
	sl_ip_parse("2001:db8::fe", &src6);
	for (int v6 = 0; v6 < 2; v6++) {
		struct rte_mbuf *m = v6 ? pkt(pool, E, I6, UDP(1, 2), FILL(1400), SPLIT(60, 500))
					: pkt(pool, E, I4, UDP(1, 2), FILL(1400), SPLIT(60, 500));
		struct rte_mbuf *out = rte_pktmbuf_alloc(pool);
		struct sl_pkt p = pkt_parsed(m);
		uint16_t room = out->buf_len;
		char text[PKT_TEXT_MAX];

		out->buf_len = (uint16_t)(out->data_off + (v6 ? 1279 : 575));
		assert_int_equal(sl_icmp_build_error(out, m, &p, SL_ICMP_NO_ROUTE, 0, v6 ? &src6 : &src4), -1);
		assert_int_equal(out->pkt_len, 0);
		out->buf_len = room;
		assert_int_equal(sl_icmp_build_error(out, m, &p, SL_ICMP_NO_ROUTE, 0, v6 ? &src6 : &src4), 0);
		assert_int_equal(out->pkt_len, v6 ? 1280 : 576);
		pkt_text_ip(out, text);
		assert_non_null(strstr(text, " } [csum ok]"));
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(out);
	}
}

static void echo_reply(void **state)
{
	static const struct {
		struct pkt_layer layers[6];
		const char *expect;
	} cases[] = {
		{ { E, I4, ECHO(7, 9), PAYLOAD("ping") },
		  "eth 02::01>02::fe ip4 192.0.2.10>192.0.2.1 ttl 64 icmp echo-reply id 7 seq 9 len 4 \"ping\" [csum ok]" },
		{ { E, VLAN(2), IP4("192.0.2.1", "192.0.2.10", .ttl = 1, .tos = 4, .id = 8), ECHO(0xffff, 0xf7ff), FILL(1001) },
		  "eth 02::01>02::fe vlan 2 ip4 192.0.2.10>192.0.2.1 ttl 64 tos 0x04 id 8 icmp echo-reply id 65535 seq 63487 "
		  "len 1001 #1efd858a [csum ok]" },
		{ { E, IP6("2001:db8::1", "2001:db8::10", .ttl = 3), ECHO(7, 9), PAYLOAD("ping!") },
		  "eth 02::01>02::fe ip6 2001:db8::10>2001:db8::1 ttl 64 icmp echo-reply id 7 seq 9 len 5 \"ping!\" [csum ok]" },
		{ { E, I4, ECHO(7, 9, .bad_checksum = 1) },
		  "eth 02::01>02::fe ip4 192.0.2.10>192.0.2.1 ttl 64 icmp echo-reply id 7 seq 9 len 0 [csum BAD]" },
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *m = pkt_build(pool, cases[i].layers);
		struct sl_pkt p = pkt_parsed(m);
		char text[PKT_TEXT_MAX];

		sl_icmp_echo_reply(m, &p);
		assert_string_equal(pkt_text(m, text), cases[i].expect);
		rte_pktmbuf_free(m);
	}
}

static void arp_reply(void **state)
{
	static const struct {
		struct pkt_layer layers[4];
		const char *expect;
	} cases[] = {
		{ { ETH("02::01", "bcast"), ARP_REQUEST("02::01", "192.0.2.1", "192.0.2.10"), PAD(18) },
		  "eth 02::fe>02::01 arp reply 192.0.2.10 is-at 02::fe to 192.0.2.1 (02::01)" },
		{ { ETH("02::01", "bcast"), VLAN(4), ARP_REQUEST("02::01", "0.0.0.0", "192.0.2.10") },
		  "eth 02::fe>02::01 vlan 4 arp reply 192.0.2.10 is-at 02::fe to 0.0.0.0 (02::01)" },
		{ { ETH("02::01", "02::fe"), VLAN(4, .stripped = 1), ARP_REQUEST("02::01", "192.0.2.1", "192.0.2.10") },
		  "eth 02::fe>02::01 vlan 4 arp reply 192.0.2.10 is-at 02::fe to 192.0.2.1 (02::01)" },
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *m = pkt_build(pool, cases[i].layers);
		struct sl_pkt p = pkt_parsed(m);
		char text[PKT_TEXT_MAX];

		sl_arp_reply(m, &p, pkt_our_mac);
		assert_string_equal(pkt_text(m, text), cases[i].expect);
		rte_pktmbuf_free(m);
	}
}

static void arp_request(void **state)
{
	static const uint8_t peer[6] = { 2, 0, 0, 0, 0, 1 };
	static const struct {
		const char *sender, *target;
		const uint8_t *mac;
		uint16_t vlan;
		const char *expect;
	} cases[] = {
		{ "192.0.2.254", "192.0.2.1", NULL, 0,
		  "eth 02::fe>bcast arp request who-has 192.0.2.1 tell 192.0.2.254 (02::fe)" },
		{ "192.0.2.254", "192.0.2.1", peer, 7,
		  "eth 02::fe>02::01 vlan 7 arp request who-has 192.0.2.1 tell 192.0.2.254 (02::fe)" },
		{ "::", "192.0.2.254", NULL, 0, "eth 02::fe>bcast arp request who-has 192.0.2.254 tell 0.0.0.0 (02::fe)" },
		{ "192.0.2.254", "192.0.2.254", NULL, 0,
		  "eth 02::fe>bcast arp request who-has 192.0.2.254 tell 192.0.2.254 (02::fe)" },
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		struct sl_ip sender, target;
		char text[PKT_TEXT_MAX];

		sl_ip_parse(cases[i].sender, &sender);
		sl_ip_parse(cases[i].target, &target);
		assert_int_equal(sl_arp_build_request(m, pkt_our_mac, cases[i].vlan, &sender, &target, cases[i].mac), 0);
		assert_string_equal(pkt_text(m, text), cases[i].expect);
		rte_pktmbuf_reset(m);
		m->buf_len = (uint16_t)(m->data_off + 41);
		assert_int_equal(sl_arp_build_request(m, pkt_our_mac, 0, &sender, &target, NULL), -1);
		m->buf_len = RTE_MBUF_DEFAULT_BUF_SIZE;
		rte_pktmbuf_free(m);
	}
}

static int set_up(void **state)
{
	test_eal_init("icmp");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(may_answer), cmocka_unit_test(errors),	   cmocka_unit_test(error_sizes),
		cmocka_unit_test(echo_reply), cmocka_unit_test(arp_reply), cmocka_unit_test(arp_request),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
