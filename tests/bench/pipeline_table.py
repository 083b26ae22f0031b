#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table of docs/performance.md: cycles per packet by mode, addresses and live flows. Each figure is the median of several runs
of sluice-bench, which each report the median of their repetitions. Real-time priority where it can be had."""
import argparse
import json
import os
import statistics
import subprocess
import sys

FLOWS = {"1 k": 1000, "64 k": 65536, "1 M": 1000000, "8 M": 8000000}
ROWS = [
    ("full-nat, UDP", "IPv4", []),
    ("full-nat, UDP", "IPv6", ["--ipv6"]),
    ("full-nat, TCP", "IPv4", ["--protocol", "tcp"]),
    ("full-nat, TCP", "IPv6", ["--protocol", "tcp", "--size", "80", "--ipv6"]),
    ("dnat, UDP", "IPv4", ["--mode", "dnat"]),
    ("dnat, UDP", "IPv6", ["--mode", "dnat", "--ipv6"]),
    ("dsr, UDP", "IPv4", ["--mode", "dsr"]),
    ("ipip, UDP", "4in4", ["--mode", "ipip"]),
    ("gue, UDP", "4in4", ["--mode", "gue"]),
    ("dsr, UDP, stateless", "IPv4", ["--mode", "dsr", "--stateless"]),
    ("ipip, UDP, stateless", "4in4", ["--mode", "ipip", "--stateless"]),
    ("NAT64, UDP", "IPv6 to IPv4", ["--mode", "nat64"]),
    ("NAT46, UDP", "IPv4 to IPv6", ["--mode", "nat46"]),
    ("full-nat, packets in memory", "IPv4", ["--cold"]),
    ("full-nat, one of two workers", "IPv4", ["--workers", "2"]),
    ("each packet opens a UDP flow", "IPv4", ["--new-flow-ratio", "1"]),
    ("each packet opens a UDP flow", "IPv6", ["--new-flow-ratio", "1", "--ipv6"]),
    ("forward", "IPv4", ["--mode", "forward"]),
    ("forward", "IPv6", ["--mode", "forward", "--ipv6"]),
    ("drop: closed port of a VIP", "IPv4", ["--mode", "drop"]),
    ("pairs", "IPv4", ["--mode", "pairs"]),
]
ONE_COLUMN = ("--mode forward", "--mode drop", "--mode pairs")


def run(options, flows):
    command = [args.program, "pipeline", "--json", "--flows", str(flows), "--packets", str(args.packets),
               "--repetitions", str(args.repetitions), *options]
    if os.geteuid() == 0:
        command = ["chrt", "-f", "50", *command]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


p = argparse.ArgumentParser(description=__doc__)
p.add_argument("program", nargs="?", default="build/app/sluice-bench")
p.add_argument("--runs", type=int, default=5)
p.add_argument("--packets", type=int, default=500000)
p.add_argument("--repetitions", type=int, default=5)
p.add_argument("--only", default="", help="rows with this in their name")
p.add_argument("--most-flows", type=int, default=8000000)
args = p.parse_args()
columns = {name: n for name, n in FLOWS.items() if n <= args.most_flows}
print("| packets | addresses | %s |" % " | ".join(columns))
print("|---|---|%s" % ("---:|" * len(columns)))
for name, addresses, options in ROWS:
    if args.only not in name:
        continue
    cells = []
    for flows in columns.values():
        text = " ".join(options)
        # no flows to speak of; three times as many records, which leave no room for 8 M in most machines
        if (cells and text.startswith(ONE_COLUMN)) or ("--new-flow-ratio" in text and flows > 1000000):
            cells.append("")
            continue
        results = [run(options, flows)["cycles_per_packet"] for _ in range(args.runs)]
        cells.append("%.0f (%.0f-%.0f)" % (statistics.median(results), min(results), max(results)))
        print("%s, %s, %d flows: %s" % (name, addresses, flows, cells[-1]), file=sys.stderr, flush=True)
    print("| %s | %s | %s |" % (name, addresses, " | ".join(cells)), flush=True)
