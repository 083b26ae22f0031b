#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Open connections to the lab's nginx and keep them all. For each line on stdin a request with a token of its own goes over
every one of them: the same backend must answer it, with that token, and see each connection under a tuple of its own.
One line of output for each line of input, and one at the start: "ok BACKEND=CONNECTIONS ..." or "failed ..."."""
import argparse
import collections
import errno
import multiprocessing
import os
import resource
import select
import socket
import sys

IP_BIND_ADDRESS_NO_PORT = 24  # the port is chosen at connect(), when the whole tuple is known


class Connection:
    """`ask` begins a request, or the end of the connection, `carry_on` takes it further and tells whether all has come."""
    __slots__ = ("number", "socket", "token", "answer", "seen")

    def __init__(self, number):
        self.number, self.socket, self.seen = number, None, None

    def open(self, source):
        self.socket = socket.socket(socket.AF_INET6 if ":" in args.address else socket.AF_INET)
        self.socket.setblocking(False)
        if source:
            self.socket.setsockopt(socket.SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            self.socket.bind((source, 0))
        code = self.socket.connect_ex((args.address, args.port))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))

    def ask(self, question, source):
        if question is None:
            self.token = None
            self.socket.shutdown(socket.SHUT_WR)
            return
        self.token, self.answer = b"%d-%d" % (question, self.number), b""
        if self.socket is None:
            self.open(source)
        elif self.seen is None:
            raise OSError("was lost before")

    def carry_on(self, event):
        if self.token is None:
            return not self.socket.recv(4096)
        if event & select.EPOLLOUT:
            code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
            self.socket.sendall(b"GET /echo/%s HTTP/1.1\r\nHost: lab\r\n\r\n" % self.token)
            return False
        piece = self.socket.recv(4096)
        if not piece:
            raise OSError("closed by the server")
        self.answer += piece
        return b"\r\n\r\nbackend" in self.answer and self.answer.endswith(b"\n")

    def judge(self):
        """The answer says backend, source address and port that it sees, and the token; the first three stay."""
        if self.token is None:
            return
        *seen, token = self.answer.rpartition(b"\r\n\r\n")[2].decode().split()
        before, self.seen = self.seen, tuple(seen)
        if token != self.token.decode():
            raise OSError("the answer is to token %s" % token)
        if before not in (None, self.seen):
            raise OSError("moved from %s to %s" % (" ".join(before), " ".join(seen)))


class Share:
    """Connections from one source address, in a process of their own: it may have only so many files open."""

    def __init__(self, source, numbers):
        self.source = source
        self.connections = [Connection(number) for number in numbers]
        self.pipe, far = multiprocessing.Pipe()
        multiprocessing.Process(target=self.run, args=(far,), daemon=True).start()

    def run(self, pipe):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        while True:
            problems = self.ask_all(pipe.recv())
            pipe.send((problems, [c.seen for c in self.connections if c.seen]))

    def ask_all(self, question):
        self.poll, self.busy, self.problems = select.epoll(), {}, []
        waiting = iter(self.connections)
        while True:
            while len(self.busy) < args.at_a_time and len(self.problems) < 100 and (connection := next(waiting, None)):
                self.attempt(connection, self.begin, connection, question)
            if not self.busy:
                return self.problems
            events = self.poll.poll(args.patience)
            for descriptor, event in events:
                if event & select.EPOLLOUT:
                    self.poll.modify(descriptor, select.EPOLLIN)
                self.attempt(self.busy[descriptor], self.busy[descriptor].carry_on, event)
            for connection in list(self.busy.values()) if not events else []:
                self.end(connection, "no answer")

    def begin(self, connection, question):
        connection.ask(question, self.source)
        self.busy[connection.socket.fileno()] = connection
        self.poll.register(connection.socket.fileno(), select.EPOLLIN if question is None else select.EPOLLOUT)

    def attempt(self, connection, step, *arguments):
        try:
            if step(*arguments):
                connection.judge()
                self.end(connection)
        except OSError as problem:
            self.end(connection, problem)

    def end(self, connection, problem=None):
        if self.busy.pop(connection.socket.fileno(), None):
            self.poll.unregister(connection.socket.fileno())
        if problem:
            connection.seen = None
            self.problems.append("connection %d: %s" % (connection.number, problem))


def ask_all(question):
    problems, tuples = [], collections.Counter()
    for share in shares:
        share.pipe.send(question)
    for share in shares:
        found, seen = share.pipe.recv()
        problems += found
        tuples.update(seen)
    problems += ["%d connections look the same: %s %s %s" % (n, *seen) for seen, n in tuples.items() if n > 1]
    backends = sorted(collections.Counter(backend for backend, _, _ in tuples).items())
    print("failed %s; %d in all" % ("; ".join(problems[:5]), len(problems)) if problems else
          "ok " + " ".join("%s=%d" % item for item in backends), flush=True)


p = argparse.ArgumentParser(description=__doc__)
p.add_argument("address")
p.add_argument("port", type=int)
p.add_argument("count", type=int)
p.add_argument("--source", action="append", help="client addresses that take turns, a process each")
p.add_argument("--at-a-time", type=int, default=100, help="connections of a process that are busy at the same time")
p.add_argument("--patience", type=float, default=10, help="seconds without an answer from any of them")
args = p.parse_args()
sources = args.source or [None]
shares = [Share(source, range(i, args.count, len(sources))) for i, source in enumerate(sources)]
ask_all(0)
for number, _ in enumerate(sys.stdin, 1):
    ask_all(number)
ask_all(None)  # closes them, few at a time so that nothing has to be sent twice
