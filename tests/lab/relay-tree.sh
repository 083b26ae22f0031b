#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client -> a group --- sluice --- a group, backend1;  a host, backend2;  a group or host of the other family, backend3
#
# Datagrams from 8 to 1472 bytes arrive everywhere, every byte of them, in order and once, while other relays are added,
# changed and removed, while one of this relay's outputs has a limit, and while another does not answer ARP.
. "$(dirname "$0")/_lib.sh"

tool=$LAB_ROOT/tests/lab/relay_datagrams.py
count=${DATAGRAMS:-8000}
ctl=("$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX")

one_relay()
{
	/usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" --one "$1"
}

# receive BACKEND ADDRESS:PORT
receive()
{
	lab_spawn_ready 10 "receiver$1" "$LAB_WORK/receiver$1" "backend$1" "$tool" receive "$2" --count 1000000000
}

# field FILE KEY of the JSON in its last line
field()
{
	tail -n 1 "$1" | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}

# explain: of a failed run
explain()
{
	"${ctl[@]}" relay list feed
	tail -qn 1 "$LAB_WORK/sent" "$LAB_WORK"/receiver? 2>/dev/null
}

# disturb INPUT OUTPUTS: other relays, and other outputs of this one
disturb()
{
	local limit unresolved
	read -r limit unresolved < <(telemetry /sluice/drops '"%d %d" % (r["relay_limit"], r["relay_unresolved"])')
	one_relay "other wan/239.1.9.2:5001 lan/239.2.9.9:6001" | "${ctl[@]}" relay add - >/dev/null
	one_relay "other wan/239.1.9.3:5001 lan/239.2.9.8:6001" | "${ctl[@]}" relay change other - >/dev/null
	"${ctl[@]}" relay remove other >/dev/null
	one_relay "feed $1 $2 lan/10.1.1.77:6001 lan/239.2.9.7:6001" |
		sed 's/"239.2.9.7", /&"max_pps": 10, /' | "${ctl[@]}" relay change feed - >/dev/null
	lab_wait 10 "copies dropped" telemetry_is /sluice/drops "r['relay_limit'] > $limit and r['relay_unresolved'] > $unresolved" ||
		fail "neither limit nor neighbour: $(lab_telemetry /sluice/drops)"
	one_relay "feed $1 $2" | "${ctl[@]}" relay change feed - >/dev/null
}

# stream SIZES INPUT OUTPUT1 OUTPUT2 OUTPUT3
stream()
{
	local sizes=$1 input=$2 n load sha sent outputs="$3 $4 $5"
	rm -f "$LAB_WORK/enough"
	one_relay "feed $input?sequence=u64 $outputs" | "${ctl[@]}" relay add - >/dev/null
	for n in 1 2 3; do
		local output=${outputs%% *}
		outputs=${outputs#* }
		receive "$n" "${output#*/}"
	done
	outputs="$3 $4 $5"
	lab_in client "$tool" send "${input#*/}" --count "$count" --pps "$pps" --sizes "$sizes" --until "$LAB_WORK/enough" \
		>"$LAB_WORK/sent" 2>&1 &
	load=$!
	for n in 1 2 3; do
		lab_wait 20 "the stream" telemetry_is /sluice/relay,feed "r['packets'] > $((count * n / 8))"
		disturb "$input?sequence=u64" "$outputs"
	done
	touch "$LAB_WORK/enough"
	wait_for "$load" "the sender" "$LAB_WORK/sent"
	sha=$(field "$LAB_WORK/sent" sha256) sent=$(field "$LAB_WORK/sent" datagrams)
	for n in 1 2 3; do
		lab_wait 15 "receiver $n to end" lab_gone "receiver$n"
		[[ $(field "$LAB_WORK/receiver$n" sha256) == "$sha" && $(field "$LAB_WORK/receiver$n" gaps) == 0 ]] ||
			fail "backend$n: $(tail -n 1 "$LAB_WORK/receiver$n"), sent $(cat "$LAB_WORK/sent")"
	done
	"${ctl[@]}" relay list feed
	telemetry_is /sluice/relay,feed "r['packets'] == $sent and r['inputs']['0']['lost'] == 0" || fail "counts"
	"${ctl[@]}" relay remove feed >/dev/null
}

# room for what comes while others have the processors, so that they do not cost datagrams
options=(--frames 8192)
[[ ${1:-} != af_xdp ]] || options=(--device descriptors=4096)
test_lab "${1:-af_packet}" "${options[@]}"
pps=${PPS:-$(gentle_pps 4000)}
[[ $LAB_PMD == af_packet ]] || pps=$((pps / 2)) # the other drivers have less of it
stream 8,9,1472,64,1471,576,100,1400 wan/239.1.1.1:5001 lan/239.2.2.1:6001 lan/10.1.1.2:6002 lan/239.2.2.2:6003
stream 8,9,1452,64,1451,576,100,1400 "wan/[ff05::1]:5001" "lan/[ff05::2]:6001" "lan/[2001:db8:2::1:2]:6002" lan/10.1.1.3:6003
stream 8,9,1452,1000 wan/239.1.1.1:5001 "lan/[2001:db8:2::1:1]:6001" lan/10.1.1.2:6002 "lan/[ff05::2]:6003"
conserved
