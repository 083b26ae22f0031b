#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: dsr ipip
#
#   client, a route by two ways (ECMP) to 198.51.100.10
#     |-- wan0 192.0.2.1 ---- sluice  192.0.2.2 | 10.1.0.2 --|
#     |-- wanB 192.0.3.1 ---- sluice2 192.0.3.2 | 10.1.0.4 --+-- switch --- 3 nginx
#     |-- lan1 ----------------------------- replies --------|
#
# Two gateways with the same services, scheduler maglev, that know nothing of each other. One is killed and its route withdrawn in the
# middle of everything: each of many connections goes on through the other, at its backend, and so do uploads.
. "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/lab/_one_way.sh
. "$(dirname "$0")/_one_way.sh"

mode=${1:-dsr}
vip=198.51.100.10
connections=${CONNECTIONS:-300}

# gateway WAN-INTERFACE WAN-ADDRESS LAN-INTERFACE LAN-ADDRESS PREFIX: its configuration, without hugepages, of which there are enough for one
gateway()
{
	LAB_HUGE_DIR='' lab_config --mode "$mode" --iface "$1" --iface "$3" --service scheduler=maglev --without dns --without dns6 --without web6 |
		/usr/bin/python3 -c 'import json, sys
c = json.load(sys.stdin)
wan, lan, prefix, vip = sys.argv[1:]
c["dpdk"]["file_prefix"] = prefix
c["hash_seed"] = "both know it"
c["interfaces"][0]["addresses"], c["interfaces"][1]["addresses"] = [wan], [lan]
c["services"][0]["address"] = vip
json.dump(c, sys.stdout)' "$2" "$4" "$5" "$vip"
}

client_routes()
{
	local hop hops=()
	for hop in "$@"; do
		hops+=(nexthop via "${hop%,*}" dev "${hop#*,}")
	done
	ip -n "$LAB-client" route replace "$vip/32" "${hops[@]}"
}

finish_both()
{
	local status=$?
	((status == 0 || status == 77)) || tail -n 20 "$LAB_WORK/sluice2.log" 2>/dev/null
	rm -rf "/run/dpdk/${LAB_PREFIX}2"
	(exit "$status")
	test_finish
}

lab_up af_packet
# shellcheck disable=SC2016
echo 'LAB_NAMESPACES+=("$LAB-sluice2")' >>"$LAB_STATE/settings"
LAB_NAMESPACES+=("$LAB-sluice2")
trap finish_both EXIT
one_way_prepare "$vip"
one_way_far_ends "$mode"
lab_netns_add "$LAB-sluice2"
lab_in sluice2 sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
lab_link "$LAB-client" wanB "$LAB-sluice2" wan0
lab_link "$LAB-lan" uplink2 "$LAB-sluice2" lan0
ip -n "$LAB-lan" link set uplink2 master br0
lab_address "$LAB-client" wanB 192.0.3.1/24
lab_in client sysctl -q -w net.ipv4.fib_multipath_hash_policy=1 net.ipv4.conf.wanB.rp_filter=0
client_routes 192.0.2.2,wan0 192.0.3.2,wanB

gateway wan0 192.0.2.2/24 lan0 10.1.0.2/16 "$LAB_PREFIX" >"$LAB_CONFIG"
gateway wan0 192.0.3.2/24 lan0 10.1.0.4/16 "${LAB_PREFIX}2" >"$LAB_WORK/sluice2.json"
lab_start_sluice
lab_spawn_ready 60 sluice2 "$LAB_WORK/sluice2.log" sluice2 "$(lab_program sluice)" --config "$LAB_WORK/sluice2.json"
for way in 192.0.2.2,wan0 192.0.3.2,wanB; do
	client_routes "$way"
	lab_wait 15 "an answer by $way" lab_answers "$vip:8080" || fail "no answer by $way"
done
client_routes 192.0.2.2,wan0 192.0.3.2,wanB

coproc KEEP { lab_in client /usr/bin/python3 "$LAB_ROOT/tests/lab/keep_asking.py" "$vip" 8080 "$connections" 2>&1; }
# What the connections have to say next: at the start how many there are, then once for each "run".
word()
{
	local line
	read -r -t 60 line <&"${KEEP[0]}" || fail "no word of the connections"
	echo "$line"
	[[ $line == ok* ]] || fail "connections broke: $line"
}
run()
{
	echo "run $1 $2" >&"${KEEP[1]}"
}
uploads_begun()
{
	compgen -G "$LAB_WORK/backend*/body/*"
}

word
run 1 500
word
here=$(telemetry /sluice/service,web 'r["flows_active"]')
there=$(LAB_PREFIX=${LAB_PREFIX}2 telemetry /sluice/service,web 'r["flows_active"]')
echo "connections: $here here, $there there"
((here > connections / 5 && there > connections / 5)) || fail "the route did not spread them"

head -c 24M /dev/urandom >"$LAB_WORK/files/one"
want=$(sha256sum <"$LAB_WORK/files/one")
uploads=()
for n in 1 2 3 4; do
	lab_in client curl -s -S -f --max-time 60 --limit-rate 6M -T "$LAB_WORK/files/one" "http://$vip:8080/files/up$n" &
	uploads+=($!)
done
run 4 500
lab_wait 5 "uploads to begin" uploads_begun || fail "no upload has begun"
kill -KILL "$(lab_pid sluice)"
lab_wait 5 "the first gateway to be gone" lab_gone sluice
client_routes 192.0.3.2,wanB
word
run 1 500
word
for pid in "${uploads[@]}"; do
	wait "$pid" || fail "an upload broke"
done
for n in 1 2 3 4; do
	[[ $(sha256sum <"$LAB_WORK/files/up$n") == "$want" ]] || fail "upload $n is another file"
done
now=$(LAB_PREFIX=${LAB_PREFIX}2 telemetry /sluice/service,web 'r["flows_active"]')
((now >= connections)) || fail "only $now of $connections connections came over"
resets=$(LAB_PREFIX=${LAB_PREFIX}2 telemetry /sluice/drops 'r["tcp_not_syn"]')
((resets == 0)) || fail "$resets packets of connections were dropped as unknown"
echo "all $connections connections and 4 uploads went on at the other gateway, which has $now flows now"
