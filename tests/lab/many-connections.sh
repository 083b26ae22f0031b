#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: one-worker two-workers no-hugepages ipv6
#
#   client, four addresses, 50,000 connections held at the same time --- sluice: one SNAT address --- 3 nginx
#
# Each connection answers a token of its own while all of them are open, seen by its backend under a tuple that no other has; none
# is lost, no packet either. The whole process takes less than 100 MB (two workers: 110) at that moment, and no more than `--check` said before.
# When they are closed, all flows end. COUNT for more or fewer (a process may need `ulimit -n` of a third of it).
. "$(dirname "$0")/_lib.sh"

variant=${1:-one-worker} count=$((${COUNT:-50000} / 4 * 4)) limit_mb=100
ulimit -n "$(ulimit -Hn)"
(($(ulimit -n) > count / 3 + 100)) || skip "a process may have only $(ulimit -n) files open"
export LAB_CONNECTIONS=$((count * 2 / 5 + 500)) # a third of them; nginx wants a sixteenth free, or ends idle ones
workers=1 lcores=0@0,1@0 vip=192.0.2.10 sources=(192.0.2.{11..14}) prefix=24 service=web url=http://192.0.2.10/
if [[ $variant == ipv6 ]]; then
	vip=2001:db8:1::10 sources=(2001:db8:1::{11..14}) prefix=64 service=web6 url="http://[2001:db8:1::10]/"
fi
[[ $variant != no-hugepages ]] || LAB_NO_HUGE=1
if [[ $variant == two-workers ]]; then
	(($(nproc) >= 2)) || skip "needs two CPUs"
	limit_mb=110 workers=2 lcores=0@0,1@0,2@1
fi
((count <= 60000)) || limit_mb=$((limit_mb + count / 4000))
test_lab af_packet --workers "$workers" --lcores "$lcores" --max-flows $((count > 60000 ? count + count / 8 : 65536)) \
	--timeout tcp_time_wait_s=2 --timeout tcp_closing_s=2 --timeout tcp_reset_s=2
if [[ $variant != no-hugepages && -z $LAB_HUGE_DIR ]]; then
	skip "no hugepages here"
fi
for source in "${sources[@]}"; do
	lab_address "$LAB-client" wan0 "$source/$prefix"
	lab_wait 10 "an answer to $source" lab_in client curl -s -f -g -o /dev/null --max-time 2 --interface "$source" "$url"
done

flows()
{
	telemetry "/sluice/service,$service" 'r["flows_active"]'
}

no_flow_left()
{
	(($(flows) == 0))
}

no_flow_but_ours()
{
	(($(flows) == count))
}

lab_wait 30 "the first connections to be forgotten" no_flow_left
created=$(telemetry "/sluice/service,$service" 'r["flows_created"]')
drops=$(telemetry /sluice/drops 'sum(v for k, v in r.items() if k != "multicast")')

# A process for each address of the client. It opens all, says so, and asks all of them again for each line that it gets.
ask()
{
	local answer
	read -r -t 200 answer <&"${hold[0]}" || fail "$1: no word from the client"
	echo "$1: $answer ($((SECONDS - begin)) s)"
	[[ $answer == ok* ]] || fail "$1"
}

begin=$SECONDS
coproc hold { exec ip netns exec "$LAB-client" /usr/bin/python3 "$LAB_ROOT/tests/lab/hold_connections.py" "$vip" 80 "$count" \
	"${sources[@]/#/--source=}"; }
ask "$count connections opened"
no_flow_but_ours || fail "$(flows) flows for $count connections"
(($(telemetry "/sluice/service,$service" 'r["flows_created"]') == created + count)) || fail "flows were made twice"

# What the whole process takes now, in kB, and what was said before.
taken=$(awk '$1 == "VmRSS:" || $1 == "HugetlbPages:" { sum += $2 } END { print sum }' "/proc/$(lab_pid sluice)/status")
lab_in sluice "$(lab_program sluice)" --check --config "$LAB_CONFIG" >"$LAB_WORK/check" 2>&1 || fail "--check: $(cat "$LAB_WORK/check")"
said=$(awk '/the whole process at most/ { print $NF * 1024 }' "$LAB_WORK/check")
echo "memory of the whole process with $count connections: $((taken * 1024 / 1000000)) MB; --check said: at most $((said * 1024 / 1000000)) MB"
((taken * 1024 < limit_mb * 1000000)) || fail "more than $limit_mb MB"
((taken <= said)) || fail "more than it said"

begin=$SECONDS
echo ask >&"${hold[1]}"
ask "asked again, all open"
no_flow_but_ours || fail "flows were lost: $(flows) for $count connections"
if ((workers > 1)); then
	for id in 0 1; do
		flows=$(telemetry "/sluice/worker,$id" 'r["flows_live"]')
		echo "worker $id has $flows flows"
		((flows > count * 45 / 100)) || fail "uneven"
	done
fi
for key in packets bytes; do
	telemetry_is "/sluice/service,$service" "r['client_$key'] > $count * 5 and r['server_$key'] > $count * 4" || fail "$key: $(lab_telemetry "/sluice/service,$service")"
done
now=$(telemetry /sluice/drops 'sum(v for k, v in r.items() if k != "multicast")')
((now == drops)) || fail "packets were dropped: $(lab_telemetry /sluice/drops)"
conserved

begin=$SECONDS
eval "exec ${hold[1]}>&-"
ask "closed"
# shellcheck disable=SC2154 # comes with the coproc
wait "$hold_PID" || true
lab_wait 60 "all flows to end" no_flow_left || fail "$(flows) flows are left"
echo "all flows have ended after $((SECONDS - begin)) s"
conserved
