# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# For tests/lab/*.sh: a lab that is taken down whatever happens, and what one asks it. Exit status of a test: 0 passed, 77
# skipped (last line says why), anything else failed. "# variants: a b" in a test's head: it is run once with each as $1.
set -euo pipefail
# shellcheck source=../../scripts/lab-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lab-lib.sh"

[[ $EUID -eq 0 ]] || { echo "needs root"; exit 77; }
lab_use "${LAB_NAME:-test}"
lab_down # what a killed test may have left
lab_use "${LAB_NAME:-test}"

test_finish()
{
	local status=$?
	trap - EXIT INT TERM
	set +e
	if ((status != 0 && status != 77)); then
		echo "---- counters"
		lab_counters
		[[ $(type -t explain) != function ]] || explain 2>/dev/null # what the test itself knows
		echo "---- what the kernel has dropped"
		kernel_drops
		echo "---- last lines of sluice's log"
		tail -n 40 "$LAB_LOG" 2>/dev/null
		echo "---- errors of the servers"
		cat "${LAB_WORK:-/nonexistent}"/backend*/error.log 2>/dev/null | tail -n 20
	fi
	lab_down
	exit "$status"
}

# Of the whole machine: frames between virtual links that came faster than a processor took them.
softnet_drops()
{
	local line sum=0
	while read -r -a line; do
		sum=$((sum + 16#${line[1]}))
	done </proc/net/softnet_stat
	echo "$sum"
}
softnet_drops_before=$(softnet_drops)

# gentle_pps RATE: of datagrams that must not be lost; less where the queues between virtual links could not be made longer.
gentle_pps()
{
	local backlog=0
	read -r backlog 2>/dev/null </proc/sys/net/core/netdev_max_backlog || true
	echo $((backlog >= LAB_BACKLOG ? $1 : $1 / 5))
}

# What the kernel has not delivered, by socket and by interface.
kernel_drops()
{
	local where
	echo "this machine, between links: $(($(softnet_drops) - softnet_drops_before))"
	for where in "${LAB_NAMESPACES[@]}"; do
		ip netns exec "$where" nstat -asz | awk -v where="$where" \
			'$2 > 0 && $1 ~ /^Udp6?(In|Rcvbuf|Sndbuf)Errors$/ { print where ": " $1 " " $2 }'
		ip -n "$where" -s -j link | /usr/bin/python3 -c 'import json, sys
for link in json.load(sys.stdin):
    for way, counts in link["stats64"].items():
        for key in ("dropped", "over_errors", "errors"):
            if counts.get(key):
                print("%s: %s %s %s %d" % (sys.argv[1], link["ifname"], way, key, counts[key]))' "$where"
	done 2>/dev/null
}

trap test_finish EXIT
trap 'exit 130' INT TERM

fail()
{
	echo "failed: $*"
	exit 1
}

skip()
{
	echo "skipped: $*"
	exit 77
}

# test_lab PMD [OPTIONS of scripts/lab-config]: everything up and answering.
test_lab()
{
	lab_up "$@"
	lab_start_sluice
	if ! grep -q pairs "$LAB_CONFIG"; then
		lab_wait 15 "an answer through 192.0.2.10" lab_answers 192.0.2.10
		lab_wait 15 "an answer through 2001:db8:1::10" lab_answers "[2001:db8:1::10]"
	fi
}

# telemetry COMMAND EXPRESSION: a Python expression over the reply, called r. For instance: telemetry /sluice/info 'r["workers"]'
telemetry()
{
	lab_telemetry "$1" | /usr/bin/python3 -c 'import json, sys
r = json.load(sys.stdin)[sys.argv[1].partition(",")[0]]
print(eval(sys.argv[2]))' "$1" "$2"
}

# telemetry_is COMMAND EXPRESSION: the expression is true.
telemetry_is()
{
	[[ $(telemetry "$1" "bool($2)") == True ]]
}

# Sum of one counter over all workers.
workers_sum()
{
	local n count sum=0 id
	n=$(telemetry /sluice/info 'r["workers"]') && [[ -n $n ]] || return 1 # "set -e" does not hold within $(...)
	for ((id = 0; id < n; id++)); do
		count=$(telemetry "/sluice/worker,$id" "r[\"$1\"]") && [[ -n $count ]] || return 1
		sum=$((sum + count))
	done
	echo "$sum"
}

# No packet was lost without a cause. Only true while no burst is under way, hence asked a few times.
conserved()
{
	lab_wait 10 "the conservation law to hold" telemetry_is /sluice/conservation 'r["imbalance_packets"] == 0' ||
		fail "packets lost without a cause: $(lab_telemetry /sluice/conservation)"
}

# only ADDRESS PATTERN: twelve requests of the client, a connection for each, and every one is answered by whom the pattern means.
only()
{
	answers=$(lab_in client curl -s -f -g --max-time 5 -H "Connection: close" "http://$1/?"{1..12}) || return 1
	(($(grep -Ec "$2" <<<"$answers") == 12))
}

# listens NAMESPACE PORT: somebody, for TCP
listens()
{
	[[ -n $(lab_in "$1" ss -Hltn "sport = :$2") ]]
}

# throughput ADDRESS: TCP for two seconds from the client to iperf3 on backend1. A server for each time: between two it does not listen.
throughput()
{
	local out=$LAB_WORK/iperf3.out
	lab_spawn iperf3 "$LAB_WORK/iperf3.log" backend1 iperf3 -s -1
	lab_wait 10 "the iperf3 server" listens backend1 5201
	lab_in client timeout 60 iperf3 -c "$1" -t 2 >"$out" 2>&1 || { cat "$out" "$LAB_WORK/iperf3.log"; fail "iperf3 to $1"; }
	grep receiver "$out"
	lab_wait 10 "the iperf3 server to end" lab_gone iperf3
}

# Forget what nginx has logged so far. (Its workers append, so truncation is safe.)
forget_access_logs()
{
	local n
	for n in 1 2 3; do
		: >"$LAB_WORK/backend$n/access.log"
	done
}

# Number of requests, or of connections, that backend N has logged.
requests_of()
{
	wc -l <"$LAB_WORK/backend$1/access.log"
}

connections_of()
{
	awk '{ print $1 }' "$LAB_WORK/backend$1/access.log" | sort -u | wc -l
}

all_requests()
{
	echo $(($(requests_of 1) + $(requests_of 2) + $(requests_of 3)))
}

all_logged()
{
	(($(all_requests) >= $1))
}

# logged REQUESTS: so many are in the access logs, which nginx writes a little later than it answers.
logged()
{
	lab_wait 10 "all requests in the access logs" all_logged "$1" || fail "only $(all_requests) of $1 requests logged"
}

# clients_are ADDRESS: each backend has had requests, all from there.
clients_are()
{
	local n others
	for n in 1 2 3; do
		others=$(awk -v client="$1" '$2 != client && count++ < 3' "$LAB_WORK/backend$n/access.log")
		[[ -z $others ]] || fail "backend$n saw another address than $1: $others"
		(($(requests_of "$n") > 0)) || fail "backend$n got no request"
	done
}

# make_file MIB: what file_down and file_up carry, random bytes.
make_file()
{
	head -c "${1}M" /dev/urandom >"$LAB_WORK/files/down"
	file_hash=$(sha256sum <"$LAB_WORK/files/down")
}

# file_down HOST URL, file_up HOST URL: the file comes whole from the server, goes whole to it.
file_down()
{
	local got
	got=$(lab_in "$1" curl -s -S -f -g --max-time 600 "$2/files/down" | sha256sum) || fail "$2: download failed"
	[[ $got == "$file_hash" ]] || fail "$2: another file came down"
}

file_up()
{
	lab_in "$1" curl -s -S -f -g --max-time 600 -T "$LAB_WORK/files/down" "$2/files/up" || fail "$2: upload failed"
	[[ $(sha256sum <"$LAB_WORK/files/up") == "$file_hash" ]] || fail "$2: another file went up"
	rm "$LAB_WORK/files/up"
}

# ab_run REQUESTS URL [OPTIONS of ab]: concurrency 64, every answer complete and 200.
ab_run()
{
	local requests=$1 url=$2 out
	shift 2
	out=$LAB_WORK/ab.out
	lab_in client timeout 300 ab -q -l -s 10 -c 64 -n "$requests" "$@" "$url" >"$out" 2>&1 ||
		{ cat "$out"; fail "ab $url"; }
	if ! grep -q "^Complete requests: *$requests$" "$out" || ! grep -q "^Failed requests: *0$" "$out" ||
		grep -Eq "^Non-2xx|^Write errors: *[1-9]" "$out"; then
		cat "$out"
		fail "ab $url"
	fi
	grep -E "^(Requests per second|Time taken)" "$out"
}

# wait_for PID WHAT FILE: the background job succeeds; otherwise the test fails with the output it left in the file.
wait_for()
{
	local pid=$1 what=$2 out=$3
	wait "$pid" || { cat "$out"; fail "$what"; }
}
