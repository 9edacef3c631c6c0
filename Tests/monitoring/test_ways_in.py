"""How figures of machines come into a Prometheus with this configuration: pushed, also late; by node_exporter's
textfile; by a scrape of the agent."""
import contextlib
import http.server
import subprocess
import threading
import time

import pytest

import prometheus
import remote_write
import simulated_fleet

HOUR, DAY = 3600, 86400


@pytest.fixture(scope="module")
def page():
    """What an agent shows for a scrape: the same lines without the labels that a push adds."""
    now = int(time.time())
    machine = simulated_fleet.Machine("any")
    lines = simulated_fleet.Simulation(machine, now).look(now)
    return "".join(line.replace('instance="any",job="nacelle",', "").replace(
        '{instance="any",job="nacelle"}', "") + "\n" for line in lines)


@contextlib.contextmanager
def served(text):
    """A program that shows this text at /metrics."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def node_exporter(directory):
    port = prometheus.free_port()
    process = subprocess.Popen(
        ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}",
         "--collector.disable-defaults", "--collector.textfile",
         f"--collector.textfile.directory={directory}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_a_scrape_and_a_textfile_bring_the_same_labels_as_a_push(page, tmp_path):
    (tmp_path / "textfile").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "textfile/nacelle.prom").write_text(page)
    with served(page) as agent, node_exporter(tmp_path / "textfile") as node:
        def targets(place):
            machines = place / "machines"
            machines.mkdir()
            (machines / "agents.yml").write_text(f"- targets: [localhost:{agent}]\n")
            (machines / "nodes.yml").write_text(
                f"- targets: ['127.0.0.1:{node}']\n  labels: {{instance: press-01}}\n")
        with prometheus.running(tmp_path / "server", tmp_path / "data", targets) as server:
            server.wait("both machines", lambda: len(server.query("nacelle_info")) == 2)
            found = {one["metric"]["instance"]: one["metric"] for one in server.query("nacelle_info")}
            assert set(found) == {"localhost", "press-01"}
            assert {labels["job"] for labels in found.values()} == {"nacelle"}
            # What node_exporter says of itself stays its own; the alert on old textfiles stands on it.
            own = server.query("node_textfile_mtime_seconds")
            assert [one["metric"]["job"] for one in own] == ["node"]
            assert "nacelle" in own[0]["metric"]["file"]
            server.wait("their record", lambda: len(server.query("nacelle:seen:timestamp_seconds")) == 2)


def labels_of(name, machine):
    return {"__name__": name, "job": "nacelle", "instance": machine}


def test_what_a_machine_kept_for_days_is_taken_and_what_is_too_old_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    now = int(time.time())
    with prometheus.running(tmp_path / "server", tmp_path / "data") as server:
        address = f"{server.address}/api/v1/write"
        # First the newest sample, as a machine sends it that is back; then what it kept, in two turns.
        assert remote_write.write(address, [(labels_of("nacelle_load1", "m"), [(now, 1)])]) == 204
        late = [(now - age, age) for age in range(13 * DAY, HOUR, -HOUR)]
        assert remote_write.write(address, [(labels_of("nacelle_load1", "m"), late[100:])]) == 204
        assert remote_write.write(address, [(labels_of("nacelle_load1", "m"), late[:100])]) == 204
        found = server.query('count_over_time(nacelle_load1{instance="m"}[14d])')
        assert [float(one["value"][1]) for one in found] == [len(late) + 1]
        # A second time the same changes nothing.
        assert remote_write.write(address, [(labels_of("nacelle_load1", "m"), late[:100])]) in (204, 400)
        assert server.query('count_over_time(nacelle_load1{instance="m"}[14d])')[0]["value"][1] \
            == found[0]["value"][1]
        # Older than the window: refused, for good.
        status = remote_write.write(address, [(labels_of("nacelle_load1", "m"), [(now - 15 * DAY, 1)])])
        assert status >= 400
