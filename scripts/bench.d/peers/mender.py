"""mender-client: a signed artifact with a tar.zst, unpacked by a minimal update module.

The module takes its file the simple way, as those that come with the client do: the client writes
it beside its data first. It reads two places outside the work directory, both put back at the end.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from measure import Command, script
from payload.release import Release
from peers.base import Installer
from shell import empty, put, run

MODULE = """#!/bin/sh
set -e
case "$1" in
    ArtifactInstall) tar -x --zstd -f "$2/files/payload.tar.zst" -C "{target}" ;;
    NeedsArtifactReboot | SupportsRollback) echo No ;;
esac
"""


class Mender(Installer):
    """Installs a local artifact; commits it."""

    name = "mender"
    packages = ("mender-client", "mender-artifact", "zstd")
    programs = ("mender", "mender-artifact", "zstd")
    about = (
        "`mender install` of a signed artifact (tar.zst), unpacked by a minimal update module, "
        "which gets the file as those that come with the client do: written to the disk first"
    )

    #: Where the client looks for modules, and for the name of what is installed.
    _module = Path("/usr/share/mender/modules/v3/nacelle-bench")
    _name = Path("/etc/mender/artifact_info")

    def prepare(self, release: Release) -> None:
        key, public = self.place / "key.pem", self.place / "key.pub"
        # mender-artifact reads keys in the traditional form alone.
        run(["openssl", "genrsa", "-traditional", "-out", key, "2048"])
        run(["openssl", "rsa", "-in", key, "-pubout", "-out", public])
        payload = put(
            release.packed(self.bench.level), empty(self.place / "content") / "payload.tar.zst"
        )
        self._artifact = self.place / "payload.mender"
        run(
            [
                "mender-artifact",
                "write",
                "module-image",
                "-T",
                self._module.name,
                "-n",
                "release",
                "-t",
                "bench",
                "-k",
                key,
                "--compression",
                "none",
                "-f",
                payload,
                "-o",
                self._artifact,
            ]
        )
        payload.unlink()
        self._module.parent.mkdir(parents=True, exist_ok=True)
        self._module.write_text(MODULE.format(target=self.target))
        self._module.chmod(0o755)
        self._made_name = getattr(self, "_made_name", False) or not self._name.exists()
        if self._made_name:
            self._name.parent.mkdir(parents=True, exist_ok=True)
            self._name.write_text("artifact_name=before\n")
        data = self.place / "data"
        self._configuration = self.place / "mender.conf"
        self._configuration.write_text(
            json.dumps(
                {"ArtifactVerifyKey": str(public), "DeviceTypeFile": str(data / "device_type")}
            )
        )

    def sources(self) -> Sequence[Path]:
        return [self._artifact]

    def reset(self) -> None:
        super().reset()
        (empty(self.place / "data") / "device_type").write_text("device_type=bench\n")

    def command(self) -> Command:
        return script(
            'mender -c "$1" -d "$2" --no-syslog install "$3"; sync -f "$4"',
            self._configuration,
            self.place / "data",
            self._artifact,
            self.target,
        )

    def close(self) -> None:
        self._module.unlink(missing_ok=True)
        if getattr(self, "_made_name", False):
            self._name.unlink(missing_ok=True)
