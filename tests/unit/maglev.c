/* SPDX-License-Identifier: BSD-3-Clause */
/* Properties of Maglev tables: balance, weights, little disruption, the same everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <rte_common.h>

#include "sluice/base/maglev.h"
#include "sluice/base/siphash.h"

#define SIZE 65537
#define NODES_MAX 1000
#define TABLES 20 /* that properties are looked for in */

static struct sl_maglev_node nodes[NODES_MAX];
static uint16_t table[SIZE], other[SIZE];

/* Nodes first..first+n with the same weight, in a family of tables. */
static void make_nodes(unsigned int family, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const uint32_t name[2] = { family, i };
		for (unsigned int h = 0; h < 2; h++) {
			struct sl_siphash_key key = { { 11, h } };
			nodes[i].name[h] = sl_siphash(&key, name, sizeof(name));
		}
		nodes[i].weight = 1;
	}
}

static void must_build(uint16_t *to, uint32_t size, unsigned int n)
{
	assert_int_equal(sl_maglev_build(to, size, nodes, n), 0);
}

static unsigned int count(const uint16_t *in, unsigned int node)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < SIZE; i++)
		n += in[i] == node;
	return n;
}

/* Largest over average at most 1.001. */
static void test_balance(void **state)
{
	for (unsigned int t = 0; t < TABLES; t++) {
		make_nodes(t, 100);
		must_build(table, SIZE, 100);
		for (unsigned int i = 0; i < 100; i++)
			assert_in_range(count(table, i), SIZE / 100, (unsigned int)(SIZE / 100.0 * 1.001));
	}
}

/* One of 100 goes: of the slots of the others, under 1 % change hands. */
static void test_disruption(void **state)
{
	unsigned int worst = 0;

	for (unsigned int t = 0; t < TABLES; t++) {
		unsigned int moved = 0, kept = 0;
		make_nodes(t, 100);
		must_build(table, SIZE, 100);
		must_build(other, SIZE, 99);
		for (unsigned int i = 0; i < SIZE; i++) {
			moved += table[i] != 99 && table[i] != other[i];
			kept += table[i] != 99;
		}
		assert_true(moved * 100 < kept);
		worst = moved > worst ? moved : worst;
	}
	printf("one of 100 nodes goes: at most %.3f %% of the others' slots move\n", worst * 100.0 / (SIZE * 0.99));
}

static void test_weights(void **state)
{
	static const struct {
		unsigned int n;
		uint32_t weights[4];
	} rows[] = {
		{ 3, { 2, 1, 1 } },	  { 2, { 1000, 1 } },	       { 4, { 5, 3, 2, 7 } },
		{ 3, { 16000, 15999, 1 } }, { 4, { 160, 10, 160, 160 } }, { 1, { 3 } },
	};

	for (unsigned int r = 0; r < RTE_DIM(rows); r++) {
		uint32_t sum = 0;
		make_nodes(r, rows[r].n);
		for (unsigned int i = 0; i < rows[r].n; i++)
			sum += nodes[i].weight = rows[r].weights[i];
		must_build(table, SIZE, rows[r].n);
		for (unsigned int i = 0; i < rows[r].n; i++) {
			double ideal = (double)SIZE * rows[r].weights[i] / sum, got = count(table, i);
			double tolerance = ideal * 0.01 > 2 ? ideal * 0.01 : 2;
			if (got < ideal - tolerance || got > ideal + tolerance)
				fail_msg("row %u, node %u: %.0f slots, %.1f would be right", r, i, got, ideal);
		}
	}
}

/* A weight that changes by a tenth moves little more than that. */
static void test_weight_change(void **state)
{
	unsigned int moved = 0;

	make_nodes(1, 10);
	for (unsigned int i = 0; i < 10; i++)
		nodes[i].weight = 160;
	must_build(table, SIZE, 10);
	nodes[3].weight = 144;
	must_build(other, SIZE, 10);
	for (unsigned int i = 0; i < SIZE; i++)
		moved += table[i] != other[i];
	printf("one of 10 nodes loses a tenth of its weight, 0.9 %% of all: %.2f %% of the slots move\n", moved * 100.0 / SIZE);
	assert_true(moved < SIZE * 3 / 100);
}

/* Whatever the order of the nodes. */
static void test_order(void **state)
{
	static struct sl_maglev_node was[100];

	make_nodes(5, 100);
	for (unsigned int i = 0; i < 100; i++)
		nodes[i].weight = 1 + i % 7;
	memcpy(was, nodes, sizeof(was));
	must_build(table, SIZE, 100);
	for (unsigned int i = 0; i < 100; i++)
		nodes[i] = was[(i * 37 + 11) % 100];
	must_build(other, SIZE, 100);
	for (unsigned int i = 0; i < SIZE; i++)
		assert_int_equal(table[i], (other[i] * 37 + 11) % 100);
}

/* Uniform hashes meet nodes by their weights: chi-square with 9 degrees of freedom, 1 in 1000 above 27.9. */
static void test_chi_square(void **state)
{
	const struct sl_siphash_key key = { { 3, 4 } };
	unsigned int hits[10] = { 0 }, sum = 0;
	double chi = 0;

	make_nodes(9, 10);
	for (unsigned int i = 0; i < 10; i++)
		sum += nodes[i].weight = 1 + i;
	must_build(table, SIZE, 10);
	for (uint32_t i = 0; i < 100000; i++)
		hits[table[sl_maglev_slot(sl_siphash(&key, &i, sizeof(i)), SIZE)]]++;
	for (unsigned int i = 0; i < 10; i++) {
		double ideal = 100000.0 * nodes[i].weight / sum;
		chi += (hits[i] - ideal) * (hits[i] - ideal) / ideal;
	}
	assert_true(chi < 27.9);
}

/* Small tables, and as many nodes as slots. */
static void test_small(void **state)
{
	make_nodes(2, 251);
	must_build(table, 3, 2);
	assert_in_range(table[0] + table[1] + table[2], 1, 2);
	must_build(table, 251, 251);
	for (unsigned int i = 0, seen = 0; i < 251; i++, seen = 0) {
		for (unsigned int s = 0; s < 251; s++)
			seen += table[s] == i;
		assert_int_equal(seen, 1);
	}
}

/* Aimed at: under 10 ms. Printed, and no verdict: other programs run beside tests. */
static void test_time(void **state)
{
	struct timespec before, after;
	double best = 1e9;

	make_nodes(3, NODES_MAX);
	for (unsigned int i = 0; i < 10; i++) {
		clock_gettime(CLOCK_MONOTONIC, &before);
		must_build(table, SIZE, NODES_MAX);
		clock_gettime(CLOCK_MONOTONIC, &after);
		double ms = (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;
		best = ms < best ? ms : best;
	}
	printf("%u nodes in %u slots: %.2f ms\n", NODES_MAX, SIZE, best);
}

static void test_primes(void **state)
{
	static const uint32_t primes[] = { 2, 3, 5, 251, 65521, 65537, 655373 }, others[] = { 0, 1, 4, 9, 65536, 65535, 655371 };

	for (unsigned int i = 0; i < RTE_DIM(primes); i++)
		assert_true(sl_is_prime(primes[i]) && !sl_is_prime(others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_balance), cmocka_unit_test(test_disruption), cmocka_unit_test(test_weights),
		cmocka_unit_test(test_weight_change), cmocka_unit_test(test_order), cmocka_unit_test(test_chi_square),
		cmocka_unit_test(test_small), cmocka_unit_test(test_time), cmocka_unit_test(test_primes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
