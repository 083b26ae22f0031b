/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluice/config/companion.h"

bool sl_config_has_companions(const struct sl_config *config)
{
	for (unsigned int i = 0; i < config->n_interfaces; i++)
		if (config->interfaces[i].kernel)
			return true;
	return false;
}
