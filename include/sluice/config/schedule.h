/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What changes without a reload, and what it is compiled into.
 *
 * A backend's *state* (administrative, health, weight given at run time, slow start) is written by the control thread into
 * sl_shared.backends, by backend id. A state belongs to the backend with its generation: where an id was given to another
 * backend since, that one's state is a fresh one (sl_backend_state_of).
 *
 * A *schedule* is a service's backends that take new flows, with their effective weights, laid out for its scheduler. It
 * is immutable, and hangs from its service in the snapshot by an atomic pointer (sl_service.schedule), the only thing in a
 * published snapshot that is written: by control, when a state changes. So a worker, which takes both from the one
 * snapshot it holds, never combines a schedule with a service of another configuration. It refers to backends by copies of
 * address, port and id, never by pointer. A schedule that did not change is shared between snapshots.
 *
 * Life: sl_schedule_build (control) -> pointer exchanged with release -> every worker has passed a quiescent state (RCU) ->
 * sl_schedule_release. `users` is the number of pointers to it, control's alone.
 */
#ifndef SLUICE_CONFIG_SCHEDULE_H
#define SLUICE_CONFIG_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/base/hash.h"
#include "sluice/base/ip.h"
#include "sluice/base/maglev.h"
#include "sluice/config/config.h"

/* X(identifier, name, help) */
#define SL_ADMINS(X)                                                                                              \
	X(ENABLED, "enabled", "takes new flows")                                                                  \
	X(DRAINING, "draining", "takes no new flows, those it has live on")                                       \
	X(DISABLED, "disabled", "takes no new flows; UDP flows go on at another backend")

enum sl_admin {
#define X(id, name, help) SL_ADMIN_##id,
	SL_ADMINS(X)
#undef X
	SL_ADMIN_MAX
};

/* X(identifier, name, help) */
#define SL_HEALTHS(X)                                                                                             \
	X(UNKNOWN, "unknown", "nothing has looked: taken for up")                                                 \
	X(UP, "up", "answers")                                                                                    \
	X(DOWN, "down", "takes no new flows; UDP flows go on at another backend")

enum sl_health {
#define X(id, name, help) SL_HEALTH_##id,
	SL_HEALTHS(X)
#undef X
	SL_HEALTH_MAX
};

/* Slow start: a backend that comes back has so many parts of its weight more at each step, up to all of them. */
#define SL_RAMP_FULL 16

#define SL_WEIGHT_MAX 1000
#define SL_WEIGHT_CONFIGURED UINT16_MAX /* no weight was given at run time */

/*
 * Written by control alone, one whole field at a time; workers read `admin` and `health` to see whether a flow's backend is
 * still good for it.
 */
struct sl_backend_state {
	uint32_t generation;	  /* sl_backend.generation of the backend that it is about; 0: of none */
	uint16_t weight_override; /* given at run time, or SL_WEIGHT_CONFIGURED */
	uint16_t weight_was;	  /* in the file when it was given: a file with another weight ends the override */
	uint8_t admin;		  /* enum sl_admin */
	uint8_t health;		  /* enum sl_health */
	uint8_t ramp;		  /* parts of its weight it has, of SL_RAMP_FULL */
	uint8_t pad;
};

/* A backend that takes new flows. */
struct sl_target {
	struct sl_ip ip;
	uint16_t port_be;
	uint16_t id;
	uint32_t generation; /* sl_backend.generation */
	uint32_t weight;   /* effective, SL_RAMP_FULL to one of the file; never 0 */
	double inverse_weight;
};

/* Which backends a schedule is made of. */
enum sl_schedule_group {
	SL_GROUP_NONE,	   /* no backend takes new flows */
	SL_GROUP_PRIMARY,  /* the ordinary ones that are enabled and not down */
	SL_GROUP_BACKUP,   /* too few of these (sl_service.min_healthy): backup backends too */
	SL_GROUP_PANIC,	   /* still too few: all that are enabled, whatever their health */
};

struct sl_schedule {
	uint64_t serial; /* differs from that of any other schedule the service id has ever had; never 0 */
	unsigned int users;
	uint16_t n_targets;
	uint8_t scheduler; /* enum sl_scheduler */
	uint8_t group;	   /* enum sl_schedule_group */
	uint32_t n_turns;   /* of a round of the round-robin schedulers; 0: no target */
	uint32_t turn_step; /* from one to the next, modulo n_turns, and less than it: visits all before any again */
	uint32_t *turn_end; /* by target: it has the turns from the previous one's end on, up to its own */
	uint16_t *by_id;   /* targets in the order of their ids */
	uint16_t *table;   /* of schedulers that hash: targets by slot; NULL: another scheduler, or no target */
	uint32_t table_size;
	struct sl_hash_key key; /* of the hash that leads into the table */
	struct sl_target targets[];
};

/*
 * The target of a flow by its hash. Depends on what the packet says, the configuration and the states of backends alone, so
 * any worker and any gateway chooses the same. There must be targets.
 */
static inline const struct sl_target *sl_schedule_by_flow(const struct sl_schedule *s, const struct sl_ip *src,
							  const struct sl_ip *dst, uint32_t ports, uint8_t proto)
{
	uint64_t hash = sl_ip_is_v4(src) ? sl_hash_v4(&s->key, sl_ip_v4_be(src), sl_ip_v4_be(dst), ports, proto) :
					   sl_hash_v6(&s->key, src, dst, ports, proto);

	return &s->targets[s->table[sl_maglev_slot(hash, s->table_size)]];
}

/* The same by the client's address alone. */
static inline const struct sl_target *sl_schedule_by_source(const struct sl_schedule *s, const struct sl_ip *src)
{
	return sl_schedule_by_flow(s, src, src, 0, 0);
}

/* The one or the other, as the schedule's scheduler, which is one that hashes, has it. */
static inline const struct sl_target *sl_schedule_by_hash(const struct sl_schedule *s, const struct sl_ip *src,
							  const struct sl_ip *dst, uint32_t ports, uint8_t proto)
{
	return s->scheduler == SL_SCHEDULER_SOURCE_HASH ? sl_schedule_by_source(s, src) : sl_schedule_by_flow(s, src, dst, ports, proto);
}

struct sl_service;
struct sl_backend;

/* The backend's state: the one in `states` (by id; NULL: there are none) if that is its own, otherwise a fresh one. */
struct sl_backend_state sl_backend_state_of(const struct sl_backend *backend, const struct sl_backend_state *states);

/* The state of a backend that nothing was said about. */
struct sl_backend_state sl_backend_state_fresh(const struct sl_backend *backend);

/* Weight by file and run-time override, without regard to slow start. */
uint16_t sl_backend_weight(const struct sl_backend *backend, const struct sl_backend_state *state);

/*
 * The schedule of a service by the states of its backends; `old` (or NULL) once more, with a user more, if it would be the
 * same. NULL when memory runs out.
 */
struct sl_schedule *sl_schedule_build(const struct sl_service *service, const struct sl_backend_state *states,
				      struct sl_schedule *old);

/* One user less; the last one frees it. NULL is accepted. */
void sl_schedule_release(struct sl_schedule *schedule);

/* Target with a backend id, or NULL: the backend takes no new flows. */
const struct sl_target *sl_schedule_find(const struct sl_schedule *schedule, uint16_t id);

const char *sl_admin_name(enum sl_admin admin);
const char *sl_health_name(enum sl_health health);
const char *sl_group_name(enum sl_schedule_group group);

#endif
