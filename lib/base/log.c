/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>

#include <rte_log.h>

#include "sluice/base/log.h"

RTE_LOG_REGISTER(sl_log_type, sluice, INFO)

static void log_line(uint32_t level, const char *prefix, const char *fmt, va_list args)
{
	char line[1024];
	vsnprintf(line, sizeof(line), fmt, args);
	rte_log(level, (uint32_t)sl_log_type, "sluice: %s%s\n", prefix, line);
}

#define LOG_FUNCTION(name, level, prefix)          \
	void name(const char *fmt, ...)            \
	{                                          \
		va_list args;                      \
		va_start(args, fmt);               \
		log_line(level, prefix, fmt, args); \
		va_end(args);                      \
	}

LOG_FUNCTION(sl_log_error, RTE_LOG_ERR, "error: ")
LOG_FUNCTION(sl_log_warning, RTE_LOG_WARNING, "warning: ")
LOG_FUNCTION(sl_log_info, RTE_LOG_INFO, "")
