/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Services and backends with their ids, and the tombstones of those that were removed while they had flows.
 *
 * s->services holds the configured ones in the order of the configuration, then the tombstones. A tombstone is copied
 * from the previous snapshot, so it lives through any number of reloads, until a build finds it without flows.
 */
#include "sluice/base/siphash.h"

#include "snapshot_build.h"

struct ids {
	bool *busy; /* carried by a flow, or by the previous snapshot that workers still read */
	unsigned int n;
	unsigned int next; /* all below are busy */
};

struct step {
	struct sl_build *b;
	struct ids service_ids, backend_ids;
	struct sl_hash_key hash_key; /* of the configuration's seed */
};

static uint16_t take_id(struct ids *ids)
{
	while (ids->next < ids->n && ids->busy[ids->next])
		ids->next++;
	return ids->next < ids->n ? (uint16_t)ids->next++ : SL_ID_NONE;
}

static void mark_busy_ids(struct step *step)
{
	const struct sl_snapshot *previous = step->b->previous;
	const struct sl_usage *usage = step->b->usage;

	for (unsigned int i = 0; usage != NULL && i < SL_MAX_SERVICES; i++)
		step->service_ids.busy[i] = usage->service_flows[i] > 0;
	for (unsigned int i = 0; usage != NULL && i < SL_MAX_BACKENDS; i++)
		step->backend_ids.busy[i] = usage->backend_flows[i] > 0;
	for (unsigned int i = 0; previous != NULL && i < previous->n_services; i++) {
		const struct sl_service *service = &previous->services[i];
		step->service_ids.busy[service->id] = true;
		for (unsigned int j = 0; j < service->n_backends + service->n_draining; j++)
			step->backend_ids.busy[service->backends[j].id] = true;
	}
}

/* ---- the same object in two configurations ---- */

static bool same_service(const struct sl_service *service, const struct sl_config_service *c)
{
	return strcmp(service->name, c->name) == 0 && service->port_be == rte_cpu_to_be_16(c->port) &&
	       service->port_span == sl_port_span(c) && service->vip_len == c->prefix.len && service->proto == c->protocol &&
	       service->mode == c->mode && service->stateless == c->stateless && sl_ip_equal(&service->vip, &c->address);
}

static const struct sl_service *previous_service(const struct sl_build *b, const struct sl_config_service *c)
{
	for (unsigned int i = 0; b->previous != NULL && i < b->previous->n_services; i++) {
		if (same_service(&b->previous->services[i], c))
			return &b->previous->services[i];
	}
	return NULL;
}

static const struct sl_backend *find_backend(const struct sl_backend *backends, unsigned int n, const struct sl_ip *ip,
					     uint16_t port_be)
{
	for (unsigned int i = 0; i < n; i++) {
		if (backends[i].port_be == port_be && sl_ip_equal(&backends[i].ip, ip))
			return &backends[i];
	}
	return NULL;
}

/* ---- configured services ---- */

static int add_backend(struct step *step, unsigned int index, struct sl_service *service, const struct sl_service *old)
{
	const struct sl_config_backend *c = &step->b->config->services[index].backends[service->n_backends];
	struct sl_backend backend = { .ip = c->address, .port_be = rte_cpu_to_be_16(c->port), .weight = c->weight,
				      .backup = c->backup,
				      .generation = (uint32_t)step->b->s->generation };
	const struct sl_backend *was = NULL;
	char where[SL_POINTER_MAX], ip[SL_IP_STRLEN];

	snprintf(where, sizeof(where), "/services/%u/backends/%u", index, service->n_backends);
	if (find_backend(service->backends, service->n_backends, &backend.ip, backend.port_be) != NULL)
		sl_problem_add(step->b->problems, where,
			       "list it once, and give it a higher \"weight\" for more traffic",
			       "backend %s port %u is listed twice in service \"%s\"", sl_ip_format(&c->address, ip),
			       c->port, service->name);
	if (old != NULL)
		was = find_backend(old->backends, old->n_backends + old->n_draining, &backend.ip, backend.port_be);
	backend.id = was != NULL ? was->id : take_id(&step->backend_ids);
	if (was != NULL)
		backend.generation = was->generation;
	if (backend.id == SL_ID_NONE) {
		sl_problem_add(step->b->problems, where,
			       "use fewer backends, or reload twice: first without the old ones, then with the new ones",
			       "there are more than %u backends, with those that were just removed or still have flows",
			       SL_MAX_BACKENDS);
		return -1;
	}
	service->backends[service->n_backends++] = backend;
	return 0;
}

/* Keep the backends that are gone from the configuration but still have flows. */
static void add_draining_backends(const struct sl_build *b, struct sl_service *service, const struct sl_service *old)
{
	for (unsigned int i = 0; i < old->n_backends + old->n_draining; i++) {
		const struct sl_backend *backend = &old->backends[i];
		if (b->usage != NULL && b->usage->backend_flows[backend->id] > 0 &&
		    find_backend(service->backends, service->n_backends, &backend->ip, backend->port_be) == NULL)
			service->backends[service->n_backends + service->n_draining++] = *backend;
	}
}

static int set_backends(struct step *step, unsigned int index, struct sl_service *service, const struct sl_service *old)
{
	const struct sl_config_service *c = &step->b->config->services[index];
	size_t room = c->n_backends + (old != NULL ? (size_t)old->n_backends + old->n_draining : 0);

	service->backends = sl_build_alloc(step->b, room, sizeof(*service->backends));
	if (service->backends == NULL)
		return -1;
	for (unsigned int i = 0; i < c->n_backends; i++) {
		if (add_backend(step, index, service, old) != 0)
			return -1;
	}
	if (old != NULL)
		add_draining_backends(step->b, service, old);
	return 0;
}

/* By the states of the running sluice; the schedule of the previous snapshot where nothing has changed. */
static int set_schedule(struct sl_build *b, struct sl_service *service, const struct sl_service *old)
{
	struct sl_schedule *schedule = sl_schedule_build(service, b->usage != NULL ? b->usage->backends : NULL,
							 old != NULL ? atomic_load(&old->schedule) : NULL);

	if (schedule == NULL)
		return sl_build_no_memory(b, service->n_backends * sizeof(schedule->targets[0]));
	atomic_init(&service->schedule, schedule);
	return 0;
}

/* Rounded up, and at most what workers can tell from the past on their 32-bit clock: 26 days. */
static uint32_t seconds_to_ticks(uint32_t seconds)
{
	uint64_t ticks = (seconds * 1000000000ull + SL_TICK_NS - 1) / SL_TICK_NS;

	return ticks < INT32_MAX ? (uint32_t)ticks : INT32_MAX;
}

static bool has_address(const struct sl_ip *list, unsigned int n, const struct sl_ip *ip)
{
	for (unsigned int i = 0; i < n; i++) {
		if (sl_ip_equal(&list[i], ip))
			return true;
	}
	return false;
}

/* The configured source-NAT addresses, and those that are gone from the configuration but may still have flows. */
static int set_snat(struct sl_build *b, struct sl_service *service, const struct sl_config_service *c,
		    const struct sl_service *old)
{
	size_t room = c->n_snat + (old != NULL ? (size_t)old->n_snat + old->n_draining_snat : 0);

	service->snat = sl_build_alloc(b, room, sizeof(*service->snat));
	if (service->snat == NULL)
		return -1;
	for (unsigned int i = 0; i < c->n_snat; i++)
		service->snat[service->n_snat++] = c->snat[i];
	if (old == NULL || b->usage == NULL || b->usage->service_flows[old->id] == 0)
		return 0;
	for (unsigned int i = 0; i < old->n_snat + old->n_draining_snat; i++) {
		if ((i < old->n_snat || b->usage->removed_snat[old->id]) &&
		    !has_address(service->snat, service->n_snat, &old->snat[i]))
			service->snat[service->n_snat + service->n_draining_snat++] = old->snat[i];
	}
	return 0;
}

static int add_service(struct step *step, unsigned int index)
{
	const struct sl_config_service *c = &step->b->config->services[index];
	const struct sl_service *old = previous_service(step->b, c);
	struct sl_snapshot *s = step->b->s;
	uint16_t id = old != NULL ? old->id : take_id(&step->service_ids);

	if (id == SL_ID_NONE) {
		char where[SL_POINTER_MAX];
		snprintf(where, sizeof(where), "/services/%u", index);
		sl_problem_add(step->b->problems, where,
			       "use fewer services, or reload twice: first without the old ones, then with the new ones",
			       "there are more than %u services, with those that were just removed or still have flows",
			       SL_MAX_SERVICES);
		return -1;
	}

	struct sl_service *service = &s->services[s->n_services++];
	memcpy(service->name, c->name, sizeof(service->name));
	service->vip = c->address;
	service->vip_len = c->prefix.len;
	service->port_span = (uint16_t)sl_port_span(c);
	service->port_be = rte_cpu_to_be_16(c->port);
	service->id = id;
	service->proto = c->protocol;
	service->mode = (uint8_t)c->mode;
	service->stateless = c->stateless;
	s->has_stateless |= c->stateless;
	s->has_tunnels |= sl_mode_is_tunnel(c->mode);
	service->mss_clamp = c->mss_clamp != 0 ? c->mss_clamp : UINT16_MAX;
	service->scheduler = (uint8_t)c->scheduler;
	service->generation = (uint32_t)s->generation;
	service->table_size = c->table_size;
	service->hash_key = step->hash_key;
	service->slow_start_s = c->slow_start_s;
	service->min_healthy = c->min_healthy;
	service->affinity = (uint8_t)c->affinity;
	service->affinity_prefix[0] = (uint8_t)(96 + c->affinity_prefix_v4);
	service->affinity_prefix[1] = c->affinity_prefix_v6;
	service->affinity_ticks = seconds_to_ticks(c->affinity_timeout_s);
	for (unsigned int i = 0; i < SL_TIMEOUT_MAX; i++)
		service->timeout_ticks[i] = seconds_to_ticks(c->timeout_s[i]);
	/* whoever gets a segment knows the backend */
	service->tcp_pickup = c->tcp_pickup || (sl_mode_is_one_way(c->mode) && sl_scheduler_hashes(c->scheduler));
	service->proxy_protocol = (uint8_t)c->proxy_protocol;
	service->udp_kind = (uint8_t)c->udp_kind;
	service->udp_replies = c->udp_replies;
	service->on_exhaustion = (uint8_t)c->on_exhaustion;
	if (set_snat(step->b, service, c, old) != 0)
		return -1;
	if (set_backends(step, index, service, old) != 0)
		return -1;
	return set_schedule(step->b, service, old);
}

/* ---- tombstones ---- */

static bool is_tombstone(const struct sl_build *b, const struct sl_service *old)
{
	if (b->usage == NULL || b->usage->service_flows[old->id] == 0)
		return false;
	for (unsigned int i = 0; i < b->config->n_services; i++) {
		if (same_service(old, &b->config->services[i]))
			return false;
	}
	return true;
}

static int add_tombstone(struct sl_build *b, const struct sl_service *old)
{
	struct sl_service *service = &b->s->services[b->s->n_services++];
	size_t n_snat;

	*service = *old;
	b->s->has_tunnels |= sl_mode_is_tunnel(old->mode);
	b->s->has_draining = true;
	service->draining = true;
	atomic_init(&service->schedule, NULL);
	service->n_draining = 0;
	service->snat = NULL;
	service->backends = sl_build_alloc(b, (size_t)old->n_backends + old->n_draining, sizeof(*service->backends));
	if (service->backends == NULL)
		return -1;
	memcpy(service->backends, old->backends, old->n_backends * sizeof(*service->backends));
	add_draining_backends(b, service, old);
	n_snat = (size_t)old->n_snat + old->n_draining_snat;
	service->snat = sl_build_alloc(b, n_snat, sizeof(*service->snat));
	if (service->snat == NULL)
		return -1;
	memcpy(service->snat, old->snat, n_snat * sizeof(*service->snat));
	return 0;
}

/* ---- look-ups ---- */

/* Index of the service that has the slot already, or SL_ID_NONE once `index` has it. */
static uint16_t claim_slot(struct sl_snapshot *s, uint16_t index)
{
	const struct sl_service *service = &s->services[index];
	uint32_t mask = (1u << s->service_bits) - 1;
	uint32_t at = sl_service_hash(&service->vip, service->port_be, service->proto) & mask;

	for (; s->service_slots[at] != SL_ID_NONE; at = (at + 1) & mask) {
		const struct sl_service *other = &s->services[s->service_slots[at]];
		if (other->port_be == service->port_be && other->proto == service->proto &&
		    sl_ip_equal(&other->vip, &service->vip))
			return s->service_slots[at];
	}
	s->service_slots[at] = index;
	return SL_ID_NONE;
}

static int build_lookups(struct sl_build *b)
{
	struct sl_snapshot *s = b->s;

	s->service_bits = sl_table_bits(s->n_services);
	s->service_slots = sl_build_alloc(b, (size_t)1 << s->service_bits, sizeof(*s->service_slots));
	if (s->service_slots == NULL)
		return -1;
	memset(s->service_slots, 0xff, ((size_t)1 << s->service_bits) * sizeof(*s->service_slots));
	for (uint16_t i = 0; i < s->n_services; i++) {
		const struct sl_service *service = &s->services[i];

		s->service_by_id[service->id] = i;
		if (sl_service_is_wide(service))
			continue;
		uint16_t other = claim_slot(s, i);
		/* A tombstone gives way: its flows find it by id. */
		if (other == SL_ID_NONE || service->draining)
			continue;
		char where[SL_POINTER_MAX];
		snprintf(where, sizeof(where), "/services/%u", i);
		sl_problem_add(b->problems, where, "change its \"address\", \"port\" or \"protocol\"",
			       "service \"%s\" has the same address, port and protocol as \"%s\"", service->name,
			       s->services[other].name);
	}
	return 0;
}

/* The same from the same text on every machine. */
static void derive_hash_key(struct sl_hash_key *key, const char *seed)
{
	if (seed == NULL)
		seed = "";
	for (uint64_t i = 0; i < RTE_DIM(key->k); i++) {
		const struct sl_siphash_key part = { { UINT64_C(0x736c756963652d31), i } };
		key->k[i] = sl_siphash(&part, seed, strlen(seed)) | 1;
	}
}

int sl_build_services(struct sl_build *b)
{
	bool service_busy[SL_MAX_SERVICES] = { false }, backend_busy[SL_MAX_BACKENDS] = { false };
	struct step step = {
		.b = b,
		.service_ids = { .busy = service_busy, .n = SL_MAX_SERVICES },
		.backend_ids = { .busy = backend_busy, .n = SL_MAX_BACKENDS },
	};
	unsigned int n_old = b->previous != NULL ? b->previous->n_services : 0;

	derive_hash_key(&step.hash_key, b->config->hash_seed);
	memset(b->s->service_by_id, 0xff, sizeof(b->s->service_by_id));
	mark_busy_ids(&step);
	b->s->services = sl_build_alloc(b, (size_t)b->config->n_services + n_old, sizeof(*b->s->services));
	if (b->s->services == NULL)
		return -1;
	for (unsigned int i = 0; i < b->config->n_services; i++) {
		if (add_service(&step, i) != 0)
			return -1;
	}
	for (unsigned int i = 0; i < n_old; i++) {
		if (is_tombstone(b, &b->previous->services[i]) && add_tombstone(b, &b->previous->services[i]) != 0)
			return -1;
	}
	return build_lookups(b);
}
