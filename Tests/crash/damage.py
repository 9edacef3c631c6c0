"""A disk that does not give back what was written, damaged files, and two commands at once."""
import fcntl
import os
import random
import struct
import subprocess

from interruptions import Result, count, look, statuses
from oracle import Bad, Store
from rig import Trouble, run

FIBMAP, BLOCK_SIZE = 1, 2


def places(path):
    """Where the blocks of a file stand on its disk, in bytes."""
    with open(path, "rb") as file:
        size = struct.unpack("i", fcntl.ioctl(file, BLOCK_SIZE, struct.pack("i", 0)))[0]
        found = []
        for number in range((os.fstat(file.fileno()).st_size + size - 1) // size):
            block = struct.unpack("i", fcntl.ioctl(file, FIBMAP, struct.pack("i", number)))[0]
            if block:
                found.append(block * size)
        return found


def decay(bench):
    """One byte changes on the device behind the page cache's back, in each block of a filled slot.

    The cache still has what was written: only what is read from the device can tell.
    """
    result = Result("silent corruption of a filled slot")
    operation = bench.operations["install"]
    number = 0
    while True:
        store, config = bench.begin("decay", operation)
        bench.reset(store, "filled")
        run("sync", "-f", store)
        blocks = [block for folder, _, names in os.walk(f"{store}/slots/a") for name in sorted(names)
                  if not os.path.islink(f"{folder}/{name}") for block in places(f"{folder}/{name}")]
        blocks = sorted(set(blocks))
        if not blocks:
            raise Trouble("the filled slot has no blocks")
        if number >= len(blocks):
            return result
        with open(bench.disk.image, "r+b") as disk:
            disk.seek(blocks[number])
            byte = disk.read(1)
            disk.seek(blocks[number])
            disk.write(bytes([byte[0] ^ 1]))
        # The cache must still have the old byte, or nothing is shown.
        answer = bench.rig.nacelle(config, *operation.words)
        try:
            if answer.status != 42:
                raise Bad(f"a changed block is not noticed: {answer!r}")
            look(bench, operation, store, False, at_rest=True)
            if (Store.at(store).record("a") or {}).get("state") == "ready":
                raise Bad("a slot that cannot be read back is ready")
            bench.next(store, config)
        except Bad as bad:
            result.fail(f"block {number} of {len(blocks)}: {bad}")
        result.add()
        number += 1


HARMS = ("zeros", "half", "garbage", "empty", "bit", "gone", "directory", "link", "huge")


def harm(path, how, chance):
    """Damages a file; False where that would leave it as it is."""
    with open(path, "rb") as file:
        data = file.read()
    if how in ("gone", "directory", "link"):
        os.unlink(path)
        if how == "directory":
            os.mkdir(path)
        elif how == "link":
            os.symlink("/etc/hostname", path)
        return True
    if how == "huge":
        os.truncate(path, 3 << 30)
        return True
    if not data:
        return False
    bit = chance.randrange(len(data) * 8)
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8
    data = {"zeros": bytes(len(data)), "half": data[:len(data) // 2], "garbage": chance.randbytes(5000),
            "empty": b"", "bit": bytes(flipped)}[how]
    with open(path, "wb") as file:
        file.write(data)
    return True


def files(bench, seed, share):
    """Each file that the store keeps of itself, damaged in each way while the machine is off.

    What boots then is a whole version, each command ends with a documented status, and the next
    install brings its version; nothing more can be held of what nobody can know any more.
    """
    result = Result("damaged files of the store's own")
    known, chance = statuses() | {0}, random.Random(seed)
    for start in ("two", "ready", "trial", "seen", "told"):
        store, config = bench.work("files", start)
        kept = sorted(
            f"{folder}/{name}" for part in ("records", "state")
            for folder, _, names in os.walk(f"{store}/{part}") for name in names
            if not name.endswith((".lock", ".jsonl")) and "reserve" not in folder + name)
        for path, how in [(path, how) for path in kept for how in HARMS if chance.random() < share]:
            bench.reset(store, start)
            if not harm(path, how, chance):
                continue
            try:
                survives(bench, store, config, known)
            except (Bad, subprocess.TimeoutExpired) as bad:
                result.fail(f"{start}, {path[len(store):]}, {how}: {bad}")
            result.add()
    return result


def survives(bench, store, config, known):
    """A store of which a file is damaged boots, can be looked at, and takes the next version."""
    nacelle, versions = bench.rig.nacelle, bench.rig.versions

    def runs():
        seen = Store.at(store)
        version = versions.get(seen.digest(seen.running))
        if version is None:
            raise Bad(f"slot {seen.running} runs and is no whole version")
        return seen, version

    answer = nacelle(config, "boot")
    if answer.status:
        raise Bad(f"nacelle boot ends with {answer!r}")
    runs()
    for words in (["status"], ["verify"], ["activate"]):
        answer = nacelle(config, *words, timeout=60)
        if answer.status not in known or answer.status == 1:
            raise Bad(f"nacelle {words[0]} ends with {answer!r}")
        runs()
    answer = nacelle(config, "install", bench.bundle("1.4.0"), timeout=60)
    seen, version = runs()
    if answer.status or version != "1.4.0" or seen.record(seen.running)["state"] != "good":
        raise Bad(f"the next install ends with {answer!r}, and {version} runs")


def locks(bench):
    """Another command fills, or switches: nothing is done beside it."""
    result = Result("two commands at once")
    for name, lock in (("install", "filling.lock"), ("rollback", "switch.lock")):
        operation = bench.operations[name]
        store, config = bench.begin("locks", operation)
        before = bench.print(store)
        with open(f"{store}/{lock}", "a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            answer = bench.rig.nacelle(config, *operation.words)
        try:
            if answer.status != 32:
                raise Bad(f"beside another command it ends with {answer!r}")
            if bench.print(store) != before:
                raise Bad("beside another command it changed the store")
            bench.next(store, config)
        except Bad as bad:
            result.fail(f"{name}: {bad}")
        result.add()
    return result


def full(bench):
    """No block and no inode is left: going back works all the same."""
    result = Result("a full disk")
    for name in ("rollback", "boot past the limit"):
        operation = bench.operations[name]
        store, config = bench.begin("full", operation)
        filler = f"{bench.disk.mount}/filler"
        try:
            os.mkdir(filler)
            run("sh", "-c", f"for i in 1 2; do dd if=/dev/zero of={filler}/zeros bs=64k oflag=append "
                            f"conv=notrunc; dd if=/dev/zero of={filler}/zeros bs=512 oflag=append "
                            "conv=notrunc; sync; done", status=None)
            answer = bench.rig.nacelle(config, *operation.words)
            if answer.status != operation.status:
                raise Bad(f"on a full disk it ends with {answer!r}")
            look(bench, operation, store, True, at_rest=True)
        except Bad as bad:
            result.fail(f"{name}: {bad}")
        finally:
            run("rm", "-rf", filler)
        result.add()
    return result


def plain(bench, operations):
    """Each operation undisturbed does what it is there for."""
    result = Result("undisturbed")
    for operation in operations:
        bench.counts.pop(operation.name, None)
        try:
            count(bench, operation)
        except (Bad, Trouble) as bad:
            result.fail(f"{operation.name}: {bad}")
        result.add()
    return result
