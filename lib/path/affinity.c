/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that keep their backend from flow to flow, while it takes new ones. */
#include "stages.h"

#include "sluice/state/affinity.h"

/* Of the client's prefix and the service; with the workers' common secret, as whose entries fall together could be aimed at. */
static uint64_t hash_client(const struct sl_worker *w, const struct sl_service *service, const struct sl_ip *client)
{
	uint8_t bits = service->affinity_prefix[!sl_ip_is_v4(client)];
	struct {
		struct sl_ip ip;
		uint64_t service;
	} key = { *client, service->id };

	for (unsigned int i = 0; i < 2; i++) {
		unsigned int kept = bits <= 64 * i ? 0 : RTE_MIN(bits - 64 * i, 64u);
		key.ip.q[i] &= kept == 0 ? 0 : rte_cpu_to_be_64(UINT64_MAX << (64 - kept));
	}
	return sl_siphash(&w->secret, &key, sizeof(key));
}

const struct sl_target *sl_affinity_target(struct sl_worker *w, const struct sl_service *service,
					   const struct sl_schedule *schedule, const struct sl_tuple *client)
{
	struct sl_affinity_table *t = w->shared->affinities;
	uint64_t hash = hash_client(w, service, &client->peer);
	uint16_t id = sl_affinity_find(t, hash, w->now_tick), other;
	const struct sl_target *target = id != SL_ID_NONE ? sl_schedule_find(schedule, id) : NULL;
	bool evicted;

	if (target != NULL)
		w->count[SL_COUNT_AFFINITY_KEPT]++;
	else
		target = sl_schedule_target(w, service, schedule, client);
	other = sl_affinity_set(t, hash, target->id, id, w->now_tick, service->affinity_ticks, &evicted);
	w->count[SL_COUNT_AFFINITY_EVICTED] += evicted;
	if (likely(other == target->id))
		return target;
	/* Another worker has just chosen for the same client. What it chose may be gone from a newer schedule, as ours is. */
	const struct sl_target *chosen = sl_schedule_find(schedule, other);
	return chosen != NULL ? chosen : target;
}
