"""The console pages in a real browser, over the simulated fleet."""
import json
import shutil
import subprocess
import time
import urllib.parse

import pytest

import prometheus
import simulated_fleet
from simulated_fleet import ALERTS

WELL = {machine.name for machine in simulated_fleet.MACHINES} - set(ALERTS)
ROWS = """[...document.querySelectorAll('#machines tr')].map(row => ({
    machine: row.dataset.machine, look: row.className,
    cells: Object.fromEntries([...row.querySelectorAll('td')].map(
        cell => [cell.dataset.name, cell.innerText.replace(/\\s+/g, ' ').trim()]))}))"""


def machine_page(server, name, span="24h"):
    query = urllib.parse.urlencode({"instance": name, "range": span})
    return f"{server.address}/consoles/nacelle-machine.html?{query}"


def keep(page, pictures, name):
    """Keeps a picture, as small as it gets without loss."""
    path = pictures / f"monitoring-{name}.png"
    page.picture(path)
    if shutil.which("optipng"):
        subprocess.run(["optipng", "-quiet", "-o2", path], check=True)
    assert 20_000 < path.stat().st_size < 250_000, path


def test_exactly_the_expected_alerts_fire(fleet):
    found = {}
    for alert in fleet.alerts():
        assert alert["state"] == "firing"
        assert "error expanding" not in json.dumps(alert["annotations"])
        found.setdefault(alert["labels"]["instance"], set()).add(alert["labels"]["alertname"])
    assert found == ALERTS


@pytest.mark.parametrize("dark", [False, True])
def test_the_fleet_is_listed_worst_first(fleet, chromium, pictures, dark):
    with chromium.page(f"{fleet.address}/consoles/nacelle.html", dark=dark) as page:
        rows = page.evaluate(ROWS)
        names = [row["machine"] for row in rows]
        assert set(names) == WELL | set(ALERTS) and len(rows) == len(names)
        assert set(names[:4]) == {"pump-02", "fan-04", "mill-04", "press-07"}
        assert set(names[:len(ALERTS)]) == set(ALERTS)
        looks = [row["look"] for row in rows]
        assert looks == sorted(looks, key=["critical", "warning", "info", ""].index)
        cells = {row["machine"]: row["cells"] for row in rows}
        assert cells["press-07"]["Drift"] == "worse" and cells["pump-01"]["Drift"] == "shifted"
        assert cells["press-07"]["State"] == "good" and cells["press-07"]["Version"] == "1.4.2"
        assert cells["fan-01"]["State"] == "trial probation" and cells["fan-01"]["Version"] == "1.5.0"
        assert cells["fan-03"]["State"] == "good fell back from 1.5.0"
        assert cells["kiln-01"]["Temperature"].endswith("°C")
        assert int(cells["kiln-01"]["Temperature"].split()[0]) > 85
        assert float(cells["fan-04"]["Confidence"]) < 0.5 < float(cells["press-01"]["Confidence"])
        assert 100 < int(cells["press-01"]["Predictions/h"]) < 700
        assert cells["press-01"]["Since"] == "21 d"
        # A silent machine shows what it told last.
        silent = cells["pump-05"]
        assert silent["State"] == "silent" and silent["Version"] == "1.4.2" and silent["Drift"] == "good"
        assert silent["Predictions/h"] == "–" and silent["Last contact"] in ("19 h ago", "20 h ago")
        assert page.evaluate("document.querySelectorAll('#machines svg.spark path').length") == 14
        assert "1.4.2: 13" in page.evaluate("document.getElementById('tiles').innerText")
        # Nothing is cut off or must be scrolled sideways.
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        colors = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (colors == "rgb(16, 20, 26)") == dark
        keep(page, pictures, "fleet-dark" if dark else "fleet")


def test_the_fleet_can_be_filtered_and_sorted(fleet, chromium):
    def names(page):
        return [row["machine"] for row in page.evaluate(ROWS)]

    def choose(page, word):
        page.evaluate(f"[...document.querySelectorAll('#choice button, #heads button')]"
                      f".find(one => one.innerText === {word!r}).click()")

    with chromium.page(f"{fleet.address}/consoles/nacelle.html") as page:
        choose(page, "Drift")
        assert set(names(page)) == {"fan-04", "press-07", "pump-01", "pump-02"}
        choose(page, "Silent")
        assert names(page) == ["pump-05"]
        choose(page, "All")
        choose(page, "Temperature")
        assert names(page)[0] == "kiln-01"
        choose(page, "Machine")
        assert names(page) == sorted(names(page))
        choose(page, "Machine")
        assert names(page) == sorted(names(page), reverse=True)
        page.evaluate("const field = document.getElementById('filter'); field.value = 'too hot';"
                      "field.dispatchEvent(new Event('input'))")
        assert names(page) == ["kiln-01"]


def test_the_fleet_reads_well_on_a_phone(fleet, chromium, pictures):
    with chromium.page(f"{fleet.address}/consoles/nacelle.html", width=390, height=844,
                       phone=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert len(page.evaluate(ROWS)) == 15
        row = "document.querySelector('#machines tr')"
        assert page.evaluate(f"getComputedStyle({row}).display") == "grid"
        page.evaluate("[...document.querySelectorAll('#machines tr')].slice(6).forEach(x => x.remove())")
        keep(page, pictures, "phone")


PLOTS = """Object.fromEntries([...document.querySelectorAll('figure')].map(figure => [figure.id, {
    title: figure.querySelector('h2').innerText, keys: figure.querySelectorAll('.key').length,
    paths: [...figure.querySelectorAll('svg path')].filter(
        path => path.getAttribute('d').length > 100).length,
    cells: figure.querySelectorAll('svg rect').length,
    limits: figure.querySelectorAll('svg .limit').length,
    marks: [...figure.querySelectorAll('svg .mark-word')].map(mark => mark.textContent)}]))"""


def test_a_machine_that_drifts_is_shown_with_its_plots(fleet, chromium, pictures):
    with chromium.page(machine_page(fleet, "press-07", "4d")) as page:
        plots = page.evaluate(PLOTS)
        assert plots["drift"]["paths"] == 4 and plots["drift"]["limits"] == 1
        assert plots["mix"]["paths"] == 4 and plots["mix"]["keys"] == 4
        assert plots["confidence"]["cells"] > 300
        for name in ("rate", "latency"):
            assert plots[name]["paths"] == 1, name
        assert plots["temperature"]["paths"] == 2 and plots["pressure"]["paths"] == 3
        assert plots["trouble-shares"]["paths"] == 2
        words = page.evaluate("document.body.innerText")
        for word in ("press-07", "drift: worse", "bearing 1.4.2", "limit 0.25", "outer_race"):
            assert word in words, word
        assert page.evaluate("[...document.querySelectorAll('#alerts li')].map(x => x.dataset.alert)") \
            == ["NacelleDrift"]
        keep(page, pictures, "machine")


def test_a_machine_that_fell_back_shows_when(fleet, chromium, pictures):
    with chromium.page(machine_page(fleet, "fan-03"), dark=True) as page:
        plots = page.evaluate(PLOTS)
        assert plots["drift"]["marks"] == ["1.5.0", "1.4.2"]
        words = page.evaluate("document.getElementById('alerts').innerText")
        assert "from version 1.5.0" in words and "fell back" in words
        keep(page, pictures, "machine-dark")


def test_a_machine_that_is_silent_shows_what_it_told_last(fleet, chromium):
    with chromium.page(machine_page(fleet, "pump-05")) as page:
        words = page.evaluate("document.body.innerText")
        assert "silent since" in words and "bearing 1.4.2" in words and "Power or network first" in words
        # Where it told nothing there is no line: the last point lies in the first third.
        end = page.evaluate("""Math.max(...[...document.querySelectorAll('#temperature svg path')].map(
            path => Number(path.getAttribute('d').split(/[ML]/).pop().split(' ')[0])))""")
        wide = page.evaluate("document.querySelector('#temperature svg').viewBox.baseVal.width")
        assert end < wide / 2
        assert page.evaluate(PLOTS)["rate"]["paths"] == 1


def test_where_a_machine_was_switched_off_there_is_a_gap(fleet, chromium):
    count = """[...document.querySelectorAll('#%s svg path')].map(
        path => path.getAttribute('d').split('M').length - 1)"""
    with chromium.page(machine_page(fleet, "press-03", "4d")) as page:
        assert page.evaluate(count % "temperature") == [2, 2]
        assert page.evaluate(count % "rate") == [2]
        # Stacked areas come apart too: two for each class.
        assert page.evaluate(count % "mix") == [1] * 8


def test_a_machine_on_a_phone(fleet, chromium):
    with chromium.page(machine_page(fleet, "pump-02"), width=390, height=844, phone=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert "100 %" in page.evaluate("document.getElementById('trouble-shares').innerText")


def test_the_values_under_the_pointer_are_told(fleet, chromium):
    with chromium.page(machine_page(fleet, "press-07", "4d")) as page:
        box = page.evaluate("""(box => ({x: box.x, y: box.y, width: box.width}))(
            document.querySelector('#drift svg').getBoundingClientRect())""")
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box["x"] + box["width"] - 40,
                  y=box["y"] + 60)
        page.wait("!document.querySelector('#drift .tip').hidden")
        words = page.evaluate("document.querySelector('#drift .tip').innerText")
        assert "signal rms" in words and "mix" in words
        assert page.evaluate("document.querySelectorAll('.hair[visibility=visible]').length") == 8


def test_a_name_that_nobody_has_is_told(fleet, chromium):
    with chromium.page(machine_page(fleet, "nobody")) as page:
        assert "no machine of the name “nobody”" in page.evaluate(
            "document.getElementById('trouble').innerText")


def test_a_hostile_name_stays_text(chromium, tmp_path):
    """Names and labels come from machines, and a machine may be in wrong hands."""
    name = '"><img src=x onerror="document.title=\'owned\'"><script>document.title=\'owned\'</script>\\'
    machine = simulated_fleet.Machine(name, version='1.4.2')
    now = int(time.time())
    prometheus.fill(tmp_path / "fill", tmp_path / "data", now, [machine], days=1)
    with prometheus.running(tmp_path / "server", tmp_path / "data") as server:
        server.wait("its record", lambda: server.query("nacelle:seen:timestamp_seconds"))
        with chromium.page(f"{server.address}/consoles/nacelle.html") as page:
            assert [row["machine"] for row in page.evaluate(ROWS)] == [name]
            assert page.evaluate("document.title") == "Fleet"
            assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
            link = page.evaluate("document.querySelector('#machines a').href")
        with chromium.page(link) as page:
            assert page.evaluate("document.getElementById('name').innerText") == name
            assert page.evaluate("document.title") == name
            assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
            assert page.evaluate(PLOTS)["drift"]["paths"] == 4


def test_a_prometheus_without_machines_says_so(chromium, tmp_path):
    (tmp_path / "data").mkdir()
    with prometheus.running(tmp_path / "server", tmp_path / "data") as server:
        with chromium.page(f"{server.address}/consoles/nacelle.html") as page:
            assert "No machine has told anything yet" in page.evaluate("document.body.innerText")


def test_what_concerns_the_whole_fleet_stands_above_the_table(chromium, tmp_path):
    machines = [simulated_fleet.Machine(f"fan-{number}", "fell back", since_days=14) for number in "abc"]
    prometheus.fill(tmp_path / "fill", tmp_path / "data", int(time.time()), machines, days=1)
    with prometheus.running(tmp_path / "server", tmp_path / "data") as server:
        server.wait("the alert", lambda: any(
            one["labels"]["alertname"] == "NacelleFallbacksAcrossFleet" for one in server.alerts()))
        with chromium.page(f"{server.address}/consoles/nacelle.html") as page:
            words = page.evaluate("document.getElementById('fleet-alerts').innerText")
            assert "3 machines fell back within six hours from version 1.5.0" in words
            assert "Stop the rollout" in words
