"""Commands killed at every change that they make, and changes that fail: nothing of it leaves a machine
without a whole version.

kills      SIGKILL before each call that changes the store, then boot, then the next command
again      the same, and boot or the repeated command is killed too
errors     ENOSPC and EIO at each such call, once and from there on for ever; short writes
"""
import concurrent.futures
import copy
import os
import random
import re
import threading

from operations import calls_of, judge
from oracle import Bad, Store
from rig import PROJECT, Trouble


def statuses():
    """The exit statuses that are documented."""
    text = (PROJECT / "docs/exit-codes.md").read_text()
    return {int(line.split("|")[1]) for line in text.splitlines() if re.match(r"\| \d+ \|", line)}


class Result:
    """What a tier tried and found."""

    def __init__(self, name):
        self.name, self.tried, self.bad, self.notes = name, 0, [], []
        self.lock = threading.Lock()

    def add(self, count=1):
        with self.lock:
            self.tried += count

    def fail(self, text):
        with self.lock:
            self.bad.append(text)


def look(bench, operation, store, told, *, at_rest=False):
    """Holds the store at a path against what may be after an interruption; the version that runs."""
    return judge(bench, operation, Store.at(store), told, at_rest=at_rest)


def boots(bench, operation, store, config, told):
    """The machine starts: what must be mended is, and what was told stays true.

    A boot counts, and goes back where it must; what was told of a version before it may end so.
    """
    answer = bench.rig.nacelle(config, "boot")
    if answer.status:
        raise Bad(f"nacelle boot ends with {answer!r}")
    return look(bench, operation, store, told and operation.words != ["boot"], at_rest=True)


def settles(bench, name, operation, store, config, told, repeat):
    """What follows an interruption, at its end a next install; once for each state that is left."""
    key = (operation.name, told, repeat, bench.print(store))
    if not operation.reports and key in bench.settled:
        return
    boots(bench, operation, store, config, told)
    bench.judge(name, operation, config)
    if repeat:
        repeated(bench, operation, store, config)
    bench.next(store, config)
    bench.settled.add(key)


def repeated(bench, operation, store, config):
    """The same command again ends as it may."""
    answer = bench.rig.nacelle(config, *operation.words, env=operation.env)
    if answer.status not in operation.again:
        raise Bad(f"given again it ends with {answer!r}")
    # A boot counts on, and goes back in the end.
    is_told = answer.status == operation.status == 0 and operation.words != ["boot"]
    look(bench, operation, store, is_told)


def sweep(bench, result, operations, points, one, jobs, seed):
    """Runs one(worker, operation, point) for all points, several side by side; every Bad is kept."""
    work = [(operation, point) for operation in operations for point in points(operation)]
    # Spread, so that workers do not all wait for the same slow operation.
    random.Random(seed).shuffle(work)
    names = [f"worker{number}" for number in range(jobs)]
    free = threading.Semaphore(jobs)
    pool = list(names)

    def task(job):
        operation, point = job
        with free:
            with result.lock:
                name = pool.pop()
            try:
                one(name, operation, point)
            except Bad as bad:
                result.fail(f"{operation.name}, {point}: {bad}")
            finally:
                with result.lock:
                    pool.append(name)

    with concurrent.futures.ThreadPoolExecutor(jobs) as executor:
        for future in [executor.submit(task, job) for job in work]:
            future.result()


def count(bench, operation):
    """How many calls an undisturbed run makes; it must do what it is there for."""
    if operation.name not in bench.counts:
        store, config = bench.begin("count", operation)
        status, calls, _, text = bench.cut(store, config, operation.words, env=operation.env)
        if status != operation.status:
            raise Trouble(f"{operation.name} ends with {status}: {text}")
        look(bench, operation, store, True, at_rest=True)
        bench.judge("count", operation, config)
        bench.counts[operation.name] = calls
    return bench.counts[operation.name]


def kills(bench, operations, jobs, seed=1, share=1.0):
    """SIGKILL before each call."""
    result = Result("SIGKILL at each call")

    def points(operation):
        # Threads make the number vary a little; what lies past the end was seen before.
        every = range(1, count(bench, operation) + 1)
        chosen = random.Random(f"{seed} {operation.name}")
        return [number for number in every if share >= 1 or chosen.random() < share]

    def one(name, operation, number):
        store, config = bench.begin(name, operation)
        status, calls, where, text = bench.cut(store, config, operation.words, "--kill", number,
                                               env=operation.env)
        point = f"killed before call {number} ({where})"
        try:
            if where and status != 137:
                raise Trouble(f"it was not killed: {status} {text}")
            look(bench, operation, store, not where)
            settles(bench, name, operation, store, config, not where, number % 2)
            result.add()
        except Bad as bad:
            raise Bad(f"{point}: {bad}") from None

    sweep(bench, result, operations, points, one, jobs, seed)
    return result


def again(bench, operations, jobs, seed=1, points=400):
    """SIGKILL, and again in what follows: at each call of the boot, or one of the same command."""
    result = Result("SIGKILL again during recovery")
    chosen = random.Random(seed)
    by_name = {operation.name: operation for operation in operations}
    pairs = {name: [] for name in by_name}
    names = list(by_name)
    for index in range(points):
        name = names[index % len(names)]
        pairs[name].append((chosen.randint(1, count(bench, by_name[name])), chosen.randrange(1 << 30)))

    def one(name, operation, pair):
        first, luck = pair
        # Boots that end early are counted, and these are many.
        operation = copy.copy(operation)
        operation.versions = operation.left
        store, config = bench.begin(name, operation)
        _, _, where, _ = bench.cut(store, config, operation.words, "--kill", first, env=operation.env)
        steps = [f"killed before call {first} ({where})"]
        try:
            chance = random.Random(luck)
            # Each boot is killed one call later than the last, until one ends by itself.
            if chance.random() < 0.5:
                for second in range(1, 200):
                    _, calls, where, _ = bench.cut(store, config, ["boot"], "--kill", second)
                    steps.append(f"boot killed before {second} ({where})")
                    look(bench, operation, store, False)
                    result.add()
                    if not where:
                        break
            else:
                for _ in range(3):
                    second = chance.randint(1, count(bench, operation))
                    _, _, where, _ = bench.cut(store, config, operation.words, "--kill", second,
                                               env=operation.env)
                    steps.append(f"again, killed before {second} ({where})")
                    look(bench, operation, store, False)
                    result.add()
            settles(bench, name, operation, store, config, False, False)
        except Bad as bad:
            raise Bad(f"{'; '.join(steps)}: {bad}") from None

    sweep(bench, result, operations, lambda operation: pairs[operation.name], one, jobs, seed)
    return result


FAULTS = [("--fail", 28), ("--fail-from", 28), ("--fail", 5), ("--fail-from", 5), ("--short", None)]
NAMES = {28: "ENOSPC", 5: "EIO", None: ""}


# What a change of the running version relies on: a failure there is the command's own.
FATAL = re.compile(
    r"(fsync|syncfs|write|pwrite|rename|symlink|truncate) "
    r"(/store)?(/records(/(?!reserve|\.reserve).*)?|/slots(/.*)?|/current|)$")


def reserved(bench, operation):
    """The calls of an undisturbed run that make a reserve's name durable, on which nothing relies."""
    store, config = bench.begin("count", operation)
    record = f"{bench.rig.place}/reserved.record"
    below = store if os.path.isdir(store) else os.path.dirname(store)
    bench.cut(store, config, operation.words, env=operation.env, record=record)
    calls = list(calls_of(record, below))
    return {number for (_, before), (number, call) in zip(calls, calls[1:])
            if call.startswith("fsync ") and re.match(r"rename .*/reserve\.\d+$", before)}


def errors(bench, operations, jobs, seed=1, share=1.0, faults=FAULTS):
    """A call that fails, once or from there on; a write that takes half."""
    result = Result("ENOSPC, EIO and short writes at each call")
    known = statuses() - {1}
    spared = {operation.name: reserved(bench, operation) for operation in operations}

    def points(operation):
        chosen = random.Random(f"{seed} {operation.name}")
        return [(number, fault) for number in range(1, count(bench, operation) + 1)
                for fault in faults if share >= 1 or chosen.random() < share]

    def one(name, operation, point):
        number, (how, error) = point
        store, config = bench.begin(name, operation)
        value = number if error is None else f"{number}:{error}"
        status, _, where, text = bench.cut(store, config, operation.words, how, value, env=operation.env)
        told = f"{how} {NAMES[error]} at call {number} ({where})"
        try:
            if status and status not in known:
                raise Bad(f"it ends with {status}: {text[-600:]}")
            if error == 5 and status == operation.status and where and FATAL.match(where) \
                    and operation.words != ["boot"] and number not in spared[operation.name]:
                raise Bad("the disk's word that it failed was not heard")
            # A boot ends well whatever it could not write.
            is_told = status == operation.status and operation.words != ["boot"]
            look(bench, operation, store, is_told)
            settles(bench, name, operation, store, config, is_told, number % 2)
            result.add()
        except Bad as bad:
            raise Bad(f"{told}, status {status}: {bad}") from None

    sweep(bench, result, operations, points, one, jobs, seed)
    return result
