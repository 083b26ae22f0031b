/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which backends of a service take new flows, and with what weight.
 *
 * The ordinary backends that are enabled, not down and have a weight; where that is none, or fewer than min_healthy per cent
 * of the enabled ones, the backup backends with them; where it is still not enough and min_healthy is set, a health check
 * that condemns so many is not believed, and all that are enabled take flows.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "sluice/base/siphash.h"
#include "sluice/config/snapshot.h"

static const char *const admin_names[] = {
#define X(id, name, help) name,
	SL_ADMINS(X)
#undef X
};
static const char *const health_names[] = {
#define X(id, name, help) name,
	SL_HEALTHS(X)
#undef X
};
static const char *const group_names[] = {
	[SL_GROUP_NONE] = "none", [SL_GROUP_PRIMARY] = "primary", [SL_GROUP_BACKUP] = "backup", [SL_GROUP_PANIC] = "panic"
};

const char *sl_admin_name(enum sl_admin admin)
{
	return admin_names[admin];
}

const char *sl_health_name(enum sl_health health)
{
	return health_names[health];
}

const char *sl_group_name(enum sl_schedule_group group)
{
	return group_names[group];
}

struct sl_backend_state sl_backend_state_fresh(const struct sl_backend *backend)
{
	return (struct sl_backend_state){ .generation = backend->generation, .weight_override = SL_WEIGHT_CONFIGURED,
					  .ramp = SL_RAMP_FULL };
}

struct sl_backend_state sl_backend_state_of(const struct sl_backend *backend, const struct sl_backend_state *states)
{
	if (states != NULL && states[backend->id].generation == backend->generation)
		return states[backend->id];
	return sl_backend_state_fresh(backend);
}

uint16_t sl_backend_weight(const struct sl_backend *backend, const struct sl_backend_state *state)
{
	bool overridden = state->weight_override != SL_WEIGHT_CONFIGURED && state->weight_was == backend->weight;

	return overridden ? state->weight_override : backend->weight;
}

/* Number of backends that would take flows, and, into *members, which: by index, one byte each. */
static unsigned int choose(const struct sl_service *service, const struct sl_backend_state *states, bool backups, bool ill,
			   bool *member)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < service->n_backends; i++) {
		const struct sl_backend *backend = &service->backends[i];
		struct sl_backend_state state = sl_backend_state_of(backend, states);
		member[i] = state.admin == SL_ADMIN_ENABLED && sl_backend_weight(backend, &state) > 0 &&
			    (ill || state.health != SL_HEALTH_DOWN) && (backups || !backend->backup);
		n += member[i];
	}
	return n;
}

static enum sl_schedule_group choose_group(const struct sl_service *service, const struct sl_backend_state *states, bool *member)
{
	unsigned int enabled = choose(service, states, false, true, member);
	unsigned int wanted = (enabled * service->min_healthy + 99) / 100;
	unsigned int primary = choose(service, states, false, false, member), both;

	if (primary > 0 && primary >= wanted)
		return SL_GROUP_PRIMARY;
	both = choose(service, states, true, false, member);
	if (both > 0 && both >= wanted)
		return both > primary ? SL_GROUP_BACKUP : SL_GROUP_PRIMARY;
	if (service->min_healthy > 0 && choose(service, states, true, true, member) > 0)
		return SL_GROUP_PANIC;
	return SL_GROUP_NONE;
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
	return b == 0 ? a : gcd(b, a % b);
}

/*
 * A round has as many turns as the weights (in lowest terms) together, each target's in a row; whoever schedules steps
 * through them. Steps of the golden ratio of a round spread every target's turns evenly over it, however far it has got
 * (Knuth, The Art of Computer Programming, volume 3, section 6.4); one that has no common divisor with the round gives every
 * turn once. Where all weights are the same it is each in its turn.
 */
static void set_turns(struct sl_schedule *schedule)
{
	uint32_t n = 0, step = 1, divisor = 0;

	for (unsigned int i = 0; i < schedule->n_targets; i++)
		divisor = gcd(divisor, schedule->targets[i].weight);
	for (unsigned int i = 0; i < schedule->n_targets; i++) {
		n += schedule->targets[i].weight / divisor;
		schedule->turn_end[i] = n;
	}
	if (n > schedule->n_targets) {
		step = (uint32_t)((n * UINT64_C(0x9e3779b9) + 0x80000000) >> 32);
		while (gcd(n, step) != 1)
			step++;
	}
	schedule->n_turns = n;
	schedule->turn_step = step;
}

static void set_targets(struct sl_schedule *schedule, const struct sl_service *service, const struct sl_backend_state *states,
			const bool *member)
{
	for (unsigned int i = 0; i < service->n_backends; i++) {
		const struct sl_backend *backend = &service->backends[i];
		struct sl_backend_state state = sl_backend_state_of(backend, states);
		if (!member[i])
			continue;
		schedule->targets[schedule->n_targets++] = (struct sl_target){
			.ip = backend->ip, .port_be = backend->port_be, .id = backend->id,
			.generation = backend->generation,
			.weight = (uint32_t)sl_backend_weight(backend, &state) * state.ramp,
		};
		struct sl_target *target = &schedule->targets[schedule->n_targets - 1];
		target->inverse_weight = 1.0 / target->weight;
	}
}

static bool is_same(const struct sl_schedule *a, const struct sl_schedule *b)
{
	if (a->scheduler != b->scheduler || a->group != b->group || a->n_targets != b->n_targets ||
	    a->table_size != b->table_size || memcmp(&a->key, &b->key, sizeof(a->key)) != 0)
		return false;
	for (unsigned int i = 0; i < a->n_targets; i++) {
		const struct sl_target *x = &a->targets[i], *y = &b->targets[i];
		if (x->id != y->id || x->generation != y->generation || x->weight != y->weight ||
		    x->port_be != y->port_be || !sl_ip_equal(&x->ip, &y->ip))
			return false;
	}
	return true;
}

static int compare_ids(const void *a, const void *b, void *arg)
{
	const struct sl_schedule *schedule = arg;

	return (int)schedule->targets[*(const uint16_t *)a].id - (int)schedule->targets[*(const uint16_t *)b].id;
}

/* A node's name is what all gateways know of it: address and port. */
static struct sl_maglev_node node_of(const struct sl_target *target, const struct sl_hash_key *key)
{
	struct sl_maglev_node node = { .weight = target->weight };
	struct {
		struct sl_ip ip;
		uint16_t port_be;
	} __attribute__((packed)) name = { target->ip, target->port_be };

	for (unsigned int i = 0; i < RTE_DIM(node.name); i++) {
		const struct sl_siphash_key half = { { key->k[2 * i], key->k[2 * i + 1] } };
		node.name[i] = sl_siphash(&half, &name, sizeof(name));
	}
	return node;
}

static int set_table(struct sl_schedule *schedule)
{
	struct sl_maglev_node *nodes;
	int result = -1;

	if (!sl_scheduler_hashes(schedule->scheduler) || schedule->n_targets == 0)
		return 0;
	schedule->table = calloc(schedule->table_size, sizeof(*schedule->table));
	nodes = calloc(schedule->n_targets, sizeof(*nodes));
	if (schedule->table != NULL && nodes != NULL) {
		for (unsigned int i = 0; i < schedule->n_targets; i++)
			nodes[i] = node_of(&schedule->targets[i], &schedule->key);
		result = sl_maglev_build(schedule->table, schedule->table_size, nodes, schedule->n_targets);
	}
	free(nodes);
	return result;
}

static int lay_out(struct sl_schedule *schedule)
{
	schedule->turn_end = calloc(schedule->n_targets + 1u, sizeof(*schedule->turn_end));
	schedule->by_id = calloc(schedule->n_targets + 1u, sizeof(*schedule->by_id));
	if (schedule->turn_end == NULL || schedule->by_id == NULL || set_table(schedule) != 0)
		return -1;
	set_turns(schedule);
	for (uint16_t i = 0; i < schedule->n_targets; i++)
		schedule->by_id[i] = i;
	qsort_r(schedule->by_id, schedule->n_targets, sizeof(*schedule->by_id), compare_ids, schedule);
	return 0;
}

struct sl_schedule *sl_schedule_build(const struct sl_service *service, const struct sl_backend_state *states,
				      struct sl_schedule *old)
{
	struct sl_schedule *schedule;
	bool member[SL_MAX_BACKENDS];

	schedule = calloc(1, sizeof(*schedule) + service->n_backends * sizeof(schedule->targets[0]));
	if (schedule == NULL)
		return NULL;
	schedule->serial = old != NULL ? old->serial + 1 : (uint64_t)service->generation << 32;
	schedule->users = 1;
	schedule->scheduler = service->scheduler;
	schedule->table_size = service->table_size;
	schedule->key = service->hash_key;
	schedule->group = (uint8_t)choose_group(service, states, member);
	set_targets(schedule, service, states, member);
	if (old != NULL && is_same(schedule, old)) {
		free(schedule);
		old->users++;
		return old;
	}
	if (lay_out(schedule) == 0)
		return schedule;
	sl_schedule_release(schedule);
	return NULL;
}

void sl_schedule_release(struct sl_schedule *schedule)
{
	if (schedule == NULL || --schedule->users > 0)
		return;
	free(schedule->turn_end);
	free(schedule->by_id);
	free(schedule->table);
	free(schedule);
}

const struct sl_target *sl_schedule_find(const struct sl_schedule *schedule, uint16_t id)
{
	unsigned int low = 0, high = schedule->n_targets;

	while (low < high) {
		unsigned int middle = (low + high) / 2;
		const struct sl_target *target = &schedule->targets[schedule->by_id[middle]];
		if (target->id == id)
			return target;
		if (target->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
