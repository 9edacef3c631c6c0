"""swupdate: a signed archive with a tar.zst, encrypted by AES-256-CBC, unpacked as it streams."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

from measure import Command, script
from payload.release import Release
from peers.base import Installer
from peers.keys import self_signed
from settings import BenchError
from shell import empty, run

DESCRIPTION = """software =
{{
    version = "1";
    hardware-compatibility: [ "1.0" ];
    files: (
        {{
            filename = "payload.tar.zst"; type = "archive"; path = "{target}";
            encrypted = true; ivt = "{vector}"; sha256 = "{digest}";
            installed-directly = true;
        }}
    );
}}
"""


class Swupdate(Installer):
    """Installs a local .swu without its daemon."""

    name = "swupdate"
    packages = ("swupdate", "cpio", "openssl", "zstd")
    programs = ("swupdate", "cpio", "openssl", "zstd")
    about = "`swupdate -i` of a CMS-signed, AES-encrypted archive (tar.zst), streamed"

    def prepare(self, release: Release) -> None:
        key, self._certificate = self_signed(self.place)
        secret, vector = secrets.token_hex(32), secrets.token_hex(16)
        self._secret = self.place / "aes.key"
        self._secret.write_text(f"{secret} {vector}\n")
        content = empty(self.place / "content")
        sealed = content / "payload.tar.zst"
        run(
            [
                "openssl",
                "enc",
                "-aes-256-cbc",
                "-K",
                secret,
                "-iv",
                vector,
                "-in",
                release.packed(self.bench.level),
                "-out",
                sealed,
            ]
        )
        with sealed.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        description = content / "sw-description"
        description.write_text(DESCRIPTION.format(target=self.target, vector=vector, digest=digest))
        run(
            [
                "openssl",
                "cms",
                "-sign",
                "-in",
                description,
                "-out",
                f"{description}.sig",
                "-signer",
                self._certificate,
                "-inkey",
                key,
                "-outform",
                "DER",
                "-nosmimecap",
                "-binary",
            ]
        )
        self._archive = self.place / "payload.swu"
        names = "sw-description\nsw-description.sig\npayload.tar.zst\n"
        with self._archive.open("wb") as out:
            done = subprocess.run(
                ["cpio", "--quiet", "-o", "-H", "crc"],
                cwd=content,
                input=names.encode(),
                stdout=out,
                stderr=subprocess.PIPE,
                check=False,
            )
        if done.returncode != 0:
            raise BenchError(f"cpio: {done.stderr.decode(errors='replace')}")
        os.unlink(sealed)

    def sources(self) -> Sequence[Path]:
        return [self._archive]

    def command(self) -> Command:
        return script(
            'swupdate -H board:1.0 -k "$1" -K "$2" -M -m -i "$3"; sync -f "$4"',
            self._certificate,
            self._secret,
            self._archive,
            self.target,
        )
