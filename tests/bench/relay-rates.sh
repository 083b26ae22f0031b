#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   dpdk-testpmd, CPU 0: as fast as it can -> 239.1.1.1:5001 -- wan0, CPU 1: sluice | kernel | socat, lan0 -- br0 -- backend1
#
# Datagrams of 1400 and of 64 bytes per second that come out behind a relay which is offered more than it can take: sluice over AF_PACKET and AF_XDP, the
# kernel's multicast routing as smcroute sets it up (which cannot rewrite), and socat, on the same links one after the other.
# What comes out is counted by the link, nobody listens. Needs root; SECONDS_EACH=N and ROUNDS=N for longer runs, SIZES="N...".
. "$(dirname "$0")/../lab/_lib.sh"

for tool in dpdk-testpmd smcrouted socat taskset; do
	command -v "$tool" >/dev/null || skip "$tool is missing"
done
(($(nproc) >= 2)) || skip "needs two CPUs"
seconds=${SECONDS_EACH:-4}

# counter NAMESPACE INTERFACE rx|tx
counter()
{
	ip -n "$LAB-$1" -s -j link show "$2" | /usr/bin/python3 -c 'import json, sys
print(json.load(sys.stdin)[0]["stats64"][sys.argv[1]]["packets"])' "$3"
}

generates()
{
	(($(counter client wan0 tx) > $1))
}

# offer BYTES NAME: datagrams with so many bytes of payload; prints what a second brings
offer()
{
	local in out
	rm -rf "/run/dpdk/$LAB_PREFIX-generator"
	# it runs until its standard input ends
	mkfifo "$LAB_WORK/stdin"
	lab_spawn generator "$LAB_WORK/generator.log" client sh -c "exec dpdk-testpmd --no-huge -m 128 --lcores 0@0,1@0 --no-pci \
		--file-prefix $LAB_PREFIX-generator --vdev net_af_packet0,iface=wan0 -- --total-num-mbufs=4096 --forward-mode=txonly \
		--txpkts=$(($1 + 42)) --eth-peer=0,01:00:5e:01:01:01 --tx-ip=192.0.2.1,239.1.1.1 --tx-udp=4000,5001 --no-flush-rx \
		<$LAB_WORK/stdin"
	exec 7>"$LAB_WORK/stdin"
	rm "$LAB_WORK/stdin"
	in=$(counter client wan0 tx)
	lab_wait 20 "the generator" generates "$((in + 1000))" || { cat "$LAB_WORK/generator.log"; fail "generator"; }
	in=$(counter client wan0 tx) out=$(counter backend1 eth0 rx)
	sleep "$seconds" # the measurement
	in=$(($(counter client wan0 tx) - in)) out=$(($(counter backend1 eth0 rx) - out))
	exec 7>&-
	lab_stop generator
	rm -rf "$LAB_WORK/generator.log" "/run/dpdk/$LAB_PREFIX-generator"
	printf '%-18s %5d bytes: %8d datagrams/s offered, %8d/s out\n' "$2" "$1" $((in / seconds)) $((out / seconds))
}

lab_up af_packet --lcores 0@0,1@1
ip -n "$LAB-lan" link set port2 down
ip -n "$LAB-lan" link set port3 down

read -ra sizes <<<"${SIZES:-1400 64}"
for ((round = 1; round <= ${ROUNDS:-3}; round++)); do
	echo "round $round"
	for LAB_PMD in af_packet af_xdp; do
		lab_config --lcores 0@0,1@1 | /usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" \
			"feed wan/239.1.1.1:5001 lan/239.2.2.2:6001" >"$LAB_CONFIG"
		lab_start_sluice
		for size in "${sizes[@]}"; do
			offer "$size" "sluice, $LAB_PMD"
		done
		lab_stop sluice
	done

	lab_in sluice ip addr add 192.0.2.2/24 dev wan0
	lab_in sluice ip addr add 10.1.0.2/16 dev lan0
	lab_in sluice sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wan0.rp_filter=0
	printf 'phyint wan0 enable\nphyint lan0 enable ttl-threshold 1\nmroute from wan0 group 239.1.1.1 to lan0\n' >"$LAB_WORK/smcroute.conf"
	lab_spawn smcrouted "$LAB_WORK/smcroute.log" sluice smcrouted -n -f "$LAB_WORK/smcroute.conf" -P "$LAB_WORK/smcroute.pid" \
		-u "$LAB_WORK/smcroute.sock"
	lab_wait 10 "smcrouted" test -e "$LAB_WORK/smcroute.sock"
	for size in "${sizes[@]}"; do
		offer "$size" smcroute
	done
	lab_stop smcrouted

	lab_spawn socat "$LAB_WORK/socat.log" sluice taskset -c 1 socat -u -b 65536 \
		UDP4-RECV:5001,bind=239.1.1.1,ip-add-membership=239.1.1.1:wan0,rcvbuf=4194304 \
		UDP4-DATAGRAM:239.2.2.2:6001,ip-multicast-if=10.1.0.2,sourceport=4000
	lab_wait 10 "socat" lab_in sluice sh -c 'ss -uln | grep -q 239.1.1.1:5001'
	for size in "${sizes[@]}"; do
		offer "$size" socat
	done
	lab_stop socat
	lab_in sluice ip addr flush dev wan0
	lab_in sluice ip addr flush dev lan0
done
