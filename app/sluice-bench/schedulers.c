/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For each choice a flow begins and another ends, one behind the other: nothing else takes the caches away between them, so
 * what a scheduler reads of each backend lies there as far as it fits. Weights are 1 to 4, flows and answering times random.
 */
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_random.h>

#include "sluice/path/pick.h"

#include "report.h"
#include "schedulers.h"

#define KEYS 4096 /* clients, made before they are timed */
#define SIZES 3
#define ROWS (SL_SCHEDULER_MAGLEV + 1)

static const unsigned int sizes[SIZES] = { 3, 100, 1000 };

struct row {
	struct measure_range cycles[SIZES]; /* of a pick */
	double build_ms[SIZES];		    /* of a schedule */
};

static void make_backends(struct sl_service *service, struct sl_worker *w, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		service->backends[i] = (struct sl_backend){
			.ip = sl_ip_from_v4(rte_cpu_to_be_32(0x0a010000 + i)), .port_be = rte_cpu_to_be_16(8080), .id = (uint16_t)i,
			.weight = service->scheduler == SL_SCHEDULER_ROUND_ROBIN ? 1 : (uint16_t)(1 + i % 4), .generation = 1,
		};
		w->backend[i].value[SL_FLOW_COUNT_FLOWS_OPEN] = KEYS + rte_rand_max(1000);
		w->latency[i] = (struct sl_latency){ .ns = 100000 + (uint32_t)rte_rand_max(900000), .tick = w->now_tick, .generation = 1 };
	}
	service->n_backends = (uint16_t)n;
}

static void count(struct sl_worker *w, const struct sl_snapshot *s, uint16_t backend, int change)
{
	w->backend[backend].value[SL_FLOW_COUNT_FLOWS_OPEN] += (uint64_t)change;
	sl_rank_changed(w, s, 0, backend);
}

/* Each begins a flow and ends that of KEYS before it. */
static double cycles_of_picks(struct sl_worker *w, const struct sl_snapshot *s, const struct sl_tuple *keys, uint16_t *had)
{
	uint64_t start = rte_rdtsc_precise();

	for (unsigned int i = 0; i < KEYS; i++) {
		uint16_t id = sl_pick_target(w, &s->services[0], &keys[i])->id;
		count(w, s, id, 1);
		count(w, s, had[i], -1);
		had[i] = id;
	}
	return (double)(rte_rdtsc_precise() - start) / KEYS;
}

/* Returns how long it took, in milliseconds; *schedule replaces what was there. */
static double build(const struct traffic *t, struct sl_service *service)
{
	service->generation++; /* another schedule */
	uint64_t start = rte_rdtsc_precise();
	struct sl_schedule *schedule = sl_schedule_build(service, NULL, NULL);
	uint64_t cycles = rte_rdtsc_precise() - start;

	sl_schedule_release(atomic_exchange(&service->schedule, schedule));
	return (double)cycles * 1e3 / (double)t->gateway->shared.tsc_hz;
}

static int measure(struct row *row, struct traffic *t, struct sl_service *service, unsigned int size, const struct sl_tuple *keys)
{
	struct sl_worker *w = t->gateway->worker;
	struct sl_snapshot *s = calloc(1, sizeof(*s));
	uint16_t *had = calloc(KEYS, sizeof(*had));
	double cycles[99], ms[99];
	int result = s != NULL && had != NULL ? 0 : -1;

	make_backends(service, w, sizes[size]);
	if (result == 0)
		*s = (struct sl_snapshot){ .services = service, .n_services = 1 };
	for (unsigned int i = 0; i < t->options->repetitions && result == 0; i++) {
		ms[i] = build(t, service);
		result = sl_service_schedule(service) != NULL ? 0 : -1;
		if (result == 0)
			cycles[i] = cycles_of_picks(w, s, keys, had);
	}
	row->build_ms[size] = measure_range(ms, t->options->repetitions).median;
	row->cycles[size] = measure_range(cycles, t->options->repetitions);
	free(had);
	free(s);
	return result;
}

static void print_json(const struct traffic *t, const struct row rows[ROWS])
{
	json_t *object = report_json_common(t->gateway, t->options), *list = json_array();

	for (unsigned int i = 0; i < ROWS; i++)
		for (unsigned int j = 0; j < SIZES; j++)
			json_array_append_new(list, json_pack("{s:s, s:i, s:f, s:f, s:f, s:f}", "scheduler", sl_scheduler_name(i),
							      "backends", (int)sizes[j], "cycles_per_pick", rows[i].cycles[j].median,
							      "cycles_per_pick_min", rows[i].cycles[j].min, "cycles_per_pick_max",
							      rows[i].cycles[j].max, "schedule_build_ms", rows[i].build_ms[j]));
	json_object_set_new(object, "schedulers", list);
	report_json_print(object);
}

static void print_text(const struct traffic *t, const struct row rows[ROWS])
{
	printf("choice of a backend for a new flow, in cycles; ");
	report_text_common(t->gateway, t->options);
	printf("\n  %-22s", "backends");
	for (unsigned int j = 0; j < SIZES; j++)
		printf(" %10u", sizes[j]);
	printf("   control lays out %u in\n", sizes[SIZES - 1]);
	for (unsigned int i = 0; i < ROWS; i++) {
		printf("  %-22s", sl_scheduler_name(i));
		for (unsigned int j = 0; j < SIZES; j++)
			printf(" %10.1f", rows[i].cycles[j].median);
		printf("   %8.3f ms\n", rows[i].build_ms[SIZES - 1]);
	}
}

static struct sl_tuple random_client(void)
{
	return (struct sl_tuple){ .peer = sl_ip_from_v4((uint32_t)rte_rand()), .self = sl_ip_from_v4(RTE_BE32(0xc000020a)),
				  .peer_port_be = (uint16_t)rte_rand(), .self_port_be = RTE_BE16(53), .proto = 17 };
}

int schedulers_run(struct traffic *t)
{
	struct sl_service service = { .table_size = 65537, .generation = 1 };
	struct sl_tuple *keys = calloc(KEYS, sizeof(*keys));
	struct row rows[ROWS];
	int result = 0;

	service.backends = calloc(sizes[SIZES - 1], sizeof(*service.backends));
	for (unsigned int i = 0; i < RTE_DIM(service.hash_key.k); i++)
		service.hash_key.k[i] = rte_rand() | 1;
	for (unsigned int i = 0; keys != NULL && i < KEYS; i++)
		keys[i] = random_client();
	for (unsigned int i = 0; i < ROWS && result == 0; i++) {
		service.scheduler = (uint8_t)i;
		for (unsigned int j = 0; j < SIZES && result == 0; j++)
			result = keys == NULL || service.backends == NULL ? -1 : measure(&rows[i], t, &service, j, keys);
	}
	if (result != 0)
		fprintf(stderr, "sluice-bench: out of memory\n");
	else if (t->options->json)
		print_json(t, rows);
	else
		print_text(t, rows);
	sl_schedule_release(atomic_load(&service.schedule));
	free(service.backends);
	free(keys);
	return result;
}
