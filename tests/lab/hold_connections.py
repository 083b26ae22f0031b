#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Open connections and keep them. For each line on stdin a request goes over every one of them: the same backend must
answer. One line of output for each line of input, and one at the start: "ok BACKEND=CONNECTIONS ..." or "failed ..."."""
import collections
import socket
import sys

address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def ask(s):
    s.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
    answer = b""
    while b"\r\n\r\nbackend" not in answer or not answer.endswith(b"\n"):
        piece = s.recv(4096)
        if not piece:
            raise OSError("closed by the server")
        answer += piece
    return answer.rpartition(b"\r\n\r\n")[2].split()[0].decode()


def ask_all(expected):
    backends, problems = [], []
    for i, s in enumerate(connections):
        try:
            backend = ask(s)
            if expected and backend != expected[i]:
                problems.append("connection %d moved from %s to %s" % (i, expected[i], backend))
        except OSError as error:
            backend = "none"
            problems.append("connection %d: %s" % (i, error))
        backends.append(backend)
    counts = " ".join("%s=%d" % item for item in sorted(collections.Counter(backends).items()))
    print("failed " + "; ".join(problems[:5]) if problems else "ok " + counts, flush=True)
    return backends


connections = [socket.create_connection((address, port), timeout=5) for _ in range(count)]
first = ask_all(None)
for _ in sys.stdin:
    ask_all(first)
