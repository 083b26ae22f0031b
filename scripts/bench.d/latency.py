# SPDX-License-Identifier: BSD-3-Clause
"""Round trips of UDP at a given rate: the highest rate without loss (NDR) and with 0.1 % of it (PDR), as RFC 2544 section 26.1
searches them, and latency at shares of the NDR. An open loop: a datagram's time runs from when it was due."""
from gateways import Direct, NginxStream, Nftables, Sluice
from system import Failed
from traffic import send

PARTIAL = 0.001  # loss of the PDR
STEP = 0.05	 # the search ends when it knows the rate that well
LEAST = 1000


def trial(gateway, rate, seconds):
    """Share lost. A load generator that did not get its datagrams away in time has not offered the rate."""
    r = send(gateway, "--rate", "%d" % rate, "--flows", "8", seconds=seconds)
    offered = r["sent"] / max(1, rate * seconds)
    return r, (r["lost"] / r["sent"] if r["sent"] and offered > 0.98 else 1.0)


def search(gateway, highest, allowed, seconds, seen):
    low, high = LEAST, highest
    while high / low > 1 + STEP:
        middle = (low * high) ** .5 if high / low > 2 else (low + high) / 2
        r, loss = trial(gateway, middle, seconds)
        seen.append((middle, loss))
        if loss <= allowed:
            low = middle
        else:
            high = middle
    return low


def measure_gateway(results, gateway, options):
    idle = send(gateway, "--window", "1", seconds=options.seconds)
    for quantile in ("p50", "p99"):
        results.add("latency", gateway.name, "one at a time", quantile, "us", idle[quantile + "_us"])
    highest = 1.3 * send(gateway, "--window", "256", "--flows", "8", seconds=options.seconds)["received_pps"]
    seen = []
    ndr = search(gateway, highest, 0, options.trial, seen)
    pdr = max(ndr, search(gateway, highest, PARTIAL, options.trial, seen))
    results.add("ndr", gateway.name, "no loss", "rate", "round trips/s", ndr)
    results.add("ndr", gateway.name, "0.1 % loss", "rate", "round trips/s", pdr)
    for rate, loss in sorted(seen):
        results.add("loss", gateway.name, rate, "lost", "%", 100 * loss)
    for share in (10, 50, 90):
        r, loss = trial(gateway, ndr * share / 100, options.trial)
        for quantile in ("p50", "p90", "p99", "p999"):
            results.add("latency", gateway.name, "%d %% of its NDR" % share, quantile, "us", r[quantile + "_us"])
        results.add("latency", gateway.name, "%d %% of its NDR" % share, "lost", "", r["lost"])


def measure(results, options, say):
    gateways = [Direct(), Sluice("af_packet"), Sluice("af_xdp"), Nftables()] + ([] if options.quick else [Sluice("tap"), NginxStream()])
    for repetition in range(1 if options.quick else options.repetitions):
        for gateway in gateways:
            say("latency and loss, %s, %d of %d" % (gateway.name, repetition + 1, options.repetitions))
            try:
                with gateway:
                    measure_gateway(results, gateway, options)
                    gateway.account(results)
            except Failed as error:
                results.fail("latency", "%s: %s" % (gateway.name, error))
    results.note("latency", "\"one at a time\" is a closed loop on an idle machine; a sleeping gateway and its sleeping CPU wake up for each")
    results.note("ndr", "the generator and the echo server share a CPU, so \"direct\" is the limit of what can be told apart")
