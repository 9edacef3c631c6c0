"""Runs programs that are not measured: preparations, clean-up, questions for versions."""

from __future__ import annotations

import filecmp
import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from settings import PLAIN_ENVIRONMENT, BenchError

TAIL = 2000


def run(
    arguments: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    within: float = 7200,
) -> str:
    """Runs a program that must succeed; returns what it wrote."""
    words = [str(word) for word in arguments]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**PLAIN_ENVIRONMENT, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=within,
            check=False,
        )
    except FileNotFoundError as error:
        raise BenchError(f"“{words[0]}” is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"“{shlex.join(words)}” did not end within {within:.0f} s") from error
    output = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise BenchError(
            f"“{shlex.join(words)[:300]}” ended with {done.returncode}: {output[-TAIL:].strip()}"
        )
    return output


def empty(folder: Path) -> Path:
    """Makes a folder that has nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def put(source: Path, target: Path) -> Path:
    """Puts a file at another place too: by a hard link, or copied from another file system."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target


def cached(path: Path, key: str, make: Callable[[Path], None]) -> Path:
    """Makes a file unless it stands there, made by the same key.

    Made under another name first, so that an interrupted run leaves nothing that looks whole.
    """
    stamp = path.with_name(path.name + ".made-by")
    if path.exists() and stamp.exists() and stamp.read_text() == key:
        return path
    stamp.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name("new-" + path.name)
    fresh.unlink(missing_ok=True)
    make(fresh)
    os.replace(fresh, path)
    stamp.write_text(key)
    return path


def digest(*parts: str | bytes | Path) -> str:
    """A short name for what was digested: texts, bytes, and the contents of files."""
    state = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part
        state.update(hashlib.sha256(data.encode() if isinstance(data, str) else data).digest())
    return state.hexdigest()[:16]


def differences(left: Path, right: Path) -> list[str]:
    """Names what differs between two trees of files and directories; content is compared."""
    found: list[str] = []

    def names(base: Path) -> dict[str, Path]:
        return {str(path.relative_to(base)): path for path in base.rglob("*")}

    lefts, rights = names(left), names(right)
    found += sorted(lefts.keys() ^ rights.keys())
    for name in sorted(lefts.keys() & rights.keys()):
        one, other = lefts[name], rights[name]
        same = one.is_file() == other.is_file()
        if same and one.is_file():
            same = filecmp.cmp(one, other, shallow=False)
        if not same:
            found.append(name)
    return found
