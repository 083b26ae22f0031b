#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Open COUNT connections and keep them, and go on asking over all of them in turn, and over a new connection now and then.

Each line on stdin, "run SECONDS RATE", is a phase: so many requests a second, 0: as many as go. Its line on stdout is
"ok" or "failed: WHY" (since the phase before), then: requests, new connections, and latencies in milliseconds. The same
backend must answer over one connection for ever. "backends": how many kept connections each backend has."""
import collections
import errno
import select
import socket
import sys
import time

address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
REQUEST = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"
WINDOW = 64  # requests under way, when as many as go are wanted
NEW_EVERY = 20  # requests to one over a new connection
NEW_MAX = 500  # new connections at the same time
PATIENCE_S = 5

poll = select.epoll()
connections = {}  # file descriptor -> Connection
problems = []


class Connection:
    def __init__(self, fresh):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fresh, self.backend, self.asked, self.answer = fresh, None, None, b""
        self.connected = False
        error = self.socket.connect_ex((address, port))
        if error not in (0, errno.EINPROGRESS):
            raise OSError(error, "connect")
        connections[self.socket.fileno()] = self
        poll.register(self.socket, select.EPOLLOUT)

    def close(self):
        del connections[self.socket.fileno()]
        poll.unregister(self.socket)
        self.socket.close()

    def ask(self):
        self.asked, self.answer = time.monotonic(), b""
        self.socket.send(REQUEST)


def fail(connection, why):
    problems.append("%s connection%s: %s" % ("new" if connection.fresh else "kept",
                                             " to " + connection.backend if connection.backend else "", why))
    connection.close()


def on_event(c, events, latencies, ready):
    """True when a request has been answered."""
    try:
        if not c.connected:
            error = c.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, "connect: " + errno.errorcode[error])
            c.connected = True
            poll.modify(c.socket, select.EPOLLIN)
            if c.fresh:
                c.socket.send(REQUEST)
            else:
                ready.append(c)
            return False
        piece = c.socket.recv(4096)
        if not piece:
            raise OSError("closed by the other end")
    except OSError as error:
        fail(c, error)
        return c.asked is not None
    c.answer += piece
    head, _, body = c.answer.partition(b"\r\n\r\n")
    if not body.endswith(b"\n"):
        return False
    latencies.append(time.monotonic() - c.asked)
    c.asked = None
    backend = body.split()[0].decode()
    if not head.startswith(b"HTTP/1.1 200") or (c.backend or backend) != backend:
        fail(c, "answered by %s: %r" % (backend, head[:20]))
    elif c.fresh:
        c.close()
    else:
        c.backend = backend
        ready.append(c)
    return True


def run(seconds, rate):
    latencies, ready = [], [c for c in connections.values()]
    under_way = new = 0
    begin = time.monotonic()
    end = begin + seconds
    sent = 0
    while True:
        now = time.monotonic()
        over = now >= end
        want = 0 if over else WINDOW - under_way if rate == 0 else int((now - begin) * rate) - sent
        for _ in range(min(want, 256)):
            sent += 1
            if sent % NEW_EVERY == 0 and len(connections) < count + NEW_MAX:
                c = Connection(True)
                c.asked = time.monotonic()
                new += 1
            elif ready:
                c = ready.pop(0)
                if c.socket.fileno() < 0:  # it has failed meanwhile
                    continue
                try:
                    c.ask()
                except OSError as error:
                    fail(c, error)
                    continue
            else:
                break
            under_way += 1
        for fd, events in poll.poll(0.001 if rate and not over else 0.05):
            if fd in connections:
                under_way -= on_event(connections[fd], events, latencies, ready)
        if over and under_way == 0:
            break
        if time.monotonic() > end + PATIENCE_S:
            for c in [c for c in connections.values() if c.asked]:
                fail(c, "no answer for %d s" % PATIENCE_S)
            break
    latencies.sort()

    def at(share):
        return 1000 * latencies[min(len(latencies) - 1, int(share * len(latencies)))] if latencies else -1
    print("%s requests=%d rate=%d new=%d p50_ms=%.2f p99_ms=%.2f p999_ms=%.2f max_ms=%.2f" %
          ("failed: " + "; ".join(problems[:5]) if problems else "ok", len(latencies), len(latencies) / seconds, new, at(.5),
           at(.99), at(.999), at(1)), flush=True)
    problems.clear()


def open_all():
    opened, deadline = [], time.monotonic() + 60
    while len(opened) < count and not problems and time.monotonic() < deadline:
        while len(connections) < count and len(connections) - len(opened) < 200:
            Connection(False)
        for fd, events in poll.poll(0.1):
            on_event(connections[fd], events, [], opened)
    print("ok opened=%d" % len(opened) if len(opened) == count else "failed: %d opened; %s" % (len(opened), problems[:3]),
          flush=True)


open_all()
for line in sys.stdin:
    if line.startswith("run"):
        run(*map(float, line.split()[1:]))
    else:
        print(*("%s=%d" % item for item in sorted(collections.Counter(c.backend for c in connections.values()).items())),
              flush=True)
