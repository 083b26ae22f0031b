/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that control makes: built here, handed to worker 0, which sends them or passes them on to the worker that owns the
 * port's queue. They are the callbacks of neighbours, announce and listener; arg is the struct sl_control.
 * False: no packet buffer, or worker 0 is behind; try again later.
 */
#ifndef SLUICE_CONTROL_SEND_H
#define SLUICE_CONTROL_SEND_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice/packet/group.h"

struct sl_control;

/* Give worker 0 a frame to send; false: it could not, and the frame is freed. */
bool sl_control_inject(struct sl_control *control, uint16_t port, struct rte_mbuf *m);

bool sl_control_solicit(void *arg, uint16_t interface, const struct sl_ip *ip, const uint8_t *mac);
bool sl_control_probe(void *arg, uint16_t interface, const struct sl_ip *ip);
bool sl_control_announce(void *arg, uint16_t interface, const struct sl_ip *ip);
bool sl_control_report(void *arg, const struct sl_interface *in, const struct sl_group_record *records, unsigned int n);
bool sl_control_report_membership(void *arg, const struct sl_interface *in, const struct sl_ip *group, enum sl_group_version version);
bool sl_control_report_leave(void *arg, const struct sl_interface *in, const struct sl_ip *group);

/* Worker 0 has not taken all frames yet. */
bool sl_control_frames_pending(const struct sl_control *control);

#endif
