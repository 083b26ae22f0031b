# SPDX-License-Identifier: BSD-3-Clause
"""Processes, CPUs, telemetry and what the machine is: what every case needs of the system."""
import json
import os
import platform
import re
import signal
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("LAB_BUILD", os.path.join(ROOT, "build"))
GATEWAY_CPU = max(os.sched_getaffinity(0))
OTHER_CPU = min(os.sched_getaffinity(0))


class Failed(Exception):
    """A case cannot be measured; the text says why."""


def program(name):
    return os.path.join(BUILD, "app", name)


def load(name):
    """A generator of tests/bench."""
    return os.path.join(BUILD, "tests", name)


def run(*command, timeout=120, check=True, **options):
    """Output of a command."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, text=True, check=False,
                              **options)
    except FileNotFoundError as error:
        raise Failed("%s is not installed; remedy: scripts/packages install build lab bench" % command[0]) from error
    except subprocess.TimeoutExpired as error:
        raise Failed("%s: %s" % (" ".join(command[:6]), error)) from error
    if check and done.returncode != 0:
        raise Failed("%s: exit status %d: %s" % (" ".join(command[:8]), done.returncode, (done.stderr or done.stdout)[-500:]))
    return done.stdout


def wait_for(what, condition, seconds=15, every=.05):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed("waited in vain for " + what)
        time.sleep(every)


class Process:
    """A process of ours on one CPU, ended by its pid whatever happens."""
    running = []
    starting = False  # there is one that is not in the list yet: nobody would end it

    def __init__(self, *command, cpu=None, log=subprocess.DEVNULL, **options):
        if cpu is not None:
            command = ("taskset", "-c", str(cpu)) + command
        Process.starting = True
        try:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                            start_new_session=True, **options)
            Process.running.append(self)
        finally:
            Process.starting = False

    @property
    def pid(self):
        return self.process.pid

    def ended(self):
        return self.process.poll() is not None

    def stop(self, number=signal.SIGTERM):
        if self in Process.running:
            Process.running.remove(self)
        if self.ended():
            return
        self.process.send_signal(number)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @classmethod
    def stop_all(cls):
        for process in list(cls.running):
            process.stop()


class Telemetry:
    """DPDK's telemetry socket, of sluice and of testpmd alike."""

    def __init__(self, prefix):
        self.path = "/run/dpdk/%s/dpdk_telemetry.v2" % prefix
        self.socket = None

    def open(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(self.path)
        self.socket.recv(65536)
        return self

    def ask(self, command):
        try:
            self.socket.send(command.encode())
            answer = self.socket.recv(1 << 20)
        except OSError as error:
            raise Failed("%s does not answer %s: %s" % (self.path, command, error)) from error
        if not answer:
            raise Failed("%s does not answer %s: it has ended" % (self.path, command))
        return json.loads(answer)[command.split(",")[0]] or {}  # null: it has not begun yet

    def close(self):
        if self.socket is not None:
            self.socket.close()


class Hugepages:
    """So many free ones of 2 MiB, as a context; what had to be added is given back afterwards, and no more, since others may
    have added theirs meanwhile."""
    path = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

    def __init__(self, pages):
        self.pages, self.added = pages, 0

    def read(self, which):
        with open(self.path.replace("nr_", which), encoding="ascii") as f:
            return int(f.read())

    def change(self, by):
        """The number that there are changes by so many, or by fewer when memory is short."""
        before = self.read("nr_")
        with open(self.path, "w", encoding="ascii") as f:
            f.write(str(max(0, before + by)))
        self.added += self.read("nr_") - before

    def __enter__(self):
        missing = self.pages - self.read("free_")
        if missing > 0:
            self.change(missing)
        if self.read("free_") < self.pages:
            self.__exit__()
            raise Failed("no %d hugepages of 2 MiB to be had; free memory, or ask for less" % self.pages)

    def __exit__(self, *_):
        if self.added:
            self.change(-self.added)


def cpu_seconds(pid):
    """What a process and its threads have used."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine_seconds():
    """Busy and stolen seconds of all CPUs."""
    with open("/proc/stat", encoding="ascii") as f:
        t = [int(x) / os.sysconf("SC_CLK_TCK") for x in f.readline().split()[1:]]
    return {"busy": t[0] + t[1] + t[2] + t[5] + t[6], "stolen": t[7]}


def first_line(*command):
    try:
        lines = run(*command, check=False).strip().splitlines()
    except Failed:
        return "not there"
    return lines[0] if lines else "?"


def package(name):
    return run("dpkg-query", "-W", "-f=${Version}", name, check=False) or "not installed"


def spin():
    """A fixed piece of work, a few milliseconds of it: its spread is the machine's noise."""
    begin = time.perf_counter()
    x = 1
    for _ in range(60000):
        x = (x * 1103515245 + 12345) & 0x7fffffff
    return time.perf_counter() - begin


def noise():
    """Spread of the same work done again and again, in percent: the slowest tenth against the fastest."""
    times = sorted(spin() for _ in range(100))
    return 100 * (times[90] / times[0] - 1)


def build_options():
    """How sluice was compiled."""
    try:
        found = {o["name"]: o["value"] for o in json.loads(run("meson", "introspect", BUILD, "--buildoptions"))}
    except (Failed, ValueError):
        return {}
    return {key: found.get(key) for key in ("buildtype", "optimization", "b_sanitize", "b_lto")}


def describe():
    cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo", encoding="ascii").read())
    memory = re.search(r"MemTotal:\s*(\d+)", open("/proc/meminfo", encoding="ascii").read())
    before, begin = machine_seconds(), time.monotonic()
    time.sleep(1)
    after, took = machine_seconds(), time.monotonic() - begin
    return {
        "cpu": cpu.group(1) if cpu else platform.machine(), "cpus": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory.group(1)) / 2**20, 1), "kernel": platform.release(),
        "dpdk": run("pkg-config", "--modversion", "libdpdk", check=False).strip(),
        "compiler": first_line("gcc", "--version"),
        "build": build_options(),
        "sluice": first_line(program("sluice"), "--version"),
        "commit": run("git", "-C", ROOT, "rev-parse", "--short", "HEAD", check=False).strip() +
                  (" with changes" if run("git", "-C", ROOT, "status", "--porcelain", check=False).strip() else ""),
        "peers": {"haproxy": package("haproxy"), "nginx": package("nginx"), "nftables": package("nftables"),
                  "smcroute": package("smcroute"), "socat": package("socat"), "wrk": package("wrk"), "iperf3": package("iperf3"),
                  "dnsperf": package("dnsperf"), "dnsmasq": package("dnsmasq-base")},
        "pinning": "gateways on CPU %d, clients and servers on CPU %d" % (GATEWAY_CPU, OTHER_CPU),
        "offloads": "checksum and segmentation offloads of the veth interfaces off, for all alike",
        "noise_percent": round(noise(), 1),
        "busy_percent_before": round(100 * (after["busy"] - before["busy"]) / took, 1),
        "stolen_percent_before": round(100 * (after["stolen"] - before["stolen"]) / took, 1),
    }


def warnings(machine):
    build = machine.get("build", {})
    if build.get("optimization", "3") not in ("2", "3") or build.get("b_sanitize", "none") != "none":
        yield "sluice was not built for speed (%s); remedy: remove the directory build" % ", ".join("%s %s" % pair for pair in build.items())
    if machine["cpus"] < 2:
        yield "one CPU: gateway, clients and servers take it from each other; figures of traffic mean little"
    if machine["noise_percent"] > 15:
        yield "the machine is noisy: the same work takes up to %.0f %% longer" % machine["noise_percent"]
    if machine["busy_percent_before"] > 20:
        yield "something else runs here: %.0f %% of a CPU before anything was started" % machine["busy_percent_before"]
    stolen = max(machine["stolen_percent_before"], machine.get("stolen_percent_during", 0))
    if stolen > 2:
        yield "the hypervisor takes %.0f %% of a CPU away" % stolen
    if machine.get("noise_percent_after", 0) > 15:
        yield "the machine became noisy: in the end the same work took up to %.0f %% longer" % machine["noise_percent_after"]
