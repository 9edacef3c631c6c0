"""Keys and certificates for the peers, made once for the work directory."""

from __future__ import annotations

from pathlib import Path

from shell import run


def self_signed(folder: Path) -> tuple[Path, Path]:
    """An RSA-2048 key, and a certificate of it that may sign messages."""
    key, certificate = folder / "signing.pem", folder / "signing.crt"
    if not certificate.exists():
        run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                key,
                "-out",
                certificate,
                "-days",
                "3650",
                "-subj",
                "/CN=bench",
                "-addext",
                "extendedKeyUsage=emailProtection",
                "-addext",
                "keyUsage=digitalSignature",
            ],
        )
    return key, certificate
