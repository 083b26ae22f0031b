/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How services are called outside. One in the configuration goes by its name, and there is one of each. Removed ones that still
 * have flows may have had the same name: they are told apart by their ids, as in web#3.
 */
#ifndef SLUICE_CONTROL_SERVICES_H
#define SLUICE_CONTROL_SERVICES_H

#include "flow_search.h"

#define SL_SERVICE_TEXT_MAX (SL_NAME_MAX + 8)

/* NAME, or NAME#ID of a removed one. */
const char *sl_service_text(const struct sl_service *service, char text[SL_SERVICE_TEXT_MAX]);

/* Whether the text, NAME or NAME#ID, means this service. */
bool sl_service_is(const struct sl_service *service, const char *text);

/* The service that the text means: of several the one in the configuration. NULL: none. */
const struct sl_service *sl_service_find(const struct sl_control *control, const char *text);

/* Let the filter match flows of all services that the text means. Returns how many they are. */
unsigned int sl_service_filter(const struct sl_control *control, const char *text, struct sl_flow_filter *filter);

#endif
