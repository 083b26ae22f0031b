/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread: an epoll loop on the main lcore over signals, workers' events and timers. It owns the configuration,
 * the neighbour table and the ports; everything here is called from that thread.
 */
#ifndef SLUICE_CONTROL_CONTROL_H
#define SLUICE_CONTROL_CONTROL_H

#include "sluice/config/config.h"
#include "sluice/port/port.h"
#include "sluice/state/worker.h"

struct sl_control;

struct sl_control_options {
	const char *config_path;
	const char *socket_path;   /* of the control socket; NULL: none */
	struct sl_config *config;  /* of that file; taken over by control, also on failure */
	struct sl_shared *shared;  /* workers exist and are connected, not running */
	struct sl_port *ports;
	unsigned int n_ports;
	struct rte_mempool *pool;  /* for ARP, ND and MLD packets */
};

/*
 * Build and publish the first snapshot, create the event loop, announce addresses, register telemetry under /sluice/.
 * Returns NULL and problems on failure, with nothing left behind.
 */
struct sl_control *sl_control_create(const struct sl_control_options *options, struct sl_problems *problems);

/* Run until SIGINT or SIGTERM. SIGHUP reloads the configuration file. Returns 0. */
int sl_control_run(struct sl_control *control);

/* After the workers have stopped. */
void sl_control_destroy(struct sl_control *control);

#endif
