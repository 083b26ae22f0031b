# SPDX-License-Identifier: BSD-3-Clause
"""What there is on this machine: NICs, IOMMU, hugepages, CPUs, and what must not be touched. Reads, never changes."""
import glob
import json
import os
import re
import subprocess

ROOT = ""  # a test has a tree of its own
USERSPACE = ("vfio-pci", "uio_pci_generic", "igb_uio")
BIFURCATED = ("mlx4_core", "mlx5_core")  # DPDK works beside these: nothing to bind


def at(path):
    return ROOT + path


def pci(address="", name=""):
    return os.path.join(at("/sys/bus/pci/devices"), address, name).rstrip("/")


def node_path(node):
    return at("/sys/devices/system/node/node%s" % node)


def read(path, default=""):
    try:
        with open(path) as f:
            return f.read().strip()
    except OSError:
        return default


def link_name(path):
    return os.path.basename(os.readlink(path)) if os.path.islink(path) else ""


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output(*command):
    try:
        return run(*command).stdout
    except OSError:
        return ""


def ip_json(*arguments):
    try:
        return json.loads(output("ip", "-j", *arguments) or "[]")
    except ValueError:
        return []


class Nic:
    def __init__(self, address):
        self.address, self.path = address, pci(address)
        self.driver = link_name(self.path + "/driver")
        self.node = int(read(self.path + "/numa_node", "-1"))
        self.group = link_name(self.path + "/iommu_group")
        nets = glob.glob(self.path + "/net/*") + glob.glob(self.path + "/virtio*/net/*")
        self.netdevs = sorted(os.path.basename(p) for p in nets)
        self.name = output("lspci", "-s", address).strip().partition(": ")[2] or "unknown device"

    def strangers(self):
        """Devices of its IOMMU group that the kernel would not let go with it, and their drivers."""
        found = []
        for other in sorted(os.listdir(self.path + "/iommu_group/devices")) if self.group else []:
            driver = link_name(pci(other, "driver"))
            if other != self.address and driver not in ("", "pcieport", "pci-stub") + USERSPACE:
                found.append((other, driver))
        return found


def nics():
    return [Nic(os.path.basename(p)) for p in sorted(glob.glob(pci("*"))) if read(p + "/class").startswith("0x02")]


def nodes():
    return sorted(int(os.path.basename(p)[4:]) for p in glob.glob(node_path("[0-9]*")))


def hugepages(node, kind="nr", size_kb=2048):
    """Path of the number: nr (all) or free; the machine's where it has no NUMA nodes."""
    top = node_path(node)
    if not os.path.isdir(top):
        top = at("/sys/kernel/mm")
    return "%s/hugepages/hugepages-%dkB/%s_hugepages" % (top, size_kb, kind)


def free_mib(node):
    """Free hugepages of a node, of whatever size."""
    sizes = [int(m.group(1)) for m in map(re.compile(r"hugepages-(\d+)kB$").search, glob.glob(
        os.path.dirname(os.path.dirname(hugepages(node))) + "/*")) if m]
    return sum(int(read(hugepages(node, "free", kb), "0")) * kb for kb in sizes) // 1024


def hugetlbfs():
    """Mount points of hugetlbfs with 2 MiB pages, which is what this machine's default is taken to be."""
    mounts = [line.split()[1:4] for line in read(at("/proc/self/mounts")).splitlines()]
    return [where for where, kind, options in mounts if kind == "hugetlbfs" and ("pagesize=2M" in options or "pagesize" not in options)]


def iommu():
    return sorted(os.path.basename(p) for p in glob.glob(at("/sys/class/iommu/*")))


def lower(netdev):
    """The interface and those below it: a bridge's ports, a bond's members, a VLAN's parent."""
    found = {netdev}
    for path in glob.glob(at("/sys/class/net/%s/lower_*" % netdev)):
        found |= lower(os.path.basename(path)[len("lower_"):])
    return found


def upper(netdev):
    """What is built on the interface: VLANs, a bridge, a bond."""
    return [os.path.basename(p)[len("upper_"):] for p in sorted(glob.glob(at("/sys/class/net/%s/upper_*" % netdev)))]


def environment(pid):
    try:
        with open(at("/proc/%s/environ" % pid), "rb") as f:
            return dict(item.split("=", 1) for item in f.read().decode(errors="replace").split("\0") if "=" in item)
    except OSError:
        return {}


def ssh_client():
    """Who this session comes from; sudo hides it from us, not from our parents."""
    pid = str(os.getpid())
    while pid not in ("0", "1", ""):
        connection = environment(pid).get("SSH_CONNECTION", "").split()
        if len(connection) == 4:
            return connection[0], connection[2]
        m = re.search(r"^PPid:\s*(\d+)", read(at("/proc/%s/status" % pid)), re.M)
        pid = m.group(1) if m else ""
    return None


def ssh_local_addresses():
    """Our addresses in connections to port 22."""
    found = set()
    for line in output("ss", "-Htn", "state", "established", "sport", "=", ":22").splitlines():
        fields = line.split()
        if len(fields) >= 3:
            found.add(fields[2].rpartition(":")[0].strip("[]").removeprefix("::ffff:").partition("%")[0])
    return found


def protected():
    """Interface -> why it must stay as it is. Interfaces below one are protected with it."""
    reasons = {}

    def protect(netdev, why):
        for name in lower(netdev):
            reasons.setdefault(name, why)

    for family in "-4", "-6":
        for route in ip_json(family, "route", "show", "default", "table", "all"):
            for hop in [route] + route.get("nexthops", []):
                if "dev" in hop and route.get("type", "unicast") == "unicast" and hop["dev"] != "lo":
                    protect(hop["dev"], "it carries the default route")
    client = ssh_client()
    for hop in ip_json("route", "get", client[0]) if client else []:
        if "dev" in hop:
            protect(hop["dev"], "your ssh session comes by it")
    addresses = ssh_local_addresses() | ({client[1]} if client else set())
    for interface in ip_json("addr", "show"):
        if any(a.get("local") in addresses for a in interface.get("addr_info", [])):
            protect(interface["ifname"], "an ssh session uses its address")
    for netdev in (os.path.basename(p) for p in glob.glob(at("/sys/class/net/*"))):
        for name in upper(netdev):
            protect(netdev, "%s is built on it, and would not come back by itself" % name)
    return reasons


class Configured:
    """What a configuration of sluice names: PCI addresses, kernel interfaces with the MTU asked for, hugepages or not."""

    def __init__(self, path):
        with open(path) as f:
            config = json.load(f)
        dpdk, devices = config.get("dpdk", {}), config.get("devices", [])
        names = [i.get("device", "") for i in config.get("interfaces", [])] + [d.get("device", "") for d in devices]
        forwarding = config.get("forwarding")
        names += [n for pair in forwarding.get("pairs", []) for n in pair] if isinstance(forwarding, dict) else []
        names = [n.lower() for n in names if re.fullmatch(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]", n)]
        self.nics = list(dict.fromkeys(names))
        self.hugepages = dpdk.get("hugepages", True)
        mtu = {d.get("device"): d.get("mtu", 0) for d in devices}
        self.netdevs = {}
        for vdev in dpdk.get("vdevs", []):
            for netdev in re.findall(r",iface=([^,]+)", vdev) if not vdev.startswith("net_tap") else []:
                self.netdevs[netdev] = mtu.get(vdev.partition(",")[0], 0)
