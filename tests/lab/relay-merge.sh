#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client -> 239.1.1.1:5001 (A) and 239.1.1.2:5001 (B, 100 datagrams behind) --- sluice, redundant --- 239.2.2.1:6001 backend1
#
# 5 % are lost on each way, independently: what comes out is all but what both have lost, each once, and that is what sluice counts.
. "$(dirname "$0")/_lib.sh"

tool=$LAB_ROOT/tests/lab/relay_datagrams.py
count=${DATAGRAMS:-40000}

# field FILE KEY of the JSON in its last line
field()
{
	tail -n 1 "$1" | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}

# explain: of a failed run
explain()
{
	"$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX" relay list feed
	cat "$LAB_WORK/sent" "$LAB_WORK/receiver"
}

lab_up af_packet
lab_config --frames 8192 | /usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" \
	"feed wan/239.1.1.1:5001?redundant=wan/239.1.1.2:5001&sequence=u64 lan/239.2.2.1:6001" >"$LAB_CONFIG"
lab_start_sluice
lab_spawn_ready 10 receiver "$LAB_WORK/receiver" backend1 "$tool" receive 239.2.2.1:6001 --count "$count" --sort
lab_in client "$tool" send 239.1.1.1:5001 239.1.1.2:5001 --count "$count" --pps "$(gentle_pps 5000)" --sizes 1316,8,700 --loss 0.05 \
	--behind 100 >"$LAB_WORK/sent"
lab_wait 15 "the receiver to end" lab_gone receiver
lost=$(field "$LAB_WORK/sent" lost)
explain
((lost > 0)) || fail "nothing was lost twice"
[[ $(field "$LAB_WORK/receiver" sha256) == $(field "$LAB_WORK/sent" sha256) && $(field "$LAB_WORK/receiver" twice) == 0 &&
	$(field "$LAB_WORK/receiver" datagrams) == $((count - lost)) ]] || fail "not what was sent came out"
telemetry_is /sluice/relay,feed "r['lost'] == $lost and r['late'] == 0 and r['packets'] == $((count - lost))" ||
	fail "sluice has counted something else"
conserved
