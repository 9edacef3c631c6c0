"""zchunk: a tar in chunks that are compressed one by one, fetched by ranges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from measure import Command, script
from payload.release import Release
from peers.base import Installer, Updater, prove_tar
from settings import Bench
from shell import empty, run
from web import Server

PACKAGES = ("zchunk",)


class ZchunkInstall(Installer):
    """Unpacks a local file."""

    name = "zchunk"
    packages = PACKAGES
    programs = ("zck", "unzck")
    about = "`unzck` into tar, from a local file; digests, no signature"

    def prepare(self, release: Release) -> None:
        self._file = self.place / "payload.tar.zck"
        self._file.unlink(missing_ok=True)
        run(["zck", "-o", self._file, release.tar])

    def sources(self) -> Sequence[Path]:
        return [self._file]

    def command(self) -> Command:
        return script('unzck -c "$1" | tar -x -C "$2"; sync -f "$2"', self._file, self.target)


class ZchunkUpdate(Updater):
    """Fetches over HTTP the chunks that the file of the old release does not have."""

    name = "zchunk"
    packages = PACKAGES
    programs = ("zck", "zckdl", "unzck")
    about = "`zckdl` over HTTP with the old file as source, then `unzck` to a tar"
    served = True

    def __init__(self, bench: Bench, server: Server) -> None:
        super().__init__(bench)
        self._server = server

    def prepare(self, old: Release, new: Release) -> None:
        self._server.start()
        self._new = new
        self._folder = empty(self._server.folder("zchunk"))
        self._source = self.place / "old.tar.zck"
        self._source.unlink(missing_ok=True)
        run(["zck", "-o", self._source, old.tar])

    def make_command(self) -> Command:
        return script('rm -f "$1"; zck -o "$1" "$2"', self._folder / "new.tar.zck", self._new.tar)

    def sent(self) -> int:
        return (self._folder / "new.tar.zck").stat().st_size

    def reset(self) -> None:
        empty(self.place / "target")

    def apply_command(self) -> Command:
        return script(
            'zckdl -q -s "$1" "$2"; unzck new.tar.zck; sync -f .',
            self._source,
            self._server.http("zchunk/new.tar.zck"),
            cwd=self.place / "target",
        )

    def prove(self, new: Release) -> None:
        prove_tar(self, self.place / "target/new.tar", new)
