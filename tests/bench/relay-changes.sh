#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   udp_load, CPU 0 -> 239.1.1.1:5001 -- wan0, CPU 1: sluice, lan0 -- br0 -- backend1, where 239.2.2.2 is counted and goes no further
#
# The highest rate at which no datagram is lost between the sender and the receiver's link; then the same while relays are added,
# changed and removed, and the measured relay gets and loses other outputs, as fast as sluicectl can. What was lost where, by the
# sender's count, sluice's and the link's. Needs root and a quiet machine; SECONDS_EACH=N, SIZES="1400 64", PMDS="af_packet af_xdp".
. "$(dirname "$0")/../lab/_lib.sh"

load=$LAB_BUILD/tests/udp_load
for tool in nft taskset "$load"; do
	command -v "$tool" >/dev/null || skip "$tool is missing"
done
(($(nproc) >= 2)) || skip "needs two CPUs"
seconds=${SECONDS_EACH:-4}
rates=(10000 15000 20000 30000 40000 50000 60000 70000 80000 100000 120000 140000 160000 180000 200000 250000 300000)
ctl=(nice -n 19 taskset -c 0 "$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX")

one_relay()
{
	/usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" --one "$1" >"$LAB_WORK/$2.json"
}

count_at_receiver()
{
	lab_in backend1 nft reset counter netdev lab copies
}

# change_all FILE: until there is the file; the number of edits that were accepted goes into it.
change_all()
{
	local edits=0
	until [[ -e $1 ]]; do
		"${ctl[@]}" relay add "$LAB_WORK/other.json"
		"${ctl[@]}" relay change feed "$LAB_WORK/more.json"
		"${ctl[@]}" relay change other "$LAB_WORK/changed.json"
		"${ctl[@]}" relay change feed "$LAB_WORK/feed.json"
		"${ctl[@]}" relay remove other
		edits=$((edits + 5))
	done >/dev/null
	echo "$edits" >"$1"
}

taken_so_far()
{
	telemetry /sluice/relay,feed 'r["packets"]'
}

# try RATE BYTES [changes]: sets sent, taken, arrived, edits, and rate to what was really sent in a second
try()
{
	local before changer=
	rm -f "$LAB_WORK/stop"
	before=$(taken_so_far)
	count_at_receiver >/dev/null
	if [[ -n ${3:-} ]]; then
		change_all "$LAB_WORK/stop" &
		changer=$!
	fi
	lab_in client nice -n -10 taskset -c 0 "$load" send 239.1.1.1 5001 --rate "$1" --seconds "$seconds" --size $(($2 + 42)) >"$LAB_WORK/sent"
	edits=0
	if [[ -n $changer ]]; then
		touch "$LAB_WORK/stop"
		wait "$changer" || fail "an edit was refused"
		edits=$(cat "$LAB_WORK/stop")
	fi
	read -r sent rate < <(/usr/bin/python3 -c 'import json, sys; r = json.load(sys.stdin); print(r["sent"], int(r["sent_pps"]))' <"$LAB_WORK/sent")
	LAB_PATIENCE=1 lab_wait 2 "the last ones" all_taken "$before" 2>/dev/null || true # some may be lost
	taken=$(($(taken_so_far) - before))
	arrived=$(count_at_receiver | sed -n 's/.*packets \([0-9]*\).*/\1/p')
}

all_taken()
{
	(($(taken_so_far) - $1 == sent))
}

lossless()
{
	((arrived == sent))
}

say()
{
	printf '%-22s %5d bytes: %8d datagrams/s %s: %s\n' "sluice, $LAB_PMD" "$1" "$rate" "$2" \
		"$sent sent, $((sent - taken)) lost before sluice, $((taken - arrived)) behind it, $edits edits"
}

# search BYTES [changes]: the highest rate of at most $limit without loss, each given two chances; leaves it in $limit
search()
{
	local i best=0
	for i in "${rates[@]}"; do
		((i <= limit)) || break
		try "$i" "$1" "${2:-}"
		lossless || try "$i" "$1" "${2:-}"
		lossless || break
		((rate > i * 95 / 100)) || break # the generator's limit
		best=$i
	done
	limit=$best
}

lab_up af_packet --lcores 0@0,1@1
ip -n "$LAB-lan" link set port2 down
ip -n "$LAB-lan" link set port3 down
lab_in backend1 nft "add table netdev lab; add counter netdev lab copies; add chain netdev lab in { type filter hook ingress device eth0 priority 0; };
	add rule netdev lab in ip daddr 239.2.2.2 counter name copies drop"
one_relay "other wan/239.1.9.2:5001 lan/239.2.9.9:6001" other
one_relay "other wan/239.1.9.3:5001 lan/239.2.9.8:6001" changed
one_relay "feed wan/239.1.1.1:5001 lan/239.2.2.2:6001" feed
one_relay "feed wan/239.1.1.1:5001 lan/239.2.2.2:6001 lan/239.2.9.7:6001" more

for LAB_PMD in ${PMDS:-af_packet af_xdp}; do
	lab_config --lcores 0@0,1@1 --frames 8192 | /usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" \
		"feed wan/239.1.1.1:5001 lan/239.2.2.2:6001" >"$LAB_CONFIG"
	lab_start_sluice
	for size in ${SIZES:-1400 64}; do
		limit=${rates[-1]}
		search "$size"
		((limit > 0)) || fail "no rate without loss: $(say "$size" "at least")"
		try "$limit" "$size"
		say "$size" "at rest"
		try "$limit" "$size" changes
		say "$size" "under changes"
		if ! lossless; then
			search "$size" changes
			echo "highest rate without loss under changes: $limit/s"
		fi
	done
	lab_stop sluice
done
