/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way from DPDK's telemetry socket to the handlers. DPDK 22.11 passes a callback no pointer of ours and has no way
 * to take a command back, so `gate` is the one variable of this process that outlives its owner: it says whether there
 * is a control to ask. Handlers run in threads of EAL's and hold the gate for reading; start and stop change it as its
 * writer, so stop returns only once nobody is inside any more and nobody can come in.
 *
 * Order of locks: gate, then control->lock. The control thread holds the latter while it works, so a handler waits for
 * it a bounded time only, and the flow list does not hold it while it waits for workers.
 */
#include "telemetry_internal.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "sluice/base/log.h"
#include "sluice/control/telemetry.h"

#define LOCK_WAIT_S 2

static struct {
	pthread_rwlock_t lock;
	struct sl_control *control; /* NULL: not started, or stopped */
	bool registered;
} gate = { .lock = PTHREAD_RWLOCK_INITIALIZER };

static const struct sl_tel_command *const tables[] = {
	sl_tel_info_commands,	 sl_tel_port_commands,	  sl_tel_worker_commands,
	sl_tel_service_commands, sl_tel_backend_commands, sl_tel_network_commands, sl_tel_flow_commands,
	sl_tel_relay_commands,
};

const struct sl_tel_command *sl_tel_command_at(unsigned int i)
{
	for (unsigned int t = 0; t < RTE_DIM(tables); t++)
		for (const struct sl_tel_command *c = tables[t]; c->name != NULL; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

static const struct sl_tel_command *find_command(const char *name)
{
	const struct sl_tel_command *c;

	for (unsigned int i = 0; (c = sl_tel_command_at(i)) != NULL; i++)
		if (strcmp(c->name, name) == 0)
			break;
	return c;
}

int sl_tel_lock(struct sl_control *control)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOCK_WAIT_S;
	return pthread_mutex_timedlock(&control->lock, &until) == 0 ? 0 : -EBUSY;
}

void sl_tel_unlock(struct sl_control *control)
{
	pthread_mutex_unlock(&control->lock);
}

static int answer(const struct sl_tel_command *command, const struct sl_tel_request *request, struct rte_tel_data *d)
{
	struct sl_tel_node out = { .d = d };
	int rc;

	rte_tel_data_start_dict(d);
	if (command->unlocked)
		return command->handler(request, &out);
	rc = sl_tel_lock(request->control);
	if (rc != 0)
		return rc;
	rc = command->handler(request, &out);
	sl_tel_unlock(request->control);
	return rc;
}

int sl_tel_dispatch(const char *cmd, const char *text, struct rte_tel_data *d)
{
	const struct sl_tel_command *command = cmd == NULL ? NULL : find_command(cmd);
	struct sl_tel_params params;
	int rc = -ENODEV;

	if (command == NULL || sl_tel_params_split(&params, text) != 0 || params.n < command->min_params ||
	    params.n > command->max_params)
		return -EINVAL;
	pthread_rwlock_rdlock(&gate.lock);
	if (gate.control != NULL) {
		struct sl_tel_request request = { .control = gate.control, .params = &params };
		rc = answer(command, &request, d);
	}
	pthread_rwlock_unlock(&gate.lock);
	return rc;
}

/* For /eal/lcore/info: what the worker on this lcore does with its time. */
static int lcore_usage(unsigned int lcore, struct rte_lcore_usage *usage)
{
	int rc = -1;

	pthread_rwlock_rdlock(&gate.lock);
	const struct sl_shared *shared = gate.control != NULL ? gate.control->shared : NULL;
	for (unsigned int i = 0; shared != NULL && i < shared->n_workers; i++) {
		const struct sl_worker *w = shared->workers[i];
		if (w->lcore != lcore)
			continue;
		usage->total_cycles = sl_tel_read(&w->count[SL_COUNT_TOTAL_CYCLES]);
		usage->busy_cycles = sl_tel_read(&w->count[SL_COUNT_BUSY_CYCLES]);
		rc = 0;
	}
	pthread_rwlock_unlock(&gate.lock);
	return rc;
}

static int register_commands(void)
{
	const struct sl_tel_command *c;

	for (unsigned int i = 0; (c = sl_tel_command_at(i)) != NULL; i++) {
		int rc = rte_telemetry_register_cmd(c->name, sl_tel_dispatch, c->help);
		if (rc != 0) {
			sl_log_error("telemetry: cannot register %s: %s", c->name, strerror(-rc));
			return -1;
		}
	}
	rte_lcore_register_usage_cb(lcore_usage);
	return 0;
}

int sl_telemetry_start(struct sl_control *control)
{
	int rc = 0;

	pthread_rwlock_wrlock(&gate.lock);
	if (!gate.registered)
		rc = register_commands();
	if (rc == 0) {
		gate.registered = true;
		gate.control = control;
	}
	pthread_rwlock_unlock(&gate.lock);
	return rc;
}

void sl_telemetry_stop(void)
{
	pthread_rwlock_wrlock(&gate.lock);
	gate.control = NULL;
	pthread_rwlock_unlock(&gate.lock);
}
