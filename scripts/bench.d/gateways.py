# SPDX-License-Identifier: BSD-3-Clause
"""What stands between the lab's client and its backends: sluice, its peers, or nothing.

Each measures in a lab of its own (scripts/lab, whose drawing is in scripts/lab-lib.sh), brought up and taken down around it, so that
nobody inherits anything. All get the same services: HTTP :80 to three nginx, TCP :5201 to iperf3, UDP :9000 to an echo server
and UDP :53 to dnsmasq :5353, these of backend1."""
import json
import os
import shutil
import tempfile

from system import GATEWAY_CPU, OTHER_CPU, ROOT, Failed, Process, Telemetry, cpu_seconds, load, machine_seconds, program, run, wait_for

NAME = "bench"
PMDS = {"af_packet": "AF_PACKET", "af_xdp": "AF_XDP", "tap": "TAP"}
CHOSEN = {"af_packet": ",framecnt=2048", "af_xdp": ",busy_budget=0"}  # by sluice on these links (docs/operations.md); testpmd gets the same
NOBODYS = ("multicast",)  # the kernel's own frames, which are for nobody
STATE = "/run/sluice-lab/" + NAME
VIP, BACKENDS = "192.0.2.10", ["10.1.1.1", "10.1.1.2", "10.1.1.3"]
HTTP, IPERF, ECHO, DNS, DNSMASQ = 80, 5201, 9000, 53, 5353


def inside(where, *command):
    return ("ip", "netns", "exec", "%s-%s" % (NAME, where)) + command


def links_lost():
    """Packets that the kernel's links dropped, those of veth pairs whose other end was full included: the gateway never saw them."""
    return sum(link["stats64"][way]["dropped"] for where in ("client", "sluice", "lan", "backend1")
               for link in json.loads(run("ip", "-n", "%s-%s" % (NAME, where), "-s", "-j", "link", "show")) for way in ("rx", "tx"))


class Watch:
    """What a gateway took and dropped while a context lasts. Peers do not tell what they drop; what is lost shows at the client."""

    def __init__(self, gateway):
        self.gateway = gateway

    def look(self):
        return self.gateway.usage(), self.gateway.drops(), links_lost()

    def __enter__(self):
        self.before = self.look()
        return self

    def __exit__(self, kind, *_):
        self.after = self.look() if kind is None else self.before

    def add(self, results, case, parameter, amount, unit):
        """CPU time for each of `amount`, and dropped packets with their causes."""
        name = self.gateway.name
        for who, seconds in self.after[0].items():
            if seconds is not None and amount:
                results.add(case, name, parameter, "CPU, " + who, "us/" + unit, 1e6 * (seconds - self.before[0][who]) / amount)
        results.add(case, name, parameter, "lost on links", "packets", self.after[2] - self.before[2])
        if self.after[1] is None:
            return
        causes = {cause: n - self.before[1].get(cause, 0) for cause, n in self.after[1].items()}
        causes = {cause: n for cause, n in causes.items() if n}
        results.add(case, name, parameter, "dropped", "packets", sum(n for cause, n in causes.items() if cause not in NOBODYS))
        for cause, n in causes.items():
            if cause not in NOBODYS:
                results.note(case, "%s, %s: dropped %d as %s" % (name, parameter, n, cause))


class Gateway:
    """One of them with its lab, as a context: with gateway: gateway.address answers."""
    name, address, web, dns, udp = "", VIP, HTTP, DNS, True
    pmd = None

    def __enter__(self):
        self.work = tempfile.mkdtemp(prefix="sluice-bench-")
        self.processes = []
        try:
            self.lab_up()
            self.servers()
            self.start()
            wait_for("an answer through " + self.name, lambda: "backend" in self.fetch())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.stop()
        run(ROOT + "/scripts/lab", "down", "--name", NAME, check=False)
        shutil.rmtree(self.work, ignore_errors=True)

    def lab_up(self):
        run(ROOT + "/scripts/lab", "up", "--name", NAME, "--no-sluice")

    def spawn(self, where, *command, cpu):
        process = Process(*inside(where, *command), cpu=cpu, log=open(os.path.join(self.work, "log"), "a", encoding="utf-8"))
        self.processes.append(process)
        return process

    def servers(self):
        """Those of the lab stay on the clients' CPU, and there are two more."""
        with open(STATE + "/processes", encoding="utf-8") as f:
            for pid, _, what in (line.split(None, 2) for line in f):
                if what.strip() != "sluice":
                    for each in [pid] + run("pgrep", "-P", pid, check=False).split():
                        run("taskset", "-a", "-p", "-c", str(OTHER_CPU), each, check=False)
        for n in (1, 2, 3):
            run(*inside("backend%d" % n, "sysctl", "-q", "-w", "net.core.somaxconn=4096", "net.ipv4.tcp_max_syn_backlog=8192"))
        self.spawn("backend1", "iperf3", "-s", "-p", str(IPERF), cpu=OTHER_CPU)
        self.spawn("backend1", load("udp_load"), "echo", str(ECHO), cpu=OTHER_CPU)

    def fetch(self):
        return run(*inside("client", "curl", "-s", "--max-time", "1", "http://%s:%d/" % (self.address, self.web)), check=False)

    def start(self):
        raise NotImplementedError

    def pids(self):
        return [p.pid for p in self.processes[2:]]

    def usage(self):
        """Seconds of CPU so far: those of the gateway's own processes, if it has any, and the whole machine's."""
        pids = self.pids()
        return {"gateway": sum(cpu_seconds(pid) for pid in pids) if pids else None, "machine": machine_seconds()["busy"]}

    def drops(self):
        """Packets by cause that the gateway itself says it dropped, or None when it cannot say."""
        return None

    def watch(self):
        return Watch(self)

    def account(self, results):
        """All that it dropped since it was started, also between the measurements, by cause."""
        causes = self.drops()
        if causes is None:
            return
        results.add("drops", self.name, "in all, without multicast", "dropped", "packets",
                    sum(n for cause, n in causes.items() if cause not in NOBODYS))
        for cause, n in causes.items():
            if n:
                results.add("drops", self.name, cause, "dropped", "packets", n)


class Bare(Gateway):
    """The client talks to the first backend itself, in the backends' own network."""
    address, web, dns = BACKENDS[0], 8080, DNSMASQ


class TestpmdIo(Bare):
    """dpdk-testpmd hands frames from one of sluice's devices to the other and touches none: what the devices can do at most."""

    def __init__(self, pmd):
        self.pmd, self.name = pmd, "testpmd io, " + PMDS[pmd]

    def start(self):
        run("ip", "-n", NAME + "-client", "addr", "add", "10.1.0.9/16", "dev", "wan0")
        self.spawn("sluice", "dpdk-testpmd", "--lcores", "0@%d,1@%d" % (OTHER_CPU, GATEWAY_CPU), "--no-pci", "--in-memory", "-m", "128",
                   "--file-prefix", NAME + "-testpmd", *["--vdev=net_%s%d,iface=%s%s" % (self.pmd, i, interface, CHOSEN[self.pmd])
                                                         for i, interface in enumerate(("wan0", "lan0"))],
                   "--", "--forward-mode=io", "--nb-cores=1", "--port-topology=paired", "--total-num-mbufs=16384", "--auto-start",
                   "--disable-link-check", "--stats-period=3600", cpu=None)

    def __exit__(self, *_):
        super().__exit__()
        shutil.rmtree("/run/dpdk/%s-testpmd" % NAME, ignore_errors=True)


class Direct(Bare):
    """No gateway: the client has a link to the switch as well."""
    name = "direct"

    def start(self):
        run("ip", "link", "add", "direct0", "netns", NAME + "-client", "type", "veth", "peer", "name", "direct", "netns", NAME + "-lan")
        for where, interface in (("client", "direct0"), ("lan", "direct")):
            run(*inside(where, "ethtool", "-K", interface, "tx", "off", "sg", "off", "tso", "off", "gso", "off", "gro", "off"), check=False)
        run("ip", "-n", NAME + "-client", "addr", "add", "10.1.0.9/16", "dev", "direct0")
        run("ip", "-n", NAME + "-client", "link", "set", "direct0", "up")
        run("ip", "-n", NAME + "-lan", "link", "set", "direct", "master", "br0", "up")


class Sluice(Gateway):
    prefix = "sluice-" + NAME

    def __init__(self, pmd):
        self.pmd = pmd
        self.name = "sluice, " + PMDS[pmd]
        self.telemetry = Telemetry(self.prefix)

    def lab_up(self):
        run(ROOT + "/scripts/lab", "up", "--name", NAME, "--pmd", self.pmd)

    def start(self):
        path = STATE + "/config.json"
        with open(path, encoding="utf-8") as f:
            config = json.load(f)
        web = next(s for s in config["services"] if s["name"] == "web")
        for name, protocol, port in ("iperf", "tcp", IPERF), ("echo", "udp", ECHO):  # the lab's configuration has DNS
            config["services"].append(dict(web, name=name, protocol=protocol, port=port,
                                           backends=[{"address": BACKENDS[0], "port": port}]))
        with open(path, "w", encoding="utf-8") as f:
            json.dump(config, f)
        self.telemetry.open()
        os.kill(self.pids()[0], 1)
        wait_for("the services", lambda: self.telemetry.ask("/sluice/info")["reloads"] == 1)

    def __exit__(self, *_):
        self.telemetry.close()
        super().__exit__()

    def pids(self):
        with open(STATE + "/processes", encoding="utf-8") as f:
            return [int(line.split()[0]) for line in f if line.split(None, 2)[2].strip() == "sluice"]

    def drops(self):
        """By cause, and what a device lost or did not send, which the pipeline never saw or no longer."""
        found = self.telemetry.ask("/sluice/drops")
        del found["total"]
        for port in self.telemetry.ask("/sluice/ports")["ports"]:
            counters = self.telemetry.ask("/sluice/port," + port)
            for key in ("device_rx_missed", "device_rx_errors", "device_rx_no_mbuf", "device_tx_errors"):
                found[key] = found.get(key, 0) + counters[key]
        return found


class Kernel(Gateway):
    """Peers that need the gateway's namespace to be a host: addresses, and their work kept on the gateway's CPU."""
    forwards = False

    def start(self):
        for interface, addresses in ("wan0", ["192.0.2.2/24", VIP + "/24"]), ("lan0", ["10.1.0.2/16", "10.1.0.3/16"]):
            for address in addresses:
                run("ip", "-n", NAME + "-sluice", "addr", "add", address, "dev", interface)
            # a veth is served on its sender's CPU: the gateway gets its own, as the others do
            run(*inside("sluice", "sh", "-c", "echo %x >/sys/class/net/%s/queues/rx-0/rps_cpus" % (1 << GATEWAY_CPU, interface)), check=False)
        run(*inside("sluice", "sysctl", "-q", "-w", "net.ipv4.ip_forward=%d" % self.forwards, "net.core.somaxconn=4096",
                    "net.ipv4.tcp_max_syn_backlog=8192", "net.ipv4.ip_local_port_range=1024 65535"))
        self.start_peer()

    def start_peer(self):
        raise NotImplementedError

    def write(self, name, text):
        path = os.path.join(self.work, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path


class Haproxy(Kernel):
    name, udp = "HAProxy", False

    def start_peer(self):
        listens = "".join("listen l%d\n  bind %s:%d backlog 4096\n%s" % (port, VIP, port, "".join(
            "  server s%d %s:%d\n" % (i, address, to) for i, address in enumerate(addresses)))
            for port, to, addresses in ((HTTP, 8080, BACKENDS), (IPERF, IPERF, BACKENDS[:1])))
        config = self.write("haproxy.cfg", "global\n  nbthread 1\n  maxconn 8000\ndefaults\n  mode tcp\n  balance roundrobin\n"
                            "  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n" + listens)
        self.spawn("sluice", "haproxy", "-db", "-f", config, cpu=GATEWAY_CPU)


class NginxStream(Kernel):
    name = "nginx stream"

    def start_peer(self):
        module = "/usr/lib/nginx/modules/ngx_stream_module.so"
        if not os.path.exists(module):
            raise Failed("nginx has no stream module (package libnginx-mod-stream)")
        config = self.write("nginx.conf", """load_module %s; user root; worker_processes 1; daemon off; pid %s/nginx.pid;
error_log %s/nginx.log crit; worker_rlimit_nofile 40000; events { worker_connections 20000; }
stream {
  upstream web { %s }
  server { listen %s:%d backlog=4096; proxy_pass web; }
  server { listen %s:%d; proxy_pass %s:%d; }
  server { listen %s:%d udp; proxy_pass %s:%d; proxy_timeout 10s; }
  server { listen %s:%d udp; proxy_pass %s:%d; proxy_timeout 10s; }
}
""" % (module, self.work, self.work, " ".join("server %s:8080;" % b for b in BACKENDS), VIP, HTTP, VIP, IPERF, BACKENDS[0], IPERF,
            VIP, ECHO, BACKENDS[0], ECHO, VIP, DNS, BACKENDS[0], DNSMASQ))
        self.spawn("sluice", "nginx", "-p", self.work, "-e", self.work + "/nginx.log", "-c", config, cpu=GATEWAY_CPU)

    def pids(self):
        master = self.processes[-1].pid
        return [master] + [int(pid) for pid in run("pgrep", "-P", str(master), check=False).split()]


class Nftables(Kernel):
    name, forwards = "nftables DNAT", True

    def start_peer(self):
        rules = self.write("rules", """table ip balance {
  chain pre { type nat hook prerouting priority -100;
    ip daddr %s tcp dport %d dnat to numgen inc mod 3 map { 0 : %s, 1 : %s, 2 : %s }:8080
    ip daddr %s tcp dport %d dnat to %s
    ip daddr %s udp dport %d dnat to %s
    ip daddr %s udp dport %d dnat to %s:%d
  }
  chain post { type nat hook postrouting priority 100;
    oifname "lan0" snat to 10.1.0.3
  }
}
""" % (VIP, HTTP, *BACKENDS, VIP, IPERF, BACKENDS[0], VIP, ECHO, BACKENDS[0], VIP, DNS, BACKENDS[0], DNSMASQ))
        run(*inside("sluice", "nft", "-f", rules))
        run(*inside("sluice", "sysctl", "-q", "-w", "net.netfilter.nf_conntrack_max=262144"), check=False)

    def pids(self):
        return []  # it works in softirqs: what it takes is in the machine's figure


def all_of_them(quick):
    """Fresh ones for each repetition. The quick run has one device only, the fastest."""
    if quick:
        return [Direct(), Sluice("af_xdp"), Nftables(), Haproxy(), NginxStream()]
    return [Direct(), TestpmdIo("af_xdp"), TestpmdIo("af_packet"), Sluice("af_xdp"), Sluice("af_packet"), Sluice("tap"), Nftables(), Haproxy(),
            NginxStream()]
