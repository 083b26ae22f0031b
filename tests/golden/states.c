/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "states.h"

#include "sluice/path/pipeline.h"
#include "sluice/state/tcp.h"

void golden_states_follow(struct sl_shared *shared, const struct sl_snapshot *next)
{
	for (unsigned int i = 0; i < next->n_services; i++) {
		for (unsigned int j = 0; j < next->services[i].n_backends; j++) {
			const struct sl_backend *backend = &next->services[i].backends[j];
			shared->backends[backend->id] = sl_backend_state_of(backend, shared->backends);
		}
	}
}

static void set(struct sl_backend_state *state, const struct sl_backend *backend, const struct golden_step *step)
{
	if (step->kind == GOLDEN_HEALTH)
		state->health = (uint8_t)step->number;
	else if (step->kind == GOLDEN_ADMIN)
		state->admin = (uint8_t)step->number;
	else
		state->weight_override = (uint16_t)step->number;
	state->weight_was = backend->weight;
}

unsigned int golden_states_set(struct sl_shared *shared, struct sl_snapshot *s, const struct golden_step *step)
{
	unsigned int n = 0;
	struct sl_ip ip;

	if (sl_ip_parse(step->text, &ip) != 0)
		return 0;
	for (uint16_t i = 0; i < s->n_services; i++) {
		for (unsigned int j = 0; !s->services[i].draining && j < s->services[i].n_backends; j++) {
			const struct sl_backend *backend = &s->services[i].backends[j];
			if (!sl_ip_equal(&backend->ip, &ip))
				continue;
			set(&shared->backends[backend->id], backend, step);
			sl_schedule_release(sl_snapshot_reschedule(s, i, shared->backends));
			n++;
		}
	}
	atomic_fetch_add(&shared->backend_epoch, step->kind != GOLDEN_WEIGHT);
	return n;
}

void golden_states_check(const struct sl_worker *w)
{
	uint64_t service[2] = { 0 }, backend[2] = { 0 }, active = 0, open = 0;

	for (uint32_t i = 0; i < w->flows.capacity; i++) {
		const struct sl_flow *f = &w->flows.flows[i];
		bool live = (f->flags & SL_FLOW_LIVE) != 0;
		active += live;
		open += live && (f->proto != IPPROTO_TCP || !sl_tcp_is_over(f));
	}
	for (unsigned int id = 0; id < SL_MAX_SERVICES; id++) {
		service[0] += w->service[id].value[SL_FLOW_COUNT_FLOWS_ACTIVE];
		service[1] += w->service[id].value[SL_FLOW_COUNT_FLOWS_OPEN];
	}
	for (unsigned int id = 0; id < SL_MAX_BACKENDS; id++) {
		backend[0] += w->backend[id].value[SL_FLOW_COUNT_FLOWS_ACTIVE];
		backend[1] += w->backend[id].value[SL_FLOW_COUNT_FLOWS_OPEN];
	}
	assert_int_equal(service[0], active);
	assert_int_equal(backend[0], active);
	assert_int_equal(service[1], open);
	assert_int_equal(backend[1], open);
}

void golden_states_end_flows(struct sl_worker *w, struct sl_snapshot *s)
{
	struct sl_flow_query q = { .action = SL_QUERY_END, .limit = SL_QUERY_ENDS };

	assert_true(sl_query_post(w, &q));
	sl_worker_housekeeping(w, s);
	assert_true(sl_query_done(w));
}

uint64_t golden_states_count(const struct sl_shared *shared, unsigned int counter)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < shared->n_workers; i++)
		sum += shared->workers[i]->count[counter];
	return sum;
}

uint64_t golden_states_drops(const struct sl_shared *shared, unsigned int cause)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < shared->n_workers; i++)
		sum += shared->workers[i]->drops[cause];
	return sum;
}
