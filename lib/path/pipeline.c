/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of the stages: the page to read first. What each does stands in stages.h. */
#include <rte_common.h>

#include "stages.h"

#include "sluice/path/pipeline.h"

/* Names are for sluice-bench, which times the stages one by one. */
static const struct sl_stage stages[] = {
	{ "pairs", sl_stage_pairs }, /* does nothing unless forwarding is "pairs" */
	{ "parse", sl_stage_parse },
	{ "local", sl_stage_local },
	{ "owner", sl_stage_owner }, /* does nothing with a single worker */
	{ "fragments", sl_stage_fragments },
	{ "relay", sl_stage_relay }, /* does nothing without relays */
	{ "stateless", sl_stage_stateless }, /* does nothing without a service that is so */
	{ "flow", sl_stage_flow },
	{ "classify", sl_stage_classify },
	{ "admit", sl_stage_admit },
	{ "balance", sl_stage_balance },
	{ "steer", sl_stage_steer }, /* does nothing without a one-way flow */
	{ "nat", sl_stage_nat },
	{ "forward", sl_stage_forward },
	{ "output", sl_stage_output },
};

void sl_pipeline(struct sl_worker *w, const struct sl_snapshot *s, struct sl_burst *b)
{
#pragma GCC unroll 32 /* the table is constant, so this becomes a plain call for each stage */
	for (unsigned int i = 0; i < RTE_DIM(stages); i++)
		stages[i].run(w, s, b);
}

const struct sl_stage *sl_pipeline_stages(unsigned int *n)
{
	*n = RTE_DIM(stages);
	return stages;
}
