/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "sluice/base/ip.h"

bool sl_ip_is_multicast(const struct sl_ip *ip)
{
	if (sl_ip_is_v4(ip))
		return (ip->b[12] & 0xf0) == 0xe0;
	return ip->b[0] == 0xff;
}

bool sl_ip_is_link_local(const struct sl_ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

struct sl_ip sl_ip_link_local(const uint8_t mac[6])
{
	/* The universal/local bit is inverted, and ff:fe stands between vendor and device part. */
	struct sl_ip ip = { .b = { 0xfe, 0x80, [8] = mac[0] ^ 0x02, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] } };

	return ip;
}

bool sl_prefix_covers(const struct sl_prefix *p, const struct sl_ip *ip)
{
	unsigned int bytes = p->len / 8, bits = p->len % 8;

	if (memcmp(p->ip.b, ip->b, bytes) != 0)
		return false;
	return bits == 0 || ((p->ip.b[bytes] ^ ip->b[bytes]) >> (8 - bits)) == 0;
}

struct sl_prefix sl_prefix_network(const struct sl_prefix *p)
{
	struct sl_prefix network = { .len = p->len };
	unsigned int bytes = p->len / 8, bits = p->len % 8;

	memcpy(network.ip.b, p->ip.b, bytes);
	if (bits != 0)
		network.ip.b[bytes] = p->ip.b[bytes] & (uint8_t)(0xff00 >> bits);
	return network;
}

bool sl_prefix_has_edge(const struct sl_prefix *p, const struct sl_ip *ip)
{
	if (!sl_ip_is_v4(&p->ip) || !sl_ip_is_v4(ip) || !sl_prefix_covers(p, ip) || p->len > 96 + 30)
		return false;
	uint32_t hosts = UINT32_MAX >> (p->len - 96), host = rte_be_to_cpu_32(sl_ip_v4_be(ip)) & hosts;
	return host == 0 || host == hosts;
}

int sl_ip_parse(const char *text, struct sl_ip *ip)
{
	uint32_t v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		*ip = sl_ip_from_v4(v4);
		return 0;
	}
	/* A mapped address written out as IPv6 would silently become IPv4: refuse it. */
	if (inet_pton(AF_INET6, text, ip->b) == 1 && !sl_ip_is_v4(ip))
		return 0;
	return -1;
}

int sl_prefix_parse(const char *text, struct sl_prefix *p)
{
	char address[SL_IP_STRLEN];
	const char *slash = strchr(text, '/');
	size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);

	if (length >= sizeof(address))
		return -1;
	memcpy(address, text, length);
	address[length] = '\0';
	if (sl_ip_parse(address, &p->ip) != 0)
		return -1;
	if (slash == NULL || slash[1] < '0' || slash[1] > '9')
		return -2;

	char *end;
	unsigned long len = strtoul(slash + 1, &end, 10);
	unsigned int max = sl_ip_is_v4(&p->ip) ? 32 : 128;
	if (*end != '\0' || len > max)
		return -2;
	p->len = (uint8_t)(len + 128 - max);
	return 0;
}

const char *sl_ip_format(const struct sl_ip *ip, char buf[SL_IP_STRLEN])
{
	if (sl_ip_is_v4(ip))
		inet_ntop(AF_INET, &ip->w_be[3], buf, SL_IP_STRLEN);
	else
		inet_ntop(AF_INET6, ip->b, buf, SL_IP_STRLEN);
	return buf;
}

const char *sl_prefix_format(const struct sl_prefix *p, char buf[SL_IP_STRLEN])
{
	unsigned int len = sl_ip_is_v4(&p->ip) ? p->len - 96u : p->len;

	sl_ip_format(&p->ip, buf);
	size_t used = strlen(buf);
	snprintf(buf + used, SL_IP_STRLEN - used, "/%u", len);
	return buf;
}
