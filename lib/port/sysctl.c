/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "sluice/base/log.h"
#include "sluice/port/companion.h"

#include "sysctl.h"

static int open_setting(const char *family, const char *interface, const char *key, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, interface, key);
	int fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sl_sysctl_write(const char *family, const char *interface, const char *key, const char *value)
{
	int fd = open_setting(family, interface, key, O_WRONLY), ret;

	if (fd < 0)
		return fd;
	ret = write(fd, value, strlen(value)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

int sl_sysctl_read(const char *family, const char *interface, const char *key, char *value, size_t size)
{
	int fd = open_setting(family, interface, key, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, value, size - 1);
	close(fd);
	if (n < 0)
		return -errno;
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

/*
 * The kernel is not to answer ARP for a companion's addresses here (arp_ignore 8: for none), nor to take packets to them: whoever
 * sent them is reached by the companion, so a strict reverse path filter refuses them. IPv6 has none, so it is off altogether.
 */
static const struct {
	const char *family, *key, *value;
} mute[] = {
	{ "ipv4", "arp_ignore", "8" },
	{ "ipv4", "rp_filter", "1" },
	{ "ipv6", "disable_ipv6", "1" },
};
_Static_assert(RTE_DIM(mute) == RTE_DIM(((struct sl_netdev_saved *)0)->value), "one value each");

void sl_netdev_mute(const char *name, struct sl_netdev_saved *saved)
{
	char all[8] = "";

	memset(saved, 0, sizeof(*saved));
	snprintf(saved->name, sizeof(saved->name), "%s", name);
	for (unsigned int i = 0; i < RTE_DIM(mute); i++) {
		if (sl_sysctl_read(mute[i].family, name, mute[i].key, saved->value[i], sizeof(saved->value[i])) != 0)
			continue;
		int ret = sl_sysctl_write(mute[i].family, name, mute[i].key, mute[i].value);
		if (ret != 0)
			sl_log_warning("%s: net.%s.conf.%s.%s cannot be set to %s, so the kernel may answer for its companion's "
				       "addresses: %s", name, mute[i].family, name, mute[i].key, mute[i].value, rte_strerror(-ret));
	}
	if (sl_sysctl_read("ipv4", "all", "rp_filter", all, sizeof(all)) == 0 && strcmp(all, "2") == 0)
		sl_log_warning("%s: net.ipv4.conf.all.rp_filter is 2, so the kernel answers on it for its companion's addresses, too; "
			       "remedy: sysctl -w net.ipv4.conf.all.rp_filter=0", name);
}

void sl_netdev_unmute(const struct sl_netdev_saved *saved)
{
	for (unsigned int i = 0; i < RTE_DIM(mute); i++)
		if (saved->value[i][0] != '\0')
			sl_sysctl_write(mute[i].family, saved->name, mute[i].key, saved->value[i]);
}
