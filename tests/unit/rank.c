/* SPDX-License-Identifier: BSD-3-Clause */
/* The least loaded backend, found by a tournament, against looking at all of them; through flows, answers and new schedules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_random.h>

#include "eal.h"
#include "sluice/path/pick.h"

#define BACKENDS 300
#define STEPS 20000

static struct lab {
	struct sl_worker worker;
	struct sl_shared shared;
	struct sl_snapshot snapshot;
	struct sl_service service;
	struct sl_backend backends[BACKENDS];
} lab;

static void reschedule(bool anew)
{
	struct sl_schedule *old = atomic_load(&lab.service.schedule);

	if (anew)
		lab.service.generation++;
	struct sl_schedule *next = sl_schedule_build(&lab.service, lab.shared.backends, anew ? NULL : old);
	assert_non_null(next);
	atomic_store(&lab.service.schedule, next);
	sl_schedule_release(old);
}

static void start(enum sl_scheduler scheduler, unsigned int n)
{
	memset(lab.worker.backend, 0, sizeof(lab.worker.backend));
	memset(lab.worker.latency, 0, sizeof(lab.worker.latency));
	lab.worker.shared = &lab.shared;
	lab.worker.now_tick = 5;
	lab.snapshot.services = &lab.service;
	lab.snapshot.n_services = 1;
	lab.service.backends = lab.backends;
	lab.service.n_backends = (uint16_t)n;
	lab.service.scheduler = (uint8_t)scheduler;
	for (unsigned int i = 0; i < n; i++) {
		uint16_t id = (uint16_t)(3 * i + 1);
		lab.backends[i] = (struct sl_backend){ .ip = sl_ip_from_v4(rte_cpu_to_be_32(0x0a010101 + i)), .id = id, .generation = 7,
						       .port_be = RTE_BE16(80), .weight = (uint16_t)(1 + rte_rand_max(5)) };
		lab.shared.backends[id] = sl_backend_state_fresh(&lab.backends[i]);
	}
	reschedule(true);
}

static double load(const struct sl_target *target)
{
	uint64_t flows = lab.worker.backend[target->id].value[SL_FLOW_COUNT_FLOWS_OPEN];
	uint64_t ns = 1;

	if (lab.service.scheduler == SL_SCHEDULER_LEAST_LATENCY) {
		ns = sl_latency_now(&lab.worker.latency[target->id], target->generation, lab.worker.now_tick);
		if (ns == 0 && flows > 0)
			ns = SL_LATENCY_REFUSED_NS;
	}
	return (double)ns * (double)(flows + 1) / target->weight;
}

static double least_load(const struct sl_schedule *schedule)
{
	double least = load(&schedule->targets[0]);

	for (unsigned int i = 1; i < schedule->n_targets; i++)
		least = RTE_MIN(least, load(&schedule->targets[i]));
	return least;
}

static void change(uint16_t id, int by)
{
	lab.worker.backend[id].value[SL_FLOW_COUNT_FLOWS_OPEN] += (uint64_t)by;
	sl_rank_changed(&lab.worker, &lab.snapshot, 0, id);
}

static void answer(uint16_t id)
{
	sl_latency_observe(&lab.worker.latency[id], 7, rte_rand_max(1000000), lab.worker.now_tick);
	sl_rank_changed(&lab.worker, &lab.snapshot, 0, id);
}

/* A backend that has no flow may have become the least loaded, too: closes are as likely as opens. */
static void step(unsigned int i)
{
	const struct sl_backend *any = &lab.backends[rte_rand_max(lab.service.n_backends)];

	if (lab.worker.backend[any->id].value[SL_FLOW_COUNT_FLOWS_OPEN] > 0)
		change(any->id, -1);
	if (i % 3 == 0)
		answer(any->id);
	if (i % 1000 == 999) {
		lab.shared.backends[any->id].health = i % 2000 == 999 ? SL_HEALTH_DOWN : SL_HEALTH_UP;
		reschedule(i % 5000 == 4999);
	}
}

static void run(enum sl_scheduler scheduler, unsigned int n)
{
	const struct sl_tuple client = { 0 };

	start(scheduler, n);
	for (unsigned int i = 0; i < STEPS; i++) {
		const struct sl_target *target = sl_pick_target(&lab.worker, &lab.service, &client);
		const struct sl_schedule *schedule = atomic_load(&lab.service.schedule);
		if (schedule->n_targets > 0) {
			double least = least_load(schedule);
			assert_non_null(target);
			if (load(target) > least * 1.000001)
				fail_msg("%s, %u backends, step %u: load %g chosen, %g is the least", sl_scheduler_name(scheduler), n, i,
					 load(target), least);
			change(target->id, 1);
		}
		step(i);
	}
}

static void test_least(void **state)
{
	static const unsigned int sizes[] = { 1, 2, 3, 5, 8, 100, BACKENDS };

	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		run(SL_SCHEDULER_LEAST_CONNECTIONS, sizes[i]);
		run(SL_SCHEDULER_LEAST_LATENCY, sizes[i]);
	}
}

/* With the same load they take turns, although no flow lasts. */
static void test_turns(void **state)
{
	const struct sl_tuple client = { 0 };
	unsigned int chosen[BACKENDS * 3 + 1] = { 0 };

	start(SL_SCHEDULER_LEAST_CONNECTIONS, 10);
	for (unsigned int i = 0; i < 10; i++)
		lab.backends[i].weight = 2;
	reschedule(true);
	for (unsigned int i = 0; i < 1000; i++) {
		uint16_t id = sl_pick_target(&lab.worker, &lab.service, &client)->id;
		chosen[id]++;
		change(id, 1);
		change(id, -1);
	}
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(chosen[lab.backends[i].id], 100);
}

static int stop(void **state)
{
	sl_schedule_release(atomic_exchange(&lab.service.schedule, NULL));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_least, stop),
		cmocka_unit_test_teardown(test_turns, stop),
	};

	test_eal_init("rank"); /* DPDK 24.11 has no random numbers before */
	rte_srand(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
