# SPDX-License-Identifier: BSD-3-Clause
"""Real traffic through sluice, its peers and nothing: HTTP, bulk TCP, UDP round trips, DNS, and the CPU time it takes."""
import json
import os
import re

from gateways import ECHO, IPERF, all_of_them, inside
from system import OTHER_CPU, Failed, load, run

LUA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "wrk.lua")
HTTP_WAYS = ((False, 50), (False, 1000), (True, 50), (True, 1000))  # a request for each connection; connections
QUESTIONS = 1000
UNDER_WAY = 100  # more than this and dnsmasq's own receive buffer overflows


def client(*command, seconds):
    """Output of a load generator on the clients' CPU that runs for so long."""
    return run("taskset", "-c", str(OTHER_CPU), *inside("client", *command), timeout=seconds + 60)


def wrk(gateway, connections, seconds, close):
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", "%ds" % seconds, "--timeout", "5s", "-s", LUA]
    if close:
        command += ["-H", "Connection: close"]
    out = client(*command, "http://%s:%d/" % (gateway.address, gateway.web), seconds=seconds)
    for line in out.splitlines():
        if line.startswith("JSON "):
            return json.loads(line[5:])
    raise Failed("wrk said nothing: " + out[-300:])


def measure_http(results, gateway, options):
    for close, connections in HTTP_WAYS[:options.http_ways]:
        what = "%d connections, %s" % (connections, "one request each" if close else "keep-alive")
        with gateway.watch() as watch:
            r = wrk(gateway, connections, options.seconds, close)
        if r["requests"] == 0:
            raise Failed("%s: no request of wrk's was answered" % gateway.name)
        results.add("http", gateway.name, what, "rate", "requests/s", r["requests"] / r["seconds"])
        for quantile in ("p50", "p90", "p99", "p999"):
            results.add("http", gateway.name, what, quantile, "us", r[quantile + "_us"])
        results.add("http", gateway.name, what, "errors", "", r["errors"])
        watch.add(results, "http", what, r["requests"], "request")


def measure_tcp(results, gateway, options):
    what = "one TCP connection"
    with gateway.watch() as watch:
        end = json.loads(client("iperf3", "-J", "-c", gateway.address, "-p", str(IPERF), "-t", str(options.seconds),
                                seconds=options.seconds))["end"]
    results.add("bulk", gateway.name, what, "rate", "Gbit/s", end["sum_received"]["bits_per_second"] / 1e9)
    results.add("bulk", gateway.name, what, "sent again", "segments", end["sum_sent"].get("retransmits", 0))
    watch.add(results, "bulk", what, end["sum_received"]["bytes"] / 1e6, "MB")


def send(gateway, *options, seconds):
    return json.loads(client(load("udp_load"), "send", gateway.address, str(ECHO), "--seconds", str(seconds), *options, seconds=seconds))


def measure_udp(results, gateway, options):
    for size in (64, 1400):
        send(gateway, "--size", str(size), "--window", "1", seconds=.2)  # neighbours and flows are there
        with gateway.watch() as watch:
            r = send(gateway, "--size", str(size), "--window", "256", "--flows", "8", seconds=options.udp_seconds)
        what = "%d bytes" % size
        results.add("udp", gateway.name, what, "round trips", "1/s", r["received_pps"])
        results.add("udp", gateway.name, what, "lost", "", r["lost"])
        watch.add(results, "udp", what, r["received"], "round trip")
    results.note("udp", "closed loop, 256 datagrams under way in 8 flows; client and echo server share a CPU, and \"direct\" is their limit")


def read_dnsperf(out):
    """Its report, of which these are the lines that matter."""
    found = {}
    for key, pattern in (("answers", r"Queries completed: +(\d+)"), ("lost", r"Queries lost: +(\d+)"),
                         ("good", r"NOERROR (\d+)"), ("rate", r"Queries per second: +([\d.]+)"),
                         ("average", r"Average Latency \(s\): +([\d.]+)"), ("longest", r"Average Latency.* max ([\d.]+)\)")):
        match = re.search(pattern, out)
        if match is None:
            raise Failed("dnsperf did not say what came of it: " + out[-300:])
        found[key] = float(match.group(1))
    return found


def measure_dns(results, gateway, options):
    questions = os.path.join(gateway.work, "questions")
    with open(questions, "w", encoding="ascii") as f:
        f.writelines("host%d.lab.test A\n" % n for n in range(QUESTIONS))
    what = "A records, %d questions under way" % UNDER_WAY
    with gateway.watch() as watch:
        r = read_dnsperf(client("dnsperf", "-s", gateway.address, "-p", str(gateway.dns), "-d", questions, "-l", str(options.seconds),
                                "-c", "8", "-T", "1", "-q", str(UNDER_WAY), "-t", "1", seconds=options.seconds))
    results.add("dns", gateway.name, what, "rate", "answers/s", r["rate"])
    results.add("dns", gateway.name, what, "average", "us", 1e6 * r["average"])
    results.add("dns", gateway.name, what, "longest", "us", 1e6 * r["longest"])
    results.add("dns", gateway.name, what, "lost", "", r["lost"])
    results.add("dns", gateway.name, what, "errors", "", r["answers"] - r["good"])
    watch.add(results, "dns", what, r["answers"], "answer")
    results.note("dns", "dnsperf and dnsmasq share a CPU, and \"direct\" is their limit")


def measure(results, options, say):
    """All gateways in turn, again and again."""
    for repetition in range(options.repetitions):
        for gateway in all_of_them(options.quick):
            say("traffic, %s, %d of %d" % (gateway.name, repetition + 1, options.repetitions))
            kinds = [("http", measure_http), ("bulk", measure_tcp)] + ([("udp", measure_udp), ("dns", measure_dns)] if gateway.udp else [])
            if not gateway.udp:
                results.note("udp", "%s does not do UDP" % gateway.name)
            case = "http"
            try:
                with gateway:
                    for case, measure_one in kinds:
                        measure_one(results, gateway, options)
                    gateway.account(results)
            except Failed as error:
                results.fail(case, "%s: %s" % (gateway.name, error))
    results.note("http", "CPU time of the gateway is that of its processes; the kernel's forwarding has none, and testpmd polls without end")
