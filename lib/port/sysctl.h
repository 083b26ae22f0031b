/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings of kernel interfaces under /proc/sys/net, which shows the network namespace of the reader. */
#ifndef LIB_PORT_SYSCTL_H
#define LIB_PORT_SYSCTL_H

/* family is "ipv4" or "ipv6". 0 or -errno; -ENOENT: this kernel has no such setting, or the interface no such family. */
int sl_sysctl_write(const char *family, const char *interface, const char *key, const char *value);

#endif
