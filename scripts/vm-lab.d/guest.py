#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Talk to a vm-lab guest.

  guest.py run SOCKET SECONDS    run the shell script on standard input in the guest: its output, its exit status
  guest.py console SOCKET        a terminal on the guest's console; leave it with Ctrl-]
  guest.py qmp SOCKET COMMAND [KEY=VALUE...]    a command for QEMU itself, and its reply as JSON

The exit status is 124 when the guest does not answer within SECONDS.
"""
import base64
import fcntl
import json
import os
import select
import signal
import socket
import sys
import termios
import time
import tty

RESEND_S = 1  # a guest that has not started its agent yet loses what it is sent


def connect(path):
    lock = open(path + ".lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)  # one at a time: QEMU's sockets serve one
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s, lock


class Reader:
    def __init__(self, sock):
        self.sock, self.data = sock, b""

    def line(self, deadline):
        """Next line without its end, or None when the time is up."""
        while b"\n" not in self.data:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return None
            more = self.sock.recv(65536)
            if not more:
                sys.exit("vm-lab: the guest has ended")
            self.data += more
        line, self.data = self.data.split(b"\n", 1)
        return line


def run(path, seconds):
    sock, lock = connect(path)
    script = base64.b64encode(sys.stdin.buffer.read())
    token = b"%d-%x" % (os.getpid(), time.monotonic_ns())
    reader, end = Reader(sock), time.monotonic() + float(seconds)
    line = None
    while line != b"<" + token:
        if time.monotonic() >= end:
            sys.exit(124)
        if line is None:
            sock.sendall(b"\n" + token + b" " + script + b"\n")
        line = reader.line(min(end, time.monotonic() + RESEND_S))
    # A line that ends the output begins with an end of line of its own, so the last one is not the script's.
    pending = None
    while True:
        line = reader.line(end)
        if line is None:
            sys.exit(124)
        if line.startswith(b">" + token + b" "):
            if pending:
                sys.stdout.buffer.write(pending)
            sys.exit(int(line.split()[-1]))
        if pending is not None:
            sys.stdout.buffer.write(pending + b"\n")
            sys.stdout.flush()
        pending = line


def console(path):
    sock, lock = connect(path)
    stdin, terminal = sys.stdin.fileno(), sys.stdin.isatty()
    before = termios.tcgetattr(stdin) if terminal else None
    sock.sendall(b"\n")
    try:
        if terminal:
            tty.setraw(stdin)
        while True:
            ready = select.select([sock, stdin], [], [])[0]
            if sock in ready:
                data = sock.recv(65536)
                if not data:
                    break
                os.write(sys.stdout.fileno(), data)
            if stdin in ready:
                data = os.read(stdin, 4096)
                if not data or b"\x1d" in data:
                    break
                sock.sendall(data)
    finally:
        if terminal:
            termios.tcsetattr(stdin, termios.TCSADRAIN, before)


def qmp(path, command, *pairs):
    sock, lock = connect(path)
    reader, end = Reader(sock), time.monotonic() + 10
    arguments = dict(pair.split("=", 1) for pair in pairs)
    for key, value in arguments.items():
        if value in ("true", "false"):
            arguments[key] = value == "true"
    for message in {"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}:
        sock.sendall(json.dumps(message).encode() + b"\n")
        while True:
            line = reader.line(end)
            if line is None:
                sys.exit("vm-lab: QEMU does not answer")
            reply = json.loads(line)
            if "error" in reply:
                sys.exit("vm-lab: %s: %s" % (command, reply["error"]["desc"]))
            if "return" in reply:
                break
    print(json.dumps(reply["return"]))


def main():
    commands = {"run": run, "console": console, "qmp": qmp}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # who called says that it was interrupted
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
