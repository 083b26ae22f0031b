#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client --- sluice: 192.0.2.10 -> IPv6 backends, [2001:db8:1::10] -> IPv4 backends --- 3 nginx, dnsmasq
#
# RFC 7915: HTTP, a file each way with full segments and DNS are right in both directions of translation; the backends see the
# source-NAT address of their own family.
. "$(dirname "$0")/_lib.sh"

requests=${REQUESTS:-2000}
test_lab "${1:-af_packet}" --translate

make_file 8
for vip in 192.0.2.10 2001:db8:1::10; do
	snat=2001:db8:2::3 url=http://$vip
	[[ $vip != *:* ]] || snat=10.1.0.3 url=http://[$vip]
	forget_access_logs
	ab_run "$requests" "$url/"
	logged "$requests"
	clients_are "$snat"
	file_down client "$url"
	file_up client "$url"
	[[ $(lab_in client dig +short +time=2 +tries=2 "@$vip" a.lab.test) == 203.0.113.7 ]] || fail "$vip: no DNS answer"
done
telemetry_is /sluice/drops 'r["mtu"] == 0' || fail "packets did not fit: $(lab_telemetry /sluice/drops)"
conserved
