# SPDX-License-Identifier: BSD-3-Clause
"""Real traffic through sluice, its peers and nothing: HTTP, bulk TCP, UDP round trips, and the CPU time it takes."""
import json
import os

from gateways import ECHO, IPERF, all_of_them, inside
from system import OTHER_CPU, Failed, run, udp_load

LUA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrk.lua")


def wrk(gateway, connections, seconds, close):
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", "%ds" % seconds, "--timeout", "5s", "-s", LUA]
    if close:
        command += ["-H", "Connection: close"]
    out = run("taskset", "-c", str(OTHER_CPU), *inside("client", *command, "http://%s:%d/" % (gateway.address, gateway.web)),
              timeout=seconds + 60)
    for line in out.splitlines():
        if line.startswith("JSON "):
            return json.loads(line[5:])
    raise Failed("wrk said nothing: " + out[-300:])


def measure_http(results, gateway, options):
    for close in (False, True):
        for connections in (50, 1000):
            what = "%d connections, %s" % (connections, "one request each" if close else "keep-alive")
            before = gateway.usage()
            r = wrk(gateway, connections, options.seconds, close)
            after = gateway.usage()
            if r["requests"] == 0:
                raise Failed("%s: no request of wrk's was answered" % gateway.name)
            add = lambda metric, unit, value: results.add("http", gateway.name, what, metric, unit, value)
            add("rate", "requests/s", r["requests"] / r["seconds"])
            for quantile in ("p50", "p90", "p99", "p999"):
                add(quantile, "us", r[quantile + "_us"])
            add("errors", "", r["errors"])
            for who in ("gateway", "machine"):
                add("cpu " + who, "us/request", 1e6 * (after[who] - before[who]) / r["requests"])


def measure_tcp(results, gateway, options):
    out = json.loads(run("taskset", "-c", str(OTHER_CPU), *inside("client", "iperf3", "-J", "-c", gateway.address, "-p", str(IPERF),
                                                                    "-t", str(options.seconds)), timeout=options.seconds + 30))
    results.add("bulk", gateway.name, "one TCP connection", "rate", "Gbit/s", out["end"]["sum_received"]["bits_per_second"] / 1e9)


def send(gateway, *options, seconds):
    return json.loads(run("taskset", "-c", str(OTHER_CPU), *inside(
        "client", udp_load(), "send", gateway.address, str(ECHO), "--seconds", str(seconds), *options), timeout=seconds + 30))


def measure_udp(results, gateway, options):
    if not gateway.udp:
        results.note("udp", "%s does not do UDP" % gateway.name)
        return
    for size in (64, 1400):
        send(gateway, "--size", str(size), "--window", "1", seconds=.2)  # neighbours and flows are there
        r = send(gateway, "--size", str(size), "--window", "256", "--flows", "8", seconds=options.seconds)
        what = "%d bytes" % size
        results.add("udp", gateway.name, what, "round trips", "1/s", r["received_pps"])
        results.add("udp", gateway.name, what, "lost", "", r["lost"])
    results.note("udp", "closed loop, 256 datagrams under way in 8 flows; client and echo server share a CPU, and \"direct\" is their limit")


def measure(results, options, say):
    """All gateways in turn, again and again."""
    for repetition in range(options.repetitions):
        for gateway in all_of_them():
            say("traffic, %s, %d of %d" % (gateway.name, repetition + 1, options.repetitions))
            try:
                with gateway:
                    before = gateway.lost()
                    measure_http(results, gateway, options)
                    measure_tcp(results, gateway, options)
                    measure_udp(results, gateway, options)
                    if before is not None:
                        results.add("drops", gateway.name, "all of the above", "packets", "", gateway.lost() - before)
            except Failed as error:
                results.fail("http", "%s: %s" % (gateway.name, error))
