#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""scripts/host-setup on a machine that is a directory and a few functions: what it plans, does, refuses and puts back."""
import contextlib
import errno
import importlib.machinery
import importlib.util
import io
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True
PATH = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../scripts/host-setup")
loader = importlib.machinery.SourceFileLoader("host_setup", PATH)
host_setup = importlib.util.module_from_spec(importlib.util.spec_from_loader("host_setup", loader))
loader.exec_module(host_setup)
actions, machine = host_setup.actions, host_setup.machine

A, B, C = "0000:41:00.0", "0000:42:00.0", "0000:42:00.1"
CHECK = """sluice: 1 worker
  total, rounded up %46d
  total on NUMA node 0, rounded up %29d     0
  total on NUMA node 1, rounded up %29d     1
"""


class Fake:
    """Two NUMA nodes, two NICs on node 1 with interfaces eth0 and eth1, an interface veth0; and what the programs do to them."""

    def __init__(self, root):
        self.root, self.nics, self.broken, self.missing, self.room = root, {}, set(), set(), 1000
        self.links = {n: {"ifname": n, "flags": ["UP"], "mtu": 1500} for n in ("eth0", "eth1", "veth0")}
        self.addresses = {"eth0": ["192.0.2.2/24"], "eth1": ["10.1.0.2/16", "2001:db8::2/64"]}
        self.routes = {"eth0": [], "eth1": ["198.51.100.0/24 via 10.1.0.1", "10.9.0.0/16 scope link"]}
        self.ss, self.log = "", []
        for node in 0, 1:
            self.pages(node, 2048, 0, 0)
            self.put("sys/devices/system/node/node%d/cpulist" % node, "%d-%d" % (2 * node, 2 * node + 1))
        self.put("proc/sys/kernel/random/boot_id", "boot 1")
        self.put("proc/self/mounts", "proc /proc proc rw 0 0")
        self.nic(A, "eth0", 7)
        self.nic(B, "eth1", 8)
        for path in ["sys/module", "dev/vfio", "var", "run"] + ["sys/class/net/" + name for name in self.links]:
            os.makedirs(self.at(path))

    def at(self, path):
        return os.path.join(self.root, path)

    def put(self, path, text):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        with open(self.at(path), "w") as f:
            f.write(text)

    def pages(self, node, kb, total, free):
        for name, value in ("nr", total), ("free", free):
            self.put("sys/devices/system/node/node%d/hugepages/hugepages-%dkB/%s_hugepages" % (node, kb, name), str(value))

    def nic(self, address, netdev, group, driver="igb"):
        path = "sys/bus/pci/devices/%s/" % address
        self.nics[address] = (netdev, driver)
        self.put(path + "class", "0x020000")
        self.put(path + "numa_node", "1")
        os.makedirs(self.at("sys/groups/%d/devices/%s" % (group, address)))
        os.symlink("../../../../groups/%d" % group, self.at(path + "iommu_group"))
        self.set_driver(address, driver)

    def set_driver(self, address, driver):
        path = self.at("sys/bus/pci/devices/%s/" % address)
        netdev, kernels = self.nics[address]
        shutil.rmtree(path + "net", ignore_errors=True)
        if os.path.islink(path + "driver"):
            os.unlink(path + "driver")
            if driver != kernels and netdev:
                self.links.pop(netdev, None), self.addresses.pop(netdev, None), self.routes.pop(netdev, None)
        if driver:
            os.symlink("../../drivers/" + driver, path + "driver")
        file = self.at("dev/vfio/" + machine.link_name(path + "iommu_group"))
        if driver == "vfio-pci":
            self.put(file, "")
        elif os.path.isfile(file):
            os.unlink(file)
        if driver == kernels and netdev:
            os.makedirs(path + "net/" + netdev)
            self.links.setdefault(netdev, {"ifname": netdev, "flags": [], "mtu": 1500})

    def write(self, path, text):
        """Of hugepages there are only as many as there is room for."""
        amount = min(int(text), self.room)
        used = int(machine.read(path)) - int(machine.read(path.replace("nr_", "free_")))
        for p, n in (path, amount), (path.replace("nr_", "free_"), amount - used):
            with open(p, "w") as f:
                f.write(str(n))

    def hide(self, address, until):
        """The interface of a NIC appears at that time only."""
        path = self.at("sys/bus/pci/devices/%s/net" % address)
        self.now, appears = 0, [until]

        def sleep(seconds):
            self.now += seconds
            if appears and self.now >= appears[0]:
                appears.clear()
                os.rename(path + ".hidden", path)

        def set_driver(address_, driver):
            Fake.set_driver(self, address_, driver)
            if address_ == address and os.path.isdir(path) and appears:
                os.rename(path, path + ".hidden")
        self.set_driver = set_driver
        return (mock.patch.object(actions.time, "sleep", sleep), mock.patch.object(actions.time, "monotonic", lambda: self.now))

    def run(self, *command):
        program, args = os.path.basename(command[0]), [a for a in command[1:]]
        self.log.append(" ".join((program,) + tuple(args)))
        ok = subprocess.CompletedProcess(command, 0, "", "")
        if program in self.missing:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", program)
        if program in self.broken:
            return subprocess.CompletedProcess(command, 1, "", "broken")
        return getattr(self, "run_" + program.replace("-", "_").replace(".", "_"))(ok, args) or ok

    def run_ip(self, ok, args):
        if args[0] == "-j":
            ok.stdout = json.dumps(self.ip_json(args[1:]))
        elif args[:2] == ["link", "set"]:
            link = self.links[args[3]]
            for word, value in zip(args[4:], args[5:] + [""]):
                if word in ("up", "down"):
                    link["flags"] = ["UP"] if word == "up" else []
                    if word == "down":
                        self.routes.pop(args[3], None)
                elif word in ("mtu", "master"):
                    link[word] = int(value) if word == "mtu" else value
        elif args[:2] == ["addr", "add"]:
            self.addresses[args[-1]] = list({*self.addresses.get(args[-1], []), args[2]})
        elif args[1:3] == ["route", "add"]:
            self.routes[args[-1]] = list({*self.routes.get(args[-1], []), " ".join(args[3:-2])})
        elif args[1:3] == ["route", "show"] and args[0] == "-4":
            ok.stdout = "\n".join(self.routes.get(args[-1], []) + [""])

    def ip_json(self, args):
        if args[:2] == ["link", "show"]:
            return [self.links[args[3]]] if args[3] in self.links else []
        if args[:2] == ["addr", "show"]:
            names = [args[3]] if len(args) > 2 else list(self.addresses)
            return [{"ifname": n, "addr_info": [{"local": a.split("/")[0], "prefixlen": int(a.split("/")[1]), "scope": "global"}
                                                for a in self.addresses.get(n, [])]} for n in names]
        if args[0] == "-4":
            return [{"dst": "default", "dev": n} for n, routes in self.routes.items() for r in routes if r.startswith("default")]
        return []

    def run_dpdk_devbind_py(self, ok, args):
        self.set_driver(args[1], args[0].partition("=")[2])

    def run_driverctl(self, ok, args):
        self.set_driver(args[1], args[2] if args[0] == "set-override" else self.nics[args[1]][1])

    def run_modprobe(self, ok, args):
        path = self.at("sys/module/" + args[-1].replace("-", "_"))
        shutil.rmtree(path, ignore_errors=True) if args[0] == "-r" else os.makedirs(path)

    def run_mount(self, ok, args):
        self.put("proc/self/mounts", machine.read(self.at("proc/self/mounts")) + "\nhugetlbfs %s hugetlbfs %s 0 0" % (args[-1], args[3]))

    def run_umount(self, ok, args):
        lines = machine.read(self.at("proc/self/mounts")).split("\n")
        self.put("proc/self/mounts", "\n".join(line for line in lines if " %s " % args[0] not in line))

    def run_sluice(self, ok, args):
        ok.stdout = CHECK % (85, 0, 85)

    def run_ss(self, ok, args):
        ok.stdout = self.ss

    def run_lspci(self, ok, args):
        pass

    def picture(self):
        """All that can be seen of it; modules and the state file apart."""
        found = {}
        for top, dirs, files in os.walk(self.root):
            for name in files + dirs:
                path = os.path.join(top, name)
                if "host-setup.json" not in path:
                    found[path] = os.readlink(path) if os.path.islink(path) else "" if os.path.isdir(path) else machine.read(path)
        return [found, json.loads(json.dumps(self.links))] + [{n: sorted(v) for n, v in of.items() if v} for of in (self.addresses, self.routes)]


class HostSetup(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        root = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.fake = fake = Fake(os.path.join(root, "machine"))
        self.config = os.path.join(root, "sluice.json")
        self.driverctl = False
        self.configure({"interfaces": [{"device": A}, {"device": B.upper()}]})
        for where, name, value in (
                (machine, "ROOT", fake.root), (machine, "run", fake.run), (actions, "write", fake.write),
                (host_setup, "STATE", fake.at("var/host-setup.json")), (host_setup, "USER_HUGEPAGES", fake.at("run/hugepages")),
                (os, "geteuid", lambda: 0), (shutil, "which", lambda name: "/fake/" + name if name != "driverctl" or self.driverctl else None),
                (os, "access", lambda path, mode: True), (os, "chown", lambda path, uid, gid: fake.log.append("chown %s %d" % (path, uid)))):
            self.stack.enter_context(mock.patch.object(where, name, value))

    def configure(self, config):
        with open(self.config, "w") as f:
            json.dump(config, f)

    def setup(self, *args):
        """Exit message ("" when all went well) and output."""
        out = io.StringIO()
        with mock.patch.object(sys, "argv", ["host-setup"] + list(args)), contextlib.redirect_stdout(out):
            try:
                host_setup.main()
            except SystemExit as status:
                return str(status), out.getvalue()
        return "", out.getvalue()

    def apply(self, *args):
        return self.setup("apply", "--config", self.config, *args)

    def must_refuse(self, text, *args):
        before = self.fake.picture()
        error, _ = self.apply("--now", *args)
        self.assertIn(text, error)
        self.assertEqual(before, self.fake.picture())

    def must_restore(self, *args):
        """Apply and undo; what apply said."""
        before = self.fake.picture()
        error, said = self.apply("--now", *args)
        self.assertEqual("", error)
        self.assertIn("nothing: all is there", self.apply(*args)[1])
        self.after = self.fake.picture()
        self.assertEqual("", self.setup("undo", "--now")[0])
        self.assertEqual(before, self.fake.picture())
        self.assertFalse(os.path.exists(host_setup.STATE))
        return said

    def test_show(self):
        before = self.fake.picture()
        error, said = self.setup("show", "--config", self.config)
        self.assertEqual("", error)
        for text in (A, "driver igb, interface eth0, NUMA node 1, IOMMU group 7", "NUMA node 1: 0, 0 free; CPUs 2-3",
                     "bind %s to vfio-pci with dpdk-devbind.py (was bound to igb, interface eth1)" % B, "total on NUMA node 1",
                     "hugepages of 2 MiB on NUMA node 1: 43 instead of 0", "load the kernel module vfio-pci"):
            self.assertIn(text, said)
        self.assertEqual(before, self.fake.picture())
        said = self.setup("show", "--nic", A, "--hugepages", "4@1")[1]
        self.assertIn("bind %s to vfio-pci" % A, said)
        self.assertIn("hugepages of 2 MiB on NUMA node 1: 2 instead of 0", said)
        self.assertNotIn(B + " to", said)

    def test_dry_run(self):
        before = self.fake.picture()
        self.assertIn("nothing was changed", self.apply()[1])
        self.assertEqual(before, self.fake.picture())

    def test_apply_and_undo(self):
        said = self.must_restore()
        self.assertIn("mount hugetlbfs at /dev/hugepages", said)
        self.assertEqual("../../drivers/vfio-pci", self.after[0][self.fake.at("sys/bus/pci/devices/%s/driver" % A)])
        self.assertNotIn("eth0", self.after[1])

    def test_undo_is_dry_too(self):
        self.apply("--now")
        before = self.fake.picture()
        self.assertIn("back: bind %s" % A, self.setup("undo")[1])
        self.assertEqual(before, self.fake.picture())

    def test_now_needs_root(self):
        with mock.patch.object(os, "geteuid", lambda: 1000):
            self.must_refuse("needs root")

    def test_yes_is_not_short_for_more(self):
        with contextlib.redirect_stderr(io.StringIO()):
            self.must_refuse("2", "--yes")

    def test_protected(self):
        self.fake.routes["eth0"].append("default via 192.0.2.1")
        self.must_refuse("%s is interface eth0: it carries the default route" % A)
        self.must_restore("--yes-i-know")
        self.fake.routes["eth0"].clear()
        self.fake.ss = "0 0 [::ffff:10.1.0.2]:22 192.0.2.9:4000\n"
        self.must_refuse("%s is interface eth1: an ssh session uses its address" % B)
        self.fake.ss = ""
        os.makedirs(self.fake.at("sys/class/net/eth1/upper_eth1.5"))
        self.must_refuse("%s is interface eth1: eth1.5 is built on it" % B)

    def test_protected_below(self):
        """A bridge with the default route protects its ports."""
        self.fake.routes["br0"] = ["default via 192.0.2.1"]
        os.makedirs(self.fake.at("sys/class/net/br0/lower_eth1"))
        self.must_refuse("%s is interface eth1: it carries the default route" % B)

    def test_driverctl(self):
        self.driverctl = True
        self.fake.put("run/udev/control", "")
        self.assertIn("to vfio-pci with driverctl", self.must_restore())
        self.assertIn("driverctl unset-override " + A, self.fake.log)

    def test_driverctl_without_udev(self):
        self.driverctl = True
        self.assertIn("with dpdk-devbind.py", self.must_restore())

    def test_reboot(self):
        self.driverctl = True
        self.fake.put("run/udev/control", "")
        self.apply("--now")
        self.fake.put("proc/sys/kernel/random/boot_id", "boot 2")
        said = self.setup("undo")[1]
        self.assertIn("with driverctl", said)
        self.assertNotIn("hugepages", said)

    def test_no_iommu(self):
        for address in A, B:
            os.unlink(self.fake.at("sys/bus/pci/devices/%s/iommu_group" % address))
        self.must_refuse("%s has no IOMMU group: switch the IOMMU on" % A, "--driver", "vfio-pci")
        self.assertIn("to uio_pci_generic", self.must_restore())

    def test_group(self):
        self.fake.nic(C, "", 8)
        self.fake.nics.pop(C)
        self.must_refuse("%s shares its IOMMU group 8 with %s, which is bound to igb" % (B, C))

    def test_hugepages(self):
        self.configure({})
        self.fake.pages(1, 2048, 10, 0)
        self.fake.room = 40
        error, _ = self.apply("--now")
        self.assertIn("NUMA node 1 has room for 40 hugepages only, 53 are needed", error)
        self.assertEqual("10", machine.read(machine.hugepages(1)))
        self.setup("undo", "--now")
        self.assertEqual("10", machine.read(machine.hugepages(1)))
        self.fake.pages(1, 1048576, 1, 1)
        self.assertNotIn("hugepages of 2 MiB", self.must_restore())

    def test_hugepages_changed_since(self):
        self.configure({})
        self.apply("--now")
        self.fake.pages(1, 2048, 20, 20)  # fewer than were added
        self.setup("undo", "--now")
        self.assertEqual("0", machine.read(machine.hugepages(1)))

    def test_no_hugepages_wanted(self):
        self.configure({"dpdk": {"hugepages": False}, "interfaces": [{"device": A}]})
        self.assertNotIn("huge", self.must_restore())

    def test_failure_half_way(self):
        before = self.fake.picture()
        self.fake.broken.add("dpdk-devbind.py")
        self.assertIn("undo --now", self.apply("--now")[0])
        self.fake.broken.clear()
        self.assertEqual("", self.setup("undo", "--now")[0])
        self.assertEqual(before, self.fake.picture())

    def test_program_missing(self):
        before = self.fake.picture()
        self.fake.missing.add("dpdk-devbind.py")
        error, _ = self.apply("--now")
        self.assertIn("dpdk-devbind.py: No such file or directory; in Debian it comes with: apt install dpdk\n", error)
        self.assertIn("undo --now", error)
        self.fake.missing.clear()
        self.assertEqual("", self.setup("undo", "--now")[0])
        self.assertEqual(before, self.fake.picture())

    def test_interrupted(self):
        before = self.fake.picture()
        with mock.patch.object(self.fake, "set_driver", side_effect=KeyboardInterrupt):
            self.assertIn("interrupted; what was done so far can be put back", self.apply("--now")[0])
        self.assertEqual("", self.setup("undo", "--now")[0])
        self.assertEqual(before, self.fake.picture())

    def test_undo_fails(self):
        before = self.fake.picture()
        self.apply("--now")
        self.fake.broken.add("dpdk-devbind.py")
        self.assertIn("what could not be put back stays in", self.setup("undo", "--now")[0])
        self.fake.broken.clear()
        self.assertEqual("", self.setup("undo", "--now")[0])
        self.assertEqual(before, self.fake.picture())

    def test_interface_is_late(self):
        for until in 3, 15:
            before = self.fake.picture()
            self.apply("--now")
            sleep, monotonic = self.fake.hide(A, until)
            with sleep, monotonic:
                error = self.setup("undo", "--now")
                if until > actions.NETDEVS_S:
                    self.assertIn("interface eth0 has not come back within 10 s", error[1])
                    self.assertIn("what could not be put back stays", error[0])
                    error = self.setup("undo", "--now")
            self.assertEqual("", error[0])
            self.assertEqual(before, self.fake.picture())
            self.assertFalse(os.path.exists(host_setup.STATE))

    def test_error_of_the_system(self):
        before = self.fake.picture()
        with mock.patch.object(actions, "must", side_effect=PermissionError(13, "Permission denied", "x")):
            error, _ = self.apply("--now")
        self.assertIn("Permission denied: 'x'\nwhat was done so far can be put back", error)
        self.assertEqual("", self.setup("undo", "--now")[0])
        self.assertEqual(before, self.fake.picture())

    def test_user(self):
        user = pwd.getpwuid(os.getuid())
        said = self.must_restore("--user", user.pw_name)
        self.assertIn("--huge-dir", said)
        self.assertIn("give %s to %s" % (self.fake.at("dev/vfio/7"), user.pw_name), said)
        self.assertIn("chown %s %d" % (self.fake.at("dev/vfio/8"), user.pw_uid), self.fake.log)
        self.assertIn("chown %s 0" % self.fake.at("dev/vfio/8"), self.fake.log)
        self.must_refuse("there is no user nobody-here", "--user", "nobody-here")

    def test_kernel_interfaces(self):
        self.configure({"dpdk": {"hugepages": False, "vdevs": ["net_af_packet0,iface=veth0,qpairs=2"]},
                        "devices": [{"device": "net_af_packet0", "mtu": 9000}]})
        self.fake.links["veth0"]["flags"] = []
        self.assertIn("interface veth0: up (it is down), MTU 9000 (it is 1500)", self.must_restore())
        self.assertEqual({"ifname": "veth0", "flags": ["UP"], "mtu": 9000}, self.after[1]["veth0"])

    def test_bad_input(self):
        self.assertIn("apply what?", self.setup("apply")[0])
        self.assertIn("there is no NIC 0000:09:00.0; these are: " + A, self.apply("--nic", "0000:09:00.0")[0])
        self.assertIn("write it like", self.apply("--hugepages", "many")[0])
        self.assertIn("this machine has no NUMA node 5", self.apply("--hugepages", "4@5")[0])
        for text in "{", "[]", '{"devices": 1}':
            with open(self.config, "w") as f:
                f.write(text)
            self.assertIn("is no configuration of sluice", self.apply()[0])
        self.fake.put("var/host-setup.json", "{")
        self.assertIn("nothing can be put back", self.setup("undo")[0])


if __name__ == "__main__":
    unittest.main()
