# SPDX-License-Identifier: BSD-3-Clause
"""How near sluice comes to what DPDK does at most: dpdk-testpmd on the same devices, with the same packets, on the same CPU.

replay   net_pcap reads a file into memory and delivers it again and again (infinite_rx=1); what is sent is dropped
memif    net_memif from another process, testpmd as generator on the other CPU; what is sent goes to net_null
ring     net_ring from another process, tests/bench/ring_load.c, which is a secondary process of whom it sends to; to net_null too

testpmd's io touches no packet, macswap writes the Ethernet header, 5tswap swaps addresses and ports as well. None of them looks
anything up. Everybody is asked over DPDK's telemetry how many packets there were."""
import ipaddress
import json
import os
import shutil
import struct
import tempfile
import time

from system import GATEWAY_CPU, OTHER_CPU, Failed, Hugepages, Process, Telemetry, load, program, run, wait_for

MAC_OURS, MAC_BACKEND = "02:70:63:61:70:00", "02:00:00:00:00:20"  # net_pcap has this one, whatever it is told
VIP, PORT, BACKEND, SNAT = "192.0.2.10", 9000, "192.0.2.200", ["192.0.2.20", "192.0.2.21"]
FRAME = 60
RING_FLOWS, SCALE_FLOWS = 1024, 65536
BUFFER_BYTES = 2432  # an mbuf with its room, and what the mempool needs for it


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def frames(count):
    """UDP to the service from so many clients, each of its own address and port."""
    first, length = int(ipaddress.ip_address("198.18.0.0")), FRAME - 14
    for i in range(count):
        # not in the order in which a table was filled
        n = (i * 2654435761) % count if count & (count - 1) == 0 else (i * 7919) % count
        source = struct.pack("!I", first + n // 16)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 0, 0x4000, 64, 17, 0, source, ipaddress.ip_address(VIP).packed)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        yield mac(MAC_OURS) + mac(MAC_BACKEND) + b"\x08\x00" + head + struct.pack(
            "!HHHH", 1024 + n % 16, PORT, length - 20, 0) + bytes(length - 28)


def write_pcap(path, count):
    with open(path, "wb", buffering=1 << 20) as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for frame in frames(count):
            f.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


class Forwarder:
    """Somebody on the gateway's CPU, who receives by the first device and sends by the last; telemetry tells what went through."""

    ports, command = 1, ""

    def __init__(self, work, name):
        self.work, self.name, self.prefix = work, name, "bench-" + name
        self.huge = None  # where its hugepages are files, for another process to share
        self.telemetry = Telemetry(self.prefix)
        self.process = None

    def launch(self, *command, log, **options):
        """The worker takes the gateway's CPU, the thread that controls it the other."""
        self.process = Process(*command, log=open(os.path.join(self.work, log), "w", encoding="utf-8"), **options)
        path = self.telemetry.path

        def there():
            if self.process.ended():
                with open(os.path.join(self.work, log), encoding="utf-8") as f:
                    raise Failed("%s did not start: %s" % (self.name, f.read()[-400:]))
            return os.path.exists(path) and self.answers()
        wait_for(self.name + " to start", there, 60)

    def answers(self):
        try:
            self.telemetry.close()
            self.telemetry.open()
            return bool(self.telemetry.ask("/ethdev/list"))
        except (OSError, Failed):
            return False

    def stats(self):
        return {"ipackets": self.telemetry.ask("/ethdev/stats,0")["ipackets"],
                "opackets": self.telemetry.ask("/ethdev/stats,%d" % (self.ports - 1))["opackets"]}

    def rate(self, seconds):
        """Packets a second that left, and the share of those received which did not."""
        a, begin = self.stats(), time.monotonic()
        time.sleep(seconds)
        b, took = self.stats(), time.monotonic() - begin
        received, sent = b["ipackets"] - a["ipackets"], b["opackets"] - a["opackets"]
        return {"received": received / took, "sent": sent / took, "lost": max(0, 1 - sent / received) if received else 1}

    def share_memory(self):
        """Before it starts: its memory in files, so that a secondary process can map it."""
        self.huge = os.path.join(self.work, "huge")
        os.makedirs(self.huge, exist_ok=True)
        run("mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", self.huge)

    def memory(self):
        return ["--huge-dir=" + self.huge] if self.huge else ["--in-memory"]

    def stop(self):
        self.telemetry.close()
        if self.process is not None:
            self.process.stop()
        if self.huge:
            run("umount", "--lazy", self.huge, check=False)
        shutil.rmtree(os.path.dirname(self.telemetry.path), ignore_errors=True)


class Testpmd(Forwarder):
    command = "dpdk-testpmd"

    def __init__(self, work, mode):
        super().__init__(work, "testpmd-" + mode)
        self.mode = mode

    def start(self, vdevs, buffers, cpus=(OTHER_CPU, GATEWAY_CPU), options=()):
        self.ports = len(vdevs)
        megabytes = 64 + (buffers + 20000) * BUFFER_BYTES // 2**20
        self.launch(self.command, "--lcores", "0@%d,1@%d" % cpus, "--no-pci", "--iova-mode=va", *self.memory(), "-m", str(megabytes), "--file-prefix",
                    self.prefix, *["--vdev=" + v for v in vdevs], "--", "--forward-mode=" + self.mode, "--nb-cores=1",
                    "--port-topology=" + ("loop" if self.ports == 1 else "chained"),
                    "--burst=64", "--total-num-mbufs=%d" % (buffers + 16384), "--auto-start", "--disable-link-check", "--stats-period=3600", *options,
                    log=self.name + ".log")


class Sluice(Forwarder):
    command = program("sluice")

    def __init__(self, work):
        super().__init__(work, "sluice")

    def start(self, vdevs, buffers, flows, services=1, backends=1):
        """Packets are for the first service; its backends beyond the first are behind that one."""
        self.ports = len(vdevs)
        service = {"name": "echo", "address": VIP, "port": PORT, "protocol": "udp", "mode": "full-nat", "scheduler": "round-robin",
                   "snat": SNAT + ["192.0.2.%d" % n for n in range(22, 22 + flows // 50000)],
                   "backends": [{"address": BACKEND, "port": PORT}] + [
                       {"address": "10.0.%d.%d" % (n // 250, n % 250 + 1), "port": PORT} for n in range(1, backends)]}
        others = [dict(service, name="other%d" % n, port=10000 + n, backends=service["backends"][:1]) for n in range(1, services)]
        devices = [vdev.partition(",")[0] for vdev in vdevs]
        config = {
            "version": 1, "workers": 1, "max_flows": max(65536, flows * 5 // 4), "idle": "poll",
            "dpdk": {"vdevs": vdevs, "file_prefix": self.prefix, "lcores": "0@%d,1@%d" % (OTHER_CPU, GATEWAY_CPU),
                     "in_memory": not self.huge, "eal_args": self.memory() if self.huge else []},
            "devices": [{"device": devices[0], "extra_buffers": buffers}],
            "interfaces": [{"name": "lan", "device": devices[-1], "addresses": ["192.0.2.2/24"]}] + (
                [{"name": "wan", "device": devices[0], "addresses": ["203.0.113.2/24"]}] if self.ports > 1 else []),
            "routes": [{"prefix": "198.18.0.0/15", "via": BACKEND}, {"prefix": "10.0.0.0/16", "via": BACKEND}],
            "neighbours": [{"interface": "lan", "address": BACKEND, "mac": MAC_BACKEND}],
            "services": [service] + others}
        path = os.path.join(self.work, "sluice.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(config, f)
        self.launch(self.command, "--config", path, log="sluice.log")

    def dropped(self):
        return {cause: n for cause, n in self.telemetry.ask("/sluice/drops").items() if n}

    def flows(self):
        return self.telemetry.ask("/sluice/worker,0").get("flows_live", 0)


def subjects(work, options):
    return [Testpmd(work, mode) for mode in (("io", "5tswap") if options.quick else ("io", "macswap", "5tswap"))] + [Sluice(work)]


def label(forwarder):
    return "sluice full-NAT" if forwarder.name == "sluice" else forwarder.name.replace("-", " ")


def measure_one(results, case, parameter, forwarder, seconds):
    r = forwarder.rate(seconds)
    if r["sent"] == 0:
        raise Failed("%s forwards nothing" % label(forwarder))
    results.add(case, label(forwarder), parameter, "rate", "Mpps", r["sent"] / 1e6)
    results.add(case, label(forwarder), parameter, "not forwarded", "%", 100 * r["lost"])
    return r["sent"] / 1e6


def replay(results, options, say, work):
    for flows in options.replay_flows:
        path = os.path.join(work, "%d.pcap" % flows)
        write_pcap(path, flows)
        for repetition in range(options.repetitions):
            for f in subjects(work, options):
                say("net_pcap replay, %s, %d flows, %d of %d" % (label(f), flows, repetition + 1, options.repetitions))
                vdevs = ["net_pcap0,rx_pcap=%s,infinite_rx=1" % path]
                try:
                    if f.name == "sluice":
                        f.start(vdevs, flows, flows)
                        wait_for("all flows to be made", lambda f=f: f.flows() >= flows, 60)
                    else:
                        f.start(vdevs, flows)
                    results.add("throughput", label(f), flows, "rate", "Mpps",
                                measure_one(results, "replay", "%d flows" % flows, f, options.ceiling_seconds))
                    if f.name == "sluice":
                        note_drops(results, "replay", f)
                except Failed as error:
                    results.fail("replay", "%s, %d flows: %s" % (label(f), flows, error))
                finally:
                    f.stop()
        os.unlink(path)


def scale(results, options, say, work):
    """What many services, and many backends, cost flows that are there."""
    path = os.path.join(work, "scale.pcap")
    write_pcap(path, SCALE_FLOWS)
    for repetition in range(options.repetitions):
        for what, n in [(what, n) for n in (1, 100, 1000) for what in ("services", "backends")]:
            say("net_pcap replay, sluice, %s: %d, %d of %d" % (what, n, repetition + 1, options.repetitions))
            f = Sluice(work)
            try:
                f.start(["net_pcap0,rx_pcap=%s,infinite_rx=1" % path], SCALE_FLOWS, SCALE_FLOWS, **{what: n})
                wait_for("all flows to be made", lambda f=f: f.flows() >= SCALE_FLOWS, 60)
                results.add("scale", what, n, "rate", "Mpps", f.rate(options.ceiling_seconds)["sent"] / 1e6)
                note_drops(results, "scale", f)
            except Failed as error:
                results.fail("scale", "%s: %d: %s" % (what, n, error))
            finally:
                f.stop()
    os.unlink(path)


def memif(results, options, say, work):
    for repetition in range(options.repetitions):
        for f in subjects(work, options):
            say("net_memif, %s, %d of %d" % (label(f), repetition + 1, options.repetitions))
            generator = Testpmd(work, "txonly")
            socket = os.path.join(work, "memif.sock")
            vdev = "net_memif0,role=%s,socket=" + socket + ",socket-abstract=no,rsize=11"
            try:
                generator.start([vdev % "server" + ",mac=02:00:00:00:00:30"], 0, (GATEWAY_CPU, OTHER_CPU),
                                ["--txonly-multi-flow", "--tx-ip=198.18.0.1,%s" % VIP, "--tx-udp=1024,%d" % PORT,
                                 "--txpkts=%d" % FRAME, "--eth-peer=0," + MAC_OURS])
                vdevs = [vdev % "client" + ",mac=" + MAC_OURS, "net_null0,no-rx=1"]
                f.start(vdevs, 0, *([256] if f.name == "sluice" else []))
                time.sleep(.5)
                measure_one(results, "memif", "64-byte frames", f, options.ceiling_seconds)
                if f.name == "sluice":
                    note_drops(results, "memif", f)
            except Failed as error:
                results.fail("memif", "%s: %s" % (label(f), error))
            finally:
                f.stop()
                generator.stop()
                if os.path.exists(socket):
                    os.unlink(socket)
    results.note("memif", "testpmd txonly on the other CPU makes the packets, and is what limits all")


def pool_drivers(command):
    """DPDK numbers the drivers of buffer pools as they are loaded, first those that a program is linked to; two processes that share
    a pool have to agree on them."""
    return [word for line in run("ldd", shutil.which(command) or command).splitlines() if "librte_mempool_" in line
            for word in ("-d", line.split()[0])]


def ring(results, options, say, work):
    for repetition in range(options.repetitions):
        for f in subjects(work, options):
            say("net_ring, %s, %d of %d" % (label(f), repetition + 1, options.repetitions))
            log, generator = os.path.join(work, "ring_load.json"), None
            try:
                f.share_memory()
                f.start(["net_ring0", "net_null0,no-rx=1"], 0, *([RING_FLOWS] if f.name == "sluice" else []))
                before = f.stats()["ipackets"]
                generator = Process(load("ring_load"), "--lcores", "7@%d" % OTHER_CPU, "--proc-type=secondary", "--file-prefix", f.prefix,
                                    "--no-pci", "--log-level=lib.eal:error", *pool_drivers(f.command), "--", "ETH_RXTX0_net_ring0", str(options.ceiling_seconds + .7),
                                    str(RING_FLOWS), log=open(log, "w", encoding="utf-8"))
                wait_for("packets in the ring", lambda f=f, before=before: f.stats()["ipackets"] > before, 10)
                measure_one(results, "ring", "64-byte frames", f, options.ceiling_seconds)
                wait_for("ring_load to end", generator.ended)
                with open(log, encoding="utf-8") as said:
                    results.add("ring", label(f), "64-byte frames", "generator waited", "% of bursts", 100 * read_ring_load(said.read()))
                if f.name == "sluice":
                    note_drops(results, "ring", f)
            except Failed as error:
                results.fail("ring", "%s: %s" % (label(f), error))
            finally:
                if generator is not None:
                    generator.stop()
                f.stop()
    results.note("ring", "what sluice drops as arp is its own announcement: net_ring delivers what it is given to send")
    results.note("ring", "where the generator did not wait, it is the limit: it writes each packet anew")
    results.note("ring", "net_ring itself joins no two processes: a secondary process, on the other CPU, fills the ring that the device reads")


def read_ring_load(said):
    """Share of bursts for which the ring had no room."""
    for line in said.splitlines():
        if line.startswith("{"):
            return json.loads(line)["full_ratio"]
    raise Failed("ring_load: " + said[-300:])


def note_drops(results, case, sluice):
    for cause, n in sluice.dropped().items():
        if cause != "total":
            results.note(case, "sluice dropped %d as %s" % (n, cause))


def measure(results, options, say):
    work = tempfile.mkdtemp(prefix="sluice-bench-")
    try:
        flows = max(options.replay_flows)
        with Hugepages(600 + (flows * (BUFFER_BYTES + 250)) // 2**21):
            memif(results, options, say, work)
            ring(results, options, say, work)
            replay(results, options, say, work)
            if not options.quick:
                scale(results, options, say, work)
    except Failed as error:
        results.fail("replay", error)
    finally:
        shutil.rmtree(work, ignore_errors=True)
