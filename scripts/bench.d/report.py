# SPDX-License-Identifier: BSD-3-Clause
"""report.md with a table for each case, and its pictures. Everything in it comes from one run."""
import os
import textwrap

from results import median, number, unique
from system import warnings

TITLES = {
    "http": ("HTTP", "wrk, one thread; three nginx behind. Requests a second, latency and CPU time of each request."),
    "bulk": ("Bulk TCP", "iperf3, one connection, MTU 1500, no offloads."),
    "udp": ("UDP round trips", "To an echo server and back, as many as go."),
    "dns": ("DNS over UDP", "dnsperf, one thread; dnsmasq behind."),
    "drops": ("What sluice dropped in all of this, by cause", "As it counts itself, from its start to its end, all repetitions summed, cases traffic and latency. \"multicast\" are "
              "frames of the kernels at either end, for nobody here; what is not named was not dropped."),
    "ndr": ("Highest rate without loss, and with 0.1 %", "RFC 2544 section 26.1, UDP of 64 bytes there and back, 8 flows."),
    "latency": ("Latency of UDP round trips", "64 bytes, from when a datagram was due."),
    "loss": ("Loss against rate", "UDP of 64 bytes there and back, 8 flows."),
    "throughput": ("Throughput against flows", "In memory: no device at all. The others: net_pcap replay, as below."),
    "replay": ("Against DPDK's own: net_pcap replay", "Frames of 60 bytes without FCS from memory, each flow once in a round; what is sent is dropped. One CPU. "
               "testpmd looks nothing up."),
    "memif": ("Against DPDK's own: net_memif between two processes", "Frames of 60 bytes without FCS from a generator on the other CPU."),
    "ring": ("Against DPDK's own: net_ring between two processes", "Frames of 60 bytes without FCS of 1024 flows from a generator on the "
             "other CPU, which is a secondary process."),
    "flows": ("Cycles a packet in memory, by live flows", "sluice-bench pipeline, UDP of 64 bytes."),
    "stages": ("Where they go", None),
    "size": ("Cycles a packet in memory, by size", "1 k flows."),
    "new flows": ("Each packet opens a flow", "With the flow's expiry."),
    "others": ("Other packets", None),
    "workers": ("By workers", "Workers share nothing that is written for each packet. From two on it has to be found out whose a packet is. 1 k flows."),
    "schedulers": ("Choosing a backend, by number of backends", "For a new flow, its end included."),
    "scale": ("By services and backends", "net_pcap replay of 65,536 flows, all of one service: with others beside it, or with more backends."),
    "memory": ("Memory of a flow", None),
    "relay in memory": ("Relay: cycles of an output", "UDP multicast of 1400 bytes to N outputs, payload shared."),
    "relay": ("Relay against its peers", "One stream in, several out."),
    "memory of the daemon": ("Memory of the daemon", "Resident and hugepages."),
    "held connections": ("Real connections open at the same time", "Opened by Python clients, who are the limit of it; all are asked again while all are open, and "
                         "then ended at once by `sluicectl flow kill --all` with a reset to both ends (RFC 9693 sections 4.5 and 4.8; for the "
                         "set-up rate of real connections see also HTTP, one request each)."),
    "synthetic flows": ("Synthetic flows", "sluice-bench soak."),
    "capacity": ("Capacity of the flow table", "RFC 9693 section 4.9: a sluice process is offered more flows than its table is for."),
    "connection rates": ("Set-up and tear-down in memory", "RFC 9693 sections 4.5 and 4.8, without devices."),
}
SUMMED = ("drops",)
# The same in all pictures; others get what is left.
COLOURS = {"direct": "#8c8c8c", "sluice, AF_XDP": "#1f5fa8", "sluice, AF_PACKET": "#5b9bd5", "sluice, TAP": "#a9cbe8",
           "nftables DNAT": "#c44e52", "HAProxy": "#dd8452", "nginx stream": "#55a868", "kernel (smcroute)": "#c44e52", "socat": "#937860",
           "testpmd io, AF_XDP": "#8172b3", "testpmd io, AF_PACKET": "#b8aed6", "testpmd io": "#8c8c8c", "testpmd macswap": "#dd8452", "testpmd 5tswap": "#c44e52", "sluice full-NAT": "#1f5fa8"}
OTHER_COLOURS = ["#1f5fa8", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860", "#da8bc3", "#8c8c8c"]
UNSTEADY = .3
LABELLED = 16  # more bars than this, and figures on top of them would overlap


def cell(case, values):
    if not values:
        return ""
    if case in SUMMED:
        return number(sum(values))
    text = number(median(values))
    return text if len(values) < 2 or min(values) == max(values) else "%s (%s-%s)" % (text, number(min(values)), number(max(values)))


def colour(subject, i):
    return COLOURS.get(subject, OTHER_COLOURS[i % len(OTHER_COLOURS)])


def table(results, case):
    """A table for each parameter that several subjects share, one in all otherwise."""
    samples = results.of(case)
    subjects, parameters = unique(s["subject"] for s in samples), unique(s["parameter"] for s in samples)
    metrics = unique((s["metric"], s["unit"]) for s in samples)
    if all(isinstance(p, int) for p in parameters):
        parameters.sort()
    if len(metrics) == 1:
        yield "| %s | %s |" % (", ".join(filter(None, metrics[0])), " | ".join("{:,}".format(p) if isinstance(p, int) else p for p in parameters))
        yield "|---|%s" % ("---:|" * len(parameters))
        for subject in subjects:
            yield "| %s | %s |" % (subject, " | ".join(cell(case, results.values(case, subject, p, metrics[0][0])) for p in parameters))
        return
    for parameter in parameters:
        yield ""
        yield "**%s**" % parameter
        yield ""
        yield "| | %s |" % " | ".join(", ".join(filter(None, m)) for m in metrics)
        yield "|---|%s" % ("---:|" * len(metrics))
        for subject in subjects:
            yield "| %s | %s |" % (subject, " | ".join(cell(case, results.values(case, subject, parameter, m[0])) for m in metrics))


def unsteady(results, case):
    """Those whose repetitions of what the case is about differ so much that another run may turn out otherwise."""
    found = {}
    for s in results.of(case):
        if s["metric"] in ("rate", "cost", "round trips"):
            found.setdefault((s["subject"], s["parameter"]), []).append(s["value"])
    who = unique(subject for (subject, _), values in found.items() if max(values) > (1 + UNSTEADY) * min(values))
    if who:
        yield "repetitions differ by more than %d %%: %s" % (100 * UNSTEADY, "; ".join(who))


def write_markdown(results, out, pictures):
    m = results.machine
    lines = ["# What sluice costs, measured beside its peers", "",
             "One run of `scripts/bench`. Figures are medians, least and most in brackets. Those of another run, or of another machine, "
             "cannot be compared with them.", "", "| | |", "|---|---|"]
    for key in ("sluice", "commit", "dpdk", "kernel", "cpu", "cpus", "memory_gib", "compiler", "pinning", "offloads", "noise_percent", "noise_percent_after",
                "busy_percent_before", "stolen_percent_before", "stolen_percent_during", "repetitions", "seconds", "took_s"):
        lines.append("| %s | %s |" % (key.replace("_", " "), m.get(key, "")))
    if "took_s_each" in m:
        lines.append("| s of each case | %s |" % ", ".join("%s %g" % pair for pair in m["took_s_each"].items()))
    if m.get("build"):
        lines.append("| built with | %s |" % ", ".join("%s %s" % pair for pair in m["build"].items()))
    lines += ["| %s | %s |" % pair for pair in m["peers"].items()]
    lines += [""] + ["**Warning: %s.**\n" % w for w in list(warnings(m)) + m.get("warnings", [])]
    for case in sorted(results.cases(), key=lambda c: list(TITLES).index(c) if c in TITLES else 99):
        title, text = TITLES.get(case, (case, None))
        lines += ["", "## " + title, ""] + ([text, ""] if text else [])
        lines += ["![%s](%s)\n" % (title, p) for p in pictures.get(case, [])]
        if case not in ("loss", "stages"):  # those are pictures; the samples are in results.json
            lines += table(results, case)
        lines += [""] + ["- %s" % text for text in [n["text"] for n in results.notes if n["case"] == case] + list(unsteady(results, case))]
    if results.failures:
        lines += ["", "## Not measured", ""] + ["- %s: %s" % (n["case"], n["text"]) for n in results.failures]
    with open(os.path.join(out, "report.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


class Pictures:
    """PNG files in the report's directory, by case."""

    def __init__(self, results, out):
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot, ticker
        self.plot, self.ticker, self.results, self.out, self.made = pyplot, ticker, results, out, {}

    def plain(self, axis):
        """15,000 and 0.5, not 1.5e4 and 5x10^-1."""
        axis.set_major_formatter(self.ticker.FuncFormatter(lambda value, _: "{:,.10g}".format(value)))

    def log(self, axis, steps=(1, 2, 5)):
        axis.set_major_locator(self.ticker.LogLocator(subs=steps))
        axis.set_minor_locator(self.ticker.NullLocator())
        self.plain(axis)

    def legend(self, axes):
        axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, .5))

    def axes(self, title, width=9.0, height=4.2):
        figure, axes = self.plot.subplots(figsize=(width, height))
        axes.set_title(title, fontsize=11, loc="left")
        axes.grid(axis="y", alpha=.3)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return figure, axes

    def save(self, case, name, figure):
        figure.tight_layout()
        figure.savefig(os.path.join(self.out, name + ".png"), dpi=110)
        self.plot.close(figure)
        self.made.setdefault(case, []).append(name + ".png")

    def bars(self, case, metric, name, title, unit):
        """Medians, with a line from least to most; a group for each parameter."""
        samples = self.results.of(case, metric=metric)
        if not samples:
            return
        subjects, parameters = unique(s["subject"] for s in samples), unique(s["parameter"] for s in samples)
        figure, axes = self.axes(title)
        width = .8 / len(subjects)
        for i, subject in enumerate(subjects):
            groups = [self.results.values(case, subject, p, metric) for p in parameters]
            at = [g + (i - (len(subjects) - 1) / 2) * width for g, values in enumerate(groups) if values]
            groups = [g for g in groups if g]
            middle = [median(g) for g in groups]
            spread = [[m - min(g) for m, g in zip(middle, groups)], [max(g) - m for m, g in zip(middle, groups)]]
            bars = axes.bar(at, middle, width * .92, label=subject, color=colour(subject, i), yerr=spread if any(map(any, spread)) else None,
                            error_kw={"elinewidth": .9, "capsize": 2})
            if len(subjects) * len(parameters) <= LABELLED:
                axes.bar_label(bars, [number(m) for m in middle], padding=2, fontsize=7)
        self.plain(axes.yaxis)
        axes.set_xticks(range(len(parameters)), [textwrap.fill("{:,}".format(p) if isinstance(p, int) else p, 22, break_on_hyphens=False)
                                                for p in parameters], fontsize=9)
        axes.set_ylabel(unit)
        self.legend(axes)
        self.save(case, name, figure)

    def percentiles(self, case, parameter, name, title):
        """Latency by percentile, on a scale that spreads the tail."""
        marks = [("p50", 50), ("p90", 90), ("p99", 99), ("p999", 99.9)]
        figure, axes = self.axes(title)
        for i, subject in enumerate(unique(s["subject"] for s in self.results.of(case, parameter=parameter))):
            values = [median(self.results.values(case, subject, parameter, m)) for m, _ in marks]
            if None not in values:
                axes.plot(range(len(marks)), [v / 1000 for v in values], marker="o", label=subject, color=colour(subject, i))
        axes.set_yscale("log")
        self.log(axes.yaxis)
        axes.set_ylabel("ms")
        axes.set_xlabel("share of all that took no longer")
        axes.set_xticks(range(len(marks)), ["%g %%" % p for _, p in marks])
        self.legend(axes)
        self.save(case, name, figure)

    def loss(self, name, title):
        """What was lost of what was offered."""
        if not self.results.of("loss"):
            return
        figure, axes = self.axes(title)
        for i, subject in enumerate(unique(s["subject"] for s in self.results.of("loss"))):
            shares = unique(s["parameter"] for s in self.results.of("loss", subject=subject))
            points = sorted(tuple(median(self.results.values("loss", subject, share, m)) for m in ("offered", "lost")) for share in shares)
            axes.plot(*zip(*points), marker="o", markersize=4, label=subject, color=colour(subject, i))
        axes.set_yscale("symlog", linthresh=.1)
        axes.set_yticks([0, .1, 1, 10, 100])
        axes.set_ylim(-.02, 150)
        self.plain(axes.xaxis)
        self.plain(axes.yaxis)
        axes.set_xlabel("round trips offered, 1/s")
        axes.set_ylabel("lost, %")
        self.legend(axes)
        self.save("loss", name, figure)

    def throughput(self, name, title):
        """By flows, with the spread of repetitions."""
        if not self.results.of("throughput"):
            return
        figure, axes = self.axes(title)
        for i, subject in enumerate(unique(s["subject"] for s in self.results.of("throughput"))):
            flows = sorted(unique(s["parameter"] for s in self.results.of("throughput", subject=subject)))
            groups = [self.results.values("throughput", subject, n, "rate") for n in flows]
            middle = [median(g) for g in groups]
            axes.errorbar(flows, middle, yerr=[[m - min(g) for m, g in zip(middle, groups)], [max(g) - m for m, g in zip(middle, groups)]],
                          marker="o", markersize=4, capsize=2, label=subject, color=colour(subject, i),
                          linestyle="--" if "in memory" in subject else "-")
        axes.set_xscale("log")
        self.log(axes.xaxis, (1,))
        axes.set_ylim(bottom=0)
        axes.set_xlabel("flows")
        axes.set_ylabel("Mpps")
        self.legend(axes)
        self.save("throughput", name, figure)

    def stages(self):
        """A stack for each mode and number of flows."""
        samples = self.results.of("stages")
        if not samples:
            return
        parameters = unique(s["parameter"] for s in samples)
        figure, axes = self.axes("Cycles a packet, by stage", height=.32 * len(parameters) + 1.6)
        left = [0] * len(parameters)
        stages = unique(s["subject"] for s in samples)
        cost = {stage: [median(self.results.values("stages", stage, p, "cost")) or 0 for p in parameters] for stage in stages}
        for i, stage in enumerate(s for s in stages if max(cost[s]) >= 1):
            axes.barh(range(len(parameters)), cost[stage], left=left, label=stage, color=self.plot.get_cmap("tab20")(i % 20))
            left = [a + b for a, b in zip(left, cost[stage])]
        axes.set_yticks(range(len(parameters)), parameters, fontsize=8)
        axes.invert_yaxis()
        axes.set_xlabel("cycles of the TSC")
        self.legend(axes)
        self.save("stages", "stages", figure)


def draw(results, out):
    p = Pictures(results, out)
    p.bars("http", "rate", "http-rate", "HTTP requests a second", "requests/s")
    p.bars("http", "CPU, machine", "http-cpu", "CPU time of the whole machine for a request", "us")
    for i, parameter in enumerate(unique(s["parameter"] for s in results.of("http"))):
        p.percentiles("http", parameter, "http-latency-%d" % (i + 1), "HTTP latency, " + parameter)
    p.bars("bulk", "rate", "bulk", "One TCP connection", "Gbit/s")
    p.bars("udp", "round trips", "udp", "UDP round trips", "1/s")
    p.bars("dns", "rate", "dns", "DNS answers a second", "1/s")
    p.bars("bulk", "CPU, machine", "bulk-cpu", "CPU time of the whole machine for a MB of TCP", "us")
    p.bars("ndr", "rate", "ndr", "UDP round trips without loss", "1/s")
    for share in (10, 50, 90):
        if results.of("latency", parameter="%d %% of its NDR" % share):
            p.percentiles("latency", "%d %% of its NDR" % share, "latency-%d" % share, "UDP latency at %d %% of the NDR of each" % share)
    p.loss("loss", "Loss against rate, UDP of 64 bytes there and back")
    p.throughput("throughput", "Throughput against flows, 64 bytes, one CPU")
    p.bars("replay", "rate", "replay", "net_pcap replay, one CPU", "Mpps")
    p.bars("memif", "rate", "memif", "net_memif from another process, one CPU", "Mpps")
    p.bars("ring", "rate", "ring", "net_ring from another process, one CPU", "Mpps")
    p.bars("flows", "cost", "flows", "Cycles a packet, by live flows", "cycles")
    p.stages()
    p.bars("size", "cost", "size", "Cycles a packet, by size", "cycles")
    p.bars("scale", "rate", "scale", "Throughput of 64 k flows, by number of services and of backends", "Mpps")
    p.bars("schedulers", "cost", "schedulers", "Cycles to choose a backend, by number of backends", "cycles")
    p.bars("relay in memory", "cost", "relay-memory", "Relay: cycles of an output", "cycles")
    p.bars("relay", "rate", "relay", "Relay: datagrams a second that arrive", "1/s")
    return p.made


def write(results, out):
    results.write(os.path.join(out, "results.json"))
    try:
        pictures = draw(results, out)
    except ImportError:
        results.note("pictures", "there are none: python3-matplotlib is not installed")
        pictures = {}
    write_markdown(results, out, pictures)
