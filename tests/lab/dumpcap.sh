#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client --- sluice (hugepages with files) --- backends        dpdk-dumpcap, unmodified, beside it
#
# A capture of sluice's WAN port holds the client's SYN. A secondary process needs the primary's memory in files, so this
# is skipped where hugepages cannot be had.
. "$(dirname "$0")/_lib.sh"

command -v dpdk-dumpcap >/dev/null || skip "dpdk-dumpcap is not installed"
lab_up af_packet
[[ -n $LAB_HUGE_DIR ]] || skip "no hugepages here"
lab_start_sluice
lab_wait 15 "an answer" lab_answers 192.0.2.10

lab_spawn dumpcap "$LAB_WORK/dumpcap.log" sluice timeout 30 dpdk-dumpcap --file-prefix="$LAB_PREFIX" -i net_af_packet0 -a duration:5 \
	-w "$LAB_WORK/wan.pcapng"

# DPDK's pdump takes the first packets only once it has its call-backs in place
captured()
{
	lab_answers 192.0.2.10
	[[ $(stat -c %s "$LAB_WORK/wan.pcapng" 2>/dev/null || echo 0) -gt 4096 ]]
}
lab_wait 15 "packets in the capture" captured || { cat "$LAB_WORK/dumpcap.log"; fail "dpdk-dumpcap captures nothing"; }
lab_wait 20 "dpdk-dumpcap to end" lab_gone dumpcap
/usr/bin/python3 -c 'import sys
from scapy.all import PcapNgReader, TCP, IP
n = sum(1 for p in PcapNgReader(sys.argv[1]) if TCP in p and p[TCP].flags == "S" and p[IP].dst == "192.0.2.10")
print(n, "SYNs captured")
sys.exit(n == 0)' "$LAB_WORK/wan.pcapng" || { cat "$LAB_WORK/dumpcap.log"; fail "no SYN in the capture"; }
lab_answers 192.0.2.10 || fail "traffic suffers from the capture"
conserved
