/* SPDX-License-Identifier: BSD-3-Clause */
#include "preflight.h"

static void (*const checks[])(struct preflight *p) = {
	preflight_instance,	/* preflight_instance.c: started twice */
	preflight_rights,	/* preflight_rights.c: capabilities, device files, locked memory */
	preflight_lcores,	/* preflight_lcores.c: CPUs exist, enough workers */
	preflight_hugepages,	/* preflight_memory.c: mounted, enough of them */
	preflight_plain_memory, /* preflight_memory.c: enough of it */
	preflight_device_names, /* preflight_pci.c: neither PCI nor a vdev */
	preflight_pci,		/* preflight_pci.c: present, bound to a driver for user space */
	preflight_numa,		/* preflight_pci.c: near its workers */
	preflight_netdevs,	/* preflight_netdev.c: kernel interfaces under virtual devices */
	preflight_buffers,	/* preflight_netdev.c: packet buffers that a driver cannot take */
};

void preflight_run(struct preflight *p)
{
	for (unsigned int i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](p);
}
