/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Services without flows: which backend a packet goes to is said by the scheduler's table alone. They take no memory for a
 * flow and can be flooded with new ones at no cost, but know nothing of connections: when the table changes (a backend goes,
 * comes, is drained or gets another weight), packets of some go to another backend, which resets them. Behind the fragments
 * stage, since ports are needed.
 *
 * Out: everything of such services (drops as in steer.c; NO_BACKEND). Survives: all else.
 */
#include "stages.h"

const struct sl_target *sl_reproducible_target(const struct sl_service *service, const struct sl_tuple *client)
{
	const struct sl_schedule *schedule = sl_service_schedule(service);

	if (!sl_mode_is_one_way(service->mode) || schedule == NULL || schedule->n_targets == 0 || schedule->table == NULL)
		return NULL;
	if (schedule->scheduler == SL_SCHEDULER_SOURCE_HASH)
		return sl_schedule_by_source(schedule, &client->peer);
	return sl_schedule_by_flow(schedule, &client->peer, &client->self, sl_tuple_ports(client), client->proto);
}

static const struct sl_target *target_of(const struct sl_service *service, const struct sl_pkt *p)
{
	const struct sl_schedule *schedule = sl_service_schedule(service);

	if (unlikely(schedule == NULL || schedule->n_targets == 0))
		return NULL;
	if (schedule->scheduler == SL_SCHEDULER_SOURCE_HASH)
		return sl_schedule_by_source(schedule, &p->src);
	return sl_schedule_by_flow(schedule, &p->src, &p->dst, sl_pkt_ports(p), p->proto);
}

/* Packets of one service come in rows. */
static inline const struct sl_service *service_of(const struct sl_snapshot *s, const struct sl_pkt *p, const struct sl_service *last)
{
	if (likely(last != NULL && last->port_be == p->dport_be && last->proto == p->proto && last->port_span == 0 &&
		   last->vip_len == 128 && sl_ip_equal(&last->vip, &p->dst)))
		return last;
	return sl_snapshot_service(s, &p->dst, p->dport_be, p->proto);
}

/* First look up, so that loads from the tables of a burst's packets overlap, then send. */
void sl_stage_stateless(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	const struct sl_service *services[SL_BURST_MAX], *service = NULL;
	const struct sl_target *targets[SL_BURST_MAX];

	if (likely(!s->has_stateless))
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		const struct sl_pkt *p = &b->p[i];

		services[i] = NULL;
		if (unlikely((p->kind != SL_PKT_TCP && p->kind != SL_PKT_UDP) || (p->flags & SL_PKT_L2_MULTICAST)))
			continue;
		service = service_of(s, p, service);
		if (service == NULL || !service->stateless || unlikely(service->draining))
			continue;
		services[i] = service;
		targets[i] = target_of(service, p);
		if (sl_mode_is_tunnel(service->mode))
			sl_steer_prefetch(b->m[i]);
	}
	for (unsigned int i = 0; i < b->n; i++) {
		if (unlikely(services[i] == NULL))
			continue;
		if (likely(targets[i] != NULL)) {
			sl_steer_to(w, s, b, i, services[i], targets[i]);
		} else {
			b->p[i].service = (uint16_t)(services[i] - s->services);
			sl_refuse(w, s, b, i, SL_DROP_NO_BACKEND);
		}
	}
	sl_burst_compact(b);
}
