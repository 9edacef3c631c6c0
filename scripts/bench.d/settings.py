"""What one run of the benchmark was asked to do, and where it does it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: What is kept between runs: the Python environment, payloads, keys.
CACHE = ROOT / ".build/bench"

#: The programs under test, as scripts/build-release makes them.
SHIP = ROOT / ".build/ship"

#: The test build, whose installs are not read back.
TEST_BUILD = ROOT / ".build/bench-ship"


class BenchError(Exception):
    """Something without which the run cannot go on."""


class Unavailable(Exception):
    """A contestant that cannot be measured here, and why."""


@dataclass
class Bench:
    """The settings of a run, and what it found out about itself on the way."""

    work: Path
    seed: int = 1
    quick: bool = False
    rounds: int = 5
    delta_rounds: int = 3
    level: int = 19
    whole_bsdiff: bool = False
    keep: bool = False
    without: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    #: Contestants that could not be measured, and why.
    missing: dict[str, str] = field(default_factory=dict)
    #: What a reader of the figures must know.
    notes: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    #: What is measured of each contestant, in words.
    about: dict[str, list[str]] = field(default_factory=dict)
    #: The machine, in words.
    machine: dict[str, str] = field(default_factory=dict)
    #: What codec-bench wrote, where it ran.
    codecs: object = None
    started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Tells what is going on, with the minutes since the start."""
        elapsed = int(time.monotonic() - self.started)
        print(f"[{elapsed // 60:3d}:{elapsed % 60:02d}] {text}", file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Keeps a remark for the report, once."""
        if text not in self.notes:
            self.notes.append(text)

    def lose(self, contestant: str, why: str) -> None:
        """Records that a contestant could not be measured."""
        if contestant not in self.missing:
            self.missing[contestant] = " ".join(why.split())[:400]
            self.say(f"{contestant}: not measured: {self.missing[contestant]}")

    def leaves_out(self, contestant: str) -> bool:
        """Whether --without names this contestant, by its name or its first word."""
        return contestant in self.without or contestant.split(" ")[0] in self.without

    def folder(self, *names: str) -> Path:
        """A folder below the work directory, made where it is missing."""
        place = self.work.joinpath(*names)
        place.mkdir(parents=True, exist_ok=True)
        return place


#: The environment of every program that is run: a plain path, and texts in UTF-8.
PLAIN_ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "TZ": "UTC",
}
