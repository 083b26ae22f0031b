# SPDX-License-Identifier: BSD-3-Clause
"""Round trips of UDP at a given rate: the highest rate without loss (NDR) and with 0.1 % of it (PDR), as RFC 2544 section 26.1
searches them, and latency at shares of the NDR. An open loop: a datagram's time runs from when it was due."""
from gateways import Direct, NginxStream, Nftables, Sluice
from system import Failed
from traffic import send

PARTIAL = 0.001  # loss of the PDR
LEAST = 1000
QUANTILES = ("p50", "p90", "p99", "p999")


def trial(gateway, rate, seconds):
    """Share lost. A load generator that did not get its datagrams away in time has not offered the rate."""
    r = send(gateway, "--rate", "%d" % rate, "--flows", "8", seconds=seconds)
    offered = r["sent"] / max(1, rate * seconds)
    return r, (r["lost"] / r["sent"] if r["sent"] and offered > 0.98 else 1.0)


def search(gateway, low, highest, allowed, options):
    """A trial that fails is made once more, as often as options say: what the machine does beside is not the gateway's loss."""
    high = highest
    while high / low > 1 + options.step:
        middle = (low * high) ** .5 if high / low > 2 else (low + high) / 2
        for _ in range(1 + options.trials_again):
            _, loss = trial(gateway, middle, options.trial)
            if loss <= allowed:
                break
        if loss <= allowed:
            low = middle
        else:
            high = middle
    return low


def measure_loss(results, gateway, most, options):
    """Loss at rates around what a closed loop reached."""
    for percent in options.loss_percents:
        what = "%d %%" % percent
        r = send(gateway, "--rate", "%d" % (most * percent / 100), "--flows", "8", seconds=options.trial)
        results.add("loss", gateway.name, what, "offered", "1/s", r["sent_pps"])
        results.add("loss", gateway.name, what, "lost", "%", 100 * r["lost"] / max(1, r["sent"]))


def measure_gateway(results, gateway, options):
    idle = send(gateway, "--window", "1", seconds=options.udp_seconds)
    for quantile in QUANTILES:
        results.add("latency", gateway.name, "one at a time", quantile, "us", idle[quantile + "_us"])
    results.add("latency", gateway.name, "one at a time", "lost", "", idle["lost"])
    most = send(gateway, "--window", "256", "--flows", "8", seconds=options.udp_seconds)["received_pps"]
    ndr = search(gateway, LEAST, 1.3 * most, 0, options)
    pdr = search(gateway, ndr, 1.3 * most, PARTIAL, options)
    results.add("ndr", gateway.name, "no loss", "rate", "round trips/s", ndr)
    results.add("ndr", gateway.name, "0.1 % loss", "rate", "round trips/s", pdr)
    measure_loss(results, gateway, most, options)
    for share in (10, 50, 90):
        what = "%d %% of its NDR" % share
        with gateway.watch() as watch:
            r, _ = trial(gateway, ndr * share / 100, options.latency_seconds)
        for quantile in QUANTILES:
            results.add("latency", gateway.name, what, quantile, "us", r[quantile + "_us"])
        results.add("latency", gateway.name, what, "lost", "", r["lost"])
        watch.add(results, "latency", what, r["received"], "round trip")


def measure(results, options, say):
    gateways = [Direct(), Sluice("af_xdp"), Nftables()] + ([] if options.quick else [Sluice("af_packet"), Sluice("tap"), NginxStream()])
    for repetition in range(options.repetitions):
        for gateway in gateways:
            say("latency and loss, %s, %d of %d" % (gateway.name, repetition + 1, options.repetitions))
            try:
                with gateway:
                    measure_gateway(results, gateway, options)
                    gateway.account(results)
            except Failed as error:
                results.fail("latency", "%s: %s" % (gateway.name, error))
    results.note("latency", "\"one at a time\" is a closed loop on an idle machine; a sleeping gateway and its sleeping CPU wake up for each")
    results.note("ndr", "trials of %g s, not 60 s; %s" % (options.trial, "one that fails is made once more" if options.trials_again else
                                                          "none is repeated"))
    results.note("loss", "per cent are of the rate that a closed loop reached through the same gateway")
    results.note("ndr", "the generator and the echo server share a CPU, so \"direct\" is the limit of what can be told apart")
