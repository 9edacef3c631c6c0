"""Tools that make a patch from one tar archive to another: xdelta3 and zstd --patch-from."""

from __future__ import annotations

from abc import abstractmethod

from measure import Command
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
    about = "`xdelta3 -9 -S lzma`, the whole old tar in its window"

    def make_command(self) -> Command:
        return Command(["xdelta3", "-9", "-S", "lzma", "-B", str(1 << self._window), "-f", "-e",
                        "-s", self._old, self._new, self._patch])  # fmt: skip

    def apply_command(self) -> Command:
        return Command(["xdelta3", "-B", str(1 << self._window), "-f", "-d", "-s", self._old,
                        self._patch, self._result])  # fmt: skip


class ZstdPatch(TarPatch):
    """zstd --patch-from at one level."""

    packages = ("zstd",)
    programs = ("zstd",)

    def __init__(self, bench: Bench, level: int) -> None:
        self.name = f"zstd -{level}"
        self.about = f"`zstd -{level} --long --patch-from` of the old tar"
        self._level = level
        super().__init__(bench)

    def make_command(self) -> Command:
        return Command(["zstd", "-q", f"-{self._level}", f"--long={max(27, self._window)}", "-f",
                        f"--patch-from={self._old}", self._new, "-o", self._patch])  # fmt: skip

    def apply_command(self) -> Command:
        return Command(["zstd", "-q", "-d", f"--long={max(27, self._window)}", "-f",
                        f"--patch-from={self._old}", self._patch, "-o", self._result])  # fmt: skip
