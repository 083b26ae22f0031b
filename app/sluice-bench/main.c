/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench: the real packet path over packets that never saw a wire. */
#include "expiry.h"
#include "flow_table.h"
#include "report.h"
#include "schedulers.h"
#include "soak.h"

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

static int soak(struct gateway *g, struct traffic *t, const struct bench_options *o)
{
	struct report_soak s;
	int result = soak_run(&s, t);

	report_soak(g, o, &s);
	return result == 0 ? 0 : 1;
}

static int run(struct gateway *g, struct traffic *t, const struct bench_options *o)
{
	switch (o->command) {
	case BENCH_EXPIRY:
		return expiry(g, t, o);
	case BENCH_FLOW_TABLE:
		return flow_table(g, t, o);
	case BENCH_SCHEDULERS:
		return schedulers_run(t) == 0 ? 0 : 1;
	case BENCH_SOAK:
		return soak(g, t, o);
	default:
		return pipeline(g, t, o);
	}
}

int main(int argc, char **argv)
{
	struct bench_options o;
	struct gateway g;
	struct traffic t;

	if (bench_options_parse(&o, argc, argv, stderr) != 0)
		return 2;
	if (o.command == BENCH_HELP) {
		bench_options_print_help(stdout);
		return 0;
	}
	if (gateway_init(&g, &o) != 0 || traffic_init(&t, &g, &o) != 0)
		return 2;
	int result = traffic_establish(&t) != 0 ? 1 : run(&g, &t, &o);
	traffic_fini(&t);
	gateway_fini(&g);
	return result;
}
