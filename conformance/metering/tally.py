"""Values of metrics, as plain numbers that cross process borders and can be added up."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import TypeAlias

from samestate.conformance.metering.catalogue import BY_NAME, MetricDefinition, MetricKind

Sample: TypeAlias = tuple[str, tuple[str, ...]]
"""A metric's name, and the values of its labels in their order."""


@dataclass(slots=True)
class Distribution:
    """How many observations fell into each bucket, the last without an upper bound, and what all of them add up to."""

    counts: list[int]
    total: float = 0.0

    def add(self, other: Distribution) -> None:
        """Add another's observations."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total


@dataclass(slots=True)
class MetricTally:
    """Values of the metrics of the catalogue. Raises ValueError where a metric is not in it or has other labels."""

    counters: dict[Sample, float] = field(default_factory=dict)
    gauges: dict[Sample, float] = field(default_factory=dict)
    distributions: dict[Sample, Distribution] = field(default_factory=dict)

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Let a counter grow."""
        sample, _ = _sample(name, MetricKind.COUNTER, labels)
        if amount < 0:
            raise ValueError(f"{name}: a counter only grows, and not by {amount}")
        self.counters[sample] = self.counters.get(sample, 0) + amount

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        sample, _ = _sample(name, MetricKind.GAUGE, labels)
        self.gauges[sample] = value

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Enter an observation into a histogram. A bucket holds what is at most its upper bound."""
        sample, definition = _sample(name, MetricKind.HISTOGRAM, labels)
        found = self.distributions.get(sample)
        if found is None:
            found = self.distributions[sample] = Distribution([0] * (len(definition.buckets) + 1))
        found.counts[bisect.bisect_left(definition.buckets, value)] += 1
        found.total += value

    def merge(self, other: MetricTally) -> None:
        """Add another's counters and observations; its gauges take the place of these."""
        for sample, amount in other.counters.items():
            self.counters[sample] = self.counters.get(sample, 0) + amount
        self.gauges.update(other.gauges)
        for sample, distribution in other.distributions.items():
            mine = self.distributions.get(sample)
            if mine is None:
                self.distributions[sample] = Distribution([*distribution.counts], distribution.total)
            else:
                mine.add(distribution)

    def copy(self) -> MetricTally:
        """The same values, which do not change with these."""
        made = MetricTally()
        made.merge(self)
        return made

    def __bool__(self) -> bool:
        """Whether there is any value."""
        return bool(self.counters or self.gauges or self.distributions)


def _sample(name: str, kind: MetricKind, labels: dict[str, str]) -> tuple[Sample, MetricDefinition]:
    definition = BY_NAME.get(name)
    if definition is None or definition.kind is not kind:
        raise ValueError(f"there is no {kind.value} {name} in the catalogue of metrics")
    if labels.keys() != {*definition.labels}:
        raise ValueError(f"{name} has the labels {', '.join(definition.labels)}, not {', '.join(labels)}")
    return (name, tuple(labels[label] for label in definition.labels)), definition
