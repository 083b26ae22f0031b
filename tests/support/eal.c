/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "eal.h"

void test_eal_init(const char *name)
{
	char prefix[64];
	char *argv[] = { (char *)"test", (char *)"--no-huge", (char *)"-m", (char *)"128", (char *)"--no-pci",
			 (char *)"--no-telemetry", (char *)"--no-shconf", prefix, (char *)"-l", (char *)"0",
			 (char *)"--log-level=lib.eal:error", NULL };

	snprintf(prefix, sizeof(prefix), "--file-prefix=%s-of-test-%d", name, (int)getpid());
	if (rte_eal_init((int)RTE_DIM(argv) - 1, argv) < 0) {
		fprintf(stderr, "%s: rte_eal_init: %s\n", name, rte_strerror(rte_errno));
		exit(1);
	}
	test_eal_leave_nothing();
}

void test_eal_leave_nothing(void)
{
	rmdir(rte_eal_get_runtime_dir()); /* nothing is in it without shared configuration and telemetry */
}

struct rte_mempool *test_pool_create(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("test", 512, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	if (pool == NULL) {
		fprintf(stderr, "mbuf pool: %s\n", rte_strerror(rte_errno));
		exit(1);
	}
	return pool;
}
