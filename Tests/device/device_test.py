#!/usr/bin/env python3
"""What scripts/device-test does; its usage stands there."""
import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from machine import Machine, Trouble, until  # noqa: E402
from releases import Releases  # noqa: E402
from rollout import Rollout  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
DEVICE, TOKEN = "turbine-7", "turbine-7-has-this-token"
CUTS = ("fetch", "read-back", "smoke", "ready", "swap", "probation")

CONFIG = """store: /var/lib/nacelle
activation:
  unit: bearing.service
  timeout: 90s
machine: turbine-gateway
application: bearing
user: nacelle
root: /etc/nacelle/root.json
device-key: /etc/nacelle/device.key
service:
  poll: 1min
  stall: 10min
fleet:
  server: https://10.0.2.2:{port}/DEFAULT/controller/v1/{device}
  token: {{target: /etc/nacelle/target.token}}
transfer:
  authorities: /etc/nacelle/ca.pem
smoke:
  user: nacelle-smoke
  unit: nacelle-prove@.service
probe:
  socket: /run/bearing/http.sock
  path: /v2/health/ready
  timeout: 5s
boot:
  attempts: 2
"""


class Test:
    def __init__(self, options):
        self.options = options
        self.build = PROJECT / ".build" / "images"
        self.work = str(self.build / "device-test")
        os.makedirs(self.work, exist_ok=True)
        self.random = random.Random(options.seed)
        self.releases = Releases(str(PROJECT), f"{self.work}/releases")
        self.table = []
        self.rollout = self.machine = None

    # Making things

    def prepare(self):
        full = self.options.full
        self.crash_after = 300 if full else self.options.crash_after
        releases = self.releases
        releases.keys()
        probation = 600 if full else 15
        self.first = releases.make("1.0.0", 10, probation, model="1.0.0")[0]
        self.good = releases.make("1.1.0", 11, probation)[1]
        self.crashing = releases.make(
            "1.2.0", 12, probation if full else self.crash_after + 60,
            wrong=f"(sleep {self.crash_after}; kill -ABRT $$) &")[1]
        # It says nothing, and has the machine reset.
        self.killing = releases.make(
            "1.3.0", 13, probation, wrong="sleep 8; : > /run/bearing/kill; sleep 600")[1]
        self.big = releases.make("1.4.0", 14, 20, filler=24 << 20)[1]
        self.certificates()
        self.image = f"{self.work}/image"
        overlay = f"{self.work}/overlay"
        shutil.rmtree(overlay, ignore_errors=True)
        shutil.copytree(HERE / "overlay", overlay, symlinks=True)
        os.makedirs(f"{overlay}/etc/nacelle")
        shutil.copyfile(f"{self.tls}/ca.pem", f"{overlay}/etc/nacelle/ca.pem")
        descriptor = os.open(f"{overlay}/etc/nacelle/target.token",
                             os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, TOKEN.encode() + b"\n")
        os.close(descriptor)
        with open(f"{self.work}/config.yaml", "w") as file:
            file.write(CONFIG.format(port=self.options.port, device=DEVICE))
        words = ["--packages", self.options.packages] if self.options.packages else []
        subprocess.run(
            [PROJECT / "images/device/build", "--config", f"{self.work}/config.yaml", "--root",
             f"{self.releases.work}/root.json", "--device-key", f"{self.releases.work}/device.key",
             "--bundle", self.first, "--overlay", overlay, "--to", self.image, *words], check=True)

    def certificates(self):
        self.tls = f"{self.work}/tls"
        if os.path.exists(f"{self.tls}/server.pem"):
            return
        os.makedirs(self.tls, exist_ok=True)
        make = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-x509", "-days", "30"]
        for more in (["-subj", "/CN=test", "-keyout", f"{self.tls}/ca.key", "-out",
                      f"{self.tls}/ca.pem"],
                     ["-subj", "/CN=server", "-addext", "subjectAltName=IP:10.0.2.2", "-CA",
                      f"{self.tls}/ca.pem", "-CAkey", f"{self.tls}/ca.key", "-keyout",
                      f"{self.tls}/server.key", "-out", f"{self.tls}/server.pem"]):
            subprocess.run(make + more, check=True, stderr=subprocess.DEVNULL)

    def serve(self):
        if self.rollout:
            self.rollout.stop()
        self.rollout = Rollout(
            f"{self.work}/rollout", str(PROJECT / ".build/conformance-venv/bin/python"), DEVICE,
            TOKEN, self.tls, self.options.port, self.options.port + 1)

    def boot(self, store):
        self.machine = Machine(self.image, self.work, store, self.options.accel)
        self.machine.start()
        self.machine.wait_boot()

    def store(self, name):
        return f"{self.work}/store.{name}.img"

    # Looking

    def running(self):
        """What runs, from the store itself: version and state."""
        record = json.loads(self.machine.run(
            "cat /var/lib/nacelle/records/$(basename $(readlink /var/lib/nacelle/current)).json"))
        return record["version"], record["state"]

    def is_running(self, version, state="good"):
        return self.running() == (version, state)

    def application(self):
        """Whether the application serves."""
        return self.machine.run("systemctl is-active bearing.service", check=False) == "active"

    def server(self, state, version=None):
        said = self.rollout.state()
        return said["last_state"].lower() == state and \
            (version is None or said["sw_version"] == version)

    def explain(self):
        """What one wants to see after a failure."""
        try:
            return self.machine.run(
                "nacelle status; nacelle history -n 12; systemctl --failed --no-pager; "
                "journalctl -b -u nacelle -u bearing -u 'nacelle-*' -n 40 --no-pager -o cat", 60,
                check=False)
        except Exception as trouble:  # noqa: BLE001
            return f"({trouble})"

    def check_disk(self, store, allowed):
        """Mounts the store on this machine: one whole version, that the records agree with."""
        with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
            copy = f"{place}/store.img"
            subprocess.run(["cp", "--sparse=always", store, copy], check=True)
            os.mkdir(f"{place}/mount")
            subprocess.run(["mount", "-o", "loop", copy, f"{place}/mount"], check=True)
            try:
                link = os.readlink(f"{place}/mount/current")
                record = json.load(open(f"{place}/mount/records/{link.split('/')[1]}.json"))
                if not record["whole"]:
                    raise Trouble(f"{link} runs and is not whole: {record}")
                if record["version"] not in allowed:
                    raise Trouble(f"{record['version']} runs; one of {allowed} was expected")
                with open(f"{place}/config.yaml", "w") as file:
                    file.write(f"store: {place}/mount\n")
                slot = link.split("/")[1]
                done = subprocess.run(
                    [f"{self.releases.ship}/nacelle", "verify", "--slot", slot, "--config",
                     f"{place}/config.yaml", "--store", f"{place}/mount"],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                if done.returncode:
                    raise Trouble(f"nacelle verify: {done.returncode}: {done.stdout}")
                return record["version"], record["state"]
            finally:
                subprocess.run(["umount", f"{place}/mount"], check=True)

    def rests(self, version):
        """This version runs, is good, and nothing is being filled or tried beside it."""
        assert self.is_running(version), self.running()
        records = self.machine.run("cat /var/lib/nacelle/records/[ab].json")
        assert '"state": "filling"' not in records and '"state": "trial"' not in records, records

    def closed(self, *expected):
        """What the server was told of this update in the end, once."""
        if self.rollout.closed() != list(expected):
            raise Trouble(f"the server was told {self.rollout.closed()}, not {expected}")

    def insists(self, number):
        """An operator offers again what failed: it rests for a day, and nothing is fetched."""
        rollout = self.rollout
        feedback, fetched, polls = rollout.feedback(), rollout.fetched(), rollout.polls()
        rollout.assign(number)
        until(150, "the second offer is held back", lambda: "offered again" in self.machine.run(
            "nacelle status", check=False), 3)
        until(150, "the device goes on asking", lambda: rollout.polls() > polls + 2, 2)
        self.rests("1.1.0")
        if rollout.feedback() != feedback or rollout.fetched() != fetched:
            raise Trouble("a version that failed was taken up again, or answered again")
        self.happened("offered again it rests, and nothing is fetched")

    # What is tested

    def happened(self, what, detail=""):
        seconds = time.monotonic() - self.began
        self.table.append((what, detail))
        print(f"  ok  {seconds:6.0f} s  {what}" + (f"  ({detail})" if detail else ""), flush=True)

    def phase_update(self):
        """The image boots, and takes 1.1.0 from the server by itself."""
        store = self.store("update")
        shutil.copyfile(f"{self.image}/store.img", store)
        self.serve()
        self.boot(store)
        machine = self.machine
        until(60, "the application runs", self.application)
        assert self.is_running("1.0.0"), self.running()
        self.happened("the image boots, version 1.0.0 runs", f"boot {machine.boots[0][:8]}")
        until(120, "nacelle-boot.service", lambda: machine.run(
            "systemctl is-active nacelle-boot.service", check=False) == "active")
        until(120, "the server knows the device", lambda: self.server("registered", "1.0.0"))
        self.happened("the device tells the server what it runs, over TLS")
        self.rollout.offer(self.good)
        seen = machine.wait_phase(("probation",), 420)
        self.happened("version 1.1.0 came, was proved and swapped in", " ".join(seen))
        if self.server("finished"):
            raise Trouble("the server was told of success before the probation was over")
        until(180 if not self.options.full else 900, "1.1.0 is good",
              lambda: self.is_running("1.1.0"))
        assert self.application()
        until(90, "the server says so", lambda: self.server("finished", "1.1.0"))
        self.happened("its probation passed, and the server says so")
        machine.stop()
        shutil.copyfile(store, self.store("good"))

    def phase_crash(self):
        """1.2.0 crashes after minutes: fall back, the server is told, and it never comes again."""
        store = self.store("crash")
        shutil.copyfile(self.need("good"), store)
        self.serve()
        self.boot(store)
        machine = self.machine
        until(120, "the server knows the device", lambda: self.server("registered", "1.1.0"))
        number = self.rollout.offer(self.crashing)
        seen = machine.wait_phase(("probation",), 420)
        self.happened("version 1.2.0 was proved and swapped in", " ".join(seen))
        until(60, "1.2.0 runs", lambda: self.is_running("1.2.0", "trial"))
        until(self.crash_after + 180, "1.1.0 again", lambda: self.is_running("1.1.0"), 2)
        until(60, "the application runs", self.application)
        self.happened(f"it crashed after {self.crash_after} s; version 1.1.0 runs again")
        until(90, "the server is told of the failure", lambda: self.server("error", "1.1.0"))
        self.closed("failure")
        self.happened("the server says that it failed, and that 1.1.0 runs")
        self.insists(number)
        feedback, fetched = self.rollout.feedback(), self.rollout.fetched()
        # A technician insists too: it is refused, and the server is told why.
        said = machine.run("timeout 100 nacelle update", 120, check=False)
        until(150, "the second offer is answered", lambda: self.rollout.feedback() > feedback, 1)
        until(60, "the server is told of the failure", lambda: self.server("error", "1.1.0"))
        self.rests("1.1.0")
        log = json.dumps(self.rollout.ask("GET", f"/api/v1/devices/{DEVICE}/log"))
        if "denied" not in log.lower():
            raise Trouble(f"the server was not told that 1.2.0 is denied: {log[-2000:]}; {said}")
        fetched = self.rollout.fetched() - fetched
        # To know what it is takes its first bytes.
        if fetched > 1 << 20:
            raise Trouble(f"a version that is denied was fetched: {fetched} bytes")
        self.happened("asked for by a technician it is refused, with the reason",
                      f"{fetched} bytes fetched")
        machine.stop()

    def phase_boot(self):
        """1.3.0 kills the boot: the third boot runs 1.1.0."""
        store = self.store("boot")
        shutil.copyfile(self.need("good"), store)
        self.serve()
        self.boot(store)
        machine = self.machine
        until(120, "the server knows the device", lambda: self.server("registered", "1.1.0"))
        software = self.rollout.offer(self.killing)
        machine.wait_phase(("probation",), 420)
        began = len(machine.boots)
        for number in (1, 2, 3):
            machine.wait_boot(began + number)
            if number < 3:
                self.happened(f"boot {number} after it", machine.boots[-1][:8])
        until(60, "1.1.0 runs", lambda: self.is_running("1.1.0"))
        until(60, "the application runs", self.application)
        self.happened("the third boot runs version 1.1.0")
        until(150, "the server is told of the failure", lambda: self.server("error", "1.1.0"))
        self.closed("failure")
        held = machine.run("nacelle status", check=False)
        if "held back" not in held:
            raise Trouble(f"1.3.0 is not held back: {held}")
        self.happened("the server is told once that it failed; 1.3.0 is held back")
        self.insists(software)
        if len(machine.boots) != began + 3 or not self.application():
            raise Trouble("the device did not stay up")
        self.closed("failure")
        self.happened("it stays up")
        machine.stop()

    def phase_power(self):
        """The power fails in each phase of one update, which goes on by itself each time."""
        store = self.store("power")
        shutil.copyfile(self.need("good"), store)
        self.serve()
        self.boot(store)
        machine = self.machine
        until(120, "the server knows the device", lambda: self.server("registered", "1.1.0"))
        self.rollout.offer(self.big)
        for phase in self.options.cut or CUTS:
            self.cut(phase)
        until(420, "the update goes on", lambda: self.is_running("1.4.0"), 2)
        until(60, "the application runs", self.application)
        until(120, "the server says so", lambda: self.server("finished", "1.4.0"))
        self.closed("success")
        self.happened("the device goes on by itself to 1.4.0, and the server is told once")
        machine.stop()

    def cut(self, phase):
        """The power fails in this phase; the device comes up with a whole version."""
        machine = self.machine
        # What is too short to be seen is cut as soon as the next is.
        later = {"ready": ("ready", "swap", "probation"), "swap": ("swap", "probation")}
        seen = machine.wait_phase(later.get(phase, (phase,)), 420)
        if phase == "probation":
            # A machine that has just started comes to it with the first healthy probe.
            until(150, "1.4.0 is being watched", lambda: self.application() and '"attempts": 0' in
                  machine.run("cat /var/lib/nacelle/records/$(basename $(readlink "
                              "/var/lib/nacelle/current)).json"), 0.2)
        # Somewhere in the phase; at once in the short ones.
        delay = {"fetch": 4, "read-back": 0.5, "smoke": 2, "probation": 6}.get(phase, 0)
        time.sleep(self.random.random() * delay)
        lost, open_writes = machine.cut(self.random)
        allowed = ("1.1.0", "1.4.0") if phase in ("ready", "swap", "probation") else ("1.1.0",)
        version, state = self.check_disk(machine.store, allowed)
        self.happened(f"the power fails in {phase}", f"{version} {state}, whole; {lost} of "
                      f"{open_writes} unflushed writes lost; seen {' '.join(seen)}")
        machine.start()
        machine.wait_boot()
        until(90, "the application runs", self.application)
        assert self.running()[0] in allowed, self.running()
        self.happened(f"after {phase} the application runs", " ".join(self.running()))

    def need(self, name):
        if not os.path.exists(self.store(name)):
            raise SystemExit(f"{self.store(name)} is missing: run the phase “update” first")
        return self.store(name)

    def run(self):
        self.began = time.monotonic()
        self.prepare()
        print(f"Prepared in {time.monotonic() - self.began:.0f} s.", flush=True)
        status = 0
        for name in self.options.phase or ("update", "crash", "boot", "power"):
            print(f"{name}: {getattr(self, 'phase_' + name).__doc__}", flush=True)
            try:
                getattr(self, f"phase_{name}")()
            except (Trouble, AssertionError, OSError, subprocess.CalledProcessError) as trouble:
                status = 1
                print(f"FAIL  {name}: {trouble!r}\n{self.explain()}", flush=True)
                if self.rollout:
                    try:
                        print(f"the server: {self.rollout.state()}", flush=True)
                    except Exception:  # noqa: BLE001
                        pass
            finally:
                if self.machine:
                    try:
                        self.machine.stop()
                    except OSError:
                        self.machine.process.kill()
                if self.rollout:
                    self.rollout.stop()
            if status:
                break
        print(f"\n{len(self.table)} passed, {status} failed")
        return status


def main():
    parser = argparse.ArgumentParser(prog="scripts/device-test")
    parser.add_argument("--phase", action="append", choices=("update", "crash", "boot", "power"))
    parser.add_argument("--cut", action="append", choices=CUTS)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--crash-after", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=28443)
    parser.add_argument("--accel", default="tcg")
    parser.add_argument("--packages")
    sys.exit(Test(parser.parse_args()).run())


if __name__ == "__main__":
    main()
