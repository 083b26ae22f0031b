/* SPDX-License-Identifier: BSD-3-Clause */
/* What the snapshot tests share: three ports net_a, net_b, net_c, and checks written with addresses as text. */
#ifndef SLUICE_TESTS_SNAPSHOT_CHECKS_H
#define SLUICE_TESTS_SNAPSHOT_CHECKS_H

#include "config_builder.h"
#include "sluice/config/snapshot.h"

#define N_PORT_FACTS 3
extern const struct sl_port_facts port_facts[N_PORT_FACTS];

/* Build for the three ports. must_build fails the test, with the problems printed, when that is refused. */
struct sl_snapshot *build(struct config_builder *c, const struct sl_snapshot *previous, const struct sl_usage *usage,
			  struct sl_problems *problems);
struct sl_snapshot *must_build(struct config_builder *c, const struct sl_snapshot *previous,
			       const struct sl_usage *usage);

struct sl_ip parse_ip(const char *text);
void assert_ip(const struct sl_ip *ip, const char *text);

/* via "": on link; NULL: no route. */
void assert_route(const struct sl_snapshot *s, const char *dst, const char *via, uint16_t interface);

const struct sl_service *service_at(const struct sl_snapshot *s, const char *vip, uint16_t port, uint8_t proto);

#endif
