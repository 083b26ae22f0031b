/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An ethdev port: negotiate offloads and queues, start, watch the link, stop. Control thread only, except
 * sl_port_receive/send. Every failure names the device and what to do.
 */
#ifndef SLUICE_PORT_PORT_H
#define SLUICE_PORT_PORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "sluice/base/dispatch.h"
#include "sluice/base/problem.h"
#include "sluice/config/snapshot.h"

/*
 * How packets that the device receives find the worker that has their flow: its RSS leads them there, with the workers' key and
 * table, or the worker that receives them passes them on by a ring. X(identifier, how, why)
 */
#define SL_STEERINGS(X)                                                                          \
	X(NONE, "none", "there is one worker")                                                   \
	X(RSS, "rss", "the device hashes with the workers' key and table")                       \
	X(FEW_QUEUES, "ring", "fewer receive queues than workers")                              \
	X(NO_RSS, "ring", "the driver offers no RSS over addresses and ports")                   \
	X(NO_TABLE, "ring", "the driver offers no redirection table of 64, 128, ... 2048 entries") \
	X(OTHER_KEY, "ring", "the driver does not confirm the workers' RSS key")                     \
	X(OTHER_TABLE, "ring", "the driver does not confirm the workers' redirection table")

enum sl_steering {
#define X(id, how, why) SL_STEERING_##id,
	SL_STEERINGS(X)
#undef X
	SL_STEERING_MAX
};

struct sl_steering_info {
	const char *how, *why;
};
extern const struct sl_steering_info sl_steering_infos[SL_STEERING_MAX];

struct sl_kernel_sockets;

struct sl_port {
	uint16_t id; /* ethdev port id */
	struct sl_port_facts facts;
	const char *driver;
	char netdev[16];    /* kernel interface under a virtual device, empty where there is none */
	int numa_node;	    /* -1: unknown */
	uint16_t n_rx_queues, n_tx_queues, descriptors;
	uint16_t max_rx_queues;
	bool rx_checksum;   /* IPv4 header checksum verified by the device */
	bool multi_segment; /* device sends chained mbufs */
	bool rss;	    /* the device spreads packets over its receive queues with our key */
	uint16_t reta_size; /* of a redirection table that can be programmed, otherwise 0 */
	uint8_t steering;   /* enum sl_steering, after sl_port_steer */
	uint8_t steered;    /* SL_HASHED_*: packets that arrive at their worker */
	bool multicast_filter; /* exact multicast filter (otherwise all-multicast, where the device has it) */
	int multicast_fd;   /* has the kernel pass all multicast on to the virtual device, -1: none */
	struct sl_kernel_sockets *kernel_sockets; /* of net_af_packet and net_af_xdp: count what their drivers do not; else NULL */
	bool promiscuous;
	bool link_up;
	bool started;
	bool removed;	    /* released while sluice runs: see sl_port_release */
	_Atomic bool leaving; /* EAL's interrupt thread: the device is to be released */
};

struct sl_port_options {
	uint16_t workers;     /* queues wanted where the configuration names no number */
	uint16_t rx_queues;   /* 0: one a worker */
	uint16_t descriptors;
	uint16_t mtu;	      /* 0: leave it */
};

/* Find the ethdev port by device name (PCI address or vdev name), configure it and its queues. Not started yet. */
int sl_port_open(struct sl_port *port, const char *device, const struct sl_port_options *options,
		 struct rte_mempool *pool, struct sl_problems *problems);
int sl_port_start(struct sl_port *port, struct sl_problems *problems);
void sl_port_close(struct sl_port *port);

/* The device is being unbound or pulled out: whoever does it waits until it is released. */
bool sl_port_is_leaving(const struct sl_port *port);

/*
 * Let go of the device, so that its driver can. No worker may use the port any more. Afterwards it is `removed`: the calls
 * below do nothing, its link is down, its device counters are 0. Returns 0 or -errno (closed, but not all was given back).
 */
int sl_port_release(struct sl_port *port);

/* Entries of the table that all of these ports can follow which have one: what sl_dispatch_init needs. */
uint16_t sl_port_common_reta(const struct sl_port *ports, unsigned int n);

/*
 * A started port: program the workers' key and table, read them back, and note in port->steering what came of it. Not fatal:
 * where a device spreads packets in its own way, they are handed over. dispatch is NULL with a single worker.
 */
void sl_port_steer(struct sl_port *port, const struct sl_dispatch *dispatch);

/* Receive these multicast MAC addresses (6 bytes each); falls back to all-multicast. */
void sl_port_set_multicast(struct sl_port *port, const uint8_t (*macs)[6], unsigned int n);

/* Receive all multicast. */
void sl_port_set_all_multicast(struct sl_port *port);

/* Receive frames for any address (port pairs), or again only our own. A device that refuses is reported once, by name. */
void sl_port_set_promiscuous(struct sl_port *port, bool on);

/* Read the link state; true when it changed since the last call. Also knows kernel interfaces under virtual devices. */
bool sl_port_poll_link(struct sl_port *port);

/* Rough size of one mbuf's data room for an MTU, headroom included. */
uint16_t sl_port_data_room(uint16_t mtu);

/* What the device itself counted. */
struct sl_port_statistics {
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_missed, rx_errors, rx_no_mbuf, tx_errors;
};
void sl_port_read_statistics(const struct sl_port *port, struct sl_port_statistics *out);

#endif
