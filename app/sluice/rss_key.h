/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Toeplitz key given to the NICs and used by workers in software. It is the one of Microsoft's RSS specification:
 * published with test vectors, so a NIC that hashes differently is found out, and known to spread well. The repeated
 * 0x6d5a, the other common choice, makes both directions of a flow collide on purpose: no use for NAT, whose two
 * directions have different addresses, and it spreads worse. The key is no secret: it decides only which worker.
 */
#ifndef APP_SLUICE_RSS_KEY_H
#define APP_SLUICE_RSS_KEY_H

#include <stdint.h>

static const uint8_t rss_key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

#endif
