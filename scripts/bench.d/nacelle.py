"""This project's programs: keys, bundles, and devices to install them on.

Everything a device needs is made as docs/publishing.md says: signing key, root of trust, device
key. Bundles are signed, and sealed as a whole (`seal: paths: [.]`), since what they are compared
with encrypts everything too. The smoke run is a shell that exits; nothing is probed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from measure import Command
from payload.release import Release
from peers.base import Installer, Updater, prove_tree
from settings import CACHE, SHIP, TEST_BUILD, Bench, BenchError, Unavailable
from shell import cached, digest, put, run
from web import Identity, Server

BUILDER = SHIP / "nacelle-bundle"
DEVICE = SHIP / "nacelle"
DESCRIPTION = """application: bench
version: {version}
release-counter: {counter}
compatible: [bench]
tree: {tree}
seal:
  paths: [.]
compression:
  level: {level}
smoke:
  kind: command
  program: bin/prove
  deadline: 20s
probation: {{duration: 200ms, interval: 50ms, start-timeout: 3s, failures: 3}}
"""
CONFIGURATION = """machine: bench
application: bench
store: {store}
user: daemon
root: {root}
device-key: {key}
smoke:
  user: nobody
  runtime-directory: {run}
"""
RUN = Path("/run/nacelle-bench")


def build_programs(bench: Bench) -> None:
    """Builds the shipped programs, and the test build that does not read back."""
    bench.say("building nacelle and nacelle-bundle as they ship")
    path = {"PATH": os.environ["PATH"]}
    root = SHIP.parents[1]
    run([root / "scripts/build-release", "nacelle", "nacelle-bundle"], environment=path)
    try:
        run([root / "scripts/build-release", "--bench"], environment=path)
    except BenchError as error:
        # Not an older one either: it would not be the same program.
        (TEST_BUILD / "nacelle").unlink(missing_ok=True)
        reason = str(error).strip().splitlines()[-1]
        bench.lose(NO_READ_BACK, f"scripts/build-release --bench fails: {reason}")


class Publisher:
    """The CI side: keys, and bundles of releases."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        # Kept between runs: bundles at level 19 take minutes.
        self.place = CACHE / "nacelle"
        self.bundles = self.place / "bundles"
        self.bundles.mkdir(parents=True, exist_ok=True)
        self._signing, self.device_key = self.place / "ci", self.place / "device"
        self.root = self.place / "root.json"
        if not self.root.exists():
            self._make_keys()

    def _make_keys(self) -> None:
        run([BUILDER, "keygen", "signing", self._signing, "-q"])
        run([BUILDER, "keygen", "device", self.device_key, "-q"])
        public = f"{self._signing}.pub"
        run([BUILDER, "root", "init", "--root", public, "--targets", public, "--days", "3650",
             "--sign", f"{self._signing}.key", "-o", self.root])  # fmt: skip

    @property
    def _signed_and_sealed(self) -> list[str]:
        return ["--sign", f"{self._signing}.key", "--recipient", f"{self.device_key}.pub"]

    def bundle(self, name: str, tree: Path, key: str, *, level: int | None = None) -> Path:
        """The full bundle of a tree; kept for the next run while nothing of it changes."""
        counter = int(name[1:]) if name[1:].isdigit() else 1
        level = level or self.bench.level
        description = DESCRIPTION.format(
            version=f"{counter}.0.0", counter=counter, tree=tree, level=level)

        def make(path: Path) -> None:
            self.bench.say(f"nacelle: building the bundle of {name}, level {level}")
            text = self.place / f"{name}.yaml"
            text.write_text(description)
            run([BUILDER, "build", text, "-o", path, "-q", *self._signed_and_sealed])

        stamp = digest(key, description, BUILDER, self.root)
        return cached(self.bundles / f"{name}.nacelle", stamp, make)

    def release(self, release: Release) -> Path:
        """The full bundle of a release."""
        return self.bundle(release.name, release.tree, release.key)

    def delta_command(self, old: Path, new: Path, delta: Path) -> Command:
        """Makes the delta bundle from one full bundle to another."""
        return Command([BUILDER, "delta", old, new, "-o", delta, "--key",
                        f"{self.device_key}.key", *self._signed_and_sealed])  # fmt: skip


class Device:
    """One device: its configuration, and a store that can be put back as it was."""

    def __init__(self, publisher: Publisher, name: str, identity: Identity | None = None) -> None:
        self.place = publisher.bench.folder("nacelle", name)
        self.store = self.place / "store"
        self._before = self.place / "before"
        self._configuration = self.place / "config.yaml"
        key = self.place / "device.key"
        shutil.copyfile(f"{publisher.device_key}.key", key)
        key.chmod(0o600)
        text = CONFIGURATION.format(store=self.store, root=publisher.root, key=key, run=RUN)
        self._configuration.write_text(text + (_network(identity) if identity else ""))

    def clear(self) -> None:
        """A device that has nothing installed."""
        shutil.rmtree(self.store, ignore_errors=True)

    def begin_with(self, bundle: Path) -> None:
        """Installs a bundle, and keeps the store for restore()."""
        self.clear()
        run([str(word) for word in self.install(bundle).arguments])
        shutil.rmtree(self._before, ignore_errors=True)
        run(["cp", "-a", self.store, self._before])

    def restore(self) -> None:
        """The store as it was after begin_with()."""
        self.clear()
        run(["cp", "-a", self._before, self.store])

    def install(self, source: Path | str, program: Path = DEVICE) -> Command:
        """Installs a file, or what an address names."""
        return Command(
            [program, "install", str(source), "--config", self._configuration, "--json"])

    def prove(self, contestant: Installer | Updater, release: Release) -> None:
        """What runs must be the release."""
        prove_tree(contestant, (self.store / "current").resolve(), release)


def _network(identity: Identity) -> str:
    """The part of the configuration that lets a device into the server."""
    return (f"network:\n  ca: {identity.authority}\n"
            f"  client-certificate: {identity.certificate}\n"
            f"  client-key: {identity.key}\n")  # fmt: skip


#: The contestants' names.
SHIPPED = "nacelle"
NO_READ_BACK = "nacelle (no read-back)"
OVER_HTTPS = "nacelle (https)"
DELTA = "nacelle (delta)"
REUSE = "nacelle (reuse)"


class Install(Installer):
    """Installs the full bundle from a file, into an empty store."""

    name = SHIPPED
    about = "`nacelle install` of a signed bundle, sealed as a whole, read back from the disk"
    program = DEVICE

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.publisher = Publisher(bench)
        self.device = Device(self.publisher, "device-" + self.place.name)

    def check(self) -> None:
        if not self.program.exists():
            raise Unavailable(f"{self.program} was not built")

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
    about = "the same by a test build that does not read back, as the others do not"
    program = TEST_BUILD / "nacelle"


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


class _Update(Updater):
    """A device that runs the old release's full bundle."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.publisher = Publisher(bench)
        self.device = Device(self.publisher, "device-" + self.place.name)

    def check(self) -> None:
        if not DEVICE.exists():
            raise Unavailable(f"{DEVICE} was not built")

    def prepare(self, old: Release, new: Release) -> None:
        self._full = {
            side: put(self.publisher.release(release), self.place / f"{side}.nacelle")
            for side, release in (("old", old), ("new", new))
        }  # fmt: skip
        self.device.begin_with(self._full["old"])

    def reset(self) -> None:
        self.device.restore()

    def prove(self, new: Release) -> None:
        self.device.prove(self, new)

    def close(self) -> None:
        shutil.rmtree(self.device.place, ignore_errors=True)
        shutil.rmtree(RUN, ignore_errors=True)


class DeltaUpdate(_Update):
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


class ReuseUpdate(_Update):
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


def plan(log: Path) -> dict[str, int]:
    """The numbers of the “plan” event in the output of an install; none where there is none."""
    for line in log.read_text(errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("event") == "plan":
            return {name: value for name, value in event.items() if isinstance(value, int)}
    return {}
