/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations of modes dsr, ipip and gue in the topology of lab.h: what they have in common. */
#ifndef SLUICE_TESTS_GOLDEN_ONE_WAY_H
#define SLUICE_TESTS_GOLDEN_ONE_WAY_H

#include "lab.h"

#define ONE_WAY(name, mode, scheduler, address, port, protocol, more) \
	"{ \"name\": \"" name "\", \"mode\": \"" mode "\", \"scheduler\": \"" scheduler "\", \"address\": \"" address "\", \"port\": " port \
	", \"protocol\": \"" protocol "\", " more " }"
#define ONE_WAY_CONFIG(more, services) \
	"{ \"version\": 1, \"dpdk\": { \"vdevs\": [\"net_ring_wan\", \"net_ring_lan\"] }, " more LAB_INTERFACES ", " \
	"\"services\": [ " services " ] }"
#define BACKEND(address) "{ \"address\": \"" address "\" }"
#define BACKENDS_V4 "\"backends\": [ " BACKEND("10.1.1.1") ", " BACKEND("10.1.1.2") " ]"
#define BACKENDS_V6 "\"backends\": [ " BACKEND("2001:db8:2::1:1") ", " BACKEND("2001:db8:2::1:2") " ]"
#define BACKEND_V4 "\"backends\": [ " BACKEND("10.1.1.1") " ]"
#define BACKEND_V6 "\"backends\": [ " BACKEND("2001:db8:2::1:1") " ]"

#define FROM_CLIENT(...) IN("wan", CLIENT_ETH, IP4("192.0.2.100", "192.0.2.10", .df = 1), __VA_ARGS__)
#define FROM_CLIENT6(...) IN("wan", CLIENT_ETH, IP6("2001:db8:1::100", "2001:db8:1::10"), __VA_ARGS__)
#define SYN FROM_CLIENT(TCP(1000, 80, "S", .seq = 100))
#define SYN6 FROM_CLIENT6(TCP(1000, 80, "S", .seq = 100))
#define ACK FROM_CLIENT(TCP(1000, 80, "A", .seq = 101, .ack = 501))

#endif
