/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All sums are taken over words as they lie in memory; the one's complement sum does not mind the byte order (RFC 1071
 * section 2 (B)), so nothing is swapped until a word straddles two segments.
 *
 * The two zeros: a complete sum over a header is never 0 (some word is not), so a computed checksum is never 0xffff,
 * and an incremental update of a checksum other than 0xffff gives exactly what a new computation would. 0xffff, which
 * some senders write for 0 and UDP must, means the same on the wire and stays good, whichever zero an update leaves.
 */
#include "sluice/packet/edit.h"

static uint64_t sum_bytes(const uint8_t *data, uint32_t len)
{
	uint64_t sum = 0;
	uint32_t word;
	uint16_t half = 0;

	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		sum += word;
	}
	if (len & 2) {
		memcpy(&half, data, 2);
		sum += half;
		data += 2;
	}
	if (len & 1) {
		half = 0;
		memcpy(&half, data, 1);
		sum += half;
	}
	return sum;
}

static uint64_t sum_chain(const struct rte_mbuf *m, uint32_t offset, uint32_t len)
{
	uint64_t sum = 0;
	bool odd = false;

	for (; m != NULL && offset >= m->data_len; m = m->next)
		offset -= m->data_len;
	for (; m != NULL && len > 0; m = m->next, offset = 0) {
		uint32_t n = RTE_MIN(len, m->data_len - offset);
		uint16_t part = sl_checksum_fold(sum_bytes(rte_pktmbuf_mtod_offset(m, const uint8_t *, offset), n));

		sum += odd ? rte_bswap16(part) : part;
		odd ^= n & 1;
		len -= n;
	}
	return sum;
}

uint16_t sl_checksum_sum(const void *data, uint32_t len)
{
	return sl_checksum_fold(sum_bytes(data, len));
}

uint16_t sl_checksum_delta(const void *from, const void *to, unsigned int words)
{
	const uint8_t *old = from, *new = to;
	uint64_t sum = 0;

	for (; words >= 2; words -= 2, old += 4, new += 4) {
		uint32_t a, b;

		memcpy(&a, old, 4);
		memcpy(&b, new, 4);
		sum += (uint64_t)(uint32_t)~a + b;
	}
	if (words > 0) {
		uint16_t a, b;

		memcpy(&a, old, 2);
		memcpy(&b, new, 2);
		sum += (uint16_t)~a + (uint32_t)b;
	}
	return sl_checksum_fold(sum);
}

uint16_t sl_checksum_ipv4_header(const struct rte_ipv4_hdr *ip)
{
	uint64_t sum = sum_bytes((const uint8_t *)ip, (ip->version_ihl & RTE_IPV4_HDR_IHL_MASK) * 4u);

	return (uint16_t)~sl_checksum_fold(sum + (uint16_t)~ip->hdr_checksum);
}

/*
 * The 0xffff of a mapped address counts as nothing, so the sum over 16 bytes is the one over 4 (RFC 793 section 3.1).
 */
static uint64_t sum_pseudo(const struct sl_ip *src, const struct sl_ip *dst, uint8_t proto, uint32_t l4_len)
{
	uint64_t sum = sum_bytes(src->b, sizeof(src->b)) + sum_bytes(dst->b, sizeof(dst->b));

	return sum + rte_cpu_to_be_32(l4_len) + rte_cpu_to_be_16(proto);
}

uint16_t sl_checksum_pseudo(const struct sl_ip *src, const struct sl_ip *dst, uint8_t proto, uint32_t l4_len)
{
	return sl_checksum_fold(sum_pseudo(src, dst, proto, l4_len));
}

uint16_t sl_checksum_l4(const struct rte_mbuf *m, unsigned int l4, unsigned int l4_len, const struct sl_ip *src,
			const struct sl_ip *dst, uint8_t proto)
{
	return (uint16_t)~sl_checksum_fold(sum_pseudo(src, dst, proto, l4_len) + sum_chain(m, l4, l4_len));
}

uint16_t sl_checksum_icmp(const struct rte_mbuf *m, unsigned int l4, unsigned int l4_len)
{
	return (uint16_t)~sl_checksum_fold(sum_chain(m, l4, l4_len));
}

uint16_t sl_edit_addresses(void *header, const struct sl_ip *src, const struct sl_ip *dst)
{
	struct rte_ipv4_hdr *v4 = header;
	struct rte_ipv6_hdr *v6 = header;
	struct sl_ip to[2] = { *src, *dst };
	uint32_t to_v4[2] = { sl_ip_v4_be(src), sl_ip_v4_be(dst) };
	uint16_t delta;

	if (v4->version_ihl >> 4 != 4) {
		delta = sl_checksum_delta(&v6->src_addr, to, sizeof(to) / 2);
		memcpy(&v6->src_addr, &to[0], sizeof(v6->src_addr));
		memcpy(&v6->dst_addr, &to[1], sizeof(v6->dst_addr));
		return delta;
	}
	delta = sl_checksum_delta(&v4->src_addr, to_v4, sizeof(to_v4) / 2);
	v4->src_addr = to_v4[0];
	v4->dst_addr = to_v4[1];
	v4->hdr_checksum = sl_checksum_update(v4->hdr_checksum, delta);
	return delta;
}

uint8_t *sl_tcp_option(struct rte_tcp_hdr *tcp, uint8_t kind)
{
	uint8_t *o = (uint8_t *)(tcp + 1), *end = (uint8_t *)tcp + (tcp->data_off >> 4) * 4u;

	while (o < end && o[0] != SL_TCP_OPTION_END) {
		if (o[0] == SL_TCP_OPTION_NOP) {
			o++;
			continue;
		}
		if (end - o < 2 || o[1] < 2 || o[1] > end - o)
			return NULL;
		if (o[0] == kind)
			return o;
		o += o[1];
	}
	return NULL;
}

void sl_edit_clamp_mss(struct rte_mbuf *m, const struct sl_pkt *p, uint16_t mss)
{
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, p->l4);
	uint8_t *at = sl_tcp_option(tcp, SL_TCP_OPTION_MSS);
	uint16_t old, new = rte_cpu_to_be_16(mss);

	if (at == NULL || at[1] != SL_TCP_MSS_LEN)
		return;
	at += 2;
	memcpy(&old, at, sizeof(old));
	if (rte_be_to_cpu_16(old) <= mss)
		return;
	memcpy(at, &new, sizeof(new));
	if ((at - (uint8_t *)tcp) % 2 != 0) { /* behind an odd number of NOPs: its bytes are in two words of the sum */
		old = rte_bswap16(old);
		new = rte_bswap16(new);
	}
	tcp->cksum = sl_checksum_update(tcp->cksum, sl_checksum_delta(&old, &new, 1));
}

void sl_edit_ip_header(void *header, const struct sl_ip *src, const struct sl_ip *dst, uint8_t proto, uint8_t ttl,
		       uint16_t payload_len)
{
	if (sl_ip_is_v4(dst)) {
		struct rte_ipv4_hdr *ip = header;

		*ip = (struct rte_ipv4_hdr){
			.version_ihl = RTE_IPV4_VHL_DEF,
			.total_length = rte_cpu_to_be_16((uint16_t)(payload_len + sizeof(*ip))),
			/* never to be fragmented, so it needs no identification (RFC 6864 section 4.1) */
			.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG),
			.time_to_live = ttl,
			.next_proto_id = proto,
			.src_addr = sl_ip_v4_be(src),
			.dst_addr = sl_ip_v4_be(dst),
		};
		ip->hdr_checksum = sl_checksum_ipv4_header(ip);
	} else {
		struct rte_ipv6_hdr *ip = header;

		ip->vtc_flow = RTE_BE32(6u << 28);
		ip->payload_len = rte_cpu_to_be_16(payload_len);
		ip->proto = proto;
		ip->hop_limits = ttl;
		memcpy(&ip->src_addr, src, sizeof(ip->src_addr));
		memcpy(&ip->dst_addr, dst, sizeof(ip->dst_addr));
	}
}
