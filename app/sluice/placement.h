/* SPDX-License-Identifier: BSD-3-Clause */
/* Where things are on a machine with several NUMA nodes: asked of the kernel, whatever was asked for. */
#ifndef APP_SLUICE_PLACEMENT_H
#define APP_SLUICE_PLACEMENT_H

#include "gateway.h"

/*
 * Note the memory node of each worker's flow table, and warn of one that is not its worker's. (A port far from its worker is
 * the pre-flight's to warn of, before anything is opened.)
 */
void placement_check(struct gateway *g);

#endif
