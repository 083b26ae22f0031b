# SPDX-License-Identifier: BSD-3-Clause
"""What the packet path costs in memory, without any device: build/app/sluice-bench, on the gateway's CPU."""
import json
import os

from system import GATEWAY_CPU, Failed, Hugepages, program, run

MODES = [("full-NAT IPv4", []), ("full-NAT IPv6", ["--ipv6"]), ("dnat IPv4", ["--mode", "dnat"]),
         ("NAT64", ["--mode", "nat64"]), ("NAT46", ["--mode", "nat46"])]
FLOWS = {"1 k": 1000, "64 k": 65536, "1 M": 1000000, "8 M": 8000000}


def bench(command, *options):
    chosen = [program("sluice-bench"), command, "--json", "--cpu", str(GATEWAY_CPU), *options]
    if os.geteuid() == 0:
        chosen = ["chrt", "-f", "50"] + chosen
    return json.loads(run(*chosen, timeout=300))


def pipeline(options, *more):
    return bench("pipeline", "--packets", str(options.packets), "--repetitions", str(options.bench_repetitions), *more)


def rows(options):
    """Case, subject, parameter, options of sluice-bench; in the order in which they are measured, which mixes subjects."""
    for flows_name in options.flows:
        for mode, chosen in MODES if not options.quick else MODES[:2]:
            yield "flows", mode, flows_name + " flows", chosen + ["--flows", str(FLOWS[flows_name])]
    for size in (64, 512, 1500) if not options.quick else (64, 1500):
        for mode, chosen in MODES[:2]:
            yield "size", mode, "%d bytes" % size, chosen + ["--size", str(size)]
    for mode, chosen in MODES[:2]:
        for flows_name in options.flows[1:2] if options.quick else options.flows[:2]:
            yield "new flows", mode, "about %s flows live" % flows_name, chosen + ["--new-flow-ratio", "1", "--flows", str(FLOWS[flows_name])]
    yield "others", "drop: a closed port", "1 k flows", ["--mode", "drop"]
    yield "others", "forward by a route", "1 k flows", ["--mode", "forward"]
    yield "others", "port pair", "1 k flows", ["--mode", "pairs"]
    yield "others", "full-NAT IPv4, packets in memory", "1 k flows", ["--cold"]
    for workers in (1, 2, 4, 8) if not options.quick else (1, 2):
        yield "workers", "full-NAT IPv4, one of them", workers, ["--workers", str(workers)]


def measure_schedulers(results):
    for r in bench("schedulers")["schedulers"]:
        results.add("schedulers", r["scheduler"], r["backends"], "cost", "cycles/new flow", r["cycles_per_pick"])


def measure_relay(results, options):
    for fanout in (1, 16) if options.quick else (1, 4, 16, 64):
        r = pipeline(options, "--mode", "relay", "--fanout", str(fanout), "--size", "1400")
        results.add("relay in memory", "sluice", "fan-out %d" % fanout, "cost", "cycles/output", r["cycles_per_output"])


def measure(results, options, say):
    most = max(FLOWS[name] for name in options.flows)
    try:
        with Hugepages(300 + most * 160 // 2**21):
            for repetition in range(options.repetitions):
                say("sluice-bench, %d of %d" % (repetition + 1, options.repetitions))
                for case, subject, parameter, chosen in rows(options):
                    r = pipeline(options, *chosen)
                    results.add(case, subject, parameter, "cost", "cycles/packet", r["cycles_per_packet"])
                    if case == "new flows":
                        results.add(case, subject, parameter, "rate", "M flows/s", r["mpps"])
                    if case == "flows":
                        results.add("throughput", "in memory, " + subject, r["flows"], "rate", "Mpps", r["mpps"])
                        for stage in r["stages"]:
                            results.add("stages", stage["name"], subject + ", " + parameter, "cost", "cycles/packet",
                                        stage["cycles_per_packet"])
                        results.add("memory", subject, parameter, "memory", "bytes/flow", r["bytes_per_flow"])
                measure_relay(results, options)
                measure_schedulers(results)
    except Failed as error:
        results.fail("flows", error)
    results.note("flows", "cycles of the TSC; what the null driver itself takes is measured beside it and subtracted")
