"""The nginx of images/monitoring in front of both servers: certificates for machines, a password for people."""
import base64
import contextlib
import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest

import prometheus
import remote_write
from prometheus import IMAGES
from test_victoria import program


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], stdin=subprocess.DEVNULL, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def certificate(place, name, subject, authority=None):
    """A key and a certificate, by itself or by an authority."""
    key, file, request = place / f"{name}.key", place / f"{name}.pem", place / f"{name}.csr"
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject,
           "-keyout", key]
    if authority is None:
        openssl("req", "-x509", *new, "-days", "2", "-addext", "subjectAltName=IP:127.0.0.1",
                "-out", file)
    else:
        openssl("req", "-new", *new, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", place / f"{authority}.pem", "-CAkey",
                place / f"{authority}.key", "-CAcreateserial", "-days", "2", "-out", file)


class Front:
    def __init__(self, place, machines, people, metrics, victoria):
        self.place, self.metrics, self.victoria = place, metrics, victoria
        self.machines = f"https://127.0.0.1:{machines}"
        self.people = f"https://127.0.0.1:{people}"

    def context(self, name=None):
        context = ssl.create_default_context(cafile=self.place / "monitoring.pem")
        if name:
            context.load_cert_chain(self.place / f"{name}.pem", self.place / f"{name}.key")
        return context

    def ask(self, address, name=None, data=None, password=None, headers=()):
        """The status of a request, and the answer."""
        request = urllib.request.Request(address, data=data, headers=dict(headers))
        if password:
            request.add_header("Authorization", "Basic " + base64.b64encode(password.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.context(name)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()

    def write(self, name, instance):
        labels = {"__name__": "nacelle_load1", "instance": instance, "job": "other"}
        data = remote_write.snappy(remote_write.message([(labels, [(time.time(), 1)])]))
        return self.ask(f"{self.machines}/api/v1/write", name, data, headers={
            "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": "0.1.0"})[0]


@contextlib.contextmanager
def nginx(place, text):
    """An nginx with this in its http section."""
    (place / "nginx.conf").write_text(
        f"pid {place}/pid; error_log {place}/error.log; daemon off; worker_processes 1;\n"
        f"events {{}}\nhttp {{ access_log off; client_body_temp_path {place}/body;"
        f" proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;"
        f" uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;\n{text}\n}}\n")
    process = subprocess.Popen(["nginx", "-e", f"{place}/error.log", "-c", f"{place}/nginx.conf"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    place = tmp_path_factory.mktemp("front")
    # Its workers are another user, who must reach the password file.
    for directory in (place, *place.parents):
        if str(directory).startswith("/tmp/pytest-of-"):
            directory.chmod(0o711)
    (place / "data").mkdir()
    certificate(place, "machines", "/CN=Machines")
    certificate(place, "strangers", "/CN=Strangers")
    certificate(place, "monitoring", "/CN=monitoring")
    certificate(place, "press-01", "/O=Plant/CN=press-01", "machines")
    certificate(place, "odd", "/O=Plant/CN=press 01&extra_label=job=x", "machines")
    certificate(place, "stranger", "/CN=press-01", "strangers")
    crypted = subprocess.run(["openssl", "passwd", "-6", "secret"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    (place / "monitoring.users").write_text(f"ann:{crypted}")
    with prometheus.running(place / "server", place / "data") as metrics, \
            program(["victoria-metrics", f"-storageDataPath={place / 'victoria'}",
                     "-search.latencyOffset=0s"], place) as victoria:
        ports = prometheus.free_port(), prometheus.free_port()
        text = (IMAGES / "nginx.conf").read_text()
        for old, new in (("listen 9443 ssl", f"listen 127.0.0.1:{ports[0]} ssl"),
                         ("listen 443 ssl", f"listen 127.0.0.1:{ports[1]} ssl"),
                         ("/etc/nginx/", f"{place}/"), ("127.0.0.1:9090", f"127.0.0.1:{metrics.port}"),
                         ("127.0.0.1:8428", f"127.0.0.1:{victoria.port}")):
            assert old in text
            text = text.replace(old, new)
        with nginx(place, text) as process:
            found = Front(place, *ports, metrics, victoria)
            end = time.monotonic() + 30
            while True:
                assert process.poll() is None, (place / "error.log").read_text()
                with contextlib.suppress(OSError):
                    found.ask(f"{found.people}/")
                    break
                assert time.monotonic() < end
                time.sleep(0.1)
            yield found


def test_a_machine_writes_with_its_certificate_and_not_without(front):
    assert front.write("press-01", "press-01") == 204
    assert front.metrics.query('nacelle_load1{instance="press-01"}')
    assert front.write(None, "press-01") == 400
    assert front.write("stranger", "press-01") == 400
    # A name that would add to the address.
    assert front.write("odd", "press-01") == 403


def test_victoria_names_the_machine_by_its_certificate(front):
    text = b'nacelle_load1{instance="press-99",job="other"} 1\nnacelle_uptime_seconds 5\n'
    assert front.ask(f"{front.machines}/api/v1/import/prometheus", "press-01", text)[0] == 204
    def kept():
        front.victoria.get("/internal/force_flush")
        exported = front.victoria.get("/api/v1/export", **{"match[]": '{__name__=~"nacelle_.+"}'})
        return [json.loads(line)["metric"] for line in exported.splitlines()]
    front.victoria.wait("both samples", lambda: len(kept()) == 2, seconds=30)
    found = kept()
    assert {(one["instance"], one["job"]) for one in found} == {("press-01", "nacelle")}


def test_a_machine_reads_nothing(front):
    for path in ("/", "/api/v1/query?query=up", "/consoles/nacelle.html", "/api/v1/write/x",
                 "/api/v1/admin/tsdb/snapshot"):
        assert front.ask(f"{front.machines}{path}", "press-01")[0] == 404, path


def test_people_see_the_pages_with_a_password_and_write_nothing(front):
    assert front.ask(f"{front.people}/consoles/nacelle.html")[0] == 401
    assert front.ask(f"{front.people}/consoles/nacelle.html", password="ann:wrong")[0] == 401
    status, text = front.ask(f"{front.people}/", password="ann:secret")
    assert status == 200 and "<title>Fleet</title>" in text
    for path in ("/api/v1/query?query=up", "/api/v1/alerts", "/consoles/nacelle-machine.html",
                 "/api/v1/query_range?query=up&start=0&end=10&step=5"):
        assert front.ask(f"{front.people}{path}", password="ann:secret")[0] == 200, path
    for path in ("/api/v1/write", "/-/reload", "/api/v1/admin/tsdb/snapshot", "/api/v1/status/config"):
        assert front.ask(f"{front.people}{path}", password="ann:secret", data=b"")[0] == 404, path
