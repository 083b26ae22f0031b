/* SPDX-License-Identifier: BSD-3-Clause */
/* Log lines for the operator. Never called by a worker while packets are in its hands. */
#ifndef SLUICE_BASE_LOG_H
#define SLUICE_BASE_LOG_H

/* Each writes one line "sluice: ..." to the DPDK log stream at the level of its name. */
void sl_log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void sl_log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void sl_log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
