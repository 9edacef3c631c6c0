"""Runs contestants in turns, so that whatever the machine does meets all of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
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
    return bench.folder("logs") / f"{contestant.place.name}-{what}.log"


def installs(
    bench: Bench,
    results: Results,
    comparison: str,
    contestants: Sequence[Installer],
    release: Release,
    rounds: int,
) -> None:
    """Measures full installs: a round is one install by each contestant."""
    with closing_all(contestants):
        ready = prepared(
            bench, results, comparison, contestants, lambda each: each.prepare(release)
        )

        def turn(contestant: Installer, first: bool) -> None:
            log = log_of(bench, contestant, comparison)
            sample = _install_surely(bench, contestant, log)
            if first:
                contestant.prove(release)
            results.series(comparison, contestant.name).samples.append(sample)

        in_turns(bench, results, comparison, ready, rounds, turn)


@contextlib.contextmanager
def closing_all(contestants: Sequence[Contestant]) -> Iterator[None]:
    """Closes all of them, however it ends."""
    with contextlib.ExitStack() as stack:
        for contestant in contestants:
            stack.callback(contestant.close)
        yield


def prepared(
    bench: Bench,
    results: Results,
    comparison: str,
    contestants: Sequence[Kind],
    prepare: Callable[[Kind], None],
) -> list[Kind]:
    """Prepares those that can run here; returns those that are ready."""
    ready = []
    for contestant in able(bench, contestants):
        bench.say(f"{comparison}: preparing {contestant.name}")
        with _losing(bench, results, comparison, contestant):
            prepare(contestant)
            ready.append(contestant)
    return ready


def in_turns(
    bench: Bench,
    results: Results,
    comparison: str,
    ready: list[Kind],
    rounds: int,
    turn: Callable[[Kind, bool], None],
) -> None:
    """Lets each have its turn in each round; who fails is out, and so are its figures."""
    for number in range(rounds):
        for contestant in list(ready):
            ready.remove(contestant)
            with _losing(bench, results, comparison, contestant):
                turn(contestant, number == 0)
                ready.append(contestant)
        bench.say(f"{comparison}: round {number + 1} of {rounds} done")


@contextlib.contextmanager
def _losing(
    bench: Bench, results: Results, comparison: str, contestant: Contestant
) -> Iterator[None]:
    """What goes wrong with one contestant does not end the run."""
    try:
        yield
    except (Unavailable, BenchError, OSError) as error:
        bench.lose(contestant.name, str(error))
        results.drop(comparison, contestant.name)


def _install_surely(bench: Bench, contestant: Installer, log: Path) -> Sample:
    """One install; tried again where it fails, which is told.

    swupdate 2022.12 installs a tiny payload and now and then exits with 1 all the same: it has
    ended before it was looked at.
    """
    for number in range(TRIES):
        try:
            sample = install_once(bench, contestant, log)
        except BenchError:
            if number + 1 == TRIES:
                raise
        else:
            if number > 0:
                bench.note(f"{contestant.name} failed in a round, and was run again.")
            break
    return sample


def install_once(bench: Bench, contestant: Installer, log: Path) -> Sample:
    """One install from a warm source onto a disk that owes nothing."""
    contestant.reset()
    warm(contestant.sources())
    settle()
    return measure(contestant.command(), bench.work, log)
