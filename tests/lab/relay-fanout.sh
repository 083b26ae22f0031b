#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client -> 239.1.1.1:5001 --- sluice --- 50 groups: 239.2.0.1 to .50, of which backend1 hears 1, 10, 20, 30, 40 and 50
#          -> 192.0.2.10:53 (DNS)       --- backend1
#
# Every copy is made, what is heard arrives whole, and other traffic is served meanwhile.
. "$(dirname "$0")/_lib.sh"

tool=$LAB_ROOT/tests/lab/relay_datagrams.py
count=${DATAGRAMS:-10000}

# explain: of a failed run
explain()
{
	"$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX" relay list feed
	cat "$LAB_WORK/sent" "$LAB_WORK/receiver"
}

lab_up af_packet
groups=() heard=()
for n in $(seq 50); do
	groups+=("lan/239.2.0.$n:6001")
	if ((n == 1 || n % 10 == 0)); then
		heard+=("239.2.0.$n:6001")
	fi
done
lab_config --frames 8192 | /usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" "feed wan/239.1.1.1:5001?sequence=u64 ${groups[*]}" >"$LAB_CONFIG"
lab_start_sluice
# the others need not take the time of this machine's
ip -n "$LAB-lan" link set port2 down
ip -n "$LAB-lan" link set port3 down
lab_spawn_ready 10 receiver "$LAB_WORK/receiver" backend1 "$tool" receive "${heard[@]}" --count "$count"
lab_in client "$tool" send 239.1.1.1:5001 --count "$count" --pps "$(gentle_pps 1000)" --sizes 1400,8,200 >"$LAB_WORK/sent" 2>&1 &
load=$!
for n in 1 2 3 4 5 6 7 8 9 10; do
	lab_in client dig +short +time=2 +tries=2 @192.0.2.10 "$n.lab.test" | grep -q 203.0.113.7 || fail "DNS beside the relay"
done
wait_for "$load" "the sender" "$LAB_WORK/sent"
lab_wait 20 "the receiver to end" lab_gone receiver
cat "$LAB_WORK/sent" "$LAB_WORK/receiver"
telemetry_is /sluice/relays "r['relays']['0']['output_packets'] == $((50 * count)) and r['relays']['0']['output_drops'] == 0" ||
	fail "copies are missing: $(lab_telemetry /sluice/relays)"
sha=$(/usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["sha256"])' <"$LAB_WORK/sent")
(($(grep -c "\"$sha\", \"gaps\": 0" "$LAB_WORK/receiver") == ${#heard[@]})) || fail "what arrived is not what was sent"
conserved
