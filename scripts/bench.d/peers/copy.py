"""cp -r and one syncfs: the least that can be asked of a disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from measure import Command, script
from payload.release import Release
from peers.base import Installer


class Copy(Installer):
    """Copies the unpacked tree; nothing is verified."""

    name = "cp"
    packages = ("coreutils",)
    programs = ("cp", "sync")
    about = "`cp -r` of the unpacked tree, then `syncfs`; nothing is verified"

    def prepare(self, release: Release) -> None:
        self._release = release

    def sources(self) -> Sequence[Path]:
        return [self._release.tree]

    def command(self) -> Command:
        return script('cp -r "$1/." "$2"; sync -f "$2"', self._release.tree, self.target)
