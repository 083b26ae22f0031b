#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client wan0 -- wan0 sluice next -- in backend1 next -- in backend2 next -- in backend3
#                  hop 1               hop 2               hop 3              receives
#          239.1.0.0:5000      239.1.0.1:5001      239.1.0.2:5002      239.1.0.3:5003
#
# Three sluices in a row: datagrams of 1400 bytes arrive whole and in order behind the third. DATAGRAMS=10000000 PPS=N for more.
# With MTU 9000 the same for jumbo frames.
. "$(dirname "$0")/_lib.sh"

tool=$LAB_ROOT/tests/lab/relay_datagrams.py
hops=(sluice backend1 backend2 backend3)

# hop N: the N-th sluice, in its namespace
hop()
{
	local n=$1 where=${hops[$1 - 1]} in=in
	((n > 1)) || in=wan0
	cat >"$LAB_WORK/hop$n.json" <<-END
		{ "version": 1, "workers": 1, "max_flows": 1024,
		  "dpdk": { "hugepages": false, "file_prefix": "$LAB_PREFIX-hop$n", "lcores": "0@0,1@$((n % $(nproc)))",
		            "vdevs": ["net_af_packet0,iface=$in$depth", "net_af_packet1,iface=next$depth"] },
		  "interfaces": [ { "name": "in", "device": "net_af_packet0", "addresses": ["10.$n.1.2/24"] },
		                  { "name": "next", "device": "net_af_packet1", "addresses": ["10.$n.2.2/24"] } ],
		  "relays": [ { "name": "hop$n", "stream": { "sequence": "u64" },
		                "in": { "interface": "in", "group": "239.1.0.$((n - 1))", "udp_port": $((4999 + n)) },
		                "out": [ { "interface": "next", "address": "239.1.0.$n", "udp_port": $((5000 + n)) } ] } ] }
	END
	lab_spawn_ready 30 "hop$n" "$LAB_WORK/hop$n.log" "$where" "$(lab_program sluice)" --config "$LAB_WORK/hop$n.json"
}

relay_of_hop()
{
	"$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX-hop$1" relay list "hop$1"
}

# explain: of a failed run
explain()
{
	local n
	for n in 1 2 3; do
		relay_of_hop "$n"
	done
	cat "$LAB_WORK/sent" "$LAB_WORK/receiver"
}

# chain SIZES COUNT PPS
chain()
{
	local sha n
	for n in 1 2 3; do
		hop "$n"
	done
	lab_spawn_ready 10 receiver "$LAB_WORK/receiver" backend3 "$tool" receive 239.1.0.3:5003 --interface in --count "$2"
	lab_in client "$tool" send 239.1.0.0:5000 --count "$2" --pps "$3" --sizes "$1" >"$LAB_WORK/sent"
	lab_wait 20 "the receiver to end" lab_gone receiver
	for n in 1 2 3; do
		relay_of_hop "$n"
	done
	cat "$LAB_WORK/sent" "$LAB_WORK/receiver"
	sha=$(/usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["sha256"])' <"$LAB_WORK/sent")
	grep -q "\"sha256\": \"$sha\", \"gaps\": 0" "$LAB_WORK/receiver" || fail "not what was sent came out"
	for n in 1 2 3; do
		lab_stop "hop$n"
		rm -rf "/run/dpdk/$LAB_PREFIX-hop$n"
	done
}

rm -rf "/run/dpdk/$LAB_PREFIX-hop"? # of a failed run
lab_up af_packet
for n in 1 2 3; do
	lab_link "$LAB-${hops[n - 1]}" next "$LAB-${hops[n]}" in
	lab_in "${hops[n]}" sysctl -q -w net.ipv6.conf.in.disable_ipv6=1 net.ipv6.conf.next.disable_ipv6=1 2>/dev/null || true
done
depth=,framecnt=8192 # so that what else runs here does not cost datagrams
chain 1400 "${DATAGRAMS:-50000}" "${PPS:-$(gentle_pps 5000)}"
depth=,framesz=16384,blocksz=32768,framecnt=2048
for where in client sluice; do
	ip -n "$LAB-$where" link set wan0 mtu 9000
done
for n in 1 2 3; do
	ip -n "$LAB-${hops[n - 1]}" link set next mtu 9000
	ip -n "$LAB-${hops[n]}" link set in mtu 9000
done
chain 8972,1472,8 10000 "$(gentle_pps 2000)"
