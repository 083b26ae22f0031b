#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp
#
#   client wan0 --x-- wan0 sluice lan0 --x-- uplink switch --- backends
#
# Either cable is pulled at its far end and put back: sluice sees it, and goes on by itself.
. "$(dirname "$0")/_lib.sh"

test_lab "${1:-af_packet}"
lab_in client sysctl -q -w net.ipv6.conf.wan0.keep_addr_on_down=1

pull()
{
	local where=$1 interface=$2 port=$3 begin
	echo "$where $interface down"
	ip -n "$LAB-$where" link set "$interface" down
	lab_wait 10 "$port to be down" telemetry_is "/sluice/port,$port" 'r["link"] == "down"' || fail "sluice does not see $port down"
	lab_answers 192.0.2.10 && fail "an answer without a cable"
	ip -n "$LAB-$where" link set "$interface" up
	begin=$SECONDS
	lab_wait 10 "$port to be up" telemetry_is "/sluice/port,$port" 'r["link"] == "up"' || fail "sluice does not see $port up"
	lab_wait 15 "IPv4 to work again" lab_answers 192.0.2.10 || fail "IPv4 does not recover"
	lab_wait 15 "IPv6 to work again" lab_answers "[2001:db8:1::10]" || fail "IPv6 does not recover"
	echo "$where $interface up: both families work within $((SECONDS - begin + 1)) s"
}

pull client wan0 "net_${LAB_PMD}0"
pull lan uplink "net_${LAB_PMD}1"
conserved
