/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>

#include "sluice/packet/fragment.h"
#include "sluice/packet/group.h"
#include "sluice/packet/relay.h"

/* As the pseudo header has it: the 0xffff of a mapped address counts as nothing. */
static inline uint16_t sum_address(const struct sl_ip *ip)
{
	uint64_t sum = (uint64_t)ip->w_be[0] + ip->w_be[1] + ip->w_be[2] + ip->w_be[3];
	return sl_checksum_fold(sum);
}

static void init_ethernet(struct sl_relay_template *t, const struct sl_relay_template_options *o)
{
	rte_be16_t type = o->v6 ? RTE_BE16(RTE_ETHER_TYPE_IPV6) : RTE_BE16(RTE_ETHER_TYPE_IPV4);
	rte_be16_t tag[2] = { RTE_BE16(RTE_ETHER_TYPE_VLAN), rte_cpu_to_be_16(o->vlan) };

	if (sl_ip_is_multicast(&o->dst))
		sl_group_mac(&o->dst, t->bytes);
	memcpy(t->bytes + RTE_ETHER_ADDR_LEN, o->mac, RTE_ETHER_ADDR_LEN);
	t->l3 = RTE_ETHER_HDR_LEN;
	if (o->vlan != 0) {
		memcpy(t->bytes + t->l3 - 2, tag, sizeof(tag));
		t->l3 += RTE_VLAN_HLEN;
	}
	memcpy(t->bytes + t->l3 - 2, &type, sizeof(type));
}

static void init_ipv4(struct sl_relay_template *t, const struct sl_relay_template_options *o)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(t->bytes + t->l3);

	ip->time_to_live = o->ttl;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = sl_ip_is_zero(&o->src) ? 0 : sl_ip_v4_be(&o->src);
	ip->dst_addr = sl_ip_is_zero(&o->dst) ? 0 : sl_ip_v4_be(&o->dst);
	t->l3_sum = sl_checksum_sum(ip, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF; /* it is summed with the datagram's TOS */
	t->l4 = (uint8_t)(t->l3 + sizeof(*ip));
}

static void init_ipv6(struct sl_relay_template *t, const struct sl_relay_template_options *o)
{
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)(t->bytes + t->l3);

	ip->proto = IPPROTO_UDP;
	ip->hop_limits = o->ttl;
	memcpy(&ip->src_addr, &o->src, sizeof(ip->src_addr));
	memcpy(&ip->dst_addr, &o->dst, sizeof(ip->dst_addr));
	t->l4 = (uint8_t)(t->l3 + sizeof(*ip));
}

void sl_relay_template_init(struct sl_relay_template *t, const struct sl_relay_template_options *o)
{
	struct rte_udp_hdr *udp;

	*t = (struct sl_relay_template){ .v6 = o->v6, .checksum_mask = o->no_checksum ? 0 : 0xffff };
	if (sl_ip_is_zero(&o->src))
		t->keep |= SL_RELAY_KEEP_SOURCE;
	if (sl_ip_is_zero(&o->dst))
		t->keep |= SL_RELAY_KEEP_ADDRESS;
	if (o->dport_be == 0)
		t->keep |= SL_RELAY_KEEP_PORT;
	t->tos = o->dscp == UINT8_MAX ? 0 : (uint8_t)(o->dscp << 2);
	t->tos_mask = o->dscp == UINT8_MAX ? 0xff : 0x03; /* ECN is the network's (RFC 3168) */
	init_ethernet(t, o);
	if (o->v6)
		init_ipv6(t, o);
	else
		init_ipv4(t, o);
	udp = (struct rte_udp_hdr *)(t->bytes + t->l4);
	udp->dst_port = o->dport_be;
	t->length = (uint8_t)(t->l4 + sizeof(*udp));
	t->l4_sum = sl_checksum_add(sl_checksum_add(sum_address(&o->src), sum_address(&o->dst)), o->dport_be);
}

/* ---- what came in ---- */

void sl_relay_stream_init(struct sl_relay_stream *stream, const struct sl_pkt *p)
{
	stream->src_sum = sum_address(&p->src);
	stream->dst_sum = sum_address(&p->dst);
	stream->without_sum = sl_checksum_add((uint16_t)~p->dport_be, sl_checksum_add((uint16_t)~stream->src_sum,
										      (uint16_t)~stream->dst_sum));
}

bool sl_relay_fragment_init(struct sl_relay_datagram *d, const struct rte_mbuf *m, const struct sl_pkt *p)
{
	struct sl_fragment f;

	if (d->v6) {
		sl_fragment_read(m, p, &f);
		if (*rte_pktmbuf_mtod_offset(m, const uint8_t *, f.header) != IPPROTO_UDP)
			return false;
		memcpy(&d->fragment_be, rte_pktmbuf_mtod_offset(m, const uint8_t *, f.header + 2), 2);
	}
	if (d->later)
		d->payload = p->l4;
	return true;
}

uint16_t sl_relay_compute_rest(const struct sl_relay_datagram *d, const struct rte_mbuf *m)
{
	uint32_t length = rte_be_to_cpu_16(d->udp_length_be) - (uint32_t)sizeof(struct rte_udp_hdr);
	uint64_t sum = (uint16_t)~sl_checksum_icmp(m, 0, length); /* a sum of bytes and nothing else */

	sum += d->sport_be + 2u * d->udp_length_be + RTE_BE16(IPPROTO_UDP); /* the length is in the pseudo header too */
	return sl_checksum_fold(sum);
}

/* ---- the rare header ---- */

static void keep_addresses(uint8_t *to, const struct sl_relay_template *t, const struct sl_relay_datagram *d)
{
	uint8_t *src = to + t->l3 + (t->v6 ? offsetof(struct rte_ipv6_hdr, src_addr) : offsetof(struct rte_ipv4_hdr, src_addr));
	unsigned int size = t->v6 ? 16 : 4;

	if (t->keep & SL_RELAY_KEEP_SOURCE)
		memcpy(src, d->p->src.b + 16 - size, size);
	if (t->keep & SL_RELAY_KEEP_ADDRESS) {
		memcpy(src + size, d->p->dst.b + 16 - size, size);
		sl_group_mac(&d->p->dst, to);
	}
}

static uint16_t udp_checksum(const struct sl_relay_template *t, const struct sl_relay_datagram *d)
{
	uint16_t sum = sl_checksum_add(t->l4_sum, d->rest_sum);

	if (t->keep & SL_RELAY_KEEP_SOURCE)
		sum = sl_checksum_add(sum, d->stream->src_sum);
	if (t->keep & SL_RELAY_KEEP_ADDRESS)
		sum = sl_checksum_add(sum, d->stream->dst_sum);
	if (t->keep & SL_RELAY_KEEP_PORT)
		sum = sl_checksum_add(sum, d->p->dport_be);
	sum = (uint16_t)~sum;
	return (sum != 0 ? sum : 0xffff) & t->checksum_mask & d->checksum_mask;
}

/* Returns the offset of what follows the IP header, fragment header included. */
static unsigned int write_ip(uint8_t *to, const struct sl_relay_template *t, const struct sl_relay_datagram *d, uint8_t tos)
{
	if (!t->v6) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(to + t->l3);
		ip->type_of_service = tos;
		ip->total_length = rte_cpu_to_be_16((uint16_t)(d->ip_payload + sizeof(*ip)));
		ip->packet_id = d->id_be;
		ip->fragment_offset = d->fragment_be;
		ip->hdr_checksum = sl_checksum_ipv4_header(ip);
		return t->l4;
	}
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)(to + t->l3);
	ip->vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)tos << 20);
	ip->payload_len = rte_cpu_to_be_16(d->ip_payload);
	if (!d->is_fragment)
		return t->l4;
	uint8_t *fragment = to + t->l4;
	ip->proto = IPPROTO_FRAGMENT;
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(d->ip_payload + SL_RELAY_FRAGMENT_HEADER));
	fragment[0] = IPPROTO_UDP;
	fragment[1] = 0;
	memcpy(fragment + 2, &d->fragment_be, 2);
	sl_edit_id_v6(fragment, d->id6_be);
	return t->l4 + SL_RELAY_FRAGMENT_HEADER;
}

void sl_relay_write_rare(uint8_t *to, const struct sl_relay_template *t, const struct sl_relay_datagram *d)
{
	uint8_t tos = (uint8_t)((d->tos & t->tos_mask) | t->tos);
	uint16_t dport_be = d->p->dport_be;

	memcpy(to, t->bytes, t->l4);
	if (!(t->keep & SL_RELAY_KEEP_PORT))
		memcpy(&dport_be, t->bytes + t->l4 + 2, 2);
	keep_addresses(to, t, d);
	unsigned int l4 = write_ip(to, t, d, tos);
	if (d->later)
		return;
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(to + l4);
	udp->src_port = d->sport_be;
	udp->dst_port = dport_be;
	udp->dgram_len = d->udp_length_be;
	udp->dgram_cksum = udp_checksum(t, d);
}
