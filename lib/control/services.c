/* SPDX-License-Identifier: BSD-3-Clause */
#include "services.h"

#include <stdio.h>
#include <string.h>

#include "telemetry_internal.h"

const char *sl_service_text(const struct sl_service *service, char text[SL_SERVICE_TEXT_MAX])
{
	if (!service->draining)
		return service->name;
	snprintf(text, SL_SERVICE_TEXT_MAX, "%s#%u", service->name, service->id);
	return text;
}

bool sl_service_is(const struct sl_service *service, const char *text)
{
	size_t length = strlen(service->name);
	uint32_t id;

	if (strncmp(service->name, text, length) != 0)
		return false;
	return text[length] == '\0' || (text[length] == '#' && sl_tel_parse_u32(text + length + 1, SL_MAX_SERVICES - 1, &id) == 0 &&
					id == service->id);
}

const struct sl_service *sl_service_find(const struct sl_control *control, const char *text)
{
	const struct sl_service *found = NULL;

	for (unsigned int i = 0; i < control->snapshot->n_services; i++) {
		const struct sl_service *service = &control->snapshot->services[i];
		if (!sl_service_is(service, text))
			continue;
		if (!service->draining)
			return service;
		if (found == NULL)
			found = service;
	}
	return found;
}

unsigned int sl_service_filter(const struct sl_control *control, const char *text, struct sl_flow_filter *filter)
{
	unsigned int n = 0;

	filter->by_service = true;
	for (unsigned int i = 0; i < control->snapshot->n_services; i++) {
		const struct sl_service *service = &control->snapshot->services[i];
		if (!sl_service_is(service, text))
			continue;
		sl_flow_set_add(filter->services, service->id);
		n++;
	}
	return n;
}
