/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_errno.h>

#include "sluice/base/log.h"

#include "removal.h"

void sl_control_release(struct sl_control *control, uint16_t index)
{
	struct sl_shared *shared = control->shared;
	struct sl_port *port = &control->ports[index];

	atomic_fetch_or_explicit(&shared->removed_ports, UINT32_C(1) << index, memory_order_release);
	sl_shared_quiesce(shared);
	int ret = sl_port_release(port);

	control->count[SL_CONTROL_COUNT_PORTS_REMOVED]++;
	sl_log_error("%s: the device was removed or unbound, and is released; packets for it are dropped as port_removed, the "
		     "other ports go on; remedy: when it is back and bound, start sluice anew", port->facts.name);
	if (ret != 0)
		sl_log_warning("%s: not everything of it could be given back: %s", port->facts.name, rte_strerror(-ret));
}
