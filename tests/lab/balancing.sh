#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client: ab --- sluice, two workers --- backend1, backend2, backend3, which drops every other SYN
#
# 1. least-latency: backend3's clients have to repeat their SYN, so it gets hardly any.   2. affinity: all requests of a client
# go to one backend, whichever worker they come to.   3. maglev: they go to all three.
. "$(dirname "$0")/_lib.sh"

command -v nft >/dev/null || skip "nft is not installed (package nftables)"

# reload KEY=TEXT...: with these keys in every service
reload()
{
	local options=(--workers 2) key reloads
	for key in "$@"; do
		options+=(--service "$key")
	done
	reloads=$(telemetry /sluice/info 'r["reloads"]')
	lab_config "${options[@]}" >"$LAB_CONFIG"
	kill -HUP "$(lab_pid sluice)"
	lab_wait 10 "the reload" telemetry_is /sluice/info "r['reloads'] == $((reloads + 1))"
}

# run NUMBER [OPTIONS of ab]: so many requests, counted by the backends
run()
{
	forget_access_logs
	ab_run "$1" http://192.0.2.10/ "${@:2}"
	logged "$1"
	shares=("$(requests_of 1)" "$(requests_of 2)" "$(requests_of 3)")
	echo "requests of the backends: ${shares[*]}"
}

test_lab af_packet --workers 2

lab_in backend3 nft -f - <<'RULES' || skip "this kernel's nftables cannot drop every other packet"
table ip lossy {
	chain input {
		type filter hook input priority 0
		tcp flags & (syn | ack) == syn numgen inc mod 2 0 drop
	}
}
RULES
reload scheduler=least-latency
run 30 -c 1 # each is asked once before anything is known of it; ab gives up a SYN when others suffice, but not its only one
telemetry_is /sluice/backends,web '[b["latency_us"] for b in sorted(r["backends"].values(), key=lambda b: b["latency_us"])][2] > 50000' ||
	fail "nobody is slow: $(lab_telemetry /sluice/backends,web)"
run 900
((shares[2] < 90)) || fail "backend3, which takes a second to answer, got ${shares[2]} of 900"
"$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX" backends web
lab_in backend3 nft flush ruleset

reload scheduler=least-connections affinity=source
run 300
[[ " ${shares[*]} " == *" 300 "* ]] || fail "a client with affinity had several backends: ${shares[*]}"
kept=$(workers_sum affinity_kept)
((kept >= 298)) || fail "affinity_kept: $kept" # all but the first of each worker

reload scheduler=maglev
run 600
for n in 0 1 2; do
	((shares[n] > 100 && shares[n] < 300)) || fail "maglev is far from even shares"
done
conserved
