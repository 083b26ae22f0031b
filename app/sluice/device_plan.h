/* SPDX-License-Identifier: BSD-3-Clause */
/* What each configured device will ask for, as far as it can be known before it is opened. */
#ifndef APP_SLUICE_DEVICE_PLAN_H
#define APP_SLUICE_DEVICE_PLAN_H

#include "eal_settings.h"
#include "machine.h"

/* Descriptors of a queue where the file does not speak of the device; the same as the key's own default. */
#define DEVICE_DESCRIPTORS 1024

struct device_plan {
	const char *name;
	char where[64];	  /* JSON pointer of its first mention in the configuration */
	const char *vdev; /* its --vdev arguments, NULL: not a virtual device */
	char driver[32];  /* of a virtual device: "net_af_packet" */
	char netdev[16];  /* kernel interface it sits on, empty where there is none */
	bool netdev_found;
	struct netdev_facts netdev_facts;
	bool pci;
	int node;	   /* NUMA node, -1: unknown */
	uint16_t mtu;
	uint16_t rx_queues, tx_queues;
	uint32_t descriptors; /* mbufs that each queue may hold */
	uint32_t framesz;     /* net_af_packet's, 0 elsewhere */
	const struct sl_config_device *config; /* NULL: none given */
};

struct device_plans {
	unsigned int n;
	struct device_plan list[SL_MAX_PORTS];
};

void device_plans_build(struct device_plans *plans, const struct sl_config *config,
			const struct eal_settings *settings, const struct machine *machine);

/* Value of KEY in "NAME,KEY=VALUE,..."; false when it is not there (or does not fit). */
bool vdev_argument(const char *vdev, const char *key, char *value, size_t size);

#endif
