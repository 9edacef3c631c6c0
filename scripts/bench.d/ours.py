"""What of ours is measured: full installs, deltas, reuse; each a contestant like the others."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from measure import Command
from nacelle import (
    DELTA,
    DEVICE,
    NO_READ_BACK,
    OVER_HTTPS,
    REUSE,
    RUN,
    SHIPPED,
    Device,
    Publisher,
)
from payload.release import Release
from peers.base import Installer, Updater
from settings import ROOT, TEST_BUILD, Bench, Unavailable
from shell import put, run
from web import Server


class Install(Installer):
    """Installs the full bundle from a file, into an empty store."""

    name = SHIPPED
    about = "`nacelle install` of a signed bundle, sealed as a whole, read back from the disk"
    program = DEVICE
    made_by = "scripts/build-release"

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.publisher = Publisher(bench)
        self.device = Device(self.publisher, "device-" + self.place.name)

    def check(self) -> None:
        if not self.program.exists():
            raise Unavailable(f"{self.made_by} did not make {self.program.relative_to(ROOT)}")

    def version(self) -> str:
        return run([self.program, "--version"]).strip()

    def prepare(self, release: Release) -> None:
        self.install_from(self.publisher.release(release))

    def install_from(self, bundle: Path) -> None:
        """Takes this bundle for the next installs."""
        self._bundle = put(bundle, self.place / "payload.nacelle")

    def sources(self) -> Sequence[Path]:
        return [self._bundle]

    def reset(self) -> None:
        self.device.clear()

    def command(self) -> Command:
        return self.device.install(self._bundle, self.program)

    def prove(self, release: Release) -> None:
        self.device.prove(self, release)

    def close(self) -> None:
        self.device.clear()
        shutil.rmtree(RUN, ignore_errors=True)


class InstallWithoutReadBack(Install):
    """The same by the test build, for what reading back costs, and for tools that do not."""

    name = NO_READ_BACK
    about = "the same by a **test build** that does not read back; none of the others does either"
    program = TEST_BUILD / "nacelle"
    made_by = "scripts/build-release --bench"


class InstallOverHTTPS(Install):
    """The same from a server on the loopback, with a client certificate."""

    name = OVER_HTTPS
    about = "`nacelle install https://…` from nginx on the loopback, with a client certificate"

    def __init__(self, bench: Bench, server: Server) -> None:
        super().__init__(bench)
        self._server = server

    def prepare(self, release: Release) -> None:
        self._server.start()
        super().prepare(release)
        self.device = Device(self.publisher, "device-https", self._server.identity)
        put(self._bundle, self._server.folder("full") / "payload.nacelle")

    def command(self) -> Command:
        return self.device.install(self._server.https("full/payload.nacelle"), self.program)


class Update(Updater):
    """A device that runs the old release's full bundle."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.publisher = Publisher(bench)
        self.device = Device(self.publisher, "device-" + self.place.name)

    def check(self) -> None:
        if not DEVICE.exists():
            raise Unavailable(f"scripts/build-release did not make {DEVICE.relative_to(ROOT)}")

    def prepare(self, old: Release, new: Release) -> None:
        self._full = {
            side: put(self.publisher.release(release), self.place / f"{side}.nacelle")
            for side, release in (("old", old), ("new", new))
        }
        self.device.begin_with(self._full["old"])

    def reset(self) -> None:
        self.device.restore()

    def prove(self, new: Release) -> None:
        self.device.prove(self, new)

    def close(self) -> None:
        shutil.rmtree(self.device.place, ignore_errors=True)
        shutil.rmtree(RUN, ignore_errors=True)


class DeltaUpdate(Update):
    """Sends a delta bundle."""

    name = DELTA
    about = "`nacelle-bundle delta`; `nacelle install` of the delta, read back"

    def prepare(self, old: Release, new: Release) -> None:
        super().prepare(old, new)
        self._delta = self.place / "delta.nacelle"

    def make_command(self) -> Command:
        self._delta.unlink(missing_ok=True)
        return self.publisher.delta_command(self._full["old"], self._full["new"], self._delta)

    def sent(self) -> int:
        return self._delta.stat().st_size

    def apply_command(self) -> Command:
        return self.device.install(self._delta)


class ReuseUpdate(Update):
    """Makes no delta: fetches of the full bundle what does not stand on the device."""

    name = REUSE
    about = "`nacelle install https://…` of the full bundle over the old release; no delta made"
    served = True

    def __init__(self, bench: Bench, server: Server) -> None:
        super().__init__(bench)
        self._server = server

    def prepare(self, old: Release, new: Release) -> None:
        self._server.start()
        self.device = Device(self.publisher, "device-reuse", self._server.identity)
        super().prepare(old, new)
        put(self._full["new"], self._server.folder("reuse") / "payload.nacelle")

    def make_command(self) -> Command:
        return Command(["true"])

    def sent(self) -> int:
        return self._full["new"].stat().st_size

    def apply_command(self) -> Command:
        return self.device.install(self._server.https("reuse/payload.nacelle"))
