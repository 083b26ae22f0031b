/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Life-cycle and event loop of the control thread.
 *
 * A turn does everything that is due and says when the next thing is; then the thread sleeps until that time, a signal, or
 * a worker's message. Workers write to the eventfd only while control_awake is false: control clears it with an atomic
 * exchange and looks at the rings once more before it sleeps, so no message waits unseen.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "sluice/base/log.h"
#include "sluice/control/telemetry.h"

#include "announce.h"
#include "backends.h"
#include "companions.h"
#include "drains.h"
#include "events.h"
#include "flow_counts.h"
#include "flow_jobs.h"
#include "health.h"
#include "listener.h"
#include "neighbours.h"
#include "passive.h"
#include "publish.h"
#include "relays.h"
#include "reload.h"
#include "removal.h"
#include "requests.h"
#include "send.h"

#define TICK_NS (10 * 1000 * 1000ull)  /* deadlines are rounded up to it: at most 100 turns a second for timers */
#define LINK_NS (100 * 1000 * 1000ull) /* between looks at the links */
#define MORE_FILES "raise the limit of open files: ulimit -n 4096"
#define LEAVE_NS (200 * 1000 * 1000ull) /* at most, to leave multicast groups at the end */

const struct sl_counter_info sl_control_counter_infos[SL_CONTROL_COUNT_MAX] = {
#define X(id, name, help) { #name, help },
	SL_CONTROL_COUNTERS(X)
#undef X
};

uint64_t sl_control_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SL_NS_PER_S + (uint64_t)t.tv_nsec;
}

static bool is_ours(void *arg, const struct sl_ip *ip)
{
	const struct sl_control *control = arg;
	return sl_snapshot_is_local(control->snapshot, ip);
}

static void quiesce(void *arg)
{
	const struct sl_control *control = arg;
	sl_shared_quiesce(control->shared);
}

static void table_full(void *arg, bool evicted)
{
	struct sl_control *control = arg;
	control->count[evicted ? SL_CONTROL_COUNT_NEIGHBOURS_EVICTED : SL_CONTROL_COUNT_NEIGHBOURS_REFUSED]++;
}

static void set_filter(void *arg, uint16_t port, const uint8_t (*macs)[6], unsigned int n)
{
	struct sl_control *control = arg;

	if (port < control->n_ports)
		sl_port_set_multicast(&control->ports[port], macs, n);
}

static void set_no_filter(void *arg, uint16_t port)
{
	struct sl_control *control = arg;

	if (port < control->n_ports)
		sl_port_set_all_multicast(&control->ports[port]);
}

/* 0 or -errno. */
static int create_parts(struct sl_control *control)
{
	static const struct sl_neighbours_ops neighbours_ops = {
		.solicit = sl_control_solicit, .ours = is_ours, .quiesce = quiesce, .full = table_full
	};
	static const struct sl_announce_ops announce_ops = { .probe = sl_control_probe, .announce = sl_control_announce };
	static const struct sl_listen_ops listen_ops = {
		.report = sl_control_report, .report_membership = sl_control_report_membership,
		.report_leave = sl_control_report_leave, .filter = set_filter, .filter_none = set_no_filter
	};

	control->counts = calloc(1, sizeof(*control->counts));
	control->backend_notes = calloc(SL_MAX_BACKENDS, sizeof(*control->backend_notes));
	control->neighbours = sl_neighbours_create(control->shared->neighbours, &neighbours_ops, control);
	control->announcer = sl_announcer_create(&announce_ops, control);
	control->listener = sl_listener_create(&listen_ops, control);
	control->companions = sl_companions_create();
	control->passive = sl_passive_create();
	control->drains = sl_drains_create();
	control->relay_alarms = sl_relay_alarms_create();
	if (control->counts == NULL || control->backend_notes == NULL || control->neighbours == NULL ||
	    control->announcer == NULL || control->listener == NULL || control->companions == NULL || control->passive == NULL ||
	    control->drains == NULL || control->relay_alarms == NULL)
		return -ENOMEM;
	return sl_health_create(control, &control->health);
}

static int watch(const struct sl_control *control, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	return fd < 0 ? -1 : epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* main has blocked these signals before any other thread began, so they come here and nowhere else. */
static int create_loop(struct sl_control *control)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	control->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	control->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	control->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	control->shared->control_wakeup_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (control->epoll_fd < 0 || watch(control, control->signal_fd) != 0 || watch(control, control->timer_fd) != 0 ||
	    watch(control, control->shared->control_wakeup_fd) != 0 || watch(control, sl_health_fd(control->health)) != 0)
		return -1;
	return 0;
}

/* The control socket, the last to come and the first to go: who connects finds everything else in place. */
static int create_server(struct sl_control *control, const char *path, struct sl_problems *problems)
{
	if (path == NULL)
		return 0;
	control->server = sl_server_create(path, &sl_requests_ops, control, problems);
	if (control->server == NULL)
		return -1;
	if (watch(control, sl_server_fd(control->server)) == 0)
		return 0;
	sl_problem_add(problems, path, NULL, "cannot watch the control socket: %s", strerror(errno));
	return -1;
}

struct sl_control *sl_control_create(const struct sl_control_options *options, struct sl_problems *problems)
{
	struct sl_control *control = calloc(1, sizeof(*control));

	if (control == NULL) {
		sl_config_destroy(options->config);
		sl_problem_add(problems, "", NULL, "out of memory");
		return NULL;
	}
	*control = (struct sl_control){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.config_path = strdup(options->config_path),
		.config = options->config,
		.file = json_incref(options->config->json),
		.shared = options->shared,
		.ports = options->ports,
		.n_ports = options->n_ports,
		.pool = options->pool,
		.start_ns = sl_control_now_ns(),
		.start_time = time(NULL),
		.reload = { .ok = true, .when = time(NULL), .message = "started" },
		.epoll_fd = -1,
		.signal_fd = -1,
		.timer_fd = -1,
	};
	control->shared->control_wakeup_fd = -1;

	int ret = control->config_path != NULL ? create_parts(control) : -ENOMEM;
	if (ret != 0)
		sl_problem_add(problems, "", ret == -EMFILE ? MORE_FILES : NULL, "cannot set up control: %s", strerror(-ret));
	else if (create_loop(control) != 0)
		sl_problem_add(problems, "", MORE_FILES, "cannot set up the control loop: %s", strerror(errno));
	else if (sl_control_publish(control, control->config, problems) != 0)
		goto fail;
	else if (sl_telemetry_start(control) != 0)
		sl_problem_add(problems, "", NULL, "cannot register the /sluice/ telemetry commands");
	else if (create_server(control, options->socket_path, problems) == 0)
		return control;
fail:
	sl_control_destroy(control);
	return NULL;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void sl_control_destroy(struct sl_control *control)
{
	if (control == NULL)
		return;
	sl_telemetry_stop();
	sl_server_destroy(control->server);
	sl_flow_jobs_fini(control);
	sl_drains_destroy(control->drains);
	atomic_store_explicit(&control->shared->snapshot, NULL, memory_order_release);
	sl_relay_alarms_destroy(control->relay_alarms);
	sl_passive_destroy(control->passive);
	sl_health_destroy(control->health);
	sl_companions_destroy(control->companions);
	sl_listener_destroy(control->listener);
	sl_announcer_destroy(control->announcer);
	sl_neighbours_destroy(control->neighbours);
	sl_snapshot_destroy(control->snapshot);
	sl_config_destroy(control->config);
	json_decref(control->file);
	close_fd(control->shared->control_wakeup_fd);
	control->shared->control_wakeup_fd = -1;
	close_fd(control->timer_fd);
	close_fd(control->signal_fd);
	close_fd(control->epoll_fd);
	pthread_mutex_destroy(&control->lock);
	free(control->backend_notes);
	free(control->counts);
	free(control->config_path);
	free(control);
}

static void read_signals(struct sl_control *control)
{
	struct signalfd_siginfo info;

	while (read(control->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			sl_control_reload(control);
		} else {
			sl_log_info("%s: stopping", info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
			control->stopping = true;
		}
	}
}

static void join_groups(struct sl_control *control, uint16_t port, uint64_t now_ns)
{
	if (sl_listener_link_up(control->listener, port, now_ns) != 0)
		sl_log_error("%s: out of memory: multicast filter not set, so IPv6 neighbours may not find us, and relays lack their "
			     "streams", control->ports[port].facts.name);
}

static void watch_links(struct sl_control *control, uint64_t now_ns)
{
	if (now_ns < control->next_link_ns)
		return;
	control->next_link_ns = now_ns + LINK_NS;
	for (unsigned int i = 0; i < control->n_ports; i++) {
		struct sl_port *port = &control->ports[i];
		if (sl_port_is_leaving(port))
			sl_control_release(control, (uint16_t)i);
		if (!sl_port_poll_link(port))
			continue;
		control->count[SL_CONTROL_COUNT_LINK_CHANGES]++;
		sl_log_info("%s: link %s", port->facts.name, port->link_up ? "up" : "down");
		if (!port->link_up)
			continue;
		sl_announcer_link_up(control->announcer, control->snapshot, (uint16_t)i, now_ns);
		join_groups(control, (uint16_t)i, now_ns);
	}
	sl_companions_watch_links(control);
}

static uint64_t bury_tombstones(struct sl_control *control, uint64_t now_ns)
{
	if (!sl_snapshot_has_tombstones(control->snapshot))
		return SL_NEVER;
	if (now_ns >= control->next_drain_ns)
		control->next_drain_ns = now_ns + sl_control_bury(control);
	return control->next_drain_ns;
}

/* Everything that is due. Returns when the next thing will be. */
static uint64_t turn(struct sl_control *control)
{
	control->count[SL_CONTROL_COUNT_LOOPS]++;
	read_signals(control);
	uint64_t now_ns = sl_control_now_ns();
	sl_control_drain_events(control, now_ns);
	watch_links(control, now_ns);
	uint64_t next_ns = bury_tombstones(control, now_ns);

	next_ns = RTE_MIN(next_ns, sl_companions_run(control));
	next_ns = RTE_MIN(next_ns, sl_health_run(control, now_ns));
	next_ns = RTE_MIN(next_ns, sl_passive_run(control, now_ns));
	next_ns = RTE_MIN(next_ns, sl_backends_run(control, now_ns));
	next_ns = RTE_MIN(next_ns, control->next_link_ns);
	next_ns = RTE_MIN(next_ns, sl_announcer_run(control->announcer, now_ns));
	next_ns = RTE_MIN(next_ns, sl_listener_run(control->listener, now_ns));
	next_ns = RTE_MIN(next_ns, sl_drains_run(control, now_ns));
	next_ns = RTE_MIN(next_ns, sl_relay_alarms_run(control, now_ns));
	if (control->server != NULL)
		next_ns = RTE_MIN(next_ns, sl_server_run(control->server, now_ns));
	next_ns = RTE_MIN(next_ns, sl_flow_jobs_run(control, now_ns)); /* behind those who start jobs */
	return RTE_MIN(next_ns, sl_neighbours_run(control->neighbours, now_ns));
}

static void set_timer(const struct sl_control *control, uint64_t at_ns)
{
	at_ns = (at_ns / TICK_NS + 1) * TICK_NS;
	struct itimerspec when = {
		.it_value = { .tv_sec = (time_t)(at_ns / SL_NS_PER_S), .tv_nsec = (long)(at_ns % SL_NS_PER_S) },
	};

	timerfd_settime(control->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void wait_until(struct sl_control *control, uint64_t next_ns)
{
	struct epoll_event events[8];
	uint64_t count;

	if (next_ns <= sl_control_now_ns())
		return;
	atomic_exchange(&control->shared->control_awake, false);
	if (!sl_control_events_pending(control) && !sl_companions_pending(control) && !sl_flow_jobs_pending(control)) {
		set_timer(control, next_ns);
		epoll_wait(control->epoll_fd, events, RTE_DIM(events), -1);
	}
	atomic_store(&control->shared->control_awake, true);

	/* Level-triggered: emptied, or the next wait would return at once. Nothing to read is no error. */
	if (read(control->timer_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		sl_log_warning("control timer: %s", strerror(errno));
	if (read(control->shared->control_wakeup_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		sl_log_warning("control wake-up: %s", strerror(errno));
}

/* Before the workers end: routers and switches need not send to us any longer. */
static void leave_groups(struct sl_control *control)
{
	uint64_t now_ns = sl_control_now_ns(), end_ns = now_ns + LEAVE_NS;
	bool left = false;

	pthread_mutex_lock(&control->lock);
	sl_listener_leave(control->listener, now_ns);
	pthread_mutex_unlock(&control->lock);
	while (!left && now_ns < end_ns) {
		pthread_mutex_lock(&control->lock);
		left = sl_listener_run(control->listener, now_ns) == SL_NEVER && !sl_control_frames_pending(control);
		pthread_mutex_unlock(&control->lock);
		if (!left)
			usleep(1000);
		now_ns = sl_control_now_ns();
	}
}

int sl_control_run(struct sl_control *control)
{
	atomic_store(&control->shared->control_awake, true);
	pthread_mutex_lock(&control->lock);
	for (unsigned int i = 0; i < control->n_ports; i++)
		join_groups(control, (uint16_t)i, sl_control_now_ns()); /* they were not started when it was created */
	pthread_mutex_unlock(&control->lock);
	while (!control->stopping) {
		pthread_mutex_lock(&control->lock);
		uint64_t next_ns = turn(control);
		bool stopping = control->stopping;
		pthread_mutex_unlock(&control->lock);
		if (!stopping)
			wait_until(control, next_ns);
	}
	leave_groups(control);
	return 0;
}
