#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   dpdk-telemetry.py, unmodified --- sluice's socket
#
# Every /sluice/ command answers valid JSON below 16 KiB, has a help text, and gives null for bad parameters.
. "$(dirname "$0")/_lib.sh"

test_lab af_packet
# the kernel takes up to a second to say that a link it has just made is up
lab_wait 10 "the link to be up" telemetry_is /sluice/port,net_af_packet0 'r["link"] == "up"'
ab_run 200 http://192.0.2.10/

all=$(lab_telemetry / | /usr/bin/python3 -c 'import json, sys
print(*[c for c in json.load(sys.stdin)["/"] if c.startswith("/sluice/")])')
for command in info ports workers worker services service backends neighbours drops flows flow_list config; do
	[[ " $all " == *" /sluice/$command "* ]] || fail "there is no /sluice/$command"
done

# check COMMAND EXPRESSION: to be asked by checked, all of them in one session; the expression over each reply, called r, is true.
checks=()
check()
{
	checks+=("$1" "$2")
}

checked()
{
	printf '%s\n%s\n' "${checks[@]}" >"$LAB_WORK/checks"
	checks=()
	lab_telemetry "$(sed -n 'p;n' "$LAB_WORK/checks")" >"$LAB_WORK/replies" || fail "dpdk-telemetry.py: $(tail -n 3 "$LAB_WORK/replies")"
	/usr/bin/python3 - "$LAB_WORK/checks" "$LAB_WORK/replies" <<-'END' || fail "see above"
		import json, sys
		checks, replies = ([line.rstrip("\n") for line in open(path)] for path in sys.argv[1:])
		commands, expressions = checks[::2], checks[1::2]
		if len(commands) != len(replies):
		    sys.exit("%d commands, %d replies" % (len(commands), len(replies)))
		for command, expression, reply in zip(commands, expressions, replies):
		    if len(reply) >= 16384:
		        sys.exit("%s: reply of %d bytes" % (command, len(reply)))
		    try:
		        r = json.loads(reply)[command.partition(",")[0]]
		        right = eval(expression)
		    except Exception as error:
		        right, reply = False, "%s: %s" % (error, reply)
		    if not right:
		        sys.exit("%s: %s is not true of %s" % (command, expression, reply))
		print(len(replies), "replies are right")
	END
}

for command in $all; do
	check "$command" 'r is None or isinstance(r, (dict, list))'
	check "/help,$command" 'all(len(text) > 10 for text in r.values()) and len(r) == 1'
	for bad in 4294967296 -1 nosuch ",,,,,," "a=b" "$(printf 'x%.0s' {1..600})" "%n%s" "service=nosuch"; do
		check "$command,$bad" 'True'
	done
done
for bad in "" ,nosuch ,-1 ,99 ,0x0 ",0,0"; do
	check "/sluice/worker$bad" 'r is None'
	check "/sluice/service$bad" 'r is None'
done
check /sluice/info 'r["workers"] == 1 and r["ports"] == 2 and r["uptime_s"] >= 0'
check /sluice/ports 'r["ports"] == ["net_af_packet0", "net_af_packet1"]'
check /sluice/port,net_af_packet0 'r["link"] == "up" and r["rx_packets"] > 200'
check /sluice/services 'set(r["services"]) == {"web", "web6", "one", "one6", "dns", "dns6"}'
check /sluice/service,web 'r["address"] == "192.0.2.10" and r["port"] == 80 and r["flows_created"] >= 200'
check /sluice/backends,web 'sum(b["flows_created"] for b in r["backends"].values()) >= 200'
check /sluice/neighbours 'r'
checked
lab_answers 192.0.2.10 || fail "traffic suffers" # on a slow machine the flows from the beginning have ended
check /sluice/flow_list,service=web,limit=5 '0 < len(r["flows"]) <= 5 and all(f["service"] == "web" for f in r["flows"].values())'
check /sluice/flow_list,client=192.0.2.1,protocol=tcp 'r["flows"] and all(f["client"] == "192.0.2.1" for f in r["flows"].values())'
checked
lab_answers 192.0.2.10 || fail "traffic suffers"

ctl=$(lab_program sluicectl)
for command in status services flows drops neighbours ports workers; do
	"$ctl" --file-prefix "$LAB_PREFIX" "$command" >"$LAB_WORK/out" || fail "sluicectl $command"
	[[ -s $LAB_WORK/out ]] || fail "sluicectl $command prints nothing"
	"$ctl" --file-prefix "$LAB_PREFIX" "$command" --json | /usr/bin/python3 -m json.tool >/dev/null || fail "sluicectl $command --json"
done
"$ctl" completion bash | bash -n || fail "sluicectl completion bash"
"$ctl" --file-prefix nosuch status >"$LAB_WORK/out" 2>&1 && fail "sluicectl talks to a sluice that is not there"
grep -q nosuch "$LAB_WORK/out" || fail "sluicectl does not say whom it could not reach"
conserved
