"""Drives the client under test by its command line."""

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

PATIENCE = 60


class Client:
    """A client with its directories; each call is one run of its program."""

    def __init__(self, command, directory: Path, url: str):
        self._command = command
        self._url = url
        self.directory = directory
        self.metadata = directory / "metadata"
        self.targets = directory / "targets"
        self.metadata.mkdir(parents=True)
        self.targets.mkdir()
        self.said = ""

    def init(self, root: bytes):
        """`init` with these bytes as the root that is trusted; the exit status."""
        trusted = self.directory / "trusted-root"
        trusted.write_bytes(root)
        return self.run(*self.where(), "init", str(trusted))

    def refresh(self, at=None, patience=PATIENCE):
        """`refresh`; the exit status."""
        return self.run(*self.refreshing(), at=at, patience=patience)

    def download(self, *names, at=None, patience=PATIENCE):
        """`download` of targets; the exit status."""
        return self.run(*self.downloading(*names), at=at, patience=patience)

    def where(self):
        """The arguments that every command has."""
        return "--metadata-dir", str(self.metadata)

    def refreshing(self):
        """The arguments of `refresh`."""
        return "--metadata-url", f"{self._url}/metadata", *self.where(), "refresh"

    def downloading(self, *names):
        """The arguments of `download`."""
        wanted = [word for name in names for word in ("--target-name", name)]
        return (
            *("--metadata-url", f"{self._url}/metadata", *self.where(), *wanted),
            *("--target-dir", str(self.targets), "--target-base-url", f"{self._url}/targets"),
            "download",
        )

    def run(self, *arguments, at=None, patience=PATIENCE):
        """Runs the program, at the present time or another, and returns its exit status.

        Any status but 0 and 1 fails, and so does a metadata directory that holds something else
        than metadata afterwards.
        """
        command = [*(at_time(at) if at else ()), *self._command, *arguments]
        try:
            result = subprocess.run(
                command,
                env=environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=patience,
            )
        except subprocess.TimeoutExpired:
            raise AssertionError(f"no end within {patience} s: {' '.join(command)}") from None
        self.said = (result.stdout + result.stderr).decode(errors="replace").strip()
        assert result.returncode in (0, 1), f"status {result.returncode}, not 0 or 1:\n{self.said}"
        self.check_directory()
        return result.returncode

    def start(self, *arguments):
        """Starts the program and returns its process, in a group of its own."""
        return subprocess.Popen(
            [*self._command, *arguments],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def check_directory(self):
        """Fails where a `*.json` in the metadata directory is no metadata."""
        for path in self.metadata.glob("*.json"):
            document = json.loads(path.read_bytes())
            assert document.keys() >= {"signed", "signatures"}, f"{path.name} is no metadata"

    def stored(self):
        """The metadata files that the client keeps, by name."""
        return {path.name: path.read_bytes() for path in self.metadata.glob("*.json")}

    def target(self, name):
        """A downloaded target's bytes, or nothing."""
        path = self.targets / quote(name, safe="")
        return path.read_bytes() if path.exists() else None


def environment():
    """The environment of every run: no proxy stands between the client and the server."""
    return {**os.environ, "TZ": "UTC", "no_proxy": "*"}


def at_time(moment):
    """The words before a command that stop its wall clock at a moment; time-outs go on."""
    return ["faketime", "--exclude-monotonic", "-f", moment.strftime("%Y-%m-%d %H:%M:%S")]
