#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client --- sluice: 192.0.2.2 and VIP 192.0.2.10, 2001:db8:1::2 and VIP 2001:db8:1::10
#   backend1 --- sluice: 10.1.0.2 and SNAT 10.1.0.3, 2001:db8:2::2 and SNAT 2001:db8:2::3
#
# All its addresses answer echo, with data up to the MTU, and none twice.
. "$(dirname "$0")/_lib.sh"

test_lab "${1:-af_packet}"

answers()
{
	local where=$1 address=$2 size=$3 out
	out=$(lab_in "$where" ping -n -c 10 -i 0.02 -W 2 -s "$size" "$address") || { echo "$out"; fail "$where: ping $address"; }
	[[ $out == *" 10 received, 0% packet loss"* && $out != *"DUP!"* ]] || { echo "$out"; fail "$where: ping $address, $size bytes"; }
	echo "$where: $address, $size bytes: 10 of 10"
}

for size in 0 56 1452; do
	for address in 192.0.2.2 192.0.2.10 2001:db8:1::2 2001:db8:1::10; do
		answers client "$address" "$size"
	done
	for address in 10.1.0.2 10.1.0.3 2001:db8:2::2 2001:db8:2::3; do
		answers backend1 "$address" "$size"
	done
done
conserved
