/* SPDX-License-Identifier: BSD-3-Clause */
/* What each configured device will ask for, as far as it can be known before it is opened. */
#ifndef APP_SLUICE_DEVICE_PLAN_H
#define APP_SLUICE_DEVICE_PLAN_H

#include "eal_settings.h"
#include "machine.h"

/* Descriptors of a queue where the file says nothing. */
#define DEVICE_DESCRIPTORS 1024
#define DEVICE_DESCRIPTORS_AF_XDP 2048 /* a burst of a thousand connections fits, and buffers of the kernel's ring are taken anyway */

/* Rings of a net_af_packet device where its vdev entry says nothing: bytes each way, of all queues together; frames, at least. */
#define AF_PACKET_RING_BYTES (4u << 20)
#define AF_PACKET_FRAMES_MIN 512

struct device_plan {
	const char *name;
	char where[64];	  /* JSON pointer of its first mention in the configuration */
	const char *vdev; /* its --vdev arguments, NULL: not a virtual device */
	char defaults[64]; /* ",KEY=VALUE" for its driver where those say nothing, empty where there are none */
	char driver[32];  /* of a virtual device: "net_af_packet" */
	char netdev[16];  /* kernel interface it sits on, empty where there is none */
	bool netdev_found;
	struct netdev_facts netdev_facts;
	bool pci;
	int node;	   /* NUMA node, -1: unknown */
	uint16_t mtu;
	uint16_t rx_queues, tx_queues;
	uint16_t descriptors; /* of each queue */
	uint32_t queue_mbufs; /* that each queue may hold */
	uint32_t framesz, framecnt; /* of each ring of net_af_packet, 0 elsewhere */
	const struct sl_config_device *config; /* NULL: none given */
};

struct device_plans {
	unsigned int n;
	struct device_plan list[SL_MAX_PORTS];
};

void device_plans_build(struct device_plans *plans, const struct sl_config *config,
			const struct eal_settings *settings, const struct machine *machine);

/* What is to be added to the --vdev arguments of that name: "" or ",KEY=VALUE". */
const char *device_plans_defaults(const struct device_plans *plans, const char *vdev);

#endif
