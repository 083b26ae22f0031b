/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Headers of relayed datagrams. Each output has a template, made once; each datagram that came in is summed up once; the
 * header of a copy is the template with the datagram's own fields put in, and checksums that are added up from both.
 *
 * IP options and extension headers of what came in fall away, but for the fragment header: a fragment leaves as one.
 */
#ifndef SLUICE_PACKET_RELAY_H
#define SLUICE_PACKET_RELAY_H

#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "sluice/packet/burst.h"
#include "sluice/packet/edit.h"

#define SL_RELAY_HEADER_MAX 80 /* Ethernet with a tag, IPv6, a fragment header, UDP; in whole pieces of 16 bytes */
#define SL_RELAY_FRAGMENT_HEADER 8

/* sl_relay_template.keep: fields that are the datagram's own. */
#define SL_RELAY_KEEP_SOURCE 0x01
#define SL_RELAY_KEEP_ADDRESS 0x02
#define SL_RELAY_KEEP_PORT 0x04

struct sl_relay_template {
	_Alignas(16) uint8_t bytes[SL_RELAY_HEADER_MAX]; /* all that is the same for every datagram, 0 elsewhere */
	uint8_t l3, l4, length;	 /* offsets of the IP and UDP header, and of the payload */
	uint8_t keep;		 /* SL_RELAY_KEEP_* */
	uint8_t tos, tos_mask;	 /* the new TOS or traffic class is (old & tos_mask) | tos */
	bool v6;
	uint16_t checksum_mask;	 /* 0: the UDP checksum is 0; else all ones */
	uint16_t l3_sum;	 /* of the IPv4 header's constant words */
	uint16_t l4_sum;	 /* of addresses and destination port, as the UDP checksum has them, but for what is kept */
};

/* What the datagrams of a stream have in common. */
struct sl_relay_stream {
	uint16_t src_sum, dst_sum;
	uint16_t without_sum; /* takes addresses and destination port off the sum that a UDP checksum is of */
};

/* A datagram or fragment that came in, as all its copies need it. Sums are folded, in memory order. */
struct sl_relay_datagram {
	const struct sl_pkt *p;	  /* for what outputs may keep */
	const struct sl_relay_stream *stream;
	uint16_t sport_be;
	uint16_t udp_length_be;	  /* of the UDP header: in a first fragment that of the whole datagram */
	uint16_t ip_payload;	  /* bytes from the UDP header, or of a later fragment, to the end of the packet */
	uint16_t payload;	  /* offset in the frame of what copies share */
	uint16_t id_be;		  /* IPv4: identification that copies leave with */
	uint16_t fragment_be;	  /* IPv4: flags and offset; IPv6: offset and flag of a fragment header */
	uint32_t id6_be;	  /* IPv6: identification of a fragment */
	uint16_t v4_sum;	  /* of the IPv4 words that differ: length, identification, fragment */
	uint16_t checksum;	  /* as it came */
	uint16_t checksum_mask;	  /* 0: there is none; else all ones */
	uint16_t rest_sum;	  /* what its UDP checksum covers without addresses and destination port */
	uint8_t tos;
	bool v6, is_fragment, later; /* a later fragment has no UDP header */
};

struct sl_relay_template_options {
	struct sl_ip src, dst;	/* zero: kept */
	uint16_t dport_be;	/* 0: kept */
	uint8_t ttl, dscp;	/* dscp UINT8_MAX: kept */
	bool v6, no_checksum;
	uint8_t mac[6];		/* of the interface */
	uint16_t vlan;
};

/* The Ethernet destination is set where the address is a group that is not kept; otherwise it is the caller's. */
void sl_relay_template_init(struct sl_relay_template *t, const struct sl_relay_template_options *o);

void sl_relay_stream_init(struct sl_relay_stream *stream, const struct sl_pkt *p);

/* The rest of sl_relay_datagram_init for a fragment. */
bool sl_relay_fragment_init(struct sl_relay_datagram *d, const struct rte_mbuf *m, const struct sl_pkt *p);

/*
 * Sum up packet (m, p) of the stream, a UDP datagram or a fragment of one; stream and p stay while d is in use. False: a
 * fragment whose layer 4 does not begin where its payload does, which cannot lose its extension headers.
 */
static inline bool sl_relay_datagram_init(struct sl_relay_datagram *d, const struct sl_relay_stream *stream,
					  const struct rte_mbuf *m, const struct sl_pkt *p)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)(frame + p->l4);

	d->p = p;
	d->stream = stream;
	d->sport_be = p->sport_be;
	d->v6 = (p->flags & SL_PKT_V6) != 0;
	d->is_fragment = (p->flags & SL_PKT_FRAGMENT) != 0;
	d->later = (p->flags & SL_PKT_FRAGMENT_LATER) != 0;
	d->ip_payload = (uint16_t)(p->l3 + p->l3_len - p->l4);
	d->payload = (uint16_t)(p->l4 + sizeof(*udp));
	d->id_be = 0;
	d->fragment_be = 0;
	if (d->v6) {
		d->tos = (uint8_t)(frame[p->l3] << 4 | frame[p->l3 + 1] >> 4);
	} else {
		const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(frame + p->l3);
		d->tos = ip->type_of_service;
		d->fragment_be = ip->fragment_offset;
		if (likely(d->fragment_be == RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
			d->id_be = ip->packet_id;
	}
	d->v4_sum = sl_checksum_add(rte_cpu_to_be_16((uint16_t)(d->ip_payload + sizeof(struct rte_ipv4_hdr))),
				    sl_checksum_add(d->id_be, d->fragment_be));
	if (unlikely(d->is_fragment) && !sl_relay_fragment_init(d, m, p))
		return false;
	d->checksum = unlikely(d->later) ? 0 : udp->dgram_cksum;
	d->udp_length_be = udp->dgram_len;
	d->checksum_mask = d->checksum != 0 ? 0xffff : 0;
	d->rest_sum = sl_checksum_add((uint16_t)~d->checksum, stream->without_sum);
	return true;
}

/* The copies are fragments or may become some: true unless DF says no. Others need no number of ours (RFC 6864 section 4). */
static inline bool sl_relay_needs_id(const struct sl_relay_datagram *d)
{
	return d->v6 || d->fragment_be != RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
}

/* Give such copies their identification: of IPv4, of IPv6. */
static inline void sl_relay_set_id(struct sl_relay_datagram *d, uint16_t id, uint32_t id6)
{
	d->id_be = rte_cpu_to_be_16(id);
	d->id6_be = rte_cpu_to_be_32(id6);
	d->v4_sum = sl_checksum_add(d->v4_sum, d->id_be);
}

/* What d->rest_sum is when the checksum is computed anew. m is the payload alone; not for fragments. */
uint16_t sl_relay_compute_rest(const struct sl_relay_datagram *d, const struct rte_mbuf *m);

/* The sender left its checksum to an offload: only the pseudo header is in it. */
static inline bool sl_relay_looks_partial(const struct sl_relay_datagram *d)
{
	uint32_t sum = (uint32_t)d->stream->src_sum + d->stream->dst_sum + d->udp_length_be + RTE_BE16(IPPROTO_UDP);
	return unlikely(sl_checksum_fold(sum) == d->checksum);
}

/* Fields that are kept, and fragments. */
void sl_relay_write_rare(uint8_t *to, const struct sl_relay_template *t, const struct sl_relay_datagram *d);

static inline bool sl_relay_is_plain(const struct sl_relay_template *t, const struct sl_relay_datagram *d)
{
	return (t->keep | d->is_fragment) == 0;
}

/* Bytes of IP packet that a copy has. */
static inline unsigned int sl_relay_l3_len(const struct sl_relay_template *t, const struct sl_relay_datagram *d)
{
	return (t->v6 ? sizeof(struct rte_ipv6_hdr) + (d->is_fragment ? 8 : 0) : sizeof(struct rte_ipv4_hdr)) + d->ip_payload;
}

static inline unsigned int sl_relay_header_len(const struct sl_relay_template *t, const struct sl_relay_datagram *d)
{
	if (likely(!d->is_fragment))
		return t->length;
	return t->l4 + (t->v6 ? SL_RELAY_FRAGMENT_HEADER : 0) + (d->later ? 0 : sizeof(struct rte_udp_hdr));
}

/* Write the header of a copy: sl_relay_header_len bytes, and none behind them. */
static inline void sl_relay_write(uint8_t *to, const struct sl_relay_template *t, const struct sl_relay_datagram *d)
{
	uint8_t *l3 = to + t->l3, *l4 = to + t->l4;
	uint16_t sum = (uint16_t)~sl_checksum_add(t->l4_sum, d->rest_sum);
	uint8_t tos = (uint8_t)((d->tos & t->tos_mask) | t->tos);

	if (unlikely(!sl_relay_is_plain(t, d))) {
		sl_relay_write_rare(to, t, d);
		return;
	}
	sum = (sum != 0 ? sum : 0xffff) & t->checksum_mask & d->checksum_mask;
	if (!t->v6) {
		uint16_t length = rte_cpu_to_be_16((uint16_t)(d->ip_payload + sizeof(struct rte_ipv4_hdr)));
		uint16_t first = rte_cpu_to_be_16((uint16_t)(RTE_IPV4_VHL_DEF << 8 | tos));
		uint16_t l3_sum = sl_checksum_add(sl_checksum_add(t->l3_sum, d->v4_sum), first);
		memcpy(to, t->bytes, 32); /* 42 bytes, or 46 with a tag: the pieces overlap */
		memcpy(to + t->length - 16, t->bytes + t->length - 16, 16);
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)l3;
		ip->type_of_service = tos;
		ip->total_length = length;
		ip->packet_id = d->id_be;
		ip->fragment_offset = d->fragment_be;
		ip->hdr_checksum = (uint16_t)~l3_sum;
	} else {
		memcpy(to, t->bytes, 48); /* 62 or 66 */
		memcpy(to + t->length - 32, t->bytes + t->length - 32, 32);
		struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)l3;
		ip->vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)tos << 20);
		ip->payload_len = rte_cpu_to_be_16(d->ip_payload);
	}
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)l4;
	udp->src_port = d->sport_be;
	udp->dgram_len = d->udp_length_be;
	udp->dgram_cksum = sum;
}

#endif
