/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device that goes away while it is in use. Who unbinds a NIC from vfio-pci or pulls it out (a hot-plug slot) waits until
 * its user lets go: the kernel signals the user, EAL's interrupt thread calls back, control notices the flag within a tenth
 * of a second, takes the port from the workers and releases it. Drivers that work beside the kernel (mlx5) say it
 * themselves, by RTE_ETH_EVENT_INTR_RMV. With uio_pci_generic there is no such signal.
 *
 * The calls of EAL are experimental in DPDK 22.11, unchanged since 18.05, and used here only.
 */
#define ALLOW_EXPERIMENTAL_API

#include <rte_dev.h>
#include <rte_errno.h>

#include "sluice/base/log.h"

#include "internal.h"

#define UNWATCH_TRIES 100 /* a callback that runs this moment is waited for */

static void on_device_event(const char *device, enum rte_dev_event_type event, void *arg)
{
	struct sl_port *port = arg;

	if (event == RTE_DEV_EVENT_REMOVE)
		atomic_store_explicit(&port->leaving, true, memory_order_release);
}

static int on_port_event(uint16_t id, enum rte_eth_event_type event, void *arg, void *unused)
{
	struct sl_port *port = arg;

	atomic_store_explicit(&port->leaving, true, memory_order_release);
	return 0;
}

static struct rte_device *device_of(const struct sl_port *port)
{
	struct rte_eth_dev_info info;

	return rte_eth_dev_info_get(port->id, &info) == 0 ? info.device : NULL;
}

void sl_port_watch_removal(struct sl_port *port)
{
	const struct rte_device *device = device_of(port);
	int ret = device == NULL ? -ENODEV : rte_dev_event_callback_register(rte_dev_name(device), on_device_event, port);

	if (ret == 0)
		ret = rte_eth_dev_callback_register(port->id, RTE_ETH_EVENT_INTR_RMV, on_port_event, port);
	if (ret != 0)
		sl_log_warning("%s: its removal would not be noticed: %s", port->facts.name, rte_strerror(-ret));
}

void sl_port_unwatch_removal(struct sl_port *port)
{
	const struct rte_device *device = device_of(port);

	rte_eth_dev_callback_unregister(port->id, RTE_ETH_EVENT_INTR_RMV, on_port_event, port);
	for (unsigned int i = 0; device != NULL && i < UNWATCH_TRIES; i++) {
		if (rte_dev_event_callback_unregister(rte_dev_name(device), on_device_event, port) != -EAGAIN)
			break;
		rte_delay_us_sleep(1000);
	}
}

bool sl_port_is_leaving(const struct sl_port *port)
{
	return !port->removed && atomic_load_explicit(&port->leaving, memory_order_acquire);
}

int sl_port_release(struct sl_port *port)
{
	struct rte_device *device = device_of(port);

	sl_port_close(port);
	port->removed = true;
	return device == NULL ? -ENODEV : rte_dev_remove(device);
}
