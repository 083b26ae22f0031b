#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   client: 30 kept connections --- sluice, sluicectl --- backend1, backend2, backend3
#
# 1. backend1 is drained with a deadline: nothing new goes there, then its connections are reset at both ends, the others
# live.   2. flows of backend2 are killed.   3. Edits, with the file and without; what is refused changes nothing.   4. A socket
# that a killed sluice left behind is replaced.
. "$(dirname "$0")/_lib.sh"

test_lab af_packet
program=$(lab_program sluicectl)
coproc load { exec ip netns exec "$LAB-client" /usr/bin/python3 "$LAB_ROOT/tests/lab/keep_asking.py" 192.0.2.10 80 30; }
read -r -t 30 answer <&"${load[0]}" || fail "could not open connections to keep"

ctl()
{
	"$program" --file-prefix "$LAB_PREFIX" "$@"
}

# refused EXPECTED COMMAND...: exit status 1, and the message holds what is expected
refused()
{
	local expected=$1 out status=0
	shift
	out=$(ctl "$@" 2>&1) || status=$?
	if ((status != 1)) || [[ $out != *"$expected"* ]]; then
		fail "sluicectl $*: status $status: $out"
	fi
}

load_ask()
{
	echo "$1" >&"${load[1]}"
	read -r -t 60 answer <&"${load[0]}" || fail "the load does not answer"
}

# Connections that nginx on a backend still has.
server_connections()
{
	lab_in "backend$1" ss -Htn state established sport = :8080 | wc -l
}

has_connections()
{
	(($(server_connections "$1") == $2))
}

load_ask "run 1 200"
[[ $answer == ok* ]] || fail "$answer"
load_ask backends
[[ $answer == "backend1=10 backend2=10 backend3=10" ]] || fail "$answer"

echo "draining backend1"
created=$(telemetry /sluice/backend,web,10.1.1.1,8080 'r["flows_created"]')
ctl backend drain web 10.1.1.1:8080 --deadline 20 # long enough for what is looked at before it
load_ask "run 2 200"
[[ $answer == ok* && $answer != *" new=0 "* ]] || fail "while backend1 drains: $answer"
(($(telemetry /sluice/backend,web,10.1.1.1,8080 'r["flows_created"]') == created)) || fail "backend1 got new connections while it drained"
load_ask backends
[[ $answer == "backend1=10 backend2=10 backend3=10" ]] || fail "while backend1 drains: $answer"
lab_wait 60 "backend1's connections to end at its deadline" has_connections 1 0
load_ask "run 1 200"
[[ $answer == "failed: "*"backend1"* && $answer != *backend2* && $answer != *backend3* ]] || fail "after the deadline: $answer"
load_ask backends
[[ $answer == "backend2=10 backend3=10" ]] || fail "after the deadline: $answer"
ctl backend enable web 10.1.1.1:8080 | grep -q enabled || fail "backend1 is not enabled again"

echo "killing backend2's flows"
ctl flow kill --service web --backend 10.1.1.2:8080
lab_wait 10 "backend2's connections to end" has_connections 2 0
load_ask "run 1 200"
[[ $answer == "failed: "*"backend2"* && $answer != *backend1* && $answer != *backend3* ]] || fail "after the kill: $answer"
load_ask "run 1 200"
[[ $answer == ok* ]] || fail "$answer"
ctl flows --service web --protocol tcp --limit 1000 --json | /usr/bin/python3 -c 'import json, sys
flows = json.load(sys.stdin)["flows"]
assert sum(f["backend"] == "10.1.1.3" and f["state"] == "established" for f in flows) == 10, flows' || fail "flow list"

echo "edits"
before=$(sha256sum "$LAB_CONFIG")
ctl backend add web 10.1.1.77:8080 --weight 0 | grep -q "until the next reload" || fail "backend add"
[[ $(sha256sum "$LAB_CONFIG") == "$before" ]] || fail "the file was changed unasked"
ctl config diff | grep -q -- "- services/web/backends/10.1.1.77:8080" || fail "config diff: $(ctl config diff)"
refused "an edit would be lost" reload
refused "already" backend add web 10.1.1.77:8080
refused "did you mean \"web\"" backend drain webb 10.1.1.1:8080
refused "10.1.0.2 is" backend add web 10.1.0.2:80
ctl reload --discard-edits | grep -q "lost" || fail "reload --discard-edits"
chmod 0640 "$LAB_CONFIG"
ctl backend weight web 10.1.1.3:8080 0 --persist >/dev/null
[[ $(stat -c %a "$LAB_CONFIG") == 640 ]] || fail "the file's mode was changed"
grep -q '"10.1.1.3", "port": 8080, "weight": 0' "$LAB_CONFIG" || fail "the file does not have the weight: $(cat "$LAB_CONFIG")"
echo '{ "name": "extra", "address": "192.0.2.12", "port": 80, "protocol": "tcp", "snat": ["10.1.0.3"],
	"backends": [{ "address": "10.1.1.1", "port": 8080 }] }' >"$LAB_WORK/extra.json"
ctl service add "$LAB_WORK/extra.json" --persist >/dev/null
lab_wait 5 "an answer of the new service" lab_answers 192.0.2.12
kill -HUP "$(lab_pid sluice)"
lab_wait 10 "a reload of the edited file" telemetry_is /sluice/info 'r["reloads"] == 2'
lab_answers 192.0.2.12 || fail "the reload lost a service that is in the file"
ctl service remove extra --deadline 0 --persist >/dev/null
lab_answers 192.0.2.12 && fail "a removed service takes new connections"
for command in routes interfaces conflicts conservation "config show" backends; do
	# shellcheck disable=SC2086
	[[ -n $(ctl $command) ]] || fail "sluicectl $command prints nothing"
done

echo "what a killed sluice leaves behind"
# shellcheck disable=SC2154 # comes with the coproc
eval "exec ${load[1]}>&-" && wait "$load_PID"
conserved
pid=$(lab_pid sluice)
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true # with all its threads, it has its interfaces until then
[[ -S /run/dpdk/$LAB_PREFIX/sluice_control ]] || fail "there is no socket left to be replaced"
lab_start_sluice
lab_wait 10 "an answer after the restart" lab_answers 192.0.2.10
[[ $(stat -c %a "/run/dpdk/$LAB_PREFIX/sluice_control") == 600 ]] || fail "others may connect to the control socket"
ctl config diff | grep -q "would change nothing" || fail "after the restart: $(ctl config diff)"
lab_stop sluice
[[ ! -e /run/dpdk/$LAB_PREFIX/sluice_control ]] || fail "the control socket is left behind"
