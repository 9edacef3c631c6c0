"""The machine that measures: what it is, and the packages that it needs for that."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

from settings import PLAIN_ENVIRONMENT, ROOT, Bench
from shell import run

#: Debian starts what it installs, unless this file says no.
POLICY = Path("/usr/sbin/policy-rc.d")


def install(bench: Bench, packages: Iterable[str]) -> None:
    """Installs what is missing from Debian; what cannot be installed shows when it is used.

    No service that comes with it is started: the contestants are run by this program alone.
    """
    missing = sorted(package for package in set(packages) if not _installed(package))
    if not missing:
        return
    bench.say(f"installing from Debian: {' '.join(missing)}")
    guarded = not POLICY.exists()
    if guarded:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        _apt("update")
        if not _apt("install", "-y", "--no-install-recommends", *missing):
            for package in missing:
                if not _apt("install", "-y", "--no-install-recommends", package):
                    bench.say(f"apt-get cannot install {package}")
    finally:
        if guarded:
            POLICY.unlink()


def _installed(package: str) -> bool:
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f=${Status}", package], capture_output=True, text=True, check=False
    )
    return asked.stdout == "install ok installed"


def _apt(*arguments: str) -> bool:
    environment = {**PLAIN_ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"}
    return (
        subprocess.run(
            ["apt-get", "-qq", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode
        == 0
    )


def describe(work: Path) -> dict[str, str]:
    """What a reader needs to judge the figures."""
    processor = _field("/proc/cpuinfo", "model name") or platform.processor() or "unknown"
    flags = (_field("/proc/cpuinfo", "flags") or _field("/proc/cpuinfo", "Features") or "").split()
    known = [name for name in ("sha_ni", "aes", "avx2", "avx512f", "sha2") if name in flags]
    memory = int((_field("/proc/meminfo", "MemTotal") or "0 kB").split()[0])
    release = _field("/etc/os-release", "PRETTY_NAME", "=") or "Linux"
    disk = run(["df", "--output=fstype", work]).split()[-1]
    return {
        "processor": f"{processor}, {os.cpu_count()} cores, {platform.machine()}",
        "features": " ".join(known) or "none of those looked for",
        "memory": f"{memory / (1 << 20):.0f} GiB",
        "system": f"{release.strip(chr(34))}, Linux {platform.release()}",
        "file system": disk,
    }


def revision() -> str:
    """The commit that is measured."""
    asked = subprocess.run(
        ["git", "-C", str(ROOT), "-c", "safe.directory=*", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "unknown"


def _field(path: str, name: str, separator: str = ":") -> str | None:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        key, found, value = line.partition(separator)
        if found and key.strip() == name:
            return value.strip()
    return None
