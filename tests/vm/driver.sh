#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: virtio igb e1000e vmxnet3
#
#   client --- NIC 0 | guest: sluice | NIC 1 --- 3 nginx
#
# What a driver offers, or leaves to sluice: jumbo frames, the link's state, its own address filter (on, off and on again),
# damaged IP headers, VLAN tags. For each NIC it is the same to see from outside.
. "$(dirname "$0")/_lib.sh"

nic=${1:-virtio}
needs "$nic"

# frame PYTHON: the client sends what the scapy expression says.
frame()
{
	lab_in client /usr/bin/python3 -c "from scapy.all import *
sendp($1, iface='${2:-wan0}', verbose=False, count=10)"
}

# tagged NAMESPACE INTERFACE MAC FROM TO: ARP and ping with a VLAN tag are answered with that tag.
tagged()
{
	lab_in "$1" /usr/bin/python3 -c "from scapy.all import *
link = Ether(src='02:00:00:00:00:77', dst='$3') / Dot1Q(vlan=100)
for packet in ARP(hwsrc='02:00:00:00:00:77', psrc='$4', pdst='$5'), IP(src='$4', dst='$5') / ICMP() / b'tagged':
    reply = srp1(link / packet, iface='$2', timeout=10, verbose=False)
    if reply is None or reply[Dot1Q].vlan != 100:
        sys.exit('no answer with a tag: %r' % reply)
" || fail "VLAN on $2"
}

set_mtu()
{
	local n
	ip -n "$LAB-client" link set wan0 mtu 9000
	ip -n "$LAB-lan" link set uplink mtu 9000
	for n in 1 2 3; do
		ip -n "$LAB-lan" link set "port$n" mtu 9000
		ip -n "$LAB-backend$n" link set eth0 mtu 9000
	done
}

# reload OPTIONS of scripts/lab-config
reload()
{
	local before
	before=$(telemetry /sluice/info 'r["reloads"]')
	vm_configure --device mtu=9000 "$@"
	vm_copy "$LAB_CONFIG" "$VM_CONFIG"
	guest "kill -HUP \$(cat /run/sluice.pid)"
	lab_wait 10 "the reload" telemetry_is /sluice/info "r['reloads'] > $before" || fail "reload: $(lab_telemetry /sluice/info)"
}

dropped()
{
	telemetry_is /sluice/drops "r[\"$1\"] $2"
}

vm_test "--nic $nic --mtu 9000" --device mtu=9000
set_mtu
telemetry "/sluice/port,${VM_PCI[0]}" 'r["driver"], r["mtu_bytes"], r["offloads"]'
checks=False
[[ $nic != igb && $nic != e1000e ]] || checks=True # net_vmxnet3 checks TCP and UDP only
for address in "${VM_PCI[@]}"; do
	telemetry_is "/sluice/port,$address" "('rx_ipv4_checksum' in r['offloads']) == $checks and 'tx_multi_segment' in r['offloads']" ||
		fail "other offloads than this driver has"
done

echo "jumbo frames"
head -c 3000000 /dev/urandom >"$LAB_WORK/files/big"
lab_in client ping -q -c 3 -i 0.2 -M "do" -s 8972 192.0.2.2 >/dev/null || fail "no answer to 9000 bytes"
before=$(workers_sum rx_packets)
lab_in client curl -s -f --max-time 60 -o "$LAB_WORK/got" http://192.0.2.10/files/big || fail "big file"
cmp "$LAB_WORK/files/big" "$LAB_WORK/got" || fail "the big file is not the same"
packets=$(($(workers_sum rx_packets) - before))
((packets < 1500)) || fail "$packets packets for 3 MB: these were no jumbo frames"
telemetry_is "/sluice/port,${VM_PCI[0]}" 'r["device_rx_errors"] == 0 and r["device_tx_errors"] == 0' || fail "the device counts errors"

echo "link down and up"
for n in 0 1; do
	vm_qmp set_link name=nic$n up=false >/dev/null
	lab_wait 10 "the link to be down" telemetry_is "/sluice/port,${VM_PCI[n]}" 'r["link"] == "down"' || fail "link of NIC $n still up"
	vm_qmp set_link name=nic$n up=true >/dev/null
	lab_wait 10 "the link to be up" telemetry_is "/sluice/port,${VM_PCI[n]}" 'r["link"] == "up"' || fail "link of NIC $n still down"
	vm_answers
done

echo "a wire, which takes all frames, and back"
reload --forwarding pairs
lab_address "$LAB-client" wan0 10.1.200.1/16 2001:db8:2::200:1/64
for target in 10.1.1.1 2001:db8:2::1:1; do
	lab_wait 15 "an answer of $target" lab_in client ping -n -c 1 -W 1 "$target"
	lab_in client ping -n -q -c 10 -i 0.1 -W 2 "$target" | grep -q " 10 received" || fail "ping $target through a wire"
done
ip -n "$LAB-client" addr del 10.1.200.1/16 dev wan0
ip -n "$LAB-client" addr del 2001:db8:2::200:1/64 dev wan0
reload
vm_answers

echo "frames for other stations, damaged headers"
# Some not of ours come all the same, with whatever count: those under way while the workers were no wire any more, and, on
# igb and e1000e, probes of the backends for the client, their neighbour for a while: QEMU looks unicast addresses up in
# the hash table of groups too, and 02:00:00:00:00:01 has the hash of 33:33:00:00:00:01. No more than six; ten are sent.
before=$(telemetry /sluice/drops 'r["not_our_mac"]')
frame "Ether(dst='02:00:00:00:99:99')/IP(dst='192.0.2.10')/UDP(dport=53)"
frame "Ether(dst='02:00:00:00:01:00')/IP(src='192.0.2.1', dst='192.0.2.10', chksum=0x1234)/UDP(dport=53)"
lab_wait 10 "damaged frames to be counted" dropped ip_checksum "== 10" || fail "damaged headers: $(lab_telemetry /sluice/drops)"
dropped not_our_mac "< $before + 10" || fail "frames for other stations are let in: the port is still promiscuous"
telemetry_is "/sluice/port,${VM_PCI[0]}" 'r["link"] == "up"'
conserved
vm_stop_sluice || fail "no clean stop"

echo "VLAN"
vm_configure --vlan 100
vm_run_sluice
tagged client wan0 02:00:00:00:01:00 192.0.2.1 192.0.2.2
tagged lan uplink 02:00:00:00:01:01 10.1.1.1 10.1.0.2
frame "Ether(dst='02:00:00:00:01:00')/IP(src='192.0.2.1', dst='192.0.2.10')/UDP(dport=53)"
frame "Ether(dst='02:00:00:00:01:00')/Dot1Q(vlan=100)/IP(src='192.0.2.1', dst='192.0.2.10', chksum=0x1234)/UDP(dport=53)"
lab_wait 10 "frames to be counted" dropped vlan ">= 10" || fail "untagged frames: $(lab_telemetry /sluice/drops)"
lab_wait 10 "frames to be counted" dropped ip_checksum "== 10" || fail "damaged headers with a tag: $(lab_telemetry /sluice/drops)"
conserved
vm_stop_sluice || fail "no clean stop"
