#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   primary, client -> 239.1.1.1:5001 --- sluice, failover after a second --- 239.2.2.1:6001 backend1
#   backup,  client -> 239.1.1.2:5001 ---
#
# The backup is heard when the primary has been silent for a second, not before and not much later, and the primary again once it
# has been back for as long; never both. The log says that the primary is silent, and that it is back.
. "$(dirname "$0")/_lib.sh"

tool=$LAB_ROOT/tests/lab/failover_datagrams.py

explain()
{
	"$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX" relay list feed
	cat "$LAB_WORK/heard"
}

# change N: who was heard as the N-th, and after how long
change()
{
	grep heard "$LAB_WORK/heard" | sed -n "$1p"
}

changed()
{
	[[ -n $(change "$1") ]]
}

# change_is N EXPRESSION: over the N-th change, called c
change_is()
{
	[[ $(change "$1" | /usr/bin/python3 -c 'import json, sys; c = json.load(sys.stdin); print(bool(eval(sys.argv[1])))' "$2") == True ]] ||
		fail "change $1 is not: $2"
}

# standby_after N: datagrams of the input that is not sent on
standby_after()
{
	telemetry_is /sluice/relay,feed "r['standby'] > $1"
}

lab_up af_packet
lab_config --frames 8192 | /usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" \
	"feed wan/239.1.1.1:5001?failover=wan/239.1.1.2:5001&silence_ms=1000&alarm_ms=500 lan/239.2.2.1:6001" >"$LAB_CONFIG"
lab_start_sluice
lab_spawn_ready 10 receiver "$LAB_WORK/heard" backend1 "$tool" receive 239.2.2.1:6001
lab_spawn primary "$LAB_WORK/primary" client "$tool" send primary 239.1.1.1:5001
lab_wait 10 "the primary to be heard" changed 1
lab_spawn backup "$LAB_WORK/backup" client "$tool" send backup 239.1.1.2:5001
lab_wait 20 "the backup to stand by for more than a second" standby_after 150
telemetry_is /sluice/relay,feed "r['switches'] == 0" || fail "switched without need"

lab_stop primary
lab_wait 10 "the backup to be heard" changed 2
change_is 2 "c['heard'] == 'backup' and 700 < c['after_ms'] < 5000"

standby=$(telemetry /sluice/relay,feed 'r["standby"]')
lab_spawn primary "$LAB_WORK/primary" client "$tool" send again 239.1.1.1:5001
lab_wait 10 "the primary to be back" changed 3
change_is 3 "c['heard'] == 'again' and c['after_ms'] < 900 and c['ordered']"
standby_after $((standby + 20)) || fail "the primary was not waited for"
standby=$(telemetry /sluice/relay,feed 'r["standby"]')
lab_wait 20 "the backup to stand by again" standby_after $((standby + 150))
! changed 4 || fail "both are heard"
telemetry_is /sluice/relay,feed "r['switches'] == 2" || fail "switches"
grep -q "relay feed: nothing from wan 239.1.1.1:5001 for 500 ms" "$LAB_LOG" || fail "no alarm"
grep -q "relay feed: wan 239.1.1.1:5001 is back" "$LAB_LOG" || fail "no end of the alarm"
telemetry_is /sluice/control "r['relay_alarms'] >= 1" || fail "the alarm was not counted"
explain
conserved
