/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes to TCP headers that few packets need. The checksum follows by the difference, so what is corrupted stays so. */
#include "segment.h"

#include "sluice/packet/edit.h"
#include "sluice/packet/tcp.h"

#define TCP_HEADER_MAX 60

void sl_edit_tcp(struct rte_tcp_hdr *tcp, void *at, const void *bytes, unsigned int len)
{
	/* With the bytes around that make whole words of the sum. */
	uint8_t old[TCP_HEADER_MAX + 2] = { 0 }, new[TCP_HEADER_MAX + 2] = { 0 };
	unsigned int odd = (unsigned int)((uint8_t *)at - (uint8_t *)tcp) & 1;

	memcpy(old + odd, at, len);
	memcpy(new + odd, bytes, len);
	memcpy(at, bytes, len);
	tcp->cksum = sl_checksum_update(tcp->cksum, sl_checksum_delta(old, new, (odd + len + 1) / 2));
}

void sl_edit_tcp_blank(struct rte_tcp_hdr *tcp, uint8_t *option)
{
	uint8_t nops[TCP_HEADER_MAX];
	unsigned int len = option[1];

	memset(nops, SL_TCP_OPTION_NOP, sizeof(nops));
	sl_edit_tcp(tcp, option, nops, len);
}

void sl_edit_tcp_trim(struct rte_mbuf *m, struct sl_pkt *p)
{
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, p->l4);
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, p->l3);
	uint32_t data = sl_tcp_data_len(m, p), end = (uint32_t)p->l3 + p->l3_len;
	/* what is summed goes away, and the pseudo header's length is less: differences are negative, which is complements */
	uint16_t delta = sl_checksum_icmp(m, end - data, data);

	delta = sl_checksum_add(delta, (uint16_t)~rte_cpu_to_be_16((uint16_t)data));
	tcp->cksum = sl_checksum_update(tcp->cksum, delta);
	p->l3_len = (uint16_t)(p->l3_len - data);
	if (p->flags & SL_PKT_V6) {
		struct rte_ipv6_hdr *v6 = (struct rte_ipv6_hdr *)ip;

		v6->payload_len = rte_cpu_to_be_16((uint16_t)(p->l3_len - sizeof(*v6)));
	} else {
		struct rte_ipv4_hdr *v4 = (struct rte_ipv4_hdr *)ip;
		rte_be16_t length = rte_cpu_to_be_16(p->l3_len);

		v4->hdr_checksum = sl_checksum_update(v4->hdr_checksum, sl_checksum_delta(&v4->total_length, &length, 1));
		v4->total_length = length;
	}
	sl_segment_trim(m, end - data);
}
