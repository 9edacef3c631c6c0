#!/usr/bin/env python3
"""What scripts/crash-ladder does; its usage stands there."""
import argparse
import os
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import blocks  # noqa: E402
import damage  # noqa: E402
import device  # noqa: E402
import disks  # noqa: E402
import full  # noqa: E402
import interruptions  # noqa: E402
import mutants  # noqa: E402
import reordering  # noqa: E402
from operations import Bench  # noqa: E402
from oracle import Bad  # noqa: E402
from rig import HERE, PROJECT, Disk, Rig, Trouble, run, scratch  # noqa: E402

TRACED = ("model", "kills", "again", "errors", "decay", "files", "locks")
BELOW = {"blocks": blocks, "device": device, "full": full}
TIERS = TRACED + tuple(BELOW)


class Context:
    """What a run works with."""

    def __init__(self, options, programs):
        self.seed, self.jobs = options.seed, options.jobs
        self.place = scratch("ladder")
        self.began = time.monotonic()
        self.disk = self.bench = None
        rig = Rig(self.place, programs, PROJECT / ".build/ship")
        run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", f"{self.place}/callcut", HERE / "callcut.c")
        self.disk = Disk(self.place)
        self.bench = Bench(rig, self.disk)
        self.numbers = 0

    def fresh(self):
        """A directory that nothing stands in."""
        self.numbers += 1
        path = f"{self.place}/work{self.numbers}"
        os.makedirs(path)
        return path

    def full_disk(self):
        """The tier for a step that a full disk needs."""
        return ("full disk", lambda: damage.full(self.bench))

    def say(self, text):
        print(text, flush=True)

    def close(self):
        if self.bench:
            self.bench.close()
        if self.disk:
            self.disk.close()
        shutil.rmtree(self.place, ignore_errors=True)


def tiers(context, options):
    """Runs the tiers: their results."""
    bench = context.bench
    operations = [operation for operation in bench.operations.values()
                  if not options.operation or operation.name in options.operation]
    if not operations:
        raise SystemExit(f"scripts/crash-ladder: operations are {', '.join(bench.operations)}")
    thorough = options.thorough
    work = {
        "model": lambda: reordering.tier(
            bench, operations, context.fresh(), jobs=2, seed=options.seed, limit=96 if thorough else 15,
            real=40 if thorough else 4),
        "kills": lambda: interruptions.kills(bench, operations, context.jobs, options.seed),
        "again": lambda: interruptions.again(
            bench, operations, context.jobs, options.seed, points=2000 if thorough else 120),
        "errors": lambda: interruptions.errors(bench, operations, context.jobs, options.seed,
                                               share=1 if thorough else options.share),
        "decay": lambda: damage.decay(bench),
        "files": lambda: damage.files(bench, options.seed, 1 if thorough else options.share),
        "locks": lambda: damage.locks(bench),
    }
    results = []
    for name in [name for name in options.tier or TIERS if name in TRACED]:
        began = time.monotonic()
        result = work[name]()
        seconds = time.monotonic() - began
        if not result.tried and not result.bad:
            result.fail("nothing was tried")
        context.say(f"{result.name:45} {result.tried:7} tried  {len(result.bad):4} bad  {seconds:6.0f} s")
        for note in result.notes:
            context.say(f"    {note}")
        for bad in sorted(result.bad)[:40]:
            context.say(f"  BAD {bad}")
        results.append((result, seconds))
    return results


def below(options):
    """Runs the tiers that work beneath the file system: how many states, and how many bad ones."""
    names = [name for name in options.tier or TIERS if name in BELOW]
    states = bad = 0
    for name in names if not options.operation else ():
        with disks.Place(name) as place:
            machine = Rig(place, options.programs, f"{PROJECT}/.build/ship")
            more = {"places": 6} if name == "device" else {}
            results = BELOW[name].run(machine, seed=options.seed, jobs=2, **more)
        bad += blocks.show(results)
        states += sum(result["states"] for result in results)
    return states, bad


def main():
    parser = argparse.ArgumentParser(prog="scripts/crash-ladder")
    parser.add_argument("--tier", action="append", choices=TIERS)
    parser.add_argument("--operation", action="append")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--mutant", action="append")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--thorough", action="store_true")
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--programs", default=str(PROJECT / ".build/ship"))
    options = parser.parse_args()
    os.environ.pop("NACELLE_WITHOUT", None)
    began = time.monotonic()
    failed = False
    with_mutants = options.mutants or options.mutant
    print(f"seed {options.seed}", flush=True)
    context = Context(options, PROJECT / ".build/debug" if with_mutants else options.programs)
    try:
        if with_mutants:
            table = mutants.run(context, options.mutant or ())
            survivors = [step for step, _, caught, _ in table if not caught]
            print(f"{len(table) - len(survivors)} of {len(table)} seeded bugs caught")
            failed = bool(survivors)
            if options.table and not failed:
                write(table)
        else:
            results = tiers(context, options)
            states, bad = below(options)
            states += sum(result.tried for result, _ in results)
            bad += sum(len(result.bad) for result, _ in results)
            failed = bad > 0
            print(f"{states} states and runs, {bad} bad")
    except (Bad, Trouble) as trouble:
        print(f"scripts/crash-ladder: {trouble}", file=sys.stderr)
        failed = True
    finally:
        context.close()
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(1 if failed else 0)


def write(table):
    """Puts the table of mutants into its page."""
    page = PROJECT / "docs/reliability.md"
    head, _, rest = page.read_text().partition("<!-- mutants -->")
    _, _, tail = rest.partition("<!-- /mutants -->")
    rows = ["| left out | what it is for | noticed by |", "|---|---|---|"]
    rows += [f"| `{step}` | {about.rstrip('.')} | {caught} |" for step, about, caught, _ in table]
    page.write_text(head + "<!-- mutants -->\n" + "\n".join(rows) + "\n<!-- /mutants -->" + tail)
    print(f"Wrote the table of {page}.")


if __name__ == "__main__":
    main()
