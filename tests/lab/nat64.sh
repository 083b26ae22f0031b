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

head -c 8M /dev/urandom >"$LAB_WORK/files/down"
want=$(sha256sum <"$LAB_WORK/files/down")
for vip in 192.0.2.10 2001:db8:1::10; do
	snat=2001:db8:2::3 url=http://$vip
	[[ $vip != *:* ]] || snat=10.1.0.3 url=http://[$vip]
	forget_access_logs
	ab_run "$requests" "$url/"
	lab_wait 10 "all requests in the access logs" all_logged "$requests" || fail "only $(all_requests) requests logged"
	for n in 1 2 3; do
		others=$(awk -v snat="$snat" '$2 != snat && count++ < 3' "$LAB_WORK/backend$n/access.log")
		[[ -z $others ]] || fail "backend$n saw another address than $snat: $others"
		(($(requests_of "$n") > 0)) || fail "backend$n got no request"
	done
	[[ $(lab_in client curl -s -S -f -g --max-time 60 "$url/files/down" | sha256sum) == "$want" ]] || fail "$vip: another file came down"
	lab_in client curl -s -S -f -g --max-time 60 -T "$LAB_WORK/files/down" "$url/files/up" || fail "$vip: upload failed"
	[[ $(sha256sum <"$LAB_WORK/files/up") == "$want" ]] || fail "$vip: another file went up"
	rm "$LAB_WORK/files/up"
	[[ $(lab_in client dig +short +time=2 +tries=2 "@$vip" a.lab.test) == 203.0.113.7 ]] || fail "$vip: no DNS answer"
done
telemetry_is /sluice/drops 'r["mtu"] == 0' || fail "packets did not fit: $(lab_telemetry /sluice/drops)"
conserved
