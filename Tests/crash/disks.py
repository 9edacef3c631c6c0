"""Disks for crash tests: their content in memory, loop devices, mounts; one that breaks as told.

Mounts stand in a mount namespace of the process that makes them, and loop devices go with their
last user: a test that is killed leaves nothing behind.
"""
import ctypes
import fcntl
import multiprocessing
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time

import rig

BLOCK = 4096
LIBC = ctypes.CDLL(None, use_errno=True)
NEW_NAMESPACE, RECURSIVE_PRIVATE = 0x20000, 0x4000 | 0x40000
LOOP_FREE, LOOP_CONFIGURE, FLUSH_BUFFERS = 0x4C82, 0x4C0A, 0x1261
LOOP_AUTOCLEAR, LOOP_DIRECT = 4, 16
PUNCH_HOLE_KEEP_SIZE = 3

# Blocks of 4096 bytes, which are what a disk is assumed to write whole.
KINDS = {
    "ext4": (32, ["mkfs.ext4", "-q", "-m", "0", "-b", "4096", "-E",
                  "lazy_itable_init=0,lazy_journal_init=0"], ""),
    "xfs": (320, ["mkfs.xfs", "-q"], "nouuid"),
    "btrfs": (128, ["mkfs.btrfs", "-q"], ""),
}


def fail(what):
    """Ends with what the C library says."""
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), what)


def own_namespace():
    """Makes what is mounted from here on this process's alone."""
    if LIBC.unshare(NEW_NAMESPACE):
        fail("unshare")
    if LIBC.mount(b"none", b"/", None, RECURSIVE_PRIVATE, None):
        fail("mount /")


def mount(source, target, kind, options=""):
    """Mounts; an error is an OSError with its number."""
    if LIBC.mount(source.encode(), target.encode(), kind.encode(), 0, options.encode() or None):
        fail(target)


def unmount(target):
    """Unmounts; a child that was just killed may hold it for a moment."""
    for _ in range(200):
        if not LIBC.umount2(target.encode(), 0):
            return
        if ctypes.get_errno() != 16:
            break
        time.sleep(0.02)
    fail(target)


class Loop:
    """A loop device over a file, for as long as this object or a mount uses it."""

    def __init__(self, path, direct=False):
        self.file = None
        with open("/dev/loop-control", "rb") as control, open(path, "r+b") as backing:
            for _ in range(100):
                number = fcntl.ioctl(control, LOOP_FREE)
                self.path = f"/dev/loop{number}"
                flags = LOOP_AUTOCLEAR | (LOOP_DIRECT if direct else 0)
                # loop_config: descriptor, block size, loop_info64, reserved.
                words = struct.pack("=II5Q4I64s64s32s2Q64s", backing.fileno(), 0, 0, 0, 0, 0, 0,
                                    0, 0, 0, flags, b"", b"", b"", 0, 0, b"")
                self.file = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
                try:
                    fcntl.ioctl(self.file, LOOP_CONFIGURE, words)
                    return
                except OSError:
                    # Somebody else was faster.
                    os.close(self.file)
                    self.file = None
                    time.sleep(0.01)
        raise rig.Trouble("no loop device can be had")

    def forget(self):
        """Drops what the kernel keeps of it: the file below was changed."""
        fcntl.ioctl(self.file, FLUSH_BUFFERS, 0)

    def close(self):
        """Lets it go; while it is mounted, the mount keeps it."""
        if self.file is not None:
            os.close(self.file)
            self.file = None


def read_content(path):
    """A disk's blocks that are not all zeros, by number."""
    content = {}
    with open(path, "rb") as file:
        end, place = os.fstat(file.fileno()).st_size, 0
        while place < end:
            try:
                place = os.lseek(file.fileno(), place, os.SEEK_DATA) // BLOCK * BLOCK
            except OSError:
                break
            stop = os.lseek(file.fileno(), place, os.SEEK_HOLE)
            while place < stop:
                block = os.pread(file.fileno(), BLOCK, place)
                if block.strip(b"\0"):
                    content[place // BLOCK] = block
                place += BLOCK
    return content


def put_content(path, content):
    """Gives a file, which has its size already, this content and no other."""
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        if LIBC.fallocate(file.fileno(), PUNCH_HOLE_KEEP_SIZE, ctypes.c_long(0),
                          ctypes.c_long(size)):
            fail(path)
        run, first = [], None
        for number in sorted(content):
            if run and number != first + len(run):
                os.pwrite(file.fileno(), b"".join(run), first * BLOCK)
                run = []
            if not run:
                first = number
            run.append(content[number])
        if run:
            os.pwrite(file.fileno(), b"".join(run), first * BLOCK)


class Entry:
    """What reached a disk: a write (“W”), a flush (“F”) or a discard (“D”)."""

    __slots__ = ("kind", "offset", "length", "data", "end")

    def __init__(self, kind, offset, length, data, end):
        self.kind, self.offset, self.length, self.data, self.end = kind, offset, length, data, end


def read_log(path):
    """blockdisk's log."""
    with open(path, "rb") as file:
        log = file.read()
    entries, place = [], 0
    while place + 24 <= len(log):
        offset, length, kind = struct.unpack_from("=QQQ", log, place)
        place += 24
        kind = chr(kind)
        data = log[place:place + length] if kind == "W" else b""
        place += len(data)
        entries.append(Entry(kind, offset, length, data, place))
    return entries


def apply(content, entry, keep=lambda block: True):
    """Carries an entry out; keep says which of a write's blocks reach the disk."""
    if entry.kind == "F":
        return
    place, end = entry.offset, entry.offset + entry.length
    while place < end:
        number, inner = divmod(place, BLOCK)
        piece = min(BLOCK - inner, end - place)
        if keep(number):
            new = bytes(piece) if entry.kind == "D" else \
                entry.data[place - entry.offset:place - entry.offset + piece]
            if piece < BLOCK:
                old = content.get(number, bytes(BLOCK))
                new = old[:inner] + new + old[inner + piece:]
            content[number] = new
        place += piece


def cut_power(base, entries, random, share):
    """What a power cut may leave: all that was flushed, of the rest a share; torn where None."""
    content = dict(base)
    flushed = max((n + 1 for n, entry in enumerate(entries) if entry.kind == "F"), default=0)
    for number, entry in enumerate(entries):
        if number < flushed:
            apply(content, entry)
        elif share is None:
            if random.random() < 0.5:
                apply(content, entry, lambda block: random.random() < 0.5)
        elif random.random() < share:
            apply(content, entry)
    return content


def make_file_system(path, kind, megabytes=None, options=()):
    """A new, empty file system in a new file."""
    size, words, _ = KINDS[kind]
    with open(path, "wb") as file:
        file.truncate((megabytes or size) << 20)
    rig.run(*words, *options, path)


class Mounted:
    """A file system in a file, mounted here; its content can be changed while it is not."""

    def __init__(self, place, kind, size, options=None):
        self.image, self.mount, self.kind = f"{place}/disk.img", f"{place}/disk", kind
        self.options = KINDS[kind][2] if options is None else options
        os.makedirs(self.mount, exist_ok=True)
        with open(self.image, "wb") as file:
            file.truncate(size)
        self.loop = Loop(self.image)

    def start(self, content=None):
        """Mounts it, with this content where one is given."""
        if content is not None:
            put_content(self.image, content)
        self.loop.forget()
        mount(self.loop.path, self.mount, self.kind, self.options)

    def stop(self):
        """Unmounts it."""
        unmount(self.mount)

    def close(self):
        """Lets the device go."""
        self.loop.close()


class BlockDisk:
    """A disk that writes down what reaches it, and breaks as it is told; mounted here."""

    def __init__(self, program, place, content, size, kind, options=None):
        self.image, self.log = f"{place}/broken.img", f"{place}/broken.log"
        self.front, self.mount, self.kind = f"{place}/broken.disk", f"{place}/broken", kind
        self.options = KINDS[kind][2] if options is None else options
        os.makedirs(self.mount, exist_ok=True)
        for path, length in ((self.image, size), (self.front, 0)):
            with open(path, "wb") as file:
                file.truncate(length)
        put_content(self.image, content)
        self.process = subprocess.Popen([program, self.image, self.log, self.front], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answer("ready")
        self.loop = Loop(self.front, direct=True)
        self.mounted = False

    def answer(self, wanted=None):
        line = self.process.stdout.readline().strip()
        if not line or wanted and line != wanted:
            raise rig.Trouble(f"blockdisk answered “{line}”")
        return line

    def tell(self, line):
        """One line to it, and its answer."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def start(self):
        """Mounts it."""
        self.loop.forget()
        mount(self.loop.path, self.mount, self.kind, self.options)
        self.mounted = True

    def stop(self):
        """Unmounts it; the disk stays."""
        if self.mounted:
            unmount(self.mount)
            self.mounted = False

    def counts(self):
        """(writes, flushes, reads, blocks, hits) since the last rule."""
        return tuple(map(int, self.tell("count").split()))

    def position(self):
        """How much of the log stands now."""
        return os.path.getsize(self.log)

    def close(self):
        """Lets all of it go."""
        self.stop()
        self.loop.close()
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def build(place):
    """Compiles blockdisk; where it stands."""
    program = f"{place}/blockdisk"
    if not os.path.exists(program):
        flags = rig.run("pkg-config", "--cflags", "--libs", "fuse3").text.split()
        rig.run("cc", "-std=gnu17", "-O2", "-Wall", "-Werror", "-o", program,
                rig.HERE / "blockdisk.c", *flags)
    return program


def begin(shared):
    """The first thing that each worker does: its own mounts, and its own place for smoke runs."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    own_namespace()
    mount("none", f"{shared}/run", "tmpfs")


def spread(function, tasks, jobs, place, deadline=300):
    """Runs function(task) for all tasks in processes with mounts of their own; yields the results.

    Which process takes which task is open; each takes its tasks in order.
    """
    context = multiprocessing.get_context("fork")
    pool = context.Pool(jobs, begin, (place,))
    try:
        results = pool.imap_unordered(function, tasks, 1)
        while True:
            try:
                yield results.next(deadline)
            except StopIteration:
                return
            except multiprocessing.TimeoutError:
                raise rig.Trouble(f"a state takes longer than {deadline} s") from None
    finally:
        pool.terminate()
        pool.join()


class Place:
    """A directory in memory, gone with the block that uses it."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.path = rig.scratch(self.name)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def corner(place):
    """A directory of a worker's own below a place."""
    return tempfile.mkdtemp(prefix="worker-", dir=place)
