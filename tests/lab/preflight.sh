#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   no client, no backend: the mistakes of a new user, each answered by exit status 2 and a line that says what to do
#
# Afterwards nothing is left: no process, no runtime directory, no hugepage file.
. "$(dirname "$0")/_lib.sh"

LAB_NO_HUGE=1 # "no hugepages" is one of the mistakes
lab_up af_packet
program=$(lab_program sluice)
out=$LAB_WORK/out
rm -rf /run/dpdk/mistake # what a killed test may have left

# refused NAME CONFIG PATTERN [COMMAND PREFIX...]: sluice ends with 2 and a line that matches.
refused()
{
	local name=$1 config=$2 pattern=$3 status=0
	shift 3
	lab_in sluice timeout 30 "$@" "$program" --config "$config" >"$out" 2>&1 </dev/null || status=$?
	if ((status != 2)) || ! grep -Eiq "$pattern" "$out"; then
		cat "$out"
		fail "$name: exit status $status, expected 2 and /$pattern/"
	fi
	grep -Ei -m 1 "$pattern" "$out"
	[[ ! -e /run/dpdk/mistake ]] || fail "$name: left behind: $(ls -d /run/dpdk/mistake/*)"
}

config()
{
	lab_config --prefix mistake "$@"
}

cd "$LAB_WORK"
config >good.json
refused "no such file" nosuch.json 'nosuch\.json.*no such file'
sed 's/"services"/"servces"/' good.json >typo.json
refused "typo" typo.json '/servces.*services'
printf '{ "version": 1,\n  "workers" 1 }\n' >syntax.json
refused "not JSON" syntax.json 'syntax\.json.*2'
config --iface wan0 --iface nosuch0 >missing.json
refused "missing interface" missing.json 'nosuch0'
config --workers 64 >workers.json
refused "too many workers" workers.json '/workers'
config --max-flows 4000000000 >flows.json
refused "too much memory" flows.json 'max_flows|memory'

chmod 755 "$LAB_WORK"
chmod 644 good.json
install -m 755 "$program" "$LAB_WORK/sluice"
program=$LAB_WORK/sluice
refused "not root" good.json 'root|CAP_NET_RAW|sudo' setpriv --reuid=65534 --regid=65534 --clear-groups
program=$(lab_program sluice)

free=$(cat /sys/kernel/mm/hugepages/hugepages-*/free_hugepages | sort -n | tail -n 1)
sed "s/\"hugepages\": false/\"memory_mb\": $((free * 2 + 128))/" good.json >hugepages.json
refused "no hugepages" hugepages.json 'hugepages.*(nr_hugepages|dpdk-hugepages|"hugepages": false)'

lab_start_sluice
sed "s/mistake/$LAB_PREFIX/" good.json >twice.json
refused "started twice" twice.json 'already|another|in use|running'
lab_pid sluice >/dev/null || fail "the second sluice harmed the first"
lab_telemetry /sluice/info >/dev/null || fail "the second sluice took away the first one's telemetry"
lab_stop sluice

LAB_PMD=af_xdp
lab_config >"$LAB_CONFIG"
lab_start_sluice
config >busy.json
refused "interface in use" busy.json '(net_af_xdp0|wan0).*(in use|busy|already|another)'
lab_wait 15 "the first sluice to go on" lab_answers 192.0.2.10 || fail "the second sluice harmed the first"

echo "--check beside a running sluice, of the file it has and of one for another"
lab_in sluice "$program" --check --config "$LAB_CONFIG" >"$out" 2>&1 || { cat "$out"; fail "--check of the running file"; }
grep -q "checked as its next configuration" "$out" || { cat "$out"; fail "--check does not see the running sluice"; }
lab_stop sluice

echo "--check opens no device"
lab_in sluice "$program" --check --config good.json >"$out" 2>&1 || { cat "$out"; fail "--check of a good file"; }
[[ ! -e /run/dpdk/mistake ]] || fail "--check left something behind"
