/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <string.h>

#include <rte_tcp.h>

#include "sluice/packet/edit.h"
#include "sluice/packet/tcp.h"

#define TTL 64
#define TIMESTAMPS_LEN 12 /* with two NOPs in front (RFC 7323 appendix A) */

static void put_timestamps(uint8_t *o, const uint32_t *timestamps_be)
{
	static const uint8_t kind[4] = { SL_TCP_OPTION_NOP, SL_TCP_OPTION_NOP, SL_TCP_OPTION_TIMESTAMPS, SL_TCP_TIMESTAMPS_LEN };

	memcpy(o, kind, sizeof(kind));
	memcpy(o + sizeof(kind), timestamps_be, TIMESTAMPS_LEN - sizeof(kind));
}

int sl_tcp_build(struct rte_mbuf *out, const struct sl_tcp_out *segment)
{
	unsigned int ip_len = sl_ip_header_len(segment->dst);
	unsigned int header = sizeof(struct rte_tcp_hdr) + (segment->timestamps_be != NULL ? TIMESTAMPS_LEN : 0);
	unsigned int len = header + segment->data_len;
	char *start = rte_pktmbuf_append(out, (uint16_t)(ip_len + len));

	if (start == NULL)
		return -1;
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(start + ip_len);
	*tcp = (struct rte_tcp_hdr){
		.src_port = segment->sport_be,
		.dst_port = segment->dport_be,
		.sent_seq = rte_cpu_to_be_32(segment->seq),
		.recv_ack = rte_cpu_to_be_32(segment->flags & RTE_TCP_ACK_FLAG ? segment->ack : 0),
		.data_off = (uint8_t)(header / 4 << 4),
		.tcp_flags = segment->flags,
		.rx_win = segment->window_be,
	};
	if (segment->timestamps_be != NULL)
		put_timestamps((uint8_t *)(tcp + 1), segment->timestamps_be);
	if (segment->data_len != 0)
		memcpy((uint8_t *)tcp + header, segment->data, segment->data_len);
	sl_edit_ip_header(start, segment->src, segment->dst, IPPROTO_TCP, TTL, (uint16_t)len);
	tcp->cksum = sl_checksum_l4(out, ip_len, len, segment->src, segment->dst, IPPROTO_TCP);
	return 0;
}

int sl_tcp_build_reset(struct rte_mbuf *out, const struct sl_tcp_reset *reset)
{
	struct sl_tcp_out segment = {
		.src = reset->src, .dst = reset->dst, .sport_be = reset->sport_be, .dport_be = reset->dport_be,
		.seq = reset->seq, .ack = reset->ack,
		.flags = RTE_TCP_RST_FLAG | (reset->with_ack ? RTE_TCP_ACK_FLAG : 0),
	};

	return sl_tcp_build(out, &segment);
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
