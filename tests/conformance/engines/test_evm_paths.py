"""Vectors on either way in which the compiled EVM runs code, translated at once and never: a third, in the soak all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application

world = pytest.importorskip("samestate.optimized.evm.world", reason="needs the compiled engine")

VECTORS = Path(__file__).parents[3] / "vectors" / "evm"
NEVER = 2**64 - 1


@pytest.fixture(params=[0, NEVER], ids=["translated at once", "never translated"])
def path(request: pytest.FixtureRequest) -> Iterator[None]:
    world.translate_after(request.param)
    yield
    world.translate_after(None)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.soak)])
def test_vectors_pass(every: int) -> None:
    taken = [str(path) for path in sorted(VECTORS.iterdir())[::every]]
    result = CliRunner().invoke(application, ["check", *taken, "--engine", "optimized:sequential"])
    assert result.exit_code == 0, result.output
    assert " passed, 0 failed, 0 skipped" in result.output
