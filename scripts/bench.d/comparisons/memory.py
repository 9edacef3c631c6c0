"""The memory of an install by the size of what is installed."""

from __future__ import annotations

import shutil

import ours
from comparisons.turns import able, install_once, log_of
from figures import Results
from payload import bulk
from payload.release import Release
from settings import Bench
from shell import run as run_plainly
from web import Server

MIB = 1 << 20
SMALL = 40 * MIB
#: Level 3: the level changes nothing of what decoding needs, and ten gigabytes pack quickly.
LEVEL = 3


def sizes(bench: Bench) -> list[int]:
    """From 40 MiB on; the last is the one that is compared."""
    return [SMALL, 256 * MIB, 1024 * MIB] if bench.quick else [SMALL, 1024 * MIB, 10240 * MIB]


def name_of(size: int) -> str:
    """How the comparison calls a payload of that size."""
    return f"{size // MIB} MiB"


def run(bench: Bench, results: Results, releases: dict[str, Release], server: Server) -> None:
    """Installs payloads of several sizes, the largest one once."""
    for contestant in able(bench, [ours.Install(bench)]):
        for size in sizes(bench):
            bench.say(f"memory: {name_of(size)}")
            tree = bench.folder("bulk") / "tree"
            name = f"bulk-{size // MIB}"
            bulk.write(tree, size, bench.seed)
            release = Release(name, tree, f"{name} {bench.seed}")
            bundle = contestant.publisher.bundle(name, tree, release.key, level=LEVEL)
            shutil.rmtree(tree)
            contestant.install_from(bundle)
            for _ in range(1 if size > 2048 * MIB else 3):
                sample = install_once(bench, contestant, log_of(bench, contestant, name))
                results.series("memory", name_of(size)).samples.append(sample)
            contestant.close()
            bundle.unlink()
    run_plainly(["sync"])
