"""nginx on the loopback: plain HTTP for the peers, HTTPS with client certificates for ours.

Its log says how many bytes each request was sent, headers included, TLS's own bytes not.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from settings import PLAIN_ENVIRONMENT, Bench, BenchError, Unavailable
from shell import run

PACKAGES = ("nginx-light", "openssl")
CONFIGURATION = """
user root;
worker_processes 1;
daemon off;
pid {place}/nginx.pid;
error_log {place}/error.log;
events {{ worker_connections 512; }}
http {{
    log_format sent '$bytes_sent $status $request_uri';
    access_log {place}/access.log sent;
    sendfile on;
    keepalive_requests 100000;
    client_body_temp_path {place}/temporary;
    proxy_temp_path {place}/temporary;
    fastcgi_temp_path {place}/temporary;
    uwsgi_temp_path {place}/temporary;
    scgi_temp_path {place}/temporary;
    server {{
        listen 127.0.0.1:{http};
        root {root};
    }}
    server {{
        listen 127.0.0.1:{https} ssl http2;
        server_name localhost;
        root {root};
        ssl_certificate {place}/server.crt;
        ssl_certificate_key {place}/server.key;
        ssl_client_certificate {place}/ca.crt;
        ssl_verify_client on;
        ssl_protocols TLSv1.2 TLSv1.3;
    }}
}}
"""


@dataclass(frozen=True)
class Identity:
    """What a client needs to be let in."""

    authority: Path
    certificate: Path
    key: Path


class Server:
    """One nginx; serves what is linked or written below its folder."""

    def __init__(self, bench: Bench) -> None:
        self.place = bench.folder("web")
        self.root = bench.folder("web", "root")
        self._log = self.place / "access.log"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Starts it, unless it runs."""
        if self._process is not None:
            return
        if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
            raise Unavailable("nginx is not on this machine")
        self.identity = _certificates(self.place)
        self._http, self._https = _free_port(), _free_port()
        configuration = self.place / "nginx.conf"
        configuration.write_text(
            CONFIGURATION.format(
                place=self.place, root=self.root, http=self._http, https=self._https
            )
        )
        self._log.write_text("")
        self._process = subprocess.Popen(
            ["nginx", "-e", self.place / "error.log", "-p", self.place, "-c", configuration],
            env=dict(PLAIN_ENVIRONMENT),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._https)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        raise BenchError(f"nginx did not start; see {self.place}/error.log")

    def http(self, name: str) -> str:
        """The plain address of a name below the folder."""
        return f"http://127.0.0.1:{self._http}/{name}"

    def https(self, name: str) -> str:
        """The address that wants a client certificate."""
        return f"https://localhost:{self._https}/{name}"

    def folder(self, name: str) -> Path:
        """A folder that is served."""
        place = self.root / name
        place.mkdir(parents=True, exist_ok=True)
        return place

    def mark(self) -> int:
        """Where the log ends now."""
        return self._log.stat().st_size

    def sent_since(self, mark: int) -> int:
        """The bytes sent since a mark."""
        # A request is logged after its last byte has gone out.
        time.sleep(0.1)
        with self._log.open() as log:
            log.seek(mark)
            return sum(int(line.split(" ", 1)[0]) for line in log)

    def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _certificates(place: Path) -> Identity:
    """An authority, a server's certificate for localhost, and a client's."""
    authority, authority_key = place / "ca.crt", place / "ca.key"
    identity = Identity(authority, place / "client.crt", place / "client.key")
    if identity.certificate.exists():
        return identity
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run(
        [
            "openssl",
            "req",
            "-x509",
            *curve,
            "-keyout",
            authority_key,
            "-out",
            authority,
            "-days",
            "3650",
            "-subj",
            "/CN=bench authority",
        ]
    )
    usages = {
        "server": "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n",
        "client": "extendedKeyUsage=clientAuth\n",
    }
    for name, usage in usages.items():
        request, extensions = place / f"{name}.csr", place / f"{name}.ext"
        extensions.write_text(usage)
        run(
            [
                "openssl",
                "req",
                "-new",
                *curve,
                "-keyout",
                place / f"{name}.key",
                "-out",
                request,
                "-subj",
                f"/CN={name}",
            ]
        )
        run(
            [
                "openssl",
                "x509",
                "-req",
                "-in",
                request,
                "-CA",
                authority,
                "-CAkey",
                authority_key,
                "-CAcreateserial",
                "-days",
                "3650",
                "-extfile",
                extensions,
                "-out",
                place / f"{name}.crt",
            ]
        )
    return identity
