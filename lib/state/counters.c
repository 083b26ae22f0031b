/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluice/state/counters.h"

const struct sl_counter_info sl_worker_counter_infos[SL_COUNT_MAX] = {
#define X(id, name, help) { #name, help },
	SL_WORKER_COUNTERS(X)
#undef X
};

const struct sl_counter_info sl_flow_counter_infos[SL_FLOW_COUNT_MAX] = {
#define X(id, name, help) { #name, help },
	SL_FLOW_COUNTERS(X)
#undef X
};
