"""Grafana's files, as far as they can be judged without Grafana, which Debian does not have: their form, and
every expression against the simulated fleet."""
import json
import re

import pytest

from prometheus import IMAGES

GRAFANA = IMAGES / "grafana"
BOARD = json.loads((GRAFANA / "dashboards/nacelle.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]


def asked(expression):
    """An expression with what Grafana would put in for its variables."""
    text = expression.replace("$machine", "press-07")
    assert "$" not in text, expression
    return text


def test_the_form_is_that_of_a_dashboard():
    assert BOARD["schemaVersion"] == 42 and BOARD["uid"] and BOARD["title"]
    numbers = [panel["id"] for panel in BOARD["panels"]]
    assert len(numbers) == len(set(numbers))
    assert {panel["type"] for panel in PANELS} == {
        "stat", "table", "timeseries", "heatmap", "state-timeline"}
    taken = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        assert 0 <= place["x"] and place["x"] + place["w"] <= 24, panel["title"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, f"{panel['title']} lies on another"
        taken |= cells
    for panel in PANELS:
        letters = [target["refId"] for target in panel["targets"]]
        assert letters and len(letters) == len(set(letters)), panel["title"]
        for one in (panel, *panel["targets"]):
            assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert [one["name"] for one in BOARD["templating"]["list"]] == ["datasource", "machine"]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_expression_has_data_of_the_fleet(fleet, panel):
    for target in panel["targets"]:
        expression = asked(target["expr"])
        found = fleet.query(expression)
        assert found, expression
        # A legend names labels that are there.
        for label in re.findall(r"{{(\w+)}}", target.get("legendFormat", "")):
            assert all(label in one["metric"] for one in found), (label, expression)


def test_the_table_has_a_row_for_each_machine(fleet):
    table = next(panel for panel in PANELS if panel["type"] == "table")
    rows = {}
    for target in table["targets"]:
        found = fleet.query(target["expr"])
        names = [one["metric"]["instance"] for one in found]
        assert len(names) == len(set(names)), target["expr"]
        rows[target["refId"]] = {one["metric"]["instance"]: float(one["value"][1]) for one in found}
    assert len(rows["A"]) == 15 and len(rows["C"]) == 14
    assert rows["C"]["press-07"] == 4 and rows["C"]["pump-01"] == 3 and rows["C"]["press-01"] == 1
    assert rows["H"]["pump-02"] == 200 and rows["H"]["kiln-01"] == 11 and "press-01" not in rows["H"]
    # What is renamed is what the queries bring.
    organize = table["transformations"][1]["options"]
    brought = {"instance"} | {f"Value #{letter}" for letter in rows}
    assert set(organize["renameByName"]) == brought
    labels = {label for one in fleet.query(table["targets"][0]["expr"]) for label in one["metric"]}
    shown = set(organize["renameByName"].values()) | labels - set(organize["excludeByName"])
    for override in table["fieldConfig"]["overrides"]:
        assert override["matcher"]["options"] in shown, override


def test_the_choice_of_machines_and_the_annotations_have_data(fleet):
    words = BOARD["templating"]["list"][1]["definition"]
    series = re.fullmatch(r"label_values\((\S+), instance\)", words)[1]
    values = json.loads(fleet.get("/api/v1/label/instance/values", **{"match[]": series}))["data"]
    assert len(values) == 15
    assert fleet.query(asked(BOARD["annotations"]["list"][1]["expr"]))


def test_the_provisioning_leads_to_the_files():
    source = (GRAFANA / "provisioning/datasources/nacelle.yaml").read_text()
    provider = (GRAFANA / "provisioning/dashboards/nacelle.yaml").read_text()
    for text in (source, provider):
        assert text.startswith("apiVersion: 1\n") and "\t" not in text
    assert "type: prometheus" in source and "type: file" in provider
