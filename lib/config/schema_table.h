/* SPDX-License-Identifier: BSD-3-Clause */
/* How the rows of the tables are written, and what the files with tables share. */
#ifndef LIB_CONFIG_SCHEMA_TABLE_H
#define LIB_CONFIG_SCHEMA_TABLE_H

#include <rte_common.h>

#include "schema.h"

#define FIELD(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)NULL)->member)
#define ARRAY(type, member) FIELD(type, member), .count_offset = offsetof(type, n_##member)
#define KEYS(table) .keys = (table), .n_keys = RTE_DIM(table)

extern const struct sl_charset sl_name_charset;
extern const struct sl_key sl_ip_item; /* one address of a list */
extern const struct sl_key sl_relay_item; /* schema_relay.c */

#endif
