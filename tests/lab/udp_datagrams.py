#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Large UDP datagrams and their echoes.

serve PORT          answer every datagram with itself, IPv4 and IPv6; says "ready"
echo ADDRESS PORT   send datagrams of --size bytes and compare what comes back. --order says in which order the fragments
                    leave: as the kernel makes them, or reversed or shuffled, built here and sent by a raw socket"""
import argparse
import os
import random
import socket
import struct
import sys

PIECE = 1448  # bytes of payload in a fragment: fits 1500 with either family


def serve(args):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", args.port))
    print("ready", flush=True)
    while True:
        data, peer = s.recvfrom(65535)
        s.sendto(data, peer)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff or 0xffff


def datagram(family, src, dst, sport, dport, data):
    a, b = socket.inet_pton(family, src), socket.inet_pton(family, dst)
    length = 8 + len(data)
    header = struct.pack("!HHHH", sport, dport, length, 0)
    total = checksum(a + b + struct.pack("!II", length, socket.IPPROTO_UDP) + header + data)
    return struct.pack("!HHHH", sport, dport, length, total) + data


def fragments(family, src, dst, number, payload):
    a, b = socket.inet_pton(family, src), socket.inet_pton(family, dst)
    for start in range(0, len(payload), PIECE):
        piece, more = payload[start:start + PIECE], start + PIECE < len(payload)
        if family == socket.AF_INET:
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(piece), number & 0xffff, start // 8 | more << 13,
                               64, socket.IPPROTO_UDP, 0, a, b)
        else:
            head = struct.pack("!IHBB16s16sBBHI", 6 << 28, 8 + len(piece), 44, 64, a, b, socket.IPPROTO_UDP, 0,
                               start | more, number)
        yield head + piece


def echo(args):
    family = socket.AF_INET6 if ":" in args.address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    if args.allow_fragments:
        s.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER, IP_PMTUDISC_DONT: DF clear
    s.connect((args.address, args.port))
    s.settimeout(5)
    src, sport = s.getsockname()[:2]
    raw = None
    if args.order != "kernel":
        raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    number = random.randrange(1 << 32)
    for i in range(args.count):
        data = struct.pack("!I", i) + os.urandom(args.size - 4)
        if raw is None:
            s.send(data)
        else:
            pieces = list(fragments(family, src, args.address, number + i & 0xffffffff,
                                    datagram(family, src, args.address, sport, args.port, data)))
            pieces.reverse()
            if args.order == "shuffled":
                random.shuffle(pieces)
            for piece in pieces:
                raw.sendto(piece, (args.address, 0))
        try:
            back = s.recv(65535)
        except OSError as error:
            sys.exit("datagram %d: %s" % (i, error))
        if back != data:
            sys.exit("datagram %d came back changed: %d bytes of %d" % (i, len(back), len(data)))
    print("%d datagrams of %d bytes to %s and back, fragments in %s order" % (args.count, args.size, args.address,
                                                                            args.order))


p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = p.add_subparsers(dest="command", required=True)
c = commands.add_parser("serve")
c.add_argument("port", type=int)
c.set_defaults(run=serve)
c = commands.add_parser("echo")
c.add_argument("address")
c.add_argument("port", type=int)
c.add_argument("--size", type=int, default=4000)
c.add_argument("--count", type=int, default=50)
c.add_argument("--order", choices=["kernel", "reversed", "shuffled"], default="kernel")
c.add_argument("--allow-fragments", action="store_true", help="leave DF clear, also in datagrams that fit the MTU")
c.set_defaults(run=echo)
args = p.parse_args()
args.run(args)
