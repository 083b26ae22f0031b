/* SPDX-License-Identifier: BSD-3-Clause */
/* The MSS option: found among others, lowered and never raised, at even and odd places, and safe against nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_tcp.h>

#include "eal.h"
#include "packet_builder.h"
#include "packet_parsed.h"
#include "sluice/packet/edit.h"

static struct rte_mempool *pool;

/* Options before, and after the MSS was limited to 1400 (0x578). */
static const struct {
	const char *before, *after;
} cases[] = {
	{ "020405b4", "02040578" },
	{ "02040578", "02040578" },
	{ "02040577", "02040577" },			    /* lower already */
	{ "0204ffff", "02040578" },
	{ "0402080a0000000100000000020405b4", "0402080a000000010000000002040578" }, /* behind others */
	{ "01020405b4010000", "0102040578010000" },	    /* in two words of the checksum */
	{ "0303070204 05b4 00", "0303070204057800" },
	{ "", "" },
	{ "00000000020405b4", "00000000020405b4" },	    /* behind the end of the list */
	{ "0200 05b4", "020005b4" },			    /* lengths that are none */
	{ "0203 05b4", "020305b4" },
	{ "0206 05b4", "020605b4" },
	{ "0801 020405b4 0101", "0801020405b40101" },
	{ "08ff 020405b4 0101", "08ff020405b40101" },
	{ "01010102", "01010102" },			    /* cut off by the end of the header */
	{ "01010204", "01010204" },
	{ "01020405", "01020405" },
};

static void test_cases(void **state)
{
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		for (unsigned int v6 = 0; v6 < 2; v6++) {
			const struct pkt_layer ip = v6 ? (struct pkt_layer)IP6("2001:db8::1", "2001:db8::2")
						       : (struct pkt_layer)IP4("192.0.2.1", "192.0.2.10");
			struct rte_mbuf *m = pkt(pool, ETH("02::01", "02::fe"), ip, TCP(1, 2, "S", .options = cases[i].before));
			struct rte_mbuf *expected = pkt(pool, ETH("02::01", "02::fe"), ip,
							TCP(1, 2, "S", .options = cases[i].after));
			struct sl_pkt p = pkt_parsed(m);
			char text[PKT_TEXT_MAX], expected_text[PKT_TEXT_MAX];

			sl_edit_clamp_mss(m, &p, 1400);
			assert_string_equal(pkt_text(m, text), pkt_text(expected, expected_text));
			assert_non_null(strstr(text, "[csum ok]"));
			rte_pktmbuf_free(m);
			rte_pktmbuf_free(expected);
		}
	}
}

/* Random options: nothing but an MSS of too much is touched, and the checksum stays right. */
static void test_random(void **state)
{
	srandom(1);
	for (unsigned int round = 0; round < 50000; round++) {
		char options[81] = "", text[PKT_TEXT_MAX];
		unsigned int bytes = 4 * ((unsigned int)random() % 11);

		for (unsigned int i = 0; i < bytes; i++)
			snprintf(options + 2 * i, 3, "%02x", (unsigned int)(random() % 3 ? random() % 6 : random() % 256));
		struct rte_mbuf *m = pkt(pool, ETH("02::01", "02::fe"), IP4("192.0.2.1", "192.0.2.10"),
					 TCP(1, 2, "S", .options = options));
		struct sl_pkt p = pkt_parsed(m);
		uint8_t *at = rte_pktmbuf_mtod_offset(m, uint8_t *, p.l4 + 20), before[40];
		unsigned int changed = 0;

		memcpy(before, at, bytes);
		sl_edit_clamp_mss(m, &p, 3);
		assert_non_null(strstr(pkt_text(m, text), "[csum ok]"));
		for (unsigned int i = 0; i < bytes; i++) {
			if (at[i] == before[i])
				continue;
			changed++;
			assert_true((i >= 2 && before[i - 2] == 2 && before[i - 1] == 4) ||
				    (i >= 3 && before[i - 3] == 2 && before[i - 2] == 4));
		}
		assert_in_range(changed, 0, 2);
		rte_pktmbuf_free(m);
	}
}

static int set_up(void **state)
{
	test_eal_init("mss");
	pool = test_pool_create();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_random) };

	return cmocka_run_group_tests(tests, set_up, NULL);
}
