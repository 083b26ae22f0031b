/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the files of lib/port. */
#ifndef SLUICE_PORT_INTERNAL_H
#define SLUICE_PORT_INTERNAL_H

#include <rte_ethdev.h>

#include "sluice/port/port.h"

/* configure.c: choose queues and offloads, set up the queues with mbufs from the pool. Returns 0 or -1 and a problem. */
int sl_port_configure(struct sl_port *port, const struct sl_port_options *options,
		      const struct rte_eth_dev_info *info, struct rte_mempool *pool, struct sl_problems *problems);

#define SL_RSS_KEY_MAX 64 /* longest key of the drivers in DPDK: 52 bytes (i40e, ice) */

/* rss.c: have packets spread over the queues with our key, where there are several; `key` must stay until the device is configured. */
void sl_port_choose_rss(struct sl_port *port, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf,
			uint8_t key[SL_RSS_KEY_MAX]);

/* removal.c: hear of the device's removal from a started port, and no more. */
void sl_port_watch_removal(struct sl_port *port);
void sl_port_unwatch_removal(struct sl_port *port);

/* kernel.c: name of the kernel interface that the device sits on, empty where its driver does not (or needs no help). */
void sl_port_netdev_name(const struct rte_eth_dev_info *info, char name[16]);

/* kernel.c: 0 or -errno. */
int sl_netdev_mtu(const char *name, uint16_t *mtu);
int sl_netdev_running(const char *name, bool *running);

/* Have the interface take all multicast from its link as long as the file is open, which is returned; or -errno. */
int sl_netdev_receive_multicast(const char *name);

/*
 * kernel_sockets.c: the sockets of a net_af_packet or net_af_xdp device. Create before its queues are set up, find when they are,
 * and destroy before it is stopped, which closes them. NULL: another driver, or no memory; all calls take that.
 */
struct sl_kernel_sockets *sl_kernel_sockets_create(const char *driver, const char *netdev);
void sl_kernel_sockets_find(struct sl_kernel_sockets *s);
void sl_kernel_sockets_destroy(struct sl_kernel_sockets *s);

/* Packets that found no room in their rings and that the driver does not count. Forget: those so far were not for us. */
uint64_t sl_kernel_sockets_missed(struct sl_kernel_sockets *s);
void sl_kernel_sockets_forget(struct sl_kernel_sockets *s);

#endif
