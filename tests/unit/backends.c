/* SPDX-License-Identifier: BSD-3-Clause */
/* States of backends changed at run time, and what the published snapshot has from that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "../../lib/control/backends.h"
#include "../../lib/control/drains.h"
#include "snapshot_checks.h"

#define SET(what, id, value) set_##what(lab, id, value, 0)
#define REFUSED(what, id, value) set_##what(lab, id, value, -1)

struct lab {
	struct sl_control control;
	struct sl_shared *shared;
	struct config_builder *config;
	uint16_t flows_of, service_of; /* a backend that has some (0: none), and its service */
};

static void add_service(struct lab *lab, const char *name, uint16_t port, uint16_t weights[2])
{
	config_service(lab->config, name, "10.1.1.1", port, IPPROTO_TCP, "10.2.0.9");
	config_backend(lab->config, "10.2.0.1", 8080, weights[0]);
	config_backend(lab->config, "10.2.0.2", 8080, weights[1]);
}

static void publish(struct lab *lab)
{
	struct sl_usage usage = { .backends = lab->shared->backends };
	struct sl_snapshot *previous = lab->control.snapshot;

	usage.backend_flows[lab->flows_of] = lab->flows_of != 0;
	usage.service_flows[lab->service_of] = lab->flows_of != 0;
	struct sl_snapshot *next = must_build(lab->config, previous, &usage);
	sl_backends_follow(&lab->control, next);
	lab->control.snapshot = next;
	sl_drains_follow(&lab->control);
	sl_snapshot_destroy(previous);
}

static int lab_up(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	assert_non_null(lab);
	lab->shared = calloc(1, sizeof(*lab->shared));
	lab->control.shared = lab->shared;
	lab->control.backend_notes = calloc(SL_MAX_BACKENDS, sizeof(*lab->control.backend_notes));
	lab->control.drains = sl_drains_create();
	assert_true(lab->shared != NULL && lab->control.backend_notes != NULL && lab->control.drains != NULL);
	assert_int_equal(posix_memalign((void **)&lab->shared->rcu, 64, rte_rcu_qsbr_get_memsize(1)), 0);
	assert_int_equal(rte_rcu_qsbr_init(lab->shared->rcu, 1), 0);
	lab->config = config_new();
	config_interface(lab->config, "a", "net_a", 0, "10.1.0.1/16");
	config_interface(lab->config, "b", "net_b", 0, "10.2.0.254/16");
	add_service(lab, "equal", 80, (uint16_t[]){ 1, 1 });
	add_service(lab, "weighted", 81, (uint16_t[]){ 5, 3 });
	lab->config->services[1].scheduler = SL_SCHEDULER_WEIGHTED_ROUND_ROBIN;
	publish(lab);
	*state = lab;
	return 0;
}

static int lab_down(void **state)
{
	struct lab *lab = *state;

	sl_snapshot_destroy(lab->control.snapshot);
	config_free(lab->config);
	free(lab->control.backend_notes);
	sl_drains_destroy(lab->control.drains);
	free(lab->shared->rcu);
	free(lab->shared);
	free(lab);
	return 0;
}

static uint16_t id_of(const struct lab *lab, const char *service, const char *ip)
{
	struct sl_ip address = parse_ip(ip);
	uint16_t id = sl_backends_find(&lab->control, service, &address, 8080);

	assert_int_not_equal(id, SL_ID_NONE);
	return id;
}

#define SETTER(what, type)                                                                          \
	static void set_##what(struct lab *lab, uint16_t id, type value, int expected)               \
	{                                                                                           \
		struct sl_problems problems;                                                        \
		sl_problems_init(&problems);                                                        \
		assert_int_equal(sl_backends_set_##what(&lab->control, id, value, "a test", &problems), expected); \
		assert_int_equal(problems.count, expected == 0 ? 0 : 1);                            \
		sl_problems_fini(&problems);                                                        \
		sl_backends_settle(&lab->control, sl_control_now_ns());                             \
	}
SETTER(weight, uint16_t)
SETTER(admin, enum sl_admin)
SETTER(health, enum sl_health)

/* Weight of a backend in the published schedule. */
static uint32_t effective(const struct lab *lab, uint16_t id)
{
	for (unsigned int i = 0; i < lab->control.snapshot->n_services; i++) {
		const struct sl_service *service = &lab->control.snapshot->services[i];
		for (unsigned int j = 0; j < service->n_backends; j++)
			if (service->backends[j].id == id)
				return sl_backends_effective_weight(service, &service->backends[j]);
	}
	return 0;
}

static void test_find(void **state)
{
	struct lab *lab = *state;
	struct sl_ip ip = parse_ip("10.2.0.1");

	assert_int_equal(sl_backends_find(&lab->control, "equal", &ip, 8080), lab->control.snapshot->services[0].backends[0].id);
	assert_int_equal(sl_backends_find(&lab->control, "equal", &ip, 8081), SL_ID_NONE);
	assert_int_equal(sl_backends_find(&lab->control, "other", &ip, 8080), SL_ID_NONE);
	REFUSED(admin, 999, SL_ADMIN_DISABLED);
	REFUSED(health, 999, SL_HEALTH_DOWN);
	REFUSED(weight, 999, 1);
}

static void test_health_and_admin(void **state)
{
	struct lab *lab = *state;
	uint16_t one = id_of(lab, "equal", "10.2.0.1"), two = id_of(lab, "equal", "10.2.0.2");
	const struct sl_schedule *other = sl_service_schedule(&lab->control.snapshot->services[1]);

	SET(health, one, SL_HEALTH_DOWN);
	assert_int_equal(effective(lab, one), 0);
	assert_int_equal(effective(lab, two), SL_RAMP_FULL);
	assert_string_equal(lab->control.backend_notes[one].reason, "a test");
	SET(admin, two, SL_ADMIN_DRAINING);
	assert_int_equal(effective(lab, two), 0);
	assert_int_equal(sl_service_schedule(&lab->control.snapshot->services[0])->group, SL_GROUP_NONE);
	SET(health, one, SL_HEALTH_UP);
	SET(admin, two, SL_ADMIN_ENABLED);
	assert_int_equal(effective(lab, one), SL_RAMP_FULL);
	assert_int_equal(effective(lab, two), SL_RAMP_FULL);
	assert_int_equal(lab->control.count[SL_CONTROL_COUNT_BACKEND_CHANGES], 4);
	SET(health, one, SL_HEALTH_UP); /* it was */
	assert_int_equal(lab->control.count[SL_CONTROL_COUNT_BACKEND_CHANGES], 4);
	assert_ptr_equal(sl_service_schedule(&lab->control.snapshot->services[1]), other);
}

/* What a network that fails brings costs one new schedule a service and one wait for workers, not one each. */
static void test_many_at_once(void **state)
{
	struct lab *lab = *state;
	static const char *const services[] = { "equal", "weighted" }, *const ips[] = { "10.2.0.1", "10.2.0.2" };
	const struct sl_schedule *before[2];
	struct sl_problems problems;
	uint32_t epoch = atomic_load(&lab->shared->backend_epoch);

	sl_problems_init(&problems);
	for (unsigned int i = 0; i < 2; i++)
		before[i] = sl_service_schedule(&lab->control.snapshot->services[i]);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(sl_backends_set_health(&lab->control, id_of(lab, services[i / 2], ips[i % 2]), SL_HEALTH_DOWN, "a test",
							&problems), 0);
	for (unsigned int i = 0; i < 2; i++)
		assert_ptr_equal(sl_service_schedule(&lab->control.snapshot->services[i]), before[i]);
	assert_int_equal(atomic_load(&lab->shared->backend_epoch), epoch);

	assert_int_equal(sl_backends_run(&lab->control, sl_control_now_ns()), SL_NEVER);
	assert_int_equal(atomic_load(&lab->shared->backend_epoch), epoch + 1);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(effective(lab, id_of(lab, services[i / 2], ips[i % 2])), 0);
	for (unsigned int i = 0; i < 2; i++)
		before[i] = sl_service_schedule(&lab->control.snapshot->services[i]);
	sl_backends_run(&lab->control, sl_control_now_ns());
	for (unsigned int i = 0; i < 2; i++)
		assert_ptr_equal(sl_service_schedule(&lab->control.snapshot->services[i]), before[i]);
	sl_problems_fini(&problems);
}

static void test_weight(void **state)
{
	struct lab *lab = *state;
	uint16_t equal = id_of(lab, "equal", "10.2.0.1"), id = id_of(lab, "weighted", "10.2.0.1");

	REFUSED(weight, equal, 2); /* round-robin would not keep it */
	SET(weight, equal, 0);
	assert_int_equal(effective(lab, equal), 0);
	SET(weight, equal, 1);
	REFUSED(weight, id, 1001);
	SET(weight, id, 1000);
	assert_int_equal(effective(lab, id), 1000 * SL_RAMP_FULL);
	SET(weight, id, SL_WEIGHT_CONFIGURED);
	assert_int_equal(effective(lab, id), 5 * SL_RAMP_FULL);
}

/* A reload keeps what was said at run time, until the file says another weight; and shares the schedules that stay. */
static void test_reload(void **state)
{
	struct lab *lab = *state;
	uint16_t id = id_of(lab, "weighted", "10.2.0.1"), down = id_of(lab, "equal", "10.2.0.2");

	SET(weight, id, 7);
	SET(health, down, SL_HEALTH_DOWN);
	const struct sl_schedule *before[2] = { sl_service_schedule(&lab->control.snapshot->services[0]),
						sl_service_schedule(&lab->control.snapshot->services[1]) };
	publish(lab);
	for (unsigned int i = 0; i < 2; i++) {
		assert_ptr_equal(sl_service_schedule(&lab->control.snapshot->services[i]), before[i]);
		assert_int_equal(before[i]->users, 1);
	}
	assert_int_equal(effective(lab, id), 7 * SL_RAMP_FULL);
	lab->config->backends[2].weight = 6;
	publish(lab);
	assert_int_equal(effective(lab, id), 6 * SL_RAMP_FULL);
	assert_int_equal(effective(lab, down), 0);
	/* gone from the file, its id given to another: that one is well */
	lab->config->services[0].n_backends = 1;
	publish(lab);
	publish(lab);
	lab->config->services[0].n_backends = 2;
	lab->config->backends[1].port = 9090;
	publish(lab);
	assert_int_equal(lab->control.snapshot->services[0].backends[1].id, down);
	assert_int_equal(effective(lab, down), SL_RAMP_FULL);
	assert_string_equal(lab->control.backend_notes[down].reason, "configured");
}

/* What was said of a backend goes with it, also where it comes back before its last flow has gone. */
static void test_back_again(void **state)
{
	struct lab *lab = *state;
	uint16_t id = id_of(lab, "equal", "10.2.0.2");

	for (unsigned int i = 0; i < 2; i++) { /* it is removed, then its service is */
		SET(admin, id, i == 0 ? SL_ADMIN_DRAINING : SL_ADMIN_DISABLED);
		SET(weight, id, 0);
		const struct sl_backend *backend = &lab->control.snapshot->services[0].backends[1];
		assert_int_equal(backend->id, id);
		sl_drains_set(&lab->control, backend, 77 * SL_NS_PER_S);
		lab->flows_of = id;
		lab->service_of = lab->control.snapshot->services[0].id;
		lab->config->services[0].n_backends = i == 0 ? 1 : 2;
		lab->config->services[0].ports.first = lab->config->services[0].ports.last = i == 0 ? 80 : 90;
		publish(lab);
		publish(lab);
		lab->config->services[0].n_backends = 2;
		lab->config->services[0].ports.first = lab->config->services[0].ports.last = 80;
		publish(lab);
		assert_int_equal(id_of(lab, "equal", "10.2.0.2"), id);
		assert_int_equal(effective(lab, id), SL_RAMP_FULL);
		assert_int_equal(lab->shared->backends[id].admin, SL_ADMIN_ENABLED);
		assert_true(sl_drains_deadline(&lab->control, &lab->control.snapshot->services[0].backends[1]) == SL_NEVER);
		assert_string_equal(lab->control.backend_notes[id].reason, "configured");
	}
	SET(admin, id, SL_ADMIN_DRAINING);
	publish(lab);
	assert_int_equal(lab->shared->backends[id].admin, SL_ADMIN_DRAINING);
}

/* A sixteenth of its weight at once, then a fifteenth of the rest in each fifteenth of the time. */
static void test_slow_start(void **state)
{
	struct lab *lab = *state;
	uint16_t id = id_of(lab, "weighted", "10.2.0.1");
	const uint64_t *start = &lab->control.backend_notes[id].ramp_start_ns;

	lab->config->services[1].slow_start_s = 30;
	publish(lab);
	assert_int_equal(effective(lab, id), 5 * SL_RAMP_FULL); /* it was there before */
	SET(health, id, SL_HEALTH_UP);
	assert_int_equal(effective(lab, id), 5 * SL_RAMP_FULL); /* and took flows */
	SET(health, id, SL_HEALTH_DOWN);
	SET(admin, id, SL_ADMIN_DISABLED);
	SET(health, id, SL_HEALTH_UP);
	SET(admin, id, SL_ADMIN_ENABLED);
	assert_int_equal(effective(lab, id), 5);
	assert_int_equal(sl_backends_run(&lab->control, *start), *start + 2 * SL_NS_PER_S);
	assert_int_equal(effective(lab, id), 5);
	assert_int_equal(sl_backends_run(&lab->control, *start + 2 * SL_NS_PER_S), *start + 4 * SL_NS_PER_S);
	assert_int_equal(effective(lab, id), 10);
	assert_int_equal(sl_backends_run(&lab->control, *start + 29 * SL_NS_PER_S), *start + 30 * SL_NS_PER_S);
	assert_int_equal(effective(lab, id), 75);
	publish(lab); /* a reload does not begin it again */
	assert_int_equal(effective(lab, id), 75);
	assert_int_equal(sl_backends_run(&lab->control, *start + 30 * SL_NS_PER_S), SL_NEVER);
	assert_int_equal(effective(lab, id), 80);
	assert_int_equal(sl_backends_run(&lab->control, *start + 31 * SL_NS_PER_S), SL_NEVER);
}

/* A backend that joins a running service starts slowly; a service that is new does not. */
static void test_slow_start_of_new(void **state)
{
	struct lab *lab = *state;

	for (unsigned int i = 0; i < 2; i++)
		lab->config->services[i].slow_start_s = 15;
	add_service(lab, "new", 82, (uint16_t[]){ 1, 1 });
	lab->config->services[2].slow_start_s = 15;
	lab->config->services[1].backends[1].port = 8081;
	publish(lab);
	struct sl_ip ip = parse_ip("10.2.0.2");
	uint16_t id = sl_backends_find(&lab->control, "weighted", &ip, 8081);
	assert_int_equal(effective(lab, id), 3);
	assert_int_equal(effective(lab, id_of(lab, "new", "10.2.0.2")), SL_RAMP_FULL);
	/* the file says no slow start any more */
	lab->config->services[1].slow_start_s = 0;
	publish(lab);
	assert_int_equal(sl_backends_run(&lab->control, sl_control_now_ns()), SL_NEVER);
	assert_int_equal(effective(lab, id), 3 * SL_RAMP_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_health_and_admin, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_weight, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_reload, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_back_again, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_many_at_once, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_slow_start, lab_up, lab_down),
		cmocka_unit_test_setup_teardown(test_slow_start_of_new, lab_up, lab_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
