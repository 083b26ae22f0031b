#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp
#
#   client (ab) --- sluice: control on CPU 0, workers on CPUs 0 and 1 --- 3 nginx
#
# Packets that reach the wrong worker are handed to their owner and counted; nothing is wrong for client or server. AF_XDP
# on veth has a single queue: one worker receives and sends for both.
. "$(dirname "$0")/_lib.sh"

(($(nproc) >= 2)) || skip "needs two CPUs"
requests=${REQUESTS:-4000}
test_lab "${1:-af_packet}" --workers 2 --lcores 0@0,1@0,2@1
telemetry_is /sluice/info 'r["workers"] == 2' || fail "sluice has not two workers"
for vip in 192.0.2.10 "[2001:db8:1::10]"; do
	ab_run "$requests" "http://$vip/"
	ab_run "$requests" "http://$vip/" -k
done

balanced()
{
	(($(workers_sum handed_in_packets) == $(workers_sum handed_out_packets)))
}

for id in 0 1; do
	flows=$(telemetry "/sluice/worker,$id" 'r["flows_created"]')
	echo "worker $id: $flows flows, $(telemetry "/sluice/worker,$id" 'r["handed_in_packets"]') packets handed in"
	((flows > requests / 4)) || fail "worker $id made only $flows flows"
done
lab_wait 10 "handed out = handed in" balanced ||
	fail "packets are lost between the workers"
(($(workers_sum handed_in_packets) > 0)) || fail "no packet was ever handed over"
telemetry_is /sluice/drops 'r["handover_full"] == 0 and r["owner_loop"] == 0' || fail "drops at hand-over"
conserved
