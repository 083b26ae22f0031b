/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is checked when, and what follows, in virtual time: probes, companions, the clock and chance are the test's own. Backends are 10.2.0.N
 * port 8080 of one service.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>

#include "../../lib/control/backends.h"
#include "../../lib/control/drains.h"
#include "../../lib/control/companions.h"
#include "../../lib/control/health.h"
#include "../../lib/control/passive.h"
#include "snapshot_checks.h"

#define MS UINT64_C(1000000)
#define BACKENDS 20

static struct {
	uint64_t now_ns;
	uint64_t random;
	bool link;
	int refuse;			/* what the next sl_probe_begin return instead of 0 */
	unsigned int room;		/* probes that may be under way */
	unsigned int running;
	bool asked[SL_MAX_BACKENDS];	/* under way, by id */
	unsigned int begun[SL_MAX_BACKENDS];
	struct sl_probes *probes;
	bool proxy_header; /* of the last */
} fake;

struct lab {
	struct sl_control control;
	struct sl_shared *shared;
	struct config_builder *config;
};

uint64_t __wrap_sl_control_now_ns(void);
uint64_t __wrap_sl_control_now_ns(void)
{
	return fake.now_ns;
}

/* DPDK's own has no seed before rte_eal_init(): from 24.11 on it returns nothing but 0. This one is Weyl's sequence. */
uint64_t __wrap_rte_rand(void);
uint64_t __wrap_rte_rand(void)
{
	return fake.random += UINT64_C(0x9e3779b99e3779b9);
}

int __wrap_sl_probe_begin(struct sl_probes *probes, uint16_t id, const struct sl_probe_target *target, uint64_t now_ns, char *text);
int __wrap_sl_probe_begin(struct sl_probes *probes, uint16_t id, const struct sl_probe_target *target, uint64_t now_ns, char *text)
{
	assert_false(fake.asked[id]);
	assert_int_equal(now_ns, fake.now_ns);
	assert_string_equal(target->device, "b");
	assert_ip(&target->source, "10.2.0.254");
	fake.probes = probes;
	if (fake.refuse != 0) {
		snprintf(text, SL_PROBE_TEXT_MAX, "no way");
		return fake.refuse;
	}
	if (fake.running == fake.room)
		return -EAGAIN;
	fake.asked[id] = true;
	fake.running++;
	fake.begun[id]++;
	fake.proxy_header = target->proxy_header;
	return 0;
}

void __wrap_sl_probe_cancel(struct sl_probes *probes, uint16_t id);
void __wrap_sl_probe_cancel(struct sl_probes *probes, uint16_t id)
{
	fake.running -= fake.asked[id];
	fake.asked[id] = false;
}

uint64_t __wrap_sl_probes_run(struct sl_probes *probes, uint64_t now_ns);
uint64_t __wrap_sl_probes_run(struct sl_probes *probes, uint64_t now_ns)
{
	return SL_NEVER;
}

const struct sl_companion *__wrap_sl_companions_find(const struct sl_control *control, uint16_t interface);
const struct sl_companion *__wrap_sl_companions_find(const struct sl_control *control, uint16_t interface)
{
	return interface == 1 ? (const struct sl_companion *)&fake : NULL;
}

bool __wrap_sl_companion_link(const struct sl_companion *companion);
bool __wrap_sl_companion_link(const struct sl_companion *companion)
{
	return fake.link;
}

const char *__wrap_sl_companion_name(const struct sl_companion *companion);
const char *__wrap_sl_companion_name(const struct sl_companion *companion)
{
	return "b";
}

int __wrap_sl_companion_index(const struct sl_companion *companion);
int __wrap_sl_companion_index(const struct sl_companion *companion)
{
	return 7;
}

/* ---- a control with one service ---- */

static void publish(struct lab *lab)
{
	struct sl_usage usage = { .backends = lab->shared->backends };
	struct sl_snapshot *previous = lab->control.snapshot;

	struct sl_snapshot *next = must_build(lab->config, previous, &usage);
	sl_backends_follow(&lab->control, next);
	lab->control.snapshot = next;
	sl_passive_follow(&lab->control, &lab->config->config);
	sl_health_follow(&lab->control, &lab->config->config, fake.now_ns);
	sl_backends_settle(&lab->control, fake.now_ns);
	sl_snapshot_destroy(previous);
}

static struct sl_config_health *settings(struct lab *lab)
{
	return &lab->config->services[0].health;
}

static int lab_up(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	memset(&fake, 0, sizeof(fake));
	fake.now_ns = 1000000 * MS;
	fake.link = true;
	fake.room = BACKENDS;
	assert_non_null(lab);
	lab->shared = calloc(1, sizeof(*lab->shared));
	lab->control.shared = lab->shared;
	lab->control.backend_notes = calloc(SL_MAX_BACKENDS, sizeof(*lab->control.backend_notes));
	lab->control.drains = sl_drains_create();
	assert_int_equal(sl_health_create(&lab->control, &lab->control.health), 0);
	lab->control.passive = sl_passive_create();
	lab->shared->n_workers = 1;
	lab->shared->workers[0] = calloc(1, sizeof(struct sl_worker));
	assert_true(lab->control.health != NULL && lab->control.passive != NULL && lab->shared->workers[0] != NULL);
	assert_int_equal(posix_memalign((void **)&lab->shared->rcu, 64, rte_rcu_qsbr_get_memsize(1)), 0);
	assert_int_equal(rte_rcu_qsbr_init(lab->shared->rcu, 1), 0);
	lab->config = config_new();
	config_interface(lab->config, "a", "net_a", 0, "10.1.0.1/16");
	config_interface(lab->config, "b", "net_b", 0, "10.2.0.254/16");
	config_service(lab->config, "web", "10.1.1.1", 80, IPPROTO_TCP, "10.2.0.253");
	for (unsigned int i = 1; i <= BACKENDS; i++) {
		char ip[16];
		snprintf(ip, sizeof(ip), "10.2.0.%u", i);
		config_backend(lab->config, ip, 8080, 1);
	}
	*settings(lab) = (struct sl_config_health){ .type = SL_CHECK_TCP, .interval_ms = 1000, .timeout_ms = 500, .rise = 2, .fall = 3 };
	publish(lab);
	*state = lab;
	return 0;
}

static int lab_down(void **state)
{
	struct lab *lab = *state;

	sl_health_destroy(lab->control.health);
	sl_passive_destroy(lab->control.passive);
	sl_snapshot_destroy(lab->control.snapshot);
	config_free(lab->config);
	free(lab->control.backend_notes);
	sl_drains_destroy(lab->control.drains);
	free(lab->shared->workers[0]);
	free(lab->shared->rcu);
	free(lab->shared);
	free(lab);
	return 0;
}

static uint16_t id_of(const struct lab *lab, unsigned int n)
{
	char text[16];
	snprintf(text, sizeof(text), "10.2.0.%u", n);
	struct sl_ip ip = parse_ip(text);
	uint16_t id = sl_backends_find(&lab->control, "web", &ip, 8080);

	assert_int_not_equal(id, SL_ID_NONE);
	return id;
}

static void health_is(const struct lab *lab, unsigned int n, enum sl_health health)
{
	assert_int_equal(lab->shared->backends[id_of(lab, n)].health, health);
}

/* Time passes as the control loop lets it pass: from one moment that it was asked to come back to the next. */
static void pass(struct lab *lab, uint64_t ms)
{
	uint64_t end = fake.now_ns + ms * MS;

	while (fake.now_ns < end) {
		uint64_t next = sl_health_run(&lab->control, fake.now_ns), passive = sl_passive_run(&lab->control, fake.now_ns);
		sl_backends_settle(&lab->control, fake.now_ns);
		next = RTE_MIN(next, passive);
		next = RTE_MAX(next, fake.now_ns + 1);
		fake.now_ns = RTE_MIN(end, next);
	}
}

static void answer(struct lab *lab, unsigned int n, bool passed)
{
	struct sl_probe_result result = { .passed = passed, .text = "said so" };
	uint16_t id = id_of(lab, n);

	assert_true(fake.asked[id]);
	fake.asked[id] = false;
	fake.running--;
	fake.probes->ended(fake.probes->arg, id, &result);
	sl_backends_settle(&lab->control, fake.now_ns);
}

/* Every check that is under way ends so; those of backends 1 to n_failing fail. Then an interval passes. */
static void round_of(struct lab *lab, unsigned int n_failing)
{
	for (unsigned int n = 1; n <= BACKENDS; n++)
		if (fake.asked[id_of(lab, n)])
			answer(lab, n, n > n_failing);
	pass(lab, 1000);
}

static void starts_are_spread(void **state)
{
	struct lab *lab = *state;
	unsigned int halves[2] = { 0 };

	for (unsigned int half = 0; half < 2; half++) {
		pass(lab, 500);
		for (unsigned int n = 1; n <= BACKENDS; n++)
			halves[half] += fake.begun[id_of(lab, n)];
	}
	assert_in_range(halves[0], 1, BACKENDS - 1);
	assert_int_equal(halves[1], BACKENDS);
}

static void one_goes_down_and_comes_up(void **state)
{
	struct lab *lab = *state;

	pass(lab, 1000);
	for (unsigned int i = 0; i < 3; i++) {
		health_is(lab, 1, SL_HEALTH_UNKNOWN);
		round_of(lab, 1);
	}
	health_is(lab, 1, SL_HEALTH_DOWN);
	health_is(lab, 2, SL_HEALTH_UP);
	assert_string_equal(lab->control.backend_notes[id_of(lab, 1)].reason, "tcp check: said so (3 in a row)");
	assert_int_equal(sl_service_schedule(&lab->control.snapshot->services[0])->n_targets, BACKENDS - 1);
	assert_int_equal(lab->shared->backend_epoch, BACKENDS); /* each has changed once */
	round_of(lab, 0);
	health_is(lab, 1, SL_HEALTH_DOWN);
	round_of(lab, 0);
	health_is(lab, 1, SL_HEALTH_UP);
	assert_int_equal(lab->shared->backend_epoch, BACKENDS + 1);
	struct sl_health_view view = sl_health_view(&lab->control, &lab->control.snapshot->services[0].backends[0]);
	assert_int_equal(view.passed, 2);
	assert_int_equal(view.failed, 3);
	assert_string_equal(view.result, "said so");
}

/* A reload that changes nothing of the check disturbs neither what it has counted nor a probe under way. */
static void reload_goes_on(void **state)
{
	struct lab *lab = *state;

	pass(lab, 1000);
	round_of(lab, 1);
	round_of(lab, 1);
	unsigned int begun = fake.begun[id_of(lab, 1)];
	publish(lab);
	assert_true(fake.asked[id_of(lab, 1)]);
	assert_int_equal(fake.begun[id_of(lab, 1)], begun);
	round_of(lab, 1);
	health_is(lab, 1, SL_HEALTH_DOWN);
	publish(lab);
	health_is(lab, 1, SL_HEALTH_DOWN);
}

/* Other settings: counted anew, from the health it has. */
static void reload_with_other_settings(void **state)
{
	struct lab *lab = *state;

	pass(lab, 1000);
	round_of(lab, 1);
	round_of(lab, 1);
	settings(lab)->fall = 2;
	publish(lab);
	assert_int_equal(fake.running, 0);
	pass(lab, 1000);
	round_of(lab, 1);
	health_is(lab, 1, SL_HEALTH_UNKNOWN);
	round_of(lab, 1);
	health_is(lab, 1, SL_HEALTH_DOWN);
	settings(lab)->rise = 1;
	publish(lab);
	health_is(lab, 1, SL_HEALTH_DOWN);
	health_is(lab, 2, SL_HEALTH_UP);
	pass(lab, 1000);
	round_of(lab, 0);
	health_is(lab, 1, SL_HEALTH_UP);
}

/* Backends that get a PROXY header from the service get one from the check, but not at a port of the check's own. */
static void proxy_headers(void **state)
{
	static const struct {
		enum sl_proxy_protocol version;
		uint16_t port;
		bool header;
	} rows[] = { { SL_PROXY_PROTOCOL_V2, 0, true }, { SL_PROXY_PROTOCOL_OFF, 0, false }, { SL_PROXY_PROTOCOL_V1, 0, true },
		     { SL_PROXY_PROTOCOL_V1, 9000, false } };
	struct lab *lab = *state;

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		lab->config->services[0].proxy_protocol = rows[i].version;
		settings(lab)->port = rows[i].port;
		publish(lab);
		fake.proxy_header = !rows[i].header;
		round_of(lab, 0);
		assert_int_equal(fake.proxy_header, rows[i].header);
	}
}

static void reload_without_checks(void **state)
{
	struct lab *lab = *state;

	pass(lab, 1000);
	for (unsigned int i = 0; i < 3; i++)
		round_of(lab, 1);
	settings(lab)->type = SL_CHECK_NONE;
	publish(lab);
	health_is(lab, 1, SL_HEALTH_UNKNOWN);
	health_is(lab, 2, SL_HEALTH_UNKNOWN);
	assert_int_equal(fake.running, 0);
	pass(lab, 5000);
	assert_int_equal(fake.running, 0);
	assert_string_equal(lab->control.backend_notes[id_of(lab, 1)].reason, "not checked any more");
}

/* A backend that is gone from the file is checked no more; another takes nothing from it. */
static void backends_go(void **state)
{
	struct lab *lab = *state;
	uint16_t gone = id_of(lab, BACKENDS);

	pass(lab, 1000);
	assert_true(fake.asked[gone]);
	lab->config->services[0].n_backends--;
	publish(lab);
	assert_false(fake.asked[gone]);
	unsigned int begun = fake.begun[gone];
	pass(lab, 3000);
	assert_int_equal(fake.begun[gone], begun);
}

/* Fewer may be under way than there are: all have their turn, nobody twice before another once. */
static void bounded(void **state)
{
	struct lab *lab = *state;

	fake.room = 1; /* 10 a second, and 20 are wanted */
	for (unsigned int turn = 0; turn < 200; turn++) {
		pass(lab, 100);
		assert_true(fake.running <= 1);
		for (unsigned int n = 1; n <= BACKENDS; n++)
			if (fake.asked[id_of(lab, n)])
				answer(lab, n, true);
	}
	unsigned int least = UINT_MAX, most = 0;
	for (unsigned int n = 1; n <= BACKENDS; n++) {
		least = RTE_MIN(least, fake.begun[id_of(lab, n)]);
		most = RTE_MAX(most, fake.begun[id_of(lab, n)]);
	}
	assert_true(least >= 8);
	assert_true(most - least <= 2);
}

/* What cannot be checked stays as it is; a link that was up and is down is evidence. */
static void no_evidence(void **state)
{
	struct lab *lab = *state;

	fake.link = false;
	pass(lab, 10000);
	health_is(lab, 1, SL_HEALTH_UNKNOWN);
	assert_true(lab->control.count[SL_CONTROL_COUNT_CHECKS_IMPOSSIBLE] >= 9 * BACKENDS);
	fake.link = true;
	pass(lab, 1000);
	round_of(lab, 0);
	health_is(lab, 1, SL_HEALTH_UP);
	round_of(lab, 0);
	for (unsigned int n = 1; n <= BACKENDS; n++)
		if (fake.asked[id_of(lab, n)])
			answer(lab, n, true);
	fake.refuse = -ENETUNREACH;
	pass(lab, 10000);
	health_is(lab, 1, SL_HEALTH_UP);
	fake.refuse = 0;
	fake.link = false;
	pass(lab, 5000);
	health_is(lab, 1, SL_HEALTH_DOWN);
	assert_non_null(strstr(lab->control.backend_notes[id_of(lab, 1)].reason, "link of interface b is down"));
}

/* Down while either says so. */
static void traffic_and_checks(void **state)
{
	struct lab *lab = *state;
	struct sl_latency *latency = &lab->shared->workers[0]->latency[id_of(lab, 1)];

	latency->refused = UINT32_MAX - 1; /* whatever was before, and over the end of the number */
	lab->config->services[0].passive = (struct sl_config_passive){ .failures = 5, .window_s = 10, .hold_off_s = 5, .hold_off_max_s = 60 };
	publish(lab);
	pass(lab, 1000);
	round_of(lab, 0);
	health_is(lab, 1, SL_HEALTH_UP);
	latency->refused += 5;
	round_of(lab, 0);
	health_is(lab, 1, SL_HEALTH_DOWN);
	assert_non_null(strstr(lab->control.backend_notes[id_of(lab, 1)].reason, "traffic: 5 new flows refused"));
	round_of(lab, 0); /* checks that are passed do not end it */
	round_of(lab, 0);
	health_is(lab, 1, SL_HEALTH_DOWN);
	health_is(lab, 2, SL_HEALTH_UP);
	publish(lab); /* nor does a reload */
	health_is(lab, 1, SL_HEALTH_DOWN);
	for (unsigned int i = 0; i < 3; i++)
		round_of(lab, 0);
	health_is(lab, 1, SL_HEALTH_UP);
	latency->refused += 5; /* now the check fails, too: coming back is not enough */
	for (unsigned int i = 0; i < 12; i++)
		round_of(lab, 1);
	health_is(lab, 1, SL_HEALTH_DOWN);
	assert_int_equal(sl_passive_view(&lab->control, &lab->control.snapshot->services[0].backends[0]).hold_off_ms, -1);
	/* without passive checks what held it is over; the check is passed again */
	round_of(lab, 0);
	round_of(lab, 0);
	health_is(lab, 1, SL_HEALTH_UP);
	latency->refused += 5;
	pass(lab, 1000);
	health_is(lab, 1, SL_HEALTH_DOWN);
	lab->config->services[0].passive.failures = 0;
	publish(lab);
	health_is(lab, 1, SL_HEALTH_UP);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_up, lab_down)
	const struct CMUnitTest tests[] = {
		TEST(starts_are_spread),
		TEST(one_goes_down_and_comes_up),
		TEST(reload_goes_on),
		TEST(reload_with_other_settings),
		TEST(proxy_headers),
		TEST(reload_without_checks),
		TEST(backends_go),
		TEST(bounded),
		TEST(no_evidence),
		TEST(traffic_and_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
