#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: igb virtio vmxnet3
#
#   client --- NIC 0 | guest: sluice, two workers | NIC 1 --- backends
#
# Receive-side scaling of the NICs leads packets to their worker, replies too: nothing is handed over. igb delivers the hash as
# well; virtio steers without; vmxnet3 does not confirm the key, so half of the packets take the ring, and nobody notices.
. "$(dirname "$0")/_lib.sh"

nic=${1:-igb}
needs "$nic"
[[ $nic != virtio ]] || ((VM_QEMU >= 8)) || skip "virtio-net of QEMU $VM_QEMU stalls with RSS"
vm_test "--nic $nic --queues 2 --cpus 3" --workers 2
for vip in 192.0.2.10 "[2001:db8:1::10]"; do
	ab_run 1000 "http://$vip/"
done
for id in 0 1; do
	flows=$(telemetry "/sluice/worker,$id" 'r["flows_created"]')
	((flows > 800)) || fail "worker $id made only $flows of 2000 flows"
	port=/sluice/port,$id
	handed=$(telemetry "$port" 'r["handed_over_packets"]') hashes=$(telemetry "$port" '" ".join(r["device_hash"])')
	echo "port $id: $(telemetry "$port" '"%s (%s)" % (r["steering"], r["steering_reason"])'), hashes taken: ${hashes:-none}," \
		"$handed of $(telemetry "$port" 'r["rx_packets"]') packets handed over"
	telemetry_is "$port" 'r["device_hash_wrong"] == []' || fail "port $id delivers another hash"
	if [[ $nic == vmxnet3 ]]; then
		telemetry_is "$port" 'r["steering"] == "ring"' || fail "port $id claims to steer"
		((handed > 1000)) || fail "who owns the packets of port $id?"
		continue
	fi
	telemetry_is "$port" 'r["steering"] == "rss" and set(r["steered"]) == {"tcp4", "tcp6", "udp4", "udp6"}' ||
		fail "port $id does not steer: $(lab_telemetry "$port")"
	((handed == 0)) || fail "port $id: packets arrived at the wrong worker"
	[[ $nic == virtio || $hashes == "tcp4 tcp6" ]] || fail "port $id: the device's hash is not used"
done
telemetry_is /sluice/drops 'r["handover_full"] == 0 and r["owner_loop"] == 0' || fail "drops at hand-over"
conserved
