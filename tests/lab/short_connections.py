#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Connections one after the other, a request each: every one is answered, and none stalls for a packet that was lost.

Every second connection is closed by the client first, the others by the server, so that TIME_WAIT is on either side."""
import argparse
import socket
import struct
import sys
import time

p = argparse.ArgumentParser(description=__doc__)
p.add_argument("address")
p.add_argument("port", type=int)
p.add_argument("count", type=int)
p.add_argument("--stall-ms", type=float, default=500)
p.add_argument("--seconds", type=float, default=600, help="give up after so long")
args = p.parse_args()

family = socket.AF_INET6 if ":" in args.address else socket.AF_INET
requests = [b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: %s\r\n\r\n" % word for word in (b"keep-alive", b"close")]


def sent_again(s):
    """Segments that a connection had to send more than once: total_retrans of Linux's struct tcp_info."""
    return struct.unpack_from("I", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0]


begin = time.monotonic()
longest, longest_at, errors, stalls, losses = 0.0, 0, [], 0, 0
for i in range(args.count):
    start, again = time.monotonic(), 0
    if start - begin > args.seconds:
        sys.exit("gave up after %d connections and %.0f s" % (i, start - begin))
    try:
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.settimeout(10)
            s.connect((args.address, args.port))
            s.sendall(requests[i & 1])
            answer = b""
            while b"backend" not in answer or not answer.endswith(b"\n"):
                piece = s.recv(4096)
                if not piece:
                    break
                answer += piece
            if not answer.startswith(b"HTTP/1.1 200 ") or b"backend" not in answer:
                errors.append("connection %d: wrong answer %r" % (i, answer[:80]))
            if i & 1 and s.recv(1):
                errors.append("connection %d: data behind the answer" % i)
            again = sent_again(s)
    except OSError as error:
        errors.append("connection %d: %s" % (i, error))
    took = time.monotonic() - start
    if took > longest:
        longest, longest_at = took, i
    if took * 1000 > args.stall_ms:
        stalls += 1
        losses += again > 0
    if len(errors) > 20:
        break
total = time.monotonic() - begin
print("%d connections in %.1f s, %.0f a second; longest %.1f ms (number %d); %d above %.0f ms, %d of them with a loss; %d errors" % (
    i + 1, total, (i + 1) / total, longest * 1000, longest_at, stalls, args.stall_ms, losses, len(errors)))
for error in errors:
    print(error)
# A machine that does something else for a while stalls one connection, and may make it send again; a gateway that loses SYNs, of
# tuples that come again for instance, does so again and again.
sys.exit(1 if errors or losses > args.count // 10000 or longest > 3.5 else 0)
