#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   home -------------- client ------------- sluice -- br0 --+-- backend1
#   198.51.100.2        192.0.2.1, a router        router, 10.1.2.1 -------------- far 10.9.0.2
#   MTU 1500 -- 1300    2001:db8:1::1              2001:db8:2::2:1   1300 -- 1500  2001:db8:9::2
#
# ICMP errors cross sluice in both directions: path MTU discovery up to "far" and down to "home" through links that take
# 1300 bytes, and traceroute to a VIP, which shows sluice and the VIP and nothing of what is behind. Ports that no service has are
# closed, as traceroute and other programs expect.
. "$(dirname "$0")/_lib.sh"

command -v traceroute >/dev/null || skip "traceroute is missing; scripts/packages install lab"
mib=${MIB:-16}
for where in home router far; do
	ip netns del "$LAB-$where" 2>/dev/null || true # of a killed test
	LAB_NAMESPACES+=("$LAB-$where")
done
lab_up "${1:-af_packet}"

# Links whose one end takes less: the router in front of it is told nothing by TCP, only by its own MTU.
lab_link "$LAB-client" home "$LAB-home" eth0
lab_link "$LAB-lan" port4 "$LAB-router" eth0
lab_link "$LAB-router" far "$LAB-far" eth0
ip -n "$LAB-lan" link set port4 master br0
ip -n "$LAB-client" link set home mtu 1300
ip -n "$LAB-router" link set far mtu 1300
lab_address "$LAB-client" home 198.51.100.1/24 2001:db8:c::1/64
lab_address "$LAB-home" eth0 198.51.100.2/24 2001:db8:c::2/64
lab_address "$LAB-router" eth0 10.1.2.1/16 2001:db8:2::2:1/64
lab_address "$LAB-router" far 10.9.0.1/24 2001:db8:9::1/64
lab_address "$LAB-far" eth0 10.9.0.2/24 2001:db8:9::2/64
for where in client router; do
	lab_in "$where" sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
ip -n "$LAB-home" route add default via 198.51.100.1
ip -n "$LAB-home" -6 route add default via 2001:db8:c::1
ip -n "$LAB-far" route add default via 10.9.0.1
ip -n "$LAB-far" -6 route add default via 2001:db8:9::1

python3 - "$LAB_CONFIG" <<'END'
import copy, json, sys
with open(sys.argv[1]) as f:
    config = json.load(f)
config["routes"] = [{"prefix": prefix, "via": via} for prefix, via in (
    ("198.51.100.0/24", "192.0.2.1"), ("2001:db8:c::/64", "2001:db8:1::1"),
    ("10.9.0.0/24", "10.1.2.1"), ("2001:db8:9::/64", "2001:db8:2::2:1"))]
for one in [s for s in config["services"] if s["name"].startswith("one")]:
    far = copy.deepcopy(one)
    far.update(name=one["name"].replace("one", "far"), port=82)
    far["backends"][0]["address"] = "2001:db8:9::2" if one["name"] == "one6" else "10.9.0.2"
    config["services"].append(far)
with open(sys.argv[1], "w") as f:
    json.dump(config, f, indent=2)
END
mkdir "$LAB_WORK/far"
lab_nginx_config far "$LAB_WORK/far" >"$LAB_WORK/far/nginx.conf"
lab_spawn nginx-far "$LAB_WORK/far/nginx.log" far nginx -p "$LAB_WORK/far" -e "$LAB_WORK/far/error.log" \
	-c "$LAB_WORK/far/nginx.conf"
lab_start_sluice
for port in 81 82; do
	lab_wait 15 "an answer through 192.0.2.10:$port" lab_answers "192.0.2.10:$port"
	lab_wait 15 "an answer through [2001:db8:1::10]:$port" lab_answers "[2001:db8:1::10]:$port"
done

# ---- path MTU discovery ----

# knows_mtu WHERE ADDRESS: the kernel there was told that 1300 bytes is what the path to the address takes.
knows_mtu()
{
	local out
	out=$(ip -n "$LAB-$1" route get "$2")
	[[ $out == *" mtu 1300"* ]] || fail "$1 was not told of the path MTU to $2: $out"
	echo "$1: path MTU to $2 is 1300"
}

make_file "$mib"
for vip in 192.0.2.10 "[2001:db8:1::10]"; do
	before=$(workers_sum icmp_errors_translated)
	file_up client "http://$vip:82"
	file_down home "http://$vip:81"
	(($(workers_sum icmp_errors_translated) >= before + 2)) || fail "$vip: no ICMP error was translated"
done
knows_mtu client 192.0.2.10
knows_mtu client 2001:db8:1::10
knows_mtu backend1 10.1.0.3
knows_mtu backend1 2001:db8:2::3

# ---- traceroute ----

# hops EXPECTED WHERE OPTIONS... ADDRESS: the addresses of the hops, one after the other.
hops()
{
	local expected=$1 where=$2 out got
	shift 2
	out=$(lab_in "$where" traceroute -n -q 1 -w 10 -m 6 "$@" 2>&1) || true
	got=$(awk 'NR > 1 { printf "%s%s", sep, $2; sep = " " }' <<<"$out")
	[[ $got == "$expected" ]] || { echo "$out"; fail "$where: traceroute $*: \"$got\", not \"$expected\""; }
	echo "$where: traceroute $*: $got"
}

lab_stop dnsmasq # a closed port answers traceroute
trace()
{
	local sluice=$1 vip=$2 home=$3
	hops "$vip" client -I "$vip" # sluice itself answers
	hops "$sluice $vip" client -T -p 81 "$vip"
	hops "$sluice $vip" client -U -p 53 "$vip"
	# one more router on either side: the one behind sluice is seen as the VIP
	hops "$home $sluice $vip $vip" home -T -p 82 "$vip"
	# ports without service: sluice is the host
	hops "$vip" client "$vip" # UDP, from port 33434
	hops "$home $vip" home "$vip"
	hops "$home $vip" home -T -p 83 "$vip"
	hops "$sluice" client "$sluice"
}
trace 192.0.2.2 192.0.2.10 198.51.100.1
trace 2001:db8:1::2 2001:db8:1::10 2001:db8:c::1

# ---- ports without service ----

for vip in 192.0.2.10 "[2001:db8:1::10]"; do
	status=0
	lab_in client curl -s -g --max-time 10 "http://$vip:83/" || status=$?
	((status == 7)) || fail "$vip:83: curl ended with $status, not with 7, connection refused"
	address=${vip//[\[\]]/}
	out=$(lab_in client dig +time=10 +tries=1 -p 5300 "@$address" a.lab.test || true)
	[[ $out == *"connection refused"* ]] || { echo "$out"; fail "$vip:5300: dig was not refused"; }
done
(($(workers_sum resets_sent) >= 4)) || fail "too few resets were sent"
telemetry_is /sluice/drops 'r["icmp_quote"] == 0 and r["icmp_fragment"] == 0' || fail "drops: $(lab_telemetry /sluice/drops)"
conserved
