#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp tap
#
#   client (ab, endless) --- sluice: SIGTERM, then again SIGINT --- 3 nginx
#
# Exit status 0 within 5 s, the final counters in the log, nothing left: process, runtime directory, hugepage files.
. "$(dirname "$0")/_lib.sh"

test_lab "${1:-af_packet}"

ends_well()
{
	local pid status=0 before
	pid=$(lab_pid sluice) || fail "sluice does not run"
	before=$(wc -l <"$LAB_LOG")
	kill "-$1" "$pid"
	LAB_PATIENCE=1 lab_wait 5 "sluice to end after SIG$1" lab_gone sluice || fail "sluice still runs"
	wait "$pid" || status=$?
	((status == 0)) || fail "exit status $status after SIG$1"
	tail -n "+$((before + 1))" "$LAB_LOG" | grep -E "rx_packets|packets" || fail "no final counters after SIG$1"
	[[ ! -e /run/dpdk/$LAB_PREFIX ]] || fail "left behind: $(ls -d "/run/dpdk/$LAB_PREFIX"/* "/run/dpdk/$LAB_PREFIX")"
	[[ -z $LAB_HUGE_DIR || -z $(ls "$LAB_HUGE_DIR") ]] || fail "hugepage files left behind: $(ls "$LAB_HUGE_DIR")"
}

lab_spawn load "$LAB_WORK/ab.out" client ab -q -l -r -s 2 -t 600 -n 10000000 -c 64 http://192.0.2.10/
lab_wait 10 "traffic" telemetry_is /sluice/service,web 'r["flows_created"] > 500'
ends_well TERM
lab_stop load

echo "again, in the same place"
if [[ $LAB_PMD == tap ]]; then
	ip -n "$LAB-client" link show wan0 >/dev/null 2>&1 && fail "the TAP device wan0 is left behind"
fi
lab_start_sluice
lab_wait 15 "an answer" lab_answers 192.0.2.10
ends_well INT
