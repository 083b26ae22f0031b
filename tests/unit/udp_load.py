#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tests/bench/udp_load against its own echo server on the loopback interface: does it count what comes back, and miss what does not?"""
import json
import socket
import subprocess
import sys
import threading
import time
import unittest

LOAD = sys.argv.pop()


def send(port, *options):
    done = subprocess.run([LOAD, "send", "127.0.0.1", str(port), *options], stdout=subprocess.PIPE, timeout=60, check=True)
    return json.loads(done.stdout)


def free_port():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.bind(("::", 0))
        return s.getsockname()[1]


class Echo(unittest.TestCase):
    def setUp(self):
        self.port = free_port()
        server = subprocess.Popen([LOAD, "echo", str(self.port)])
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)  # this one first, and also when what follows fails
        deadline = time.monotonic() + 20
        while send(self.port, "--window", "1", "--seconds", "0.01")["received"] == 0:
            self.assertLess(time.monotonic(), deadline)

    def test_closed_loop(self):
        r = send(self.port, "--window", "16", "--flows", "4", "--size", "1400", "--seconds", "1", "--wait", "5")
        self.assertGreater(r["received"], 16)
        self.assertEqual((r["received"], r["lost"]), (r["sent"], 0))
        self.assertTrue(0 < r["p50_us"] <= r["p90_us"] <= r["p99_us"] <= r["p999_us"] <= r["max_us"] * 1.04, r)

    def test_rate(self):
        r = send(self.port, "--rate", "500", "--seconds", "0.5", "--wait", "5")
        self.assertLessEqual(r["sent"], 250)  # never more than is due, however late
        self.assertGreater(r["sent"], 0)
        self.assertEqual((r["received"], r["lost"]), (r["sent"], 0))


class Losing(unittest.TestCase):
    """Every third datagram comes back."""

    def test_lost(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(20)

            def answer():
                n = 0
                while True:
                    data, whom = s.recvfrom(9000)
                    if len(data) == 1:
                        return
                    n += 1
                    if n % 3 == 0:
                        s.sendto(data, whom)
            thread = threading.Thread(target=answer, daemon=True)
            thread.start()
            r = send(s.getsockname()[1], "--rate", "300", "--seconds", "0.5")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"x", s.getsockname())
            thread.join()
        self.assertTrue(0 < r["received"] <= r["sent"] // 3, r)  # fewer: some came too late
        self.assertEqual(r["lost"], r["sent"] - r["received"])


if __name__ == "__main__":
    unittest.main()
