#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""json_fields.py PROGRAM ARGUMENTS...: sluice-bench prints one JSON object with the fields that others rely on."""
import json
import math
import subprocess
import sys

number = (int, float)
common = {"mode": str, "flows": int, "protocol": str, "ip_version": int, "ip_version_behind": int, "size_bytes": int,
          "hugepages": bool, "dpdk_version": str, "sluice_version": str, "tsc_hz": int, "bytes_per_flow": number,
          "table_capacity_flows": int, "hash": str, "workers": int, "rss": bool}
fields = {
    "pipeline": {"packets": int, "repetitions": int, "new_flow_ratio": number, "cycles_per_packet": number,
                 "cycles_per_packet_min": number, "cycles_per_packet_max": number, "ns_per_packet": number, "mpps": number,
                 "receive_cycles_per_packet_subtracted": number, "transmit_cycles_per_packet_subtracted": number,
                 "interrupted_ratio": number, "stages": list, "checksums": str, "packet_data": str},
    "expiry": {"steps": int, "steps_interrupted": int, "flows_expired": int, "cycles_per_flow": number, "mean_ns": number,
               "median_ns": number, "p99_ns": number, "p99_9_ns": number, "max_ns": number, "longest_pause_ns": number,
               "histogram": list},
    "flow-table": {"lookups": int, "repetitions": int, "cycles_per_lookup": number, "cycles_per_lookup_min": number,
                   "cycles_per_lookup_max": number},
    "schedulers": {"schedulers": list},
    "soak": {"packets": int, "new_flow_ratio": number, "rows": list, "wrong": type(None)},
}


def check(condition, text):
    if not condition:
        sys.exit("json_fields: " + text)


def option(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


command = sys.argv[2]
run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=False)
check(run.returncode == 0, "exit status %d" % run.returncode)
print(run.stdout.decode())
r = json.loads(run.stdout)
expected = common | fields[command]
if option("--mode", "") == "relay":
    expected |= {"fanout": int, "cycles_per_output": number, "outputs_mpps": number, "payload": str}
check(set(r) == set(expected), "fields: %s" % ", ".join(sorted(set(r) ^ set(expected))))
for name, kind in expected.items():
    check(isinstance(r[name], kind), "%s is %r" % (name, r[name]))
check(r["mode"] == (option("--mode", "full-nat") if command == "pipeline" else command), "mode")
check(r["flows"] == int(option("--flows", 1000)), "flows")
check(r["workers"] == int(option("--workers", 1)), "workers")
check(r["rss"] == ("--rss" in sys.argv), "rss")
check(0 < r["bytes_per_flow"] <= (160 if 6 not in (r["ip_version"], r["ip_version_behind"]) else 224), "bytes_per_flow")
if command == "pipeline":
    check(r["packets"] >= int(option("--packets", 1000000)), "packets")
    check(r["cycles_per_packet_min"] <= r["cycles_per_packet"] <= r["cycles_per_packet_max"], "cycles_per_packet")
    check(math.isclose(r["ns_per_packet"], r["cycles_per_packet"] * 1e9 / r["tsc_hz"], rel_tol=1e-3), "ns_per_packet")
    check(math.isclose(r["mpps"], 1e3 / r["ns_per_packet"], rel_tol=1e-3), "mpps")
    check(all(set(s) == {"name", "cycles_per_packet"} for s in r["stages"]), "stages")
    names = [s["name"] for s in r["stages"]]
    check(len(names) == len(set(names)) and {"parse", "flow", "nat", "output", "transmit"} <= set(names), "stages: %s" % names)
    check(all(isinstance(s["cycles_per_packet"], number) and s["cycles_per_packet"] >= 0 for s in r["stages"]), "stages")
    if r["mode"] == "relay":
        check(r["fanout"] == int(option("--fanout", 1)), "fanout")
        check(math.isclose(r["cycles_per_output"], r["cycles_per_packet"] / r["fanout"], rel_tol=1e-3), "cycles_per_output")
elif command == "expiry":
    check(r["flows_expired"] == r["flows"], "flows_expired")
    check(all(set(row) == {"up_to_ns", "steps", "pauses"} for row in r["histogram"]), "histogram")
    check(sum(row["steps"] for row in r["histogram"]) == r["steps"], "histogram")
elif command == "schedulers":
    names = [s["scheduler"] for s in r["schedulers"]]
    check(len(set(names)) == 7 and all(names.count(name) == 3 for name in names), "schedulers: %s" % names)
    check([s["backends"] for s in r["schedulers"]] == [3, 100, 1000] * 7, "backends")
    check(all(0 < s["cycles_per_pick_min"] <= s["cycles_per_pick"] <= s["cycles_per_pick_max"] and s["schedule_build_ms"] > 0
              for s in r["schedulers"]), "cycles_per_pick")
elif command == "soak":
    check(r["rows"][0]["flows_opened"] == 0 and r["rows"][-1]["flows_live"] == 0, "rows")
    check(r["rows"][-1]["flows_expired"] >= int(option("--total", 100000000)), "flows_expired")
