"""Scraping the endpoints of commands, each just before it closes."""

from __future__ import annotations

import urllib.request
from types import TracebackType
from typing import Self

import pytest
from prometheus_client.parser import text_string_to_metric_families

from samestate.conformance.metering.endpoint import MetricsEndpoint


class Scraped:
    """The pages that endpoints served at last, each got over HTTP as Prometheus gets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pages: list[str] = []
        self._patch = monkeypatch

    def __enter__(self) -> Self:
        close = MetricsEndpoint.close

        def scrape_and_close(endpoint: MetricsEndpoint) -> None:
            with urllib.request.urlopen(endpoint.url, timeout=10) as answer:
                self.pages.append(answer.read().decode())
            close(endpoint)

        self._patch.setattr(MetricsEndpoint, "close", scrape_and_close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patch.undo()


def samples_of(page: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """The samples of a page, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def names_and_labels(page: str) -> dict[str, set[str]]:
    """The names of samples that have a value on a page, each with its labels."""
    found: dict[str, set[str]] = {}
    for (name, labels), _ in samples_of(page).items():
        found.setdefault(name, set()).update(label for label, _ in labels)
    return found
