/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "device_plan.h"

/* net_af_xdp fills its kernel rings (2048 entries) from the pool, whatever number of descriptors is asked for. */
#define AF_XDP_RING 2048
#define AF_PACKET_FRAME 2048 /* framesz where the user gives none */

/* Value of KEY in "NAME,KEY=VALUE,..."; false when it is not there (or does not fit). */
static bool vdev_argument(const char *vdev, const char *key, char *value, size_t size)
{
	size_t key_length = strlen(key);

	for (const char *item = strchr(vdev, ','); item != NULL; item = strchr(item, ',')) {
		item++;
		if (strncmp(item, key, key_length) != 0 || item[key_length] != '=')
			continue;
		const char *text = item + key_length + 1;
		size_t length = strcspn(text, ",");
		if (length >= size)
			return false;
		memcpy(value, text, length);
		value[length] = '\0';
		return true;
	}
	return false;
}

/* The driver of a virtual device is its name up to the number: "net_af_packet0" and "net_af_packet_lan" alike. */
static void vdev_driver(const char *name, char *driver, size_t size)
{
	static const char *const known[] = {
		"net_af_packet", "net_af_xdp", "net_tap", "net_memif", "net_pcap", "net_ring", "net_null",
	};

	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strncmp(name, known[i], strlen(known[i])) == 0) {
			snprintf(driver, size, "%s", known[i]);
			return;
		}
	}
	snprintf(driver, size, "%.*s", (int)strcspn(name, "0123456789"), name);
}

static void find_mention(const struct sl_config *config, const char *name, char *where, size_t size)
{
	for (unsigned int i = 0; i < config->n_devices; i++) {
		if (strcmp(config->devices[i].device, name) == 0) {
			snprintf(where, size, "/devices/%u/device", i);
			return;
		}
	}
	for (unsigned int i = 0; i < config->n_interfaces; i++) {
		if (strcmp(config->interfaces[i].device, name) == 0) {
			snprintf(where, size, "/interfaces/%u/device", i);
			return;
		}
	}
	snprintf(where, size, "/forwarding/pairs");
}

static bool vdev_has(const char *vdev, const char *key)
{
	char text[32];

	return vdev_argument(vdev, key, text, sizeof(text));
}

static uint32_t vdev_number(const char *vdev, const char *key, uint32_t otherwise)
{
	char text[32];

	return vdev_argument(vdev, key, text, sizeof(text)) ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

/* The driver's own 512 frames overflow when a thousand clients ask at once. What they take is shared by the queues. */
static void plan_af_packet(struct device_plan *d)
{
	uint32_t pairs = vdev_number(d->vdev, "qpairs", 1);

	d->rx_queues = (uint16_t)(pairs > 0 && pairs <= 64 ? pairs : 1);
	d->framesz = RTE_MAX(vdev_number(d->vdev, "framesz", AF_PACKET_FRAME), 1u);
	d->framecnt = vdev_number(d->vdev, "framecnt", AF_PACKET_FRAMES_MIN);
	d->queue_mbufs = 0; /* frames are copied from and to rings of the kernel's */
	if (vdev_has(d->vdev, "framecnt"))
		return;
	while (2ull * d->framecnt * d->rx_queues * d->framesz <= AF_PACKET_RING_BYTES)
		d->framecnt *= 2;
	snprintf(d->defaults, sizeof(d->defaults), ",framecnt=%" PRIu32, d->framecnt);
}

/*
 * Busy polling has the worker run the interface's own polling, by a system call for each look at an empty queue. Behind a
 * virtual interface there is nothing to poll: its sender delivers.
 */
static void plan_af_xdp(struct device_plan *d)
{
	d->queue_mbufs = RTE_MAX(d->descriptors, AF_XDP_RING);
	if (d->netdev_found && d->netdev_facts.virtual && !vdev_has(d->vdev, "busy_budget"))
		snprintf(d->defaults, sizeof(d->defaults), ",busy_budget=0");
}

static void plan_vdev(struct device_plan *d, const struct machine *machine)
{
	bool af_packet = strcmp(d->driver, "net_af_packet") == 0, af_xdp = strcmp(d->driver, "net_af_xdp") == 0;
	bool kernel = af_packet || af_xdp || strcmp(d->driver, "net_pcap") == 0;

	if (kernel && vdev_argument(d->vdev, "iface", d->netdev, sizeof(d->netdev)))
		d->netdev_found = machine->netdev(d->netdev, &d->netdev_facts) == 0;
	if (af_packet)
		plan_af_packet(d);
	if (af_xdp)
		plan_af_xdp(d);
}

static uint16_t plan_descriptors(const struct device_plan *d)
{
	if (d->config != NULL && d->config->descriptors != 0)
		return d->config->descriptors;
	return strcmp(d->driver, "net_af_xdp") == 0 ? DEVICE_DESCRIPTORS_AF_XDP : DEVICE_DESCRIPTORS;
}

static uint16_t plan_mtu(const struct device_plan *d)
{
	if (d->config != NULL && d->config->mtu != 0)
		return d->config->mtu;
	if (d->netdev_found && d->netdev_facts.mtu != 0)
		return d->netdev_facts.mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)d->netdev_facts.mtu;
	return 1500;
}

void device_plans_build(struct device_plans *plans, const struct sl_config *config,
			const struct eal_settings *settings, const struct machine *machine)
{
	const char *names[SL_MAX_PORTS];

	memset(plans, 0, sizeof(*plans));
	plans->n = sl_config_device_names(config, names);
	for (unsigned int i = 0; i < plans->n; i++) {
		struct device_plan *d = &plans->list[i];
		d->name = names[i];
		d->config = sl_config_device_find(config, names[i]);
		d->vdev = eal_settings_vdev(settings, names[i]);
		d->pci = d->vdev == NULL && eal_is_pci_address(names[i]);
		d->node = d->pci ? machine_pci_node(machine, names[i]) : -1;
		d->rx_queues = d->config != NULL && d->config->rx_queues != 0 ? d->config->rx_queues : config->workers;
		d->tx_queues = config->workers;
		if (d->vdev != NULL)
			vdev_driver(d->name, d->driver, sizeof(d->driver));
		d->queue_mbufs = d->descriptors = plan_descriptors(d);
		find_mention(config, names[i], d->where, sizeof(d->where));
		if (d->vdev != NULL)
			plan_vdev(d, machine);
		d->mtu = plan_mtu(d);
	}
}

const char *device_plans_defaults(const struct device_plans *plans, const char *vdev)
{
	size_t length = strcspn(vdev, ",");

	for (unsigned int i = 0; i < plans->n; i++)
		if (strlen(plans->list[i].name) == length && strncmp(plans->list[i].name, vdev, length) == 0)
			return plans->list[i].defaults;
	return "";
}
