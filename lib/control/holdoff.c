/* SPDX-License-Identifier: BSD-3-Clause */
#include "holdoff.h"

#define NS_PER_S 1000000000ull

static enum sl_holdoff_change hold(struct sl_holdoff *h, const struct sl_config_passive *config, uint64_t now_ns)
{
	uint64_t doubled = h->seconds == 0 ? config->hold_off_s : 2ull * h->seconds;

	h->seconds = (uint32_t)(doubled < config->hold_off_max_s ? doubled : config->hold_off_max_s);
	h->held_ns = now_ns;
	h->until_ns = now_ns + h->seconds * NS_PER_S;
	return SL_HOLDOFF_HELD;
}

enum sl_holdoff_change sl_holdoff_update(struct sl_holdoff *h, const struct sl_config_passive *config,
					 const struct sl_evidence *evidence, uint64_t opening_ns, uint64_t now_ns)
{
	if (h->until_ns != 0) {
		if (now_ns < h->until_ns)
			return SL_HOLDOFF_SAME;
		h->until_ns = 0;
		h->back_ns = h->window_ns = now_ns;
		h->answered = h->failed = 0;
		return SL_HOLDOFF_BACK;
	}
	if (now_ns - h->back_ns >= h->seconds * NS_PER_S)
		h->seconds = 0;
	if (now_ns - h->window_ns >= config->window_s * NS_PER_S) {
		h->window_ns = now_ns;
		h->answered = h->failed = 0;
	}
	h->answered += evidence->answered;
	h->failed += evidence->refused;
	if (h->held_ns == 0 || now_ns - h->held_ns >= opening_ns)
		h->failed += evidence->unanswered;
	return h->failed >= config->failures && h->failed > h->answered ? hold(h, config, now_ns) : SL_HOLDOFF_SAME;
}
