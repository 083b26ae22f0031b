/* SPDX-License-Identifier: BSD-3-Clause */
#include "passive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "backends.h"
#include "health.h"
#include "holdoff.h"

#define LOOK_NS (500 * 1000 * 1000ull)

/* Of one backend. */
struct judged {
	bool on, wanted;
	uint32_t generation; /* of the backend */
	struct sl_config_passive config;
	uint64_t opening_ns; /* how long a new flow may wait for its answer */
	struct sl_evidence seen; /* sums of the workers' counters at the last look */
	struct sl_holdoff holdoff;
	uint64_t answered, refused, unanswered;
};

struct sl_passive {
	unsigned int n; /* that are on */
	uint64_t next_ns;
	struct judged of[SL_MAX_BACKENDS];
};

struct sl_passive *sl_passive_create(void)
{
	return calloc(1, sizeof(struct sl_passive));
}

void sl_passive_destroy(struct sl_passive *passive)
{
	free(passive);
}

bool sl_passive_holds(const struct sl_control *control, uint16_t id)
{
	return control->passive->of[id].on && control->passive->of[id].holdoff.until_ns != 0;
}

/* Over all workers, which write them at the same time. */
static struct sl_evidence count(const struct sl_control *control, uint16_t id)
{
	struct sl_evidence sum = { 0 };

	for (unsigned int i = 0; i < control->shared->n_workers; i++) {
		const struct sl_latency *l = &control->shared->workers[i]->latency[id];
		sum.answered += __atomic_load_n(&l->answered, __ATOMIC_RELAXED);
		sum.refused += __atomic_load_n(&l->refused, __ATOMIC_RELAXED);
		sum.unanswered += __atomic_load_n(&l->unanswered, __ATOMIC_RELAXED);
	}
	return sum;
}

static struct sl_evidence look(const struct sl_control *control, uint16_t id)
{
	struct judged *judged = &control->passive->of[id];
	struct sl_evidence now = count(control, id);
	struct sl_evidence new = { now.answered - judged->seen.answered, now.refused - judged->seen.refused,
				   now.unanswered - judged->seen.unanswered };

	judged->seen = now;
	judged->answered += new.answered;
	judged->refused += new.refused;
	judged->unanswered += new.unanswered;
	return new;
}

static void judge(struct sl_control *control, uint16_t id, uint64_t now_ns)
{
	struct judged *judged = &control->passive->of[id];
	struct sl_evidence evidence = look(control, id);
	char reason[SL_REASON_MAX];

	switch (sl_holdoff_update(&judged->holdoff, &judged->config, &evidence, judged->opening_ns, now_ns)) {
	case SL_HOLDOFF_SAME:
		break;
	case SL_HOLDOFF_HELD:
		snprintf(reason, sizeof(reason), "traffic: %u new flows refused or not answered, %u answered; on hold for %u s",
			 judged->holdoff.failed, judged->holdoff.answered, judged->holdoff.seconds);
		sl_health_settle(control, id, reason);
		break;
	case SL_HOLDOFF_BACK:
		snprintf(reason, sizeof(reason), "traffic: tried again after %u s on hold", judged->holdoff.seconds);
		sl_health_settle(control, id, reason);
		break;
	}
}

uint64_t sl_passive_run(struct sl_control *control, uint64_t now_ns)
{
	struct sl_passive *passive = control->passive;

	if (passive->n == 0)
		return SL_NEVER;
	if (now_ns < passive->next_ns)
		return passive->next_ns;
	passive->next_ns = now_ns + LOOK_NS;
	for (uint16_t id = 0; id < SL_MAX_BACKENDS; id++)
		if (passive->of[id].on)
			judge(control, id, now_ns);
	return passive->next_ns;
}

static void follow_backend(struct sl_control *control, const struct sl_config_passive *config, const struct sl_service *service,
			   const struct sl_backend *backend)
{
	struct judged *judged = &control->passive->of[backend->id];
	enum sl_timeout opening = service->proto == IPPROTO_TCP ? SL_TIMEOUT_TCP_OPENING : SL_TIMEOUT_UDP_ONE_WAY;

	if (!judged->on || judged->generation != backend->generation)
		*judged = (struct judged){ .on = true, .generation = backend->generation, .seen = count(control, backend->id) };
	judged->wanted = true;
	judged->config = *config; /* what is known of it stands: it was seen */
	judged->opening_ns = service->timeout_ticks[opening] * (uint64_t)SL_TICK_NS;
}

/* Nobody judges it by its traffic any more: what held it is over. */
static void let_go(struct sl_control *control, const struct sl_backend *backend)
{
	bool held = sl_passive_holds(control, backend->id) && control->passive->of[backend->id].generation == backend->generation;

	control->passive->of[backend->id] = (struct judged){ 0 };
	if (held)
		sl_health_settle(control, backend->id, "not judged by its traffic any more");
}

void sl_passive_follow(struct sl_control *control, const struct sl_config *config)
{
	struct sl_passive *passive = control->passive;
	const struct sl_snapshot *s = control->snapshot;

	for (unsigned int id = 0; id < SL_MAX_BACKENDS; id++)
		passive->of[id].wanted = false;
	/* The snapshot has the configuration's services and backends first, in its order. */
	for (unsigned int i = 0; i < config->n_services; i++)
		for (unsigned int j = 0; config->services[i].passive.failures != 0 && j < s->services[i].n_backends; j++)
			follow_backend(control, &config->services[i].passive, &s->services[i], &s->services[i].backends[j]);
	for (unsigned int i = 0; i < config->n_services; i++)
		for (unsigned int j = 0; config->services[i].passive.failures == 0 && j < s->services[i].n_backends; j++)
			let_go(control, &s->services[i].backends[j]);
	passive->n = 0;
	for (uint16_t id = 0; id < SL_MAX_BACKENDS; id++) {
		passive->of[id].on &= passive->of[id].wanted;
		passive->n += passive->of[id].on;
	}
}

struct sl_passive_view sl_passive_view(const struct sl_control *control, const struct sl_backend *backend)
{
	const struct judged *judged = control->passive != NULL ? &control->passive->of[backend->id] : NULL;
	uint64_t now_ns = sl_control_now_ns();

	if (judged == NULL || !judged->on || judged->generation != backend->generation)
		return (struct sl_passive_view){ .hold_off_ms = -1 };
	uint64_t until_ns = judged->holdoff.until_ns;
	return (struct sl_passive_view){
		.hold_off_ms = until_ns == 0 ? -1 : until_ns > now_ns ? (int64_t)((until_ns - now_ns) / 1000000) : 0,
		.answered = judged->answered, .refused = judged->refused, .unanswered = judged->unanswered,
	};
}
