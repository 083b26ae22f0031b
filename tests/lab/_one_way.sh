# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# For tests of modes dsr, ipip and gue; sourced behind _lib.sh. The lab of scripts/lab-lib.sh with a way around sluice:
#
#   client wan0 --- sluice --- switch --- backends with the VIPs on their loopback interface
#          lan1 -----------------+        default route by the client's lan1: replies pass sluice by
#
# The tunnels' far end are kernel devices (ipip, sit, ip6tnl, with fou for GUE) where the kernel has them, otherwise a program.

# Whoever asks for the VIP's address by ARP is not answered by backends, and packets may come in by a way that none would go back.
# https://docs.kernel.org/networking/ip-sysctl.html: arp_ignore, arp_announce, rp_filter
one_way_prepare()
{
	local n vip
	ip -n "$LAB-lan" link add port4 type veth peer name lan1 netns "$LAB-client"
	lab_offloads_off "$LAB-lan" port4
	lab_offloads_off "$LAB-client" lan1
	ip -n "$LAB-lan" link set port4 master br0 up
	ip -n "$LAB-client" link set lan1 up
	lab_address "$LAB-client" lan1 10.1.0.1/16 2001:db8:2::f/64
	lab_in client sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.lan1.rp_filter=0
	for n in 1 2 3; do
		lab_in "backend$n" sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
		for vip in "$@"; do
			if [[ $vip == *:* ]]; then
				ip -n "$LAB-backend$n" addr add "$vip/128" dev lo nodad
			else
				ip -n "$LAB-backend$n" addr add "$vip/32" dev lo
			fi
		done
		ip -n "$LAB-backend$n" route replace default via 10.1.0.1
		ip -n "$LAB-backend$n" -6 route replace default via 2001:db8:2::f
	done
	ip -n "$LAB-client" route flush cache
}

# The kernel's own far end; fails where it has none.
far_end_by_kernel()
{
	local where=$LAB-backend$1
	ip -n "$where" link add tun4 type ipip local "10.1.1.$1" remote any 2>/dev/null || return 1
	ip -n "$where" link add tun64 type sit local "10.1.1.$1" remote any &&
		ip -n "$where" link add tun6 type ip6tnl mode any local "2001:db8:2::1:$1" remote any || return 1
	ip -n "$where" link set tun4 up
	ip -n "$where" link set tun64 up
	ip -n "$where" link set tun6 up
	[[ $2 != gue ]] || { ip -n "$where" fou add port 6080 gue && ip -n "$where" -6 fou add port 6080 gue; }
}

# one_way_far_ends MODE: after one_way_prepare.
one_way_far_ends()
{
	local n
	[[ $1 != dsr ]] || return 0
	for n in 1 2 3; do
		if far_end_by_kernel "$n" "$1"; then
			echo "backend$n: tunnels by the kernel"
			continue
		fi
		lab_spawn_ready 10 "decapsulate$n" "$LAB_WORK/backend$n/decapsulate.log" "backend$n" \
			/usr/bin/python3 "$LAB_ROOT/tests/lab/decapsulate.py" tun0
		ip -n "$LAB-backend$n" link set tun0 up
	done
}

# one_way_lab PMD MODE [OPTIONS of scripts/lab-config]
one_way_lab()
{
	local pmd=$1 mode=$2 vip
	shift 2
	lab_up "$pmd" --mode "$mode" "$@"
	one_way_prepare 192.0.2.10 2001:db8:1::10
	one_way_far_ends "$mode"
	lab_spawn vipdns "$LAB_WORK/backend1/dnsmasq.log" backend1 dnsmasq --keep-in-foreground --conf-file=/dev/null --port=5353 \
		--no-resolv --no-hosts --user=root --pid-file= --bind-interfaces --listen-address=192.0.2.10 \
		--listen-address=2001:db8:1::10 --address=/lab.test/203.0.113.7 --cache-size=0
	lab_start_sluice
	for vip in 192.0.2.10 "[2001:db8:1::10]"; do
		lab_wait 15 "an answer through $vip" lab_answers "$vip:8080" || fail "$vip does not answer"
	done
}

# HTTP in many connections, a file each way, DNS: over both families, spread over the backends, who see the client; no reply by sluice.
one_way_traffic()
{
	local vip url client
	make_file "${MIB:-8}"
	for vip in 192.0.2.10 2001:db8:1::10; do
		client=192.0.2.1 url=http://$vip:8080
		[[ $vip != *:* ]] || client=2001:db8:1::1 url=http://[$vip]:8080
		forget_access_logs
		ab_run "${REQUESTS:-1000}" "$url/"
		logged "${REQUESTS:-1000}"
		clients_are "$client"
		file_down client "$url"
		file_up client "$url"
		[[ $(lab_in client dig +short +time=2 +tries=2 -p 5353 "@$vip" a.lab.test) == 203.0.113.7 ]] || fail "$vip: no DNS answer"
	done
	telemetry_is /sluice/service,web 'r["server_packets"] == 0' || fail "replies came by sluice"
	telemetry_is /sluice/drops 'r["not_forwarded"] == 0 and r["tcp_not_syn"] == 0' || fail "packets went astray: $(lab_telemetry /sluice/drops)"
}
