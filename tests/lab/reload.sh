#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client: 30 kept connections + ab all the time --- sluice, SIGHUP --- backend1, backend2, backend3
#
# 1. backend3 is removed: its connections go on, new ones go elsewhere, nothing fails.   2. service web is removed: its
# connections go on, new ones are refused.   3. both end when their last flow has gone.   4. a file with mistakes is
# refused, says why, changes nothing.
. "$(dirname "$0")/_lib.sh"

options=(--timeout tcp_time_wait_s=2 --timeout tcp_half_closed_s=5 --timeout tcp_closing_s=5)
test_lab af_packet "${options[@]}"

reload()
{
	kill -HUP "$(lab_pid sluice)"
}

ask()
{
	local answer
	echo ask >&"${hold[1]}"
	read -r -t 30 answer <&"${hold[0]}" || fail "$1: the kept connections do not answer"
	echo "$1: kept connections: $answer"
	[[ $answer == ok* ]] || fail "$1: kept connections"
}

coproc hold { exec ip netns exec "$LAB-client" /usr/bin/python3 "$LAB_ROOT/tests/lab/hold_connections.py" 192.0.2.10 80 30; }
read -r -t 30 answer <&"${hold[0]}" || fail "could not open connections to keep"
[[ $answer == "ok backend1=10 backend2=10 backend3=10" ]] || fail "30 connections are spread like this: $answer"

# load_begin URL, load_end WHAT: requests all the time from the one to the other, and none fails.
load_begin()
{
	rm -f "$LAB_WORK/enough"
	(while [[ ! -e $LAB_WORK/enough ]]; do ab_run 1000 "$1"; done) >"$LAB_WORK/load.out" 2>&1 &
	load=$!
}

load_end()
{
	kill -0 "$load" || { cat "$LAB_WORK/load.out"; fail "$1: ended too early"; }
	touch "$LAB_WORK/enough"
	wait_for "$load" "$1" "$LAB_WORK/load.out"
}

echo "removing backend3 under traffic"
load_begin http://192.0.2.10/
lab_wait 10 "traffic" telemetry_is /sluice/service,web 'r["flows_created"] > 300'
lab_config "${options[@]}" --backends 1,2 >"$LAB_CONFIG"
reload
lab_wait 10 "the first reload" telemetry_is /sluice/info 'r["reloads"] == 1'
load_end "requests while backend3 was removed"
ask "backend3 removed"
telemetry_is /sluice/backends,web '[b["state"] for b in r["backends"].values() if b["address"] == "10.1.1.3"] == ["removed"]' ||
	fail "backend3 is not told to be removed: $(lab_telemetry /sluice/backends,web)"
forget_access_logs
ab_run 600 http://192.0.2.10/
logged 600
(($(requests_of 3) == 0)) || fail "the removed backend3 got $(requests_of 3) new requests"

echo "removing service web under traffic to another service"
load_begin http://192.0.2.10:81/
lab_wait 10 "traffic" telemetry_is /sluice/service,one 'r["flows_created"] > 0'
lab_config "${options[@]}" --backends 1,2 --without web >"$LAB_CONFIG"
reload
lab_wait 10 "the second reload" telemetry_is /sluice/info 'r["reloads"] == 2'
ask "service web removed"
telemetry_is /sluice/service,web 'r["state"] == "draining"' || fail "service web is not draining"
lab_in client curl -s --max-time 1 http://192.0.2.10/ && fail "the removed service took a new connection"
lab_answers "[2001:db8:1::10]" || fail "the other family's service suffered"
load_end "requests to another service"

echo "closing the kept connections"
eval "exec ${hold[1]}>&-"
# shellcheck disable=SC2154 # comes with the coproc
wait "$hold_PID" || true
lab_wait 60 "the removed service to be gone" telemetry_is /sluice/services 'not [n for n in r["services"] if n.startswith("web#")]' ||
	fail "service web still drains: $(lab_telemetry /sluice/service,web)"

echo "a file with mistakes"
generation=$(telemetry /sluice/info 'r["generation"]')
lab_config "${options[@]}" | sed '0,/"port": 80,/s//"port": 70000,/' >"$LAB_CONFIG"
reload
lab_wait 10 "the refusal" telemetry_is /sluice/info 'r["reloads_refused"] == 1'
telemetry_is /sluice/info "r['generation'] == $generation and r['last_reload'] == 'refused'" || fail "a refused reload changed something"
grep -q "/services/0/port.*70000" "$LAB_LOG" || fail "the log does not say what was wrong with the file"
lab_in client curl -s --max-time 1 http://192.0.2.10/ && fail "a service of the refused file is in use"
lab_answers 192.0.2.10:81 || fail "traffic suffers from the refused reload"
lab_config "${options[@]}" >"$LAB_CONFIG"
reload
lab_wait 10 "the third reload" telemetry_is /sluice/info 'r["reloads"] == 3'
lab_wait 5 "service web to be back" lab_answers 192.0.2.10
conserved
