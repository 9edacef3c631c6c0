"""The benchmark's command line; scripts/bench makes its Python environment and runs it as root."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

#: What can be measured, and in a line, what that is. The order is that of a run.
COMPARISONS = {
    "install": "full installs from a file by everybody, ours also over HTTPS; fixed overheads",
    "size": "the full bundle against tar.zst at the same level",
    "routine": "the update to a routine release: bytes, making, applying; reuse without a delta",
    "training": "the update to a new training run: the same",
    "memory": "peak memory by the size of the payload, to 10 GiB",
    "codecs": "the codecs alone, in GB/s",
}
CONTESTANTS = [
    "cp",
    "rauc",
    "swupdate",
    "mender",
    "casync",
    "zchunk",
    "ostree",
    "xdelta3",
    "zstd",
    "bsdiff",
]
HELP = """Measures this project's installs, updates and bundles against the tools that are used for
the same today, on one payload, in turns, in one run; so ratios hold where seconds do not.

It installs those tools from Debian (their services are not started), builds nacelle as it ships,
makes a payload of weights, relinked code and small files from a seed, measures, and judges the
bounds that docs/performance.md lists. A full run takes about an hour, 35 GiB of disk and 4 GB of
memory; nothing else should be running. --quick takes about five minutes and judges the same
bounds on 40 MiB, where fixed costs weigh more.
"""
AFTER = """exit status:
  0   every bound was met
  1   a bound was missed, or not shown because something could not be measured
  2   the run could not go on

examples:
  scripts/bench --quick                        is everything in its place?
  scripts/bench --json bench.json --write-docs the whole, and docs/performance.md
  scripts/bench --only install --rounds 11     one comparison, more rounds
  scripts/bench --seed 7 --without mender      another payload; no mender here
"""


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=HELP,
        epilog=AFTER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--quick",
        action="store_true",
        help="a payload of 40 MiB, 3 rounds of installs, 1 of updates",
    )
    add("--seed", type=int, default=1, metavar="N", help="of the payload (default: 1)")
    add("--rounds", type=int, metavar="N", help="installs by each (default: 5)")
    add("--delta-rounds", type=int, metavar="N", help="updates by each (default: 3)")
    add("--level", type=int, default=19, metavar="N", help="zstd's level, for all (default: 19)")
    add(
        "--only",
        nargs="+",
        action="extend",
        choices=COMPARISONS,
        default=[],
        metavar="NAME",
        help="only these comparisons, and their bounds: " + ", ".join(COMPARISONS),
    )
    add(
        "--without",
        nargs="+",
        action="extend",
        choices=CONTESTANTS,
        default=[],
        metavar="PEER",
        help="leave peers out; bounds against them alone are then not judged: "
        + ", ".join(CONTESTANTS),
    )
    add(
        "--whole-bsdiff",
        action="store_true",
        help="bsdiff of the whole tar, not of each changed file: minutes more, and gigabytes",
    )
    add("--json", type=Path, metavar="FILE", help="write every figure, ratio and bound")
    add("--write-docs", action="store_true", help="write docs/performance.md and its charts")
    add(
        "--docs-from",
        type=Path,
        metavar="FILE",
        help="write them from what --json wrote, and measure nothing",
    )
    add(
        "--work",
        type=Path,
        default=Path("/var/lib/nacelle-bench"),
        metavar="DIR",
        help="where bundles are made and installed; the disk that is measured "
        "(default: /var/lib/nacelle-bench)",
    )
    add("--keep", action="store_true", help="keep what stands there afterwards")
    add("--list", action="store_true", help="list comparisons and peers")
    options = parser.parse_args()
    for name in ("rounds", "delta_rounds", "level"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')}: {value} was given, 1 or more was expected")
    if options.seed < 0:
        parser.error(f"--seed: {options.seed} was given, 0 or more was expected")
    return options


def main() -> int:
    """Does what the command line asks for; returns the exit status."""
    options = arguments()
    if options.list:
        for name, about in COMPARISONS.items():
            print(f"{name:10} {about}")
        print("\npeers:     " + ", ".join(CONTESTANTS))
        return 0
    # Not before: these need the Python environment.
    from settings import BenchError

    # So that what was started is ended, and what was changed put back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if options.docs_from:
            import document

            document.write(json.loads(options.docs_from.read_text()))
            return 0
        return measure(options)
    except BenchError as error:
        print(f"scripts/bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def measure(options: argparse.Namespace) -> int:
    """Measures, reports, judges."""
    import document
    import report
    import run
    from settings import Bench

    quick = options.quick
    bench = Bench(
        work=options.work.resolve(),
        seed=options.seed,
        quick=quick,
        rounds=options.rounds or (3 if quick else 5),
        delta_rounds=options.delta_rounds or (1 if quick else 3),
        level=options.level,
        whole_bsdiff=options.whole_bsdiff,
        keep=options.keep,
        only=frozenset(options.only),
        without=frozenset(options.without),
    )
    found = run.everything(bench)
    for table in report.tables(found):
        print("\n" + table.text(), end="")
    for name, why in found["missing"].items():
        print(f"\nnot measured: {name}: {why}")
    if options.json:
        report.write_json(found, options.json)
    if options.write_docs:
        document.write(found)
    return 0 if found["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
