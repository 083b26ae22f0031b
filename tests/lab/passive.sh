#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client --- sluice --- backend1, backend2, backend3: nginx
#
# Nobody checks; what becomes of connections tells. A backend that refuses, one that is silent, one that comes back; twice as long
# the second time.
. "$(dirname "$0")/_lib.sh"

lab_up af_packet --timeout tcp_opening_s=3
/usr/bin/python3 - "$LAB_CONFIG" <<-'END'
	import json, sys
	config = json.load(open(sys.argv[1]))
	for service in config["services"]:
	    if service["name"] == "web":
	        service["passive"] = {"failures": 3, "window_s": 10, "hold_off_s": 8, "hold_off_max_s": 60}
	json.dump(config, open(sys.argv[1], "w"))
END
lab_start_sluice
lab_wait 15 "an answer through 192.0.2.10" lab_answers 192.0.2.10

# reason of web's backend N
reason()
{
	telemetry "/sluice/backend,web,10.1.1.$1,8080" 'r["reason"]'
}

# Twelve connections at a time, of which some may fail, until the reason of backend N matches.
ask_until()
{
	local n=$1 expected=$2 deadline=$((SECONDS + 60))
	until [[ $(reason "$n") =~ $expected ]]; do
		((SECONDS < deadline)) || fail "backend$n: $(lab_telemetry "/sluice/backend,web,10.1.1.$n,8080")"
		lab_in client bash -c 'for n in {1..12}; do curl -s -o /dev/null --max-time 1.5 http://192.0.2.10/ & done; wait'
	done
}
on_hold="^traffic: ([3-9]|[1-9][0-9]+) new flows refused or not answered, [0-9]+ answered; on hold for"

echo "refuses"
kill -TERM "$(lab_pid nginx2)"
lab_wait 5 "nginx2 to be gone" lab_gone nginx2
ask_until 2 "$on_hold 8 s"
only 192.0.2.10 "backend[13]" || fail "a backend on hold gets connections"
telemetry_is /sluice/backend,web,10.1.1.2,8080 'r["health"] == "down" and r["hold_off_ms"] >= 0 and r["flows_declined"] >= 3' ||
	fail "$(lab_telemetry /sluice/backend,web,10.1.1.2,8080)"
lab_wait 20 "backend2 to be tried again" telemetry_is /sluice/backend,web,10.1.1.2,8080 'r["health"] == "unknown"'
[[ $(reason 2) == "traffic: tried again after 8 s on hold" ]] || fail "$(reason 2)"
ask_until 2 "$on_hold 16 s"

echo "comes back"
dir=$LAB_WORK/backend2
lab_spawn nginx2 "$dir/nginx.log" backend2 nginx -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf"
lab_wait 10 "nginx of backend2" lab_in backend2 curl -s -f http://10.1.1.2:8080/
lab_wait 40 "backend2 to be tried again" telemetry_is /sluice/backend,web,10.1.1.2,8080 'r["health"] == "unknown"'
only 192.0.2.10 backend || fail "connections fail after it came back"
[[ $answers == *backend2* ]] || fail "backend2 gets no connections: $answers"

echo "is silent"
lab_in backend3 nft add table ip lab
lab_in backend3 nft add chain ip lab in '{ type filter hook input priority 0; }'
lab_in backend3 nft add rule ip lab in tcp dport 8080 drop
ask_until 3 "$on_hold"
only 192.0.2.10 "backend[12]" || fail "a silent backend gets connections"

echo "a reload without passive checks lets it go"
sed -i 's/"passive": {[^}]*}, *//; s/, "passive": {[^}]*}//' "$LAB_CONFIG"
kill -HUP "$(lab_pid sluice)"
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 1'
telemetry_is /sluice/backend,web,10.1.1.3,8080 'r["health"] == "unknown" and r["hold_off_ms"] == -1' ||
	fail "$(lab_telemetry /sluice/backend,web,10.1.1.3,8080)"
conserved
