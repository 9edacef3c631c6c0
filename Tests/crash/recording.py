"""Commands of the agent, recorded at the blocks: what reached the disk in which order, and what was
promised at which place of it.
"""
import os
import signal
import subprocess
import time

import disks
import oracle
import rig


class Expect:
    """What a command that ended well has promised."""

    def __init__(self, versions, denied=(), floor=0, ready=None, attempts=None):
        self.versions, self.denied, self.floor = frozenset(versions), frozenset(denied), floor
        # The version in the spare slot that is ready; {version in trial: boots that were counted}.
        self.ready, self.attempts = ready, attempts or {}


class Step:
    """A command that was recorded: what may run while it works, and what it promised at which place
    of the log."""

    def __init__(self, name, during, after):
        self.name, self.during, self.after, self.end = name, frozenset(during), after, None


class Recording:
    """A disk before the commands, all that reached it, and what was promised when."""

    def __init__(self, kind, options, size, base, before, steps, entries):
        self.kind, self.options, self.size, self.base = kind, options, size, base
        self.before, self.steps, self.entries = before, steps, entries

    def at(self, count):
        """What was promised when so many entries were in the log, and the step under way."""
        end = self.entries[count - 1].end if count else 0
        promised = self.before
        for step in self.steps:
            if end < step.end:
                return promised, step
            promised = step.after
        return promised, None


def make_versions(machine, payload=40_000):
    """The versions of the recorded commands; 9.0.0 is what comes afterwards."""
    sick = ("1.3.0", "1.7.0")
    return {name: machine.make(name, counter, payload, healthy=name not in sick)
            for counter, name in enumerate(["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0",
                                            "1.6.0", "1.7.0", "9.0.0"], 1)}


def callcut(place):
    """Compiles callcut; where it stands."""
    program = f"{place}/callcut"
    if not os.path.exists(program):
        rig.run("cc", "-std=gnu17", "-O2", "-o", program, rig.HERE / "callcut.c")
    return program


def must(answer, status=0):
    """A command that is recorded has to end so."""
    if answer.status != status:
        raise rig.Trouble(f"a recorded command ended with {answer!r}")
    return answer


def cut_filling(machine, config, store, bundle):
    """Kills an install while it fills the spare slot.

    Each run is killed some calls later than the one before, which it resumes: none passes over the
    filling, however its calls are numbered this time.
    """
    spare = {"a": "b", "b": "a"}[oracle.Store.at(store).running]
    seen = []
    for number in range(8, 160, 4):
        answer = rig.run(callcut(machine.place), "--below", store, "--kill", number, "--",
                         machine.nacelle_program, "install", bundle, "--config", config, status=None)
        record = oracle.Store.at(store).record(spare)
        held = os.listdir(f"{store}/slots/{spare}") if os.path.isdir(f"{store}/slots/{spare}") else []
        if record and record["state"] == "filling" and held:
            return
        seen.append((number, answer.status, record and record["state"], len(held)))
    raise rig.Trouble(f"no install was cut while it filled its slot: {seen}")


def cut_probation(machine, config, store, bundle):
    """Kills an install of a version that is not healthy when it is in trial."""
    before = os.readlink(f"{store}/current")
    # Its probe hangs, so that there is time to see the trial.
    slow = f"{config}.slow"
    with open(config) as source, open(slow, "w") as target:
        for line in source:
            target.write('probe: {command: [/bin/sleep, "2"], timeout: 20s}\n'
                         if line.startswith("probe:") else line)
    process = subprocess.Popen([machine.nacelle_program, "install", bundle, "--config", slow],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while os.readlink(f"{store}/current") == before and time.monotonic() < end:
        if process.poll() is not None:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if os.readlink(f"{store}/current") == before:
        raise rig.Trouble("no trial to cut was seen")


def perform(machine, versions, config, disk, store):
    """The commands that are recorded, each with what it promises."""

    def install(name, *words, status=0):
        return must(machine.nacelle(config, "install", versions[name].bundle, *words), status)

    def boot():
        return must(machine.nacelle(config, "boot", "--console", "/dev/null"))

    def resume(name):
        cut_filling(machine, config, store, versions[name].bundle)

    denied, steps = set(), []

    def step(name, during, after, do, *words, **more):
        do(*words, **more)
        steps.append(Step(name, during, after))
        steps[-1].end = disk.position()

    def expect(version, floor, **more):
        versions = {version} if isinstance(version, str) else version
        return Expect(versions, denied, floor, **more)

    before = expect("1.1.0", 2)
    step("install 1.2.0", {"1.1.0", "1.2.0"}, expect("1.2.0", 3), install, "1.2.0")
    denied.add("1.2.0")
    step("rollback", {"1.1.0", "1.2.0"}, expect("1.1.0", 3),
         lambda: must(machine.nacelle(config, "rollback")))
    denied.add("1.3.0")
    step("install 1.3.0, which falls back", {"1.1.0", "1.3.0"}, expect("1.1.0", 3), install,
         "1.3.0", status=30)
    denied.add("1.0.0")
    step("deny 1.0.0", {"1.1.0"}, expect("1.1.0", 3),
         lambda: must(machine.nacelle(config, "deny", "1.0.0")))
    step("install --prepare 1.5.0", {"1.1.0"}, expect("1.1.0", 3, ready="1.5.0"), install, "1.5.0",
         "--prepare")
    step("activate", {"1.1.0", "1.5.0"}, expect("1.5.0", 6),
         lambda: must(machine.nacelle(config, "activate")))
    step("install 1.6.0, killed", {"1.5.0"}, expect("1.5.0", 6), resume, "1.6.0")
    step("install 1.6.0, resumed", {"1.5.0", "1.6.0"}, expect("1.6.0", 7), install, "1.6.0")
    both = {"1.6.0", "1.7.0"}
    step("install 1.7.0, killed in trial", both, expect(both, 7), cut_probation, machine, config,
         store, versions["1.7.0"].bundle)
    step("boot 1 of a trial", both, expect(both, 7, attempts={"1.7.0": 1}), boot)
    step("boot 2 of a trial", both, expect(both, 7, attempts={"1.7.0": 2}), boot)
    step("boot that falls back", both, expect("1.6.0", 7), boot)
    return before, steps


def prepare_store(machine, versions, place, kind, megabytes=None, making=(), options=None):
    """A disk with a store in which 1.1.0 runs and 1.0.0 can be gone back to: (content, size)."""
    image = f"{place}/new.img"
    disks.make_file_system(image, kind, megabytes, making)
    size, content = os.path.getsize(image), disks.read_content(image)
    os.unlink(image)
    disk = disks.Mounted(place, kind, size, options)
    try:
        disk.start(content)
        os.mkdir(f"{disk.mount}/store")
        config = machine.configure(f"{place}/config.yaml", f"{disk.mount}/store")
        for name in ("1.0.0", "1.1.0"):
            must(machine.nacelle(config, "install", versions[name].bundle))
        disk.stop()
        return disks.read_content(disk.image), size
    finally:
        disk.close()
        os.unlink(disk.image)


def record(machine, versions, place, kind, options=None, making=()):
    """Records the commands on a file system; runs in a process with mounts of its own."""
    base, size = prepare_store(machine, versions, place, kind, making=making, options=options)
    disk = disks.BlockDisk(disks.build(machine.place), place, base, size, kind, options)
    try:
        disk.start()
        store = f"{disk.mount}/store"
        config = machine.configure(f"{place}/config.yaml", store)
        before, steps = perform(machine, versions, config, disk, store)
        # What follows, an orderly end, is no power cut.
        end = disk.position()
        disk.stop()
    finally:
        disk.close()
    entries = [entry for entry in disks.read_log(disk.log) if entry.end <= end]
    for path in (disk.image, disk.log):
        os.unlink(path)
    if sum(entry.kind == "W" for entry in entries) < 100 or not any(e.kind == "F" for e in entries):
        raise rig.Trouble(f"{kind}: {len(entries)} entries were recorded, which cannot be all")
    return Recording(kind, disk.options, size, base, before, steps, entries)


def _record(task):
    machine, versions, kind, options, making = task
    place = disks.corner(machine.place)
    try:
        return record(machine, versions, place, kind, options, making)
    except (rig.Trouble, oracle.Bad, OSError) as error:
        raise RuntimeError(f"recording on {kind}: {error}") from None


def record_all(machine, versions, wanted, jobs):
    """Records on several file systems, [(kind, mount options, words for mkfs)], some at a time."""
    disks.build(machine.place)
    callcut(machine.place)
    tasks = [(machine, versions, *words) for words in wanted]
    made = list(disks.spread(_record, tasks, min(jobs, len(tasks)), machine.place))
    return sorted(made, key=lambda recording: list(disks.KINDS).index(recording.kind))
