#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Give the lab's configuration on standard input relays: each argument is one, NAME INPUT OUTPUT..., in one word with blanks
between. INPUT and OUTPUT are INTERFACE/ADDRESS:PORT, and INPUT may have keys behind it: ...?redundant=INPUT&sequence=u64."""
import argparse
import json
import sys
from ipaddress import ip_address


def end(text):
    interface, _, rest = text.partition("/")
    host, _, port = rest.rpartition(":")
    return interface, host.strip("[]"), int(port)


def source(text):
    interface, host, port = end(text)
    address = "group" if ip_address(host).is_multicast else "address"
    return {"interface": interface, address: host, "udp_port": port}


def relay(text):
    name, given, *outputs = text.split()
    given, _, keys = given.partition("?")
    made = {"name": name, "in": source(given), "out": [
        {"interface": i, "address": a, "udp_port": p} for i, a, p in map(end, outputs)]}
    for key, value in (k.split("=") for k in keys.split("&") if k):
        if key == "redundant":
            made["redundant"] = {"in": source(value), "window": 1024}
        elif key == "failover":
            made["failover"] = {"in": source(value), "silence_ms": 200}
        elif key == "silence_ms":
            made["failover"]["silence_ms"] = int(value)
        elif key == "sources":
            made["in"]["sources"] = value.split(",")
        else:
            made.setdefault("stream", {})[key] = int(value) if value.isdigit() else value
    return made


p = argparse.ArgumentParser(description=__doc__)
p.add_argument("relays", nargs="*")
p.add_argument("--one", action="store_true", help="print one relay alone, for sluicectl relay add")
args = p.parse_args()
if args.one:
    print(json.dumps(relay(args.relays[0])))
else:
    config = json.load(sys.stdin)
    config["relays"] = [relay(r) for r in args.relays]
    print(json.dumps(config, indent=2))
