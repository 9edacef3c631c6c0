"""The gateway's configuration, in Debian's nginx, between an origin with TLS and two machines."""
import os
import re
import shutil
import socket
import subprocess
import time

import pytest

from conftest import PROJECT, SHIP, run

PACK = 5 << 20


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Server:
    """One nginx in a directory of its own."""

    def __init__(self, place, configuration):
        self.place = place
        place.mkdir(exist_ok=True)
        (place / "nginx.conf").write_text(configuration)
        self.process = None

    def start(self, port):
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.process = subprocess.Popen(
            [nginx, "-p", self.place, "-c", self.place / "nginx.conf", "-e",
             self.place / "start.log", "-g", "daemon off; master_process off;"],
            stdin=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None, (self.place / "start.log").read_text()
                time.sleep(0.1)
        raise AssertionError("nginx does not answer")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


def temporary(place):
    return "".join(f"{kind}_temp_path {place}/{kind}; "
                   for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


class Site:
    def __init__(self, place):
        self.place = place
        self.origin_port, self.port = free_ports(2)
        self.repository()
        self.certificates()
        origin, gateway = place / "origin", place / "gateway"
        self.origin = Server(origin, f"""
pid {origin}/pid; error_log {origin}/error.log; events {{}}
http {{
    log_format short '$uri $status $body_bytes_sent $http_range|$http_authorization|$http_cookie';
    access_log {origin}/access.log short; {temporary(origin)}
    root {place}/www;
    server {{
        listen 127.0.0.1:{self.origin_port} ssl;
        ssl_certificate {place}/server.pem; ssl_certificate_key {place}/server.key;
        ssl_client_certificate {place}/ca.pem; ssl_verify_client on;
    }}
}}
""")
        self.gateway = Server(gateway, self.configuration(gateway))

    def configuration(self, gateway):
        """The file as it ships, with the site's own lines, as its reader is told to change them."""
        text = (PROJECT / "images/gateway/nginx.conf").read_text()
        for before, after in (
                ("server updates.example:443;", f"server 127.0.0.1:{self.origin_port};"),
                ("/etc/ssl/certs/ca-certificates.crt", f"{self.place}/ca.pem"),
                ("/var/cache/nginx/", f"{gateway}/cache-"),
                ("/var/log/nginx/", f"{gateway}/"),
                ("listen 80;", f"listen 127.0.0.1:{self.port};"),
                ("#proxy_ssl_certificate     /etc/nginx/", f"proxy_ssl_certificate {self.place}/"),
                ("#proxy_ssl_certificate_key /etc/nginx/",
                 f"proxy_ssl_certificate_key {self.place}/"),
                ("http {", f"pid_placeholder http {{ {temporary(gateway)}")):
            assert before in text, before
            text = text.replace(before, after)
        return text.replace("pid_placeholder", f"pid {gateway}/pid;")

    def certificates(self):
        make = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-x509", "-days", "2"]
        here = self.place
        run(*make, "-subj", "/CN=authority", "-keyout", here / "ca.key", "-out", here / "ca.pem")
        for name, alternative in (("server", "DNS:updates.example"), ("gateway", "DNS:gateway")):
            run(*make, "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}", "-CA",
                here / "ca.pem", "-CAkey", here / "ca.key", "-keyout", here / f"{name}.key", "-out",
                here / f"{name}.pem")

    def bundle(self, *words):
        return run(SHIP / "nacelle-bundle", *words)

    def repository(self):
        here = self.place
        for name in ("release", "online"):
            self.bundle("keygen", "signing", here / name, "-q")
        self.bundle("root", "init", "--root", here / "release.pub", "--targets",
                    here / "release.pub", "--snapshot", here / "online.pub", "--timestamp",
                    here / "online.pub", "--days", "365", "--sign", here / "release.key", "-o",
                    here / "root.json", "-q")
        (here / "prove").write_text("#!/bin/sh\nexit 0\n")
        (here / "filler").write_bytes(os.urandom(PACK))
        (here / "bundle.yaml").write_text("""application: app
version: 1.0.0
release-counter: 1
compatible: [site]
tree:
  - {from: prove, to: bin/prove, mode: "755"}
  - {from: filler, to: data/filler}
smoke: {kind: command, program: bin/prove, deadline: 20s}
""")
        self.bundle("build", here / "bundle.yaml", "-o", here / "app.nacelle", "--no-seal",
                    "--sign", here / "release.key", "-q")
        keys = ("--targets-key", here / "release.key", "--online-key", here / "online.key")
        (here / "www").mkdir()
        self.bundle("repo", "init", here / "www/fleet", "--root", here / "root.json", *keys, "-q")
        self.bundle("repo", "add", here / "www/fleet", here / "app.nacelle", *keys, "-q")

    def machine(self, name):
        store = self.place / name
        configuration = self.place / f"{name}.yaml"
        configuration.write_text(f"""store: {store}
machine: site
root: {self.place}/root.json
repository: http://127.0.0.1:{self.port}/fleet/
smoke: {{isolation: none, runtime-directory: {self.place}/run}}
transfer: {{plain-http: true, attempts: 2}}
""")
        return [SHIP / "nacelle", "install", "--config", configuration]

    def link(self):
        """What went over the link: (path, bytes, range), by the origin's own log."""
        time.sleep(0.3)
        lines = (self.origin.place / "access.log").read_text().splitlines()
        parsed = [re.fullmatch(r"(\S+) (\d+) (\d+) ([^|]*)\|([^|]*)\|(.*)", line) for line in lines]
        return [(m[1], int(m[3]), m[4], m[5], m[6]) for m in parsed]


@pytest.fixture()
def site(tmp_path):
    tmp_path.chmod(0o755)
    site = Site(tmp_path)
    site.origin.start(site.origin_port)
    site.gateway.start(site.port)
    yield site
    site.gateway.stop()
    site.origin.stop()


def test_two_machines_cost_the_link_each_byte_once(site):
    run(*site.machine("one"))
    run(*site.machine("two"))
    pieces = [(path, asked) for path, _, asked, _, _ in site.link() if "/metadata/" not in path]
    assert len(pieces) == len(set(pieces)), "a piece came twice"
    sent = sum(size for path, size, _, _, _ in site.link() if "/metadata/" not in path)
    whole = sum(file.stat().st_size for file in (site.place / "www/fleet").rglob("*")
                if file.is_file() and "metadata" not in file.parts)
    assert PACK < sent <= whole
    assert os.readlink(site.place / "two/current") == "slots/a"


def test_machines_at_the_same_time_cost_it_once_too(site):
    both = [subprocess.Popen([str(word) for word in site.machine(name)], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL) for name in ("one", "two")]
    assert [process.wait(120) for process in both] == [0, 0]
    pieces = [(path, asked) for path, _, asked, _, _ in site.link() if "/metadata/" not in path]
    assert len(pieces) == len(set(pieces)), "a piece came twice"


def test_a_damaged_piece_is_refused_and_a_clean_cache_mends_it(site):
    run(*site.machine("one"))
    damaged = 0
    for file in (site.gateway.place / "cache-nacelle").rglob("*"):
        if file.is_file() and file.stat().st_size > 500_000:
            with open(file, "r+b") as content:
                content.seek(400_000)
                byte = content.read(1)[0]
                content.seek(400_000)
                content.write(bytes([byte ^ 1]))
            damaged += 1
    assert damaged
    refused = subprocess.run([str(word) for word in site.machine("two")], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=120)
    assert refused.returncode in (10, 62), refused.stdout
    assert not os.path.lexists(site.place / "two/current")
    site.gateway.stop()
    for cache in ("cache-nacelle", "cache-nacelle-meta"):
        shutil.rmtree(site.gateway.place / cache)
    site.gateway.start(site.port)
    run(*site.machine("two"))


def test_with_the_link_down_a_machine_still_gets_what_is_here(site):
    run(*site.machine("one"))
    site.origin.stop()
    run(*site.machine("two"))


def test_a_new_timestamp_is_seen_and_nothing_of_a_machine_goes_out(site):
    run("curl", "-sf", "-H", "Authorization: Bearer secret", "-H", "Cookie: a=b", "-o", os.devnull,
        f"http://127.0.0.1:{site.port}/fleet/metadata/timestamp.json")
    run("curl", "-sf", "-H", "Authorization: Bearer secret", "-H", "Cookie: a=b", "-o", os.devnull,
        f"http://127.0.0.1:{site.port}/fleet/targets/nothing", status=22)
    assert {(authorization, cookie) for _, _, _, authorization, cookie in site.link()} == {("-", "-")}
    # Not kept for ever: nginx was told a minute, and says so to whom asks for it.
    text = (PROJECT / "images/gateway/nginx.conf").read_text()
    assert re.search(r"timestamp\\.json.*?\{.*?proxy_cache_valid 200 1m;", text, re.S)


def test_only_reading_is_let_through(site):
    for method in ("POST", "PUT", "DELETE"):
        code = run("curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "-X", method,
                   f"http://127.0.0.1:{site.port}/fleet/metadata/timestamp.json")
        assert code == "405"
    assert site.link() == []
