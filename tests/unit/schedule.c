/* SPDX-License-Identifier: BSD-3-Clause */
/* Which backends a schedule has, by their states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_byteorder.h>
#include <rte_common.h>

#include "sluice/config/snapshot.h"

#define MEMBERS_MAX 8

/* One letter a backend: what it is. */
static const struct {
	char letter;
	bool backup;
	struct sl_backend_state state;
} kinds[] = {
	{ 'e', false, { .health = SL_HEALTH_UNKNOWN } },
	{ 'u', false, { .health = SL_HEALTH_UP } },
	{ 'd', false, { .health = SL_HEALTH_DOWN } },
	{ 'r', false, { .admin = SL_ADMIN_DRAINING, .health = SL_HEALTH_UP } },
	{ 'x', false, { .admin = SL_ADMIN_DISABLED } },
	{ 'b', true, { .health = SL_HEALTH_UP } },
	{ 'f', true, { .health = SL_HEALTH_DOWN } },
	{ 'y', true, { .admin = SL_ADMIN_DISABLED } },
};

struct lab {
	struct sl_service service;
	struct sl_backend backends[MEMBERS_MAX];
	struct sl_backend_state states[64];
};

static void add(struct lab *lab, bool backup, struct sl_backend_state state, uint16_t weight)
{
	unsigned int i = lab->service.n_backends++;
	uint16_t id = (uint16_t)(40 - 3 * i); /* ids are in no order */

	state.generation = 7;
	state.ramp = state.ramp != 0 ? state.ramp : SL_RAMP_FULL;
	state.weight_override = state.weight_was != 0 ? state.weight_override : SL_WEIGHT_CONFIGURED;
	lab->backends[i] = (struct sl_backend){ .ip = sl_ip_from_v4(rte_cpu_to_be_32(0x0a010101 + i)), .id = id,
						.port_be = RTE_BE16(8080), .weight = weight, .backup = backup, .generation = 7 };
	lab->states[id] = state;
	lab->service.backends = lab->backends;
}

static void add_kind(struct lab *lab, char letter)
{
	for (unsigned int k = 0; k < RTE_DIM(kinds); k++)
		if (kinds[k].letter == letter)
			add(lab, kinds[k].backup, kinds[k].state, 1);
}

static struct sl_schedule *must_build(struct lab *lab, struct sl_schedule *old)
{
	struct sl_schedule *schedule = sl_schedule_build(&lab->service, lab->states, old);

	assert_non_null(schedule);
	return schedule;
}

static void test_groups(void **state)
{
	static const struct {
		const char *backends;
		uint8_t min_healthy;
		const char *members; /* 1: takes flows */
		enum sl_schedule_group group;
	} rows[] = {
		{ "eu", 0, "11", SL_GROUP_PRIMARY },
		{ "udrx", 0, "1000", SL_GROUP_PRIMARY },
		{ "ub", 0, "10", SL_GROUP_PRIMARY },
		{ "db", 0, "01", SL_GROUP_BACKUP },
		{ "xrb", 0, "001", SL_GROUP_BACKUP },
		{ "dfb", 0, "001", SL_GROUP_BACKUP },
		{ "dfy", 0, "000", SL_GROUP_NONE },
		{ "dd", 0, "00", SL_GROUP_NONE },
		{ "dd", 1, "11", SL_GROUP_PANIC },
		{ "ddx", 1, "110", SL_GROUP_PANIC },
		{ "xx", 1, "00", SL_GROUP_NONE },
		{ "uddd", 25, "1000", SL_GROUP_PRIMARY },
		{ "uddd", 26, "1111", SL_GROUP_PANIC },
		{ "uddb", 50, "1001", SL_GROUP_BACKUP },
		{ "uddb", 67, "1111", SL_GROUP_PANIC },
		{ "dddf", 1, "1111", SL_GROUP_PANIC },
		{ "udxx", 50, "1000", SL_GROUP_PRIMARY }, /* of the enabled ones */
		{ "ubb", 100, "100", SL_GROUP_PRIMARY },
	};

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct lab lab = { .service.min_healthy = rows[i].min_healthy };
		for (const char *c = rows[i].backends; *c != '\0'; c++)
			add_kind(&lab, *c);
		struct sl_schedule *schedule = must_build(&lab, NULL);
		char members[MEMBERS_MAX + 1] = { 0 };
		for (unsigned int j = 0; j < lab.service.n_backends; j++)
			members[j] = sl_schedule_find(schedule, lab.backends[j].id) != NULL ? '1' : '0';
		if (strcmp(members, rows[i].members) != 0 || schedule->group != rows[i].group)
			fail_msg("%s, %u %%: %s by %s, expected %s by %s", rows[i].backends, rows[i].min_healthy, members,
				 sl_group_name(schedule->group), rows[i].members, sl_group_name(rows[i].group));
		sl_schedule_release(schedule);
	}
}

static void test_weights(void **state)
{
	struct lab lab = { 0 };

	add(&lab, false, (struct sl_backend_state){ 0 }, 5);
	add(&lab, false, (struct sl_backend_state){ .weight_override = 3, .weight_was = 5 }, 5);
	add(&lab, false, (struct sl_backend_state){ .weight_override = 3, .weight_was = 4 }, 5); /* the file says another since */
	add(&lab, false, (struct sl_backend_state){ .weight_override = 0, .weight_was = 5 }, 5);
	add(&lab, false, (struct sl_backend_state){ .ramp = 4 }, 5);
	add(&lab, false, (struct sl_backend_state){ 0 }, 0);
	struct sl_schedule *schedule = must_build(&lab, NULL);
	static const uint32_t weights[] = { 80, 48, 80, 0, 20, 0 };
	for (unsigned int i = 0; i < RTE_DIM(weights); i++) {
		const struct sl_target *target = sl_schedule_find(schedule, lab.backends[i].id);
		assert_int_equal(target != NULL ? target->weight : 0, weights[i]);
	}
	/* 80 48 80 20, in lowest terms 20 12 20 5 */
	assert_int_equal(schedule->n_targets, 4);
	assert_int_equal(schedule->n_turns, 57);
	assert_int_equal(schedule->turn_end[1], 32);
	sl_schedule_release(schedule);
}

/* The state of an earlier backend with the same id is none of this one's. */
static void test_reused_id(void **state)
{
	struct lab lab = { 0 };

	add_kind(&lab, 'd');
	lab.backends[0].generation = 8;
	struct sl_schedule *schedule = must_build(&lab, NULL);
	assert_int_equal(schedule->n_targets, 1);
	assert_int_equal(schedule->targets[0].weight, SL_RAMP_FULL);
	sl_schedule_release(schedule);
	schedule = sl_schedule_build(&lab.service, NULL, NULL);
	assert_int_equal(schedule->n_targets, 1);
	sl_schedule_release(schedule);
}

static void test_shared(void **state)
{
	struct lab lab = { 0 };

	add_kind(&lab, 'u');
	add_kind(&lab, 'u');
	struct sl_schedule *one = must_build(&lab, NULL), *two = must_build(&lab, one), *three;
	assert_ptr_equal(one, two);
	assert_int_equal(one->users, 2);
	lab.states[lab.backends[1].id].health = SL_HEALTH_DOWN;
	three = must_build(&lab, one);
	assert_ptr_not_equal(three, one);
	sl_schedule_release(three);
	lab.states[lab.backends[1].id].health = SL_HEALTH_UP;
	lab.backends[1].port_be = RTE_BE16(8081);
	three = must_build(&lab, one);
	assert_ptr_not_equal(three, one);
	sl_schedule_release(three);
	sl_schedule_release(two);
	assert_int_equal(one->users, 1);
	sl_schedule_release(one);
	sl_schedule_release(NULL);
}

/* A table is shared while nothing that it depends on changes; and it is the same for another order and other ids. */
static void test_tables(void **state)
{
	struct lab lab = { .service = { .scheduler = SL_SCHEDULER_MAGLEV, .table_size = 251, .hash_key = { { 1, 3, 5, 7 } } } };

	for (unsigned int i = 0; i < 3; i++)
		add(&lab, false, (struct sl_backend_state){ 0 }, (uint16_t)(1 + i));
	struct sl_schedule *one = must_build(&lab, NULL), *two = must_build(&lab, one), *other;
	assert_ptr_equal(one, two);
	sl_schedule_release(two);
	lab.service.table_size = 257;
	other = must_build(&lab, one);
	assert_int_equal(other->table_size, 257);
	sl_schedule_release(other);
	lab.service.table_size = 251;
	lab.service.hash_key.k[2] = 9;
	other = must_build(&lab, one);
	assert_ptr_not_equal(other, one);
	assert_memory_not_equal(other->table, one->table, 251 * sizeof(*one->table));
	sl_schedule_release(other);
	lab.service.hash_key.k[2] = 5;

	struct sl_backend first = lab.backends[0];
	lab.backends[0] = lab.backends[2];
	lab.backends[2] = first;
	for (unsigned int i = 0; i < 3; i++) {
		lab.backends[i].id = (uint16_t)(50 + i);
		lab.states[50 + i] = sl_backend_state_fresh(&lab.backends[i]);
	}
	other = must_build(&lab, one);
	for (unsigned int slot = 0; slot < 251; slot++)
		assert_memory_equal(&other->targets[other->table[slot]].ip, &one->targets[one->table[slot]].ip, sizeof(struct sl_ip));
	sl_schedule_release(other);
	sl_schedule_release(one);
}

/* Neighbouring clients and neighbouring ports meet backends by their weights: chi-square, 4 degrees, 1 in 1000 above 18.5. */
static void test_hashes(void **state)
{
	struct lab lab = { .service = { .scheduler = SL_SCHEDULER_MAGLEV, .table_size = 65537, .hash_key = { {
		0x8f1bbcdc5a827999, 0xca62c1d66ed9eba1, 0x243f6a8885a308d3, 0x13198a2e03707345 } } } };
	unsigned int hits[4][MEMBERS_MAX] = { { 0 } };
	const uint16_t weights[] = { 1, 2, 3, 4, 5 };
	const struct sl_ip vip = sl_ip_from_v4(RTE_BE32(0xc000020a));
	struct sl_ip six;

	for (unsigned int i = 0; i < RTE_DIM(weights); i++)
		add(&lab, false, (struct sl_backend_state){ 0 }, weights[i]);
	struct sl_schedule *schedule = must_build(&lab, NULL);
	assert_int_equal(sl_ip_parse("2001:db8::1", &six), 0);
	for (uint32_t i = 0; i < 60000; i++) {
		struct sl_ip client = sl_ip_from_v4(rte_cpu_to_be_32(0x0a000000 + i)), client6 = six;
		client6.w_be[3] = rte_cpu_to_be_32(i);
		hits[0][sl_schedule_by_source(schedule, &client) - schedule->targets]++;
		hits[1][sl_schedule_by_source(schedule, &client6) - schedule->targets]++;
		hits[2][sl_schedule_by_flow(schedule, &vip, &vip, rte_cpu_to_be_32(i << 16 | 80), 6) - schedule->targets]++;
		hits[3][sl_schedule_by_flow(schedule, &six, &six, rte_cpu_to_be_32(i << 16 | 80), 17) - schedule->targets]++;
	}
	for (unsigned int k = 0; k < 4; k++) {
		double chi = 0;
		for (unsigned int i = 0; i < RTE_DIM(weights); i++) {
			double ideal = 60000.0 * weights[i] / 15;
			chi += (hits[k][i] - ideal) * (hits[k][i] - ideal) / ideal;
		}
		if (chi >= 18.5)
			fail_msg("kind %u: chi-square %g", k, chi);
	}
	sl_schedule_release(schedule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_reused_id),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
