/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source-NAT ports, straight from the flow table: a tuple (source-NAT address:port, backend) is free when no flow has it, so
 * one address carries a full port range to each backend.
 *
 * Ports of one destination are taken in turn from a secret starting point (RFC 6056 section 3.3.4, double-hash): nobody
 * off the path can guess the next one, and a freed port is not used again before all others were. When the range is used up
 * by connections in TIME_WAIT, the one that ended first is ended for good; a backend that keeps TIME_WAIT itself is
 * told so by a reset with exactly the sequence number it expects, so that it takes the new SYN at once.
 *
 * Worker i of n has the ports p with p % n == i (docs/architecture.md, "Who owns a packet").
 */
#include <rte_tcp.h>

#include "stages.h"

#include "sluice/packet/edit.h"
#include "sluice/state/tcp.h"

#define FIRST_PORT 1024u
#define PROBES_MAX 4096u /* tuples tried for one new flow: under a millisecond even when all miss the cache */
#define PROBES_REUSE 32u /* tuples tried for a free one while one in TIME_WAIT is at hand */

struct port_range {
	uint32_t first, step, count;
};

static struct port_range worker_ports(const struct sl_worker *w)
{
	uint32_t n = w->shared->n_workers;
	uint32_t first = FIRST_PORT + (w->id + n - FIRST_PORT % n) % n;
	return (struct port_range){ first, n, (65535 - first) / n + 1 };
}

/* The reset that ends TIME_WAIT at the backend (RFC 9293 section 3.10.7.4; Linux honours it unless tcp_rfc1337 is set). */
static void reset_backend(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_tuple *server, uint32_t seq)
{
	struct rte_mbuf *m = sl_packet_create(w);
	unsigned int ip_len = sl_ip_header_len(&server->self);

	if (m == NULL)
		return;
	char *data = rte_pktmbuf_append(m, (uint16_t)(ip_len + sizeof(struct rte_tcp_hdr)));
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(data + ip_len);
	*tcp = (struct rte_tcp_hdr){
		.src_port = server->self_port_be,
		.dst_port = server->peer_port_be,
		.sent_seq = rte_cpu_to_be_32(seq),
		.data_off = sizeof(*tcp) / 4 << 4,
		.tcp_flags = RTE_TCP_RST_FLAG,
	};
	sl_edit_ip_header(data, &server->self, &server->peer, IPPROTO_TCP, 64, sizeof(*tcp));
	tcp->cksum = sl_checksum_l4(m, ip_len, sizeof(*tcp), &server->self, &server->peer, IPPROTO_TCP);
	sl_emit(w, s, m);
}

static bool in_time_wait(const struct sl_flow *f)
{
	return f->proto == IPPROTO_TCP && (f->state == SL_TCP_TIME_WAIT_CLIENT || f->state == SL_TCP_TIME_WAIT_SERVER);
}

static void end_time_wait(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, uint32_t flow,
			  const struct sl_tuple *server)
{
	const struct sl_flow *f = &w->flows.flows[flow];

	if (f->state == SL_TCP_TIME_WAIT_SERVER)
		reset_backend(w, s, server, f->ack[SL_SERVER]);
	w->count[SL_COUNT_FLOWS_REUSED]++;
	sl_burst_forget_flow(b, flow);
	sl_flow_end(w, flow);
}

/* Search one source-NAT address, already in server->self. */
static int allocate_from(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, struct sl_tuple *server)
{
	uint64_t destination[] = { server->self.q[0], server->self.q[1], server->peer.q[0], server->peer.q[1],
				   (uint64_t)server->proto << 16 | server->peer_port_be };
	uint64_t hash = sl_siphash(&w->secret, destination, sizeof(destination));
	uint32_t *turn = &w->port_select[(hash >> 32) % SL_PORT_SELECT_COUNTERS];
	struct port_range range = worker_ports(w);
	uint32_t victim = SL_FLOW_NONE, victim_turn = 0, limit = RTE_MIN(range.count, PROBES_MAX);

	for (uint32_t probe = 0; probe < limit; probe++) {
		uint32_t at = *turn + probe;
		uint32_t port = range.first + (uint32_t)((uint32_t)hash + (uint64_t)at) % range.count * range.step;
		uint8_t side;

		server->self_port_be = rte_cpu_to_be_16((uint16_t)port);
		uint32_t flow = sl_flow_lookup(&w->flows, server, sl_flow_hash(&w->flows, server), &side);
		if (flow == SL_FLOW_NONE) {
			*turn = at + 1;
			return 0;
		}
		if (in_time_wait(&w->flows.flows[flow]) &&
		    (victim == SL_FLOW_NONE || sl_flow_idle(&w->flows.flows[flow], w->now_tick) >
						       sl_flow_idle(&w->flows.flows[victim], w->now_tick))) {
			victim = flow;
			victim_turn = at;
		}
		if (victim != SL_FLOW_NONE && probe >= PROBES_REUSE)
			break;
	}
	if (victim == SL_FLOW_NONE)
		return -1;
	sl_flow_tuple(&w->flows, victim, SL_SERVER, server);
	end_time_wait(w, s, b, victim, server);
	*turn = victim_turn + 1;
	return 0;
}

int sl_snat_allocate(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b,
		     const struct sl_service *service, const struct sl_tuple *client, struct sl_tuple *server)
{
	/* All flows of one client use one address while it has ports (RFC 4787 REQ-2, "paired"). */
	uint64_t paired = sl_siphash(&w->secret, &client->peer, sizeof(client->peer));

	for (unsigned int i = 0; i < service->n_snat; i++) {
		server->self = service->snat[(paired + i) % service->n_snat];
		if (allocate_from(w, s, b, server) == 0)
			return 0;
	}
	return -1;
}
