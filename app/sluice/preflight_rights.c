/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <cap-ng.h>

#include "sluice/config/companion.h"

#include "preflight.h"

#define MIB (UINT64_C(1) << 20)

/* What the drivers ask of the kernel when they open; the devices stay usable after these are dropped. */
static const struct {
	const char *driver;
	int capability;
} needs[] = {
	{ "net_af_packet", CAP_NET_RAW }, /* packet sockets */
	{ "net_pcap", CAP_NET_RAW },
	{ "net_af_xdp", CAP_NET_RAW },	  /* AF_XDP sockets */
	{ "net_af_xdp", CAP_NET_ADMIN },  /* attach the XDP program */
	{ "net_af_xdp", CAP_SYS_ADMIN },  /* load it, and find it again to detach it (CAP_BPF covers only the first) */
	{ "net_tap", CAP_NET_ADMIN },
};

static void check_capabilities(struct preflight *p, const struct device_plan *d)
{
	char missing[128] = "";
	size_t used = 0;

	if (strcmp(d->driver, "net_pcap") == 0 && d->netdev[0] == '\0')
		return; /* replays files */
	for (unsigned int i = 0; i < sizeof(needs) / sizeof(needs[0]) && used < sizeof(missing); i++)
		if (strcmp(needs[i].driver, d->driver) == 0 && !machine_has_capability(p->machine, needs[i].capability))
			used += (size_t)snprintf(missing + used, sizeof(missing) - used, "%scap_%s", used > 0 ? ", " : "",
						 capng_capability_to_name((unsigned int)needs[i].capability));
	if (used > 0)
		sl_problem_add(p->problems, d->name, "run sluice as root (sudo)", "%s needs %s, which this process lacks",
			       d->driver, missing);
}

/* Memory that devices reach is locked; without CAP_IPC_LOCK there is a limit to it. */
static void check_memlock(struct preflight *p)
{
	uint64_t need = (uint64_t)preflight_memory_mb(p) * MIB;

	if (machine_has_capability(p->machine, CAP_IPC_LOCK) || p->machine->memlock_bytes >= need)
		return;
	for (unsigned int i = 0; i < p->devices->n; i++) {
		const struct device_plan *d = &p->devices->list[i];
		if (!d->pci && strcmp(d->driver, "net_af_xdp") != 0)
			continue;
		sl_problem_add(p->problems, d->name, "`ulimit -l unlimited` before sluice, or run it as root (sudo)",
			       "%" PRIu64 " MiB must be locked in memory, the limit is %" PRIu64 " MiB", need / MIB,
			       p->machine->memlock_bytes / MIB);
		return;
	}
}

static void check_hugepage_directory(struct preflight *p)
{
	char directory[256];

	if (!p->settings->hugepages || p->settings->in_memory ||
	    machine_hugetlbfs(p->machine, 2048, directory, sizeof(directory)) != 0 || access(directory, W_OK) == 0)
		return;
	sl_problem_add(p->problems, "hugepages", "run sluice as root (sudo), or set \"in_memory\": true in \"dpdk\"",
		       "no permission to write to %s", directory);
}

/* TAPs of the host's stack, with addresses and routes. */
static void check_companions(struct preflight *p)
{
	if (!sl_config_has_companions(p->config))
		return;
	if (!machine_has_capability(p->machine, CAP_NET_ADMIN))
		sl_problem_add(p->problems, "/interfaces", "run sluice as root (sudo)",
			       "companions of the host's stack need cap_net_admin, which this process lacks");
	if (!machine_path_exists("%s/net/tun", p->machine->dev))
		sl_problem_add(p->problems, "/interfaces", "`modprobe tun`", "companions of the host's stack need %s/net/tun, which is "
			       "not there", p->machine->dev);
}

void preflight_rights(struct preflight *p)
{
	for (unsigned int i = 0; i < p->devices->n; i++) {
		const struct device_plan *d = &p->devices->list[i];
		check_capabilities(p, d);
		if (strcmp(d->driver, "net_tap") == 0 && !machine_path_exists("%s/net/tun", p->machine->dev))
			sl_problem_add(p->problems, d->name, "`modprobe tun`", "there is no %s/net/tun", p->machine->dev);
	}
	check_companions(p);
	check_memlock(p);
	check_hugepage_directory(p);
}
