#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A server that speaks first, as mail servers do, and expects a PROXY header of version 2; and its client.

  proxy_greeter.py serve ADDRESS PORT       greets at once, reads the header, answers each line with who asks
  proxy_greeter.py ask ADDRESS PORT COUNT   so many connections, ten at a time: the greeting comes, and the answers name this end
"""
import concurrent.futures
import ipaddress
import socket
import socketserver
import struct
import sys

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LINES = 5


class Greeter(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 hello\r\n")
        head = self.rfile.read(16)
        if head[:12] != SIGNATURE or head[12] != 0x21 or head[13] not in (0x11, 0x21):
            self.wfile.write(b"554 no header: %s\r\n" % head.hex().encode())
            return
        rest = self.rfile.read(struct.unpack(">H", head[14:])[0])
        size = 4 if head[13] == 0x11 else 16
        client = ipaddress.ip_address(rest[:size])
        port, = struct.unpack(">H", rest[2 * size:2 * size + 2])
        for line in self.rfile:
            self.wfile.write(b"250 %s %d %s\r\n" % (str(client).encode(), port, line.strip()))


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def ask(address, port):
    with socket.create_connection((address, port), timeout=30) as s, s.makefile("rwb") as f:
        own, own_port = s.getsockname()[:2]
        greeting = f.readline()
        if greeting != b"220 hello\r\n":
            return "%s: greeting %r" % (own_port, greeting)
        for n in range(LINES):
            f.write(b"line%d\r\n" % n)
            f.flush()
            got, want = f.readline().decode(), "250 %s %d line%d\r\n" % (own, own_port, n)
            if got != want:
                return "%s: %r instead of %r" % (own_port, got, want)
    return None


def main():
    if sys.argv[1] == "serve":
        Server((sys.argv[2], int(sys.argv[3])), Greeter).serve_forever()
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        results = list(pool.map(lambda _: ask(sys.argv[2], int(sys.argv[3])), range(int(sys.argv[4]))))
    wrong = [r for r in results if r is not None]
    for r in wrong[:5]:
        print(r)
    sys.exit(1 if wrong else 0)


main()
