/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An IPv4 or IPv6 address in 16 bytes, network byte order. IPv4 is kept in its mapped form
 * ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so one key, one table and one route trie serve both families.
 */
#ifndef SLUICE_BASE_IP_H
#define SLUICE_BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

struct sl_ip {
	union {
		uint8_t b[16];
		uint32_t w_be[4];
		uint64_t q[2];
	};
};
_Static_assert(sizeof(struct sl_ip) == 16, "an address is 16 bytes");

#define SL_IP_STRLEN 48 /* longest text of an address or prefix, with its final 0 */

/* An address and the length of its prefix in bits of the mapped form: an IPv4 /24 is 120. */
struct sl_prefix {
	struct sl_ip ip;
	uint8_t len;
};

static inline struct sl_ip sl_ip_from_v4(uint32_t v4_be)
{
	struct sl_ip ip = { .w_be = { 0, 0, RTE_BE32(0xffff), v4_be } };
	return ip;
}

/*
 * The same to memory, as two 64-bit stores: readers load 64 bits, and a load that spans two smaller stores in flight waits
 * for both to retire.
 */
static inline void sl_ip_store_v4(struct sl_ip *ip, uint32_t v4_be)
{
	bool little = RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN;

	ip->q[0] = 0;
	ip->q[1] = (uint64_t)RTE_BE32(0xffff) << (little ? 0 : 32) | (uint64_t)v4_be << (little ? 32 : 0);
}

/* From 16 bytes, whichever type they have in headers of DPDK or the C library. */
static inline struct sl_ip sl_ip_from_v6(const void *bytes)
{
	struct sl_ip ip;
	memcpy(ip.b, bytes, 16);
	return ip;
}

static inline bool sl_ip_is_v4(const struct sl_ip *ip)
{
	return ip->q[0] == 0 && ip->w_be[2] == RTE_BE32(0xffff);
}

static inline uint32_t sl_ip_v4_be(const struct sl_ip *ip)
{
	return ip->w_be[3];
}

static inline bool sl_ip_equal(const struct sl_ip *a, const struct sl_ip *b)
{
	return ((a->q[0] ^ b->q[0]) | (a->q[1] ^ b->q[1])) == 0;
}

static inline bool sl_ip_is_zero(const struct sl_ip *ip)
{
	return (ip->q[0] | ip->q[1]) == 0;
}

/* 224.0.0.0/4 or ff00::/8. */
bool sl_ip_is_multicast(const struct sl_ip *ip);

/* fe80::/10 (RFC 4291 section 2.5.6); false for IPv4. */
bool sl_ip_is_link_local(const struct sl_ip *ip);

/* fe80::/64 with the interface identifier of a MAC address (RFC 4291 appendix A). */
struct sl_ip sl_ip_link_local(const uint8_t mac[6]);

/* The first `len` bits (of the mapped form) are equal. */
bool sl_prefix_covers(const struct sl_prefix *p, const struct sl_ip *ip);

/* The network of an address with its prefix length: without host bits. */
struct sl_prefix sl_prefix_network(const struct sl_prefix *p);

/* The all-zeroes or all-ones host of an IPv4 prefix, which is none where it has them (RFC 3021: a /31 has not). */
bool sl_prefix_has_edge(const struct sl_prefix *p, const struct sl_ip *ip);

/* Text -> address, numeric forms only. Returns 0, or -1 when the text is not an address. */
int sl_ip_parse(const char *text, struct sl_ip *ip);

/* "ADDRESS/LEN" -> prefix; host bits are kept. Returns 0, -1 not an address, -2 missing or bad length. */
int sl_prefix_parse(const char *text, struct sl_prefix *p);

/* Address or prefix -> text in buf; returns buf. */
const char *sl_ip_format(const struct sl_ip *ip, char buf[SL_IP_STRLEN]);
const char *sl_prefix_format(const struct sl_prefix *p, char buf[SL_IP_STRLEN]);

#endif
