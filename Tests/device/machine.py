"""The device in QEMU, with two ways in: commands (as root), and what phase an update is in."""
import atexit
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time

import blocklog


class Trouble(Exception):
    """What should have happened and did not."""


def until(seconds, what, ask, every=0.5):
    """Asks until the answer is true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Trouble(f"{what}: not within {seconds} s")
        time.sleep(every)


class Channel:
    """One virtio port: lines from the device, and lines to it."""

    def __init__(self, path, process):
        self.lines = queue.Queue()
        self.socket = socket.socket(socket.AF_UNIX)
        until(20, "QEMU's socket", lambda: process.poll() is not None or self.connect(path), 0.05)
        threading.Thread(target=self.read, daemon=True).start()

    def connect(self, path):
        try:
            self.socket.connect(path)
            return True
        except OSError:
            return False

    def read(self):
        rest = b""
        while True:
            try:
                got = self.socket.recv(65536)
            except OSError:
                got = b""
            if not got:
                self.lines.put(None)
                return
            *lines, rest = (rest + got).split(b"\n")
            for line in lines:
                self.lines.put(line.decode("utf-8", "replace"))

    def send(self, line):
        self.socket.sendall(line.encode() + b"\n")


class Machine:
    """A device; `store` is its disk, which outlives it."""

    def __init__(self, image, work, store, accel="tcg"):
        self.image, self.work, self.store, self.accel = image, work, store, accel
        self.process = None
        self.boots = []
        self.number = 0

    def start(self):
        self.number += 1
        work = self.work
        self.log, self.base = f"{work}/writes.log", f"{work}/base.img"
        shutil.copyfile(self.store, self.base)
        open(self.log, "wb").close()
        for name in ("shell", "phase"):
            if os.path.exists(f"{work}/{name}"):
                os.unlink(f"{work}/{name}")
        self.console = open(f"{work}/console.{self.number}", "wb")
        ports = []
        for name in ("shell", "phase"):
            ports += ["-chardev", f"socket,id={name},path={work}/{name},server=on,wait=off",
                      "-device", f"virtserialport,chardev={name},name={name}"]
        self.process = subprocess.Popen(
            ["qemu-system-" + os.uname().machine, "-accel", self.accel, "-m", "512", "-smp", "2",
             "-display", "none", "-nodefaults", "-serial", "stdio", "-monitor", "none",
             "-kernel", f"{self.image}/vmlinuz", "-initrd", f"{self.image}/initrd.img",
             "-append", "console=ttyS0 root=LABEL=nacelle-root rw panic=5 loglevel=4 quiet"
                        " systemd.journald.forward_to_console=1 systemd.show_status=0",
             # Nothing on the root is needed after a power cut.
             "-drive", f"file={self.image}/root.img,format=raw,if=virtio,snapshot=on,cache=unsafe",
             "-blockdev", blocklog.blockdev(self.store, self.log),
             "-device", "virtio-blk-pci,drive=store,write-cache=on",
             "-nic", "user,model=virtio-net-pci", "-device", "virtio-rng-pci",
             "-device", "virtio-serial-pci", *ports],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=subprocess.STDOUT)
        # Whatever ends the test, no machine outlives it.
        atexit.register(self.process.kill)
        self.boots = []
        self.shell, self.phases = (Channel(f"{work}/{name}", self.process)
                                   for name in ("shell", "phase"))

    def wait_boot(self, count=1, seconds=240):
        """Waits until the device has come up so many times since it was started."""
        end = time.monotonic() + seconds
        while len(self.boots) < count:
            line = self.next(end, f"boot {count}")
            if line.startswith("HELLO "):
                self.boots.append(line[6:])

    def next(self, end, what):
        while True:
            try:
                line = self.shell.lines.get(timeout=max(0.01, min(1, end - time.monotonic())))
            except queue.Empty:
                if time.monotonic() > end:
                    raise Trouble(f"{what}: not in time; the console is in {self.console.name}")
                continue
            if line is None:
                raise Trouble(f"{what}: QEMU ended; the console is in {self.console.name}")
            return line

    def run(self, command, seconds=90, check=True):
        """A command on the device, as root; its output."""
        self.shell.send(command)
        end, out = time.monotonic() + seconds, []
        while True:
            line = self.next(end, command)
            if line.startswith("HELLO "):
                self.boots.append(line[6:])
                raise Trouble(f"{command}: the device started anew")
            if line.startswith("\x01"):
                status = int(line[1:])
                break
            out.append(line)
        text = "\n".join(out).strip()
        if check and status:
            raise Trouble(f"{command}: status {status}: {text}")
        return text

    def wait_phase(self, wanted, seconds):
        """Waits until an update is in one of these phases; returns all that were seen."""
        end, seen = time.monotonic() + seconds, []
        while True:
            try:
                line = self.phases.lines.get(timeout=max(0.01, min(1, end - time.monotonic())))
            except queue.Empty:
                if time.monotonic() > end:
                    raise Trouble(f"phase {wanted}: not within {seconds} s; seen: {seen}")
                continue
            if line is None:
                raise Trouble(f"phase {wanted}: QEMU ended")
            seen.append(line)
            if line in wanted:
                return seen

    def cut(self, random):
        """The power fails. Returns the number of writes that were lost, and of those not flushed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.close()
        return blocklog.lose_power(self.base, self.store, self.log, random)

    def stop(self):
        """Shuts down as a person would; by force where that does not do."""
        if self.process is None or self.process.poll() is not None:
            return
        self.shell.send("systemctl poweroff --no-block")
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.close()

    def close(self):
        for channel in (self.shell, self.phases):
            channel.socket.close()
        self.console.close()
