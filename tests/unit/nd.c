/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "packet_builder.h"
#include "sluice/packet/icmp.h"
#include "sluice/packet/parse.h"

static struct rte_mempool *pool;
static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 0xfe };

#define E ETH("02::01", "02::fe")
#define SRC "fe80::1"
#define ME "fe80::fe"
#define GROUP "ff02::1:ff00:fe"
#define IP(s, d) IP6(s, d, .ttl = 255)

/* Expected: NULL when the message must be ignored, else "ns|na TARGET [S][O] [MAC]". */
static const struct nd_case {
	struct pkt_layer layers[6];
	const char *expect;
} parse_cases[] = {
	{ { E, IP(SRC, ME), NS(ME, .mac = "02::01") }, "ns fe80::fe 02::01" },
	{ { E, IP(SRC, GROUP), NS(ME) }, "ns fe80::fe" },
	{ { E, IP("::", GROUP), NS(ME) }, "ns fe80::fe" },
	{ { E, IP(SRC, ME), NS(ME, .mac = "02::01"), BYTES("\x0e\1\0\0\0\0\0\0", 8) }, "ns fe80::fe 02::01" }, /* nonce */
	{ { E, IP(SRC, ME), NS(ME), BYTES("\x0e\1\0\0\0\0\0\0\1\1\2\0\0\0\0\7", 16) }, "ns fe80::fe 02::07" },
	{ { E, IP(SRC, ME), NS(ME), BYTES("\1\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) }, "ns fe80::fe" }, /* not Ethernet's */
	{ { E, IP(SRC, ME), NA(SRC, .flags = "SO", .mac = "02::01") }, "na fe80::1 SO 02::01" },
	{ { E, IP(SRC, ME), NA(SRC, .flags = "R") }, "na fe80::1" },
	{ { E, IP(SRC, "ff02::1"), NA(SRC, .flags = "O", .mac = "02::01") }, "na fe80::1 O 02::01" },
	/* RFC 4861 section 7.1.1, 7.1.2 */
	{ { E, IP6(SRC, ME, .ttl = 254), NS(ME) }, NULL },
	{ { E, IP(SRC, ME), NS(ME, .bad_checksum = 1) }, NULL },
	{ { E, IP(SRC, ME), NS(ME, .code = 1) }, NULL },
	{ { E, IP(SRC, ME), ICMP(135, 0), FILL(15) }, NULL },
	{ { E, IP(SRC, ME), NS("ff02::1") }, NULL },
	{ { E, IP(SRC, ME), NS("::ffff:192.0.2.1") }, NULL },
	{ { E, IP("::", ME), NS(ME) }, NULL },
	{ { E, IP("::", "ff02::1"), NS(ME) }, NULL },
	{ { E, IP("::", GROUP), NS(ME, .mac = "02::01") }, NULL },
	{ { E, IP(SRC, ME), NS(ME, .mac = "03::01") }, NULL },
	{ { E, IP(SRC, ME), NS(ME), BYTES("\1\0\0\0\0\0\0\0", 8) }, NULL },
	{ { E, IP(SRC, ME), NS(ME), BYTES("\1\2\0\0\0\0\0\0", 8) }, NULL },
	{ { E, IP(SRC, ME), NS(ME), BYTES("\1\1\0\0", 4) }, NULL },
	{ { E, IP(SRC, "ff02::1"), NA(SRC, .flags = "S") }, NULL },
	{ { E, IP(SRC, ME), ICMP(133, 0), FILL(16) }, NULL },
	{ { E, IP(SRC, ME), FRAG6(1, 0, 0), NS(ME) }, NULL }, /* RFC 6980 */
	{ { E, IP(SRC, ME), FRAG6(1, 0, 1), NS(ME) }, NULL },
	{ { E, IP(SRC, ME), UDP(1, 2), FILL(40) }, NULL },
	{ { E, IP4("192.0.2.1", "192.0.2.2"), ICMP(135, 0), FILL(40) }, NULL },
};

static void parse(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(parse_cases); i++) {
		struct rte_mbuf *whole = pkt_build(pool, parse_cases[i].layers);

		for (int cut = 0; cut < 100; cut++) {
			const int split[PKT_SPLITS] = { cut, 3, 5 };
			struct rte_mbuf *m = pkt_from_bytes(pool, rte_pktmbuf_mtod(whole, void *), whole->pkt_len, split);
			char got[128] = "ignored", mac[18] = "", ip[SL_IP_STRLEN], text[PKT_TEXT_MAX];
			const char *expect = parse_cases[i].expect != NULL ? parse_cases[i].expect : "ignored";
			struct sl_nd_message msg;
			struct sl_frame frame;
			struct sl_pkt p;

			assert_int_equal(sl_parse_ethernet(m, &p, our_mac, &frame), SL_PARSE_OK);
			assert_int_equal(sl_parse_ip(m, &p, frame.ethertype, true), SL_PARSE_OK);
			if (sl_nd_parse(m, &p, &msg) == 0) {
				if (msg.has_mac)
					pkt_mac_text(msg.mac, mac);
				snprintf(got, sizeof(got), "%s %s%s%s%s%s%s", msg.solicitation ? "ns" : "na",
					 sl_ip_format(&msg.target, ip), msg.solicited || msg.override ? " " : "",
					 msg.solicited ? "S" : "", msg.override ? "O" : "", msg.has_mac ? " " : "", mac);
			}
			if (strcmp(got, expect) != 0)
				fail_msg("%s, cut at %d\n  expected %s\n  got      %s", pkt_text(m, text), cut, expect, got);
			rte_pktmbuf_free(m);
		}
		rte_pktmbuf_free(whole);
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static void addresses(void **state)
{
	struct sl_ip ip, group, expect;
	uint8_t mac[6];
	char text[18];

	sl_ip_parse("2001:db8::1234:5678:9abc", &ip);
	group = sl_nd_solicited_node(&ip);
	sl_ip_parse("ff02::1:ff78:9abc", &expect);
	assert_true(sl_ip_equal(&group, &expect));
	sl_nd_group_mac(&group, mac);
	assert_string_equal(pkt_mac_text(mac, text), "33:33:ff:78:9a:bc");

	/* RFC 4291 appendix A */
	ip = sl_nd_link_local((const uint8_t[6]){ 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde });
	sl_ip_parse("fe80::3656:78ff:fe9a:bcde", &expect);
	assert_true(sl_ip_equal(&ip, &expect));
}

static struct sl_ip address(const char *text)
{
	struct sl_ip ip;

	assert_int_equal(sl_ip_parse(text, &ip), 0);
	return ip;
}

static void build(void **state)
{
	static const uint8_t peer[6] = { 2, 0, 0, 0, 0, 1 }, all_nodes[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct sl_ip me = address(ME), any = address("::"), you = address(SRC), nodes = address("ff02::1");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char text[PKT_TEXT_MAX];

	assert_int_equal(sl_nd_build_solicitation(m, our_mac, 0, &me, &you, NULL), 0);
	assert_string_equal(pkt_text(m, text), "eth 02::fe>33:33:ff::01 ip6 fe80::fe>ff02::1:ff00:1 ttl 255 "
			    "icmp ns fe80::1 mac 02::fe [csum ok]");
	rte_pktmbuf_reset(m);
	assert_int_equal(sl_nd_build_solicitation(m, our_mac, 100, &me, &you, peer), 0);
	assert_string_equal(pkt_text(m, text), "eth 02::fe>02::01 vlan 100 ip6 fe80::fe>fe80::1 ttl 255 "
			    "icmp ns fe80::1 mac 02::fe [csum ok]");
	rte_pktmbuf_reset(m);
	assert_int_equal(sl_nd_build_solicitation(m, our_mac, 0, &any, &me, NULL), 0);
	assert_string_equal(pkt_text(m, text), "eth 02::fe>33:33:ff::fe ip6 ::>ff02::1:ff00:fe ttl 255 "
			    "icmp ns fe80::fe [csum ok]");
	rte_pktmbuf_reset(m);
	assert_int_equal(sl_nd_build_advertisement(m, our_mac, 0, &me, &you, peer, true), 0);
	assert_string_equal(pkt_text(m, text), "eth 02::fe>02::01 ip6 fe80::fe>fe80::1 ttl 255 "
			    "icmp na fe80::fe flags SO mac 02::fe [csum ok]");
	rte_pktmbuf_reset(m);
	assert_int_equal(sl_nd_build_advertisement(m, our_mac, 0, &me, &nodes, all_nodes, false), 0);
	assert_string_equal(pkt_text(m, text), "eth 02::fe>33:33::01 ip6 fe80::fe>ff02::1 ttl 255 "
			    "icmp na fe80::fe flags O mac 02::fe [csum ok]");
	rte_pktmbuf_reset(m);

	uint16_t room = m->buf_len;
	m->buf_len = (uint16_t)(m->data_off + 14 + 40 + 31);
	assert_int_equal(sl_nd_build_solicitation(m, our_mac, 0, &me, &you, NULL), -1);
	assert_int_equal(sl_nd_build_advertisement(m, our_mac, 0, &me, &you, peer, true), -1);
	assert_int_equal(m->pkt_len, 0);
	m->buf_len = room;
	rte_pktmbuf_free(m);
}

static int set_up(void **state)
{
	test_eal_init("nd");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(addresses),
		cmocka_unit_test(build),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
