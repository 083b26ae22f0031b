# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Real HTTP, DNS and multicast through the lab of lab-lib.sh, every answer checked. Sourced by scripts/quickstart and scripts/vm-lab.

TRAFFIC_REQUESTS=${TRAFFIC_REQUESTS:-200} # of each kind and family
TRAFFIC_QUERIES=${TRAFFIC_QUERIES:-100}	  # of each family
TRAFFIC_DATAGRAMS=${TRAFFIC_DATAGRAMS:-2000}
TRAFFIC_RESULTS=

# traffic_http FAMILY VIP: kept connections, then one connection a request. Each answer must name a backend and a SNAT address.
traffic_http()
{
	local kind out snat=10.1.0.3
	[[ $1 == IPv6 ]] && snat=2001:db8:2::3
	for kind in kept single; do
		out=$LAB_WORK/http-$1-$kind
		if [[ $kind == kept ]]; then
			lab_in client curl -s -S --max-time 60 "http://$2/[1-$TRAFFIC_REQUESTS]" >"$out"
		else
			lab_in client curl -s -S --max-time 60 -H "Connection: close" "http://$2/[1-$TRAFFIC_REQUESTS]" >"$out"
		fi
		traffic_answers "$out" "^backend[123] $snat [0-9]+\$" "$TRAFFIC_REQUESTS" "HTTP over $1, $kind connections"
		TRAFFIC_RESULTS+=$(awk -v what="HTTP $kind" -v family="$1" '{ n[$1]++ } END {
			printf "%-12s %-6s %9d %9d %9d\n", what, family, n["backend1"], n["backend2"], n["backend3"] }' "$out")$'\n'
	done
}

# traffic_dns FAMILY VIP TYPE ANSWER
traffic_dns()
{
	local out=$LAB_WORK/dns-$1 n
	for ((n = 1; n <= TRAFFIC_QUERIES; n++)); do
		echo "n$n.lab.test $3"
	done >"$LAB_WORK/names"
	lab_in client timeout 120 dig +short +tries=1 +time=10 "@$2" -f "$LAB_WORK/names" >"$out" || true # what came is looked at below
	traffic_answers "$out" "^$4\$" "$TRAFFIC_QUERIES" "DNS over $1"
	TRAFFIC_RESULTS+=$(printf '%-12s %-6s %9d %9s %9s' "DNS" "$1" "$TRAFFIC_QUERIES" - -)$'\n'
}

# traffic_multicast: a stream of datagrams, of which each backend must get all, every byte of them (relay of lab-config --relay).
traffic_multicast()
{
	local tool=$LAB_ROOT/tests/lab/relay_datagrams.py n to sent out
	for n in 1 2 3; do
		to=10.1.1.$n:6001
		((n > 1)) || to=239.2.2.2:6001
		lab_spawn_ready 10 "receiver$n" "$LAB_WORK/receiver$n" "backend$n" "$tool" receive "$to" --count "$TRAFFIC_DATAGRAMS"
	done
	lab_in client "$tool" send 239.1.1.1:5001 --count "$TRAFFIC_DATAGRAMS" --pps 1000 --sizes 200,1400,8 >"$LAB_WORK/sent"
	sent=$(grep -o '"sha256": "[0-9a-f]*"' "$LAB_WORK/sent")
	for n in 1 2 3; do
		out=$LAB_WORK/receiver$n
		lab_wait 10 "receiver $n to end" lab_gone "receiver$n" || true
		if ! grep -qF "$sent, \"gaps\": 0" "$out"; then
			tail -n 1 "$out" >&2
			echo "multicast: backend$n did not get what was sent" >&2
			exit 1
		fi
	done
	TRAFFIC_RESULTS+=$(printf '%-12s %-6s %9d %9d %9d' "multicast" "IPv4" "$TRAFFIC_DATAGRAMS" "$TRAFFIC_DATAGRAMS" \
		"$TRAFFIC_DATAGRAMS")$'\n'
}

# traffic_answers FILE PATTERN COUNT WHAT: exactly so many lines, all of them right
traffic_answers()
{
	local good all
	good=$(grep -Ec "$2" "$1" || true)
	all=$(wc -l <"$1")
	if ((good != $3 || all != $3)); then
		tail -n 30 "$1" >&2
		echo "$4: $good of $3 answered right" >&2
		exit 1
	fi
}

# What went where, so far.
traffic_results()
{
	printf '\nWhat went where (requests, datagrams)\n%-12s %-6s %9s %9s %9s\n%s\n' "" "" backend1 backend2 backend3 "$TRAFFIC_RESULTS"
}
