"""A whole run: packages, programs, payload, comparisons, report."""

from __future__ import annotations

import shutil

import machine
import report
import web
from comparisons import codecs, install, memory, updates
from figures import Results
from payload.release import releases
from peers.base import Contestant
from settings import Bench, BenchError
from web import Server

COMPARISONS = {
    "install": install.run,
    "size": install.size,
    "routine": updates.routine,
    "training": updates.training,
    "memory": memory.run,
    "codecs": codecs.run,
}


def everything(bench: Bench) -> dict:
    """Measures what was asked for, and returns the report."""
    own = not bench.work.exists()
    marker = bench.folder() / ".nacelle-bench"
    if own:
        marker.touch()
    elif not marker.exists():
        raise BenchError(
            f"--work {bench.work} is there and was not made by scripts/bench; "
            "a folder that is not there, or one of its own, was expected"
        )
    bench.machine = machine.describe(bench.work)
    machine.install(bench, _packages(bench))
    made = releases(bench)
    results = Results()
    results.series("payload", "v1").facts["bytes"] = made["v1"].bytes
    server = Server(bench)
    try:
        for name, compare in COMPARISONS.items():
            if not bench.only or name in bench.only:
                compare(bench, results, made, server)
    finally:
        server.stop()
        if not bench.keep:
            shutil.rmtree(bench.work)
    payload = {"bytes": made["v1"].bytes, "files": len(made["v1"].files), "key": made["v1"].key}
    return report.collect(bench, results, payload)


def _packages(bench: Bench) -> list[str]:
    """What the contestants need, those that are left out not."""
    found = ["time", "coreutils", *web.PACKAGES]
    waiting = Contestant.__subclasses__()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not bench.leaves_out(getattr(kind, "name", "") or kind.__name__.lower()):
            found += kind.packages
    return found
