/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters of a telemetry command: whatever a client sent behind the first comma. */
#include "telemetry_internal.h"

#include <errno.h>
#include <string.h>

int sl_tel_params_split(struct sl_tel_params *params, const char *text)
{
	size_t length = text == NULL ? 0 : strnlen(text, sizeof(params->text));

	params->n = 0;
	if (length == sizeof(params->text))
		return -EINVAL;
	if (length == 0)
		return 0;
	memcpy(params->text, text, length);
	params->text[length] = '\0';

	params->field[params->n++] = params->text;
	for (char *c = params->text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			return -EINVAL;
		if (*c != ',')
			continue;
		if (params->n == SL_TEL_PARAMS_MAX)
			return -EINVAL;
		*c = '\0';
		params->field[params->n++] = c + 1;
	}
	return 0;
}

const char *sl_tel_param(const struct sl_tel_request *request, unsigned int i)
{
	return i < request->params->n ? request->params->field[i] : "";
}

int sl_tel_parse_u32(const char *text, uint32_t max, uint32_t *value)
{
	uint64_t v = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		v = v * 10 + (uint64_t)(*text - '0');
		if (v > max)
			return -EINVAL;
	}
	*value = (uint32_t)v;
	return 0;
}

int sl_tel_parse_start(const struct sl_tel_request *request, unsigned int i, uint32_t *start)
{
	const char *text = sl_tel_param(request, i);

	*start = 0;
	return *text == '\0' ? 0 : sl_tel_parse_u32(text, UINT32_MAX, start);
}
