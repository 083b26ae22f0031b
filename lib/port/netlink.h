/* SPDX-License-Identifier: BSD-3-Clause */
/* The few requests of rtnetlink that a companion needs. Each returns 0 or -errno; what is so already is no error. */
#ifndef LIB_PORT_NETLINK_H
#define LIB_PORT_NETLINK_H

#include <stdbool.h>

#include "sluice/base/ip.h"

/* A socket for the calls below, or -errno. */
int sl_netlink_open(void);

int sl_netlink_address(int fd, bool add, int index, const struct sl_prefix *address);
int sl_netlink_route(int fd, bool add, int index, uint32_t table, const struct sl_prefix *prefix, const struct sl_ip *via);
/* What comes from this address is routed by the table. */
int sl_netlink_rule(int fd, bool add, uint32_t table, const struct sl_ip *from);

#endif
