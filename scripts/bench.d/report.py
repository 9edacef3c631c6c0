"""All that a run found out, as one value: for the JSON file, the terminal and the document."""

from __future__ import annotations

import datetime
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import bounds
import machine
from figures import Results
from settings import Bench
from tables import Table, bytes_as, seconds, spread

MIB = 1 << 20
MB = 1_000_000


def collect(bench: Bench, results: Results, payload: dict[str, float]) -> dict:
    """The report of a run."""
    verdicts = [verdict.as_dict() for verdict in bounds.judge(bench, results)]
    open_ones = [v for v in verdicts if not v["left_out"]]
    return {
        "command": shlex.join(["scripts/bench", *sys.argv[1:]]),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "revision": machine.revision(),
        "seed": bench.seed,
        "quick": bench.quick,
        "rounds": bench.rounds,
        "delta_rounds": bench.delta_rounds,
        "level": bench.level,
        "machine": bench.machine,
        "versions": bench.versions,
        "about": bench.about,
        "missing": bench.missing,
        "notes": bench.notes,
        "payload": payload,
        "comparisons": {
            comparison: {name: series.as_dict() for name, series in rows.items()}
            for comparison, rows in results.comparisons.items()
        },
        "codecs": bench.codecs,
        "bounds": verdicts,
        "met": all(v["met"] for v in open_ones),
    }


def write_json(report: dict, path: Path) -> None:
    """Writes the report; whole, or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    fresh.replace(path)


def tables(report: dict) -> list[Table]:
    """The report's tables, in order."""
    found = [
        _installs(report),
        _sizes(report),
        *_updates(report),
        _memory(report),
        _codecs(report),
        _bounds(report),
    ]
    return [table for table in found if table is not None and table.rows]


def _rows(report: dict, comparison: str) -> dict[str, dict]:
    return report["comparisons"].get(comparison, {})


def _installs(report: dict) -> Table:
    fixed = _rows(report, "overhead")
    table = Table(
        "Full install from a file, synced at the end",
        [
            "",
            "wall s (min–max)",
            "CPU s",
            "peak MB",
            "MiB written",
            "a tiny payload: wall s",
            "CPU s",
        ],
    )
    for name, row in _rows(report, "install").items():
        small = fixed.get(name, {})
        table.add(
            name,
            spread(row.get("wall")),
            seconds(row.get("cpu")),
            bytes_as(row.get("peak"), MB, 0),
            bytes_as(row.get("written"), MIB, 0),
            seconds(small.get("wall")),
            seconds(small.get("cpu")),
        )
    return table


def _sizes(report: dict) -> Table:
    table = Table("What is sent for a full install", ["", "MB"])
    for name, row in _rows(report, "size").items():
        table.add(name, bytes_as(row["bytes"], MB, 1))
    return table


def _updates(report: dict) -> Sequence[Table]:
    titles = {
        "routine": "Update to a routine release (v1 → v2)",
        "training": "Update to a new training run (v1 → v3)",
    }
    found = []
    for comparison, title in titles.items():
        table = Table(
            title,
            [
                "",
                "MB sent",
                "making: s",
                "peak MB",
                "applying: s",
                "CPU s",
                "peak MB",
                "MiB written",
            ],
        )
        for name, row in _rows(report, comparison).items():
            table.add(
                name,
                bytes_as(row.get("sent"), MB, 2),
                seconds(row.get("make_wall"), 1),
                bytes_as(row.get("make_peak"), MB, 0),
                seconds(row.get("wall")),
                seconds(row.get("cpu")),
                bytes_as(row.get("peak"), MB, 0),
                bytes_as(row.get("written"), MIB, 0),
            )
        found.append(table)
    return found


def _memory(report: dict) -> Table:
    table = Table("Memory by the size of the payload", ["payload", "peak MB", "wall s", "CPU s"])
    for name, row in _rows(report, "memory").items():
        table.add(
            name,
            bytes_as(row.get("peak"), MB, 1),
            seconds(row.get("wall")),
            seconds(row.get("cpu")),
        )
    return table


def _codecs(report: dict) -> Table | None:
    """The rows that codec-bench wrote: rates of plain bytes a second of processor time."""
    written = report.get("codecs")
    rows = written.get("rows") if isinstance(written, dict) else written
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not rows:
        return None
    table = Table(
        "The codecs alone",
        ["", "data", "stored share", "encode MB/s", "decode GB/s", "its zstd frame alone GB/s"],
    )
    for row in rows:
        plain, stored = row.get("plainBytes"), row.get("storedBytes")
        table.add(
            str(row.get("name", "")),
            str(row.get("data", "")),
            f"{stored / plain:.3f}" if plain and stored else "",
            _rate(row.get("encode"), 1e6, 0),
            _rate(row.get("decode"), 1e9, 2),
            _rate(row.get("frame"), 1e9, 2),
        )
    return table


def _rate(value: float | None, unit: float, digits: int) -> str:
    return f"{value / unit:.{digits}f}" if isinstance(value, (int, float)) else ""


def _bounds(report: dict) -> Table:
    table = Table(
        "What must be reached",
        ["what", "against", "measured", "at most", "", "less the fixed part"],
    )
    for verdict in report["bounds"]:
        table.add(
            verdict["what"],
            against(verdict),
            amount(verdict["value"], verdict["unit"]),
            amount(verdict["limit"], verdict["unit"]),
            outcome(verdict),
            amount(verdict["without_overhead"], "×"),
        )
    return table


def against(verdict: dict) -> str:
    """Whom a bound is against, and who of several was the best."""
    best = verdict["best"]
    several = verdict["against"].startswith("the b")
    return f"{verdict['against']}: {best}" if best and several else verdict["against"]


def amount(value: float | None, unit: str) -> str:
    """A ratio, or bytes in MB."""
    if value is None:
        return ""
    return f"{value:.3f} ×" if unit == "×" else f"{value / MB:.1f} MB"


def outcome(verdict: dict) -> str:
    """In a word or two, how a bound came out."""
    if verdict["left_out"]:
        return "left out"
    if verdict["met"] is None:
        return "NOT SHOWN"
    return "met" if verdict["met"] else "MISSED"
