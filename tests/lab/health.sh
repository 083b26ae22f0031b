#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# variants: af_packet af_xdp
#
#   client --- sluice --- backend1, backend2, backend3: nginx; backend1: dnsmasq
#
# Checks of each kind by both families, through the companion of lan, which "health" alone brings about, by a reload. A backend that dies, one that
# hangs, one that comes back; one that answers what it should not; UDP clients go on elsewhere; a reload leaves checks as they are.
. "$(dirname "$0")/_lib.sh"

lab_up "${1:-af_packet}"
for n in 2 3; do # dnsmasq is on backend1 only
	dir=$LAB_WORK/backend$n
	lab_spawn "dnsmasq$n" "$dir/dnsmasq.log" "backend$n" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=5353 --no-resolv \
		--no-hosts --user=root --pid-file= --bind-interfaces "--listen-address=10.1.1.$n" --address=/lab.test/203.0.113.7
done

# configure HEALTH...: of the services web, web6, one, one6, dns, as JSON; dns has three backends
configure()
{
	/usr/bin/python3 - "$LAB_CONFIG" "$@" <<-'END'
		import json, sys
		path, health = sys.argv[1], {}
		config = json.load(open(path))
		for name, text in zip(("web", "web6", "one", "one6", "dns"), sys.argv[2:]):
		    health[name] = json.loads(text)
		for service in config["services"]:
		    service.pop("health", None)
		    if service["name"] in health:
		        service["health"] = dict(interval_ms=200, timeout_ms=1000, **health[service["name"]])
		    if service["name"] == "dns":
		        service["backends"] = [{"address": "10.1.1.%d" % n, "port": 5353} for n in (1, 2, 3)]
		json.dump(config, open(path, "w"))
	END
}
query='\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x01a\\x03lab\\x04test\\x00\\x00\\x01\\x00\\x01'
dns="{\"type\": \"udp\", \"send\": \"$query\", \"expect\": \"\\\\xcb\\\\x00\\\\x71\\\\x07\"}"
configure '{"type": "http", "path": "/?check", "status": "200", "body": "backend", "host": "web.test"}' '{"type": "http"}' \
	'{"type": "tcp"}' '{"type": "icmp"}' "$dns"
out=$(lab_in sluice "$(lab_program sluice)" --check --config "$LAB_CONFIG" 2>&1) || fail "--check: $out"
[[ $out == *'interface lan has a TAP in the host'*'"health" of service "web"'* ]] || fail "--check does not name the companion: $out"
cp "$LAB_CONFIG" "$LAB_WORK/health.json"
configure
lab_start_sluice
if [[ $LAB_PMD == af_packet ]]; then # only the control thread may make a TAP later
	for task in "/proc/$(lab_pid sluice)"/task/*/status; do
		rights=$(awk '/^CapPrm/ { print $2 }' "$task")
		[[ $rights == 0000000000000000 || ( $task == */task/$(lab_pid sluice)/* && $rights == 0000000000001000 ) ]] || fail "rights of $task: $rights"
	done
fi
! lab_in sluice ip link show dev lan >/dev/null 2>&1 || fail "a companion that nobody needs"
cp "$LAB_WORK/health.json" "$LAB_CONFIG"
kill -HUP "$(lab_pid sluice)"
lab_wait 10 "the reload that brings the checks" telemetry_is /sluice/info 'r["reloads"] == 1'

# health SERVICE BACKEND: its state
health()
{
	telemetry "/sluice/backend,$1,$2,$3" 'r["health"]'
}

is()
{
	[[ $(health "$1" "$2" "$3") == "$4" ]]
}

# becomes SERVICE ADDRESS PORT STATE [REASON]
becomes()
{
	lab_wait 15 "$2 port $3 of $1 to be $4" is "$1" "$2" "$3" "$4" || fail "$(lab_telemetry "/sluice/backend,$1,$2,$3")"
	[[ -z ${5:-} ]] || [[ $(telemetry "/sluice/backend,$1,$2,$3" 'r["reason"]') == *"$5"* ]] ||
		fail "reason of $1 $2: $(telemetry "/sluice/backend,$1,$2,$3" 'r["reason"]'), not $5"
}

echo "all are well"
for n in 1 2 3; do
	becomes web "10.1.1.$n" 8080 up "http check: HTTP status 200"
	becomes web6 "2001:db8:2::1:$n" 8080 up "HTTP status 200"
	becomes dns "10.1.1.$n" 5353 up "udp check: answered"
done
becomes one 10.1.1.1 8080 up "tcp check: connected"
becomes one6 2001:db8:2::1:1 8080 up "icmp check: answered"
lab_answers 192.0.2.10 || fail "no answer"

echo "one dies"
kill -TERM "$(lab_pid nginx2)"
becomes web 10.1.1.2 8080 down "Connection refused (3 in a row)"
becomes web6 2001:db8:2::1:2 8080 down "Connection refused"
only 192.0.2.10 "backend[13]" || fail "a dead backend gets connections"
(($(grep -c "backend 10.1.1.2 port 8080 is down now" "$LAB_LOG") == 1)) || fail "not logged once: $(grep 10.1.1.2 "$LAB_LOG")"
"$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX" backends web | grep "10.1.1.2" | grep -q "enabled, down.*Connection refused" ||
	fail "sluicectl backends: $("$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX" backends web)"

echo "one hangs"
nginx3=$(lab_pid nginx3)
mapfile -t workers < <(ps -o pid= --ppid "$nginx3")
kill -STOP "$nginx3" "${workers[@]}"
becomes web 10.1.1.3 8080 down "no answer within 1000 ms"
only 192.0.2.10 backend1 || fail "a backend that hangs gets connections"

echo "they come back"
kill -CONT "$nginx3" "${workers[@]}"
becomes web 10.1.1.3 8080 up "HTTP status 200 (2 in a row)"
dir=$LAB_WORK/backend2
lab_spawn nginx2 "$dir/nginx.log" backend2 nginx -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf"
becomes web 10.1.1.2 8080 up
lab_wait 5 "connections to backend2" only 192.0.2.10 backend || fail "errors after they came back"
[[ $answers == *backend2* ]] || fail "backend2 gets no connections: $answers"

echo "a machine that is gone"
ip -n "$LAB-backend1" link set eth0 down
becomes one6 2001:db8:2::1:1 8080 down "icmp check: no answer"
becomes web 10.1.1.1 8080 down
ip -n "$LAB-backend1" link set eth0 up
lab_address "$LAB-backend1" eth0 2001:db8:2::1:1/64 2>/dev/null || true
ip -n "$LAB-backend1" route replace default via 10.1.0.2
becomes one6 2001:db8:2::1:1 8080 up
becomes web 10.1.1.1 8080 up

echo "UDP flows move from a dead backend"
cat >"$LAB_WORK/query.py" <<-'END'
	import socket, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("192.0.2.1", 5000)), s.connect(("192.0.2.10", 53)), s.settimeout(1)
	s.send(b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\1a\3lab\4test\0\0\1\0\1")
	sys.exit(b"\xcb\x00\x71\x07" not in s.recv(2000))
END
asks()
{
	lab_in client /usr/bin/python3 "$LAB_WORK/query.py" 2>/dev/null
}
lab_wait 5 "an answer by UDP" asks
served=$(lab_telemetry /sluice/flows,0,dns | grep -o '10\.1\.1\.[123]' | head -1 || true)
[[ -n $served ]] || served=$(for n in 1 2 3; do [[ $(telemetry "/sluice/backend,dns,10.1.1.$n,5353" 'r["flows_active"]') == 0 ]] || echo "10.1.1.$n"; done | head -1)
name=dnsmasq${served##*.}
lab_stop "${name/%dnsmasq1/dnsmasq}"
becomes dns "$served" 5353 down "port unreachable"
lab_wait 5 "the same client's answer from another backend" asks || fail "the flow stays with a dead backend"
(($(workers_sum flows_moved) >= 1)) || fail "no flow was moved"

echo "a reload: other settings begin anew, the others go on"
passed=$(telemetry /sluice/backend,web6,2001:db8:2::1:1,8080 'r["checks_passed"]')
configure '{"type": "http", "status": "201-299"}' '{"type": "http"}' '{"type": "http", "body": "elsewhere"}' '{"type": "icmp"}'
kill -HUP "$(lab_pid sluice)"
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 2'
(($(telemetry /sluice/backend,web6,2001:db8:2::1:1,8080 'r["checks_passed"]') >= passed)) || fail "a check that stays began anew"
becomes web 10.1.1.1 8080 down "HTTP status 200 (3 in a row)"
becomes one 10.1.1.1 8080 down "HTTP status 200, without the text in its body"
becomes dns 10.1.1.2 5353 unknown
is web6 2001:db8:2::1:1 8080 up || fail "a reload has changed the health of a check that stays"

echo "all of them down: none is used, or with min_healthy all are"
for n in 2 3; do
	becomes web "10.1.1.$n" 8080 down
done
! lab_answers 192.0.2.10 || fail "backends that are down get connections"
sed -i 's/"name": "web",/"name": "web", "min_healthy": 50,/' "$LAB_CONFIG"
kill -HUP "$(lab_pid sluice)"
lab_wait 10 "the reload" telemetry_is /sluice/info 'r["reloads"] == 3'
only 192.0.2.10 backend || fail "min_healthy does not help"
telemetry_is /sluice/service,web 'r["backend_group"] == "panic"' || fail "$(lab_telemetry /sluice/service,web)"
conserved
lab_stop sluice
! grep -q "cannot be checked" "$LAB_LOG" || fail "$(grep "cannot be checked" "$LAB_LOG")"
