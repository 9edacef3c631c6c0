"""The charts of docs/performance.md, as SVG."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

# Okabe and Ito's colours, which people with any colour vision tell apart.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#8C8C8C"
MB = 1_000_000
STYLE = {
    "svg.hashsalt": "nacelle",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.facecolor": "white",
}


def draw(report: dict, folder: Path) -> dict[str, Path]:
    """Draws what the report has figures for; returns the charts by name."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {}
    makers = {"install": _install, "updates": _updates, "memory": _memory}
    with plt.rc_context(STYLE):
        for name, maker in makers.items():
            figure = maker(report["comparisons"])
            if figure is not None:
                path = folder / f"{name}.svg"
                figure.savefig(path, metadata={"Date": None, "Creator": None})
                plt.close(figure)
                drawn[name] = path
    return drawn


def _is_ours(name: str) -> bool:
    return name.startswith("nacelle")


def _install(comparisons: dict):
    rows = sorted(comparisons.get("install", {}).items(), key=lambda row: -row[1]["wall"]["median"])
    if not rows:
        return None
    figure, axes = plt.subplots(figsize=(7.5, 0.6 + 0.5 * len(rows)), layout="constrained")
    limit = 0.0
    for number, (_, row) in enumerate(rows):
        for metric, offset, colour in (("wall", 0.2, BLUE), ("cpu", -0.2, ORANGE)):
            value = row[metric]["median"]
            limit = max(limit, value)
            axes.barh(number + offset, value, 0.38, color=colour)
            word = f" {value:.2f}" + (
                f" s {'wall clock' if metric == 'wall' else 'CPU'}"
                if number == len(rows) - 1
                else ""
            )
            axes.text(value, number + offset, word, va="center", fontsize=9)
    _names(axes, [name for name, _ in rows])
    axes.set_xlim(0, limit * 1.12)
    axes.set_xlabel("seconds (median), wall clock above, CPU below")
    axes.set_title("Full install from a file, synced at the end")
    return figure


def _updates(comparisons: dict):
    titles = {"routine": "Routine release", "training": "New training run"}
    panels = {name: comparisons[name] for name in titles if comparisons.get(name)}
    if not panels:
        return None
    height = sum(1.0 + 0.32 * len(rows) for rows in panels.values())
    figure, all_axes = plt.subplots(
        len(panels),
        1,
        figsize=(7.5, height),
        layout="constrained",
        squeeze=False,
        height_ratios=[1 + len(rows) for rows in panels.values()],
    )
    for axes, (comparison, rows) in zip(all_axes[:, 0], panels.items(), strict=True):
        sent = sorted(
            ((row["sent"] / MB, name) for name, row in rows.items() if "sent" in row), reverse=True
        )
        for number, (value, name) in enumerate(sent):
            axes.barh(number, value, 0.7, color=BLUE if _is_ours(name) else GREY)
            axes.text(value, number, f" {value:.1f}", va="center", fontsize=9)
        _names(axes, [name for _, name in sent])
        axes.set_xlim(0, max(value for value, _ in sent) * 1.1)
        axes.set_xlabel("MB sent")
        axes.set_title(titles[comparison])
    return figure


def _memory(comparisons: dict):
    rows = comparisons.get("memory", {})
    if not rows:
        return None
    sizes = [int(name.split()[0]) for name in rows]
    peaks = [row["peak"]["median"] / MB for row in rows.values()]
    figure, axes = plt.subplots(figsize=(7.5, 3), layout="constrained")
    axes.plot(sizes, peaks, color=BLUE, marker="o")
    for size, peak in zip(sizes, peaks, strict=True):
        axes.annotate(
            f"{peak:.1f} MB",
            (size, peak),
            textcoords="offset points",
            xytext=(0, -16),
            ha="center",
            fontsize=9,
        )
    axes.axhline(32, color=ORANGE, linestyle="--")
    axes.text(sizes[0], 32, "bound: 32 MB", va="bottom", color="#A06A00", fontsize=9)
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [f"{s} MiB" if s < 1024 else f"{s // 1024} GiB" for s in sizes])
    axes.minorticks_off()
    axes.set_xlim(sizes[0] / 1.6, sizes[-1] * 1.6)
    axes.set_ylim(0, max([36, *(peak * 1.15 for peak in peaks)]))
    axes.set_xlabel("payload")
    axes.set_ylabel("peak memory, MB")
    axes.set_title("Memory of an install by the size of what is installed")
    return figure


def _names(axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    for label, name in zip(axes.get_yticklabels(), names, strict=True):
        if _is_ours(name):
            label.set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
