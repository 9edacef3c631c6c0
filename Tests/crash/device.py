"""A disk that fails, and one that lies: the device's own errors at each place of one install, for
once and for ever, and blocks of the new version that are dropped or changed in silence.

    device.py [--programs DIR] [--places N] [--seed N] [--jobs N] [--only WORDS [--place N]]

--places 0 takes every place; --only takes faults whose name has these words, --place the one place
(which write comes first differs a little from run to run). What a fault did is looked at as a power
cut at that instant leaves the disk, with all, with half and with nothing of what was not flushed, and
after the disk was mended and mounted anew.
"""
import argparse
import os
import random
import subprocess
import sys
import time

import blocks
import disks
import oracle
import recording
import rig

# As a device that is looked after mounts it.
OPTIONS = "errors=remount-ro"
FOR_EVER = 1 << 40
EIO = 5
# What an install on a broken disk may say, beside success; docs/exit-codes.md.
STORAGE, READ_BACK, STORE_DAMAGED = 41, 42, 45
# A program on a disk that no longer reads cannot be started.
NOT_STARTED = (23, 24, 30)

# name: (what blockdisk is told, whether for ever, what is counted there: a place in its counts)
FAULTS = {
    "a write fails once": ("w", False, 0),
    "writes fail from then on": ("w", True, 0),
    "a flush fails once": ("f", False, 1),
    "flushes fail from then on": ("f", True, 1),
    "a read fails once": ("r", False, 2),
    "reads fail from then on": ("r", True, 2),
    "a block of the new version is dropped": ("d", False, 3),
    "blocks of the new version are dropped from then on": ("d", True, 3),
    "a block of the new version is changed": ("c", False, 3),
    "another block is dropped": ("d", False, 3),
}
# Blocks of the journal, of directories, inodes and records: no program above can read them past
# the kernel's cache, nor restore them. Where the file system itself then says that it is damaged,
# that is counted apart; where it is sound, a whole version has to run.
APART = "another block is dropped"
DAMAGED = (5, 74, 117)

SHARED = {}


def content_blocks(tree):
    """The blocks of a tree's files as they stand on the disk."""
    whole = set()
    for folder, _, names in os.walk(tree):
        for name in names:
            path = f"{folder}/{name}"
            if not os.path.islink(path):
                with open(path, "rb") as file:
                    data = file.read()
                for place in range(0, len(data), disks.BLOCK):
                    whole.add(data[place:place + disks.BLOCK].ljust(disks.BLOCK, b"\0"))
    return whole


class Fault:
    """A fault at a place of the install."""

    def __init__(self, name, place, seed):
        self.name, self.place, self.seed = name, place, seed

    def rules(self):
        """What blockdisk is told."""
        kind, for_ever, _ = FAULTS[self.name]
        told = ["clear"]
        if kind in "dc":
            word = "except" if self.name == APART else "only"
            told.append(f"{word} {SHARED['machine'].place}/content")
        if self.place is not None:
            told.append(f"rule {kind} {self.place} {FOR_EVER if for_ever else 1} {EIO}")
        return told


class Wrong:
    """Something bad, and whether it is the file system that says so."""

    def __init__(self, when, error, damaged=False):
        self.damaged = damaged or isinstance(error, OSError) and error.errno in DAMAGED
        self.text = f"{when}: {type(error).__name__}: {error}"


def install(fault, place):
    """The install with its fault: (answer, counts, log, what is wrong after it was mended)."""
    machine, versions = SHARED["machine"], SHARED["versions"]
    disk = disks.BlockDisk(disks.build(machine.place), place, SHARED["base"], SHARED["size"],
                           "ext4", OPTIONS)
    try:
        disk.start()
        store = f"{disk.mount}/store"
        config = machine.configure(f"{place}/config.yaml", store)
        for line in fault.rules():
            disk.tell(line)
        answer = machine.nacelle(config, "install", versions["1.2.0"].bundle, timeout=60)
        counts, end = disk.counts(), disk.position()
        entries = [entry for entry in disks.read_log(disk.log) if entry.end <= end]
        fault_of_mended = None
        if fault.place is not None:
            disk.tell("clear")
            try:
                disk.stop()
                disk.start()
                if fault.name == APART:
                    look_apart(store, config)
                else:
                    look(store, config, answer.status == 0)
            except (oracle.Bad, OSError, ValueError) as error:
                fault_of_mended = Wrong("mended and mounted anew", error)
        return answer, counts, entries, fault_of_mended
    finally:
        disk.close()


def look(store, config, succeeded, installs=True):
    """Holds what a fault left against what must be."""
    machine, versions = SHARED["machine"], SHARED["versions"]

    def judge(at_rest):
        state = oracle.Store.at(store)
        version = oracle.check(state, machine.versions, at_rest=at_rest)
        if succeeded and version != "1.2.0":
            raise oracle.Bad(f"the install succeeded, and {version} runs")
        if version not in ("1.1.0", "1.2.0"):
            raise oracle.Bad(f"{version} runs")
        if state.floor < (3 if succeeded else 2):
            raise oracle.Bad(f"the floor is {state.floor}")

    judge(False)
    answer = machine.nacelle(config, "boot", "--console", "/dev/null")
    if answer.status:
        raise oracle.Bad(f"boot: {answer!r}")
    judge(True)
    if installs:
        blocks.install_next(machine, config, store, versions["9.0.0"])


def look_apart(store, config):
    """What a lie about other blocks left: whether a whole version runs after a boot."""
    machine = SHARED["machine"]
    machine.nacelle(config, "boot", "--console", "/dev/null")
    state = oracle.Store.at(store)
    if state.digest(state.running) not in machine.versions:
        raise oracle.Bad("what runs is no whole version")


def attempt(fault):
    """Tries a fault: (fault, whether it came to pass, status, [what is bad], [what was lost])."""
    machine = SHARED["machine"]
    place = disks.corner(machine.place)
    try:
        answer, counts, entries, mended = install(fault, place)
    except subprocess.TimeoutExpired:
        return fault, True, None, ["the install does not end"], []
    except rig.Trouble as error:
        return fault, False, None, [f"the test itself: {error}"], []
    if not counts[4]:
        return fault, False, answer.status, [], []
    bad, wrong = [], [mended] if mended else []
    lies = FAULTS[fault.name][0] in "dc"
    allowed = {0, STORAGE, READ_BACK, STORE_DAMAGED, *NOT_STARTED}
    if lies and fault.name != APART:
        allowed = {0, READ_BACK}
    if answer.status not in allowed and fault.name != APART:
        bad.append(f"the install ended with {answer!r}")
    disk = disks.Mounted(place, "ext4", SHARED["size"], OPTIONS)
    try:
        config = machine.configure(f"{place}/config.yaml", f"{disk.mount}/store")
        for share in (1.0, 0.0, 0.5):
            content = disks.cut_power(SHARED["base"], entries, random.Random(fault.seed), share)
            try:
                disk.start(content)
                try:
                    if fault.name == APART:
                        look_apart(f"{disk.mount}/store", config)
                    else:
                        look(f"{disk.mount}/store", config, answer.status == 0, share == 1.0)
                finally:
                    disk.stop()
            except (oracle.Bad, OSError, ValueError) as error:
                when = f"power cut, {share:.0%} of the unflushed kept, status {answer.status}"
                disks.put_content(disk.image, content)
                damaged = fault.name == APART and \
                    rig.run("e2fsck", "-fn", disk.image, status=None).status != 0
                wrong.append(Wrong(when, error, damaged))
    finally:
        disk.close()
    if fault.name == APART:
        return (fault, True, answer.status, [one.text for one in wrong if not one.damaged],
                [one.text for one in wrong if one.damaged])
    return fault, True, answer.status, bad + [one.text for one in wrong], []


def _prepare(place):
    return recording.prepare_store(SHARED["machine"], SHARED["versions"], place, "ext4",
                                options=OPTIONS)


def _count(name):
    """How many places the install has for a fault."""
    _, counts, _, _ = install(Fault(name, None, 0), disks.corner(SHARED["machine"].place))
    return name, counts[FAULTS[name][2]]


def run(machine, versions=None, *, seed=1, jobs=2, places=8, only="", place=None):
    """The tier: results, one a fault. places: so many of each over the install; 0 is all."""
    names = [name for name in FAULTS if only in name]
    if not names:
        raise rig.Trouble(f"no fault is named “{only}”")
    versions = versions or recording.make_versions(machine)
    SHARED.update(machine=machine, versions=versions)
    disks.build(machine.place)
    with open(f"{machine.place}/content", "wb") as file:
        file.write(b"".join(sorted(content_blocks(f"{machine.place}/tree.1.2.0"))))
    corner = disks.corner(machine.place)
    SHARED["base"], SHARED["size"] = next(disks.spread(_prepare, [corner], 1, machine.place))
    numbers = dict(disks.spread(_count, names, jobs, machine.place))
    chance, faults = random.Random(seed), []
    for name, number in numbers.items():
        if not number:
            raise rig.Trouble(f"the install has no place for “{name}”")
        if place is not None:
            faults.append(Fault(name, place, chance.getrandbits(32)))
            continue
        step = number / places if places and places < number else 1
        start = chance.random() * step if step > 1 else 0
        at = start
        while at < number:
            faults.append(Fault(name, int(at), chance.getrandbits(32)))
            at += step
    begun = time.monotonic()
    results = {name: {"name": "device: " + name, "states": 0, "bad": [], "notes": "", "seed": seed,
                      "seconds": 0, "ends": {}, "lost": 0} for name in names}
    for fault, happened, status, bad, lost in disks.spread(attempt, faults, jobs, machine.place):
        result = results[fault.name]
        if happened:
            result["states"] += 1
            result["ends"][status] = result["ends"].get(status, 0) + 1
        result["lost"] += bool(lost)
        result["bad"] += [f"seed {seed}, place {fault.place} of {numbers[fault.name]}, its seed "
                          f"{fault.seed}: {line}" for line in bad]
    for name, result in results.items():
        result["seconds"] = (time.monotonic() - begun) / len(results)
        ends, lost = result.pop("ends"), result.pop("lost")
        result["notes"] = f"{numbers[name]} places; ended with " + ", ".join(
            f"{status} {count} times" for status, count in sorted(ends.items(), key=str))
        if name == APART:
            result["notes"] += f"; {lost} left a file system that says itself that it is damaged"
        if not result["states"]:
            result["bad"].append("the fault never came to pass")
        if FAULTS[name][0] in "dc" and name != APART and not ends.get(READ_BACK):
            result["bad"].append("the read-back caught nothing")
    return list(results.values())


def main():
    words = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--programs", default=f"{rig.PROJECT}/.build/ship")
    words.add_argument("--builder", help="where nacelle-bundle stands, if elsewhere")
    words.add_argument("--places", type=int, default=8)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument("--only", default="")
    words.add_argument("--place", type=int)
    asked = words.parse_args()
    with disks.Place("device") as place:
        machine = rig.Rig(place, asked.programs, asked.builder)
        return 1 if blocks.show(run(machine, seed=asked.seed, jobs=asked.jobs, places=asked.places,
                                    only=asked.only, place=asked.place)) else 0


if __name__ == "__main__":
    sys.exit(main())
