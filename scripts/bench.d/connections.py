# SPDX-License-Identifier: BSD-3-Clause
"""How many connections there can be, what they take, how fast they come and go: RFC 9693 section 4.5 (set-up rate), 4.8 (tear-down
rate: all are ended at once) and 4.9 (capacity)."""
import os
import resource
import shutil
import subprocess
import tempfile
import time

import ceiling
import pipeline
from gateways import VIP, Sluice, inside
from system import OTHER_CPU, ROOT, Failed, Hugepages, program, run, wait_for


def memory_mb(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(("VmRSS", "HugetlbPages"))) / 1000


class Holder:
    """tests/lab/hold_connections.py: opens all, and asks them all again for each line that it gets."""

    def __init__(self, count):
        sources = ["192.0.2.%d" % n for n in (11, 12, 13, 14)]
        for source in sources:  # with a first request each, so that they are known as neighbours
            run(*inside("client", "ip", "addr", "add", source + "/24", "dev", "wan0"))
            wait_for("an answer to " + source, lambda source=source: "backend" in run(
                *inside("client", "curl", "-s", "--max-time", "1", "--interface", source, "http://%s/" % VIP), check=False))
        self.begin = time.monotonic()
        self.process = subprocess.Popen(["taskset", "-c", str(OTHER_CPU), *inside(
            "client", "/usr/bin/python3", ROOT + "/tests/lab/hold_connections.py", VIP, "80", str(count),
            *["--source=" + s for s in sources])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answer(self):
        """Connections that failed, and the seconds since they were asked."""
        said = self.process.stdout.readline().strip()
        if not said.startswith(("ok", "failed")):
            raise Failed("the holder of connections ended")
        return 0 if said.startswith("ok") else int(said.split()[-3]), time.monotonic() - self.begin

    def ask(self):
        self.begin = time.monotonic()
        self.process.stdin.write("ask\n")
        self.process.stdin.flush()
        return self.answer()

    def stop(self):
        """It closes what it has; what was reset has nothing to close."""
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def held(results, options):
    """Real TCP connections, all open at the same time, all asked again, and then all ended by sluicectl."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # each of three nginx needs one for each of its connections
    count = min(options.connections, (files - 500) * 3) // 4 * 4
    if count < options.connections:
        results.note("held connections", "%d connections were wanted, but a process may have only %d files open (ulimit -Hn)" % (
            options.connections, files))
    os.environ["LAB_CONNECTIONS"] = str(count * 2 // 5 + 500)
    what = "{:,} TCP connections".format(count)
    try:
        with Sluice("af_packet") as gateway:
            pid = gateway.pids()[0]
            live = lambda: gateway.telemetry.ask("/sluice/worker,0")["flows_live"]
            results.add("memory of the daemon", gateway.name, "idle, 200,000 flows at most", "memory", "MB", memory_mb(pid))
            holder = Holder(count)
            try:
                with gateway.watch() as watch:
                    lost, took = holder.answer()
                    results.add("held connections", gateway.name, what, "opened, with a request each", "1/s", count / took)
                    flows = live()
                    results.add("held connections", gateway.name, what, "flows", "", flows)
                    results.add("memory of the daemon", gateway.name, what + " open", "memory", "MB", memory_mb(pid))
                    again, took = holder.ask()
                    results.add("held connections", gateway.name, what, "asked again", "1/s", count / took)
                    results.add("held connections", gateway.name, what, "lost", "connections", lost + again)
                watch.add(results, "held connections", what, 2 * count, "request")
                begin = time.monotonic()
                run(program("sluicectl"), "--file-prefix", gateway.prefix, "flow", "kill", "--all")
                results.add("held connections", gateway.name, what, "ended at once", "1/s", flows / (time.monotonic() - begin))
            finally:
                holder.stop()
    finally:
        del os.environ["LAB_CONNECTIONS"]
    results.note("held connections", "a flow that was ended by a reset keeps its place for tcp_reset_s, 10 s, so that what is under way still finds it")


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


def synthetic(results, options):
    """A million flows at the same time, half of the packets opening one, until so many have come and gone."""
    with Hugepages(400):
        soak = pipeline.bench("soak", "--flows", "1000000", "--total", str(options.soak))
    what = "1,000,000 flows"
    results.add("synthetic flows", "sluice", what, "most at the same time", "flows", max(row["flows_live"] for row in soak["rows"]))
    results.add("synthetic flows", "sluice", what, "opened and expired", "M", soak["rows"][-1]["flows_expired"] / 1e6)
    results.add("synthetic flows", "sluice", what, "memory", "bytes/flow", soak["bytes_per_flow"])
    results.add("synthetic flows", "sluice", what, "process", "MB", max(row["process_bytes"] for row in soak["rows"]) / 1e6)
    results.add("synthetic flows", "sluice", what, "in order", "", int(not soak["wrong"]))
    if soak["wrong"]:
        results.note("synthetic flows", soak["wrong"])


def measure(results, options, say):
    steps = [("connections held", held), ("capacity of the flow table", capacity), ("set-up and tear-down", rates),
             ("synthetic flows", synthetic)]
    for repetition in range(options.repetitions):
        for what, step in steps:
            say("%s, %d of %d" % (what, repetition + 1, options.repetitions))
            try:
                step(results, options)
            except Failed as error:
                results.fail("capacity", "%s: %s" % (what, error))
