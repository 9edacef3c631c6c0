"""Updates from one release to another: what is sent, what making and applying it takes."""

from __future__ import annotations

from collections.abc import Sequence

import nacelle
import ours
from comparisons.turns import closing_all, in_turns, log_of, prepared
from figures import Results, Series
from measure import measure, settle
from payload.release import Release
from peers.base import Updater
from peers.bsdiff import Bsdiff, BsdiffSampled, BsdiffWhole
from peers.casync import CasyncUpdate
from peers.ostree import Ostree
from peers.tars import Xdelta, ZstdPatch
from peers.zchunk import ZchunkUpdate
from settings import Bench
from web import Server


def routine(bench: Bench, results: Results, releases: dict[str, Release], server: Server) -> None:
    """A routine release: code relinked, the last tenth of the tensors tuned, a few files edited."""
    bsdiff = BsdiffWhole(bench) if bench.whole_bsdiff else Bsdiff(bench)
    _run(
        bench,
        results,
        "routine",
        [*_everybody(bench, server), bsdiff],
        releases["v1"],
        releases["v2"],
        server,
    )


def training(bench: Bench, results: Results, releases: dict[str, Release], server: Server) -> None:
    """A new training run: every tensor nudged."""
    bsdiff = BsdiffSampled(bench)
    bench.note(
        "bsdiff of a new training run: one piece of 4 MiB of each file of weights, the "
        "whole reckoned from these; the whole takes hours. Making and applying it is not "
        "compared."
    )
    _run(
        bench,
        results,
        "training",
        [*_everybody(bench, server), bsdiff],
        releases["v1"],
        releases["v3"],
        server,
    )


def _everybody(bench: Bench, server: Server) -> list[Updater]:
    return [
        ours.DeltaUpdate(bench),
        Ostree(bench),
        Xdelta(bench),
        ZstdPatch(bench, 3),
        ZstdPatch(bench, 19),
        ours.ReuseUpdate(bench, server),
        CasyncUpdate(bench, server),
        ZchunkUpdate(bench, server),
    ]


def _run(
    bench: Bench,
    results: Results,
    comparison: str,
    contestants: Sequence[Updater],
    old: Release,
    new: Release,
    server: Server,
) -> None:
    whole = results.series(comparison, f"tar.zst -{bench.level}")
    whole.facts["sent"] = new.packed(bench.level).stat().st_size

    def make(contestant: Updater) -> None:
        contestant.prepare(old, new)
        _make(bench, results.series(comparison, contestant.name), comparison, contestant)

    def turn(contestant: Updater, first: bool) -> None:
        if isinstance(contestant, BsdiffSampled):
            return
        series = results.series(comparison, contestant.name)
        _apply(bench, series, comparison, contestant, server)
        if first:
            contestant.prove(new)

    with closing_all(contestants):
        ready = prepared(bench, results, comparison, contestants, make)
        in_turns(bench, results, comparison, ready, bench.delta_rounds, turn)


def _make(bench: Bench, series: Series, comparison: str, contestant: Updater) -> None:
    """Makes what is sent, once: it takes minutes, and the size does not depend on the round."""
    settle()
    sample = measure(
        contestant.make_command(), bench.work, log_of(bench, contestant, f"make-{comparison}")
    )
    series.facts.update(make_wall=sample.wall, make_cpu=sample.cpu, make_peak=sample.peak)
    if not contestant.served:
        series.facts["sent"] = contestant.sent()


def _apply(
    bench: Bench, series: Series, comparison: str, contestant: Updater, server: Server
) -> None:
    contestant.reset()
    settle()
    mark = server.mark() if contestant.served else 0
    log = log_of(bench, contestant, f"apply-{comparison}")
    series.samples.append(measure(contestant.apply_command(), bench.work, log))
    if contestant.served:
        series.facts["sent"] = server.sent_since(mark)
    if isinstance(contestant, (ours.DeltaUpdate, ours.ReuseUpdate)):
        series.facts.update({f"plan_{name}": value for name, value in nacelle.plan(log).items()})
