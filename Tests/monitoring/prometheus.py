"""A real Prometheus with the configuration of images/monitoring, on a free port of the loopback."""
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import simulated_fleet

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
IMAGES = PROJECT / "images/monitoring"


class Refused(Exception):
    """The server answered, and not what was wanted."""


class Prometheus:
    """A server that runs, and its HTTP API."""

    def __init__(self, port, process, log):
        self.port, self.process, self.log = port, process, log
        self.address = f"http://127.0.0.1:{port}"

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.address}{path}?{query}", timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as refusal:
            raise Refused(f"{path} {parameters}: {refusal.read().decode()}") from None

    def query(self, expression, **more):
        """The samples of an instant query."""
        answer = json.loads(self.get("/api/v1/query", query=expression, **more))
        return answer["data"]["result"]

    def alerts(self):
        return json.loads(self.get("/api/v1/alerts"))["data"]["alerts"]

    def wait(self, what, enough, seconds=150):
        """Waits until `enough()` is true; a server that ends meanwhile is an error at once."""
        end = time.monotonic() + seconds
        while True:
            assert self.process.poll() is None, f"Prometheus ended:\n{self.log.read_text()}"
            with contextlib.suppress(OSError, Refused):
                if enough():
                    return
            assert time.monotonic() < end, f"{what}: not within {seconds} s\n{self.log.read_text()}"
            time.sleep(0.2)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configuration(place):
    """The shipped configuration in `place`, scraping and evaluating every two seconds: tests do not wait."""
    place.mkdir()
    text = (IMAGES / "prometheus.yml").read_text()
    for word in ("evaluation", "scrape"):
        assert f"{word}_interval: 1m" in text
        text = text.replace(f"{word}_interval: 1m", f"{word}_interval: 2s")
    (place / "prometheus.yml").write_text(text)
    shutil.copy(IMAGES / "rules.yml", place)
    return place / "prometheus.yml"


@contextlib.contextmanager
def running(place, data, prepare=lambda place: None):
    """A server over this data; its files stand in `place`, which is made, and `prepare` may add to them."""
    file = configuration(place)
    prepare(place)
    port, log = free_port(), place / "log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={data}",
             f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver",
             f"--web.console.templates={IMAGES / 'consoles'}",
             f"--web.console.libraries={IMAGES / 'console_libraries'}"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        server = Prometheus(port, process, log)
        server.wait("its readiness", lambda: server.get("/-/ready"))
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)


def tool(*words):
    done = subprocess.run(["promtool", *map(str, words)], stdin=subprocess.DEVNULL, timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"promtool {words}: {done.stdout}"
    return done.stdout


def fill(place, data, now, machines=simulated_fleet.MACHINES, days=simulated_fleet.DAYS):
    """The data of a Prometheus that watched the fleet all these days, with what its rules recorded.

    What the recording rules would have written is asked of a first server, over all the days; without
    it there were no past to compare with, and no machine that fell silent. Returns the files with both."""
    place.mkdir()

    def import_samples(file):
        tool("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=162h", file, data)

    samples, recorded = place / "samples", place / "recorded"
    simulated_fleet.write(samples, now, machines, days)
    import_samples(samples)
    with running(place / "first", data) as server, open(recorded, "w", encoding="utf-8") as file:
        groups = json.loads(server.get("/api/v1/rules", type="record"))["data"]["groups"]
        for rule in (rule for group in groups for rule in group["rules"]):
            answer = json.loads(server.get(
                "/api/v1/query_range", query=rule["query"], start=now - days * simulated_fleet.DAY,
                end=now - 60, step=300))
            for series in answer["data"]["result"]:
                labels = {key: text for key, text in series["metric"].items() if key != "__name__"}
                for time_, value in series["values"]:
                    line = simulated_fleet.series(rule["name"], float(value), **labels)
                    file.write(f"{line} {time_}\n")
        file.write("# EOF\n")
    import_samples(recorded)
    return samples, recorded
