"""Measures one command: wall clock, processor time, memory, bytes written.

- wall: from starting the command to its end, by the monotonic clock.
- cpu: user and system time of the command and all its descendants, from the kernel's accounts
  of ended children; of daemons that work for it, the growth of theirs.
- peak: the largest resident set of any one process of the tree (exact, the kernel keeps it), or
  the sum of the proportional sets of all of them (sampled every 20 ms), whichever is more.
- written: bytes of files that the tree and its daemons caused to be written to a block device
  (`write_bytes` less `cancelled_write_bytes` of /proc/PID/io, which covers every descendant that
  was waited for). The file system's own journal is not in it.
- device: what the device under the work directory was given in that time, by anybody.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from settings import PLAIN_ENVIRONMENT, BenchError

INTERVAL = 0.02
TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Command:
    """What is measured: a program, and the daemons that do part of its work."""

    arguments: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    daemons: Sequence[int] = ()
    within: float = 3600


def script(text: str, *parameters: str | Path, **options) -> Command:
    """A command of several programs: `sh` with the text, and the parameters as $1, $2, …"""
    return Command(["/bin/sh", "-c", "set -e\n" + text, "bench", *parameters], **options)


@dataclass(frozen=True)
class Sample:
    """One run: seconds and bytes."""

    wall: float
    cpu: float
    peak: int
    written: int
    device: int
    #: Body bytes that a server sent for it; absent where no server took part.
    wire: int | None = None

    def as_dict(self) -> dict[str, float]:
        """The figures by name, without those that are absent."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def settle() -> None:
    """Leaves no dirty page behind for the next command to write."""
    os.sync()


def warm(paths: Sequence[Path]) -> None:
    """Reads files, so that each contestant finds its source in the page cache."""
    for path in paths:
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            with file.open("rb", buffering=0) as stream:
                while stream.read(1 << 22):
                    pass


def measure(command: Command, work: Path, log: Path) -> Sample:
    """Runs a command, which must succeed, and returns what it took."""
    peak_file = log.with_suffix(".peak")
    peak_file.unlink(missing_ok=True)
    # GNU time is the parent, since a child of this process would inherit this one's peak.
    words = ["/usr/bin/time", "-q", "-f", "%M", "-o", str(peak_file)]
    words += [str(word) for word in command.arguments]
    for daemon in command.daemons:
        _forget_peak(daemon)
    before = _Accounts.now(command.daemons, work)
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**PLAIN_ENVIRONMENT, **command.environment},
            cwd=command.cwd,
            start_new_session=True,
        )
        sampler = _Sampler(process.pid, command.daemons)
        sampler.start()
        # Not wait(timeout): that looks every 50 ms, and this is a stopwatch.
        late = threading.Timer(command.within, _kill, [process.pid])
        late.start()
        try:
            process.wait()
        finally:
            wall = time.monotonic() - began
            late.cancel()
            if process.returncode is None:
                _kill(process.pid)
                process.wait()
            sampler.end()
    after = _Accounts.now(command.daemons, work)
    if wall > command.within:
        raise BenchError(f"{words[6]} did not end within {command.within:.0f} s")
    if process.returncode != 0:
        tail = log.read_text(errors="replace")[-1500:].strip()
        raise BenchError(f"{words[6]} ended with {process.returncode}: {tail}")
    # The last line: where a program fails, time writes more before it.
    single = int(peak_file.read_text().split()[-1]) * 1024
    singles = [single, *(_peak_of(daemon) for daemon in command.daemons)]
    return Sample(
        wall=wall,
        cpu=after.cpu - before.cpu,
        peak=max(sampler.peak, *singles),
        written=after.written - before.written,
        device=after.device - before.device,
    )


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@dataclass(frozen=True)
class _Accounts:
    """The kernel's accounts of this process's ended children, and of the daemons."""

    cpu: float
    written: int
    device: int

    @staticmethod
    def now(daemons: Sequence[int], work: Path) -> _Accounts:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = usage.ru_utime + usage.ru_stime
        written = _written("self")
        for daemon in daemons:
            fields = Path(f"/proc/{daemon}/stat").read_text().rpartition(")")[2].split()
            cpu += sum(int(value) for value in fields[11:15]) * TICK
            written += _written(str(daemon))
        return _Accounts(cpu, written, _device_bytes(work))


class _Sampler(threading.Thread):
    """Adds up the memory of a tree of processes while it runs."""

    def __init__(self, root: int, daemons: Sequence[int]) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._root = root
        self._daemons = daemons
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(INTERVAL):
            # Not the root, which is time(1) itself.
            processes = [pid for pid in _descendants(self._root) if pid != self._root]
            for daemon in self._daemons:
                processes += _descendants(daemon)
            self.peak = max(self.peak, sum(_proportional(pid) for pid in processes))

    def end(self) -> None:
        self._ended.set()
        self.join()


def _descendants(root: int) -> list[int]:
    found = [root]
    for pid in found:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as children:
                    found += [int(child) for child in children.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass
    return 0


def _peak_of(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _written(pid: str) -> int:
    fields = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(fields["write_bytes"]) - int(fields["cancelled_write_bytes"])


def _device_bytes(work: Path) -> int:
    device = os.stat(work).st_dev
    stat = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")
    return int(stat.read_text().split()[6]) * 512 if stat.exists() else 0
