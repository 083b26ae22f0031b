# SPDX-License-Identifier: BSD-3-Clause
"""What host-setup can do to a machine, and how each is undone.

An action is a dictionary that is written to the state file before it is done: "kind", what it is about, and what was there
before. describe(), do() and undo() know one kind each; undo() of something that was never done, or is undone, does nothing.
"""
import os
import pwd
import re
import time

import machine


PACKAGES = {"modprobe": "kmod", "ip": "iproute2", "mount": "mount", "umount": "mount", "dpdk-devbind.py": "dpdk", "driverctl": "driverctl"}
NETDEVS_S = 10  # until a driver has made its interfaces


class Failed(Exception):
    pass


def write(path, text):
    try:
        with open(path, "w") as f:
            f.write(str(text))
    except OSError as error:
        raise Failed("%s: %s" % (path, error.strerror))


def must(*command):
    try:
        result = machine.run(*command)
    except OSError as error:
        raise Failed("%s: %s; in Debian it comes with: apt install %s" % (command[0], error.strerror, PACKAGES[command[0]]))
    if result.returncode != 0:
        raise Failed("%s: %s" % (" ".join(command), (result.stderr or result.stdout).strip() or "failed"))


# ---- kernel modules ----

def module(name):
    return {"kind": "module", "module": name}


def describe_module(a):
    return "load the kernel module %s" % a["module"]


def do_module(a):
    must("modprobe", a["module"])


def undo_module(a):
    machine.run("modprobe", "-r", a["module"])  # stays when something else uses it by now


# ---- hugepages ----

def hugepages(node, add):
    path = machine.hugepages(node)
    before = int(machine.read(path, "0"))
    return {"kind": "hugepages", "node": node, "path": path, "before": before, "after": before + add}


def describe_hugepages(a):
    return "hugepages of 2 MiB on NUMA node %d: %d instead of %d" % (a["node"], a["after"], a["before"])


def do_hugepages(a):
    write(a["path"], a["after"])
    got = int(machine.read(a["path"], "0"))
    if got < a["after"]:
        write(a["path"], a["before"])
        raise Failed("NUMA node %d has room for %d hugepages only, %d are needed; free memory there, or reserve them on the "
                     "kernel line: hugepages=N (hugepages=NODE:N,... with several nodes)" % (a["node"], got, a["after"]))


def undo_hugepages(a):
    now = int(machine.read(a["path"], "0"))
    write(a["path"], min(now, max(a["before"], now - (a["after"] - a["before"]))))


# ---- hugetlbfs ----

def mount(at, owner=None):
    return {"kind": "mount", "at": at, "made": not os.path.isdir(at), "owner": owner}


def describe_mount(a):
    return "mount hugetlbfs at %s%s" % (a["at"], ", owned by %s" % a["owner"] if a["owner"] else "")


def do_mount(a):
    options = "pagesize=2M"
    if a["owner"]:
        user = pwd.getpwnam(a["owner"])
        options += ",uid=%d,gid=%d,mode=0700" % (user.pw_uid, user.pw_gid)
    os.makedirs(a["at"], exist_ok=True)
    must("mount", "-t", "hugetlbfs", "-o", options, "hugetlbfs", a["at"])


def undo_mount(a):
    if a["at"] in machine.hugetlbfs():
        must("umount", a["at"])
    if a["made"] and os.path.isdir(a["at"]):
        os.rmdir(a["at"])


# ---- drivers ----

def interface(name):
    """All of it that goes with the driver: it comes back down, without addresses and routes."""
    link = (machine.ip_json("link", "show", "dev", name) or [{}])[0]
    addresses = [i["local"] + "/" + str(i["prefixlen"]) for a in machine.ip_json("addr", "show", "dev", name)
                 for i in a.get("addr_info", []) if i.get("scope") == "global" and not (i.get("dynamic") and ":" in i["local"])]
    routes = [(family, re.sub(r" (linkdown|dead)\b", "", line).strip()) for family in ("-4", "-6")
              for line in machine.output("ip", family, "route", "show", "dev", name).splitlines()
              if not re.search(r"proto (kernel|ra)\b", line)]
    routes.sort(key=lambda route: " via " in route[1])  # a gateway has to be reachable first
    return {"name": name, "up": "UP" in link.get("flags", []), "mtu": link.get("mtu", 0), "master": link.get("master", ""),
            "addresses": addresses, "routes": routes}


def bind(nic, driver, by):
    return {"kind": "bind", "address": nic.address, "before": nic.driver, "after": driver, "by": by,
            "netdevs": [interface(name) for name in nic.netdevs]}


def describe_bind(a):
    was = "was bound to %s" % a["before"] if a["before"] else "was bound to no driver"
    if a["netdevs"]:
        was += ", interface " + ", ".join(n["name"] for n in a["netdevs"])
    return "bind %s to %s with %s (%s)" % (a["address"], a["after"], a["by"], was)


def set_driver(address, driver, by):
    if by == "driverctl":
        must("driverctl", "set-override", address, driver)
    elif driver:
        must("dpdk-devbind.py", "--bind=" + driver, address)
    else:
        must("dpdk-devbind.py", "--unbind", address)
    now = machine.Nic(address).driver
    if now != driver:
        raise Failed("%s is bound to %s, not to %s; the end of `dmesg` may say why" % (address, now or "no driver", driver or "none"))


def do_bind(a):
    for netdev in a["netdevs"]:  # dpdk-devbind.py leaves an interface alone that is in use
        must("ip", "link", "set", "dev", netdev["name"], "down")
    set_driver(a["address"], a["after"], a["by"])


def undo_bind(a):
    if a["by"] == "driverctl":
        must("driverctl", "unset-override", a["address"])
    nic = machine.Nic(a["address"])
    if nic.driver != a["before"]:
        set_driver(a["address"], a["before"], "dpdk-devbind.py")
    for netdev, now in zip(a["netdevs"], wait_for_netdevs(a)):
        restore_interface(netdev, now)


def wait_for_netdevs(a):
    """Their names. They come some time after their driver."""
    end = time.monotonic() + NETDEVS_S
    while len(machine.Nic(a["address"]).netdevs) < len(a["netdevs"]):
        if time.monotonic() >= end:
            raise Failed("%s is bound to %s, but interface %s has not come back within %d s; the end of `dmesg` may say why" % (
                a["address"], a["before"], ", ".join(n["name"] for n in a["netdevs"]), NETDEVS_S))
        time.sleep(0.1)
    return machine.Nic(a["address"]).netdevs


def restore_interface(netdev, now):
    """What else it has got by itself by then stays; what the kernel has put back already is no mistake."""
    link = ["ip", "link", "set", "dev", netdev["name"]]
    if now != netdev["name"]:
        must("ip", "link", "set", "dev", now, "down")
        must("ip", "link", "set", "dev", now, "name", netdev["name"])
    if netdev["mtu"]:
        must(*link, "mtu", str(netdev["mtu"]))
    if netdev["master"]:
        must(*link, "master", netdev["master"])
    if netdev["up"]:
        must(*link, "up")
    for address in netdev["addresses"]:
        machine.run("ip", "addr", "add", address, "dev", netdev["name"])
    for family, route in netdev["routes"]:
        machine.run("ip", family, "route", "add", *route.split(), "dev", netdev["name"])


# ---- kernel interfaces that virtual devices are on ----

def link(name, mtu):
    now = (machine.ip_json("link", "show", "dev", name) or [{}])[0]
    return {"kind": "link", "name": name, "up": "UP" in now.get("flags", []), "mtu": now.get("mtu", 0), "after": max(mtu, now.get("mtu", 0))}


def describe_link(a):
    return "interface %s: up (it is %s), MTU %d (it is %d)" % (a["name"], "up" if a["up"] else "down", a["after"], a["mtu"])


def do_link(a):
    must("ip", "link", "set", "dev", a["name"], "mtu", str(a["after"]), "up")


def undo_link(a):
    if machine.ip_json("link", "show", "dev", a["name"]):
        must("ip", "link", "set", "dev", a["name"], "mtu", str(a["mtu"]), "up" if a["up"] else "down")


# ---- owners of device files ----

def owner(path, user):
    """None where it is the user's already. The file comes with the binding, as root's."""
    uid, gid = (os.stat(path).st_uid, os.stat(path).st_gid) if os.path.exists(path) else (0, 0)
    if os.path.exists(path) and uid == pwd.getpwnam(user).pw_uid:
        return None
    return {"kind": "owner", "path": path, "user": user, "before": [uid, gid]}


def describe_owner(a):
    return "give %s to %s" % (a["path"], a["user"])


def do_owner(a):
    user = pwd.getpwnam(a["user"])
    try:
        os.chown(a["path"], user.pw_uid, user.pw_gid)
    except OSError as error:
        raise Failed("%s: %s" % (a["path"], error.strerror))


def undo_owner(a):
    if os.path.exists(a["path"]):
        os.chown(a["path"], *a["before"])


def call(verb, action):
    return globals()["%s_%s" % (verb, action["kind"])](action)
