import pathlib
import time

import pytest

import browser
import prometheus
from simulated_fleet import ALERTS


def pytest_addoption(parser):
    parser.addoption("--pictures", type=pathlib.Path, default=None,
                     help="where pictures of the pages are kept")


@pytest.fixture(scope="session")
def fleet(tmp_path_factory):
    """A Prometheus that has watched the simulated fleet for days, and whose rules have seen it."""
    place = tmp_path_factory.mktemp("fleet")
    files = prometheus.fill(place / "fill", place / "data", int(time.time()))
    with prometheus.running(place / "server", place / "data") as server:
        expected = sum(len(names) for names in ALERTS.values())
        server.wait("the alerts", lambda: len(server.alerts()) >= expected
                    and len(server.query('ALERTS{alertstate="firing"}')) >= expected)
        server.files = files
        yield server
    # They are large, and pytest keeps its directories.
    for file in files:
        file.unlink()


@pytest.fixture(scope="session")
def chromium():
    with browser.chromium() as program:
        yield program


@pytest.fixture(scope="session")
def pictures(request, tmp_path_factory):
    """Where pictures go."""
    return request.config.getoption("--pictures") or tmp_path_factory.mktemp("pictures")
