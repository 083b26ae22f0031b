#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A TCP server that speaks first, like ssh's, and then sends back what it gets; and its client.

  greeting_server.py PORT
  greeting_server.py --ask ADDRESS PORT BYTES [SOURCE]     exit status 0: greeted, and all bytes came back
"""
import os
import socket
import sys
import threading

GREETING = b"SSH-2.0-greeting\r\n"


def serve(connection):
    with connection:
        connection.sendall(GREETING)
        while True:
            data = connection.recv(65536)
            if not data:
                return
            connection.sendall(data)


def receive(connection, n):
    data = b""
    while len(data) < n:
        more = connection.recv(65536)
        if not more:
            raise OSError("closed after %d of %d bytes" % (len(data), n))
        data += more
    return data


def ask(address, port, n, source):
    payload = os.urandom(n)
    with socket.create_connection((address, port), 10, (source, 0) if source else None) as connection:
        if receive(connection, len(GREETING)) != GREETING:
            raise OSError("another greeting")
        sender = threading.Thread(target=connection.sendall, args=(payload,), daemon=True)
        sender.start()
        if receive(connection, n) != payload:
            raise OSError("other bytes came back")


def main():
    if sys.argv[1] == "--ask":
        ask(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] if len(sys.argv) > 5 else "")
        return
    listener = socket.create_server(("", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


main()
