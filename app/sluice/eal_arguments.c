/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings -> argument vector.
 *
 * --no-huge comes with --no-shconf: without hugepages no second process can attach, so files for it would only be litter.
 * (--in-memory implies it.) The telemetry socket is there in every mode: EAL makes its directory first.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_plan.h"
#include "eal_settings.h"

static void push(struct eal_arguments *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void push(struct eal_arguments *a, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	char **argv = realloc(a->argv, ((size_t)a->argc + 2) * sizeof(*argv));
	if (text == NULL || argv == NULL) {
		fputs("sluice: out of memory\n", stderr);
		exit(1);
	}
	a->argv = argv;
	argv[a->argc++] = text;
	argv[a->argc] = NULL;
}

static void push_memory(struct eal_arguments *a, const struct eal_settings *s, const uint32_t *node_mb,
			unsigned int n_nodes)
{
	uint32_t total = 0;

	if (!s->hugepages) {
		push(a, "--no-huge");
		push(a, "--no-shconf");
	} else if (s->in_memory) {
		push(a, "--in-memory");
	}
	for (unsigned int i = 0; i < n_nodes; i++)
		total += node_mb[i];
	if (s->socket_mem != NULL) {
		push(a, "--socket-mem=%s", s->socket_mem);
	} else if (s->memory_mb != 0 || !s->hugepages || n_nodes == 1) {
		push(a, "-m");
		push(a, "%u", s->memory_mb != 0 ? s->memory_mb : total);
	} else {
		char list[256] = "";
		size_t used = 0;
		for (unsigned int i = 0; i < n_nodes && used < sizeof(list); i++)
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%u", i > 0 ? "," : "", node_mb[i]);
		push(a, "--socket-mem=%s", list);
	}
}

/* The user's entry for this device, with device arguments perhaps. */
static bool allowed(const struct eal_list *pci, const char *address)
{
	for (unsigned int i = 0; i < pci->n; i++)
		if (strncmp(pci->item[i], address, strlen(address)) == 0)
			return true;
	return false;
}

static void push_devices(struct eal_arguments *a, const struct eal_settings *s, const struct sl_config *config,
			 const struct device_plans *devices)
{
	const char *names[SL_MAX_PORTS];
	unsigned int n = sl_config_device_names(config, names), n_pci = s->pci.n;

	for (unsigned int i = 0; i < s->pci.n; i++)
		push(a, "--allow=%s", s->pci.item[i]);
	for (unsigned int i = 0; i < n && !s->pci_closed; i++) {
		if (!eal_is_pci_address(names[i]) || allowed(&s->pci, names[i]))
			continue;
		push(a, "--allow=%s", names[i]);
		n_pci++;
	}
	if (n_pci == 0 && !s->pci_closed) {
		push(a, "--no-pci"); /* otherwise DPDK takes every NIC that is bound to a driver of its own */
		/* No device needs physical addresses, so memory can be added later (for a capture) without the right to see them. */
		push(a, "--iova-mode=va");
	}
	for (unsigned int i = 0; i < s->vdevs.n; i++)
		if (!eal_vdev_is_unused(s->vdevs.item[i], config))
			push(a, "--vdev=%s%s", s->vdevs.item[i], device_plans_defaults(devices, s->vdevs.item[i]));
}

void eal_arguments_build(struct eal_arguments *a, const struct eal_settings *s, const struct sl_config *config,
			 const struct device_plans *devices, const uint32_t *node_mb, unsigned int n_nodes)
{
	*a = (struct eal_arguments){ 0 };
	push(a, "sluice");
	push(a, "--lcores=%s", s->lcores.value);
	if (s->main_lcore != UINT32_MAX)
		push(a, "--main-lcore=%u", s->main_lcore);
	push(a, "--file-prefix=%s", s->file_prefix);
	push_memory(a, s, node_mb, n_nodes);
	push_devices(a, s, config, devices);
	/* The user reads sluice's lines; DPDK speaks when something fails. The user's own --log-level comes later and wins. */
	push(a, "--log-level=lib.*:error");
	push(a, "--log-level=bus.*:error");
	push(a, "--log-level=pmd.*:error");
	for (unsigned int i = 0; i < s->rest.n; i++)
		push(a, "%s", s->rest.item[i]);
}

void eal_arguments_fini(struct eal_arguments *a)
{
	for (int i = 0; i < a->argc; i++)
		free(a->argv[i]);
	free(a->argv);
	*a = (struct eal_arguments){ 0 };
}
