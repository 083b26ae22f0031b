/* SPDX-License-Identifier: BSD-3-Clause */
/* Sequence translation of packets: see sluice/state/seq.h. */
#include "stages.h"

#include "sluice/packet/edit.h"

#define BLOCK_LEN 8 /* of SACK: left and right edge (RFC 2018 section 3) */

static bool changes(const struct sl_seq_space *space)
{
	return (space->before | space->after) != 0;
}

/*
 * The numbers of SACK blocks are those of acknowledgements. Blocks of which nothing is left, and those that begin where the
 * acknowledgement ends, would confuse the end: such an option is taken out, as it is but a hint (RFC 2018 section 8).
 */
static void translate_sack(const struct sl_seq_space *space, struct rte_tcp_hdr *tcp)
{
	uint8_t *option = sl_tcp_option(tcp, SL_TCP_OPTION_SACK), blocks[40];
	unsigned int len = option != NULL ? option[1] - 2u : 0;
	uint32_t ack = rte_be_to_cpu_32(tcp->recv_ack);
	bool wrong = false;

	if (len == 0 || len % BLOCK_LEN != 0)
		return;
	for (unsigned int at = 0; at < len; at += BLOCK_LEN) {
		uint32_t edge[2];

		memcpy(edge, option + 2 + at, sizeof(edge));
		for (unsigned int i = 0; i < 2; i++)
			edge[i] = sl_seq_back(space, rte_be_to_cpu_32(edge[i]));
		wrong |= edge[0] == edge[1] || edge[0] == ack;
		for (unsigned int i = 0; i < 2; i++)
			edge[i] = rte_cpu_to_be_32(edge[i]);
		memcpy(blocks + at, edge, sizeof(edge));
	}
	if (wrong)
		sl_edit_tcp_blank(tcp, option);
	else
		sl_edit_tcp(tcp, option + 2, blocks, len);
}

/*
 * A client's number for the server. A reset counts with exactly the number that its receiver expects (RFC 5961 section 3.2): while
 * that is one of the header's, the client cannot know it.
 */
static uint32_t client_number(const struct sl_seq *r, uint32_t seq, bool reset)
{
	const struct sl_seq_space *space = &r->space[SL_CLIENT];

	return reset && seq == space->first && r->stage != SL_PROXY_OVER ? r->acked : sl_seq_forth(space, seq);
}

void sl_seq_translate(const struct sl_worker *w, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	const struct sl_seq *r = &w->seqs.records[p->flow];
	const struct sl_seq_space *own = &r->space[p->side], *other = &r->space[!p->side];
	struct rte_tcp_hdr *tcp = sl_burst_at(b, i, p->l4);

	uint32_t seq = rte_be_to_cpu_32(tcp->sent_seq);

	if (changes(own))
		sl_edit_tcp_number(tcp, &tcp->sent_seq, p->side == SL_SERVER ? sl_seq_forth(own, seq)
						: client_number(r, seq, tcp->tcp_flags & RTE_TCP_RST_FLAG));
	if (changes(other) && (tcp->tcp_flags & RTE_TCP_ACK_FLAG)) {
		sl_edit_tcp_number(tcp, &tcp->recv_ack, sl_seq_back(other, rte_be_to_cpu_32(tcp->recv_ack)));
		translate_sack(other, tcp);
	}
}

void sl_seq_to_server(const struct sl_worker *w, uint32_t flow, uint32_t *seq, uint32_t *ack)
{
	const struct sl_seq *r = &w->seqs.records[flow];

	*seq = client_number(r, *seq, true);
	*ack = sl_seq_back(&r->space[SL_SERVER], *ack);
}

void sl_seq_translate_quote(const struct sl_worker *w, struct sl_burst *b, unsigned int i, const struct sl_quote *q, uint32_t flow,
			    enum sl_side side)
{
	const struct sl_seq *r = &w->seqs.records[flow];
	struct sl_quote_numbers n = sl_quote_numbers(b->m[i], q);

	/* It went to this side, so the other one has sent it. */
	n.seq = sl_seq_back(&r->space[!side], n.seq);
	n.ack = sl_seq_forth(&r->space[side], n.ack);
	sl_quote_set_numbers(b->m[i], &b->p[i], q, &n);
}
