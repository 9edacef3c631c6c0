"""The rollout server: gooseBit on this machine's loopback, nginx with TLS before it."""
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

from machine import Trouble, until

HERE = pathlib.Path(__file__).resolve().parent


class Rollout:
    """One server with an empty database, for one device."""

    def __init__(self, work, python, device, token, tls, port, inner):
        self.work, self.python, self.device = work, python, device
        self.inner, self.port, self.tls = inner, port, tls
        self.processes = []
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(f"{work}/artifacts")
        self.environment = dict(
            os.environ, GOOSEBIT_DB_URI=f"sqlite:///{work}/db.sqlite3",
            GOOSEBIT_ARTIFACTS_DIR=f"{work}/artifacts", GOOSEBIT_POLL_TIME="00:00:30",
            GOOSEBIT_DEVICE_AUTH__ENABLE="true", GOOSEBIT_DEVICE_AUTH__MODE="strict",
            GOOSEBIT_TENANT="DEFAULT")
        self.migrate()
        self.start()
        self.bearer = None
        password = secrets.token_hex(8)
        form = urllib.parse.urlencode({"username": "test@nacelle.example", "password": password})
        self.bearer = self.ask("POST", "/setup", form.encode(),
                               "application/x-www-form-urlencoded")["access_token"]
        self.ask("PUT", "/api/v1/devices", {"devices": [device], "auth_token": token})

    def migrate(self):
        packages = subprocess.run(
            [self.python, "-c", "import goosebit; print(goosebit.__path__[0])"], check=True,
            stdout=subprocess.PIPE, text=True, env=self.environment, cwd=self.work).stdout.strip()
        with open(f"{self.work}/aerich.toml", "w") as file:
            file.write('[tool.aerich]\ntortoise_orm = "goosebit.db.config.TORTOISE_CONF"\n'
                       f'location = "{packages}/db/migrations"\nsrc_folder = "{self.work}"\n')
        aerich = str(pathlib.Path(self.python).parent / "aerich")
        subprocess.run([aerich, "-c", f"{self.work}/aerich.toml", "upgrade"], check=True,
                       env=self.environment, cwd=self.work, stdout=subprocess.DEVNULL)

    def start(self):
        log = open(f"{self.work}/goosebit.log", "ab")
        self.processes.append(subprocess.Popen(
            [self.python, "-m", "uvicorn", "goosebit:app", "--host", "127.0.0.1",
             "--port", str(self.inner), "--workers", "1", "--proxy-headers",
             "--forwarded-allow-ips", "127.0.0.1"],
            env=self.environment, cwd=self.work, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL))
        with open(f"{self.work}/nginx.conf", "w") as file:
            file.write(f"""daemon off; master_process off; pid {self.work}/nginx.pid;
error_log {self.work}/error.log; events {{}}
http {{
    log_format told escape=json '$status $body_bytes_sent $request_method $uri "$request_body"';
    access_log {self.work}/access.log told;
    {''.join(f"{kind}_temp_path {self.work}/{kind}; " for kind in
             ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
    server {{
        listen 127.0.0.1:{self.port} ssl;
        ssl_certificate {self.tls}/server.pem; ssl_certificate_key {self.tls}/server.key;
        location / {{
            proxy_pass http://127.0.0.1:{self.inner};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_buffering off;
            limit_rate 4m;
        }}
    }}
}}
""")
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.processes.append(subprocess.Popen(
            [nginx, "-p", self.work, "-c", f"{self.work}/nginx.conf", "-e",
             f"{self.work}/error.log"], stdin=subprocess.DEVNULL))

        def answers():
            for process in self.processes:
                if process.poll() is not None:
                    raise Trouble(f"a server ended; see {self.work}/goosebit.log, error.log")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.inner}/login", timeout=2).close()
                return True
            except OSError:
                return False
        until(60, "gooseBit answers", answers, 0.2)

    def ask(self, method, path, body=None, kind="application/json"):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.inner}{path}", data, {"Content-Type": kind}, method=method)
        if getattr(self, "bearer", None):
            request.add_header("Authorization", f"Bearer {self.bearer}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Trouble(f"gooseBit: {method} {path}: {error.code} {error.read()[:500]!r}")

    def offer(self, file):
        """Puts a file on the server and assigns it to the device; the software's number."""
        boundary = uuid.uuid4().hex
        name = os.path.basename(file)
        with open(file, "rb") as content:
            body = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
                    f'filename="{name}"\r\n\r\n').encode() + content.read() + \
                   f"\r\n--{boundary}--\r\n".encode()
        number = self.ask("PUT", "/api/v1/software", body,
                          f"multipart/form-data; boundary={boundary}")["id"]
        self.assign(number)
        return number

    def assign(self, number):
        self.ask("PATCH", "/api/v1/devices",
                 {"devices": [self.device], "software": str(number), "force_update": True})

    def state(self):
        return next(d for d in self.ask("GET", "/api/v1/devices")["devices"]
                    if d["id"] == self.device)

    def asked(self, method, end):
        """What the device asked for and got, by the web server's log: (bytes, body) of each."""
        lines = []
        with open(f"{self.work}/access.log") as file:
            for line in file:
                status, sent, how, path, body = line.rstrip("\n").split(" ", 4)
                if status in ("200", "206") and how == method and path.endswith(end):
                    lines.append((int(sent), body))
        return lines

    def feedback(self):
        """How many reports of the device came."""
        return len(self.asked("POST", "/feedback"))

    def closed(self):
        """The outcomes that the device closed actions with, in their order."""
        said = (json.loads(json.loads(body)) for _, body in self.asked("POST", "/feedback"))
        return [one["status"]["result"]["finished"] for one in said
                if one["status"]["execution"] == "closed"]

    def polls(self):
        """How often the device asked whether there is something for it."""
        return len(self.asked("GET", f"/v1/{self.device}"))

    def fetched(self):
        """How many bytes of versions it fetched."""
        return sum(sent for sent, _ in self.asked("GET", "/download"))

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
