/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

#include "frame.h"
#include "sluice/packet/edit.h"
#include "sluice/packet/icmp.h"

#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define ND_FLAG_SOLICITED 0x40
#define ND_FLAG_OVERRIDE 0x20
#define OPTION_SOURCE_MAC 1
#define OPTION_TARGET_MAC 2

/* Neighbour solicitation and advertisement (RFC 4861 sections 4.3, 4.4), with the one option that both can carry. */
struct nd_header {
	uint8_t type, code;
	uint16_t checksum;
	uint8_t flags, reserved[3];
	uint8_t target[16];
};
struct nd_option {
	uint8_t type, len; /* in units of 8 bytes */
	uint8_t mac[6];
};
_Static_assert(sizeof(struct nd_header) == 24 && sizeof(struct nd_option) == 8, "wire formats");

struct sl_ip sl_nd_solicited_node(const struct sl_ip *ip)
{
	struct sl_ip group = { .b = { 0xff, 0x02, [11] = 1, 0xff, ip->b[13], ip->b[14], ip->b[15] } };

	return group;
}

void sl_nd_group_mac(const struct sl_ip *group, uint8_t mac[6])
{
	mac[0] = mac[1] = 0x33; /* RFC 2464 section 7 */
	memcpy(mac + 2, group->b + 12, 4);
}

struct sl_ip sl_nd_link_local(const uint8_t mac[6])
{
	struct sl_ip ip = { .b = { 0xfe, 0x80, [8] = mac[0] ^ 0x02, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4],
				   mac[5] } };

	return ip;
}

/* Frame, IPv6 header and message without option; returns the message, or NULL when out has no room. */
static struct nd_header *build(struct rte_mbuf *out, const uint8_t dst_mac[6], const uint8_t our_mac[6], uint16_t vlan,
			       const struct sl_ip *src, const struct sl_ip *dst, uint16_t len)
{
	struct rte_ipv6_hdr *ip = sl_frame_begin(out, dst_mac, our_mac, vlan, RTE_ETHER_TYPE_IPV6, sizeof(*ip) + len);

	if (ip == NULL)
		return NULL;
	sl_edit_ip_header(ip, src, dst, IPPROTO_ICMPV6, SL_ICMP6_HOP_LIMIT, len);
	return (struct nd_header *)(ip + 1);
}

static void set_option(struct nd_header *nd, uint8_t type, const uint8_t mac[6])
{
	struct nd_option *option = (struct nd_option *)(nd + 1);

	option->type = type;
	option->len = 1;
	memcpy(option->mac, mac, sizeof(option->mac));
}

int sl_nd_build_solicitation(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *src,
			     const struct sl_ip *target, const uint8_t *unicast_mac)
{
	/* RFC 4861 section 4.3: no option from the unspecified address */
	uint16_t len = sizeof(struct nd_header) + (sl_ip_is_zero(src) ? 0 : sizeof(struct nd_option));
	struct sl_ip dst = *target;
	struct nd_header *nd;
	uint8_t group_mac[6];

	if (unicast_mac == NULL) {
		dst = sl_nd_solicited_node(target);
		sl_nd_group_mac(&dst, group_mac);
		unicast_mac = group_mac;
	}
	nd = build(out, unicast_mac, our_mac, vlan, src, &dst, len);
	if (nd == NULL)
		return -1;
	nd->type = ND_SOLICITATION;
	memcpy(nd->target, target, sizeof(nd->target));
	if (len > sizeof(*nd))
		set_option(nd, OPTION_SOURCE_MAC, our_mac);
	sl_frame_icmp6_checksum(out, src, &dst, len);
	return 0;
}

int sl_nd_build_advertisement(struct rte_mbuf *out, const uint8_t our_mac[6], uint16_t vlan, const struct sl_ip *target,
			      const struct sl_ip *dst, const uint8_t dst_mac[6], bool solicited)
{
	const uint16_t len = sizeof(struct nd_header) + sizeof(struct nd_option);
	struct nd_header *nd = build(out, dst_mac, our_mac, vlan, target, dst, len);

	if (nd == NULL)
		return -1;
	nd->type = ND_ADVERTISEMENT;
	nd->flags = ND_FLAG_OVERRIDE | (solicited ? ND_FLAG_SOLICITED : 0);
	memcpy(nd->target, target, sizeof(nd->target));
	set_option(nd, OPTION_TARGET_MAC, our_mac);
	sl_frame_icmp6_checksum(out, target, dst, len);
	return 0;
}

/* Read the options from offset to end; the first link-layer address wins. False: the message must be ignored. */
static bool parse_options(const struct rte_mbuf *m, uint32_t offset, uint32_t end, uint8_t wanted,
			  struct sl_nd_message *msg)
{
	while (offset < end) {
		struct nd_option buf;
		const struct nd_option *option = rte_pktmbuf_read(m, offset, sizeof(buf), &buf);

		/* an option fills at least 8 bytes, so less than that left is malformed like one that is too long */
		if (option == NULL || option->len == 0 || option->len * 8u > end - offset)
			return false;
		if (option->type == wanted && option->len == 1 && !msg->has_mac) {
			if (option->mac[0] & RTE_ETHER_GROUP_ADDR)
				return false;
			memcpy(msg->mac, option->mac, sizeof(msg->mac));
			msg->has_mac = true;
		}
		offset += option->len * 8u;
	}
	return true;
}

int sl_nd_parse(const struct rte_mbuf *m, const struct sl_pkt *p, struct sl_nd_message *msg)
{
	static const uint8_t solicited_node[13] = { 0xff, 0x02, [11] = 1, 0xff };
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv6_hdr *, p->l3);
	uint32_t end = (uint32_t)p->l3 + p->l3_len, len = end - p->l4;
	struct nd_header buf;
	const struct nd_header *nd;

	/*
	 * Nobody sends ND behind extension headers, and behind a fragment header it must be ignored (RFC 6980 section
	 * 5).
	 */
	if (p->kind != SL_PKT_ICMP || !(p->flags & SL_PKT_V6) || p->l4 != p->l3 + sizeof(*ip))
		return -1;
	/* sections 7.1.1 and 7.1.2 in their order */
	if (ip->hop_limits != SL_ICMP6_HOP_LIMIT || len < sizeof(*nd))
		return -1;
	if (sl_checksum_l4(m, p->l4, len, &p->src, &p->dst, IPPROTO_ICMPV6) != 0)
		return -1;
	nd = rte_pktmbuf_read(m, p->l4, sizeof(buf), &buf);
	if (nd == NULL || nd->code != 0 || (nd->type != ND_SOLICITATION && nd->type != ND_ADVERTISEMENT))
		return -1;
	*msg = (struct sl_nd_message){ .solicitation = nd->type == ND_SOLICITATION };
	msg->target = sl_ip_from_v6(nd->target);
	/* a mapped target would pass for an IPv4 address of ours */
	if (sl_ip_is_multicast(&msg->target) || sl_ip_is_v4(&msg->target))
		return -1;
	if (!parse_options(m, p->l4 + sizeof(*nd), end, msg->solicitation ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC, msg))
		return -1;
	if (msg->solicitation) {
		if (sl_ip_is_zero(&p->src) &&
		    (msg->has_mac || memcmp(&p->dst, solicited_node, sizeof(solicited_node)) != 0))
			return -1;
		return 0;
	}
	msg->solicited = (nd->flags & ND_FLAG_SOLICITED) != 0;
	msg->override = (nd->flags & ND_FLAG_OVERRIDE) != 0;
	return msg->solicited && sl_ip_is_multicast(&p->dst) ? -1 : 0;
}
