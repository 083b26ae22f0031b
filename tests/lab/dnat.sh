#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client 192.0.2.1 --- sluice, mode dnat, two workers: 192.0.2.10, [2001:db8:1::10] --- 3 nginx, default route by sluice
#
# The backends see the client's own address; HTTP, a file each way and DNS are right over both families; a backend that calls
# its own VIP is refused with the cause named.
. "$(dirname "$0")/_lib.sh"

requests=${REQUESTS:-2000}
workers=()
(($(nproc) < 2)) || workers=(--workers 2 --lcores "0@0,1@0,2@1")
test_lab "${1:-af_packet}" --mode dnat "${workers[@]}"

make_file 8
for vip in 192.0.2.10 2001:db8:1::10; do
	client=192.0.2.1 url=http://$vip
	[[ $vip != *:* ]] || client=2001:db8:1::1 url=http://[$vip]
	forget_access_logs
	ab_run "$requests" "$url/"
	ab_run "$requests" "$url/" -k
	logged $((2 * requests))
	clients_are "$client"
	file_down client "$url"
	file_up client "$url"
	[[ $(lab_in client dig +short +time=2 +tries=2 "@$vip" a.lab.test) == 203.0.113.7 ]] || fail "$vip: no DNS answer"
	! lab_in backend2 curl -s -g -o /dev/null --max-time 2 "$url/" || fail "$vip: a hairpin in mode dnat was answered"
done
telemetry_is /sluice/drops 'r["dnat_on_link"] >= 2' || fail "hairpins were not refused: $(lab_telemetry /sluice/drops)"
telemetry_is /sluice/drops 'r["not_forwarded"] == 0 and r["owner_loop"] == 0' ||
	fail "replies went astray: $(lab_telemetry /sluice/drops)"
conserved
