/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source-NAT ports, straight from the flow table: a tuple (source-NAT address:port, backend) is free when no flow has it, so
 * one address carries a full port range to each backend.
 *
 * Ports of one destination are taken in turn from a secret starting point (RFC 6056 section 3.3.4, double-hash): nobody
 * off the path can guess the next one, and a freed port is not used again before all others were, as long as the range is not
 * crowded. When the range is used up by connections in TIME_WAIT or after a reset, the one that ended first is ended for good;
 * a backend that may still keep it is told so by a reset with exactly the sequence number it expects, so that it takes the new
 * SYN at once.
 *
 * What a search may cost: SEARCH_IN_TURN tuples in turn on each address, then PROBES_MAX on all of the service's addresses
 * together, spread evenly over the range. So it finds every free port of a range up to that size, and of a larger one misses
 * them with probability (share in use) ^ PROBES_MAX: below 2 % while one port in a thousand is free. A failed search is not
 * repeated for the same address and backend within PAUSE_TICKS, so that a flood of new flows costs one search in that time.
 *
 * Of several workers each has the ports that bring it the replies: those with which a reply's dispatch hash leads to it
 * (docs/architecture.md, "Who owns a packet").
 */
#include <netinet/in.h>

#include "stages.h"

#define FIRST_PORT SL_DISPATCH_FIRST_PORT
#define PORTS (0x10000u - FIRST_PORT)
#define SEARCH_IN_TURN 32u /* also the most that are tried for a free tuple while one that is over is at hand */
#define PROBES_MAX 4096u   /* under a millisecond even when all miss the cache */
#define PAUSE_TICKS 8u

/* A worker's ports towards one destination: places 0 to count - 1. */
struct port_range {
	uint32_t count;
	uint8_t portless; /* with several workers: hash of a reply, but for the port */
};

static struct port_range worker_ports(const struct sl_worker *w, const struct sl_tuple *server)
{
	const struct sl_dispatch *d = w->shared->dispatch;

	if (w->shared->n_workers == 1)
		return (struct port_range){ .count = PORTS };
	return (struct port_range){
		.count = sl_dispatch_ports(d, w->id),
		.portless = sl_dispatch_hash(d, &server->peer, &server->self, server->peer_port_be, 0),
	};
}

static uint16_t port_at(const struct sl_worker *w, const struct port_range *range, uint32_t place, bool v6)
{
	if (w->shared->n_workers == 1)
		return (uint16_t)(FIRST_PORT + place);
	return sl_dispatch_port(w->shared->dispatch, w->id, range->portless, v6, place);
}

/* The reset that ends TIME_WAIT at the backend (RFC 9293 section 3.10.7.4; Linux honours it unless tcp_rfc1337 is set). */
static void reset_backend(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_tuple *server, uint32_t seq)
{
	struct sl_tcp_reset reset = { .src = &server->self, .dst = &server->peer, .sport_be = server->self_port_be,
				      .dport_be = server->peer_port_be, .seq = seq };

	sl_send_reset(w, s, &reset);
}

static void end_for_good(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, uint32_t flow,
			  const struct sl_tuple *server)
{
	const struct sl_flow *f = &w->flows.flows[flow];

	/* It keeps TIME_WAIT, or the client's reset may have been lost. */
	if (f->state != SL_TCP_TIME_WAIT_CLIENT && f->ack[SL_SERVER] != 0) {
		uint32_t seq = f->ack[SL_SERVER], ack = 0;

		if (unlikely(f->flags & SL_FLOW_SEQ))
			sl_seq_to_server(w, flow, &seq, &ack);
		reset_backend(w, s, server, seq);
	}
	w->count[SL_COUNT_FLOWS_REUSED]++;
	sl_burst_forget_flow(b, flow);
	sl_flow_end(w, s, flow);
}

/* An odd number of places to jump that reaches all of a range's `count` ports, in no visible order. */
static uint32_t jump_over(uint32_t count)
{
	uint32_t jump = (uint32_t)(count * 0.618) | 1;

	for (;; jump += 2) {
		uint32_t a = count, b = jump;
		while (b != 0) {
			uint32_t rest = a % b;
			a = b;
			b = rest;
		}
		if (a == 1)
			return jump;
	}
}

struct search {
	struct port_range range;
	uint32_t start; /* secret, of the destination */
	uint32_t victim, victim_at; /* flow that is over and has been idle longest */
};

/* The port at step `at` of the search. */
static uint16_t port_of_step(const struct sl_worker *w, const struct search *search, uint32_t at, bool v6)
{
	const struct port_range *range = &search->range;
	uint32_t place = (uint32_t)((search->start + (uint64_t)at) % range->count);

	return rte_cpu_to_be_16(port_at(w, range, place, v6));
}

/* The next flow to this destination looks there first: a load from memory that it need not wait for. */
static void prefetch_step(const struct sl_worker *w, const struct search *search, uint32_t at, struct sl_tuple server)
{
	server.self_port_be = port_of_step(w, search, at, server.v6);
	sl_flow_prefetch_bucket(&w->flows, sl_flow_hash(&w->flows, &server));
}

/* Is the port at step `at` free? It goes to server->self_port_be. */
static bool probe(const struct sl_worker *w, struct search *search, uint32_t at, struct sl_tuple *server)
{
	uint8_t side;

	server->self_port_be = port_of_step(w, search, at, server->v6);
	uint32_t flow = sl_flow_lookup(&w->flows, server, sl_flow_hash(&w->flows, server), &side);
	if (flow == SL_FLOW_NONE)
		return true;
	if (server->proto == IPPROTO_TCP && sl_tcp_is_over(&w->flows.flows[flow]) &&
	    (search->victim == SL_FLOW_NONE || sl_flow_idle(&w->flows.flows[flow], w->now_tick) >
						       sl_flow_idle(&w->flows.flows[search->victim], w->now_tick))) {
		search->victim = flow;
		search->victim_at = at;
	}
	return false;
}

/* The place of a free port, from place `turn` on; SL_FLOW_NONE when there is none or one that is over was met. */
static uint32_t find_free(const struct sl_worker *w, struct search *search, uint32_t turn, uint32_t probes,
			  struct sl_tuple *server)
{
	uint32_t count = search->range.count, in_turn = RTE_MIN(SEARCH_IN_TURN, count);

	for (uint32_t i = 0; i < in_turn; i++)
		if (likely(probe(w, search, turn + i, server)))
			return turn + i;
	/* Crowded: flows that live long make runs of used ports, which jumps leave at once. */
	uint32_t jump = jump_over(count), limit = RTE_MIN(count, probes);
	for (uint32_t i = 0; i < limit && search->victim == SL_FLOW_NONE; i++) {
		uint32_t at = turn + (uint32_t)((uint64_t)i * jump % count);
		if (probe(w, search, at, server))
			return at;
	}
	return SL_FLOW_NONE;
}

/* Search one source-NAT address, already in server->self. */
static int allocate_from(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, struct sl_tuple *server,
			 uint32_t probes)
{
	uint64_t destination[] = { server->self.q[0], server->self.q[1], server->peer.q[0], server->peer.q[1],
				   (uint64_t)server->proto << 16 | server->peer_port_be };
	uint64_t hash = sl_siphash(&w->secret, destination, sizeof(destination));
	uint32_t slot = (hash >> 32) % SL_PORT_SELECT_COUNTERS;
	struct search search = { .range = worker_ports(w, server), .start = (uint32_t)hash, .victim = SL_FLOW_NONE };

	if (unlikely(w->ports_gone[slot].destination == (uint32_t)hash &&
		     w->now_tick - w->ports_gone[slot].tick < PAUSE_TICKS))
		return -1;
	uint32_t at = find_free(w, &search, w->port_select[slot], probes, server);
	if (at == SL_FLOW_NONE && search.victim != SL_FLOW_NONE) {
		at = search.victim_at;
		sl_flow_tuple(&w->flows, search.victim, SL_SERVER, server);
		end_for_good(w, s, b, search.victim, server);
	} else if (at == SL_FLOW_NONE) {
		w->ports_gone[slot].destination = (uint32_t)hash;
		w->ports_gone[slot].tick = w->now_tick;
		w->port_select[slot]++; /* the next search looks at other places */
		return -1;
	}
	w->port_select[slot] = at + 1;
	prefetch_step(w, &search, at + 1, *server);
	return 0;
}

int sl_snat_allocate(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b,
		     const struct sl_service *service, const struct sl_tuple *client, struct sl_tuple *server)
{
	/* All flows of one client use one address while it has ports (RFC 4787 REQ-2, "paired"). */
	uint64_t paired = service->n_snat > 1 ? sl_siphash(&w->secret, &client->peer, sizeof(client->peer)) : 0;

	for (unsigned int i = 0; i < service->n_snat; i++) {
		server->self = service->snat[(paired + i) % service->n_snat];
		if (allocate_from(w, s, b, server, PROBES_MAX / service->n_snat) == 0)
			return 0;
	}
	return -1;
}
