/* SPDX-License-Identifier: BSD-3-Clause */
/* Building of the PROXY protocol's header (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). */
#ifndef SLUICE_PACKET_PROXY_H
#define SLUICE_PACKET_PROXY_H

#include <stdint.h>

#include "sluice/base/ip.h"

#define SL_PROXY_HEADER_MAX 107 /* of version 1; the longest without "unknown" is less */

/* A TCP connection as its client sees it; addresses of one family. */
struct sl_proxy_ends {
	struct sl_ip client, vip;
	uint16_t client_port_be, vip_port_be;
};

/* Write the header of version 1 or 2 to `out`, and return its length: it depends on nothing but the arguments. */
unsigned int sl_proxy_header(uint8_t out[SL_PROXY_HEADER_MAX], unsigned int version, const struct sl_proxy_ends *ends);

#endif
