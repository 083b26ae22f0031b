/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of the stages: the page to read first. */
#include "stages.h"

#include "sluice/path/pipeline.h"

void sl_pipeline(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
	if (s->forwarding == SL_FORWARDING_PAIRS)
		sl_stage_pairs(w, s, b);
	sl_stage_parse(w, s, b);
	sl_stage_local(w, s, b);
	if (w->shared->n_workers > 1)
		sl_stage_owner(w, s, b);
	sl_stage_fragments(w, s, b);
	sl_stage_flow(w, s, b);
	sl_stage_classify(w, s, b);
	sl_stage_admit(w, s, b);
	sl_stage_balance(w, s, b);
	sl_stage_nat(w, s, b);
	sl_stage_forward(w, s, b);
	sl_stage_output(w, s, b);
}
