# SPDX-License-Identifier: BSD-3-Clause
"""How many connections there can be, what they take, how fast they come and go (RFC 9693: capacity, set-up and tear-down rate)."""
import os
import resource
import shutil
import subprocess
import tempfile

import ceiling
import pipeline
from gateways import VIP, Sluice, inside
from system import OTHER_CPU, ROOT, Failed, Hugepages, run, wait_for


def memory_mb(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(("VmRSS", "HugetlbPages"))) / 1000


def held(results, options):
    """Real TCP connections, all open at the same time, and all asked again."""
    count = min(options.connections, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 500) * 2 // 4 * 4) // 4 * 4
    os.environ["LAB_CONNECTIONS"] = str(count * 2 // 5 + 500)
    try:
        with Sluice("af_packet") as gateway:
            pid = gateway.pids()[0]
            results.add("memory of the daemon", "sluice", "idle, 200,000 flows at most", "memory", "MB", memory_mb(pid))
            sources = ["192.0.2.%d" % n for n in (11, 12, 13, 14)]
            for source in sources:
                run(*inside("client", "ip", "addr", "add", source + "/24", "dev", "wan0"))
            holder = subprocess.Popen(["taskset", "-c", str(OTHER_CPU), *inside(
                "client", "/usr/bin/python3", ROOT + "/tests/lab/hold_connections.py", VIP, "80", str(count),
                *["--source=" + s for s in sources])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            try:
                if holder.stdout.readline().strip() == "":
                    raise Failed("%d connections could not be opened" % count)
                flows = gateway.telemetry.ask("/sluice/worker,0")["flows_live"]
                results.add("held connections", "sluice", "{:,} TCP connections".format(count), "flows", "", flows)
                results.add("memory of the daemon", "sluice", "{:,} TCP connections open".format(count), "memory", "MB", memory_mb(pid))
            finally:
                holder.stdin.close()
                holder.wait(60)
    finally:
        del os.environ["LAB_CONNECTIONS"]


def capacity(results, options):
    """More flows than the table was made for: how many it holds, and what becomes of the others."""
    flows = 131072
    work = tempfile.mkdtemp(prefix="sluice-bench-")
    path = os.path.join(work, "flows.pcap")
    ceiling.write_pcap(path, flows)
    sluice = ceiling.Sluice(work)
    try:
        with Hugepages(600 + flows * (ceiling.BUFFER_BYTES + 250) // 2**21):
            sluice.start(["net_pcap0,rx_pcap=%s,infinite_rx=1" % path], flows, flows * 4 // 5 // 2)
            wait_for("a full table", lambda: sluice.dropped().get("flow_table_full", 0), 20)
            table = sluice.telemetry.ask("/sluice/worker,0")
            results.add("capacity", "sluice", "max_flows %d" % table["flows_capacity"], "flows held", "", table["flows_live"])
            for cause, n in sluice.dropped().items():
                if cause != "total":
                    results.note("capacity", "what found no place was dropped as %s" % cause)
    finally:
        sluice.stop()
        shutil.rmtree(work, ignore_errors=True)


def rates(results, options):
    with Hugepages(400):
        setup = pipeline.pipeline(options, "--new-flow-ratio", "1", "--flows", "65536")
        results.add("connection rates", "set-up and expiry of a UDP flow", "64 k live", "rate", "M/s", setup["mpps"])
        gone = pipeline.bench("expiry", "--flows", "1000000")
        results.add("connection rates", "expiry alone", "1 M flows", "rate", "M/s", gone["tsc_hz"] / gone["cycles_per_flow"] / 1e6)
        soak = pipeline.bench("soak", "--flows", "1000000", "--total", str(options.soak))
        results.add("synthetic flows", "sluice", "1,000,000 live", "opened and expired", "M", soak["packets"] / 1e6)
        if soak["wrong"]:
            results.note("synthetic flows", soak["wrong"])


def measure(results, options, say):
    for what, step in (("connections held", held), ("capacity of the flow table", capacity), ("set-up and tear-down", rates)):
        say(what)
        try:
            step(results, options)
        except Failed as error:
            results.fail("capacity", "%s: %s" % (what, error))
