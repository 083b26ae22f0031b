/* SPDX-License-Identifier: BSD-3-Clause */
/* A machine made of files in a temporary directory, on which all is well, for tests of the pre-flight. Include cmocka.h first. */
#ifndef TEST_PREFLIGHT_FIXTURE_H
#define TEST_PREFLIGHT_FIXTURE_H

#include "../../app/sluice/preflight.h"

struct fixture {
	char root[32], sys[48], proc[48], dev[48], runtime[48];
	struct machine machine;
	struct sl_config *config;
	struct eal_settings settings;
	struct lcores lcores;
	struct device_plans devices;
	struct memory_plan plan;
	struct sl_problems problems, warnings;
};

/* Configurations that it is ready for: one with AF_PACKET on up0, one with the NIC 0000:01:00.0. */
extern const char good[], good_pci[];

/* For cmocka's set-up and teardown. */
int create_fixture(void **state);
int destroy_fixture(void **state);

/* A file with that text, and a symbolic link, at a path below the fixture's root. */
void put(const struct fixture *f, const char *path, const char *text);
void put_link(const struct fixture *f, const char *path, const char *target);
void put_hugepages(const struct fixture *f, const char *total, const char *free_pages);

/* Remove a directory and all in it. */
void remove_tree(const char *path);

void run(struct fixture *f, const char *json, char *const *args, int n_args);

/* One problem or warning whose text and remedy contain these. */
void assert_only(const struct sl_problems *list, const char *where, const char *what, const char *remedy);

#define ARGS(...) ((char *const[]){ __VA_ARGS__ })
#define TEST(t) cmocka_unit_test_setup_teardown(t, create_fixture, destroy_fixture)

#endif
