#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Change a running sluice over its control socket: SECONDS long RATE changes a second, each of which must be done.

One line of output: "ok" or "failed: WHY", changes, and how long the slowest took."""
import json
import socket
import sys
import time

path, seconds, rate = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
control = socket.socket(socket.AF_UNIX)
control.connect(path)
replies = control.makefile("rb")
problems, slowest = [], 0.0
service = {"name": "more", "address": "192.0.2.11", "port": 80, "protocol": "tcp", "snat": ["10.1.0.3"],
           "backends": [{"address": "10.1.1.1", "port": 8080}]}


def change(command, **arguments):
    global slowest
    begin = time.monotonic()
    control.sendall(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
    reply = json.loads(replies.readline())
    slowest = max(slowest, time.monotonic() - begin)
    if "error" in reply:
        problems.append("%s: %s" % (command, json.dumps(reply["error"])))


def spare(n):
    return {"service": "web", "backend": "10.1.1.%d:8080" % (100 + n % 100)}


# Each round takes back what it did.
ROUND = [
    lambda n: change("backend add", weight=0, **spare(n)),
    lambda n: change("backend drain", service="web", backend="10.1.1.3:8080"),
    lambda n: change("service add", definition=service),
    lambda n: change("backend weight", service="web", backend="10.1.1.2:8080", weight=0),
    lambda n: change("backend enable", service="web", backend="10.1.1.3:8080"),
    lambda n: change("service remove", service="more"),
    lambda n: change("backend weight", service="web", backend="10.1.1.2:8080", weight="default"),
    lambda n: change("backend remove", **spare(n)),
]
begin, done = time.monotonic(), 0
while done < seconds * rate or done % len(ROUND):
    ROUND[done % len(ROUND)](done // len(ROUND))
    done += 1
    time.sleep(max(0, begin + done / rate - time.monotonic()))
took = time.monotonic() - begin
if took > 10 * seconds + 10:  # on a busy machine it cannot keep the rate
    problems.append("%.1f s for what should take %.1f s" % (took, seconds))
print("%s changes=%d seconds=%.1f slowest_ms=%.1f" % ("failed: " + "; ".join(problems[:3]) if problems else "ok", done, took,
                                                     1000 * slowest))
