"""rauc: a plain bundle with a tar.zst, signed by CMS, unpacked by an install hook.

Its service runs as on a device, on a message bus of its own; the commands find that bus because
rauc takes the session's where D-Bus says that it was started by one. What service and bus use is
counted. Slots are files, since the tree is unpacked into a directory of the same file system as
everybody's.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from measure import Command, script
from payload.release import Release
from peers.base import Installer
from peers.keys import self_signed
from settings import PLAIN_ENVIRONMENT, BenchError, Unavailable
from shell import empty, put, run

HOOK = """#!/bin/sh
set -e
[ "$1" = slot-install ] || exit 0
tar -x --zstd -f "$RAUC_IMAGE_NAME" -C "{target}"
"""
MANIFEST = """[update]
compatible=bench
version=1
[bundle]
format=plain
[hooks]
filename=hook.sh
[image.rootfs]
filename=payload.tar.zst
hooks=install
"""
SYSTEM = """[system]
compatible=bench
bootloader=noop
mountprefix={place}/mount
statusfile={place}/status
bundle-formats=plain
[keyring]
path={certificate}
[slot.rootfs.0]
device={place}/slot.0
type=raw
bootname=A
[slot.rootfs.1]
device={place}/slot.1
type=raw
bootname=B
"""


class Rauc(Installer):
    """Installs by a running rauc service."""

    name = "rauc"
    packages = ("rauc", "squashfs-tools", "dbus", "zstd")
    programs = ("rauc", "mksquashfs", "dbus-daemon", "zstd")
    about = (
        "`rauc install` of a signed plain bundle, its tar.zst unpacked by a hook; service counted"
    )

    def prepare(self, release: Release) -> None:
        self.close()
        key, certificate = self_signed(self.place)
        content = empty(self.place / "content")
        put(release.packed(self.bench.level), content / "payload.tar.zst")
        hook = content / "hook.sh"
        hook.write_text(HOOK.format(target=self.target))
        hook.chmod(0o755)
        (content / "manifest.raucm").write_text(MANIFEST)
        self._bundle = self.place / "payload.raucb"
        self._bundle.unlink(missing_ok=True)
        run(["rauc", f"--cert={certificate}", f"--key={key}", "bundle", content, self._bundle])
        shutil.rmtree(content)
        (self.place / "mount").mkdir(exist_ok=True)
        for slot in ("slot.0", "slot.1"):
            (self.place / slot).touch()
        configuration = self.place / "system.conf"
        configuration.write_text(SYSTEM.format(place=self.place, certificate=certificate))
        self._start(configuration)

    def _start(self, configuration: Path) -> None:
        address = f"unix:path={self.place}/bus"
        (self.place / "bus").unlink(missing_ok=True)
        self._environment = {
            "DBUS_STARTER_BUS_TYPE": "session",
            "DBUS_SESSION_BUS_ADDRESS": address,
        }
        log = (self.place / "service.log").open("wb")
        options = {
            "env": {**PLAIN_ENVIRONMENT, **self._environment},
            "stdin": subprocess.DEVNULL,
            "stdout": log,
            "stderr": log,
        }
        bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", f"--address={address}"], **options
        )
        self._daemons = [bus]
        self._wait(lambda: (self.place / "bus").exists(), "its message bus")
        self._daemons.append(
            subprocess.Popen(
                ["rauc", f"--conf={configuration}", "--override-boot-slot=A", "service"], **options
            )
        )

        def answers() -> bool:
            status = ["rauc", "status"]
            return (
                subprocess.run(
                    status,
                    env={**PLAIN_ENVIRONMENT, **self._environment},
                    check=False,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                ).returncode
                == 0
            )

        self._wait(answers, "its service")

    def _wait(self, ready, what: str) -> None:
        for _ in range(100):
            if ready():
                return
            time.sleep(0.1)
        log = (self.place / "service.log").read_text(errors="replace")[-500:]
        raise Unavailable(f"{what} did not start: {log}")

    def sources(self) -> Sequence[Path]:
        return [self._bundle]

    def command(self) -> Command:
        if any(daemon.poll() is not None for daemon in self._daemons):
            raise BenchError("rauc's service has ended")
        return script(
            'rauc install "$1"; sync -f "$2"',
            self._bundle,
            self.target,
            environment=self._environment,
            daemons=[daemon.pid for daemon in self._daemons],
        )

    def close(self) -> None:
        for daemon in reversed(getattr(self, "_daemons", [])):
            daemon.terminate()
            daemon.wait()
        self._daemons = []
