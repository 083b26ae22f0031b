/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>

#include <rte_tcp.h>

#include "sluice/packet/edit.h"
#include "sluice/packet/tcp.h"

#define RESET_TTL 64

int sl_tcp_build_reset(struct rte_mbuf *out, const struct sl_tcp_reset *reset)
{
	unsigned int ip_len = sl_ip_header_len(reset->dst);
	char *data = rte_pktmbuf_append(out, (uint16_t)(ip_len + sizeof(struct rte_tcp_hdr)));

	if (data == NULL)
		return -1;
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(data + ip_len);
	*tcp = (struct rte_tcp_hdr){
		.src_port = reset->sport_be,
		.dst_port = reset->dport_be,
		.sent_seq = rte_cpu_to_be_32(reset->seq),
		.recv_ack = rte_cpu_to_be_32(reset->with_ack ? reset->ack : 0),
		.data_off = sizeof(*tcp) / 4 << 4,
		.tcp_flags = RTE_TCP_RST_FLAG | (reset->with_ack ? RTE_TCP_ACK_FLAG : 0),
	};
	sl_edit_ip_header(data, reset->src, reset->dst, IPPROTO_TCP, RESET_TTL, sizeof(*tcp));
	tcp->cksum = sl_checksum_l4(out, ip_len, sizeof(*tcp), reset->src, reset->dst, IPPROTO_TCP);
	return 0;
}

uint32_t sl_tcp_data_len(const struct rte_mbuf *m, const struct sl_pkt *p)
{
	const struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *, p->l4);

	return (uint32_t)p->l3 + p->l3_len - p->l4 - (tcp->data_off >> 4) * 4u;
}

int sl_tcp_build_refusal(struct rte_mbuf *out, const struct rte_mbuf *m, const struct sl_pkt *p)
{
	const struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *, p->l4);
	bool syn = (tcp->tcp_flags & RTE_TCP_SYN_FLAG) != 0, fin = (tcp->tcp_flags & RTE_TCP_FIN_FLAG) != 0;
	struct sl_tcp_reset reset = { .src = &p->dst, .dst = &p->src, .sport_be = p->dport_be, .dport_be = p->sport_be };

	/* RFC 9293 section 3.10.7.1: the sequence number the other end expects, or an ACK of all that it sent */
	if (tcp->tcp_flags & RTE_TCP_ACK_FLAG) {
		reset.seq = rte_be_to_cpu_32(tcp->recv_ack);
	} else {
		reset.ack = rte_be_to_cpu_32(tcp->sent_seq) + sl_tcp_data_len(m, p) + syn + fin;
		reset.with_ack = true;
	}
	return sl_tcp_build_reset(out, &reset);
}
