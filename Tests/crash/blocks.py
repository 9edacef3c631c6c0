"""Power cuts at the blocks: what reaches the disk is recorded, and each state that a power cut
could leave is mounted, judged, booted, and on a sample installed upon.

    blocks.py [--programs DIR] [--kind ext4|xfs|btrfs] [--options WORDS] [--states N] [--seed N]
              [--jobs N] | --again DIR

--states 0 takes each prefix of the log and five states beside each. The first bad state of a
recording is kept, with all that is needed to try it once more, in .build/crash/; --again does that.
"""
import argparse
import os
import pickle
import random
import shutil
import subprocess
import sys
import time

import disks
import oracle
import rig
from recording import make_versions, record_all

# Of a number of states this share is the log's prefixes; the rest loses or tears unflushed writes.
PREFIXES = 0.5
# One state in so many has another version installed on it.
INSTALLED = 8
# One state in so many loses its power again so often, in its recovery and boot.
AGAIN, CUTS = 16, 3


class State:
    """A state of the disk that is tried: so many entries of the log, and how of them."""

    __slots__ = ("number", "count", "mode", "seed")

    def __init__(self, number, count, mode, seed):
        self.number, self.count, self.mode, self.seed = number, count, mode, seed

    def content(self, recording, cursor):
        """The disk's content; the cursor is what all states until here share."""
        if self.mode == "prefix":
            cursor.go(self.count)
            return cursor.content
        flushed = recording.flushed[self.count]
        cursor.go(flushed)
        chance = random.Random(self.seed)
        share = None if self.mode == "torn" else chance.choice((0.1, 0.5, 0.9))
        return disks.cut_power(cursor.content, recording.entries[flushed:self.count], chance, share)


class Cursor:
    """The content after so many entries; goes on from where it stands."""

    def __init__(self, recording):
        self.recording, self.content, self.count = recording, dict(recording.base), 0

    def go(self, count):
        """Moves to the content after so many entries."""
        if count < self.count:
            self.content, self.count = dict(self.recording.base), 0
        for entry in self.recording.entries[self.count:count]:
            disks.apply(self.content, entry)
        self.count = count


def choose(recording, number, seed):
    """The states that are tried: all prefixes and five beside each where number is 0."""
    chance, last = random.Random(seed), 0
    recording.flushed = [0]
    for index, entry in enumerate(recording.entries):
        last = index + 1 if entry.kind == "F" else last
        recording.flushed.append(last)
    every = range(len(recording.entries) + 1)
    # After a flush nothing is left to lose.
    open_ends = [count for count in every if recording.flushed[count] < count]
    if number:
        prefixes = min(len(every), int(number * PREFIXES))
        prefixes = sorted({round(n * (len(every) - 1) / max(1, prefixes - 1))
                           for n in range(prefixes)})
        others = [(chance.choice(open_ends), mode) for n in range(number - len(prefixes))
                  for mode in (("lost", "torn")[n % 2],)]
    else:
        prefixes = every
        others = [(count, mode) for count in open_ends
                  for mode in ("lost", "torn", "lost", "torn", "lost")]
    chosen = [(count, "prefix") for count in prefixes] + others
    chosen.sort(key=lambda one: one[0] if one[1] == "prefix" else recording.flushed[one[0]])
    return [State(n, count, mode, chance.getrandbits(32))
            for n, (count, mode) in enumerate(chosen)]


def judge(store, versions, promised, step, at_rest=False):
    """Holds a store against what was promised; raises Bad, else what runs."""
    version = oracle.check(store, versions, at_rest=at_rest)
    allowed = promised.versions | (step.during | step.after.versions if step else set())
    if version not in allowed:
        raise oracle.Bad(f"{version} runs, and only {', '.join(sorted(allowed))} may")
    if not promised.denied <= store.denied:
        raise oracle.Bad(f"{promised.denied - store.denied} is no longer denied")
    if store.floor < promised.floor:
        raise oracle.Bad(f"the floor is {store.floor}, and was {promised.floor}")
    return version


def judge_details(store, version, promised, step):
    """What only holds until the next boot: what is ready, and counted boots."""
    record = store.record(store.running)
    if record["state"] == "trial" and record["attempts"] < promised.attempts.get(version, 0):
        raise oracle.Bad(f"{version} was booted {promised.attempts[version]} times, and "
                         f"{record['attempts']} are counted")
    if promised.ready and (step is None or step.name == "activate"):
        record = next((store.record(slot) for slot in oracle.SLOTS if store.record(slot)
                       and store.record(slot)["version"] == promised.ready), None)
        if not record or not record["whole"]:
            raise oracle.Bad(f"{promised.ready} was ready, and is not")


def install_next(machine, config, path, version):
    """The next install has to work; a trial that a power cut left is gone back from first."""
    store = oracle.Store.at(path)
    words = [("install", version.bundle)]
    if store.record(store.running)["state"] == "trial":
        words.insert(0, ("rollback",))
    for command in words:
        answer = machine.nacelle(config, *command)
        if answer.status:
            raise oracle.Bad(f"the next {command[0]}: {answer!r}")
    runs = oracle.check(oracle.Store.at(path), machine.versions, at_rest=True)
    if runs != version.name:
        raise oracle.Bad(f"after the install of {version.name}, {runs} runs")


# What a worker keeps between states; the recording comes by fork.
SHARED = {}
OWN = {}


def own():
    """This worker's disk and configuration for the recording, made with its first state."""
    machine, recording = SHARED["machine"], SHARED["recording"]
    if OWN.get("recording") is not recording:
        place = disks.corner(machine.place)
        disk = disks.Mounted(place, recording.kind, recording.size, recording.options)
        OWN.update(recording=recording, cursor=Cursor(recording), disk=disk, place=place,
                   config=machine.configure(f"{place}/config.yaml", f"{disk.mount}/store"))
    return OWN["disk"], OWN["config"]


def boot(config):
    """What a machine does when its power comes back."""
    answer = SHARED["machine"].nacelle(config, "boot", "--console", "/dev/null")
    if answer.status:
        raise oracle.Bad(f"boot: {answer!r}")


def look(content, promised, step, installs=False):
    """Mounts a disk's content, judges it, and boots; the next install where it is wanted."""
    machine, (disk, config) = SHARED["machine"], own()
    disk.start(content)
    try:
        path = f"{disk.mount}/store"
        store = oracle.Store.at(path)
        judge_details(store, judge(store, machine.versions, promised, step), promised, step)
        boot(config)
        judge(oracle.Store.at(path), machine.versions, promised, step, at_rest=True)
        if installs:
            install_next(machine, config, path, SHARED["versions"]["9.0.0"])
    finally:
        disk.stop()


def cut_again(content, promised, step, seed):
    """Records the file system's recovery and a boot, and cuts the power in them some times."""
    machine, recording, chance = SHARED["machine"], SHARED["recording"], random.Random(seed)
    disk = disks.BlockDisk(disks.build(machine.place), OWN["place"], content, recording.size,
                           recording.kind, recording.options)
    try:
        disk.start()
        boot(machine.configure(f"{OWN['place']}/again.yaml", f"{disk.mount}/store"))
        end = disk.position()
    finally:
        disk.close()
    entries = [entry for entry in disks.read_log(disk.log) if entry.end <= end]
    for number in range(CUTS):
        count = chance.randrange(len(entries) + 1)
        cut = disks.cut_power(content, entries[:count], chance, chance.choice((None, 0.1, 0.5, 1)))
        try:
            look(cut, promised, step)
        except (oracle.Bad, OSError, ValueError) as error:
            raise oracle.Bad(f"power cut {number} in the boot after it, {count} of {len(entries)} "
                             f"entries: {type(error).__name__}: {error}") from None


def attempt(state):
    """Tries a state: (state, what is bad or None, whether it was installed upon, states)."""
    recording = SHARED["recording"]
    own()
    promised, step = recording.at(state.count)
    installs, again = state.number % INSTALLED == 0, state.number % AGAIN == 1
    content = dict(state.content(recording, OWN["cursor"]))
    try:
        look(content, promised, step, installs)
        if again:
            cut_again(content, promised, step, state.seed)
        fault = None
    except (oracle.Bad, OSError, ValueError, subprocess.TimeoutExpired) as error:
        fault = f"{type(error).__name__}: {error}"
    return state, fault, installs, 1 + again * CUTS


def keep(machine, versions, recording, state):
    """Keeps all that is needed to try a state again; the directory, and tells how."""
    place = f"{rig.PROJECT}/.build/crash/{os.getpid()}-{recording.kind}-{state.number}"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(machine.place, f"{place}/machine",
                    ignore=shutil.ignore_patterns("worker-*", "tree.*", "run"))
    with open(f"{place}/state", "wb") as file:
        pickle.dump((machine, versions, recording, state), file)
    return place


def again(place):
    """Tries a kept state once more."""
    with open(f"{place}/state", "rb") as file:
        machine, versions, recording, state = pickle.load(file)
    shutil.copytree(f"{place}/machine", machine.place)
    os.makedirs(f"{machine.place}/run", exist_ok=True)
    SHARED.update(machine=machine, versions=versions, recording=recording)
    try:
        for _, fault, _, _ in disks.spread(attempt, [state], 1, machine.place):
            print(fault or "nothing is bad")
            return 1 if fault else 0
    finally:
        shutil.rmtree(machine.place)


def replay(machine, versions, recording, *, states, seed, jobs):
    """Tries states of a recording: a dictionary with name, states, bad, notes, seconds."""
    start = time.monotonic()
    SHARED.update(machine=machine, versions=versions, recording=recording)
    chosen = choose(recording, states, seed)
    # One file system of btrfs is only one however often it is copied.
    jobs = 1 if recording.kind == "btrfs" else jobs
    name = " ".join(filter(None, ("blocks on", recording.kind, recording.options)))
    bad, done, second, installed, modes = [], 0, 0, 0, {}
    for state, fault, installs, tried in disks.spread(attempt, chosen, jobs, machine.place):
        done += tried
        second += tried - 1
        installed += installs
        modes[state.mode] = modes.get(state.mode, 0) + 1
        if fault:
            _, step = recording.at(state.count)
            kept = "" if bad else \
                f"; blocks.py --again {keep(machine, versions, recording, state)}"
            bad.append(f"seed {seed}, number {state.number} of {len(chosen)}, {state.mode} of "
                       f"{state.count} of {len(recording.entries)} entries, in “"
                       f"{step.name if step else 'the end'}”: {fault}{kept}")
    if not done:
        raise rig.Trouble(f"{name}: no state was tried")
    kinds = [entry.kind for entry in recording.entries]
    notes = (f"{kinds.count('W')} writes, {kinds.count('F')} flushes, {kinds.count('D')} discards "
             f"of {len(recording.steps)} commands; "
             + ", ".join(f"{count} {mode}" for mode, count in sorted(modes.items()))
             + f", {second} second cuts in recovery and boot; {installed} were installed upon")
    return {"name": name, "states": done, "bad": bad, "notes": notes, "seed": seed,
            "seconds": time.monotonic() - start}


def run(machine, versions=None, *, seed=1, jobs=2, states=None, wanted=None):
    """The tier: results, one a file system. states: {kind: number}; wanted: as for record_all."""
    versions = versions or make_versions(machine)
    wanted = wanted or [("ext4", None, ()), ("xfs", None, ()), ("btrfs", None, ())]
    states = states or {"ext4": 440, "xfs": 60, "btrfs": 40}
    return [replay(machine, versions, recording, states=states[recording.kind], seed=seed,
                   jobs=jobs) for recording in record_all(machine, versions, wanted, jobs)]


def show(results):
    """Prints results; the number of bad states."""
    for result in results:
        print(f"{result['name']}: {result['states']} states in {result['seconds']:.0f} s, "
              f"{len(result['bad'])} bad ({result['notes']})", flush=True)
        for line in result["bad"][:20]:
            print("  BAD " + line)
    return sum(len(result["bad"]) for result in results)


def main():
    words = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--programs", default=f"{rig.PROJECT}/.build/ship")
    words.add_argument("--builder", help="where nacelle-bundle stands, if elsewhere")
    words.add_argument("--kind", choices=list(disks.KINDS), action="append")
    words.add_argument("--options", help="of the mount")
    words.add_argument("--states", type=int, default=200)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument("--again", metavar="DIR")
    asked = words.parse_args()
    if asked.again:
        return again(asked.again)
    with disks.Place("blocks") as place:
        machine = rig.Rig(place, asked.programs, asked.builder)
        versions = make_versions(machine)
        recordings = record_all(machine, versions, [(kind, asked.options, ())
                                                    for kind in asked.kind or ["ext4"]], asked.jobs)
        return 1 if show([replay(machine, versions, recording, states=asked.states, seed=asked.seed,
                                 jobs=asked.jobs)
                          for recording in recordings]) else 0


if __name__ == "__main__":
    sys.exit(main())
