#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client (dnsperf, 1000 queries a second) --- sluice: 192.0.2.10:53, [2001:db8:1::10]:53/udp --- dnsmasq :5353
#
# Every query is answered.
. "$(dirname "$0")/_lib.sh"

seconds=${TIME:-5}
test_lab af_packet
for n in {1..200}; do
	echo "n$n.lab.test A"
	echo "n$n.lab.test AAAA"
done >"$LAB_WORK/queries"

for vip in 192.0.2.10 2001:db8:1::10; do
	out=$LAB_WORK/dnsperf.out
	lab_in client timeout 60 dnsperf -s "$vip" -p 53 -d "$LAB_WORK/queries" -Q 1000 -l "$seconds" -c 20 >"$out" 2>&1 ||
		{ cat "$out"; fail "dnsperf $vip"; }
	grep -E "Queries (sent|completed|lost)|Response codes" "$out"
	grep -Eq "Queries lost: *0 " "$out" || fail "$vip: queries were lost"
	grep -Eq "Response codes: *NOERROR [0-9]+ \(100.00%\)" "$out" || fail "$vip: not every answer is NOERROR"
	sent=$(awk '/Queries sent:/ { print $3 }' "$out")
	((sent >= seconds * 300)) || fail "$vip: only $sent queries were sent in $seconds s"
done
telemetry_is /sluice/service,dns 'r["flows_created"] > 0' || fail "no flow of service dns"
conserved
