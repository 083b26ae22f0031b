#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp
#
#   client -> 239.1.1.1:5001 --- sluice, which stands still for a while --- 239.2.2.1:6001
#
# What does not fit into the kernel's ring meanwhile is counted as device_rx_missed: no datagram is lost without a trace.
. "$(dirname "$0")/_lib.sh"

tool=$LAB_ROOT/tests/lab/relay_datagrams.py
pmd=${1:-af_packet}

explain()
{
	"$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX" relay list feed
	lab_telemetry "/sluice/port,net_${pmd}0"
}

missed()
{
	telemetry "/sluice/port,net_${pmd}0" 'r["device_rx_missed"]'
}

relayed()
{
	telemetry /sluice/relay,feed 'r["packets"]'
}

# What else the client says (ARP, neighbour discovery) may be missed, too.
accounted()
{
	(($(relayed) + $(missed) - before >= 1600))
}

send()
{
	lab_in client "$tool" send 239.1.1.1:5001 --count "$1" --pps 2000 --sizes 100 >/dev/null
}

lab_up "$pmd"
lab_config --frames 512 --device descriptors=512 | /usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" "feed wan/239.1.1.1:5001 lan/239.2.2.1:6001" >"$LAB_CONFIG"
lab_start_sluice
send 100
lab_wait 10 "the first datagrams" telemetry_is /sluice/relay,feed 'r["packets"] == 100'
before=$(missed)
((before == 0)) || echo "$before were missed before"
pid=$(lab_pid sluice)
kill -STOP "$pid"
send 1500
kill -CONT "$pid"
lab_wait 10 "all to be accounted for" accounted || fail "$(missed) missed, and $(relayed) relayed, of 1600"
lost=$((1600 - $(relayed))) counted=$(($(missed) - before))
echo "1600 sent, $lost lost in the ring, $counted counted"
((lost > 500 && counted >= lost && counted < lost + 50)) || fail "not what was lost"
