#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_xdp tap
#
#   client (large UDP datagrams) --- sluice, two workers: 192.0.2.10:7, [2001:db8:1::10]:7/udp --- backend1, backend2 (echo :7777)
#                                    and port 9, to the backends' addresses of the other family
#
# 1. Datagrams in three to 42 fragments come back whole, in whatever order the fragments leave, also between IPv4 and IPv6, where
# IPv4 fragments outgrow the MTU.   2. With a smaller MTU behind sluice, those without DF are cut on the way.   (AF_PACKET would
# put fragments together before sluice sees them.)
. "$(dirname "$0")/_lib.sh"

workers=(--workers 2 --lcores "0@0,1@0,2@1")
(($(nproc) >= 2)) || workers=()
tool=$LAB_ROOT/tests/lab/udp_datagrams.py

# configure MTU: the lab's configuration with the echo services, and this MTU on lan.
configure()
{
	lab_config "${workers[@]}" | /usr/bin/python3 -c '
import json, sys
c = json.load(sys.stdin)
for name, vip, snat, backend in (("echo", "192.0.2.10", "10.1.0.3", "10.1.1.%d"),
                                 ("echo6", "2001:db8:1::10", "2001:db8:2::3", "2001:db8:2::1:%d")):
    c["services"].append({"name": name, "address": vip, "port": 7, "protocol": "udp", "snat": [snat],
                          "backends": [{"address": backend % n, "port": 7777} for n in (1, 2)]})
for here, there in ((-2, -1), (-2, -3)):
    c["services"].append(dict(c["services"][there], name="other%d" % len(c["services"]), port=9,
                              address=c["services"][here]["address"]))
c["interfaces"][1]["mtu"] = int(sys.argv[1])
json.dump(c, sys.stdout)' "$1" >"$LAB_WORK/config.new"
	mv "$LAB_WORK/config.new" "$LAB_CONFIG"
}

echo_answers()
{
	lab_in client "$tool" echo "$1" 7 --size 100 --count 1
}

lab_up "${1:-af_xdp}"
configure 1500
for n in 1 2; do
	lab_spawn_ready 10 "echo$n" "$LAB_WORK/echo$n.log" "backend$n" "$tool" serve 7777
done
lab_start_sluice
for vip in 192.0.2.10 2001:db8:1::10; do
	lab_wait 15 "an echo through $vip" echo_answers "$vip"
done

for vip in 192.0.2.10 2001:db8:1::10; do
	for order in kernel reversed shuffled; do
		lab_in client "$tool" echo "$vip" 7 --order "$order" || fail "$vip, $order"
	done
	lab_in client "$tool" echo "$vip" 7 --size 60000 --count 10 || fail "$vip, 60000 bytes"
	for order in kernel reversed shuffled; do
		lab_in client "$tool" echo "$vip" 9 --order "$order" || fail "$vip to the other family, $order"
	done
	lab_in client "$tool" echo "$vip" 9 --size 60000 --count 10 || fail "$vip to the other family, 60000 bytes"
done
((cut = $(workers_sum datagrams_cut))) || fail "no IPv4 fragment outgrew the MTU as IPv6"
lab_in client "$tool" echo 192.0.2.10 9 --size 1460 --allow-fragments || fail "1460 bytes from IPv4 to IPv6"
(($(workers_sum datagrams_cut) == cut + 50)) || fail "1460 bytes were not cut"
cut=$((cut + 50))
echo "followed $(workers_sum datagrams_fragmented), not complete $(workers_sum datagrams_incomplete), handed over $(workers_sum handed_out_packets)"
(($(workers_sum datagrams_fragmented) >= 640)) || fail "too few datagrams were seen in fragments"
telemetry_is /sluice/drops 'not any(n for cause, n in r.items() if "fragment" in cause)' || fail "fragments were dropped"
(($(workers_sum datagrams_incomplete) == 0)) || fail "datagrams were not complete"

configure 1400
kill -HUP "$(lab_pid sluice)"
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 1'
lab_in client "$tool" echo 192.0.2.10 7 --size 1450 --allow-fragments || fail "1450 bytes through an MTU of 1400"
lab_in client "$tool" echo 192.0.2.10 7 --size 4000 --allow-fragments || fail "4000 bytes through an MTU of 1400"
lab_in client "$tool" echo 192.0.2.10 9 --size 4000 --allow-fragments || fail "4000 bytes to IPv6 through an MTU of 1400"
echo "cut $(workers_sum datagrams_cut)"
(($(workers_sum datagrams_cut) >= cut + 250)) || fail "only $(workers_sum datagrams_cut) packets were cut"
conserved
