#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client 192.0.2.1, 2001:db8:1::1 --- .2 sluice, "forwarding": "route" .2 --- backend1 10.1.1.1, 2001:db8:2::1:1
#
# Two networks behind a router: ping with full frames, expired TTL and missing route answered by ICMP, TCP with iperf3,
# services beside it.
. "$(dirname "$0")/_lib.sh"

test_lab "${1:-af_packet}" --forwarding route
for target in 10.1.1.1 2001:db8:2::1:1; do
	lab_wait 10 "the first answer of $target" lab_in client ping -n -c 1 -W 1 "$target"
	lab_in client ping -n -q -c 20 -i 0.05 -W 2 -s 1452 "$target" | grep " 20 received" || fail "ping $target"
done

# expect_icmp COMMAND... PATTERN: an ICMP error from sluice, seen by the client
expect_icmp()
{
	local pattern=$1 out
	shift
	out=$(lab_in client ping -n -c 2 -i 0.3 -W 2 "$@" || true)
	grep -E "$pattern" <<<"$out" || { echo "$out"; fail "ping $*: no \"$pattern\""; }
}
expect_icmp "From 192.0.2.2 .*Time to live exceeded" -t 1 10.1.1.1
expect_icmp "From 2001:db8:1::2 .*Time exceeded: Hop limit" -t 1 2001:db8:2::1:1
expect_icmp "From 192.0.2.2 .*Destination Net Unreachable" 198.51.100.1
expect_icmp "From 2001:db8:1::2 .*Destination unreachable: No route" 2001:db8:99::1
telemetry_is /sluice/drops 'r["ttl"] >= 4 and r["no_route"] >= 4' || fail "drops: $(lab_telemetry /sluice/drops)"

for target in 10.1.1.1 2001:db8:2::1:1; do
	throughput "$target"
done
lab_answers 192.0.2.10 || fail "the service suffers"
conserved
