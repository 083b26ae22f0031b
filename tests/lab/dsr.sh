#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client --- sluice, mode dsr --- 3 nginx with the VIPs on their loopback interface; their replies go around sluice (_one_way.sh)
#
# HTTP, a file each way and DNS over both families; backends see the client; sluice never sees a reply, nor a backend an ARP request
# for the VIP that it answers.
. "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/lab/_one_way.sh
. "$(dirname "$0")/_one_way.sh"

one_way_lab "${1:-af_packet}" dsr
one_way_traffic
telemetry_is /sluice/conflicts 'len(r["conflicts"]) == 0' ||
	fail "a backend answers for the VIP: $(lab_telemetry /sluice/conflicts)"
conserved
