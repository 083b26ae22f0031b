#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The far end of tunnels, where the kernel has no ipip, sit, ip6tnl or fou: packets in IP packets (protocols 4 and 41) and in GUE
(UDP port 6080) of both families come out of a TUN device. Counts by kind of tunnel on stdout at SIGTERM."""
import collections
import fcntl
import select
import signal
import socket
import struct
import sys

IFF_TUN, IFF_NO_PI, TUNSETIFF = 0x0001, 0x1000, 0x400454CA

tun = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", sys.argv[1].encode(), IFF_TUN | IFF_NO_PI))
count = collections.Counter()


def stop(*_):
    print(dict(count), flush=True)
    sys.exit(0)


def from_ip4(packet):
    return packet[(packet[0] & 15) * 4:]


def from_ip6(packet):
    return packet


def from_gue(packet):
    variant_and_length, protocol, flags = struct.unpack("!BBH", packet[:4])
    version = packet[4] >> 4
    if variant_and_length != 0 or flags != 0 or {4: 4, 6: 41}[version] != protocol:
        raise ValueError("GUE header %s" % packet[:4].hex())
    return packet[4:]


signal.signal(signal.SIGTERM, stop)
sockets = {}
for family, take, name in (socket.AF_INET, from_ip4, "in4"), (socket.AF_INET6, from_ip6, "in6"):
    for protocol, inner in (4, "4"), (41, "6"):
        sockets[socket.socket(family, socket.SOCK_RAW, protocol)] = take, inner + name
    gue = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        gue.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        gue.setsockopt(socket.IPPROTO_UDP, 102, 1)  # UDP_NO_CHECK6_RX: no checksum (RFC 6935)
    gue.bind(("", 6080))
    sockets[gue] = from_gue, "gue" + name
for s in sockets:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
print("ready", flush=True)
while True:
    for s in select.select(list(sockets), [], [])[0]:
        take, name = sockets[s]
        try:
            tun.write(take(s.recv(65536)))
            count[name] += 1
        except (ValueError, KeyError, IndexError, OSError) as problem:
            print(name, problem, flush=True)
