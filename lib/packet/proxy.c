/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>

#include "sluice/packet/proxy.h"

#define VERSION_2_PROXY 0x21
#define TCP_OVER_IPV4 0x11
#define TCP_OVER_IPV6 0x21

/* Section 2.2 */
static const uint8_t signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

static unsigned int build_v1(uint8_t out[SL_PROXY_HEADER_MAX + 1], const struct sl_proxy_ends *e)
{
	char client[SL_IP_STRLEN], vip[SL_IP_STRLEN];

	return (unsigned int)snprintf((char *)out, SL_PROXY_HEADER_MAX + 1, "PROXY %s %s %s %u %u\r\n",
				      sl_ip_is_v4(&e->client) ? "TCP4" : "TCP6", sl_ip_format(&e->client, client),
				      sl_ip_format(&e->vip, vip), rte_be_to_cpu_16(e->client_port_be),
				      rte_be_to_cpu_16(e->vip_port_be));
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

static unsigned int build_v2(uint8_t *out, const struct sl_proxy_ends *e)
{
	bool v4 = sl_ip_is_v4(&e->client);
	size_t skip = v4 ? 12 : 0, len = sizeof(struct sl_ip) - skip;
	rte_be16_t rest = rte_cpu_to_be_16((uint16_t)(2 * len + 4));
	const uint8_t kind[2] = { VERSION_2_PROXY, v4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6 };
	uint8_t *at = put(out, signature, sizeof(signature));

	at = put(at, kind, sizeof(kind));
	at = put(at, &rest, sizeof(rest));
	at = put(at, e->client.b + skip, len);
	at = put(at, e->vip.b + skip, len);
	at = put(at, &e->client_port_be, sizeof(e->client_port_be));
	at = put(at, &e->vip_port_be, sizeof(e->vip_port_be));
	return (unsigned int)(at - out);
}

unsigned int sl_proxy_header(uint8_t out[SL_PROXY_HEADER_MAX + 1], unsigned int version, const struct sl_proxy_ends *ends)
{
	return version == 1 ? build_v1(out, ends) : build_v2(out, ends);
}
