/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Services without flows: which backend a packet goes to is said by the scheduler's table alone. They take no memory for a
 * flow and can be flooded with new ones at no cost, but know nothing of connections: when the table changes (a backend goes,
 * comes, is drained or gets another weight), packets of some go to another backend, which resets them. Behind the fragments
 * stage, since ports are needed.
 *
 * Out: everything of such services (drops as in steer.c; NO_BACKEND, IP_SOURCE). Survives: all else, and packets of flows that
 * another service left behind.
 */
#include "steer.h"

const struct sl_target *sl_reproducible_target(const struct sl_service *service, const struct sl_tuple *client)
{
	const struct sl_schedule *schedule = sl_service_schedule(service);

	if (!sl_mode_is_one_way(service->mode) || schedule == NULL || schedule->n_targets == 0 || schedule->table == NULL)
		return NULL;
	return sl_schedule_by_hash(schedule, &client->peer, &client->self, sl_tuple_ports(client), client->proto);
}

/* Packets of one service come in rows: what is known of the first is known of all. */
static inline bool same_row(const struct sl_pkt *a, const struct sl_pkt *b)
{
	return ((a->dst.q[0] ^ b->dst.q[0]) | (a->dst.q[1] ^ b->dst.q[1]) | (uint64_t)(a->dport_be ^ b->dport_be) |
		(uint64_t)(a->kind ^ b->kind) | (uint64_t)((a->flags ^ b->flags) & SL_PKT_L2_MULTICAST)) == 0;
}

/* NULL: not one without flows. */
static const struct sl_service *service_of(const struct sl_snapshot *s, const struct sl_pkt *p)
{
	const struct sl_service *service;

	if ((p->kind != SL_PKT_TCP && p->kind != SL_PKT_UDP) || (p->flags & SL_PKT_L2_MULTICAST))
		return NULL;
	service = sl_snapshot_service(s, &p->dst, p->dport_be, p->proto);
	return service != NULL && service->stateless && !service->draining ? service : NULL;
}

/* What the packets of a row have in common. */
struct row {
	const struct sl_pkt *first;
	const struct sl_service *service;   /* NULL: not for us */
	const struct sl_schedule *schedule; /* NULL: nobody there */
	bool tunnel;
};

static void begin_row(const struct sl_snapshot *s, const struct sl_pkt *p, struct row *row)
{
	const struct sl_service *service = service_of(s, p);

	*row = (struct row){ .first = p, .service = service };
	if (service == NULL)
		return;
	row->schedule = sl_service_schedule(service);
	if (row->schedule != NULL && row->schedule->n_targets == 0)
		row->schedule = NULL;
	row->tunnel = sl_mode_is_tunnel(service->mode);
}

static inline const struct sl_target *target_of(const struct row *row, const struct sl_pkt *p)
{
	if (unlikely(row->schedule == NULL))
		return NULL;
	return sl_schedule_by_hash(row->schedule, &p->src, &p->dst, sl_pkt_ports(p), p->proto);
}

/* A flow from before its service had none, or of another service that had the address: it goes on as it is. */
static bool has_flow(struct sl_worker *w, const struct sl_burst *b, unsigned int i)
{
	struct sl_tuple k;
	uint8_t side;

	sl_pkt_tuple(&b->p[i], &k);
	return sl_flow_lookup(&w->flows, &k, b->hash[i], &side) != SL_FLOW_NONE;
}

static void refuse(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b, unsigned int i,
		   const struct sl_service *service)
{
	b->p[i].service = (uint16_t)(service - s->services);
	sl_refuse(w, s, b, i, SL_DROP_NO_BACKEND);
}

/* First look up, so that loads from the tables of a burst's packets overlap, then send. */
void sl_stage_stateless(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	const struct sl_service *services[SL_BURST_MAX];
	const struct sl_target *targets[SL_BURST_MAX];
	struct row row;
	uint64_t ours = 0, steered = 0;

	if (likely(!s->has_stateless) || unlikely(b->n == 0))
		return;
	begin_row(s, b->p, &row);
	for (unsigned int i = 0; i < b->n; i++) {
		const struct sl_pkt *p = &b->p[i];

		if (unlikely(!same_row(p, row.first)))
			begin_row(s, p, &row);
		if (row.service == NULL || (unlikely(s->has_draining) && has_flow(w, b, i)))
			continue;
		ours |= UINT64_C(1) << i;
		services[i] = row.service;
		targets[i] = target_of(&row, p);
		if (row.tunnel)
			sl_steer_prefetch(b->m[i]);
	}
	if (ours == 0)
		return;
	for (unsigned int i = 0; i < b->n; i++) {
		if (unlikely(!((ours >> i) & 1)))
			continue;
		const struct sl_target *target = targets[i];
		if (unlikely(sl_snapshot_is_local(s, &b->p[i].src))) { /* the answer would come back to us */
			sl_burst_drop(w, b, i, SL_DROP_IP_SOURCE);
		} else if (unlikely(target == NULL)) {
			refuse(w, s, b, i, services[i]);
		} else if (likely(sl_steer_is_plain(w, s, &b->p[i], &w->delivery[target->id]))) {
			b->p[i].side = SL_CLIENT;
			sl_steer_plain(w, b, i, services[i]->id, target->id, &w->delivery[target->id]);
		} else {
			sl_steer_service(w, s, b, i, services[i], target, steered);
		}
		steered |= UINT64_C(1) << i;
	}
	sl_steer_send(w, s, b, steered);
}
