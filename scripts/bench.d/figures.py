"""Where figures are kept until they are reported."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from measure import Sample


@dataclass
class Series:
    """All that was measured of one contestant in one comparison."""

    samples: list[Sample] = field(default_factory=list)
    #: What was measured once: sizes in bytes, the time to make something.
    facts: dict[str, float] = field(default_factory=dict)

    def values(self, metric: str) -> list[float]:
        """All values of a metric, in the order in which they were measured."""
        if metric in self.facts:
            return [self.facts[metric]]
        found = [sample.as_dict().get(metric) for sample in self.samples]
        return [value for value in found if value is not None]

    def median(self, metric: str) -> float | None:
        """The median of a metric; nothing where it was not measured."""
        values = self.values(metric)
        return statistics.median(values) if values else None

    def as_dict(self) -> dict:
        """Medians, least and greatest of each metric, the facts, and every sample."""
        metrics = {name for sample in self.samples for name in sample.as_dict()}
        summary = {
            name: {
                "median": self.median(name),
                "min": min(self.values(name)),
                "max": max(self.values(name)),
            }
            for name in sorted(metrics)
        }
        return {**summary, **self.facts, "samples": [sample.as_dict() for sample in self.samples]}


@dataclass
class Results:
    """Series by comparison and contestant."""

    comparisons: dict[str, dict[str, Series]] = field(default_factory=dict)

    def series(self, comparison: str, contestant: str) -> Series:
        """The series of a contestant, begun where it is new."""
        return self.comparisons.setdefault(comparison, {}).setdefault(contestant, Series())

    def drop(self, comparison: str, contestant: str) -> None:
        """Forgets a contestant that did not do its work."""
        self.comparisons.get(comparison, {}).pop(contestant, None)

    def median(self, comparison: str, contestant: str, metric: str) -> float | None:
        """A median, or nothing where it was not measured."""
        series = self.comparisons.get(comparison, {}).get(contestant)
        return series.median(metric) if series else None
