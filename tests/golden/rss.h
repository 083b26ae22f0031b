/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a NIC with receive-side scaling makes of a frame, with the workers' key and a table of 128 entries. Nothing of it is the
 * code under test: DPDK's bit by bit hash, headers read here.
 */
#ifndef SLUICE_TESTS_GOLDEN_RSS_H
#define SLUICE_TESTS_GOLDEN_RSS_H

#include <stdbool.h>

#include <rte_mbuf.h>

enum rss_device {
	RSS_NONE,
	RSS_STEERS,	/* delivers its hash, too */
	RSS_SILENT,	/* does not */
	RSS_OTHER_HASH, /* says it has taken the key, and hashes in its own way */
};

/* The queue for the frame, whose mbuf gets what the device delivers. */
unsigned int rss_receive(enum rss_device device, struct rte_mbuf *m, unsigned int n_queues);

#endif
