"""Official fixtures through the transition tool: the result must be what their headers and post-states say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from samestate.conformance.fixtures.forks import BY_NAME
from tests.conformance.transition_tool.inputs import ToolInput, inputs_of
from tests.conformance.transition_tool.tool import transition
from tests.data import archive_members

pytestmark = pytest.mark.fixtures

SAMPLE = 40
"""How many files of each archive."""

ARCHIVES = ("eest-prague", "eest-osaka", "eest-amsterdam-7928", "eest-older-at-amsterdam", "ethereum-tests")


def sample(archive: str, count: int, forks: tuple[str, ...] = (), prefix: str = "") -> Iterator[ToolInput]:
    """One input of each of ``count`` files of an archive, chosen by the hash of their names."""
    members = sorted(archive_members(archive, prefix), key=lambda member: hashlib.sha256(member[0].encode()).digest())
    found = 0
    for _, content in members:
        document = json.loads(content)
        if not isinstance(document, dict):
            continue
        given = [tool_input for tool_input in inputs_of(document, forks) if tool_input.fork in BY_NAME]
        if given:
            yield from given[: max(1, len(forks))]
            found += 1
        if found == count:
            return


@pytest.mark.parametrize("archive", ARCHIVES)
def test_the_result_is_what_the_fixture_says(archive: str) -> None:
    compared = 0
    for given in sample(archive, SAMPLE):
        result = transition(given.fork, *given.arguments(), stdin=given.parts()).result
        for field, value in given.expected.items():
            assert result[field] == value, (given.name, field, result["rejected"])
            compared += 1
    assert compared >= SAMPLE
