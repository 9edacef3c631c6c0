"""Rules, pages and the simulated fleet use the names of docs/telemetry.md and no others."""
import re

import contract
import simulated_fleet
from prometheus import IMAGES, PROJECT


def test_the_table_is_read():
    names = contract.shown()
    assert len(names) > 35
    assert names["nacelle_drift_index"] == {"of", "input", "statistic"}
    assert "nacelle_model_confidence_count" in names


def test_rules_and_dashboards_know_only_names_of_the_table():
    known = set(contract.shown())
    for file in sorted(IMAGES.rglob("*")):
        if file.suffix not in (".yml", ".html", ".lib", ".json"):
            continue
        text = file.read_text()
        # A choice of names in one expression: nacelle_(a|b|c).
        for inside in re.findall(r"nacelle_\(([\w|\"+\s]+)\)", text):
            names = re.sub(r"[\"+\s]", "", inside).split("|")
            assert {f"nacelle_{name}" for name in names} <= known, file.name
        text = re.sub(r"nacelle_\(", "", text)
        assert contract.used(text) - {"nacelle_"} <= known, file.name


def test_the_simulated_fleet_shows_every_name_with_its_labels():
    known = contract.shown()
    seen = {}
    for machine in simulated_fleet.MACHINES:
        for line in simulated_fleet.Simulation(machine, 1_800_000_000).look(1_799_990_000):
            name, labels = re.match(r"(\w+)\{(.*)\} \S+$", line).groups()
            seen.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    assert set(seen) == set(known)
    for name, labels in seen.items():
        assert labels - {"instance", "job"} <= known[name], name


def test_every_alert_has_a_test_and_a_place_in_the_documentation():
    rules = (IMAGES / "rules.yml").read_text()
    tests = (IMAGES / "rules.test.yml").read_text()
    page = (PROJECT / "docs/monitoring.md").read_text()
    alerts = re.findall(r"- alert: (\w+)", rules)
    assert len(alerts) == len(set(alerts)) == len(re.findall(r"severity: (critical|warning|info)}", rules))
    assert len(alerts) == len(re.findall(r"^ +action: ", rules, re.M))
    for alert in alerts:
        assert f'alertname="{alert}", alertstate="firing"' in tests, alert
        assert f"`{alert}`" in page, alert
    assert set(re.findall(r"`(Nacelle[A-Z]\w+)`", page)) == set(alerts)
