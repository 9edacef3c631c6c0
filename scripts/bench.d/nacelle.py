"""This project's programs: keys, bundles, and devices to install them on.

Everything a device needs is made as docs/publishing.md says: signing key, root of trust, device
key. Bundles are signed, and sealed as a whole (`seal: paths: [.]`), since what they are compared
with encrypts everything too. The smoke run is a shell that exits; nothing is probed.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from measure import Command
from payload.release import Release
from peers.base import Contestant, prove_tree
from settings import CACHE, SHIP, Bench
from shell import cached, digest, run
from web import Identity

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


#: The contestants' names.
SHIPPED = "nacelle"
NO_READ_BACK = "nacelle (no read-back)"
OVER_HTTPS = "nacelle (https)"
DELTA = "nacelle (delta)"
REUSE = "nacelle (reuse)"


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
        run(
            [
                BUILDER,
                "root",
                "init",
                "--root",
                public,
                "--targets",
                public,
                "--days",
                "3650",
                "--sign",
                f"{self._signing}.key",
                "-o",
                self.root,
            ]
        )

    @property
    def _signed_and_sealed(self) -> list[str]:
        return ["--sign", f"{self._signing}.key", "--recipient", f"{self.device_key}.pub"]

    def bundle(self, name: str, tree: Path, key: str, *, level: int | None = None) -> Path:
        """The full bundle of a tree; kept for the next run while nothing of it changes."""
        counter = int(name[1:]) if name[1:].isdigit() else 1
        level = level or self.bench.level
        description = DESCRIPTION.format(
            version=f"{counter}.0.0", counter=counter, tree=tree, level=level
        )

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
        return Command(
            [
                BUILDER,
                "delta",
                old,
                new,
                "-o",
                delta,
                "--root",
                self.root,
                "--key",
                f"{self.device_key}.key",
                "--no-list",
                "-q",
                *self._signed_and_sealed,
            ]
        )


class Device:
    """One device: its configuration, and a store that can be put back as it was."""

    def __init__(self, publisher: Publisher, name: str, identity: Identity | None = None) -> None:
        self.place = publisher.bench.folder("devices", name)
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
        return Command([program, "install", str(source), "--config", self._configuration, "--json"])

    def prove(self, contestant: Contestant, release: Release) -> None:
        """What runs must be the release."""
        prove_tree(contestant, (self.store / "current").resolve(), release)


def _network(identity: Identity) -> str:
    """The part of the configuration that lets a device into the server."""
    return (
        f"transfer:\n  authorities: {identity.authority}\n"
        f"  client-certificate: {identity.certificate}\n"
        f"  client-key: {identity.key}\n"
    )


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
