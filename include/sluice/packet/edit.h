/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only code that computes or updates checksums and rewrites headers. Incremental updates follow RFC 1624 equation 3,
 * so a packet corrupted before us stays detectable at its receiver.
 */
#ifndef SLUICE_PACKET_EDIT_H
#define SLUICE_PACKET_EDIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "sluice/base/ip.h"
#include "sluice/packet/burst.h"

/* Fold a sum of 16-bit words to 16 bits (not complemented). */
static inline uint16_t sl_checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The same for a sum of a few words. */
static inline uint16_t sl_checksum_fold32(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

/* One's complement sum of two 16-bit words. */
static inline uint16_t sl_checksum_add(uint16_t a, uint16_t b)
{
	uint32_t sum = (uint32_t)a + b;
	return (uint16_t)(sum + (sum >> 16));
}

/* Checksum after a change whose difference (new - old, one's complement) is `delta`. */
static inline uint16_t sl_checksum_update(uint16_t checksum, uint16_t delta)
{
	uint32_t difference = (uint32_t)checksum - delta; /* ~(~c + d) is c - d with the borrow brought in again (RFC 1624 equation 4) */
	return (uint16_t)(difference + (difference >> 16));
}

/* Folded, not complemented sum of len bytes. */
uint16_t sl_checksum_sum(const void *data, uint32_t len);

/* Difference new - old of n 16-bit words, as a delta for sl_checksum_update. */
uint16_t sl_checksum_delta(const void *from, const void *to, unsigned int words);

/* Complete checksum of an IPv4 header, its field taken as 0; network order as stored. */
uint16_t sl_checksum_ipv4_header(const struct rte_ipv4_hdr *ip);

/*
 * One's complement sum of the first 20 bytes of an IPv4 header, modulo 2^64 - 1: any width will do, as long as the carry comes
 * in again at the low end.
 */
static inline uint64_t sl_checksum_ipv4_sum(const struct rte_ipv4_hdr *ip)
{
	const uint8_t *at = (const uint8_t *)ip;
	uint64_t a, b, sum;
	uint32_t w;

	memcpy(&a, at, sizeof(a));
	memcpy(&b, at + 8, sizeof(b));
	memcpy(&w, at + 16, sizeof(w));
	sum = a + b;
	sum += sum < a;
	sum += w;
	return sum + (sum < w);
}

/* A sum that is not 0 folds to all ones; 2^64 - 1 is a multiple of 2^16 - 1, and compilers make this one multiplication. */
static inline bool sl_checksum_is_all_ones(uint64_t sum)
{
	return sum % 0xffff == 0;
}

/* The header (in one piece) sums up to all ones, its checksum included. */
static inline bool sl_checksum_ipv4_is_good(const struct rte_ipv4_hdr *ip)
{
	unsigned int words = ip->version_ihl & RTE_IPV4_HDR_IHL_MASK;
	uint64_t sum = sl_checksum_ipv4_sum(ip);
	uint32_t w;

	sum = (sum & 0xffffffff) + (sum >> 32);
	for (unsigned int i = 5; i < words; i++) {
		memcpy(&w, (const uint8_t *)ip + 4 * i, sizeof(w));
		sum += w;
	}
	return sl_checksum_is_all_ones(sum);
}

/*
 * Complete TCP, UDP or ICMPv6 checksum over the pseudo header and the (chained) payload from offset l4, field as it stands: 0 when
 * the packet is intact; with the field zeroed before, what to store (for UDP, store 0xffff in place of 0: RFC 768).
 */
uint16_t sl_checksum_l4(const struct rte_mbuf *m, unsigned int l4, unsigned int l4_len, const struct sl_ip *src,
			const struct sl_ip *dst, uint8_t proto);

/* ICMP (IPv4) checksum: no pseudo header. */
uint16_t sl_checksum_icmp(const struct rte_mbuf *m, unsigned int l4, unsigned int l4_len);

/* Folded, not complemented sum of the TCP/UDP pseudo header: what a sender leaves in the field for an offload to finish. */
uint16_t sl_checksum_pseudo(const struct sl_ip *src, const struct sl_ip *dst, uint8_t proto, uint32_t l4_len);

/* New addresses and ports, with the deltas of the whole change. In the packet at p's offsets; UDP checksum 0 stays 0 over IPv4. */
struct sl_rewrite_v4 {
	uint32_t src_be, dst_be;
	uint16_t sport_be, dport_be;
	uint16_t l3_delta, l4_delta;
};
struct sl_rewrite_v6 {
	const struct sl_ip *src, *dst;
	uint16_t sport_be, dport_be;
	uint16_t l4_delta;
};

/*
 * The edits that every forwarded packet pays for are inline: a handful of loads and stores each, less than a call and reading
 * the metadata again would cost.
 */

/* Ports and checksum of a TCP or UDP header. UDP's 0 means none and stays; a result of 0 is sent as 0xffff. */
static inline void sl_edit_l4(uint8_t *l4, uint8_t proto, uint16_t sport_be, uint16_t dport_be, uint16_t delta)
{
	bool udp = proto == IPPROTO_UDP;
	uint8_t *at = l4 + (udp ? 6 : 16);
	uint16_t old, new;

	memcpy(&old, at, 2);
	memcpy(l4, &sport_be, 2);
	memcpy(l4 + 2, &dport_be, 2);
	new = sl_checksum_update(old, delta);
	if (udp)
		new = old == 0 ? 0 : new == 0 ? 0xffff : new;
	memcpy(at, &new, 2);
}

#define SL_TTL_DELTA ((uint16_t)~RTE_BE16(0x0100)) /* of a TTL that is one less */

/* The IP header of a packet that is forwarded with new addresses: TTL or hop limit (it is > 1) is one less, too. */
static inline void sl_edit_ipv4(struct rte_ipv4_hdr *ip, const struct sl_rewrite_v4 *to)
{
	uint32_t sum = (uint16_t)~ip->hdr_checksum + (uint32_t)to->l3_delta + SL_TTL_DELTA;

	ip->src_addr = to->src_be;
	ip->dst_addr = to->dst_be;
	ip->time_to_live--;
	ip->hdr_checksum = (uint16_t)~sl_checksum_fold32(sum);
}

static inline void sl_edit_ipv6(struct rte_ipv6_hdr *ip, const struct sl_rewrite_v6 *to)
{
	memcpy(&ip->src_addr, to->src, sizeof(*to->src));
	memcpy(&ip->dst_addr, to->dst, sizeof(*to->dst));
	ip->hop_limits--;
}

/* All of such a packet. p is TCP or UDP, or a later fragment, which only has addresses to change. */
static inline void sl_edit_rewrite_v4(struct rte_mbuf *m, const struct sl_pkt *p, const struct sl_rewrite_v4 *to)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	sl_edit_ipv4((struct rte_ipv4_hdr *)(frame + p->l3), to);
	if (likely(!(p->flags & SL_PKT_FRAGMENT_LATER)))
		sl_edit_l4(frame + p->l4, p->proto, to->sport_be, to->dport_be, to->l4_delta);
}

static inline void sl_edit_rewrite_v6(struct rte_mbuf *m, const struct sl_pkt *p, const struct sl_rewrite_v6 *to)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	sl_edit_ipv6((struct rte_ipv6_hdr *)(frame + p->l3), to);
	if (likely(!(p->flags & SL_PKT_FRAGMENT_LATER)))
		sl_edit_l4(frame + p->l4, p->proto, to->sport_be, to->dport_be, to->l4_delta);
}

/* TTL or hop limit minus one (it is > 1), header checksum updated. */
static inline void sl_edit_decrement_ttl(struct rte_mbuf *m, const struct sl_pkt *p)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, p->l3);

	if (p->flags & SL_PKT_V6) {
		((struct rte_ipv6_hdr *)ip)->hop_limits--;
	} else {
		struct rte_ipv4_hdr *v4 = (struct rte_ipv4_hdr *)ip;

		v4->time_to_live--;
		v4->hdr_checksum = sl_checksum_update(v4->hdr_checksum, SL_TTL_DELTA);
	}
}

/*
 * New addresses of the same family for the IPv4 or IPv6 header at `header`; an IPv4 header's checksum is updated. Returns
 * the delta for other checksums that have the addresses in them.
 */
uint16_t sl_edit_addresses(void *header, const struct sl_ip *src, const struct sl_ip *dst);

/* Kinds and lengths of TCP options: RFC 9293 section 3.2, RFC 7323 (scale, timestamps), RFC 2018 (SACK), RFC 8684 (MPTCP). */
#define SL_TCP_OPTION_END 0
#define SL_TCP_OPTION_NOP 1
#define SL_TCP_OPTION_MSS 2
#define SL_TCP_OPTION_SCALE 3
#define SL_TCP_OPTION_SACK 5
#define SL_TCP_OPTION_TIMESTAMPS 8
#define SL_TCP_OPTION_MPTCP 30
#define SL_TCP_MSS_LEN 4
#define SL_TCP_SCALE_LEN 3
#define SL_TCP_TIMESTAMPS_LEN 10

/* The first option of that kind (kind, length, value), or NULL where there is none or the options are no list. */
uint8_t *sl_tcp_option(struct rte_tcp_hdr *tcp, uint8_t kind);

/* Overwrite `len` bytes of a TCP header at `at`, with its checksum. */
void sl_edit_tcp(struct rte_tcp_hdr *tcp, void *at, const void *bytes, unsigned int len);

/* A new sequence number or acknowledgement (host order), whose place in the header is `at`. */
static inline void sl_edit_tcp_number(struct rte_tcp_hdr *tcp, void *at, uint32_t number)
{
	rte_be32_t number_be = rte_cpu_to_be_32(number);

	tcp->cksum = sl_checksum_update(tcp->cksum, sl_checksum_delta(at, &number_be, sizeof(number_be) / 2));
	memcpy(at, &number_be, sizeof(number_be));
}

/* NOPs in place of an option. */
void sl_edit_tcp_blank(struct rte_tcp_hdr *tcp, uint8_t *option);

/* Cut off the data of TCP packet (m, p), which is no fragment, with all lengths and checksums. */
void sl_edit_tcp_trim(struct rte_mbuf *m, struct sl_pkt *p);

/*
 * Lower the maximum segment size a SYN or SYN+ACK announces (RFC 9293 section 3.7.1) to `mss`; never raised, never added, malformed
 * options are left alone. p is TCP.
 */
void sl_edit_clamp_mss(struct rte_mbuf *m, const struct sl_pkt *p, uint16_t mss);

/* New identification of an IPv4 packet, header checksum updated. */
static inline void sl_edit_id_v4(struct rte_ipv4_hdr *ip, uint16_t id_be)
{
	ip->hdr_checksum = sl_checksum_update(ip->hdr_checksum, sl_checksum_add((uint16_t)~ip->packet_id, id_be));
	ip->packet_id = id_be;
}

/* The packet may be fragmented; header checksum updated. */
static inline void sl_edit_clear_df(struct rte_ipv4_hdr *ip)
{
	uint16_t field = ip->fragment_offset & RTE_BE16((uint16_t)~RTE_IPV4_HDR_DF_FLAG);

	ip->hdr_checksum = sl_checksum_update(ip->hdr_checksum, sl_checksum_add((uint16_t)~ip->fragment_offset, field));
	ip->fragment_offset = field;
}

/* New identification in an IPv6 fragment header at `header`; no checksum covers it. */
static inline void sl_edit_id_v6(void *header, uint32_t id_be)
{
	memcpy((uint8_t *)header + 4, &id_be, sizeof(id_be));
}

/* Fill an IPv4 or IPv6 header at `header` (checksum included) for a payload of payload_len bytes. */
void sl_edit_ip_header(void *header, const struct sl_ip *src, const struct sl_ip *dst, uint8_t proto, uint8_t ttl,
		       uint16_t payload_len);
static inline unsigned int sl_ip_header_len(const struct sl_ip *ip)
{
	return sl_ip_is_v4(ip) ? sizeof(struct rte_ipv4_hdr) : sizeof(struct rte_ipv6_hdr);
}

#endif
