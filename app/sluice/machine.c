/* SPDX-License-Identifier: BSD-3-Clause */
#include <ifaddrs.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "claims.h"
#include "machine.h"

static uint64_t effective_capabilities(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t mask = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "CapEff: %" SCNx64, &mask) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return mask;
}

static void netdev_addresses(const char *name, struct netdev_facts *facts)
{
	struct ifaddrs *list;

	if (getifaddrs(&list) != 0)
		return;
	for (const struct ifaddrs *a = list; a != NULL && facts->n_addresses < MACHINE_ADDRESSES_MAX; a = a->ifa_next) {
		struct sl_ip ip;
		if (a->ifa_addr == NULL || strcmp(a->ifa_name, name) != 0)
			continue;
		if (a->ifa_addr->sa_family == AF_INET)
			ip = sl_ip_from_v4(((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr.s_addr);
		else if (a->ifa_addr->sa_family == AF_INET6)
			ip = sl_ip_from_v6(((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr.s6_addr);
		else
			continue;
		if (!sl_ip_is_link_local(&ip))
			facts->addresses[facts->n_addresses++] = ip;
	}
	freeifaddrs(list);
}

/* The kernel names the bus of a device; what is made of software alone has none. */
static bool is_virtual(int fd, struct ifreq *ifr)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	ifr->ifr_data = (void *)&info;
	return ioctl(fd, SIOCETHTOOL, ifr) == 0 && info.bus_info[0] == '\0';
}

static int kernel_netdev(const char *name, struct netdev_facts *facts)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = -1;

	memset(facts, 0, sizeof(*facts));
	if (fd < 0)
		return -1;
	memcpy(ifr.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) == 0) {
		facts->up = (ifr.ifr_flags & IFF_UP) != 0;
		if (ioctl(fd, SIOCGIFMTU, &ifr) == 0)
			facts->mtu = (uint32_t)ifr.ifr_mtu;
		netdev_addresses(name, facts);
		facts->virtual = is_virtual(fd, &ifr);
		ret = 0;
	}
	close(fd);
	return ret;
}

/* Where EAL keeps its runtime files: /var/run for root, else the user's own directory, else /tmp. */
static const char *runtime_directory(void)
{
	static const char root[] = "/var/run/dpdk", other[] = "/tmp/dpdk";
	const char *user = getenv("XDG_RUNTIME_DIR");
	char *path;

	if (geteuid() == 0)
		return root;
	return user != NULL && asprintf(&path, "%s/dpdk", user) > 0 ? path : other;
}

void machine_init(struct machine *machine)
{
	struct rlimit limit;

	*machine = (struct machine){
		.sys = "/sys", .proc = "/proc", .dev = "/dev",
		.runtime = runtime_directory(),
		.euid = geteuid(),
		.capabilities = effective_capabilities(),
		.memlock_bytes = UINT64_MAX,
		.netdev = kernel_netdev,
		.netdev_owner = claims_owner,
	};
	machine_find_cpus(machine);
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		machine->memlock_bytes = limit.rlim_cur;
}

bool machine_has_capability(const struct machine *machine, int capability)
{
	return (machine->capabilities >> capability & 1) != 0;
}

#define PATH_FROM_ARGUMENTS(path, fmt)                       \
	do {                                                 \
		va_list args_;                               \
		va_start(args_, fmt);                        \
		vsnprintf(path, sizeof(path), fmt, args_);   \
		va_end(args_);                               \
	} while (0)

int machine_read_number(int64_t *value, const char *fmt, ...)
{
	char path[MACHINE_PATH_MAX];

	PATH_FROM_ARGUMENTS(path, fmt);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return -1;
	int n = fscanf(f, "%" SCNd64, value);
	fclose(f);
	return n == 1 ? 0 : -1;
}

int machine_read_link(char *name, size_t size, const char *fmt, ...)
{
	char path[MACHINE_PATH_MAX], target[MACHINE_PATH_MAX];

	PATH_FROM_ARGUMENTS(path, fmt);
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -1;
	target[n] = '\0';
	const char *slash = strrchr(target, '/');
	snprintf(name, size, "%s", slash == NULL ? target : slash + 1);
	return 0;
}

bool machine_path_exists(const char *fmt, ...)
{
	char path[MACHINE_PATH_MAX];

	PATH_FROM_ARGUMENTS(path, fmt);
	return access(path, F_OK) == 0;
}

int machine_cpu_node(const struct machine *machine, unsigned int cpu)
{
	for (int node = 0; node < MACHINE_NODES_MAX; node++)
		if (machine_path_exists("%s/devices/system/node/node%d/cpu%u", machine->sys, node, cpu))
			return node;
	return 0;
}

int machine_pci_node(const struct machine *machine, const char *address)
{
	int64_t node;

	if (machine_read_number(&node, "%s/bus/pci/devices/%s/numa_node", machine->sys, address) != 0)
		return -1;
	return node >= 0 && node < MACHINE_NODES_MAX ? (int)node : -1;
}

uint64_t machine_memory_available(const struct machine *machine)
{
	char path[MACHINE_PATH_MAX], line[256];
	uint64_t kb = UINT64_MAX / 1024;

	snprintf(path, sizeof(path), "%s/meminfo", machine->proc);
	FILE *f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "MemAvailable: %" SCNu64, &kb) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kb == UINT64_MAX / 1024 ? UINT64_MAX : kb * 1024;
}

void machine_each_hugetlbfs(const struct machine *machine, void (*visit)(const char *directory, void *arg), void *arg)
{
	char path[MACHINE_PATH_MAX], line[1024], where[256], type[64];

	snprintf(path, sizeof(path), "%s/self/mounts", machine->proc);
	FILE *f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%*s %255s %63s", where, type) == 2 && strcmp(type, "hugetlbfs") == 0)
			visit(where, arg);
	if (f != NULL)
		fclose(f);
}

int machine_hugetlbfs(const struct machine *machine, uint64_t page_kb, char *directory, size_t size)
{
	char path[MACHINE_PATH_MAX], line[1024], where[256], type[64], options[512];
	int found = -1;

	snprintf(path, sizeof(path), "%s/self/mounts", machine->proc);
	FILE *f = fopen(path, "re");
	while (f != NULL && found != 0 && fgets(line, sizeof(line), f) != NULL) {
		uint64_t kb = 2048; /* every kernel names the size; the default is for the ones that do not */
		char unit = 'K';
		if (sscanf(line, "%*s %255s %63s %511s", where, type, options) != 3 || strcmp(type, "hugetlbfs") != 0)
			continue;
		const char *pagesize = strstr(options, "pagesize=");
		if (pagesize != NULL && sscanf(pagesize, "pagesize=%" SCNu64 "%c", &kb, &unit) == 2)
			kb <<= unit == 'G' ? 20 : unit == 'M' ? 10 : 0;
		if (kb == page_kb) {
			snprintf(directory, size, "%s", where);
			found = 0;
		}
	}
	if (f != NULL)
		fclose(f);
	return found;
}

void machine_process_name(const struct machine *machine, long pid, char *name, size_t size)
{
	char path[MACHINE_PATH_MAX];

	name[0] = '\0';
	snprintf(path, sizeof(path), "%s/%ld/comm", machine->proc, pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return;
	if (fgets(name, (int)size, f) != NULL)
		name[strcspn(name, "\n")] = '\0';
	fclose(f);
}
