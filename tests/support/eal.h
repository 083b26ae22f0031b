/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's environment for a unit test: no hugepages, no devices, nothing left behind. */
#ifndef SLUICE_TESTS_EAL_H
#define SLUICE_TESTS_EAL_H

#include <rte_mempool.h>

/* Initialise EAL for the test program `name`; ends the program with a message when that fails. */
void test_eal_init(const char *name);

/* For who initialises EAL itself, without shared configuration and telemetry: remove its runtime directory, which it leaves. */
void test_eal_leave_nothing(void);

/* A pool of 512 mbufs of the usual size. */
struct rte_mempool *test_pool_create(void);

#endif
