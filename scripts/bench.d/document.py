"""docs/performance.md, from the report of a run.

What stands between the two marks is written by people, and kept when the page is written anew.
"""

from __future__ import annotations

from pathlib import Path

import plots
from report import against, amount, tables
from settings import ROOT

PAGE = ROOT / "docs/performance.md"
CHARTS = ROOT / "docs/performance"
BEGIN, END = "<!-- by hand: begin -->", "<!-- by hand: end -->"
CAPTIONS = {
    "Full install from a file, synced at the end": (
        "install",
        "Bars of wall clock and processor time of a full install by each tool",
    ),
    "Update to a new training run (v1 → v3)": (
        "updates",
        "Bars of the bytes that each tool sends for an update",
    ),
    "Memory by the size of the payload": (
        "memory",
        "Peak memory of an install against the size of the payload",
    ),
}
METHOD = """\
- **In turns.** A round is one install by each, in one order; so what the machine does meanwhile
  meets all. Tables have medians. Seconds do not carry over to another machine or day; ratios of one
  run do.
- **Equal ground.** One disk. The source stands in the page cache; before each command everything
  dirty is synced. Each install goes to an empty place and ends with the file system synced, which
  is in its time.
- **Proved.** After the first round each tree is compared, byte for byte, with the payload; a
  contestant that did not do its work is not in the tables.
- **Wall clock** from the start of the command to its end. **CPU**: user and system time of all its
  processes, daemons included. **Peak**: the largest resident set of any one of its processes, as
  the kernel keeps it, or the sum of all their proportional sets, sampled every 20 ms, whichever is
  more. **Written**: bytes of files that its processes caused to be written to the device, as the
  kernel accounts them to each process; the file system's journal is not in it.
- **Sent**: the size of the file; where a server takes part, all bytes that it sent, headers
  included, by its log.
- **Making** an update is measured once, since it takes minutes.
- **Fixed parts**: the same install of a payload of one file of 17 bytes. swupdate sleeps for a
  second; nacelle starts a smoke run; rauc talks over D-Bus. The last column of the table of bounds
  has the ratio with those parts taken off.
- 1 MB is 10⁶ bytes, 1 MiB 2²⁰.
"""


def write(report: dict) -> None:
    """Writes the page and its charts."""
    charts = plots.draw(report, CHARTS)
    PAGE.write_text(_page(report, charts))


def _page(report: dict, charts: dict[str, Path]) -> str:
    parts = [
        "# Performance\n",
        "What installing and updating takes, against the tools that are used for the same today. "
        "This page is written by `scripts/bench --write-docs`; `scripts/bench --help` says how to "
        "repeat it.\n",
        _conditions(report),
        _reached(report),
        "## The figures\n",
    ]
    bounds_title = "What must be reached"
    for table in tables(report):
        if table.title == bounds_title:
            continue
        parts.append(f"### {table.title}\n")
        parts.append(table.markdown())
        name, words = CAPTIONS.get(table.title, ("", ""))
        if name in charts:
            parts.append(f"![{words}]({CHARTS.name}/{charts[name].name})\n")
    parts += [
        "## Who is measured, and as what\n",
        _contestants(report),
        "## How it is measured\n",
        METHOD,
    ]
    if report["notes"]:
        parts.append("In this run:\n\n" + "".join(f"- {note}\n" for note in report["notes"]))
    parts.append(f"{BEGIN}\n{_by_hand()}{END}\n")
    return "\n".join(parts)


def _conditions(report: dict) -> str:
    payload, machine = report["payload"], report["machine"]
    lines = [
        "| | |",
        "|---|---|",
        f"| command | `{report['command']}` |",
        f"| date, commit | {report['date']}, {report['revision']} |",
        *(f"| {name} | {value} |" for name, value in machine.items()),
        f"| payload | {payload['bytes'] / (1 << 20):.0f} MiB in {payload['files']} files, seed "
        f"{report['seed']}: int8, fp16 and fp32 weights in the safetensors layout (σ 0.02), a "
        "library and a program of real code, a tokenizer, small files |",
        "| v2, a routine release | library and program linked anew after a small change of their "
        "source; the last tenth of the tensors of each file tuned (noise 2e-4); a dozen small "
        "files edited |",
        "| v3, a new training run | every tensor nudged (noise 2e-4) |",
        f"| rounds | {report['rounds']} of installs, {report['delta_rounds']} of updates; zstd's "
        f"level {report['level']} |",
    ]
    if report["quick"]:
        lines.append(
            "| | **a quick run on a small payload: fixed parts weigh more than they should** |"
        )
    return "\n".join(lines) + "\n"


def _reached(report: dict) -> str:
    table = next((t for t in tables(report) if t.title == "What must be reached"), None)
    if table is None:
        return ""
    text = "## What must be reached\n\n" + table.markdown() + "\n"
    missed = [v for v in report["bounds"] if v["met"] is False]
    unshown = [v for v in report["bounds"] if v["met"] is None]
    if not missed and not unshown:
        return text + "Every bound was met in this run.\n"
    text += "What was not reached, or not shown:\n\n"
    for verdict in missed:
        over = verdict["value"] / verdict["limit"] - 1
        text += (
            f"- **{verdict['what']}**, {against(verdict) or 'in all'}: "
            f"{amount(verdict['value'], verdict['unit'])} where "
            f"{amount(verdict['limit'], verdict['unit'])} was wanted, {over:.0%} more.\n"
        )
    for why in dict.fromkeys(verdict["why"] for verdict in unshown):
        names = [
            f"{verdict['what']}, {verdict['against'] or 'in all'}"
            for verdict in unshown
            if verdict["why"] == why
        ]
        text += f"- **Not shown**, {why}: {'; '.join(names)}.\n"
    return text


def _contestants(report: dict) -> str:
    lines = ["| | version | what is measured |", "|---|---|---|"]
    for name, words in report["about"].items():
        lines.append(f"| {name} | {report['versions'].get(name, '')} | {'; '.join(words)} |")
    text = "\n".join(lines) + "\n"
    for name, why in report["missing"].items():
        text += f"\nNot measured: {name}: {why}.\n"
    return text


def _by_hand() -> str:
    """What people wrote on the page that is there now."""
    if not PAGE.exists():
        return ""
    _, begun, rest = PAGE.read_text().partition(BEGIN + "\n")
    kept, ended, _ = rest.partition(END)
    return kept if begun and ended else ""
