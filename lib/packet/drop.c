/* SPDX-License-Identifier: BSD-3-Clause */
#include "sluice/packet/drop.h"

const struct sl_drop_info sl_drop_infos[SL_DROP_MAX] = {
#define X(id, name, help) { #name, help },
	SL_DROP_CAUSES(X)
#undef X
};
