/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux keeps capabilities per thread, and EAL's threads (workers, telemetry, interrupts) were started with all of them:
 * dropping them in the main thread would leave exactly the threads that read packets and strangers' requests with every
 * right. So each thread is sent a signal and drops its own, as the C library does for setuid(); libcap-ng, which works on
 * one thread, then checks the result thread by thread.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cap-ng.h>
#include <linux/capability.h>
#include <rte_common.h>

#include "sluice/base/log.h"

#include "privileges.h"

#define BIT(capability) (UINT64_C(1) << (capability))
#define WAIT_MS 1000
#define PASSES 3 /* a thread started during one pass is caught by the next */

/* What drivers still ask of the kernel after the start. */
static const struct {
	const char *driver; /* beginning of its name */
	int capability;
	const char *reason;
} kept[] = {
	{ "net_af_xdp", CAP_NET_ADMIN, "net_af_xdp detaches its XDP program at the end" },
	{ "net_af_xdp", CAP_SYS_ADMIN, "net_af_xdp finds that program again by its id" },
	{ "mlx", CAP_NET_RAW, "mlx devices are programmed through the kernel" },
	{ "net_mlx", CAP_NET_RAW, "mlx devices are programmed through the kernel" },
};

/* A signal handler gets no argument: this is what it acts on. Written by the main thread while no handler runs. */
static struct {
	uint64_t keep;
	atomic_uint done;
} request;

static int set_capabilities(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)effective, .permitted = (uint32_t)permitted },
		{ .effective = (uint32_t)(effective >> 32), .permitted = (uint32_t)(permitted >> 32) },
	};

	return (int)syscall(SYS_capset, &header, data);
}

static uint64_t permitted_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 }, { 0 } };

	if (syscall(SYS_capget, &header, data) != 0)
		return 0;
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/* Of the calling thread. Only system calls: safe in a signal handler. */
static void drop_in_this_thread(uint64_t keep)
{
	uint64_t rest = permitted_capabilities() & keep;

	/* Without CAP_SETPCAP the bounding set stays; it gives nothing to a process that never runs another program. */
	for (int capability = 0; capability < 64; capability++)
		if ((keep & BIT(capability)) == 0)
			prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	set_capabilities(rest, rest);
}

static void on_signal(int signal)
{
	int saved = errno;

	drop_in_this_thread(request.keep);
	atomic_fetch_add(&request.done, 1);
	errno = saved;
}

/* Call visit for every other thread; returns how many visits returned true. */
static unsigned int other_threads(bool (*visit)(pid_t tid))
{
	DIR *dir = opendir("/proc/self/task");
	unsigned int n = 0;

	for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		pid_t tid = (pid_t)strtol(e->d_name, NULL, 10);
		if (tid > 0 && tid != gettid())
			n += visit(tid);
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

static bool has_too_many(pid_t tid)
{
	capng_setpid(tid);
	if (capng_get_caps_process() != 0)
		return false; /* it has ended */
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
		if ((request.keep & BIT(capability)) == 0 &&
		    capng_have_capability(CAPNG_PERMITTED, (unsigned int)capability))
			return true;
	return false;
}

static bool ask(pid_t tid)
{
	return has_too_many(tid) && syscall(SYS_tgkill, getpid(), tid, SIGRTMIN) == 0;
}

static bool drop_in_other_threads(uint64_t keep)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART }, before;
	unsigned int left = 1;

	request.keep = keep;
	sigaction(SIGRTMIN, &action, &before);
	for (unsigned int pass = 0; pass < PASSES && left > 0; pass++) {
		atomic_store(&request.done, 0);
		unsigned int asked = other_threads(ask);
		for (unsigned int ms = 0; ms < WAIT_MS && atomic_load(&request.done) < asked; ms++)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		left = other_threads(has_too_many);
	}
	/* A handler that could still run late must not find the default action, which ends the process. */
	if (left == 0)
		sigaction(SIGRTMIN, &before, NULL);
	return left == 0;
}

/* A reload reads the file again. Root without capabilities cannot read in other users' closed directories. */
static bool readable_with(uint64_t effective, const char *path)
{
	uint64_t permitted = permitted_capabilities();

	if (set_capabilities(effective & permitted, permitted) != 0)
		return true;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	set_capabilities(permitted, permitted);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static uint64_t choose(const struct sl_port *ports, unsigned int n_ports, const char *config_path)
{
	uint64_t keep = 0;

	for (unsigned int i = 0; i < n_ports; i++) {
		for (unsigned int k = 0; k < RTE_DIM(kept); k++) {
			if (strncmp(ports[i].driver, kept[k].driver, strlen(kept[k].driver)) != 0 ||
			    (keep & BIT(kept[k].capability)) != 0)
				continue;
			keep |= BIT(kept[k].capability);
			sl_log_info("keeps capability %s: %s",
				    capng_capability_to_name((unsigned int)kept[k].capability), kept[k].reason);
		}
	}
	if (!readable_with(keep, config_path) && readable_with(keep | BIT(CAP_DAC_READ_SEARCH), config_path)) {
		keep |= BIT(CAP_DAC_READ_SEARCH);
		sl_log_info("keeps capability dac_read_search: a reload could not read %s without", config_path);
	}
	return keep;
}

/* Of the control thread, which reads no packet but those of the host's own stack. */
static uint64_t choose_for_control(uint64_t keep)
{
	if ((permitted_capabilities() & ~keep & BIT(CAP_NET_ADMIN)) == 0)
		return keep;
	sl_log_info("keeps capability net_admin, in the control thread only: a reload may bring or change companions of the host's stack");
	return keep | BIT(CAP_NET_ADMIN);
}

void privileges_drop(const struct sl_port *ports, unsigned int n_ports, const char *config_path)
{
	if (permitted_capabilities() == 0)
		return;
	uint64_t keep = choose(ports, n_ports, config_path), control_keep = choose_for_control(keep);
	bool dropped = drop_in_other_threads(keep);
	drop_in_this_thread(control_keep);
	if (dropped && (permitted_capabilities() & ~control_keep) == 0)
		sl_log_info("dropped all %scapabilities in all threads", control_keep != 0 ? "other " : "");
	else
		sl_log_warning("could not drop capabilities in every thread: sluice goes on with more rights than it needs");
}
