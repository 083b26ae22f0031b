/* SPDX-License-Identifier: BSD-3-Clause */
/* The few requests of rtnetlink that companions need. Each returns 0 or -errno; what is so already is no error. */
#ifndef LIB_PORT_NETLINK_H
#define LIB_PORT_NETLINK_H

#include <stdbool.h>

#include "sluice/base/ip.h"

struct sock_filter;

/* A socket for the calls below, or -errno. */
int sl_netlink_open(void);

int sl_netlink_address(int fd, bool add, int index, const struct sl_prefix *address);
int sl_netlink_route(int fd, bool add, int index, uint32_t table, const struct sl_prefix *prefix, const struct sl_ip *via);
/* What comes from this address is routed by the table. */
int sl_netlink_rule(int fd, bool add, uint32_t table, const struct sl_ip *from);

/* A classic BPF program for what the kernel receives on an interface. Its value is the verdict (TC_ACT_*). Replaces the one before. */
int sl_netlink_ingress(int fd, int index, const struct sock_filter *program, uint16_t n);
/* Remove it; others' programs stay. */
int sl_netlink_ingress_remove(int fd, int index);

#endif
