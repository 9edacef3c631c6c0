"""Each protective step left out, one at a time: some tier must notice.

A test build leaves out the step that NACELLE_WITHOUT names (Sources/DurableFiles/Protection.swift). For
each the tiers that are meant for it run, until one finds a state that must not be.
"""
import contextlib
import os
import re

import damage
import interruptions
import reordering
from oracle import Bad
from rig import PROJECT, Trouble

SWIFT = PROJECT / "Sources/DurableFiles/Protection.swift"
ENOSPC, EIO = 28, 5


def steps():
    """What can be left out: {name: what it is for}, as the source says."""
    found, about = {}, ""
    for line in SWIFT.read_text().splitlines():
        line = line.strip()
        if line.startswith("///"):
            about = line[4:]
        elif match := re.match(r'case (\w+)(?: = "([a-z-]+)")?$', line):
            found[match[2] or match[1]] = about
    return found


def plan(context):
    """Which tier is to notice what: {step: [(tier's name, how it is run)]}."""
    bench, jobs = context.bench, context.jobs

    def model(*names):
        operations = [bench.operations[name] for name in names]
        return ("reordering model", lambda: reordering.tier(
            bench, operations, context.fresh(), jobs=1, seed=context.seed, limit=24, real=0))

    def kills(*names):
        operations = [bench.operations[name] for name in names]
        return ("SIGKILL at each call", lambda: interruptions.kills(bench, operations, jobs))

    def errors(error, *names):
        operations = [bench.operations[name] for name in names]
        faults = [fault for fault in interruptions.FAULTS if fault[1] == error]
        return (f"{interruptions.NAMES[error]} at each call",
                lambda: interruptions.errors(bench, operations, jobs, faults=faults))

    def plain(*names):
        operations = [bench.operations[name] for name in names]
        return ("undisturbed run", lambda: damage.plain(bench, operations))

    decay = ("silent corruption", lambda: damage.decay(bench))
    return {
        "file-sync": [model("rollback", "install")],
        "directory-sync": [model("rollback", "install")],
        "disk-sync": [model("install")],
        "new-file": [model("rollback")],
        "link-rename": [model("rollback")],
        "write-errors": [errors(ENOSPC, "rollback", "install")],
        "sync-errors": [errors(EIO, "rollback")],
        "lock": [("two commands at once", lambda: damage.locks(bench))],
        "read-back": [decay],
        "uncached-read": [decay],
        "smoke": [plain("failed smoke run")],
        "filling-first": [model("install")],
        "pack-check": [plain("damaged bundle")],
        "spare": [plain("install"), kills("install")],
        "trial-first": [model("swap")],
        "bad-first": [kills("failed probation")],
        "denial": [plain("failed probation")],
        "rollback-denial": [plain("rollback")],
        "floor": [plain("install")],
        "recovery": [plain("recovery of a fallback", "recovery of a swap")],
        "boot-count": [plain("boot of a trial")],
        "reserve": [context.full_disk()],
        "told-once": [kills("report")],
    }


@contextlib.contextmanager
def without(step):
    """Every program of a test build that is started leaves this step out."""
    os.environ["NACELLE_WITHOUT"] = step
    try:
        yield
    finally:
        del os.environ["NACELLE_WITHOUT"]


def run(context, wanted=()):
    """Runs the mutants: a list of (step, what it is for, the tier that noticed or None, how)."""
    known, todo = steps(), plan(context)
    if set(known) != set(todo):
        raise Trouble(f"no tier is named for {sorted(set(known) ^ set(todo))}")
    table = []
    for step, about in known.items():
        if wanted and step not in wanted:
            continue
        caught = how = None
        context.bench.counts.clear()
        context.bench.settled.clear()
        with without(step):
            for tier, tried in todo[step]:
                try:
                    bad = tried().bad
                except (Bad, Trouble) as trouble:
                    bad = [str(trouble)]
                if bad:
                    caught, how = tier, sorted(bad, key=len)[0].replace("\n", " ")
                    break
        table.append((step, about, caught, how))
        context.say(f"  {step:16} {'caught by the ' + caught if caught else 'SURVIVED'}"
                    + (f": {how[:150]}" if caught else ""))
    context.bench.counts.clear()
    context.bench.settled.clear()
    return table
