#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client (ab, 64 at a time) --- sluice: 192.0.2.10:80 and [2001:db8:1::10]:80 --- 3 nginx :8080
#
# Kept connections and one connection a request: no error; new connections spread by weight within 1 %; each backend sees
# nothing but the source-NAT addresses. REQUESTS=20000 for the full run.
. "$(dirname "$0")/_lib.sh"

requests=${REQUESTS:-6000}
test_lab "${1:-af_packet}"

check_spread()
{
	local n share=$((requests / 3)) got
	for n in 1 2 3; do
		got=$(connections_of "$n")
		echo "  backend$n: $got connections, $(requests_of "$n") requests"
		((got * 100 >= share * 99 && got * 100 <= share * 101 + 100)) || fail "backend$n got $got connections of about $share"
	done
}

for vip in 192.0.2.10 "[2001:db8:1::10]"; do
	snat=10.1.0.3
	[[ $vip == *:* ]] && snat=2001:db8:2::3
	for kind in kept single; do
		echo "$vip, $requests requests, $kind connections"
		forget_access_logs
		if [[ $kind == kept ]]; then
			ab_run "$requests" "http://$vip/" -k
		else
			ab_run "$requests" "http://$vip/"
		fi
		logged "$requests"
		clients_are "$snat"
		[[ $kind == kept ]] || check_spread
	done
done
conserved
