"""What must be reached, and whether it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import nacelle
from comparisons import memory
from figures import Results
from settings import Bench

MB = 1_000_000


@dataclass(frozen=True)
class Ref:
    """One figure: the median of a metric of a contestant in a comparison."""

    comparison: str
    contestant: str
    metric: str


@dataclass(frozen=True)
class Bound:
    """A ratio, or a figure, that must not be more than a limit.

    Of several figures of ours the greatest counts, of several of theirs the least.
    """

    key: str
    what: str
    against: str
    limit: float
    ours: Sequence[Ref]
    theirs: Sequence[Ref] = ()
    unit: str = "×"


@dataclass(frozen=True)
class Verdict:
    """How a bound came out; `met` is nothing where it was not shown."""

    bound: Bound
    ours: float | None = None
    theirs: float | None = None
    best: str | None = None
    value: float | None = None
    #: The ratio once what each takes for a tiny payload is taken off.
    without_overhead: float | None = None
    met: bool | None = None
    why: str = ""
    #: Not shown because --without names whom it is against.
    left_out: bool = False

    def as_dict(self) -> dict:
        """For the JSON file."""
        bound = self.bound
        return {
            "key": bound.key,
            "what": bound.what,
            "against": bound.against,
            "limit": bound.limit,
            "unit": bound.unit,
            "ours": self.ours,
            "theirs": self.theirs,
            "best": self.best,
            "value": self.value,
            "without_overhead": self.without_overhead,
            "met": self.met,
            "why": self.why,
            "left_out": self.left_out,
        }


FIVE = ("ostree", "xdelta3", "zstd -3", "zstd -19", "casync", "zchunk")
FIVE_WORDS = "the best of ostree, xdelta3, zstd --patch-from, casync, zchunk"


def all_bounds(bench: Bench) -> list[Bound]:
    """Every bound, in the order of the report."""

    def install(contestant: str, metric: str) -> Ref:
        return Ref("install", contestant, metric)

    def sent(comparison: str, *contestants: str) -> list[Ref]:
        return [Ref(comparison, contestant, "sent") for contestant in contestants]

    bare, shipped = nacelle.NO_READ_BACK, nacelle.SHIPPED
    bounds = [
        Bound(
            f"install-{peer}-{metric}",
            f"full install without read-back, {word}",
            peer,
            limit,
            [install(bare, metric)],
            [install(peer, metric)],
        )
        for peer, metric, word, limit in (
            ("swupdate", "wall", "wall", 0.45),
            ("swupdate", "cpu", "CPU", 0.65),
            ("rauc", "wall", "wall", 0.55),
            ("rauc", "cpu", "CPU", 0.6),
            ("mender", "wall", "wall", 0.75),
            ("cp", "wall", "wall", 2.2),
        )
    ]
    largest = memory.name_of(memory.sizes(bench)[-1])
    smallest = memory.name_of(memory.SMALL)
    bounds += [
        Bound(
            "install-read-back",
            "full install with read-back, wall",
            "itself without",
            1.35,
            [install(shipped, "wall")],
            [install(bare, "wall")],
        ),
        Bound(
            "install-https",
            "install over HTTPS with client certificate, wall",
            "from a file",
            1.3,
            [install(nacelle.OVER_HTTPS, "wall")],
            [install(shipped, "wall")],
        ),
        Bound(
            "install-written",
            "bytes written to disk",
            "the payload",
            1.03,
            [install(shipped, "written")],
            [Ref("payload", "v1", "bytes")],
        ),
        Bound(
            "memory-ratio",
            f"peak memory, {largest}",
            smallest,
            1.1,
            [Ref("memory", largest, "peak")],
            [Ref("memory", smallest, "peak")],
        ),
        Bound(
            "memory",
            "peak memory of an install, any size",
            "",
            32 * MB,
            [Ref("memory", memory.name_of(size), "peak") for size in memory.sizes(bench)],
            unit="bytes",
        ),
        Bound(
            "size",
            f"full bundle, level {bench.level}",
            f"tar.zst -{bench.level}",
            0.97,
            [Ref("size", shipped, "bytes")],
            [Ref("size", f"tar.zst -{bench.level}", "bytes")],
        ),
    ]
    for comparison, words, limit in (
        ("routine", "delta for a routine release", 0.5),
        ("training", "delta for a new training run", 0.45),
    ):
        bounds += [
            Bound(
                f"{comparison}-five",
                words,
                FIVE_WORDS,
                limit,
                sent(comparison, nacelle.DELTA),
                sent(comparison, *FIVE),
            ),
            Bound(
                f"{comparison}-bsdiff",
                words,
                "bsdiff",
                1.0,
                sent(comparison, nacelle.DELTA),
                sent(comparison, "bsdiff"),
            ),
            Bound(
                f"{comparison}-apply-memory",
                f"{words}: peak memory of applying it",
                "",
                32 * MB,
                [Ref(comparison, nacelle.DELTA, "peak")],
                unit="bytes",
            ),
        ]
    bounds += [
        Bound(
            "routine-make",
            "making the delta for a routine release, wall",
            "bsdiff",
            0.1,
            [Ref("routine", nacelle.DELTA, "make_wall")],
            [Ref("routine", "bsdiff", "make_wall")],
        ),
        Bound(
            "routine-reuse",
            "download with reuse alone, no delta made",
            "the better of casync, zchunk",
            0.9,
            sent("routine", nacelle.REUSE),
            sent("routine", "casync", "zchunk"),
        ),
    ]
    return bounds


def judge(bench: Bench, results: Results) -> list[Verdict]:
    """Judges the bounds of the comparisons that were asked for."""
    return [
        _judge(bench, results, bound)
        for bound in all_bounds(bench)
        if not bench.only or bound.ours[0].comparison in bench.only
    ]


def _judge(bench: Bench, results: Results, bound: Bound) -> Verdict:
    wanted = [ref for ref in bound.theirs if not bench.leaves_out(ref.contestant)]
    if bound.theirs and not wanted:
        return Verdict(bound, why=f"--without {bound.against}", left_out=True)
    absent = [
        ref.contestant
        for ref in [*bound.ours, *wanted]
        if results.median(ref.comparison, ref.contestant, ref.metric) is None
    ]
    if absent:
        reasons = [f"{name}: {bench.missing.get(name, 'not measured')}" for name in absent]
        return Verdict(bound, why="; ".join(dict.fromkeys(reasons)))
    ours = max(_figure(results, ref) for ref in bound.ours)
    if not wanted:
        return Verdict(bound, ours=ours, value=ours, met=ours <= bound.limit)
    best = min(wanted, key=lambda ref: _figure(results, ref))
    theirs = _figure(results, best)
    ratio = ours / theirs
    return Verdict(
        bound,
        ours=ours,
        theirs=theirs,
        best=best.contestant,
        value=ratio,
        without_overhead=_without_overhead(results, bound.ours[0], best),
        met=ratio <= bound.limit,
    )


def _figure(results: Results, ref: Ref) -> float:
    value = results.median(ref.comparison, ref.contestant, ref.metric)
    assert value is not None
    return value


def _without_overhead(results: Results, ours: Ref, theirs: Ref) -> float | None:
    if ours.comparison != "install" or theirs.comparison != "install":
        return None
    pairs = []
    for ref in (ours, theirs):
        fixed = results.median("overhead", ref.contestant, ref.metric)
        if fixed is None:
            return None
        pairs.append(_figure(results, ref) - fixed)
    return pairs[0] / pairs[1] if pairs[0] > 0 and pairs[1] > 0 else None
