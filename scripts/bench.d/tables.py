"""Tables of text: for a terminal, and for Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    """A title, a head, and rows of text; all columns but the first are to the right."""

    title: str
    head: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Adds a row."""
        self.rows.append(cells)

    def text(self) -> str:
        """For a terminal."""
        lines = [self.head, *self.rows]
        widths = [max(len(line[n]) for line in lines) for n in range(len(self.head))]

        def line(cells: Sequence[str]) -> str:
            parts = [cells[0].ljust(widths[0])]
            parts += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
            return "  ".join(parts).rstrip()

        rule = "-" * min(sum(widths) + 2 * len(widths) - 2, 150)
        return "\n".join([self.title, rule, *(line(cells) for cells in lines)]) + "\n"

    def markdown(self) -> str:
        """For a document."""
        head = "| " + " | ".join(self.head) + " |"
        rule = "|---|" + "---:|" * (len(self.head) - 1)
        rows = ["| " + " | ".join(cells) + " |" for cells in self.rows]
        return "\n".join([head, rule, *rows]) + "\n"


def _median(value: dict | float | None) -> float | None:
    return value["median"] if isinstance(value, dict) else value


def seconds(value: dict | float | None, digits: int = 2) -> str:
    """A median of seconds; a dash where there is none."""
    median = _median(value)
    return "–" if median is None else f"{median:.{digits}f}"


def bytes_as(value: dict | float | None, unit: int, digits: int) -> str:
    """A median of bytes in a unit."""
    median = _median(value)
    return "–" if median is None else f"{median / unit:.{digits}f}"


def spread(value: dict | None) -> str:
    """A median with its least and greatest."""
    if value is None:
        return "–"
    return f"{value['median']:.2f} ({value['min']:.2f}–{value['max']:.2f})"
