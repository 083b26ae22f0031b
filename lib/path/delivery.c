/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How packets reach a backend as they are (sluice/state/delivery.h): route, next hop and outer header, and how long they may be.
 * A tunnel's MTU is that of the way out, or less if a router in the tunnel said so (tunnel_error.c).
 */
#include "stages.h"

#define PATH_MTU_TICK_SHIFT 12 /* 4.3 s */
#define PATH_MTU_AGE 140       /* 10 minutes (RFC 1191 section 6.3, RFC 8201 section 4) */

/* A word of the table: the far end's hash but for its low 36 bits; when that was learnt, which comes round with the ticks; the MTU. */
#define WORD_HASH(hash) ((hash) >> 36 << 36)
#define WORD_CLOCK_MASK (UINT32_MAX >> PATH_MTU_TICK_SHIFT)

static inline uint32_t path_mtu_clock(const struct sl_worker *w)
{
	return w->now_tick >> PATH_MTU_TICK_SHIFT;
}

/* All workers have one secret. */
static inline uint64_t far_end_hash(const struct sl_worker *w, const struct sl_ip *far_end)
{
	return sl_hash_mix(far_end->q[0] ^ w->secret.k[0], far_end->q[1] ^ w->secret.k[1]);
}

/* UINT16_MAX: nobody has said. */
static uint16_t path_mtu(const struct sl_worker *w, const struct sl_ip *far_end)
{
	uint64_t hash = far_end_hash(w, far_end);
	uint64_t word = atomic_load_explicit(&w->shared->path_mtus[hash % SL_PATH_MTUS], memory_order_relaxed);

	uint32_t age = (path_mtu_clock(w) - (uint32_t)(word >> 16)) & WORD_CLOCK_MASK;

	return WORD_HASH(word) == WORD_HASH(hash) && word != 0 && age <= PATH_MTU_AGE ? (uint16_t)word : UINT16_MAX;
}

bool sl_path_mtu_note(struct sl_worker *w, const struct sl_ip *far_end, uint32_t mtu)
{
	uint32_t least = sl_ip_is_v4(far_end) ? SL_PATH_MTU_V4_LEAST : SL_PATH_MTU_V6_LEAST;
	uint64_t hash = far_end_hash(w, far_end);

	mtu = RTE_MAX(mtu, least); /* 0 from routers older than RFC 1191 */
	if (mtu >= path_mtu(w, far_end)) /* never raised (RFC 1191 section 3) */
		return false;
	atomic_store_explicit(&w->shared->path_mtus[hash % SL_PATH_MTUS],
			      WORD_HASH(hash) | (uint64_t)path_mtu_clock(w) << 16 | mtu, memory_order_relaxed);
	return true;
}

/* Where the outer header leads. */
static struct sl_ip far_end_of(const struct sl_delivery *d)
{
	uint32_t v4_be;

	if (d->header[0] >> 4 == 6)
		return sl_ip_from_v6(d->header + 24);
	memcpy(&v4_be, d->header + 16, sizeof(v4_be));
	return sl_ip_from_v4(v4_be);
}

uint16_t sl_delivery_mtu(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_delivery *d, uint16_t interface)
{
	uint16_t mtu = sl_snapshot_mtu(s, interface);

	if (d->header_len == 0)
		return mtu;
	struct sl_ip far_end = far_end_of(d);
	uint16_t learnt = path_mtu(w, &far_end);
	return RTE_MIN(mtu, learnt);
}

bool sl_delivery_fits(const struct sl_worker *w, const struct sl_snapshot *s, const struct sl_delivery *d, uint32_t len)
{
	uint16_t interface = w->shared->neighbours->entries[d->neighbour].l2.interface;

	return len + d->header_len <= sl_delivery_mtu(w, s, d, interface);
}

const struct sl_nexthop *sl_delivery_find(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_service *service,
					  uint16_t id, const struct sl_ip *backend, struct sl_ip *next)
{
	struct sl_delivery *d = &w->delivery[id];
	const struct sl_nexthop *hop = sl_snapshot_route(s, backend);
	bool v4 = sl_ip_is_v4(backend);
	uint16_t sure = v4 ? SL_PATH_MTU_V4_LEAST : SL_PATH_MTU_V6_LEAST;

	*d = (struct sl_delivery){ .epoch = w->epoch, .generation = (uint32_t)s->generation, .neighbour = SL_ID_NONE };
	if (hop == NULL)
		return NULL;
	*next = sl_ip_is_zero(&hop->via) ? *backend : hop->via;
	if (sl_mode_is_tunnel(service->mode)) {
		const struct sl_ip *src = sl_interface_address(&s->interfaces[hop->interface], v4);
		if (src == NULL)
			return NULL;
		d->header_len = sl_outer_build(d->header, src, backend, service->mode == SL_MODE_GUE ? SL_TUNNEL_GUE : SL_TUNNEL_IP,
					       !sl_ip_is_v4(&service->vip)) & 0xff;
	} else if (!sl_ip_is_zero(&hop->via)) { /* the configuration has it on link; a reload may have changed that */
		return NULL;
	} else {
		sure = UINT16_MAX;
	}
	d->sure_len = (uint16_t)(RTE_MIN(sure, s->interfaces[hop->interface].mtu) - d->header_len);
	d->neighbour = sl_neighbour_lookup(w->shared->neighbours, hop->interface, next);
	return hop;
}
