/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the pre-flight sees of the machine. Everything it reads comes through here, so that a test can show it a directory
 * tree and a function of its own instead of /sys, /proc and the kernel's interfaces.
 */
#ifndef APP_SLUICE_MACHINE_H
#define APP_SLUICE_MACHINE_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "sluice/base/ip.h"

#define MACHINE_PATH_MAX 512
#define MACHINE_ADDRESSES_MAX 16
#define MACHINE_NODES_MAX 8

/* A kernel network interface, in the network namespace of the process. */
struct netdev_facts {
	bool up;
	bool virtual; /* no device of its own behind it, such as veth */
	uint32_t mtu;
	unsigned int n_addresses;
	struct sl_ip addresses[MACHINE_ADDRESSES_MAX]; /* link-local IPv6 ones are left out: every interface has one */
};

struct machine {
	const char *sys, *proc, *dev; /* "/sys", "/proc", "/dev" */
	const char *runtime;	      /* DPDK's runtime directory: "/var/run/dpdk" for root */
	cpu_set_t cpus;		      /* CPUs to choose from: the affinity given, isolated ones too unless it was narrowed */
	cpu_set_t allowed;	      /* CPUs that may be asked for by name: those of its cpuset */
	cpu_set_t isolated;	      /* of the allowed ones, those the kernel keeps free (isolcpus=) */
	uid_t euid;
	uint64_t capabilities;	      /* effective, 1 << CAP_* */
	uint64_t memlock_bytes;	      /* RLIMIT_MEMLOCK, UINT64_MAX: unlimited */
	int (*netdev)(const char *name, struct netdev_facts *facts); /* 0, or -1 when there is none */
	long (*netdev_owner)(const char *name); /* pid of the sluice that uses it, -1 unknown, 0 none */
};

/* The machine we run on. */
void machine_init(struct machine *machine);

/* Fill in the CPUs of this process. The second is what it does with them, for a test. */
void machine_find_cpus(struct machine *machine);
void machine_choose_cpus(struct machine *machine, const cpu_set_t *affinity, const cpu_set_t *allowed);

bool machine_has_capability(const struct machine *machine, int capability);

/* A whole file with one number in it; 0 or -1. Format and arguments make the path. */
int machine_read_number(int64_t *value, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Name that a symbolic link ends with ("../../drivers/vfio-pci" -> "vfio-pci"); 0 or -1. */
int machine_read_link(char *name, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

bool machine_path_exists(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* NUMA node of a CPU, 0 where the machine does not tell. */
int machine_cpu_node(const struct machine *machine, unsigned int cpu);

/* NUMA node of a PCI device; -1 unknown. */
int machine_pci_node(const struct machine *machine, const char *address);

/* Bytes of memory that can still be had, from /proc/meminfo; UINT64_MAX where it does not tell. */
uint64_t machine_memory_available(const struct machine *machine);

/* The mount point of a hugetlbfs with pages of `page_kb` and its file mode; 0 or -1. */
int machine_hugetlbfs(const struct machine *machine, uint64_t page_kb, char *directory, size_t size);

/* Call visit(directory, arg) for the mount point of every hugetlbfs. */
void machine_each_hugetlbfs(const struct machine *machine, void (*visit)(const char *directory, void *arg), void *arg);

/* Command name of a process ("" when it is gone). */
void machine_process_name(const struct machine *machine, long pid, char *name, size_t size);

#endif
