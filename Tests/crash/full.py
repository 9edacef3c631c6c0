"""Disks and inode tables that are really full, from nothing left to enough and past it.

    full.py [--programs DIR] [--every] [--kind ext4|xfs] [--seed N] [--jobs N]

Each command is run with so much left; what runs must be whole, and going back and booting work
while the disk is full. Then space is freed: the next install works, and nothing is left over.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import time

import blocks
import disks
import oracle
import recording
import rig

DENIED, NO_SPACE, NOTHING_TO_GO_BACK_TO = 15, 17, 31
# So few that a sweep over them is quick; a store and its versions need some sixty.
INODES = 160
# Blocks of 4096 bytes, or inodes, that are left; an install asks for 2 MiB beside its tree.
FEW = (0, 1, 2, 3, 5, 8, 16, 40, 120, 300)
BLOCKS_OF_INSTALL = (0, 1, 4, 60, 400, 480, 500, 510, 514, 518, 522, 526, 530, 540, 560, 700)
INODES_OF_INSTALL = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 20, 30)
# Blocks that are left to an install of a larger version when the disk fills while it works.
BLOCKS_MEANWHILE = (0, 1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 384, 512, 640, 700, 760, 800, 900, 1100)


class Command:
    """A command, on which store it is run, how it may end, and what runs then."""

    def __init__(self, name, base, words, statuses, versions, denied=()):
        self.name, self.base, self.words, self.statuses = name, base, words, statuses
        self.versions, self.denied = versions, set(denied)


COMMANDS = [
    Command("install", "good", ("install", "1.2.0"), {0, NO_SPACE}, {"1.1.0", "1.2.0"}),
    Command("install while it fills", "good", ("install", "8.0.0"), {0, NO_SPACE},
            {"1.1.0", "8.0.0"}),
    Command("activate", "ready", ("activate",), {0, NO_SPACE}, {"1.1.0", "1.5.0"}),
    Command("rollback", "good", ("rollback",), {0}, {"1.0.0"}, {"1.1.0"}),
    Command("deny", "good", ("deny", "1.0.0"), {0}, {"1.1.0"}, {"1.0.0"}),
    Command("boot that counts", "trial", ("boot",), {0}, {"1.7.0"}),
    Command("boot that falls back", "spent", ("boot",), {0}, {"1.1.0"}),
    Command("boot that recovers", "cut", ("boot",), {0}, {"1.0.0"}),
]
SHARED, OWN = {}, {}


class Filler:
    """Takes what is free on a file system, but for so much."""

    def __init__(self, mount):
        self.mount = mount

    def blocks(self, left):
        """Takes the blocks but for so many."""
        with open(f"{self.mount}/filler", "ab") as file:
            for piece in (1 << 22, 1 << 16, disks.BLOCK):
                while True:
                    try:
                        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, piece)
                    except OSError:
                        break
            if left:
                file.truncate(max(0, os.fstat(file.fileno()).st_size - left * disks.BLOCK))
                # What was given back can be had only after it is durable that it was.
                os.fsync(file.fileno())

    def inodes(self, left):
        """Takes the inodes but for so many."""
        folder = f"{self.mount}/filled"
        os.makedirs(folder, exist_ok=True)
        made = []
        try:
            while True:
                made.append(f"{folder}/{len(made)}")
                open(made[-1], "x").close()
        except OSError:
            made.pop()
        for path in made[len(made) - left:] if left else ():
            os.unlink(path)
        os.sync()

    def free(self):
        """Gives all back."""
        if os.path.exists(f"{self.mount}/filler"):
            os.unlink(f"{self.mount}/filler")
        shutil.rmtree(f"{self.mount}/filled", ignore_errors=True)
        os.sync()


def prepare(place):
    """The stores on which the commands are run: {name: content}, and the disk's size."""
    machine, versions, kind = SHARED["machine"], SHARED["versions"], SHARED["kind"]
    making = ["-N", str(INODES)] if kind == "ext4" else []
    content, size = recording.prepare_store(machine, versions, place, kind, making=making)
    disk = disks.Mounted(place, kind, size)
    store = f"{disk.mount}/store"
    config = machine.configure(f"{place}/config.yaml", store)
    contents = {"good": content}

    def make(name, base, *doings):
        disk.start(contents[base])
        for doing in doings:
            doing()
        disk.stop()
        contents[name] = disks.read_content(disk.image)

    def cut_rollback():
        before = oracle.Store.at(store).running
        for number in range(1, 80):
            rig.run(recording.callcut(machine.place), "--below", store, "--kill", number, "--",
                    machine.nacelle_program, "rollback", "--config", config, status=None)
            state = oracle.Store.at(store)
            if state.running != before:
                raise rig.Trouble("the rollback was not cut between its record and its rename")
            if state.record(before)["state"] == "bad":
                return
        raise rig.Trouble("the rollback does not come to its record")

    def boot():
        recording.must(machine.nacelle(config, "boot", "--console", "/dev/null"))

    make("trial", "good",
         lambda: recording.cut_probation(machine, config, store, versions["1.7.0"].bundle))
    make("spent", "trial", boot, boot)
    make("ready", "good", lambda: recording.must(
        machine.nacelle(config, "install", "--prepare", versions["1.5.0"].bundle)))
    make("cut", "good", cut_rollback)
    disk.close()
    return contents, size


class Case:
    """A command with so much left of one thing."""

    def __init__(self, command, what, left):
        self.command, self.what, self.left = command, what, left

    def __str__(self):
        return f"{self.command.name}, {self.left} {self.what} left"


def leftovers(store):
    """Replacements that were not finished, and what of the reserve is missing."""
    found = []
    for folder, names, files in os.walk(store):
        if "/slots/" not in folder + "/":
            found += [f"{folder}/{name}" for name in names + files if name.endswith(".new")]
    for name in ("state/reserve.0", "state/reserve.1", "records/reserve.0", "records/reserve.1",
                 "state/reserve.inode.0", "state/reserve.inode.1", "state/reserve.inode.2"):
        if not os.path.exists(f"{store}/{name}"):
            found.append(f"no {name}")
    return found


def install_while_filling(config, store, disk, case):
    """Fills the disk as soon as the install has begun to fill its slot."""
    machine, versions = SHARED["machine"], SHARED["versions"]
    spare = {"a": "b", "b": "a"}[oracle.Store.at(store).running]
    process = subprocess.Popen([machine.nacelle_program, "install", "--config", config,
                                versions["8.0.0"].bundle], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if os.path.exists(f"{store}/slots/{spare}/weights/model.bin") and \
                oracle.Store.at(store).record(spare)["version"] == "8.0.0":
            Filler(disk.mount).blocks(case.left)
            break
    text, _ = process.communicate(timeout=60)
    return rig.Answer(process.returncode, text.decode(errors="replace"))


def attempt(case):
    """Tries a case: (case, status, what is bad or None)."""
    machine, versions = SHARED["machine"], SHARED["versions"]
    if not OWN:
        place = disks.corner(machine.place)
        disk = disks.Mounted(place, SHARED["kind"], SHARED["size"])
        OWN.update(disk=disk,
                   config=machine.configure(f"{place}/config.yaml", f"{disk.mount}/store"))
    disk, config, command = OWN["disk"], OWN["config"], case.command
    store, status = f"{disk.mount}/store", None

    def agent(*words):
        return machine.nacelle(config, *words)

    def whole(versions, at_rest=False):
        runs = oracle.check(oracle.Store.at(store), machine.versions, at_rest=at_rest)
        if runs not in versions:
            raise oracle.Bad(f"{runs} runs, and only {', '.join(sorted(versions))} may")
        return runs

    def boot(when, versions):
        answer = agent("boot", "--console", "/dev/null")
        if answer.status:
            raise oracle.Bad(f"boot {when}: {answer!r}")
        return whole(versions, at_rest=True)

    disk.start(SHARED["contents"][command.base])
    try:
        filler = Filler(disk.mount)
        if command.name == "install while it fills":
            answer = install_while_filling(config, store, disk, case)
        else:
            getattr(filler, case.what)(case.left)
            words = [versions[word].bundle if command.words[0] == "install" and word in versions
                     else word for word in command.words]
            if words == ["boot"]:
                words += ["--console", "/dev/null"]
            answer = agent(*words)
        status = answer.status
        if status not in command.statuses:
            raise oracle.Bad(f"it ended with {answer!r}")
        runs = whole(command.versions)
        if status == 0 and runs not in (command.versions - {"1.1.0"} or {"1.1.0"}):
            raise oracle.Bad(f"it succeeded, and {runs} runs")
        if not command.denied <= oracle.Store.at(store).denied:
            raise oracle.Bad("the denial is not there")
        if command.name == "boot that counts":
            state = oracle.Store.at(store)
            if state.record(state.running)["attempts"] != 1:
                raise oracle.Bad("the boot was not counted")
        # A further boot may leave a trial; what it leaves it for is the version before.
        ever = command.versions | {"1.1.0"}
        runs = boot("while it is full", ever)
        state = oracle.Store.at(store)
        spare = state.record({"a": "b", "b": "a"}[state.running])
        can = spare and spare["whole"] and spare["state"] == "good" \
            and spare["version"] not in state.denied
        answer = agent("rollback")
        # The reserve serves one change of what runs, and a failed install has made none.
        may = {0} if can and status and command.words[0] == "install" else \
            {0, NO_SPACE} if can else {0, DENIED, NO_SPACE, NOTHING_TO_GO_BACK_TO}
        if answer.status not in may:
            raise oracle.Bad(f"a rollback while it is full: {answer!r}")
        ever |= {"1.0.0"}
        boot("after a rollback while it is full", ever)
        filler.free()
        boot("after space was freed", ever)
        blocks.install_next(machine, config, store, versions["9.0.0"])
        left = leftovers(store)
        if left:
            raise oracle.Bad("in the end there is " + ", ".join(left))
        return case, status, None
    except (oracle.Bad, OSError, ValueError, subprocess.TimeoutExpired) as error:
        return case, status, f"{type(error).__name__}: {error}"
    finally:
        disk.stop()


def cases(every, kind):
    """What is tried."""
    made = []
    for command in COMMANDS:
        if command.name == "install while it fills":
            made += [Case(command, "blocks", left)
                     for left in (range(0, 1200, 3) if every else BLOCKS_MEANWHILE)]
            continue
        install = command.name == "install"
        made += [Case(command, "blocks", left) for left in
                 (range(0, 720) if install else range(0, 160)) if every] or \
                [Case(command, "blocks", left) for left in (BLOCKS_OF_INSTALL if install else FEW)]
        # XFS makes inodes as it needs them.
        if kind == "ext4":
            made += [Case(command, "inodes", left) for left in
                     (range(0, 40) if every else INODES_OF_INSTALL if install else FEW[:6])]
    return made


def run(machine, versions=None, *, seed=1, jobs=2, every=False, kind="ext4"):
    """The tier: results, one a command."""
    versions = dict(versions or recording.make_versions(machine))
    if "8.0.0" not in versions:
        versions["8.0.0"] = machine.make("8.0.0", 100, payload=3_000_000)
    versions["9.0.0"] = machine.make("9.0.0", 101)
    SHARED.update(machine=machine, versions=versions, kind=kind)
    recording.callcut(machine.place)
    corner = disks.corner(machine.place)
    SHARED["contents"], SHARED["size"] = next(disks.spread(prepare, [corner], 1, machine.place))
    chosen = cases(every, kind)
    random.Random(seed).shuffle(chosen)
    begun = time.monotonic()
    results = {}
    for case, status, bad in disks.spread(attempt, chosen, jobs, machine.place):
        result = results.setdefault(case.command.name, {
            "name": f"full disk, {kind}: {case.command.name}", "states": 0, "bad": [], "ends": {},
            "seed": seed})
        result["states"] += 1
        result["ends"][status] = result["ends"].get(status, 0) + 1
        if bad:
            result["bad"].append(f"{case}: {bad}")
    for result in results.values():
        ends = result.pop("ends")
        result["seconds"] = (time.monotonic() - begun) / len(results)
        result["notes"] = "ended with " + ", ".join(
            f"{status} {count} times" for status, count in sorted(ends.items(), key=str))
        # A sweep that never met a full disk, or never enough of it, is none.
        if "install" in result["name"] and not (ends.get(0) and ends.get(NO_SPACE)):
            result["bad"].append("the sweep did not go from no space to success")
    return list(results.values())


def main():
    words = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--programs", default=f"{rig.PROJECT}/.build/ship")
    words.add_argument("--builder", help="where nacelle-bundle stands, if elsewhere")
    words.add_argument("--every", action="store_true", help="each number, not a choice of them")
    words.add_argument("--kind", choices=("ext4", "xfs"), default="ext4")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--jobs", type=int, default=2)
    asked = words.parse_args()
    with disks.Place("full") as place:
        machine = rig.Rig(place, asked.programs, asked.builder)
        return 1 if blocks.show(run(machine, seed=asked.seed, jobs=asked.jobs, every=asked.every,
                                    kind=asked.kind)) else 0


if __name__ == "__main__":
    sys.exit(main())
