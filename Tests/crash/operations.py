"""The operations that are interrupted, each with the store that it begins with and what it may leave."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request

from oracle import TREES, Bad, Store, check
from rig import PROJECT, Trouble, run


class Operation:
    """One command on one store.

    start: the store that it begins with, made once. words: the command. versions: those that may run
    while it is interrupted. status: how it ends where nothing goes wrong. told(store): raises Bad where
    what was told by that end is not so. held(store): what holds at every moment.
    """

    def __init__(self, name, start, words, versions, told, status=0, held=None, more="", env=None,
                 again=None, reports=None, left=None):
        self.name, self.start, self.words, self.versions = name, start, words, set(versions)
        self.told, self.status, self.held, self.more = told, status, held, more
        self.env = env or {}
        # Statuses with which it may end when it is given once more after an interruption.
        self.again = {0, status} if again is None else set(again)
        # The command after which a rollout server must have heard how its action ended; None: none.
        self.reports = reports
        # What runs besides once more boots ended early than a trial has: the version before.
        self.left = set(versions) | {left} if left else set(versions)


# Numbers but for those that decide.
NUMBERS = re.compile(rb'("(?!attempts|releaseCounter|version)[A-Za-z]+": ?)\d+')


def judge(bench, operation, store, told, *, at_rest=False):
    """Holds a store, on a disk or in memory, against what may be; the version that runs."""
    if store.link is None and None in operation.versions:
        if told:
            raise Bad("it was told to be installed, and nothing is")
        return None
    version = check(store, bench.rig.versions, at_rest=at_rest)
    if version not in operation.versions:
        raise Bad(f"{version} runs")
    if operation.held:
        operation.held(store)
    if told:
        operation.told(store)
    return version


def runs(version, state="good"):
    """Holds that this version runs and is in this state."""
    def look(store):
        record = store.record(store.running)
        if (record["version"], record["state"]) != (version, state):
            raise Bad(f"it was told that {version} runs and is {state}; "
                      f"{record['version']} runs and is {record['state']}")
        if state == "good" and store.floor < record["releaseCounter"]:
            raise Bad(f"{version} is good, and the floor is {store.floor}")
    return look


def denies(version, but=None):
    """Holds that a version is denied, and what another check holds."""
    def look(store):
        if version not in store.denied:
            raise Bad(f"it was told that {version} is denied; denied are {sorted(store.denied)}")
        if but:
            but(store)
    return look


def left_is_denied(running, left):
    """Whenever this version runs after the other was marked bad, the other is denied: decided first."""
    def look(store):
        slot = store.running
        other = "b" if slot == "a" else "a"
        here, there = store.record(slot), store.record(other)
        if here["version"] == running and there and there["version"] == left \
                and there["state"] == "bad" and left not in store.denied:
            raise Bad(f"{left} was left for {running}, and is not denied")
    return look


class Rollout:
    """A rollout server that is strict about its protocol (Tests/ddi), with one action for one machine."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-u", PROJECT / "Tests/ddi/ddi_double.py", "0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def close(self):
        self.process.kill()
        self.process.wait()

    def ask(self, path, value=None):
        """Tells it what it wants, or asks what it saw."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method="POST" if value is None else "PUT",
            data=b"" if value is None else json.dumps(value).encode())
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as got:
            return json.load(got)

    def configuration(self):
        """The lines of a machine's configuration."""
        return (f"fleet: {{server: 'http://127.0.0.1:{self.port}/DEFAULT/controller/v1/turbine-7'}}\n"
                "transfer: {plain-http: true}\n")

    def begin(self, bundle):
        """It wants this bundle installed, and has heard nothing yet."""
        folder, name = os.path.split(bundle)
        self.ask("/_clear")
        # It would take an end twice, and count both.
        self.ask("/_script", {"root": folder, "forgiving": True, "deployment": {"id": "8", "chunks": [
            {"name": "bearing", "version": "1.3.0", "artifacts": [{"file": name}]}]}})

    def adopt(self, book):
        """Has a store that was made beside another server take this one for it."""
        if os.path.exists(book):
            with open(book) as file:
                text = file.read()
            with open(book, "w") as file:
                file.write(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{self.port}", text))

    def judge(self, end):
        """It heard of the one end, once, and nothing that the protocol does not allow."""
        seen = self.ask("/_log")
        if seen["flaws"]:
            raise Bad(f"the server says {seen['flaws']}")
        if seen["closed"] != {"8": [end]}:
            raise Bad(f"the server heard {seen['closed']} of one action that ended with {end}")


def calls_of(record, below):
    """The calls of a record: which one it was, and its name with its path below the store."""
    below = os.path.realpath(below)
    with open(record) as lines:
        for line in lines:
            number, call, path = line.split()[:3]
            yield int(number), f"{call} {bytes.fromhex(path).decode()[len(below) + 1:]}"


class Bench:
    """The rig with its versions, a disk, and the stores with which operations begin."""

    def __init__(self, rig, disk):
        self.rig, self.disk = rig, disk
        self.place = f"{disk.mount}/bench"
        os.makedirs(f"{self.place}/starts", exist_ok=True)
        self.tracer = f"{rig.place}/callcut"
        self.starts, self.operations, self.counts, self.servers = {}, {}, {}, {}
        self.lock = threading.Lock()
        # States from which all that follows is known to work.
        self.settled = set()
        self._versions()
        self._starts()
        for operation in self._operations():
            self.operations[operation.name] = operation

    # Making

    def _versions(self):
        make = self.rig.make
        make("1.1.0", 11)
        make("1.2.0", 12)
        make("1.3.0", 13, like="1.2.0")
        make("1.4.0", 14)
        make("2.0.0", 20, healthy=False)
        make("3.0.0", 30, proves=False)
        place = self.rig.place
        self.rig.bundle("delta", f"{place}/1.2.0.nacelle", f"{place}/1.3.0.nacelle", "-o",
                        f"{place}/1.3.0-from-1.2.0.nacelle", "--root", f"{place}/root.json", "--key",
                        f"{place}/device.key", "--recipient", f"{place}/device.pub", "--sign",
                        f"{place}/release.key", "--level", "1", "-q")
        self._repository()

    def _repository(self):
        """A repository in a folder; what was seen of it first, and what stands there now."""
        place, bundle = self.rig.place, self.rig.bundle
        keys = ["--online-key", f"{place}/second.key", "--targets-key", f"{place}/release.key"]
        bundle("root", "init", "--root", f"{place}/release.pub", "--targets", f"{place}/release.pub",
               "--threshold", "targets=1", "--snapshot", f"{place}/second.pub", "--timestamp",
               f"{place}/second.pub", "--days", "30", "--sign", f"{place}/release.key", "-o",
               f"{place}/fleet.root.json")
        folder = f"{place}/fleet"
        bundle("repo", "init", folder, "--root", f"{place}/fleet.root.json", *keys, "-q")
        bundle("repo", "add", folder, f"{place}/1.2.0.nacelle", "--key", f"{place}/device.key", *keys, "-q")
        shutil.copytree(folder, f"{place}/fleet.old")
        bundle("repo", "add", folder, f"{place}/1.3.0.nacelle", "--key", f"{place}/device.key", *keys, "-q")

    def bundle(self, version):
        return f"{self.rig.place}/{version}.nacelle"

    def work(self, name, start=None, more=""):
        """A store of its own for a worker, as a start has it, with its configuration: (store, config)."""
        folder = f"{self.place}/{name}"
        os.makedirs(folder, exist_ok=True)
        store = f"{folder}/store"
        if start is not None:
            self.reset(store, start)
        root = f"{self.rig.place}/{'fleet.' if 'repository:' in more else ''}root.json"
        config = self.rig.configure(f"{folder}/config.yaml", store, more)
        if "repository:" in more:
            with open(config) as file:
                text = file.read()
            with open(config, "w") as file:
                file.write(text.replace(f"{self.rig.place}/root.json", root))
        return store, config

    def begin(self, name, operation):
        """A worker's store as an operation begins with it, with its configuration: (store, config)."""
        more = operation.more
        if operation.reports:
            server = self.server(name)
            more = server.configuration()
        store, config = self.work(name, operation.start, more)
        if operation.reports:
            server.begin(self.bundle("1.3.0"))
            server.adopt(f"{store}/state/outbox/actions.json")
        return store, config

    def judge(self, name, operation, config):
        """What the server heard: the end, once, after a contact that nothing disturbs."""
        if operation.reports:
            for _ in range(2):
                answer = self.rig.nacelle(config, operation.reports, timeout=60)
            if answer.status:
                raise Bad(f"nacelle {operation.reports} ends with {answer!r}")
            self.servers[name].judge(self.ended(config))

    def ended(self, config):
        """How the action ended, as the store says: more boots than it has end a trial badly, too."""
        store = Store.at(f"{os.path.dirname(config)}/store")
        record = store.record(store.running)
        return "success" if (record["version"], record["state"]) == ("1.3.0", "good") else "failure"

    def server(self, name):
        """A worker's own rollout server."""
        with self.lock:
            if name not in self.servers:
                self.servers[name] = Rollout()
            return self.servers[name]

    def close(self):
        """Ends the servers."""
        for server in self.servers.values():
            server.close()

    def reset(self, store, start):
        """Puts a store back to how an operation begins."""
        # A read-only or closed directory may be among what an interruption left.
        run("rm", "-rf", store)
        source = self.starts[start]
        if source:
            run("cp", "-a", source, store)

    def _keep(self, name, store):
        self.starts[name] = f"{self.place}/starts/{name}"
        run("cp", "-a", store, self.starts[name])

    def _starts(self):
        nacelle = self.rig.nacelle
        self.starts["nothing"] = None
        store, config = self.work("making")
        nacelle(config, "install", self.bundle("1.1.0"), "-q", status=0)
        self._keep("one", store)
        nacelle(config, "install", self.bundle("1.2.0"), "-q", status=0)
        self._keep("two", store)
        self._alter(f"{store}/slots/b/weights/model.bin")
        self.rig.versions[Store.at(store).digest("b")] = "1.2.0 altered"
        self._keep("altered", store)
        store, config = self.work("making", "two")
        nacelle(config, "install", "--prepare", self.bundle("1.3.0"), "-q", status=0)
        self._keep("ready", store)
        install, failing = ["install", self.bundle("1.3.0")], ["install", self.bundle("2.0.0")]
        # Before the second half of the model is written, before and after the swap, before the way back.
        self._cut("half", "two", install, "pwrite slots/a/weights/model.bin", 2)
        # After the record says that the slot is filled and whose manifest it has.
        self._cut("filled", "two", install, "rename records/a.json", 3, later=2)
        self._cut("swapping", "two", install, "rename current", 1)
        self._cut("trial", "two", install, "rename current", 1, later=4)
        self._cut("leaving", "two", failing, "rename current", 2)
        store, config = self.work("making", "trial")
        for _ in range(2):
            nacelle(config, "boot", status=0)
        self._keep("worn", store)
        store, config = self.work("making", "two", self._repository_line("fleet.old"))
        nacelle(config, "check", status=0)
        self._keep("seen", store)
        store, config = self.work("making", "seen", self._repository_line("fleet"))
        nacelle(config, "check", status=0)
        self.newest = Store.at(store).trust
        server = self.server("making")
        more = server.configuration()
        server.begin(self.bundle("1.3.0"))
        self._cut("told", "two", ["update"], "rename state/outbox/00000005.json", 1, later=3, more=more,
                  fresh=lambda: server.begin(self.bundle("1.3.0")))
        if not os.path.exists(f"{self.starts['told']}/state/outbox/00000005.json"):
            raise Trouble("no end waits for the server")

    def _repository_line(self, folder):
        return f"repository: {self.rig.place}/{folder}\n"

    def _cut(self, name, start, words, call, time, later=0, more="", fresh=lambda: None):
        """Makes a start: a command is killed before, or some calls after, this call comes so often."""
        store, config = self.work("making", start, more)
        record = f"{self.rig.place}/making.record"
        self.cut(store, config, words, record=record)
        number = 0
        for number, line in calls_of(record, store):
            time -= line == call
            if not time:
                break
        else:
            raise Trouble(f"“{call}” does not come so often in {words}")
        self.reset(store, start)
        fresh()
        status, _, where, text = self.cut(store, config, words, "--kill", number + later)
        if status != 137:
            raise Trouble(f"the cut for “{name}” came too late, at {where}: {text}")
        self._keep(name, store)

    # Running

    def cut(self, store, config, words, *how, env=None, record=None):
        """Runs a command under the tracer: (status, calls, the call that was hit, the text)."""
        report = f"{os.path.dirname(store)}/report"
        if os.path.exists(report):
            os.unlink(report)
        below = store if os.path.isdir(store) else os.path.dirname(store)
        more = ["--record", record] if record else []
        done = subprocess.run(
            [self.tracer, "--below", below, "--report", report, *more, *map(str, how), "--",
             self.rig.nacelle_program, *words, "--config", config],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
            env={**os.environ, **(env or {})})
        text = done.stdout.decode(errors="replace")
        try:
            with open(report) as file:
                calls, hit, name, path = file.read().rstrip("\n").split(" ", 3)
        except FileNotFoundError:
            raise Trouble(f"the tracer ended with {done.returncode}: {text}")
        where = f"{name} {path.replace(below, '')}" if int(hit) else None
        return done.returncode, int(calls), where, text

    def _operations(self):
        bundle = self.bundle
        yield Operation("first install", "nothing", ["install", bundle("1.1.0")], {"1.1.0", None},
                        runs("1.1.0"))
        yield Operation("install", "two", ["install", bundle("1.3.0")], {"1.2.0", "1.3.0"},
                        runs("1.3.0"))
        yield Operation("install by delta", "two",
                        ["install", f"{self.rig.place}/1.3.0-from-1.2.0.nacelle"],
                        {"1.2.0", "1.3.0"}, runs("1.3.0"))
        yield Operation("resumed install", "half", ["install", bundle("1.3.0")],
                        {"1.2.0", "1.3.0"}, runs("1.3.0"))
        yield Operation("mending install", "altered", ["install", bundle("1.2.0")],
                        {"1.2.0", "1.2.0 altered"}, self._mended)
        yield Operation("failed probation", "two", ["install", bundle("2.0.0")],
                        {"1.2.0", "2.0.0"}, denies("2.0.0", runs("1.2.0")), status=30,
                        held=left_is_denied("1.2.0", "2.0.0"), again={15, 30})
        yield Operation("failed smoke run", "two", ["install", bundle("3.0.0")], {"1.2.0"},
                        runs("1.2.0"), status=24)
        yield Operation("damaged bundle", "two", ["install", self._damaged()], {"1.2.0"},
                        self._keeps("1.1.0"), status=10)
        yield Operation("prepare", "two", ["install", "--prepare", bundle("1.3.0")], {"1.2.0"},
                        runs("1.2.0"))
        yield Operation("swap", "ready", ["activate"], {"1.2.0", "1.3.0"}, runs("1.3.0"),
                        again={0, 44})
        yield Operation("probation goes on", "trial", ["activate"], {"1.3.0"}, runs("1.3.0"),
                        again={0, 44}, left="1.2.0")
        yield Operation("rollback", "two", ["rollback"], {"1.1.0", "1.2.0"},
                        denies("1.2.0", runs("1.1.0")), held=left_is_denied("1.1.0", "1.2.0"),
                        again={0, 15})
        # More boots, as after a failed one, go back.
        yield Operation("boot of a trial", "trial", ["boot"], {"1.2.0", "1.3.0"},
                        self._boots("1.3.0", 1))
        yield Operation("boot past the limit", "worn", ["boot"], {"1.2.0", "1.3.0"}, runs("1.2.0"))
        yield Operation("recovery of a swap", "swapping", ["boot"], {"1.2.0"}, runs("1.2.0"))
        yield Operation("recovery of a fallback", "leaving", ["boot"], {"1.2.0", "2.0.0"},
                        denies("2.0.0", runs("1.2.0")), held=left_is_denied("1.2.0", "2.0.0"))
        yield Operation("deny", "two", ["deny", "1.1.0"], {"1.2.0"}, denies("1.1.0"))
        yield Operation("factory tree", "two", ["factory", "keep"], {"1.2.0"}, self._factory)
        yield Operation("trust refresh", "seen", ["check"], {"1.2.0"}, self._fresh,
                        more=self._repository_line("fleet"))
        yield Operation("report", "told", ["contact"], {"1.3.0"}, runs("1.3.0"), reports="contact")
        yield Operation("update", "two", ["update"], {"1.2.0", "1.3.0"}, runs("1.3.0"),
                        reports="update")

    @staticmethod
    def _alter(path):
        """Turns a bit in the middle of a file, as a disk does."""
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))

    @staticmethod
    def _mended(store):
        """Holds that the version runs whole; that its altered tree is given up is held at rest."""
        runs("1.2.0")(store)
        if store.running != "a":
            raise Bad("it was told to be installed anew, and the altered slot runs")

    def _damaged(self):
        """A bundle with one wrong byte near its end."""
        path = f"{self.rig.place}/damaged.nacelle"
        with open(self.bundle("1.3.0"), "rb") as file:
            data = bytearray(file.read())
        data[-100] ^= 1
        with open(path, "wb") as file:
            file.write(data)
        return path

    def _keeps(self, version):
        """Holds that the fallback is still whole."""
        def look(store):
            runs("1.2.0")(store)
            record = store.record("a")
            if (record["version"], record["state"]) != (version, "good"):
                raise Bad(f"the fallback {version} was given up for a damaged file: {record['state']}")
        return look

    def _boots(self, version, attempts):
        def look(store):
            record = store.record(store.running)
            if record["version"] != version or record["attempts"] != attempts:
                raise Bad(f"boot {attempts} of {version} was not counted: {record['attempts']}")
        return look

    def _factory(self, store):
        if not store.record("factory"):
            raise Bad("the factory tree has no record")

    def _fresh(self, store):
        if store.trust != self.newest:
            raise Bad(f"of the repository {store.trust} is kept, and {self.newest} was seen")

    def print(self, store):
        """What a store is like, without what differs from run to run: times, ids, its place."""
        whole = hashlib.sha256()
        for folder, folders, names in os.walk(store):
            folders.sort()
            for name in sorted(names + [f for f in folders if os.path.islink(f"{folder}/{f}")]):
                path = f"{folder}/{name}"
                inner = path[len(store):]
                if name.endswith(".lock") or "/reserve." in inner:
                    continue
                if os.path.islink(path):
                    text = os.readlink(path).encode()
                else:
                    with open(path, "rb") as file:
                        text = file.read()
                    if inner.startswith(("/records/", "/state/")) and b"{" in text[:4]:
                        text = NUMBERS.sub(rb"\1#", text.replace(store.encode(), b""))
                mode = os.lstat(path).st_mode
                whole.update(f"{inner} {mode:o} {len(text)}\n".encode() + text)
        return whole.digest()

    def next(self, store, config):
        """The next command must work: 1.4.0 is installed, whatever was there."""
        record = None
        try:
            seen = Store.at(store)
            record = seen.record(seen.running)
        except Bad:
            pass
        if record and record["state"] == "trial":
            # A version in trial is not left for another: its own probation ends first.
            self.rig.nacelle(config, "activate", timeout=60)
        answer = self.rig.nacelle(config, "install", self.bundle("1.4.0"), timeout=60)
        if answer.status:
            raise Bad(f"the next install fails: {answer!r}")
        store_now = Store.at(store)
        if check(store_now, self.rig.versions, at_rest=True) != "1.4.0":
            raise Bad("the next install did not bring 1.4.0")
        left = [name for name in os.listdir(f"{store}/slots") if name not in TREES]
        left += [name for name in ("filling", "indexes") if os.path.exists(f"{store}/state/{name}")]
        if left:
            raise Bad(f"left over: {left}")
