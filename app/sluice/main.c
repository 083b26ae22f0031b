/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's table of contents: each step may fail, and what it did is undone in reverse order.
 *
 * SIGINT, SIGTERM and SIGHUP are blocked before the first thread exists, so that all threads inherit it and the control
 * loop alone receives them, through a signalfd. One that comes during the start stays pending and ends sluice at the next
 * look (or, when control runs, at once).
 */
#include <limits.h>
#include <signal.h>
#include <string.h>

#include <rte_eal.h>

#include "sluice/base/log.h"
#include "sluice/control/commands.h"

#include "claims.h"
#include "eal.h"
#include "gateway.h"
#include "privileges.h"
#include "report.h"

#define EXIT_MEND 2 /* something has to be mended first */

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN); /* a telemetry client that hangs up is no reason to end */
}

static bool interrupted(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && (sigismember(&set, SIGINT) == 1 || sigismember(&set, SIGTERM) == 1);
}

/* Where clients look for it: beside the telemetry socket. */
static void find_control_socket(char *path, size_t size)
{
	snprintf(path, size, "%s/%s", rte_eal_get_runtime_dir(), SL_CONTROL_SOCKET);
}

/* The innermost part: control exists, ports start, workers run. */
static int run(struct gateway *g, struct setup *setup)
{
	char socket_path[PATH_MAX];
	struct sl_control_options options = {
		.config_path = setup->options->config_path, .socket_path = socket_path, .config = setup->config, .shared = &g->shared,
		.ports = g->ports, .n_ports = g->n_ports, .pool = g->pools[g->control_node],
	};

	find_control_socket(socket_path, sizeof(socket_path));
	struct sl_control *control = sl_control_create(&options, &setup->problems);

	setup->config = NULL; /* control's now */
	if (control == NULL)
		return -1;
	int ret = gateway_start_ports(g, &setup->problems);
	if (ret != 0)
		goto destroy_control;
	report_ports(g, stdout);
	privileges_drop(g->ports, g->n_ports, setup->options->config_path);
	ret = gateway_launch(g, &setup->problems);
	if (ret != 0)
		goto destroy_control;
	sl_log_info("ready");
	sl_control_run(control);
	gateway_join(g);
	ret = report_end(g, stdout);
destroy_control:
	sl_control_destroy(control);
	return ret;
}

/* DPDK runs: build the gateway in it. */
static int start(struct setup *setup)
{
	struct gateway g;
	int ret = -1;

	memset(&g, 0, sizeof(g));
	if (interrupted())
		return 0;
	if (gateway_create_pools(&g, setup, &setup->problems) != 0)
		return -1;
	if (gateway_open_ports(&g, setup, &setup->problems) != 0)
		goto destroy_pools;
	if (gateway_create_workers(&g, setup, &setup->problems) != 0)
		goto close_ports;
	ret = interrupted() ? 0 : run(&g, setup);
	gateway_destroy_workers(&g);
close_ports:
	gateway_close_ports(&g);
destroy_pools:
	gateway_destroy_pools(&g);
	return ret;
}

static int run_setup(struct setup *setup)
{
	struct claims claims;
	struct eal eal;
	int ret = -1;

	report_start(setup, stdout);
	if (claims_take(&claims, &setup->devices, &setup->problems) != 0)
		return -1;
	if (eal_start(&eal, setup, &setup->problems) == 0) {
		ret = start(setup);
		eal_stop(&eal);
	}
	claims_release(&claims);
	return ret;
}

int main(int argc, char **argv)
{
	struct options options;
	struct setup setup;
	int status = EXIT_MEND;

	block_signals();
	if (options_parse(&options, argc, argv, stderr) != 0)
		return EXIT_MEND;
	if (options.action == OPTIONS_HELP || options.action == OPTIONS_VERSION) {
		if (options.action == OPTIONS_HELP)
			options_print_help(stdout);
		else
			puts("sluice " SLUICE_VERSION);
		return 0;
	}
	setup_prepare(&setup, &options);
	if (options.action == OPTIONS_CHECK && setup.plan.n_rows > 0)
		report_start(&setup, stdout); /* what is missing may be just what this says */
	if (setup_report(&setup) == 0) {
		sl_problems_fini(&setup.warnings); /* told once */
		if (options.action == OPTIONS_CHECK) {
			puts("sluice: configuration and machine are in order");
			status = 0;
		} else if (run_setup(&setup) == 0) {
			status = 0;
		} else {
			setup_report(&setup);
		}
	}
	setup_fini(&setup);
	return status;
}
