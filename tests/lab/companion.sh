#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp two-workers
#
#   client 192.0.2.1, bird AS 65001 --- sluice: wan 192.0.2.2 with a companion: sshd, a TCP server on port 2222, bird AS 65002
#          198.51.100.1 behind it                                          VIP 192.0.2.10
#   backend1 10.1.1.1 --- sluice: lan 10.1.0.2 with a companion
#
# The host's own stack is reached, and reaches others, by ports that sluice has: a server in the manner of ssh (it speaks first,
# then moves a lot both ways) and sshd, by both families, from a network behind a router; BGP announces the VIP. Traffic through the VIP goes on.
# What the kernel interface below has of its own (198.18.0.2, 2001:db8:77::2) works all the time, and is left as it was, also by a sluice
# that was killed.
. "$(dirname "$0")/_lib.sh"

for tool in bird ssh /usr/sbin/sshd; do
	command -v "$tool" >/dev/null || skip "$tool is not installed: scripts/packages install lab"
done
case ${1:-af_packet} in
two-workers) lab_up af_packet --kernel --workers 2 --lcores 0@0,1@0,2@1 ;;
*) lab_up "${1:-af_packet}" --kernel ;;
esac
# A router with a network behind it: client, who gets there without asking sluice.
/usr/bin/python3 - "$LAB_CONFIG" <<-'END'
	import json, sys
	config = json.load(open(sys.argv[1]))
	config["routes"] = [{"prefix": "198.51.100.0/24", "via": "192.0.2.1"}]
	json.dump(config, open(sys.argv[1], "w"))
END
lab_in sluice sysctl -q -w net.ipv6.conf.wan0.disable_ipv6=0
lab_address "$LAB-sluice" wan0 198.18.0.2/24 2001:db8:77::2/64
lab_address "$LAB-client" wan0 198.18.0.1/24 2001:db8:77::1/64
below()
{
	lab_in sluice ip -o address show dev wan0 | sed 's/ tentative//' # it may still be looked for on the link
	lab_in sluice sysctl -a 2>/dev/null | grep -E "^net\.ipv[46]\.conf\.wan0\."
	lab_in sluice tc qdisc show dev wan0
	lab_in sluice tc filter show dev wan0 ingress
}
below=$(below)
lab_start_sluice
ip -n "$LAB-client" addr add 198.51.100.1/32 dev lo
lab_wait 15 "an answer through 192.0.2.10" lab_answers 192.0.2.10

host()
{
	lab_in sluice "$@"
}

echo "what the host has"
host ip -br address show dev wan | grep -q "192.0.2.2/24 .*2001:db8:1::2/64" || fail "companion wan: $(host ip address show dev wan)"
host ip -o link show dev wan | grep -q "link/ether $(telemetry /sluice/interface,wan 'r["mac"]') " ||
	fail "the companion has another MAC address: $(host ip -o link show dev wan)"
lab_wait 10 "the companion's link" telemetry_is /sluice/interface,wan 'r["companion"] == "up"'

echo "a server of the host's"
lab_spawn server "$LAB_WORK/server.log" sluice /usr/bin/python3 "$LAB_ROOT/tests/lab/greeting_server.py" 2222
ask()
{
	lab_in "$1" /usr/bin/python3 "$LAB_ROOT/tests/lab/greeting_server.py" --ask "$2" 2222 "$3" "${4:-}"
}
lab_wait 15 "an answer of the host's server" ask client 192.0.2.2 1000
ask client 192.0.2.2 1000000 || fail "IPv4"
ask client 2001:db8:1::2 1000000 || fail "IPv6"
ask client 192.0.2.2 100000 198.51.100.1 || fail "from behind a router"
ask backend1 10.1.0.2 100000 || fail "by lan"
! ask client 192.0.2.10 10 2>/dev/null || fail "the host answers for the VIP"
host ping -n -q -c 3 -i 0.2 -W 2 10.1.1.1 >/dev/null || fail "the host cannot ping a backend"
host ping -n -q -c 3 -i 0.2 -W 2 -I 192.0.2.2 198.51.100.1 >/dev/null || fail "the host cannot ping what is behind a router"
# the kernel's own addresses are as before, where it receives anything at all
own()
{
	[[ $LAB_PMD != af_packet ]] || for address in 198.18.0.2 2001:db8:77::2; do
		lab_in client ping -n -q -c 1 -W 10 "$address" >/dev/null || fail "the kernel's own address $address below sluice"
	done
}
own
# no answer comes twice, from the kernel interface below, too
[[ $(lab_in client ping -n -c 5 -i 0.05 -W 2 192.0.2.2) == *" 5 received, 0% packet loss"* ]] || fail "client: ping"
lab_in client ping -n -c 5 -i 0.05 -W 2 192.0.2.2 | grep -q DUP && fail "two answers to a ping"

echo "ssh"
ssh-keygen -q -t ed25519 -N "" -f "$LAB_WORK/key"
cp "$LAB_WORK/key.pub" "$LAB_WORK/authorized"
mkdir -p /run/sshd
lab_spawn sshd "$LAB_WORK/sshd.log" sluice /usr/sbin/sshd -D -e -f /dev/null -p 22 -h "$LAB_WORK/key" -o PidFile=none -o UsePAM=no \
	-o StrictModes=no -o PermitRootLogin=prohibit-password -o AuthorizedKeysFile="$LAB_WORK/authorized"
login()
{
	lab_in client ssh -q -F /dev/null -i "$LAB_WORK/key" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o ConnectTimeout=5 "root@$1" "sha256sum"
}
lab_wait 15 "sshd" login 192.0.2.2
sent=$(head -c 3000000 /dev/urandom | tee "$LAB_WORK/sent" | sha256sum)
for address in 192.0.2.2 2001:db8:1::2; do
	[[ $(login "$address" <"$LAB_WORK/sent") == "$sent" ]] || { cat "$LAB_WORK/sshd.log"; fail "ssh to $address"; }
done
lab_stop sshd

echo "BGP"
bird_config()
{
	cat <<-END
		router id $2;
		protocol device {}
		protocol kernel { ipv4 { import none; export ${3:-none}; }; }
		$4
		protocol bgp peer {
			local $2 as $1;
			neighbor $5 as $6;
			connect delay time 1; connect retry time 3; error wait time 1, 3;
			ipv4 { import all; export ${7:-none}; };
		}
	END
}
bird_config 65002 192.0.2.2 none "protocol static vips { ipv4; route 203.0.113.10/32 unreachable; }" 192.0.2.1 65001 all >"$LAB_WORK/a.conf"
bird_config 65001 192.0.2.1 all "" 192.0.2.2 65002 >"$LAB_WORK/b.conf"
lab_spawn bird "$LAB_WORK/bird.log" sluice bird -f -c "$LAB_WORK/a.conf" -s "$LAB_WORK/a.ctl"
lab_spawn peer "$LAB_WORK/bird.log" client bird -f -c "$LAB_WORK/b.conf" -s "$LAB_WORK/b.ctl"
learnt()
{
	ip -n "$LAB-client" route show proto bird | grep -q "203.0.113.10 via 192.0.2.2"
}
forgotten()
{
	! learnt
}
lab_wait 60 "the route to the VIP by BGP" learnt || { cat "$LAB_WORK/bird.log"; fail "BGP"; }

echo "link, flood, reload, end"
lab_in client /usr/bin/python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(40000): s.sendto(b"x" * 10, ("192.0.2.2", 9))'
ask client 192.0.2.2 1000 || fail "after a flood"
lab_answers 192.0.2.10 || fail "the VIP after a flood"
host ip link del dev lan
lab_wait 10 "sluice to see that its TAP was deleted" grep -q "companion lan was deleted" "$LAB_LOG"
kill -HUP "$(lab_pid sluice)"
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 1'
lab_wait 10 "an answer by lan after the reload" ask backend1 10.1.0.2 1000
/usr/bin/python3 - "$LAB_CONFIG" <<-'END'
	import json, sys
	config = json.load(open(sys.argv[1]))
	config["interfaces"][1]["addresses"][0] = "10.1.0.9/16" # the only one of its family
	json.dump(config, open(sys.argv[1], "w"))
END
kill -HUP "$(lab_pid sluice)"
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 2'
lab_wait 10 "an answer by the new address" ask backend1 10.1.0.9 1000
[[ $(host ip route show table all dev lan) == "10.1.0.0/16 table"* ]] || fail "routes have gone with an address: $(host ip route show table all dev lan)"

echo "wan and lan change places, and back"
change_places()
{
	/usr/bin/python3 - "$LAB_CONFIG" <<-'END'
		import json, sys
		config = json.load(open(sys.argv[1]))
		wan, lan = config["interfaces"][:2]
		wan["device"], lan["device"] = lan["device"], wan["device"]
		json.dump(config, open(sys.argv[1], "w"))
	END
	kill -HUP "$(lab_pid sluice)"
}
tap=$(host ip -o link show dev wan | cut -d: -f1)
ip -n "$LAB-backend1" addr add 192.0.2.200/24 dev eth0
ip -n "$LAB-client" addr add 10.1.9.9/16 dev wan0
change_places
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 3'
lab_wait 10 "an answer by wan on the other device" ask backend1 192.0.2.2 1000
lab_wait 10 "an answer by lan on the other device" ask client 10.1.0.9 1000
change_places
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 4'
ip -n "$LAB-backend1" addr del 192.0.2.200/24 dev eth0
ip -n "$LAB-client" addr del 10.1.9.9/16 dev wan0
lab_wait 10 "an answer by wan" ask client 192.0.2.2 1000
lab_wait 10 "an answer by lan" ask backend1 10.1.0.9 1000
[[ $(host ip -o link show dev wan) == "$tap:"* ]] || fail "the companion of wan is another one"
lab_wait 10 "an answer through 192.0.2.10" lab_answers 192.0.2.10
# the session may have ended meanwhile, or be about to, as its packets found nobody: begin a new one
for end in a b; do
	birdcl -s "$LAB_WORK/$end.ctl" disable peer >/dev/null || fail "no BIRD"
done
lab_wait 5 "the old session to end" forgotten || fail "BGP does not end"
for end in a b; do
	birdcl -s "$LAB_WORK/$end.ctl" enable peer >/dev/null || fail "no BIRD"
done
lab_wait 60 "the route to the VIP by BGP" learnt || { cat "$LAB_WORK/bird.log"; fail "BGP does not come back"; }
/usr/bin/python3 - "$LAB_CONFIG" <<-'END'
	import json, sys
	config = json.load(open(sys.argv[1]))
	config["interfaces"][0]["addresses"].append("192.0.2.5/24")
	config["interfaces"][1]["kernel"] = False
	json.dump(config, open(sys.argv[1], "w"))
END
kill -HUP "$(lab_pid sluice)"
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 5'
! host ip link show dev lan >/dev/null 2>&1 || fail "the companion of lan is there still"
ask client 192.0.2.5 1000 || fail "an address that a reload has added"
learnt || fail "the reload has ended BGP"
conserved
lab_stop sluice
! host ip link show dev wan >/dev/null 2>&1 || fail "the companion is left behind"
rules=$(host ip rule)
[[ -n $rules && $rules != *192.0.2* ]] || fail "rules are left behind: $rules"
[[ $(below) == "$below" ]] || fail "wan0 is not as it was: $(diff <(echo "$below") <(below))"

echo "killed, started, ended"
lab_start_sluice
lab_wait 15 "an answer of the host's server" ask client 192.0.2.2 1000
pid=$(lab_pid sluice)
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true # with all its threads, which hold its files
own
lab_start_sluice
lab_wait 15 "an answer of the host's server" ask client 192.0.2.2 1000
own
lab_stop sluice
[[ $(below) == "$below" ]] || fail "wan0 is not as it was before a sluice was killed: $(diff <(echo "$below") <(below))"
own
