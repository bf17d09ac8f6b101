"""The dashboard asks for metrics that commands really export, and leaves none out in silence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.metering.catalogue import BY_NAME, MetricKind
from samestate.conformance.vectors.places import VECTORS
from tests.conformance.metering.scraping import Scraped, names_and_labels

DASHBOARD = Path(__file__).parents[3] / "dashboards" / "samestate.json"
LEFT_OUT: frozenset[str] = frozenset()
"""Metrics that are exported and on no panel."""

COMMANDS = [
    ["check", str(VECTORS / "toy/conflicts"), "--engine", "optimized:waves", "--engine", "optimized:block-stm"],
    ["check", str(VECTORS / "evm/transfers"), "--engine", "optimized:waves"],
    ["check", str(VECTORS / "toy/conflicts"), "--cache", "kept"],
    ["fuzz", "--blocks", "3", "--seed", "5", "--engine", "optimized:locks", "--jobs", "1"],
    ["bench", "--preset", "small", "--repeat", "1", "--engine", "optimized:locks"],
    ["run", str(VECTORS / "evm/chains/delegated_a_block_before-prague.yaml"), "--state", "rocksdb:state?sync=off"],
]
"""Together they export everything."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names that these commands give values of, each with its labels."""
    found: dict[str, set[str]] = {}
    with pytest.MonkeyPatch.context() as monkeypatch, Scraped(monkeypatch) as scraped:
        monkeypatch.chdir(tmp_path_factory.mktemp("exported"))
        for command in COMMANDS:
            result = CliRunner().invoke(application, [*command, "--metrics-port", "0"])
            assert result.exit_code == 0, result.output
        for page in scraped.pages:
            for name, labels in names_and_labels(page).items():
                found.setdefault(name, set()).update(labels)
    return found


def expressions(panels: list[dict[str, Any]]) -> Iterator[str]:
    for panel in panels:
        yield from (target["expr"] for target in panel.get("targets", ()))
        yield from expressions(panel.get("panels", []))


QUERIES = list(expressions(json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]))


def base_name(name: str) -> str:
    """The metric of a sample: a histogram's have an ending each."""
    without = re.sub(r"_(bucket|sum|count)$", "", name)
    return without if without in BY_NAME and BY_NAME[without].kind is MetricKind.HISTOGRAM else name


def test_every_metric_of_the_catalogue_is_exported_by_some_command(exported: dict[str, set[str]]) -> None:
    assert {base_name(name) for name in exported} == set(BY_NAME)


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_asks_for_what_is_exported(query: str, exported: dict[str, set[str]]) -> None:
    names = re.findall(r"samestate_\w+", query)
    assert names
    assert [name for name in names if name not in exported] == []
    labels = {label.strip() for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", query) for label in group.split(",")}
    labels |= set(re.findall(r"(\w+)\s*=~?\s*\"", query))
    assert labels - {"le"} <= set().union(*(exported[name] for name in names))


def test_every_exported_metric_is_on_the_dashboard_or_left_out_by_name(exported: dict[str, set[str]]) -> None:
    shown = {base_name(name) for query in QUERIES for name in re.findall(r"samestate_\w+", query)}
    assert {base_name(name) for name in exported} - shown == LEFT_OUT
    assert not shown & LEFT_OUT


def test_legends_name_labels_that_the_query_keeps() -> None:
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            legend = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            groups = re.findall(r"by \(([^)]*)\)", target["expr"])
            kept = {label.strip() for group in groups for label in group.split(",")}
            assert legend <= kept or "by (" not in target["expr"], target["expr"]
