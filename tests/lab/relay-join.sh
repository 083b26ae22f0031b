#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
#   sluice lan0 --- uplink, br0 of the lab: a switch that snoops and asks (IGMPv3 and MLDv2, then IGMPv2), as Linux does it
#
# Groups of relays are joined, kept while the switch asks, and left: with the relay, with its link, and all of them at the end.
# With sources, the switch knows them.
. "$(dirname "$0")/_lib.sh"

ctl=("$(lab_program sluicectl)" --file-prefix "$LAB_PREFIX")

lab_up af_packet
config()
{
	lab_config | /usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" "$@"
}
config "any lan/239.9.9.1:5000 wan/192.0.2.1:6000" \
	"some lan/232.9.9.2:5000?sources=10.1.1.1,10.1.1.2 wan/192.0.2.1:6001" "six lan/[ff15::9]:5000 wan/192.0.2.1:6002" \
	"some6 lan/[ff35::9]:5000?sources=2001:db8:2::1:1 wan/192.0.2.1:6003" >"$LAB_CONFIG"
# a second between queries, forgotten after three: what stays must have been asked for and answered
lab_in lan sysctl -q -w net.ipv6.conf.br0.disable_ipv6=0 # it asks by MLDv2 from its link-local address
ip -n "$LAB-lan" link set br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 mcast_mld_version 2 mcast_query_interval 100 \
	mcast_membership_interval 300 mcast_query_response_interval 50 mcast_startup_query_interval 50 ||
	skip "this kernel's bridge does not snoop"
lab_start_sluice

known()
{
	bridge -n "$LAB-lan" -d mdb show dev br0 | grep -F "port uplink" | grep -F -- "$1"
}

unknown()
{
	! known "$1"
}

queries()
{
	telemetry /sluice/control 'r["group_queries"]'
}

group_queries_are()
{
	telemetry_is /sluice/control "r['group_queries'] >= $1"
}

lab_wait 10 "239.9.9.1 to be joined" known "grp 239.9.9.1"
lab_wait 10 "232.9.9.2 to be joined" known "grp 232.9.9.2 src 10.1.1.2"
lab_wait 10 "ff15::9 to be joined" known "grp ff15::9"
lab_wait 10 "ff35::9 to be joined" known "grp ff35::9 src 2001:db8:2::1:1"
lab_wait 30 "queries" group_queries_are 10
# each is known again with the next answer if one came too late, and never again without
lab_wait 5 "239.9.9.1 to be known" known "grp 239.9.9.1" || fail "queries were not answered"
lab_wait 5 "232.9.9.2 to be known" known "grp 232.9.9.2 src 10.1.1.1" || fail "queries were not answered with sources"
lab_wait 5 "ff15::9 to be known" known "grp ff15::9" || fail "questions of MLD were not answered"
lab_wait 5 "ff35::9 to be known" known "grp ff35::9 src 2001:db8:2::1:1" || fail "questions of MLD were not answered with sources"
# from now on nothing is forgotten by itself
ip -n "$LAB-lan" link set br0 type bridge mcast_membership_interval 26000 mcast_last_member_interval 20
lab_wait 10 "more queries" group_queries_are $(($(queries) + 3))
echo "IGMPv3 and MLDv2: joined and kept, $(queries) queries"

"${ctl[@]}" relay remove any
"${ctl[@]}" relay remove six
lab_wait 5 "ff15::9 to be left" unknown "grp ff15::9"
lab_wait 5 "239.9.9.1 to be left" unknown "grp 239.9.9.1"
/usr/bin/python3 "$LAB_ROOT/tests/lab/relay_config.py" --one "other lan/239.9.9.3:5000 wan/192.0.2.1:6000" |
	"${ctl[@]}" relay add -
lab_wait 5 "239.9.9.3 to be joined" known "grp 239.9.9.3"

ip -n "$LAB-lan" link set br0 type bridge mcast_igmp_version 2
lab_wait 15 "IGMPv2 queries" group_queries_are $(($(queries) + 5))
known "grp 239.9.9.3" || fail "an IGMPv2 router's queries were not answered"
echo "IGMPv2: kept"

cp "$LAB_CONFIG" "$LAB_WORK/whole.json"
/usr/bin/python3 -c 'import json, sys
config = json.load(sys.stdin)
config["interfaces"][1]["vlan"], config["relays"] = 7, [] # another link
json.dump(config, sys.stdout)' <"$LAB_WORK/whole.json" >"$LAB_CONFIG"
"${ctl[@]}" reload --discard-edits >/dev/null
lab_wait 5 "239.9.9.3 to be left with its link" unknown "grp 239.9.9.3"
cp "$LAB_WORK/whole.json" "$LAB_CONFIG"
"${ctl[@]}" reload >/dev/null
lab_wait 5 "239.9.9.1 to be joined again" known "grp 239.9.9.1"

lab_stop sluice
lab_wait 3 "239.9.9.1 to be left at the end" unknown "grp 239.9.9.1"
