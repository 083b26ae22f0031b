/* SPDX-License-Identifier: BSD-3-Clause */
/* IGMP and MLD messages as they are on the wire: those we send, as text, and the queries we read, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "eal.h"
#include "packet_builder.h"
#include "sluice/packet/edit.h"
#include "sluice/packet/group.h"
#include "sluice/packet/parse.h"

static struct rte_mempool *pool;
static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 0xfe };

static struct sl_ip address(const char *text)
{
	struct sl_ip ip;

	assert_int_equal(sl_ip_parse(text, &ip), 0);
	return ip;
}

#define ASSERT_TEXT(m, expect) do { char text_[PKT_TEXT_MAX]; assert_string_equal(pkt_text(m, text_), expect); } while (0)

static void reports(void **state)
{
	struct sl_ip me4 = address("192.0.2.2"), me6 = address("fe80::fe");
	struct sl_ip sources4[2] = { address("198.51.100.7"), address("198.51.100.8") };
	struct sl_ip sources6[1] = { address("2001:db8::7") };
	const struct sl_group_record records4[3] = {
		{ .group = address("239.1.1.1"), .type = SL_GROUP_TO_EXCLUDE },
		{ .group = address("232.1.1.2"), .type = SL_GROUP_ALLOW, .n_sources = 2, .sources = sources4 },
		{ .group = address("239.1.1.3"), .type = SL_GROUP_TO_INCLUDE },
	};
	const struct sl_group_record records6[2] = {
		{ .group = address("ff02::1:ff00:fe"), .type = SL_GROUP_TO_EXCLUDE },
		{ .group = address("ff35::2"), .type = SL_GROUP_IS_INCLUDE, .n_sources = 1, .sources = sources6 },
	};
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	assert_int_equal(sl_group_build_report(m, our_mac, 0, &me4, records4, 3), 0);
	ASSERT_TEXT(m, "eth 02::fe>01:00:5e::16 ip4 192.0.2.2>224.0.0.22 ttl 1 tos 0xc0 DF opt 94040000 igmp report 239.1.1.1 "
		       "t5:232.1.1.2(198.51.100.7,198.51.100.8) t3:239.1.1.3 [csum ok]");
	rte_pktmbuf_reset(m);
	assert_int_equal(sl_group_build_report(m, our_mac, 5, &me6, records6, 2), 0);
	ASSERT_TEXT(m, "eth 02::fe>33:33::16 vlan 5 ip6 fe80::fe>ff02::16 ttl 1 hbh icmp mld2-report ff02::1:ff00:fe "
		       "t1:ff35::2(2001:db8::7) [csum ok]");
	/* router alert of RFC 2711, value 0 */
	assert_memory_equal(rte_pktmbuf_mtod_offset(m, uint8_t *, 18 + 40), "\x3a\0\5\2\0\0\1\0", 8);
	assert_true(m->pkt_len - 18 <= SL_GROUP_REPORT_OVERHEAD + 2 * sl_group_record_bytes(false, 0) + 16);
	rte_pktmbuf_reset(m);

	uint16_t room = m->buf_len;
	m->buf_len = (uint16_t)(m->data_off + 14 + 24 + 15);
	assert_int_equal(sl_group_build_report(m, our_mac, 0, &me4, records4, 1), -1);
	m->buf_len = (uint16_t)(m->data_off + 14 + 48 + 27);
	assert_int_equal(sl_group_build_report(m, our_mac, 0, &me6, records6, 1), -1);
	assert_int_equal(m->pkt_len, 0);
	m->buf_len = room;
	rte_pktmbuf_free(m);
}

static void older_messages(void **state)
{
	struct sl_ip nobody = address("0.0.0.0"), me6 = address("fe80::fe");
	struct sl_ip group4 = address("239.129.1.1"), group6 = address("ff15::1:2:3");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	assert_int_equal(sl_group_build_membership(m, our_mac, 0, &nobody, &group4, SL_GROUP_V1), 0);
	ASSERT_TEXT(m, "eth 02::fe>01:00:5e:01:01:01 ip4 0.0.0.0>239.129.1.1 ttl 1 tos 0xc0 DF opt 94040000 igmp v1-report 239.129.1.1 [csum ok]");
	rte_pktmbuf_reset(m);
	assert_int_equal(sl_group_build_membership(m, our_mac, 0, &nobody, &group4, SL_GROUP_V2), 0);
	ASSERT_TEXT(m, "eth 02::fe>01:00:5e:01:01:01 ip4 0.0.0.0>239.129.1.1 ttl 1 tos 0xc0 DF opt 94040000 igmp v2-report 239.129.1.1 [csum ok]");
	rte_pktmbuf_reset(m);
	assert_int_equal(sl_group_build_leave(m, our_mac, 0, &nobody, &group4), 0);
	ASSERT_TEXT(m, "eth 02::fe>01:00:5e::02 ip4 0.0.0.0>224.0.0.2 ttl 1 tos 0xc0 DF opt 94040000 igmp leave 239.129.1.1 [csum ok]");
	rte_pktmbuf_reset(m);
	assert_int_equal(sl_group_build_membership(m, our_mac, 0, &me6, &group6, SL_GROUP_V2), 0);
	ASSERT_TEXT(m, "eth 02::fe>33:33:00:02:00:03 ip6 fe80::fe>ff15::1:2:3 ttl 1 hbh icmp mld-report ff15::1:2:3 [csum ok]");
	rte_pktmbuf_reset(m);
	assert_int_equal(sl_group_build_leave(m, our_mac, 0, &me6, &group6), 0);
	ASSERT_TEXT(m, "eth 02::fe>33:33::02 ip6 fe80::fe>ff02::2 ttl 1 hbh icmp mld-done ff15::1:2:3 [csum ok]");
	rte_pktmbuf_free(m);
}

#define E4 ETH("02::01", "01:00:5e::01")
#define E6 ETH("02::01", "33:33::01")
#define Q4 IP4("192.0.2.1", "224.0.0.1", .ttl = 1, .proto = 2)
#define ALERT HOPOPTS(.options = "050200000100")
#define Q6 IP6("fe80::1", "ff02::1", .ttl = 1), ALERT
#define M(text) BYTES("" text, sizeof(text) - 1)

/* "VERSION DELAY GROUP", NULL: ignored. Checksums are the caller's to check. */
static const struct query_case {
	struct pkt_layer layers[6];
	const char *expect;
} query_cases[] = {
	{ { E4, Q4, M("\x11\0\0\0\0\0\0\0") }, "1 10000 0.0.0.0" },
	{ { E4, Q4, M("\x11\x64\0\0\0\0\0\0") }, "2 10000 0.0.0.0" },
	{ { E4, Q4, M("\x11\xff\0\0\xef\1\2\3") }, "2 25500 239.1.2.3" },
	{ { E4, Q4, M("\x11\x7f\0\0\0\0\0\0\0\0\0\0") }, "3 12700 0.0.0.0" },
	{ { E4, Q4, M("\x11\x80\0\0\0\0\0\0\0\0\0\0") }, "3 12800 0.0.0.0" },
	{ { E4, Q4, M("\x11\xff\0\0\xef\1\2\3\0\0\0\1\1\2\3\4") }, "3 3174400 239.1.2.3" },
	{ { E4, IP4("0.0.0.0", "224.0.0.1", .ttl = 1, .proto = 2), M("\x11\0\0\0\0\0\0\0") }, "1 10000 0.0.0.0" },
	{ { E4, Q4, M("\x11\x64\0\0\0\0\0\0\0\0\0") }, NULL },	/* RFC 3376 section 7.1 */
	{ { E4, Q4, M("\x11\x64\0\0\0\0\0") }, NULL },
	{ { E4, Q4, M("\x16\0\0\0\xef\1\2\3") }, NULL },
	{ { E4, IP4("192.0.2.1", "224.0.0.1", .ttl = 2, .proto = 2), M("\x11\0\0\0\0\0\0\0") }, NULL },
	{ { E6, Q6, ICMP(130, 0, .rest = 0x27100000), M("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") }, "2 10000 ::" },
	{ { E6, Q6, ICMP(130, 0, .rest = 0xffff0000), M("\xff\x15\0\0\0\0\0\0\0\0\0\0\0\0\0\2") }, "2 65535 ff15::2" },
	{ { E6, Q6, ICMP(130, 0, .rest = 0x7fff0000), M("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\0") }, "3 32767 ::" },
	{ { E6, Q6, ICMP(130, 0, .rest = 0x80000000), M("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\0") }, "3 32768 ::" },
	{ { E6, Q6, ICMP(130, 0, .rest = 0x27100000), M("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0") }, NULL }, /* RFC 3810 section 8.1 */
	{ { E6, Q6, ICMP(130, 0, .rest = 0x27100000), M("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") }, NULL },
	{ { E6, Q6, ICMP(131, 0, .rest = 0x27100000), M("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") }, NULL },
	{ { E6, IP6("2001:db8::1", "ff02::1", .ttl = 1), ALERT, ICMP(130, 0), FILL(20) }, NULL },
	{ { E6, IP6("fe80::1", "ff02::1", .ttl = 2), ALERT, ICMP(130, 0), FILL(20) }, NULL },
	{ { E6, IP6("fe80::1", "ff02::1", .ttl = 1), ICMP(130, 0), FILL(20) }, NULL },
};

static void queries(void **state)
{
	for (unsigned int i = 0; i < RTE_DIM(query_cases); i++) {
		struct rte_mbuf *whole = pkt_build(pool, query_cases[i].layers);

		for (int cut = 1; cut < 90; cut++) {
			const int split[PKT_SPLITS] = { cut, 3, 5 };
			struct rte_mbuf *m = pkt_from_bytes(pool, rte_pktmbuf_mtod(whole, void *), whole->pkt_len, split);
			const char *expect = query_cases[i].expect != NULL ? query_cases[i].expect : "ignored";
			char got[128] = "ignored", ip[SL_IP_STRLEN], text[PKT_TEXT_MAX];
			struct sl_group_query query;
			struct sl_frame frame;
			struct sl_pkt p;

			assert_int_equal(sl_parse_ethernet(m, &p, our_mac, &frame), SL_PARSE_OK);
			assert_int_equal(sl_parse_ip(m, &p, frame.ethertype, true), SL_PARSE_OK);
			if (sl_group_parse_query(m, &p, &query) == 0)
				snprintf(got, sizeof(got), "%u %u %s", query.version, query.delay_ms, sl_ip_format(&query.group, ip));
			if (strcmp(got, expect) != 0)
				fail_msg("%s, cut at %d\n  expected %s\n  got      %s", pkt_text(m, text), cut, expect, got);
			rte_pktmbuf_free(m);
		}
		rte_pktmbuf_free(whole);
	}
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

static void macs(void **state)
{
	static const char *const rows[][2] = {
		{ "239.129.2.3", "01:00:5e:01:02:03" },
		{ "224.0.0.1", "01:00:5e::01" },
		{ "ff02::1:ff78:9abc", "33:33:ff:78:9a:bc" },
	};

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct sl_ip group = address(rows[i][0]);
		uint8_t mac[6];
		char text[18];

		sl_group_mac(&group, mac);
		assert_string_equal(pkt_mac_text(mac, text), rows[i][1]);
	}
}

static int set_up(void **state)
{
	test_eal_init("group");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports),
		cmocka_unit_test(older_messages),
		cmocka_unit_test(queries),
		cmocka_unit_test(macs),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
