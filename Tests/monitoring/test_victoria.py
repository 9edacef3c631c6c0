"""VictoriaMetrics and its vmalert in place of Prometheus: the same rules, the same expressions, old times."""
import contextlib
import json
import subprocess
import time
import urllib.request

import pytest

import prometheus
import remote_write
from prometheus import IMAGES
from simulated_fleet import ALERTS
from test_grafana import PANELS, asked


@contextlib.contextmanager
def program(words, place):
    """A server of VictoriaMetrics that runs; its address."""
    port, log = prometheus.free_port(), place / f"{words[0]}.log"
    with open(log, "wb") as output:
        process = subprocess.Popen([*map(str, words), f"-httpListenAddr=127.0.0.1:{port}"],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        server = prometheus.Prometheus(port, process, log)
        server.wait("its health", lambda: server.get("/health"))
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)


def in_milliseconds(files):
    """The samples of these files, with times as VictoriaMetrics reads them, in parts of some megabytes."""
    part = []
    for path in files:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if not line.startswith("#"):
                    rest, at = line.rsplit(" ", 1)
                    part.append(f"{rest} {int(float(at) * 1000)}\n")
                if len(part) >= 100_000:
                    yield "".join(part).encode()
                    part = []
    yield "".join(part).encode()


@pytest.fixture(scope="module")
def victoria(fleet, tmp_path_factory):
    """VictoriaMetrics with the fleet's days, imported afterwards with the times at which they were measured."""
    place = tmp_path_factory.mktemp("victoria")
    with program(["victoria-metrics", f"-storageDataPath={place / 'data'}", "-retentionPeriod=1y",
                  "-search.latencyOffset=0s"], place) as server:
        for part in in_milliseconds(fleet.files):
            request = urllib.request.Request(f"{server.address}/api/v1/import/prometheus", data=part)
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert answer.status == 204
        server.get("/internal/force_flush")
        server.place = place
        yield server


@pytest.fixture(scope="module")
def vmalert(victoria):
    with program(["vmalert", f"-rule={IMAGES / 'rules.yml'}", f"-datasource.url={victoria.address}",
                  f"-remoteWrite.url={victoria.address}", "-notifier.url=http://127.0.0.1:9",
                  "-evaluationInterval=2s"], victoria.place) as server:
        yield server


def test_vmalert_fires_the_same_alerts(vmalert):
    def found():
        names = {}
        for alert in json.loads(vmalert.get("/api/v1/alerts"))["data"]["alerts"] or []:
            if alert["state"] == "firing":
                labels = alert["labels"]
                names.setdefault(labels["instance"], set()).add(labels["alertname"])
        return names
    vmalert.wait("the alerts", lambda: found() == ALERTS)


def test_the_expressions_of_the_dashboard_have_the_same_machines(fleet, victoria, vmalert):
    victoria.wait("what vmalert recorded",
                  lambda: len(victoria.query("nacelle:seen:timestamp_seconds")) == 15)
    for panel in PANELS:
        for target in panel["targets"]:
            if "ALERTS" in target["expr"]:
                continue
            there = victoria.query(asked(target["expr"]))
            here = fleet.query(asked(target["expr"]))
            assert {one["metric"].get("instance") for one in there} \
                == {one["metric"].get("instance") for one in here}, target["expr"]
            assert there, target["expr"]


def test_remote_write_takes_old_times(victoria):
    now = int(time.time())
    labels = {"__name__": "nacelle_load1", "job": "nacelle", "instance": "late"}
    for ages in (range(0, 1), range(1, 60)):
        samples = [(now - age * 86400, age) for age in ages]
        assert remote_write.write(f"{victoria.address}/api/v1/write", [(labels, samples)]) == 204
    victoria.get("/internal/force_flush")
    kept = json.loads(victoria.get("/api/v1/export", **{"match[]": 'nacelle_load1{instance="late"}'}))
    assert kept["timestamps"] == [(now - age * 86400) * 1000 for age in range(59, -1, -1)]
    assert kept["values"] == list(range(59, -1, -1))
