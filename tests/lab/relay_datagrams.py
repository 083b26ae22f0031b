#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""UDP streams whose every byte is accounted for.

send      datagrams with an 8-byte number first, to one or more destinations; says how many, how fast, and the SHA-256 of all payloads
receive   joins, says "ready", and prints the same of what came in at each address; ends when all have come, or nothing for --idle seconds"""
import argparse
import hashlib
import itertools
import json
import os
import random
import select
import socket
import struct
import sys
import time

RANDOM = random.Random(7).randbytes(1 << 16)


def address(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def is_group(host):
    packed = socket.inet_pton(family(host), host)
    return packed[0] == 0xff if len(packed) == 16 else packed[0] >> 4 == 0xe


def sender(host, port, interface):
    s = socket.socket(family(host), socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
    if is_group(host) and s.family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                     struct.pack("4s4si", b"\0" * 4, b"\0" * 4, socket.if_nametoindex(interface)))
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
    elif is_group(host):
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(interface))
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 8)
    s.connect((host, port))
    return s


def send(args):
    sockets = [sender(*address(to), args.interface) for to in args.to]
    digest, lost, sizes, waiting = hashlib.sha256(), 0, args.sizes, []
    chance = random.Random(args.seed)
    start = pace = time.monotonic()
    for i in itertools.count():
        if i >= args.count and (args.until is None or (i % 64 == 0 and os.path.exists(args.until))):
            break
        size = sizes[i % len(sizes)]
        data = struct.pack("!Q", i) + RANDOM[i & 0x7fff:(i & 0x7fff) + size - 8]
        # the first and the last one come, so that what is missing in between can be known
        some = 0 < i < args.count - 1 and args.loss > 0
        survivors = [s for s in sockets if not some or chance.random() >= args.loss]
        for s in survivors:
            if args.behind == 0 or s is sockets[0]:
                s.send(data)
        if args.behind > 0:
            waiting.append(data if sockets[-1] in survivors else None)
            if len(waiting) > args.behind and waiting[-1 - args.behind] is not None:
                sockets[-1].send(waiting[-1 - args.behind])
        if survivors:
            digest.update(data)
        else:
            lost += 1
        if args.pps and i % 16 == 15:
            ahead = pace + i / args.pps - time.monotonic()
            if ahead > 0.001:
                time.sleep(ahead)
            elif ahead < -0.01:
                pace -= ahead  # what was missed is not made up for in one burst
    for data in waiting[-args.behind:] if args.behind else []:
        if data is not None:
            sockets[-1].send(data)
    print(json.dumps({"datagrams": i, "lost": lost, "sha256": digest.hexdigest(),
                      "pps": round(i / (time.monotonic() - start))}))


def receiver(host, port, interface):
    s = socket.socket(family(host), socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port))
    if is_group(host) and s.family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     struct.pack("4s4si", socket.inet_aton(host), b"\0" * 4, socket.if_nametoindex(interface)))
    elif is_group(host):
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                     socket.inet_pton(socket.AF_INET6, host) + struct.pack("I", socket.if_nametoindex(interface)))
    return s


class Stream:
    """What has come at one address."""

    def __init__(self, args, at):
        self.at, self.socket = at, receiver(*address(at), args.interface)
        self.socket.setblocking(False)
        self.digest, self.n, self.last, self.gaps, self.kept = hashlib.sha256(), 0, -1, 0, []
        self.begin = self.end = 0
        self.count, self.sort = args.count, args.sort

    def drain(self):
        recv, update, unpack, n = self.socket.recv, self.digest.update, struct.Struct("!Q").unpack_from, self.n
        if n == 0:
            self.begin = time.monotonic()
        try:
            for n in range(self.n + 1, min(self.n + 256, self.count) + 1):
                data = recv(65535)
                self.n = n
                if self.sort:
                    self.kept.append(data)
                    continue
                update(data)
                number, = unpack(data)
                self.gaps += number != self.last + 1
                self.last = number
        except BlockingIOError:
            pass
        self.end = time.monotonic()

    def report(self):
        different = set(self.kept)
        for data in sorted(different):
            self.digest.update(data)
        seconds = self.end - self.begin
        return json.dumps({"at": self.at, "datagrams": self.n, "sha256": self.digest.hexdigest(), "gaps": self.gaps,
                           "twice": len(self.kept) - len(different), "pps": round(self.n / seconds) if seconds > 0 else 0})


def receive(args):
    streams = {}
    poll = select.epoll()
    for at in args.at:
        stream = Stream(args, at)
        streams[stream.socket.fileno()] = stream
        poll.register(stream.socket, select.EPOLLIN)
    print("ready", flush=True)
    wait, open_streams = args.first, len(streams)
    while open_streams > 0:
        ready = poll.poll(wait)
        if not ready:
            break
        wait = args.idle
        for fd, _ in ready:
            streams[fd].drain()
            if streams[fd].n == args.count:
                poll.unregister(fd)
                open_streams -= 1
    for stream in streams.values():
        print(stream.report(), flush=True)


p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = p.add_subparsers(dest="command", required=True)
c = commands.add_parser("send")
c.add_argument("to", nargs="+", metavar="ADDRESS:PORT")
c.add_argument("--interface", default="wan0")
c.add_argument("--count", type=int, default=20000)
c.add_argument("--until", metavar="FILE", help="at least --count, and more until there is this file")
c.add_argument("--sizes", type=lambda s: [int(n) for n in s.split(",")], default=[1400])
c.add_argument("--pps", type=int, default=0, help="0: as fast as it goes")
c.add_argument("--loss", type=float, default=0, help="chance of each datagram to get lost, for each destination by itself")
c.add_argument("--behind", type=int, default=0, help="the second destination gets each one so many datagrams later")
c.add_argument("--seed", type=int, default=1)
c.set_defaults(run=send)
c = commands.add_parser("receive")
c.add_argument("at", nargs="+", metavar="ADDRESS:PORT")
c.add_argument("--interface", default="eth0")
c.add_argument("--count", type=int, default=20000)
c.add_argument("--idle", type=float, default=3)
c.add_argument("--first", type=float, default=60, help="seconds to wait for the first one")
c.add_argument("--sort", action="store_true", help="in the order of their numbers, each once")
c.set_defaults(run=receive)
args = p.parse_args()
sys.exit(args.run(args))
