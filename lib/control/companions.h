/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Companions (sluice/port/companion.h) of the snapshot's interfaces: made before a snapshot is published that wants them, so that
 * what fails refuses it, adapted and removed afterwards; and the frames between them and the workers. Decision 0019.
 */
#ifndef SLUICE_CONTROL_COMPANIONS_H
#define SLUICE_CONTROL_COMPANIONS_H

#include "sluice/port/companion.h"

#include "control_internal.h"

struct sl_companions;

struct sl_companions *sl_companions_create(void);
void sl_companions_destroy(struct sl_companions *companions);

/* Make those that `next` has and that are not there yet. Returns 0, or -1 and problems, and nothing has changed. */
int sl_companions_prepare(struct sl_control *control, const struct sl_snapshot *next, const struct sl_config *config,
			  struct sl_problems *problems);

/*
 * control->snapshot is of this configuration, and was prepared: give each companion what it has to have, remove those it does not
 * have. An interface that has moved to another device or VLAN has its companion again, with the same name and open sockets.
 */
void sl_companions_follow(struct sl_control *control, const struct sl_config *config);

/* The companion of an interface, or NULL. */
const struct sl_companion *sl_companions_find(const struct sl_control *control, uint16_t interface);

/* The address by which the host's own sockets reach `ip` through the interface, or NULL: it has none of that family. */
const struct sl_ip *sl_companions_source(const struct sl_snapshot *s, uint16_t interface, const struct sl_ip *ip);

/* Pass on the states of links. */
void sl_companions_watch_links(struct sl_control *control);

/* Move frames both ways, a bounded number. Returns when to call again: 0: now, SL_NEVER: when a file or a worker says so. */
uint64_t sl_companions_run(struct sl_control *control);

/* A worker has left something for a companion. */
bool sl_companions_pending(const struct sl_control *control);

#endif
