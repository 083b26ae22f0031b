#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: virtio-2 virtio-3 igb-2 igb-3
#
#   client (ab, dig) --- NIC 0 | guest: sluice, N workers | NIC 1 --- 3 nginx, dnsmasq
#
# Each worker polls a receive queue of its own of each NIC, which spread the flows by RSS over addresses and ports. All
# queues are used, both directions of all flows are right, nothing is lost between the workers.
. "$(dirname "$0")/_lib.sh"

variant=${1:-virtio-2}
nic=${variant%-*} workers=${variant#*-} requests=${REQUESTS:-600}
needs "$nic"
[[ $nic != virtio ]] || ((VM_QEMU >= 8)) || skip "RSS of virtio-net stalls in QEMU $VM_QEMU"
vm_test "--nic $nic --queues $workers --cpus $((workers + 1))" --workers "$workers"
for address in "${VM_PCI[@]}"; do
	telemetry_is "/sluice/port,$address" "r['rx_queues'] == $workers and 'rss' in r['offloads']" ||
		fail "no RSS: $(lab_telemetry "/sluice/port,$address")"
done
for vip in 192.0.2.10 "[2001:db8:1::10]"; do
	ab_run "$requests" "http://$vip/"
	ab_run "$requests" "http://$vip/" -k
done
for ((n = 0; n < 100; n++)); do
	echo "n$n.lab.test A"
done >"$LAB_WORK/names"
(($(lab_in client dig +short +tries=1 +time=5 @192.0.2.10 -f "$LAB_WORK/names" | grep -c '^203\.0\.113\.7$') == 100)) || fail "DNS"

balanced()
{
	(($(workers_sum handed_in_packets) == $(workers_sum handed_out_packets)))
}

for ((id = 0; id < workers; id++)); do
	read -r rx flows handed < <(telemetry "/sluice/worker,$id" '"%d %d %d" % (r["rx_packets"], r["flows_created"], r["handed_in_packets"])')
	echo "worker $id: $rx packets received, $flows flows, $handed packets handed in"
	((rx > requests && flows > requests / workers / 2)) || fail "queue $id is hardly used"
done
lab_wait 10 "handed out = handed in" balanced || fail "packets are lost between the workers"
telemetry_is /sluice/drops 'r["handover_full"] == 0 and r["owner_loop"] == 0' || fail "drops at hand-over"
conserved
vm_stop_sluice || fail "no clean stop"
