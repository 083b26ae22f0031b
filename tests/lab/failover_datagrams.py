#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two senders of one stream, and who hears of them.

send NAME GROUP:PORT    a datagram with its name and a number every 10 ms, until it is ended
receive GROUP:PORT      says "ready", then a line of JSON each time another sender is heard: who, how many milliseconds after the
                        last datagram of the one before, and whether all numbers of one sender came once and in their order"""
import argparse
import json
import socket
import struct
import sys
import time


def group_socket(host, interface, receive):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(interface)
    membership = struct.pack("4s4si", socket.inet_aton(host) if receive else b"\0" * 4, b"\0" * 4, index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP if receive else socket.IP_MULTICAST_IF, membership)
    return s


def send(args, host, port):
    s = group_socket(host, "wan0", False)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 8)
    number = 0
    while True:
        s.sendto(b"%s %d" % (args.name.encode(), number), (host, port))
        number += 1
        time.sleep(0.01)


def receive(args, host, port):
    s = group_socket(host, "eth0", True)
    s.bind((host, port))
    print("ready", flush=True)
    before, last, numbers, ordered = None, time.monotonic(), {}, True
    while True:
        name, number = s.recv(100).decode().split()
        now = time.monotonic()
        ordered &= int(number) > numbers.get(name, -1)
        numbers[name] = int(number)
        if name != before:
            print(json.dumps({"heard": name, "after_ms": round((now - last) * 1000), "ordered": ordered}), flush=True)
        before, last = name, now


p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
commands = p.add_subparsers(dest="command", required=True)
c = commands.add_parser("send")
c.add_argument("name")
c.add_argument("to")
c.set_defaults(run=send)
c = commands.add_parser("receive")
c.add_argument("to")
c.set_defaults(run=receive)
args = p.parse_args()
where = args.to.rpartition(":")
sys.exit(args.run(args, where[0], int(where[2])))
