/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench: the real packet path over packets that never saw a wire. */
#include "expiry.h"
#include "flow_table.h"
#include "report.h"

static int pipeline(struct gateway *g, struct traffic *t, const struct bench_options *o)
{
	struct measure m;

	if (measure_pipeline(&m, t) != 0)
		return 1;
	report_pipeline(g, o, &m);
	return 0;
}

static int expiry(struct gateway *g, struct traffic *t, const struct bench_options *o)
{
	struct report_expiry e;

	if (expiry_measure(&e, t) != 0)
		return 1;
	report_expiry(g, o, &e);
	return 0;
}

static int flow_table(struct gateway *g, struct traffic *t, const struct bench_options *o)
{
	struct report_flow_table f;

	if (flow_table_measure(&f, t) != 0)
		return 1;
	report_flow_table(g, o, &f);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench_options o;
	struct gateway g;
	struct traffic t;
	int result;

	if (bench_options_parse(&o, argc, argv, stderr) != 0)
		return 2;
	if (o.command == BENCH_HELP) {
		bench_options_print_help(stdout);
		return 0;
	}
	if (gateway_init(&g, &o) != 0 || traffic_init(&t, &g, &o) != 0)
		return 2;
	if (traffic_establish(&t) != 0)
		result = 1;
	else
		result = o.command == BENCH_PIPELINE ? pipeline(&g, &t, &o) :
			 o.command == BENCH_EXPIRY ? expiry(&g, &t, &o) : flow_table(&g, &t, &o);
	traffic_fini(&t);
	gateway_fini(&g);
	return result;
}
