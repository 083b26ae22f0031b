# SPDX-License-Identifier: BSD-3-Clause
"""One multicast stream in and another out: sluice, the kernel's multicast routing and socat, on the same links, offered more than
they can take. tests/bench/relay-rates.sh makes the lab and reads the links' counters."""
import os
import re
import shutil
import tempfile

from gateways import NAME
from system import ROOT, Failed, Process, run, wait_for

LINE = re.compile(r"^(?P<name>\S.*?) +(?P<bytes>\d+) bytes: +(?P<offered>\d+) datagrams/s offered, +(?P<out>\d+)/s out$", re.M)
NAMES = {"sluice, af_packet": "sluice, AF_PACKET", "sluice, af_xdp": "sluice, AF_XDP", "smcroute": "kernel (smcroute)"}


def rates(options):
    """What the script prints. It has a lab of its own, which it takes down when it is told to end."""
    seconds = options.seconds
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        script = Process(os.path.join(ROOT, "tests/bench/relay-rates.sh"), log=log, env=dict(
            os.environ, SECONDS_EACH=str(seconds), ROUNDS=str(options.repetitions), SIZES=options.relay_sizes, LAB_NAME=NAME))
        try:
            wait_for("relay-rates.sh to end", script.ended, 120 + options.repetitions * 8 * (seconds + 6))
        finally:
            script.stop()
            run(ROOT + "/scripts/lab", "down", "--name", NAME, check=False)
            shutil.rmtree("/run/dpdk/sluice-%s-generator" % NAME, ignore_errors=True)
        log.seek(0)
        out = log.read()
    if script.process.returncode != 0:
        raise Failed("relay-rates.sh: exit status %d: %s" % (script.process.returncode, out[-300:]))
    return out


def measure(results, options, say):
    say("relay: sluice, smcroute, socat")
    try:
        out = rates(options)
        found = list(LINE.finditer(out))
        if not found:
            raise Failed(out[-300:])
    except Failed as error:
        results.fail("relay", error)
        return
    for line in found:
        name, size = NAMES.get(line["name"], line["name"]), line["bytes"] + " bytes"
        results.add("relay", name, size, "rate", "datagrams/s", int(line["out"]))
        results.add("relay", name, size, "offered", "datagrams/s", int(line["offered"]))
    results.note("relay", "each is offered more than it can take; a generator that is held up by its receiver offers less")
    results.note("relay", "multicast routing in the kernel cannot rewrite groups, and forwards on the CPU of the sender")
