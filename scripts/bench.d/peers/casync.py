"""casync: a store of content-defined chunks, zstd-compressed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from measure import Command, script
from payload.release import Release
from peers.base import Installer, Updater, prove_tree
from settings import Bench
from shell import empty, run
from web import Server

PACKAGES = ("casync",)
#: Modes and names, as everybody else here keeps; no owners, times or attributes.
ARCHIVE = ("--with=unix", "--compression=zstd")


class CasyncInstall(Installer):
    """Unpacks from a store on the same disk."""

    name = "casync"
    packages = PACKAGES
    programs = ("casync",)
    about = "`casync extract` from a local store; digests, no signature"

    def prepare(self, release: Release) -> None:
        self._store = empty(self.place / "store")
        self._index = self.place / "payload.caidx"
        run(["casync", "make", *ARCHIVE, f"--store={self._store}", self._index, release.tree])

    def sources(self) -> Sequence[Path]:
        return [self._store]

    def command(self) -> Command:
        return script(
            'casync extract --with=unix --seed-output=no "--store=$1" "$2" "$3" '
            '> /dev/null; sync -f "$3"',
            self._store,
            self._index,
            self.target,
        )


class CasyncUpdate(Updater):
    """Fetches over HTTP the chunks that the running release does not have."""

    name = "casync"
    packages = PACKAGES
    programs = ("casync",)
    about = "`casync extract` over HTTP, the running tree as its seed"
    served = True

    def __init__(self, bench: Bench, server: Server) -> None:
        super().__init__(bench)
        self._server = server

    def prepare(self, old: Release, new: Release) -> None:
        self._server.start()
        self._old, self._new = old, new
        self._folder = empty(self._server.folder("casync"))

    def make_command(self) -> Command:
        return script(
            'rm -rf "$1"; mkdir "$1"; casync make --with=unix --compression=zstd '
            '"--store=$1/store" "$1/new.caidx" "$2"',
            self._folder,
            self._new.tree,
        )

    def sent(self) -> int:
        return sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())

    def reset(self) -> None:
        shutil.rmtree(self.place / "target", ignore_errors=True)

    def apply_command(self) -> Command:
        return script(
            'casync extract --with=unix "--seed=$1" "--store=$2" "$3" "$4" > /dev/null; '
            'sync -f "$4"',
            self._old.tree,
            self._server.http("casync/store"),
            self._server.http("casync/new.caidx"),
            self.place / "target",
        )

    def prove(self, new: Release) -> None:
        prove_tree(self, self.place / "target", new)
