/* SPDX-License-Identifier: BSD-3-Clause */
/* Ids (of interfaces, services, backends, ports, next hops) are indexes of 16 bits; one value means "none". */
#ifndef SLUICE_BASE_ID_H
#define SLUICE_BASE_ID_H

#include <stdint.h>

#define SL_ID_NONE UINT16_MAX

#endif
