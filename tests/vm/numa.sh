#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client --- NIC 0 | guest: NUMA node 0 with CPU 0, node 1 with CPUs 1-2, of which 2 is isolated, and the NICs | NIC 1 --- 3 nginx
#
# Left to itself sluice puts everything on the NICs' node: worker, flow table, packet buffers, hugepages. Put elsewhere, it
# works and says what is far from what.
. "$(dirname "$0")/_lib.sh"

needs virtio
vm_test "--numa 2 --cpus 3 --isolate 2"
a=${VM_PCI[0]}

# hugepages_on NODE: MiB of them that sluice has there
hugepages_on()
{
	guest "awk -v node=N$1 '/huge/ { for (i = 1; i <= NF; i++) if (split(\$i, x, \"=\") == 2 && x[1] == node) n += x[2] } END { print 2 * n + 0 }' /proc/\$(cat /run/sluice.pid)/numa_maps"
}

telemetry_is "/sluice/port,$a" 'r["numa_node"] == 1' || fail "the NIC is not on node 1"
telemetry_is /sluice/worker,0 'r["numa_node"] == 1 and r["memory_node"] == 1 and r["cpu"] == 2' ||
	fail "the worker is not on the isolated CPU of node 1: $(lab_telemetry /sluice/worker,0)"
here=$(hugepages_on 1) there=$(hugepages_on 0)
echo "sluice has $here MiB on the NICs' node, $there MiB on the other"
((here > 50 && there == 0)) || fail "memory is not where the NICs are"
guest "sluicectl --file-prefix $LAB_PREFIX workers"
guest "sluicectl --file-prefix $LAB_PREFIX workers | awk 'NR == 2 { exit !(\$4 == 1 && \$5 == 1) }'" || fail "sluicectl workers does not show the nodes"
guest "grep slower $VM_LOG" && fail "a warning though all is near"
conserved
vm_stop_sluice || fail "no clean stop"

echo "a worker on the other node"
vm_configure --lcores 0@2,1@0
vm_run_sluice
vm_answers
guest "grep '$a: is on NUMA node 1, worker 0 runs on node 0: slower; remedy: choose \"lcores\" from /sys/devices/system/node/node1/cpulist' $VM_LOG" ||
	fail "no warning of a worker far from its NIC"
telemetry_is /sluice/worker,0 'r["numa_node"] == 0 and r["memory_node"] == 0 and r["cpu"] == 0' || fail "the flow table is not with its worker"
(($(hugepages_on 1) > 0)) || fail "the receive buffers are not with the NIC"
conserved
vm_stop_sluice || fail "no clean stop"

echo "without hugepages memory is where DPDK's main thread is"
vm_configure --lcores 0@0,1@2
sed -i 's|"dpdk": {|"dpdk": { "hugepages": false,|' "$LAB_CONFIG"
vm_run_sluice
vm_answers
guest "grep 'worker 0 runs on NUMA node 1, its flow table is on node 0: slower; remedy: hugepages on node 1' $VM_LOG" ||
	fail "no warning of a flow table far from its worker"
guest "sluicectl --file-prefix $LAB_PREFIX workers | awk 'NR == 2 { exit !(\$4 == 1 && \$5 == 0) }'" || fail "sluicectl workers does not show it"
vm_stop_sluice || fail "no clean stop"
