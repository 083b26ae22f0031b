/* SPDX-License-Identifier: BSD-3-Clause */
#include "health.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_random.h>

#include "sluice/base/log.h"

#include "backends.h"
#include "companions.h"
#include "health_state.h"
#include "passive.h"

#define BUSY_NS (10 * 1000 * 1000ull)  /* until checks that wait for others are tried again */
#define LOG_NS (60 * SL_NS_PER_S)      /* between complaints of checks that cannot be made */

/* Of a service; the configuration they are from may be gone. */
struct settings {
	unsigned int users;
	struct sl_config_health config;
};

/* Of one backend. */
struct check {
	struct settings *settings; /* NULL: it is not checked */
	uint32_t generation;	   /* of the backend */
	bool wanted;		   /* while a configuration is followed */
	struct sl_health_state state;
	struct sl_ip ip;
	uint16_t port;
	bool proxy_header; /* where the service sends one, its backends expect it of everybody */
	uint64_t due_ns;	   /* SL_NEVER: under way */
	uint64_t began_ns, ended_ns;
	uint64_t passed, failed;
	char result[SL_PROBE_TEXT_MAX];
};

struct sl_health_checks {
	struct sl_probes probes;
	uint64_t next_ns;   /* no check is due earlier */
	uint64_t logged_ns; /* a check that cannot be made */
	uint16_t first;	    /* backend id from which on checks are begun: those that waited before */
	struct check checks[SL_MAX_BACKENDS];
};

/* ---- settings ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_config(const struct sl_config_health *a, const struct sl_config_health *b)
{
	return a->type == b->type && a->port == b->port && a->interval_ms == b->interval_ms && a->timeout_ms == b->timeout_ms &&
	       a->rise == b->rise && a->fall == b->fall && a->jitter_percent == b->jitter_percent && same_text(a->path, b->path) &&
	       same_text(a->host, b->host) && same_text(a->status, b->status) && same_text(a->body, b->body) &&
	       same_text(a->send, b->send) && same_text(a->expect, b->expect);
}

static void release(struct settings *settings)
{
	struct sl_config_health *config = &settings->config;

	if (--settings->users > 0)
		return;
	free(config->path);
	free(config->host);
	free(config->status);
	free(config->body);
	free(config->send);
	free(config->expect);
	free(settings);
}

static bool copy_text(char **to, const char *from)
{
	*to = from != NULL ? strdup(from) : NULL;
	return from == NULL || *to != NULL;
}

/* With one user, who made it. NULL: no memory. */
static struct settings *copy_settings(const struct sl_config_health *from)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	bool whole;

	if (settings == NULL)
		return NULL;
	settings->users = 1;
	settings->config = *from;
	struct sl_config_health *to = &settings->config;
	to->path = to->host = to->status = to->body = to->send = to->expect = NULL;
	whole = copy_text(&to->path, from->path) && copy_text(&to->host, from->host) && copy_text(&to->status, from->status) &&
		copy_text(&to->body, from->body) && copy_text(&to->send, from->send) && copy_text(&to->expect, from->expect);
	if (whole)
		return settings;
	release(settings);
	return NULL;
}

/* ---- what follows from a check ---- */

static uint32_t chance(void)
{
	return (uint32_t)rte_rand();
}

void sl_health_settle(struct sl_control *control, uint16_t id, const char *reason)
{
	struct check *check = &control->health->checks[id];
	enum sl_health health = check->settings != NULL ? (enum sl_health)check->state.health : SL_HEALTH_UNKNOWN;
	struct sl_problems problems;

	if (sl_passive_holds(control, id))
		health = SL_HEALTH_DOWN;
	sl_problems_init(&problems);
	if (sl_backends_set_health(control, id, health, reason, &problems) != 0) {
		sl_log_error("health of a backend: %s", problems.list[0].what);
		check->state.in_a_row = 0; /* the next checks say it again */
		check->state.health = control->shared->backends[id].health;
	}
	sl_problems_fini(&problems);
}

static void schedule(struct sl_health_checks *health, struct check *check, uint64_t due_ns)
{
	check->due_ns = due_ns;
	health->next_ns = RTE_MIN(health->next_ns, due_ns);
}

static void judge(struct sl_control *control, uint16_t id, bool passed, const char *text, uint64_t now_ns)
{
	struct sl_health_checks *health = control->health;
	struct check *check = &health->checks[id];
	char reason[SL_REASON_MAX];

	check->ended_ns = now_ns;
	*(passed ? &check->passed : &check->failed) += 1;
	snprintf(check->result, sizeof(check->result), "%s", text);
	schedule(health, check, sl_health_next_ns(&check->settings->config, check->began_ns, now_ns, chance()));
	if (!sl_health_judge(&check->state, &check->settings->config, passed))
		return;
	snprintf(reason, sizeof(reason), "%s check: %s (%u in a row)", sl_check_name(check->settings->config.type), text,
		 check->state.in_a_row);
	sl_health_settle(control, id, reason);
}

static void on_end(void *arg, uint16_t id, const struct sl_probe_result *result)
{
	struct sl_control *control = arg;

	judge(control, id, result->passed, result->text, sl_control_now_ns());
}

/* ---- beginning ---- */

static void cannot(struct sl_control *control, uint16_t id, const char *text, uint64_t now_ns)
{
	struct sl_health_checks *health = control->health;
	struct check *check = &health->checks[id];
	char ip[SL_IP_STRLEN];

	control->count[SL_CONTROL_COUNT_CHECKS_IMPOSSIBLE]++;
	check->ended_ns = now_ns;
	snprintf(check->result, sizeof(check->result), "not checked: %s", text);
	schedule(health, check, sl_health_next_ns(&check->settings->config, now_ns, now_ns, chance()));
	if (health->logged_ns != 0 && now_ns - health->logged_ns < LOG_NS)
		return;
	health->logged_ns = now_ns;
	sl_log_warning("backend %s port %u cannot be checked, and stays %s: %s", sl_ip_format(&check->ip, ip), check->port,
		       sl_health_name(check->state.health), text);
}

/* The way to the backend: 0, or -1 and a text. */
static int find_way(const struct sl_control *control, const struct check *check, struct sl_probe_target *target,
		    const struct sl_companion **companion, char text[SL_PROBE_TEXT_MAX])
{
	const struct sl_snapshot *s = control->snapshot;
	const struct sl_nexthop *hop = sl_snapshot_route(s, &check->ip);

	*companion = hop != NULL ? sl_companions_find(control, hop->interface) : NULL;
	const struct sl_ip *source = *companion != NULL ? sl_companions_source(s, hop->interface,
									       sl_ip_is_zero(&hop->via) ? &check->ip : &hop->via) : NULL;
	if (source == NULL) {
		snprintf(text, SL_PROBE_TEXT_MAX, "%s", hop == NULL ? "nothing leads there" :
			 *companion == NULL ? "the companion of its interface was deleted, a reload makes it anew" :
					      "its interface has no address for it");
		return -1;
	}
	*target = (struct sl_probe_target){ .health = &check->settings->config, .ip = check->ip, .port = check->port, .source = *source,
					    .proxy_header = check->proxy_header, .device = sl_companion_name(*companion),
					    .device_index = sl_companion_index(*companion) };
	return 0;
}

/* False: too many are under way. */
static bool begin(struct sl_control *control, uint16_t id, uint64_t now_ns)
{
	struct check *check = &control->health->checks[id];
	const struct sl_companion *companion;
	struct sl_probe_target target;
	char text[SL_PROBE_TEXT_MAX];

	check->began_ns = now_ns;
	if (find_way(control, check, &target, &companion, text) != 0) {
		cannot(control, id, text, now_ns);
	} else if (!sl_companion_link(companion)) {
		/* A link that is still coming up says nothing of who is behind it; one that went down does. */
		snprintf(text, sizeof(text), "link of interface %s is down", sl_companion_name(companion));
		if (check->state.health == SL_HEALTH_UNKNOWN)
			cannot(control, id, text, now_ns);
		else
			judge(control, id, false, text, now_ns);
	} else {
		int ret = sl_probe_begin(&control->health->probes, id, &target, now_ns, text);
		if (ret == -EAGAIN)
			return false;
		if (ret == 0)
			check->due_ns = SL_NEVER;
		else
			cannot(control, id, text, now_ns);
	}
	return true;
}

static void begin_due(struct sl_control *control, uint64_t now_ns)
{
	struct sl_health_checks *health = control->health;
	unsigned int first = health->first;

	health->next_ns = SL_NEVER;
	for (unsigned int i = 0; i < SL_MAX_BACKENDS; i++) {
		uint16_t id = (uint16_t)((first + i) % SL_MAX_BACKENDS);
		struct check *check = &health->checks[id];
		if (check->settings == NULL)
			continue;
		if (check->due_ns <= now_ns && !begin(control, id, now_ns)) {
			health->first = id;
			health->next_ns = now_ns + BUSY_NS;
			return;
		}
		health->next_ns = RTE_MIN(health->next_ns, check->due_ns);
	}
}

uint64_t sl_health_run(struct sl_control *control, uint64_t now_ns)
{
	struct sl_health_checks *health = control->health;
	uint64_t next_ns = sl_probes_run(&health->probes, now_ns);

	if (now_ns >= health->next_ns)
		begin_due(control, now_ns);
	next_ns = RTE_MIN(next_ns, health->probes.next_ns);
	next_ns = RTE_MIN(next_ns, health->probes.curl_ns);
	return RTE_MIN(next_ns, health->next_ns);
}

/* ---- following the configuration ---- */

static void end_check(struct sl_health_checks *health, uint16_t id)
{
	struct check *check = &health->checks[id];

	sl_probe_cancel(&health->probes, id);
	if (check->settings != NULL)
		release(check->settings);
	*check = (struct check){ .due_ns = SL_NEVER };
}

/* Begin to check it, or go on. *made: settings that were copied for this service, NULL: none yet. */
static void follow_backend(struct sl_control *control, const struct sl_config_service *service, const struct sl_backend *backend,
			   struct settings **made, uint64_t now_ns)
{
	const struct sl_config_health *config = &service->health;
	bool proxy_header = service->proxy_protocol != SL_PROXY_PROTOCOL_OFF && config->port == 0; /* not at a port of its own */
	struct sl_health_checks *health = control->health;
	struct check *check = &health->checks[backend->id];

	check->wanted = true;
	if (check->settings != NULL && check->generation == backend->generation && check->proxy_header == proxy_header &&
	    same_config(&check->settings->config, config))
		return;
	if (*made == NULL)
		*made = copy_settings(config);
	end_check(health, backend->id);
	check->wanted = true;
	if (*made == NULL) {
		sl_log_error("out of memory: a backend is not checked until the next reload");
		return;
	}
	(*made)->users++;
	check->settings = *made;
	check->generation = backend->generation;
	check->ip = backend->ip;
	check->proxy_header = proxy_header;
	check->port = config->port != 0 ? config->port : rte_be_to_cpu_16(backend->port_be);
	/* Other settings say nothing yet: as healthy as it was, and counted anew. What holds it back is somebody else's to say. */
	check->state.health = sl_passive_holds(control, backend->id) ? SL_HEALTH_UNKNOWN : sl_backends_state(control, backend).health;
	schedule(health, check, sl_health_first_ns(config, now_ns, chance()));
}

void sl_health_follow(struct sl_control *control, const struct sl_config *config, uint64_t now_ns)
{
	struct sl_health_checks *health = control->health;
	const struct sl_snapshot *s = control->snapshot;

	for (unsigned int id = 0; id < SL_MAX_BACKENDS; id++)
		health->checks[id].wanted = false;
	/* The snapshot has the configuration's services and backends first, in its order. */
	for (unsigned int i = 0; i < config->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		struct settings *made = NULL;
		for (unsigned int j = 0; config->services[i].health.type != SL_CHECK_NONE && j < service->n_backends; j++)
			follow_backend(control, &config->services[i], &service->backends[j], &made, now_ns);
		if (made != NULL)
			release(made);
	}
	for (uint16_t id = 0; id < SL_MAX_BACKENDS; id++)
		if (!health->checks[id].wanted && health->checks[id].settings != NULL)
			end_check(health, id);
	/* Nobody would ever say that it is up again. */
	for (unsigned int i = 0; i < config->n_services; i++) {
		const struct sl_service *service = &s->services[i];
		for (unsigned int j = 0; j < service->n_backends; j++)
			if (health->checks[service->backends[j].id].settings == NULL &&
			    sl_backends_state(control, &service->backends[j]).health != SL_HEALTH_UNKNOWN)
				sl_health_settle(control, service->backends[j].id, "not checked any more");
	}
}

/* ---- life ---- */

int sl_health_create(struct sl_control *control, struct sl_health_checks **made)
{
	struct sl_health_checks *health = calloc(1, sizeof(*health));

	*made = NULL;
	if (health == NULL)
		return -ENOMEM;
	health->next_ns = SL_NEVER;
	int ret = sl_probes_init(&health->probes, on_end, control);
	if (ret != 0)
		sl_health_destroy(health);
	else
		*made = health;
	return ret;
}

void sl_health_destroy(struct sl_health_checks *health)
{
	if (health == NULL)
		return;
	for (uint16_t id = 0; id < SL_MAX_BACKENDS && health->probes.of != NULL; id++)
		end_check(health, id);
	sl_probes_fini(&health->probes);
	free(health);
}

int sl_health_fd(const struct sl_health_checks *health)
{
	return health->probes.epoll_fd;
}

struct sl_health_view sl_health_view(const struct sl_control *control, const struct sl_backend *backend)
{
	const struct check *check = control->health != NULL ? &control->health->checks[backend->id] : NULL;

	if (check == NULL || check->settings == NULL || check->generation != backend->generation)
		return (struct sl_health_view){ .result = "" };
	return (struct sl_health_view){ .type = check->settings->config.type, .result = check->result, .ended_ns = check->ended_ns,
					.passed = check->passed, .failed = check->failed };
}
