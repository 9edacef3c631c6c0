"""Runs contestants in turns, so that whatever the machine does meets all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from figures import Results
from measure import Sample, measure, settle, warm
from payload.release import Release
from peers.base import Contestant, Installer
from settings import Bench, BenchError, Unavailable

#: So often an install is tried that fails.
TRIES = 4

Kind = TypeVar("Kind", bound=Contestant)


def able(bench: Bench, contestants: Sequence[Kind]) -> list[Kind]:
    """Those that are wanted and can run here; the others are recorded."""
    found = []
    for contestant in contestants:
        if bench.leaves_out(contestant.name):
            continue
        try:
            contestant.check()
            version = contestant.version()
        except (Unavailable, BenchError) as error:
            bench.lose(contestant.name, str(error))
            continue
        if version:
            bench.versions[contestant.name] = version
        words = bench.about.setdefault(contestant.name, [])
        if contestant.about not in words:
            words.append(contestant.about)
        found.append(contestant)
    return found


def log_of(bench: Bench, contestant: Contestant, what: str) -> Path:
    """Where the output of a contestant's command goes."""
    return bench.folder("logs") / f"{contestant.name.replace(' ', '-')}-{what}.log"


def installs(
    bench: Bench,
    results: Results,
    comparison: str,
    contestants: Sequence[Installer],
    release: Release,
    rounds: int,
) -> None:
    """Measures full installs: a round is one install by each contestant."""
    ready = []
    for contestant in able(bench, contestants):
        bench.say(f"{comparison}: preparing {contestant.name}")
        try:
            contestant.prepare(release)
            ready.append(contestant)
        except (Unavailable, BenchError) as error:
            bench.lose(contestant.name, str(error))
    for number in range(rounds):
        for contestant in list(ready):
            try:
                sample = _install_surely(bench, contestant, log_of(bench, contestant, comparison))
                if number == 0:
                    contestant.prove(release)
            except (Unavailable, BenchError) as error:
                bench.lose(contestant.name, str(error))
                ready.remove(contestant)
                continue
            results.series(comparison, contestant.name).samples.append(sample)
        bench.say(f"{comparison}: round {number + 1} of {rounds} done")
    for contestant in contestants:
        contestant.close()


def _install_surely(bench: Bench, contestant: Installer, log: Path) -> Sample:
    """One install; tried again where it fails, which is told.

    swupdate 2022.12 installs a tiny payload and now and then exits with 1 all the same: it has
    ended before it was looked at.
    """
    for _ in range(TRIES - 1):
        try:
            return install_once(bench, contestant, log)
        except BenchError:
            bench.note(f"{contestant.name} failed in a round, and was run again.")
    return install_once(bench, contestant, log)


def install_once(bench: Bench, contestant: Installer, log: Path) -> Sample:
    """One install from a warm source onto a disk that owes nothing."""
    contestant.reset()
    warm(contestant.sources())
    settle()
    return measure(contestant.command(), bench.work, log)
