#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: unbind unplug
#
#   client --- NIC 0 | guest: sluice | NIC 1 -x- backends
#
# NIC 1 is unbound from vfio-pci, or pulled out, in the middle of traffic. sluice releases it, says so, goes on with NIC 0,
# and drops what was meant for NIC 1 by name. With the NIC back and sluice started anew all is as before.
. "$(dirname "$0")/_lib.sh"

how=${1:-unbind}
nic=virtio
[[ $how == unbind ]] || nic=igb
needs "$nic"
vm_test "--nic $nic --queues 2 --cpus 3" --workers 2
gone=${VM_PCI[1]}
lab_spawn traffic "$LAB_WORK/ab.out" client ab -q -r -s 2 -c 16 -t 600 -n 10000000 http://192.0.2.10/
lab_wait 10 "traffic" telemetry_is /sluice/conservation 'r["rx_packets"] > 2000' || fail "no traffic"

echo "$how of $gone"
begin=$SECONDS
if [[ $how == unbind ]]; then
	guest 40 "echo $gone >/sys/bus/pci/drivers/vfio-pci/unbind" || fail "unbinding does not return"
else
	vm_qmp device_del id=nic1 >/dev/null
	lab_wait 40 "the device to be gone" guest "[ ! -e /sys/bus/pci/devices/$gone ]" || fail "the NIC cannot be pulled out"
fi
echo "released after $((SECONDS - begin)) s"
guest "grep -F '$gone' $VM_LOG | grep 'removed or unbound'" || fail "sluice does not say that it released $gone"
telemetry_is "/sluice/port,$gone" 'r["link"] == "removed" and r["ethdev_id"] == -1' || fail "telemetry does not know"
lab_in client ping -q -c 3 -i 0.2 -W 2 192.0.2.2 >/dev/null || fail "the other port does not work any more"
lab_answers 192.0.2.10 && fail "an answer without a way to the backends"
lab_stop traffic
telemetry_is /sluice/drops 'r["port_removed"] > 0' || fail "no packet was dropped as port_removed: $(lab_telemetry /sluice/drops)"
conserved
guest "kill -HUP \$(cat /run/sluice.pid)"
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 1' || fail "no reload without the NIC"
vm_stop_sluice || fail "no clean stop without the NIC"

[[ $how == unbind ]] || exit 0
vm_bind vfio-pci "$gone"
vm_run_sluice
vm_answers
