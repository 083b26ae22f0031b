/* SPDX-License-Identifier: BSD-3-Clause */
/* A control thread's state around two real workers that do not run: its file, its sockets, everything but its loop. */
#ifndef SLUICE_TESTS_CONTROL_FIXTURE_H
#define SLUICE_TESTS_CONTROL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/control/control_internal.h"
#include "../support/eal.h"

#define S SL_NS_PER_S

#define HEAD                                                                                                         \
	"{\"version\": 1, \"workers\": 2, \"interfaces\": [{\"name\": \"wan\", \"device\": \"net_ring0\", "           \
	"\"addresses\": [\"192.0.2.2/24\"], \"gateways\": [\"192.0.2.1\"]}], \"services\": ["
#define WEB(backends) WEB_BY("192.0.2.3", backends)
#define WEB_BY(snat, backends)                                                                                                \
	"{\"name\": \"web\", \"address\": \"192.0.2.10\", \"port\": 80, \"protocol\": \"tcp\", \"mode\": \"full-nat\", " \
	"\"snat\": [\"" snat "\"], \"backends\": [" backends "]}"
#define BACKEND(n) "{\"address\": \"192.0.2.10" #n "\", \"port\": 8080}"
#define TAIL "]}"
#define TWO_BACKENDS HEAD WEB(BACKEND(1) ", " BACKEND(2)) TAIL
#define ONE_BACKEND HEAD WEB(BACKEND(1)) TAIL
#define OTHER_SNAT HEAD WEB_BY("192.0.2.4", BACKEND(1)) TAIL
#define NO_SERVICE HEAD TAIL

struct lab {
	struct rte_mempool *pool;
	struct sl_shared shared;
	struct sl_neighbour_table neighbours;
	struct sl_port port;
	struct sl_control *control;
	char path[64], socket_path[64];
};

static void write_file(struct lab *lab, const char *text)
{
	FILE *f = fopen(lab->path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static int lab_up(void **state)
{
	static struct lab lab;
	struct sl_problems problems;

	memset(&lab, 0, sizeof(lab));
	snprintf(lab.path, sizeof(lab.path), "/tmp/sluice-test-control-%d.json", (int)getpid());
	snprintf(lab.socket_path, sizeof(lab.socket_path), "/tmp/sluice-test-control-%d.sock", (int)getpid());
	write_file(&lab, TWO_BACKENDS);
	lab.pool = test_pool_create();
	lab.port = (struct sl_port){
		.id = RTE_MAX_ETHPORTS - 1, .facts = { .name = "net_ring0", .mac = { 2, 0, 0, 0, 0, 1 }, .mtu = 1500 }
	};
	assert_int_equal(sl_neighbour_table_init(&lab.neighbours, 64), 0);
	lab.shared = (struct sl_shared){
		.n_workers = 2, .n_ports = 1, .neighbours = &lab.neighbours, .control_wakeup_fd = -1
	};
	assert_int_equal(posix_memalign((void **)&lab.shared.rcu, 64, rte_rcu_qsbr_get_memsize(SL_MAX_WORKERS)), 0);
	assert_int_equal(rte_rcu_qsbr_init(lab.shared.rcu, SL_MAX_WORKERS), 0);
	for (uint16_t i = 0; i < 2; i++) {
		lab.shared.workers[i] = sl_worker_create(&lab.shared, i, lab.pool, 1024, false, -1,
							    sl_control_now_ns());
		assert_non_null(lab.shared.workers[i]);
	}
	assert_int_equal(sl_worker_connect(&lab.shared), 0);

	sl_problems_init(&problems);
	struct sl_control_options options = {
		.config_path = lab.path, .socket_path = lab.socket_path, .config = sl_config_load(lab.path, &problems), .shared = &lab.shared,
		.ports = &lab.port, .n_ports = 1, .pool = lab.pool,
	};
	sl_problems_print(&problems, stderr);
	assert_non_null(options.config);
	lab.control = sl_control_create(&options, &problems);
	sl_problems_print(&problems, stderr);
	assert_non_null(lab.control);
	sl_problems_fini(&problems);
	*state = &lab;
	return 0;
}

static int lab_down(void **state)
{
	struct lab *lab = *state;

	sl_control_destroy(lab->control);
	assert_null(atomic_load(&lab->shared.snapshot));
	assert_int_equal(lab->shared.control_wakeup_fd, -1);
	for (unsigned int i = 0; i < 2; i++)
		sl_worker_drain(lab->shared.workers[i]);
	for (unsigned int i = 0; i < 2; i++)
		sl_worker_destroy(lab->shared.workers[i]);
	sl_neighbour_table_fini(&lab->neighbours);
	free(lab->shared.rcu);
	assert_int_equal(rte_mempool_in_use_count(lab->pool), 0);
	rte_mempool_free(lab->pool);
	unlink(lab->path);
	return 0;
}

static inline const struct sl_service *web(const struct lab *lab)
{
	const struct sl_ip vip = sl_ip_from_v4(RTE_BE32(0xc000020a));
	return sl_snapshot_service(lab->control->snapshot, &vip, RTE_BE16(80), 6);
}

#endif
