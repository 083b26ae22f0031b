/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes, neighbours or states of backends have changed since the flow's last packet: forget its next hops, and take a UDP
 * flow whose backend is down or disabled to another one. TCP connections are their ends' to give up. Costs one comparison for
 * a packet of any other flow.
 */
#include "stages.h"

/* Down or disabled, and others take new flows: in panic, when health is not believed, the backend itself does. */
static bool is_lost(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_flow *f)
{
	const struct sl_backend_state *state = &w->shared->backends[f->backend];
	const struct sl_service *service;
	const struct sl_schedule *schedule;

	if (__atomic_load_n(&state->health, __ATOMIC_RELAXED) != SL_HEALTH_DOWN &&
	    __atomic_load_n(&state->admin, __ATOMIC_RELAXED) != SL_ADMIN_DISABLED)
		return false;
	service = sl_snapshot_service_by_id(s, f->service);
	schedule = service != NULL ? sl_service_schedule(service) : NULL;
	return schedule != NULL && schedule->n_targets > 0 && sl_schedule_find(schedule, f->backend) == NULL;
}

/* The flow ends, and the packet's client has a new one in its place, as have the packets of his behind it. */
static enum sl_drop_cause move(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	struct sl_pkt *p = &b->p[i];
	uint32_t lost = p->flow;

	p->service = s->service_by_id[w->flows.flows[lost].service];
	sl_flow_end(w, s, lost);
	enum sl_drop_cause cause = sl_open_flow(w, s, b, i);
	for (unsigned int j = i + 1; j < b->n; j++)
		if (b->p[j].flow == lost)
			b->p[j].flow = cause == SL_DROP_MAX && b->p[j].side == SL_CLIENT ? p->flow : SL_FLOW_NONE;
	if (cause == SL_DROP_MAX)
		w->count[SL_COUNT_FLOWS_MOVED]++;
	else
		p->flow = lost; /* as good as any: the packet does not go on */
	return cause;
}

enum sl_drop_cause sl_flow_renew(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i)
{
	const struct sl_pkt *p = &b->p[i];
	struct sl_flow *f = &w->flows.flows[p->flow];

	f->neighbour[SL_CLIENT] = f->neighbour[SL_SERVER] = SL_ID_NONE;
	f->flags &= (uint8_t)~SL_FLOW_STEADY_BOTH; /* this packet may not get as far as to a next hop */
	if (unlikely(p->kind == SL_PKT_UDP && is_lost(w, s, f))) {
		if (p->side == SL_SERVER || (p->flags & SL_PKT_FRAGMENT_LATER))
			return SL_DROP_MAX; /* not settled: the client's next datagram comes here again */
		return move(w, s, b, i);
	}
	f->epoch = w->epoch;
	return SL_DROP_MAX;
}
