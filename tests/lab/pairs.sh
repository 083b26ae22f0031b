#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client 10.1.200.1/16, 2001:db8:2::200:1/64 --- sluice, "forwarding": pairs, like a wire --- backend1 10.1.1.1, 2001:db8:2::1:1
#
# Everything passes, ARP and neighbour discovery too; packets are counted.
. "$(dirname "$0")/_lib.sh"

test_lab "${1:-af_packet}" --forwarding pairs
lab_address "$LAB-client" wan0 10.1.200.1/16 2001:db8:2::200:1/64
for target in 10.1.1.1 2001:db8:2::1:1; do
	lab_wait 10 "the first answer of $target" lab_in client ping -n -c 1 -W 1 "$target"
	lab_in client ping -n -q -c 20 -i 0.05 -W 2 -s 1452 "$target" | grep " 20 received" || fail "ping $target"
done
lab_in client curl -s -S --max-time 20 http://10.1.1.2:8080/ | grep "^backend2 10.1.200.1 " || fail "HTTP to backend2"
throughput 10.1.1.1
for port in 0 1; do
	telemetry_is "/sluice/port,$port" 'r["rx_packets"] > 100 and r["tx_packets"] > 100' || fail "port $port counted nothing"
done
conserved
