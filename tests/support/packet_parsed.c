/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <rte_ether.h>

#include "packet_parsed.h"

#include "sluice/packet/parse.h"

const uint8_t pkt_our_mac[6] = { 2, 0, 0, 0, 0, 0xfe };

struct sl_pkt pkt_parsed(struct rte_mbuf *m)
{
	struct sl_frame frame;
	struct sl_pkt p;

	assert_int_equal(sl_parse_ethernet(m, &p, pkt_our_mac, &frame), SL_PARSE_OK);
	if (frame.ethertype == RTE_ETHER_TYPE_ARP)
		assert_int_equal(sl_parse_arp(m, &p), SL_PARSE_OK);
	else
		assert_int_equal(sl_parse_ip(m, &p, frame.ethertype, true), SL_PARSE_OK);
	return p;
}
