/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to a configuration that has been read. */
#include <string.h>

#include "schema.h"

static unsigned int add_name(const char *names[SL_MAX_PORTS], unsigned int n, const char *name)
{
	for (unsigned int i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return n;
	}
	if (n < SL_MAX_PORTS && name[0] != '\0')
		names[n++] = name;
	return n;
}

unsigned int sl_config_device_names(const struct sl_config *config, const char *names[SL_MAX_PORTS])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < config->n_devices; i++)
		n = add_name(names, n, config->devices[i].device);
	for (unsigned int i = 0; i < config->n_interfaces; i++)
		n = add_name(names, n, config->interfaces[i].device);
	for (unsigned int i = 0; i < 2 * config->n_pairs; i++)
		n = add_name(names, n, config->pairs[i / 2][i % 2]);
	return n;
}

const struct sl_config_device *sl_config_device_find(const struct sl_config *config, const char *device)
{
	for (unsigned int i = 0; i < config->n_devices; i++) {
		if (strcmp(config->devices[i].device, device) == 0)
			return &config->devices[i];
	}
	return NULL;
}

static const char *choice_name(const struct sl_choice *choice, uint32_t value)
{
	while (choice->name != NULL && choice->value != value)
		choice++;
	return choice->name;
}

const char *sl_mode_name(enum sl_mode mode)
{
	return choice_name(sl_mode_choices, mode);
}

const char *sl_scheduler_name(enum sl_scheduler scheduler)
{
	return choice_name(sl_scheduler_choices, scheduler);
}

const char *sl_affinity_name(enum sl_affinity affinity)
{
	return choice_name(sl_affinity_choices, affinity);
}

const char *sl_udp_kind_name(enum sl_udp_kind kind)
{
	return choice_name(sl_udp_kind_choices, kind);
}

const char *sl_proxy_protocol_name(enum sl_proxy_protocol proxy_protocol)
{
	return choice_name(sl_proxy_protocol_choices, proxy_protocol);
}

const char *sl_exhaustion_name(enum sl_exhaustion exhaustion)
{
	return choice_name(sl_exhaustion_choices, exhaustion);
}

const char *sl_unused_ports_name(enum sl_unused_ports unused_ports)
{
	return choice_name(sl_unused_ports_choices, unused_ports);
}

const char *sl_relay_sequence_name(enum sl_relay_sequence sequence)
{
	return choice_name(sl_relay_sequence_choices, sequence);
}

const char *sl_forwarding_name(enum sl_forwarding forwarding)
{
	return forwarding == SL_FORWARDING_PAIRS ? "pairs" : choice_name(sl_forwarding_choices, forwarding);
}
