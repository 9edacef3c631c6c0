"""Tools that make a patch from one tar archive to another: xdelta3 and zstd --patch-from."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from measure import Command, script
from payload.release import Release
from peers.base import Updater, prove_tar
from settings import Bench


class TarPatch(Updater):
    """Patches the old release's tar to the new one's."""

    def prepare(self, old: Release, new: Release) -> None:
        self._old, self._new = old.tar, new.tar
        self._patch, self._result = self.place / "patch", self.place / "result.tar"

    def sent(self) -> int:
        return self._patch.stat().st_size

    def reset(self) -> None:
        self._result.unlink(missing_ok=True)

    def prove(self, new: Release) -> None:
        prove_tar(self, self._result, new)
        self._result.unlink()

    @property
    def _window(self) -> int:
        """The power of two that holds the old archive."""
        return (self._old.stat().st_size - 1).bit_length()

    @abstractmethod
    def make_command(self) -> Command: ...

    @abstractmethod
    def apply_command(self) -> Command: ...


class Xdelta(TarPatch):
    """xdelta3 at its best level, the whole old archive in its window."""

    name = "xdelta3"
    packages = ("xdelta3",)
    programs = ("xdelta3",)
    about = "`xdelta3 -9 -S lzma`, the whole old tar in its window; to a tar"

    def make_command(self) -> Command:
        return self._script('xdelta3 -9 -S lzma -B "$1" -f -e -s "$2" "$3" "$4"', self._new)

    def apply_command(self) -> Command:
        return self._script('xdelta3 -B "$1" -f -d -s "$2" "$4" "$3"; sync -f "$3"', self._result)

    def _script(self, text: str, target: Path) -> Command:
        return script(text, str(1 << self._window), self._old, target, self._patch)


class ZstdPatch(TarPatch):
    """zstd --patch-from at one level."""

    packages = ("zstd",)
    programs = ("zstd",)

    def __init__(self, bench: Bench, level: int) -> None:
        self.name = f"zstd -{level}"
        self.about = f"`zstd -{level} --long --patch-from` the old tar; to a tar"
        self._level = level
        super().__init__(bench)

    def make_command(self) -> Command:
        text = 'zstd -q "-$1" "--long=$2" -f "--patch-from=$3" "$4" -o "$5"'
        return self._script(text, self._new)

    def apply_command(self) -> Command:
        text = 'zstd -q -d "--long=$2" -f "--patch-from=$3" "$5" -o "$4"; sync -f "$4"'
        return self._script(text, self._result)

    def _script(self, text: str, target: Path) -> Command:
        window = str(max(27, self._window))
        return script(text, str(self._level), window, self._old, target, self._patch)
