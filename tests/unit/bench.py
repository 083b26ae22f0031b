#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""scripts/bench without a network: the search for the highest rate, summaries, the report and what it warns of."""
import json
import os
import struct
import sys
import tempfile
import types
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/bench.d"))
# pylint: disable=wrong-import-position
import ceiling
import gateways
import latency
import report
import system
import traffic
from results import Results, number

MACHINE = {"cpus": 2, "noise_percent": 1, "busy_percent_before": 1, "stolen_percent_before": 0, "peers": {}}


class Search(unittest.TestCase):
    def search(self, best, highest, allowed=0, loss_above=.01, again=0):
        """Of a gateway that loses `loss_above` of what comes faster than `best`."""
        trials, options = [], types.SimpleNamespace(trial=1, trials_again=again, step=.05)

        def trial(_, rate, __):
            trials.append(rate)
            return {}, loss_above if rate > best else 0
        with mock.patch.object(latency, "trial", trial):
            return latency.search(None, latency.LEAST, highest, allowed, options), len(trials)

    def test_finds(self):
        for best, highest in ((50000, 120000), (1500, 120000), (119000, 120000), (400000, 10000000)):
            found, trials = self.search(best, highest)
            self.assertLessEqual(found, best)
            self.assertGreaterEqual(found, best / 1.05 / 1.001)
            self.assertLess(trials, 20)

    def test_loss_that_is_allowed(self):
        self.assertGreater(self.search(10000, 50000, allowed=.001, loss_above=.0005)[0], 47000)
        self.assertLessEqual(self.search(10000, 50000, allowed=.001, loss_above=.002)[0], 10000)

    def test_hiccup_is_no_loss(self):
        losses = iter([.01, 0] * 100)
        with mock.patch.object(latency, "trial", lambda *_: ({}, next(losses))):
            found = latency.search(None, latency.LEAST, 50000, 0, types.SimpleNamespace(trial=1, trials_again=1, step=.05))
        self.assertGreater(found, 47000)
        self.assertLessEqual(self.search(20000, 50000, again=1)[0], 20000)

    def test_rate_not_offered_is_no_success(self):
        sent = {"sent": 900, "lost": 0}
        with mock.patch.object(latency, "send", lambda *_, **__: sent):
            self.assertEqual(latency.trial(None, 1000, 1)[1], 1.0)
            sent["sent"] = 1000
            self.assertEqual(latency.trial(None, 1000, 1)[1], 0)
            sent["lost"] = 10
            self.assertEqual(latency.trial(None, 1000, 1)[1], .01)


class Report(unittest.TestCase):
    def results(self):
        r = Results()
        r.machine = dict(MACHINE)
        for value in (3, 1, 2):
            r.add("flows", "full-NAT IPv4", "1 k flows", "cost", "cycles/packet", value)
            r.add("http", "direct", "50 connections", "rate", "requests/s", 1000 * value)
            r.add("http", "direct", "50 connections", "p99", "us", 10 * value)
        r.add("http", "HAProxy", "50 connections", "rate", "requests/s", 7)
        r.note("http", "HAProxy took a nap")
        r.fail("relay", "smcroute is not installed\n")
        return r

    def test_written(self):
        with tempfile.TemporaryDirectory() as out:
            report.write(self.results(), out)
            with open(os.path.join(out, "report.md"), encoding="utf-8") as f:
                text = f.read()
            with open(os.path.join(out, "results.json"), encoding="utf-8") as f:
                samples = json.load(f)["samples"]
        self.assertEqual(len(samples), 10)
        for line in ("| full-NAT IPv4 | 2 (1-3) |", "| | rate, requests/s | p99, us |", "| direct | 2,000 (1,000-3,000) | 20 (10-30) |",
                     "| HAProxy | 7 |  |", "- HAProxy took a nap", "- relay: smcroute is not installed", "- repetitions differ by more than 30 %: direct"):
            self.assertIn(line + "\n", text)

    def test_numbers(self):
        for value, text in ((0, "0"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234"), (None, "")):
            self.assertEqual(number(value), text)

    def test_warnings(self):
        for build in {}, {"optimization": "3", "b_sanitize": "none"}, {"optimization": "2", "b_sanitize": "none"}:
            self.assertEqual(list(system.warnings(dict(MACHINE, build=build))), [])
        for key, value, word in (("cpus", 1, "one CPU"), ("noise_percent", 40, "noisy"), ("busy_percent_before", 90, "something else"),
                                 ("stolen_percent_before", 9, "hypervisor"),
                                 ("stolen_percent_during", 9, "hypervisor"), ("noise_percent_after", 40, "became noisy"),
                                 ("build", {"optimization": "0"}, "not built for speed"),
                                 ("build", {"optimization": "3", "b_sanitize": "address"}, "not built for speed")):
            found = list(system.warnings(dict(MACHINE, **{key: value})))
            self.assertEqual(len(found), 1)
            self.assertIn(word, found[0])


class Watch(unittest.TestCase):
    """What a gateway took and dropped while something was measured."""

    def gateway(self, drops):
        g = gateways.Gateway()
        g.name = "sluice"
        g.usage = mock.Mock(side_effect=[{"gateway": None, "machine": 10}, {"gateway": None, "machine": 10.5}])
        g.drops = mock.Mock(side_effect=drops)
        return g

    def watched(self, drops):
        results = Results()
        with mock.patch.object(gateways, "links_lost", mock.Mock(side_effect=[100, 107])), self.gateway(drops).watch() as watch:
            pass
        watch.add(results, "http", "50 connections", 1000, "request")
        return results

    def test_causes_are_named(self):
        r = self.watched([{"no_route": 1, "multicast": 2}, {"no_route": 1, "multicast": 5, "tx_full": 3, "arp": 0}])
        self.assertEqual(r.values("http", "sluice", "50 connections", "dropped"), [3])
        self.assertEqual([n["text"] for n in r.notes], ["sluice, 50 connections: dropped 3 as tx_full"])
        self.assertEqual(r.values("http", "sluice", "50 connections", "CPU, machine"), [500])
        self.assertEqual(r.values("http", "sluice", "50 connections", "lost on links"), [7])
        self.assertEqual(r.values("http", "sluice", "50 connections", "CPU, gateway"), [])

    def test_who_cannot_tell(self):
        r = self.watched([None, None])
        self.assertEqual(r.values("http", "sluice", "50 connections", "dropped"), [])
        self.assertEqual(r.notes, [])

    def test_account_is_summed(self):
        r = Results()
        r.machine = dict(MACHINE)
        for _ in range(3):
            self.gateway([{"no_route": 2, "arp": 0}]).account(r)
        with tempfile.TemporaryDirectory() as out:
            report.write_markdown(r, out, {})
            with open(os.path.join(out, "report.md"), encoding="utf-8") as f:
                text = f.read()
        self.assertIn("| dropped, packets | in all, without multicast | no_route |\n|---|---:|---:|\n| sluice | 6 | 6 |\n", text)


    def test_links(self):
        with mock.patch.object(gateways, "run", lambda *_: '[{"stats64": {"rx": {"dropped": 1}, "tx": {"dropped": 2}}}]'):
            self.assertEqual(gateways.links_lost(), 4 * 3)


class Dnsperf(unittest.TestCase):
    REPORT = """Statistics:
  Queries sent:         89332
  Queries completed:    89269 (99.93%)
  Queries lost:         63 (0.07%)
  Response codes:       NOERROR 89260 (99.99%), SERVFAIL 9 (0.01%)
  Average packet size:  request 30, response 46
  Run time (s):         2.012422
  Queries per second:   44358.986336
  Average Latency (s):  0.003736 (min 0.000017, max 0.019483)
"""

    def test_read(self):
        self.assertEqual(traffic.read_dnsperf(self.REPORT), {"answers": 89269, "lost": 63, "good": 89260, "rate": 44358.986336,
                                                             "average": .003736, "longest": .019483})

    def test_nothing_came_of_it(self):
        with self.assertRaisesRegex(system.Failed, "no route to host"):
            traffic.read_dnsperf("no route to host")


class Frames(unittest.TestCase):
    def test_each_flow_once(self):
        for count in (1024, 1000):
            frames = list(ceiling.frames(count))
            self.assertEqual(len({f[26:30] + f[34:36] for f in frames}), count)
            for frame in frames:
                self.assertEqual(len(frame), ceiling.FRAME)
                total = sum(struct.unpack("!10H", frame[14:34]))
                self.assertEqual((total & 0xffff) + (total >> 16), 0xffff)


class Configuration(unittest.TestCase):
    def services(self, **of):
        with tempfile.TemporaryDirectory() as work, mock.patch.object(ceiling.Sluice, "launch"):
            ceiling.Sluice(work).start(["net_pcap0"], 1024, 200000, **of)
            with open(os.path.join(work, "sluice.json"), encoding="utf-8") as f:
                return json.load(f)["services"]

    def test_services_and_backends(self):
        for services, backends in ((1, 1), (1000, 1), (1, 1000)):
            found = self.services(services=services, backends=backends)
            self.assertEqual(len({(s["address"], s["port"]) for s in found}), services)
            self.assertEqual(len({b["address"] for b in found[0]["backends"]}), backends)
            self.assertEqual(len({s["name"] for s in found}), services)
            self.assertGreaterEqual(len(found[0]["snat"]) * 60000, 200000)


class Gone(unittest.TestCase):
    def test_who_ended_is_no_surprise(self):
        telemetry = system.Telemetry("bench-test")
        for answer in (mock.Mock(send=mock.Mock(side_effect=BrokenPipeError)), mock.Mock(recv=mock.Mock(return_value=b""))):
            telemetry.socket = answer
            with self.assertRaisesRegex(system.Failed, "does not answer /ethdev/list"):
                telemetry.ask("/ethdev/list")


class Ring(unittest.TestCase):
    def test_what_ring_load_says(self):
        self.assertEqual(ceiling.read_ring_load('EAL: a line of DPDK\n{"pps": 31000000, "full_ratio": 0.125, "seconds": 2.000}\n'), .125)
        with self.assertRaisesRegex(system.Failed, "gives no buffers back"):
            ceiling.read_ring_load("ring_load: the receiver gives no buffers back\n")

    def test_drivers_that_a_program_is_linked_to_come_first(self):
        with mock.patch.object(ceiling, "run", lambda *_: "\tlibrte_mempool.so.23 => /lib/librte_mempool.so.23 (0x1)\n"
                               "\tlibrte_mempool_dpaa.so.23 => /lib/librte_mempool_dpaa.so.23 (0x2)\n"):
            self.assertEqual(ceiling.pool_drivers("dpdk-testpmd"), ["-d", "librte_mempool_dpaa.so.23"])


if __name__ == "__main__":
    unittest.main()
