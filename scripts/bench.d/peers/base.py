"""The shape of a contestant."""

from __future__ import annotations

import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from measure import Command
from payload.release import Release
from settings import Bench, BenchError, Unavailable
from shell import differences, empty, run


class Contestant(ABC):
    """Somebody who installs, or sends updates."""

    #: How tables and --without call it.
    name: str
    #: In one line, what is measured.
    about: str
    #: Debian's packages that it needs.
    packages: Sequence[str] = ()
    #: Programs of these packages, which must be found on the path.
    programs: Sequence[str] = ()

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.place = bench.folder(re.sub(r"[^a-z0-9]+", "-", self.name).strip("-"))

    def check(self) -> None:
        """Ends with Unavailable where it cannot run."""
        for program in self.programs:
            if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
                raise Unavailable(f"its program {program} is not on this machine")

    def version(self) -> str:
        """Its version: that of Debian's first package."""
        if not self.packages:
            return ""
        return run(["dpkg-query", "-W", "-f=${Version}", self.packages[0]]).strip()

    def close(self) -> None:
        """Ends what it has running, takes back what it changed outside the work directory."""


class Installer(Contestant):
    """Installs a whole payload from a file, as it would on a device."""

    @property
    def target(self) -> Path:
        """Where the tree stands afterwards."""
        return self.place / "target"

    @abstractmethod
    def prepare(self, release: Release) -> None:
        """Makes what a device would be sent; not measured."""

    @abstractmethod
    def sources(self) -> Sequence[Path]:
        """What is read by an install, and is in the page cache before it."""

    def reset(self) -> None:
        """Makes the state before an install; not measured."""
        empty(self.target)

    @abstractmethod
    def command(self) -> Command:
        """The install."""

    def prove(self, release: Release) -> None:
        """Looks whether what was measured did install the payload."""
        prove_tree(self, self.target, release)


class Updater(Contestant):
    """Brings a device that has one release to another."""

    #: Whether what an update sends is counted at a server, instead of being one file.
    served = False

    @abstractmethod
    def prepare(self, old: Release, new: Release) -> None:
        """Makes what stands on the device and at the publisher before; not measured."""

    @abstractmethod
    def make_command(self) -> Command:
        """Makes what is sent for this update."""

    @abstractmethod
    def sent(self) -> int:
        """The bytes of what was made; of served updates, see the server's log."""

    def reset(self) -> None:
        """Makes the device's state before the update is applied; not measured."""

    @abstractmethod
    def apply_command(self) -> Command:
        """Applies it on the device."""

    @abstractmethod
    def prove(self, new: Release) -> None:
        """Looks whether the device now has the new release."""


def prove_tree(contestant: Contestant, target: Path, release: Release) -> None:
    """A tree must be the release's."""
    wrong = differences(target, release.tree)
    if wrong:
        raise BenchError(
            f"{contestant.name} did not install {release.name}: {len(wrong)} "
            f"entries differ, the first is {wrong[0]}"
        )


def prove_tar(contestant: Contestant, target: Path, release: Release) -> None:
    """A file must be the release's tar archive."""
    try:
        run(["cmp", target, release.tar])
    except BenchError as error:
        raise BenchError(f"{contestant.name} did not make {release.name}: {error}") from error
