#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client, one connection after the other --- sluice: 192.0.2.10:81, one SNAT address --- nginx of backend1, :8080
#
# No reset, no stall above 500 ms for a lost packet. COUNT=200000 wraps around the SNAT ports faster than TIME_WAIT (60 s) frees the tuples.
. "$(dirname "$0")/_lib.sh"

count=${COUNT:-20000}
test_lab af_packet
for vip in 192.0.2.10 2001:db8:1::10; do
	lab_in client /usr/bin/python3 "$LAB_ROOT/tests/lab/short_connections.py" --seconds 900 "$vip" 81 "$count" ||
		fail "$vip: see above"
done
telemetry_is /sluice/drops 'r["snat_exhausted"] == 0' || fail "source-NAT ports ran out"
echo "flows reused: $(workers_sum flows_reused)"
conserved
