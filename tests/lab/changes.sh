#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client: CONNECTIONS kept ones, requests over them at 80 % of what goes, and new ones --- sluice --- backend1..3
#                                              100 changes a second over the control socket ^
#
# 1. SECONDS long: backends and services are added and removed, weighted, drained, enabled.   2. RELOADS times SIGHUP with a
# file that changes.   No request fails, no connection is reset or moves to another backend. What it adds to the latency is
# reported, not judged. The long run: CONNECTIONS=10000 SECONDS_EACH=10 RELOADS=20 tests/lab/changes.sh
. "$(dirname "$0")/_lib.sh"

connections=${CONNECTIONS:-500} seconds=${SECONDS_EACH:-3} reloads=${RELOADS:-6}
ulimit -n $((connections + 1000))
test_lab af_packet

# Connections that ended by a reset. (A retransmitted FIN that comes too late is answered by one as well, which ends nothing.)
resets()
{
	local where
	for where in client backend1 backend2 backend3; do
		lab_in "$where" cat /proc/net/snmp
	done | awk '/^Tcp: [0-9]/ { n += $9 } END { print n + 0 }' # EstabResets
}

# phase WHAT SECONDS RATE: begins; phase_end reads its result.
phase()
{
	echo "run $2 $3" >&"${load[1]}"
}

phase_end()
{
	local answer
	read -r -t $((seconds + 60)) answer <&"${load[0]}" || fail "$1: the load does not answer"
	echo "$1: $answer"
	[[ $answer == ok* ]] || fail "$1"
	result=$answer
}

number()
{
	sed -n "s/.* $1=\([0-9.]*\).*/\1/p" <<<"$result"
}

coproc load { exec ip netns exec "$LAB-client" /usr/bin/python3 "$LAB_ROOT/tests/lab/keep_asking.py" 192.0.2.10 80 "$connections"; }
read -r -t 90 answer <&"${load[0]}" || fail "could not open $connections connections"
[[ $answer == ok* ]] || fail "$answer"
before=$(resets)

phase "as many as go" 2 0
phase_end "as many as go"
rate=$(($(number rate) * 8 / 10))
# A machine that others use, too, may have less to give than just before: then it would be overload that is shown.
for try in 1 2 3 4; do
	phase "nothing changes" "$seconds" "$rate"
	phase_end "nothing changes"
	calm=$(number max_ms)
	awk "BEGIN { exit !($calm > 500) }" || break
	((try == 4)) || rate=$((rate / 2))
done

phase "control socket" $((seconds + 1)) "$rate"
changes=$(/usr/bin/python3 "$LAB_ROOT/tests/lab/control_changes.py" "/run/dpdk/$LAB_PREFIX/sluice_control" "$seconds" 100)
echo "control socket: $changes"
[[ $changes == ok* ]] || fail "changes over the control socket"
phase_end "control socket"
edited=$(number max_ms)
telemetry_is /sluice/control "r['edits'] >= $seconds * 40 and r['requests_refused'] == 0" || fail "edits: $(lab_telemetry /sluice/control)"

# another backend that takes none of the connections, and another timeout, every time
for ((i = 1; i <= reloads; i++)); do
	lab_config --timeout "tcp_closing_s=$((100 + i))" |
		sed "0,/\"backends\": \[/s//\"backends\": [{\"address\": \"10.1.1.$((100 + i))\", \"port\": 8080, \"weight\": 0}, /" >"$LAB_WORK/reload$i.json"
done
# without programs of the test's own that keep the machine busy
has_reloaded()
{
	(($(grep -c "^sluice: reloaded: " "$LAB_LOG") == $1))
}
phase "SIGHUP" "$(awk "BEGIN { print $reloads * 0.3 + 1 }")" "$rate"
for ((i = 1; i <= reloads; i++)); do
	cp "$LAB_WORK/reload$i.json" "$LAB_CONFIG"
	kill -HUP "$(lab_pid sluice)"
	lab_wait 10 "reload $i" has_reloaded "$i"
	sleep 0.15 # some time for the load in each state
done
telemetry_is /sluice/info "r['reloads'] == $reloads" || fail "$(lab_telemetry /sluice/info)"
phase_end "SIGHUP"
reloaded=$(number max_ms)

after=$(resets)
((after == before)) || fail "$((after - before)) connections were reset, say the client's and the backends' kernels"
(($(workers_sum resets_sent) == 0)) || fail "sluice sent resets"
telemetry_is /sluice/info "r['reloads_refused'] == 0" || fail "a reload was refused"
conserved
# shellcheck disable=SC2154 # comes with the coproc
eval "exec ${load[1]}>&-" && wait "$load_PID"
echo "longest latency: $calm ms while nothing changes, $edited ms with 100 changes a second, $reloaded ms with $reloads reloads"
